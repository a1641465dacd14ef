"""Drafts become files: facts on top, words below, links and blanks as places to fill."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.draft import Draft, Piece
from bot.core.post import Ask, Campaign
from bot.core.typeset import File, Typeset, slug, typeset

SIGN = "https://example.org/sign"
FIRMA = "https://example.org/firma"


def draft(*, name: str = "", tags: tuple[str, ...] = (), tail: str = "", **words: str | list[str]) -> Draft:
    """A draft whose every wording stands in a row of its own."""
    numbers = iter(range(1, 99))
    each = {language: [told] if isinstance(told, str) else told for language, told in words.items()}
    pieces = {
        language.strip("_"): tuple(Piece(number=next(numbers), text=text, tail=tail) for text in told)
        for language, told in each.items()
    }
    return Draft(words=pieces, name=name, tags=tags)


def made(
    *drafts: Draft, campaign: Campaign | None = None, taken: tuple[str, ...] = ()
) -> tuple[tuple[File, ...], Typeset]:
    found = typeset(drafts, ("en", "es"), campaign, taken)
    return found.files, found


def text(*drafts: Draft, campaign: Campaign | None = None) -> str:
    files, _ = made(*drafts, campaign=campaign)
    return files[0].text


def test_a_post_of_plain_words_is_words_alone() -> None:
    files, case = made(draft(en="Two buses.\nOne lane."))
    assert [(file.name, file.text) for file in files] == [("two-buses-one-lane.en.txt", "Two buses.\nOne lane.\n")]
    assert not case.needs.links and not case.needs.facts and not case.remarks


def test_hashtags_and_the_link_behind_the_words_become_facts() -> None:
    files, case = made(draft(en=f"Two buses. #Air {SIGN}", tags=("facts",)))
    assert files[0].text == '+++\ntags = ["facts"]\nlink = "sign"\nhashtags = ["#Air"]\n+++\nTwo buses.\n'
    assert case.needs.links == {"sign": {"": SIGN}}


def test_a_link_inside_a_sentence_stays_there_by_its_name() -> None:
    assert text(draft(en=f"SIGN: {SIGN}")) == '+++\nlink = "sign"\n+++\nSIGN: {{ links.sign }}\n'


def test_translations_share_facts_and_each_language_has_its_address() -> None:
    files, case = made(draft(en=f"Two buses. #Air {SIGN}", es=f"Dos autobuses. #Air {FIRMA}"))
    assert [file.text for file in files] == [
        '+++\nlink = "sign"\nhashtags = ["#Air"]\n+++\nTwo buses.\n',
        "Dos autobuses.\n",
    ]
    assert case.needs.links == {"sign": {"en": SIGN, "es": FIRMA}}


def test_addresses_inside_words_and_their_translation_have_one_name() -> None:
    files, case = made(draft(en=f"Sign: {SIGN}", es=f"Firma: {FIRMA}"))
    assert [file.text.split("+++\n")[-1] for file in files] == ["Sign: {{ links.sign }}\n", "Firma: {{ links.sign }}\n"]
    assert case.needs.links == {"sign": {"en": SIGN, "es": FIRMA}}


def test_hashtags_that_only_one_language_has_stay_in_its_words() -> None:
    files, _ = made(draft(en="Two buses. #Air #Bus", es="Dos autobuses. #Aire #Bus"))
    assert [file.text for file in files] == [
        '+++\nhashtags = ["#Bus"]\n+++\nTwo buses.\n#Air\n',
        "Dos autobuses.\n#Aire\n",
    ]


def test_wordings_stand_in_one_file_and_every_row_knows_where_it_came_from() -> None:
    files, _ = made(draft(en=["One.", "Two.\nToo."]))
    assert files[0].text == "One.\n---\nTwo.\nToo.\n" and files[0].rows == (1, 2, 2, 2)


def test_blanks_become_places_and_facts_to_ask_for() -> None:
    files, case = made(draft(en="I live in [CITY].", es="Vivo en [CIUDAD]."))
    assert [file.text for file in files] == [
        'I live in {{ me.city or "my town" }}.\n',
        'Vivo en {{ me.city or "mi ciudad" }}.\n',
    ]
    assert case.needs.facts == {"city": {"en": "Your city or town", "es": "Tu ciudad o pueblo"}}


def test_what_the_campaign_has_already_is_used() -> None:
    there = Campaign(
        name="air",
        title={"": "Air"},
        languages=("en",),
        where="c",
        links={"act": {"en": SIGN, "es": FIRMA}},
        asks={"city": Ask(label={})},
    )
    files, case = made(draft(es=f"En [CIUDAD]. {FIRMA}"), draft(en="Sign. [LINK]"), campaign=there)
    assert 'link = "act"' in files[0].text and "{{ links.act }}" in files[1].text
    assert not case.needs.links and not case.needs.facts


def test_a_link_that_is_only_announced_is_asked_for() -> None:
    assert text(draft(en="Sign now! [INSERT LINK]")) == '+++\nlink = "sign"\n+++\nSign now! {{ links.sign }}\n'


def test_a_note_to_the_writer_is_kept_but_never_said() -> None:
    files, case = made(draft(en="Two buses. [PHOTO of a bus]"))
    assert files[0].text == "+++\n# [PHOTO of a bus]\n+++\nTwo buses.\n"
    assert case.remarks[0].what == 'the note "[PHOTO of a bus]" is left out of the words'


@pytest.mark.parametrize("words", ["Sign the petition today!", "SIGN:", "¡Firma ahora!", "Read more here."])
def test_words_that_ask_to_act_without_a_link_are_told(words: str) -> None:
    _, case = made(draft(en=words))
    assert [remark.what for remark in case.remarks] == ["these words ask people to act, and hold no link"]


@pytest.mark.parametrize("words", ["A sign of hope.", f"Sign the petition! {SIGN}", "Sign it: [LINK]"])
def test_words_that_can_be_acted_on_are_not(words: str) -> None:
    assert not made(draft(en=words))[1].remarks


@pytest.mark.parametrize("address", ["http://", "https://localhost/a", "https://example", "http://[CITY].org"])
def test_an_address_that_leads_nowhere_is_told(address: str) -> None:
    _, case = made(draft(en=f"Read it at {address} today."))
    assert f'the address "{address}" leads nowhere' in [remark.what for remark in case.remarks]
    assert not [one for one in made(draft(en=f"Read it (<{SIGN}>), now: {SIGN}."))[1].remarks if "nowhere" in one.what]


def test_a_blank_that_says_nothing_is_told() -> None:
    _, case = made(draft(en="Our ____ rides."))
    assert case.remarks[0].hint == 'Write words for "…" in {{ me.answer or "…" }}.'


def test_a_name_that_is_taken_gets_a_number() -> None:
    files, _ = made(draft(en="Two buses."), draft(en="Two buses!"), draft(en="¿?"), taken=("Two-Buses",))
    assert [file.post for file in files] == ["two-buses-2", "two-buses-3", "post"]


def test_a_draft_may_bring_its_name() -> None:
    assert made(draft(en="Hi.", name="Bus lane / now"))[0][0].post == "bus-lane-now"


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("¡Niñas y niños!", "ninas-y-ninos"),
        ("Don’t wait", "dont-wait"),
        ("con", "post-con"),
        ("中文", ""),
        ("a " * 9, "a-a-a-a-a"),
    ],
)
def test_a_name_is_made_of_the_first_words(words: str, name: str) -> None:
    assert slug(words) == name


def test_words_of_no_known_language_are_in_the_first() -> None:
    assert [file.language for file in made(draft(_="Hi."))[0]] == ["en"]


def test_hashtags_and_links_alone_are_words() -> None:
    assert text(draft(en="#Air #Bus")) == "#Air #Bus\n"


def test_what_looks_like_facts_or_a_template_is_said_as_it_is() -> None:
    assert text(draft(en="+++\nweight = 2\n+++")).startswith("+++\n+++\n+++\nweight")
    assert text(draft(en="{{ 7 * 7 }} {% for %}")) == '{{ "{{" }} 7 * 7 }} {{ "{%" }} for %}\n'


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://example.org/petition/7", "sign"),
        ("https://example.org/families/court", "court"),
        ("https://www.example.org/", "example"),
        ("https://example.org/2026/index.html", "example"),
        ("https://7.example.org/1", "page_7"),
    ],
)
def test_a_link_is_named_after_where_it_leads(address: str, name: str) -> None:
    assert list(made(draft(en=f"Hi. {address}"))[1].needs.links) == [name]


WORDS = st.sampled_from(
    ["We", "ride.", "#Air", "#Bus", SIGN, FIRMA, "[CITY]", "SIGN:", "\n", "{", "🚍", "{{", "[PHOTO]"]
)


@given(st.lists(st.lists(WORDS, min_size=1, max_size=8), min_size=1, max_size=3))
def test_no_word_is_lost_on_the_way_into_files(posts: list[list[str]]) -> None:
    files, case = made(*(draft(en=" ".join(words)) for words in posts))
    said = "".join(file.text for file in files) + " ".join(
        address for texts in case.needs.links.values() for address in texts.values()
    )
    for word in {word for words in posts for word in words if word.strip() and word not in ("[CITY]", "{", "{{")}:
        assert word in said
    assert all(len(file.rows) == file.text.count("\n") for file in files)


def test_an_address_in_the_words_of_one_language_and_behind_those_of_the_other_is_one_link() -> None:
    files, case = made(draft(en=f"Sign here {SIGN} and ride.", es=f"Dos autobuses. {FIRMA}"))
    assert case.needs.links == {"sign": {"en": SIGN, "es": FIRMA}}
    english, spanish = ([row for row in file.text.split("\n") if "links.sign" in row] for file in files)
    assert english == ["Sign here {{ links.sign }} and ride."] and spanish == ["{{ links.sign }}"]
