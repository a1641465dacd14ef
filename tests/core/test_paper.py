"""A shared document becomes drafts: languages, translations, wordings; what is no post is left aside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.blocks import rows_of
from bot.core.draft import Paper
from bot.core.paper import read


def paper(text: str, **more: bool) -> Paper:
    return read(rows_of(text), **more)


def texts(found: Paper) -> list[dict[str, list[str]]]:
    return [
        {language: [piece.text for piece in pieces] for language, pieces in draft.words.items()}
        for draft in found.drafts
    ]


def test_bullets_are_posts_and_the_words_around_them_are_left_aside() -> None:
    found = paper(
        "Sample posts\nHere is what you can say about the buses:\n- Two buses are better.\n- The lane is for all of us."
    )
    assert [text for draft in texts(found) for text in draft["en"]] == [
        "Two buses are better.",
        "The lane is for all of us.",
    ]
    assert [row.number for row in found.aside] == [1, 2]
    assert len(paper("Title\n- One.\n- Two.\n", everything=True).drafts) == 3


def test_without_bullets_each_paragraph_is_a_post() -> None:
    found = paper("Our buses\n\nTwo buses are better than the cars.\n\nSign for the lane, and for the air.")
    assert len(found.drafts) == 2 and [row.text for row in found.aside] == ["Our buses"]


def test_a_paragraph_between_bullets_that_ends_in_a_link_is_a_post() -> None:
    found = paper("- One.\n- Two.\nAsk the mayor for the lane. https://example.org/ask\nThanks for reading this.")
    assert [draft.number for draft in found.drafts] == [1, 2, 3]


@pytest.mark.parametrize("heading", ["Español", "# Spanish", "En español:", "**Español**", "Posts in Spanish"])
def test_equally_long_lists_under_headings_of_languages_are_translations(heading: str) -> None:
    found = paper(f"English\n- Two buses.\n- One lane.\n\n{heading}\n- Dos autobuses.\n- Un carril.")
    assert texts(found) == [
        {"en": ["Two buses."], "es": ["Dos autobuses."]},
        {"en": ["One lane."], "es": ["Un carril."]},
    ]
    assert not found.aside and not found.remarks


def test_lists_of_different_length_stand_apart_and_that_is_told() -> None:
    found = paper("English\n- Two buses.\n- One lane.\nEspañol\n- Dos autobuses.")
    assert [list(draft) for draft in texts(found)] == [["en"], ["en"], ["es"]]
    assert (
        "nobody can tell which of these posts are translations of each other (2 in en, 1 in es)"
        in found.remarks[0].what
    )


def test_topics_may_each_have_their_two_languages() -> None:
    text = "# Facts\n## English\n- One.\n## Español\n- Uno.\n# Action\n## English\n- Two.\n- Three."
    text += "\n## Español\n- Dos.\n- Tres."
    assert [draft.get("es") for draft in texts(paper(text))] == [["Uno."], ["Dos."], ["Tres."]]


@pytest.mark.parametrize(
    "labels", [("EN:", "ES:"), ("English:", "Español:"), ("(English)", "(Español)"), ("[EN]", "[ES]")]
)
def test_labels_name_languages_too(labels: tuple[str, str]) -> None:
    text = f"- {labels[0]} Two buses.\n- {labels[1]} Dos autobuses.\n- {labels[0]} One lane.\n- {labels[1]} Un carril."
    assert texts(paper(text)) == [
        {"en": ["Two buses."], "es": ["Dos autobuses."]},
        {"en": ["One lane."], "es": ["Un carril."]},
    ]


def test_a_label_that_the_words_belie_is_told() -> None:
    found = paper("(Español) The buses are for all of us, and we ride them.")
    assert list(texts(found)[0]) == ["en"] and "said to be in" in found.remarks[0].what


def test_languages_that_take_turns_are_translations() -> None:
    posts = ["The bus is for all.", "El autobús es para todas.", "We ride for the air.", "Vamos en autobús y es hoy."]
    assert [list(draft) for draft in texts(paper("\n\n".join(posts)))] == [["en", "es"], ["en", "es"]]
    for some in (posts[:2], posts[:3], [*posts, posts[0]], [posts[0], *posts]):
        assert all(len(draft) == 1 for draft in texts(paper("\n\n".join(some))))


def test_without_labels_the_words_tell_the_language() -> None:
    found = paper("- The buses are for all of us.\n- Sign now.\n- Los autobuses son para todos.")
    assert [list(draft) for draft in texts(found)] == [["en"], [""], ["es"]]


@pytest.mark.parametrize(
    "text",
    [
        "- The bus is for all.\n- OR\n- We ride the bus.",
        "- Version 1: The bus is for all.\n- Version 2: We ride the bus.",
        "- Option A) The bus is for all.\n- Option B) We ride the bus.",
        "- The bus is for all.\n- Alternative: We ride the bus.",
        "The bus is for all.\n\nor\n\nWe ride the bus.",
    ],
)
def test_another_wording_belongs_to_the_post_before_it(text: str) -> None:
    assert texts(paper(text)) == [{"en": ["The bus is for all.", "We ride the bus."]}]


def test_numbers_of_posts_are_no_words() -> None:
    assert texts(paper("Post 1: The bus is for all of us.\n\nTweet #2 - We ride for the air.")) == [
        {"en": ["The bus is for all of us."]},
        {"en": ["We ride for the air."]},
    ]


def test_the_name_of_a_network_before_the_words_is_left_aside() -> None:
    rows = rows_of("- Here: The bus is for all.\n- There / Here post: We ride the bus.\n- Hereby: We all ride.")
    found = read(rows, networks=["Here", "There"])
    assert [draft["en"] for draft in texts(found)[:2]] == [["The bus is for all."], ["We ride the bus."]]
    assert [row.text for row in found.aside] == ["Here:", "There / Here post:"]
    assert texts(found)[2] == {"en": ["Hereby: We all ride."]}


def test_a_cut_address_is_joined_and_told() -> None:
    found = paper("- Read the news: http://www.\nexample.org/news/ town/lane- 2026-a.html\n- The other one.")
    assert "http://www.example.org/news/town/lane-2026-a.html" in found.drafts[0].words[""][0].text
    assert "is joined: http://www.example.org/news" in found.remarks[0].what


def test_a_table_in_a_document_is_read_with_the_rest() -> None:
    found = paper("- The one.\n- The two.\n\n| English | Español |\n|---|---|\n| Three. | Tres. |")
    assert [draft.number for draft in found.drafts] == [1, 2, 6]


WORDS = st.sampled_from(
    [
        "We",
        "ride.",
        "#Air",
        "https://example.org/a",
        "English",
        "Español",
        "-",
        "1.",
        "or",
        "Firma",
        "\n",
        "\n\n",
        "---",
        "EN:",
        "|",
    ]
)


@given(st.lists(WORDS, max_size=25), st.booleans())
def test_no_word_of_a_document_is_lost(words: list[str], everything: bool) -> None:
    text = " ".join(words)
    found = paper(text, everything=everything)
    kept = [piece.text for draft in found.drafts for pieces in draft.words.values() for piece in pieces]
    kept += [row.text for row in found.aside]
    for word in ("We", "ride.", "#Air", "https://example.org/a", "Firma"):
        assert " ".join(kept).count(word) == text.count(word), (word, found)


def test_a_document_is_called_by_its_title() -> None:
    assert paper("# Clean air\n## English\n- Two buses.\n- One lane.\n").title == "Clean air"
    assert paper("Our posts\n\nTwo buses.\n\nA lane.\n").title == "" == paper("Two buses.\n\nA lane.\n").title


def test_each_thing_that_is_left_aside_has_its_reason() -> None:
    found = paper("Clean air\n\n- Two buses.\n- One lane.\n\nThat is all.\n\n| Name | Phone |\n| Ana | 1 |\n")
    assert all(one.why for one in found.aside) and len(found.aside) == 4


def test_short_rows_alone_are_posts_all_the_same() -> None:
    assert len(paper("Ride the bus\n\nBreathe free").drafts) == 2
