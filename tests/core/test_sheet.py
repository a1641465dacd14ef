"""Tables: columns are languages, wordings, links and hashtags, by their heads or by what stands in them."""

from bot.core.draft import Draft, Paper, Row
from bot.core.sheet import drafts_of


def sheet(*rows: tuple[str, ...]) -> Paper:
    return drafts_of([Row(number, "", "cells", cells) for number, cells in enumerate(rows, 1)])


def words(draft: Draft) -> dict[str, list[str]]:
    return {language: [piece.text for piece in pieces] for language, pieces in draft.words.items()}


def test_columns_of_languages_are_translations() -> None:
    found = sheet(("#", "English", "Español"), ("1", "Two buses.", "Dos autobuses."), ("2", "One lane.", ""))
    assert [words(draft) for draft in found.drafts] == [
        {"en": ["Two buses."], "es": ["Dos autobuses."]},
        {"en": ["One lane."]},
    ]
    assert found.drafts[0].number == 2


def test_a_column_may_name_the_language_of_each_row() -> None:
    found = sheet(("Language", "Post"), ("Spanish", "Firma."), ("en", "Sign."))
    assert [list(draft.words) for draft in found.drafts] == [["es"], ["en"]]


def test_names_tags_links_and_hashtags_have_columns() -> None:
    found = sheet(
        ("Title", "Text", "Alternative", "Hashtags", "Link", "Topic"),
        ("Bus lane", "Two buses.", "A lane.", "CleanAir, #Bus", "https://example.org/a", "facts, city"),
    )
    draft = found.drafts[0]
    assert (draft.name, draft.tags) == ("Bus lane", ("facts", "city"))
    assert [piece.text for pieces in draft.words.values() for piece in pieces] == ["Two buses.", "A lane."]
    assert next(iter(draft.words.values()))[0].tail == "#CleanAir #Bus https://example.org/a"


def test_without_a_head_columns_are_told_by_what_stands_in_them() -> None:
    found = sheet(
        ("1", "Two buses carry what a mile of cars does.", "Dos autobuses llevan lo que una milla de coches. ¿Sí?")
    )
    assert [list(draft.words) for draft in found.drafts] == [["en", "es"]]


def test_a_cell_may_hold_several_wordings() -> None:
    assert words(sheet(("English",), ("Two buses.\n---\nOne lane.",)).drafts[0]) == {"en": ["Two buses.", "One lane."]}


def test_a_row_that_says_nothing_is_no_post() -> None:
    assert sheet(("English",), ("---",), ("Two buses.",)).drafts == sheet(("English",), ("",), ("Two buses.",)).drafts


def test_what_is_not_read_is_named_and_left_aside() -> None:
    found = sheet(("English", "Graphic"), ("Two buses.", "bus.png"), ("", "later"))
    assert [remark.what for remark in found.remarks] == ['the column "Graphic" is not read']
    assert [(row.number, row.text) for row in found.aside] == [(3, "later")]


def test_a_title_above_the_head_is_none() -> None:
    found = sheet(("Our posts", ""), ("Texto en español", "Texto en inglés"), ("Dos autobuses.", "Two buses."))
    assert [words(draft) for draft in found.drafts] == [{"es": ["Dos autobuses."], "en": ["Two buses."]}]
    assert [(one.text, one.why) for one in found.aside] == [("Our posts", "a heading")]
