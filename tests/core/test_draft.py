"""Drafts: posts as they stand in a document."""

from bot.core.draft import Draft, Piece


def test_a_draft_stands_where_its_first_words_do() -> None:
    spanish, english = Piece(number=9, text="Firma."), Piece(number=4, text="Sign.")
    assert Draft(words={"es": (spanish,), "en": (english,)}).number == 4
