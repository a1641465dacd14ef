"""Rows of a text become blocks as a reader sees them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.blocks import blocks_of, rows_of


def blocks(text: str) -> list[tuple[int, str, str]]:
    return [(row.number, row.kind, row.text) for row in blocks_of(rows_of(text))]


@pytest.mark.parametrize("mark", ["-", "*", "•", "  •", "–", "1.", "12)", "(3)", "- [ ]", "- [x]", "●"])
def test_a_bullet_is_known_by_any_mark(mark: str) -> None:
    assert blocks(f"{mark} Two buses.") == [(1, "bullet", "Two buses.")]


@pytest.mark.parametrize(
    "text", ["(510) 555-0100", "2026 was dry.", "-5 degrees", "*Now* we ride.", "3.5 million ride."]
)
def test_what_only_looks_like_a_bullet_is_words(text: str) -> None:
    assert blocks(text) == [(1, "words", text)]


def test_a_mark_alone_belongs_to_the_row_below_it() -> None:
    assert blocks("•\nTwo buses.\n•\nOne car.") == [(2, "bullet", "Two buses."), (4, "bullet", "One car.")]


def test_a_bullet_goes_on_in_rows_that_stand_further_in() -> None:
    assert blocks("- Two buses.\n  One lane.\n- Sign.\nNew words here.") == [
        (1, "bullet", "Two buses.\nOne lane."),
        (3, "bullet", "Sign."),
        (4, "words", "New words here."),
    ]


def test_paragraphs_are_told_by_blank_rows_and_else_each_row_is_one() -> None:
    assert [text for _, _, text in blocks("One.\nTwo.\n\nThree.")] == ["One.\nTwo.", "Three."]
    assert [text for _, _, text in blocks("One.\nTwo.\nThree.")] == ["One.", "Two.", "Three."]


def test_a_row_that_was_full_goes_on_in_the_next() -> None:
    text = "Two buses carry what a mile of cars does, and\nso our town has room for a lane."
    assert [text for _, _, text in blocks(text)] == [text.replace("\n", " ")]


def test_rows_of_links_and_hashtags_belong_to_the_words_above_them() -> None:
    text = "One.\nhttps://example.org\n#Air\nTwo.\n#Bus"
    assert [text for _, _, text in blocks(text)] == ["One.\nhttps://example.org\n#Air", "Two.\n#Bus"]


def test_rows_that_each_end_in_hashtags_are_posts_of_their_own() -> None:
    text = "Words.\n\nOne. #Air\nTwo. #Air\n\nThree."
    assert [text for _, _, text in blocks(text)] == ["Words.", "One. #Air", "Two. #Air", "Three."]


def test_marks_of_headings_and_of_bold_letters_are_no_words() -> None:
    assert blocks("## Facts ##\n**Two** buses and __one__ a_b_c lane.\n---") == [
        (1, "heading", "Facts"),
        (2, "words", "Two buses and one a_b_c lane."),
        (3, "rule", "---"),
    ]


def test_an_address_cut_by_a_new_row_stays_cut_there_so_that_it_can_be_joined() -> None:
    told = "https://families-in-one-home.info/sign-the-\nletter"
    assert blocks(f"- Will you sign? {told}") == [(1, "bullet", f"Will you sign? {told}")]


def test_a_table_is_cut_into_cells() -> None:
    rows = rows_of("| English | Español |\n|---|:-:|\n| Two buses. | Dos autobuses. |")
    assert [row.cells for row in rows if row.kind == "cells"] == [
        ("English", "Español"),
        ("Two buses.", "Dos autobuses."),
    ]


@given(st.text("ab .#-*\n|1)\t", max_size=80))
def test_no_letter_is_lost(text: str) -> None:
    letters = "".join(filter(str.isalpha, text))
    found = "".join(row.text + "".join(row.cells if not row.text else ()) for row in blocks_of(rows_of(text)))
    assert "".join(filter(str.isalpha, found)) == letters
