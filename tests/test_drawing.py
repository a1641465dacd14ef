"""Pictures for link previews have their words in them and can be read; codes hold their address."""

from io import BytesIO

import pytest
from PIL import Image

from bot.core.colour import contrast
from bot.drawing import SIZE, _fitting, card, code


def colours(raw: bytes) -> list[tuple[int, str]]:
    with Image.open(BytesIO(raw)) as image:
        found = image.convert("RGB").getcolors(SIZE[0] * SIZE[1]) or []
    return sorted(((count, "#{:02x}{:02x}{:02x}".format(*shade)) for count, shade in found), reverse=True)


@pytest.mark.parametrize("words", ["Clean air", "A long sentence " * 20, "o" * 200, "🚍", ""])
def test_a_picture_has_the_size_that_networks_show_large(words: str) -> None:
    with Image.open(BytesIO(card(words, "Us", "#00aa88"))) as image:
        assert (image.size, image.format) == ((1200, 630), "PNG")


def test_the_words_stand_in_white_on_a_ground_on_which_they_can_be_read() -> None:
    found = colours(card("Clean air for all", "Us", "#ffe000"))
    ground = found[0][1]
    assert contrast(ground, "#ffffff") >= 4.5
    assert dict((shade, count) for count, shade in found)["#ffffff"] > 10_000


def test_the_same_words_give_the_same_bytes() -> None:
    assert card("Clean air", "Us", "#00aa88") == card("Clean air", "Us", "#00aa88")


def test_short_words_stand_large_and_no_word_is_cut_in_two() -> None:
    size, rows = _fitting("Clean air for all")
    assert (size, rows) == (84, ["Clean air for all"])
    smaller, rows = _fitting("Every child belongs at home. " * 8)
    assert smaller < size and " ".join(rows) == ("Every child belongs at home. " * 8).strip()


def test_a_code_is_a_picture_in_lines_and_another_for_another_address() -> None:
    assert code("https://example.org/").startswith(b"<svg") and b"<path" in code("https://example.org/")
    assert code("https://example.org/") == code("https://example.org/") != code("https://example.org/a")
