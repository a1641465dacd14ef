"""What an account says at a slot, or why it says nothing."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.choice import PRACTICE, Choice, Speaker, approval_of, choose, is_example, suited
from bot.core.network import Counting, Network
from bot.core.post import Ask, Campaign, Hashtags, Post, Target, Variant, Wording, Words
from bot.core.rotate import History, Voice
from bot.core.timetable import Slot

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
PIGEON = Network(name="pigeon", label="Pigeon", counting=Counting(limit=100), may_mention=1)
AIR = Campaign(
    name="air",
    title={"": "Clean air"},
    languages=("en",),
    where="air/campaign.toml",
    links={"sign": {"": "https://air.city/sign"}, "try": {"": "https://www.example.org/try"}},
    hashtags=Hashtags(rotate=("#A", "#B")),
    asks={"city": Ask(label={"": "City"})},
    targets={"mayor": Target(name={"": "the mayor"}, handles={"pigeon": "@mayor"})},
)


def speaker(name: str = "town", network: Network = PIGEON, **me: str) -> Speaker:
    voice = Voice(account=name, network=network.name, handle=f"{name}.example", language="en", knows=frozenset(me))
    return Speaker(voice=voice, network=network, me=me)


def post(name: str, *texts: str, link: str = "", short: str = "") -> Post:
    wordings = tuple(Wording(text=text, where=f"air/{name}.en.txt:{row}") for row, text in enumerate(texts, 1))
    words = Words(wordings=wordings, short=Wording(text=short, where="a:1") if short else None)
    return Post(campaign="air", name=name, words={"en": words}, where=f"air/{name}.en.txt", digest=name, link=link)


def slot(at: datetime = NOON, account: str = "town") -> Slot:
    return Slot(at=at, campaign="air", account=account, day=at.date(), clock="12:00")


def chosen(
    *posts: Post, history: History | None = None, who: Speaker | None = None, campaign: Campaign = AIR
) -> Choice:
    return at(slot(), who or speaker(), posts, history or History(), campaign=campaign)


def at(
    slot: Slot, who: Speaker, posts: Collection[Post], history: History,
    barred: Collection[tuple[str, str, str]] = (), campaign: Campaign = AIR,
) -> Choice:  # fmt: skip
    return choose(slot, who, campaign, suited(slot, who, campaign, posts), history, barred)


def test_a_choice_holds_the_exact_words() -> None:
    choice = chosen(post("one", "{{ target.handle }}, clean air now."))
    assert choice.variant and choice.variant.text == "@mayor, clean air now. #A #B"
    assert (choice.post and choice.post.name, choice.wording, choice.reason) == ("one", 1, "")


def test_a_choice_is_remembered_as_it_was_made() -> None:
    use = chosen(post("one", "Clean air now.")).use()
    assert use and (use.post, use.wording, use.at, use.account) == ("one", 1, NOON, "town")
    assert use.share > 0


def test_hashtags_and_wordings_take_turns() -> None:
    history, said = History(), []
    for day in range(4):
        choice = at(slot(NOON + timedelta(days=day)), speaker(), [post("one", "Un.", "Two.")], history)
        use = choice.use()
        assert use and choice.variant
        history.add(use)
        said.append((choice.variant.words, choice.variant.hashtags[0]))
    assert sorted(words for words, _ in said) == ["Two.", "Two.", "Un.", "Un."]
    assert [tag for _, tag in said] == ["#A", "#B", "#A", "#B"]


def test_an_account_says_its_own_facts_and_nothing_that_it_does_not_know() -> None:
    one = post("one", 'In {{ me.city or "my town" }}.')
    assert "me.city" in chosen(one).reason
    variant = chosen(one, who=speaker(city="Ulm")).variant
    assert variant and variant.words == "In Ulm."


def test_a_post_that_cannot_be_said_does_not_hide_the_others() -> None:
    choice = chosen(post("broken", "{{ weather }}"), post("long", "a" * 200), post("fine", "Clean air."))
    assert choice.post and choice.post.name == "fine"
    alone = chosen(post("broken", "{{ weather }}"), post("long", "a" * 200))
    assert alone.variant is None and "do not fit" in alone.reason
    assert {problem.where.partition(":")[0] for problem in alone.problems} == {"air/broken.en.txt", "air/long.en.txt"}


def test_a_refused_post_is_barred_until_its_file_changes() -> None:
    one = post("one", "Clean air.")
    barred = {("pigeon", "air/one", "one")}
    assert "refused by a network" in at(slot(), speaker(), [one], History(), barred).reason
    assert at(slot(), speaker(), [replace(one, digest="new")], History(), barred).variant


def test_two_accounts_of_a_network_do_not_say_the_same_words_within_a_week() -> None:
    history = History()
    first = chosen(post("one", "Clean air!")).use()
    assert first
    history.add(first)
    copies = [post("copy", "CLEAN air"), post("other", "Clean water")]
    for number, account in enumerate(("city", "village")):
        later = at(slot(NOON + timedelta(days=number), account), speaker(account), copies, history)
        assert later.post is None or later.post.name == "other"
        if use := later.use():
            history.add(use)


DAYS = st.one_of(st.none(), st.dates(date(2026, 11, 25), date(2026, 12, 7)), st.sampled_from((date.min, date.max)))
WINDOWS = st.tuples(DAYS, DAYS)


@given(windows=st.lists(WINDOWS, max_size=3), whole=WINDOWS, shift=st.integers(-9, 9))
def test_what_is_suited_holds_until_something_begins_or_is_over(
    windows: list[tuple[date | None, date | None]], whole: tuple[date | None, date | None], shift: int
) -> None:
    posts = [
        replace(post(f"p{number}", "Clean air."), starts=first, until=last)
        for number, (first, last) in enumerate(windows)
    ]
    campaign = replace(AIR, starts=whole[0], until=whole[1])
    now, then = (suited(slot(NOON + timedelta(days=days)), speaker(), campaign, posts) for days in (0, shift))
    assert now.first <= NOON.date() <= now.last
    if now.first <= (NOON + timedelta(days=shift)).date() <= now.last:
        assert then == now
    else:
        assert then.first > now.last or then.last < now.first


def test_why_nothing_is_said_is_told_the_same_in_any_order() -> None:
    posts = [replace(post("a", "Hi"), tags=("x",), until=date(2026, 1, 1)), replace(post("b", "Hi"), only=("owl",))]
    assert chosen(*posts).reason == chosen(*reversed(posts)).reason
    assert chosen().reason == "the campaign has no posts"


class TestPractice:
    @pytest.mark.parametrize(
        ("text", "link", "short"),
        [
            pytest.param("Sign.", "try", "", id="a link"),
            pytest.param("{{ links.try }}", "", "", id="a link by name in the words"),
            pytest.param("Sign: https://example.com/a", "", "", id="a link written out"),
            pytest.param("Sign at example.org", "", "", id="a link without scheme"),
            pytest.param("Sign: http://my.test/a", "", "", id="a name for tests"),
            pytest.param("a" * 101, "", "{{ links.try }}", id="a link in the short words"),
        ],
    )
    def test_examples_go_to_practice_networks_only(self, text: str, link: str, short: str) -> None:
        one = post("one", text, link=link, short=short)
        assert PRACTICE in chosen(one).reason
        assert chosen(one, who=speaker(network=replace(PIGEON, practice=True))).variant

    def test_a_sample_campaign_does_too(self) -> None:
        assert PRACTICE in chosen(post("one", "Hi"), campaign=replace(AIR, sample=True)).reason

    @pytest.mark.parametrize(
        "text",
        [
            "https://air.city/sign",
            "https://example.org.evil.city",
            "my-example.org",
            "For example. Or a test.",
            "a.test",
        ],
    )
    def test_real_words_are_no_practice(self, text: str) -> None:
        assert not is_example(Variant(text=text))


def test_an_accounts_warning_comes_with_its_words_and_is_approved_with_them() -> None:
    one = post("one", "Clean air.")
    plain, warned, otherwise = (
        chosen(one, who=replace(speaker(), warning=warning)) for warning in ("", "Politics", "Health")
    )
    assert [choice.variant and choice.variant.warning for choice in (plain, warned, otherwise)] == [
        "",
        "Politics",
        "Health",
    ]
    assert len({plain.words, warned.words, otherwise.words}) == 3
    assert warned.variant
    assert warned.words == approval_of("pigeon", warned.variant.text, warned.variant.warning)


@given(first=st.tuples(st.text(), st.text()), second=st.tuples(st.text(), st.text()))
def test_an_approval_names_words_and_warning_apart(first: tuple[str, str], second: tuple[str, str]) -> None:
    assert (approval_of("a", *first) == approval_of("a", *second)) == (first == second)


@given(first=st.text(), second=st.text())
def test_an_approval_names_exact_words_on_one_network(first: str, second: str) -> None:
    assert (approval_of("a", first) == approval_of("a", second)) == (first == second)
    assert approval_of("a", first) != approval_of("b", first)
