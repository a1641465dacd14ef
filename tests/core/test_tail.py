"""Links and hashtags behind the words come off; those inside a sentence stay where they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.tail import Tail, apart, is_tail

LINK = "https://example.org/sign"


@pytest.mark.parametrize(
    ("text", "tail"),
    [
        (f"We ride. #Air #Bus {LINK}", Tail(words="We ride.", link=LINK, hashtags=("#Air", "#Bus"))),
        (f"We ride!\n{LINK}\n#Air | #Bus", Tail(words="We ride!", link=LINK, hashtags=("#Air", "#Bus"))),
        ("We ride 🚍 #Air", Tail(words="We ride 🚍", hashtags=("#Air",))),
        ("Ride the bus\n#Air", Tail(words="Ride the bus", hashtags=("#Air",))),
        ("“We ride.” #Air #air #Air", Tail(words="“We ride.”", hashtags=("#Air", "#air"))),
        (f"We ride. SIGN: {LINK} #Air", Tail(words=f"We ride. SIGN: {LINK}", hashtags=("#Air",))),
    ],
)
def test_what_follows_whole_words_is_taken_off(text: str, tail: Tail) -> None:
    assert apart(text) == tail and apart(text).has_tail


@pytest.mark.parametrize(
    "text",
    [
        "We stand with #Riders",
        f"Sign now: {LINK}",
        f"Sign 👉 {LINK}",
        f"Read more at {LINK}",
        f"Sign here:\n{LINK}",
        "We ride.",
        "",
    ],
)
def test_a_sentence_keeps_what_belongs_to_it(text: str) -> None:
    assert apart(text) == Tail(words=text)


def test_of_two_links_one_is_taken_off() -> None:
    assert apart(f"We ride. https://example.org/a {LINK}") == Tail(words="We ride. https://example.org/a", link=LINK)


@pytest.mark.parametrize(
    ("text", "expected"), [("#Air #Bus", True), (f"{LINK}\n#Air", True), ("#Air now", False), ("", False)]
)
def test_nothing_but_links_and_hashtags_is_a_tail(text: str, expected: bool) -> None:
    assert is_tail(text) is expected


@given(
    st.lists(
        st.sampled_from(["We", "ride.", "#Air", "#Bus", LINK, "https://example.org/b", "now:", "🚍", "\n"]), max_size=9
    )
)
def test_no_word_is_lost_and_none_is_added(words: list[str]) -> None:
    text = " ".join(words)
    found = apart(text)
    assert {*found.words.split(), *found.hashtags, *filter(None, [found.link])} == set(text.split())
