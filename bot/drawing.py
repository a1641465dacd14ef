"""Drawn for the share pages: pictures for link previews, and codes that a phone reads. Same input, same bytes."""

from functools import lru_cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import regex

from bot.core.colour import for_light, rgb

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

# What networks show large: <https://developers.facebook.com/docs/sharing/webmasters/images>.
SIZE = (1200, 630)
EDGE, LINE = 80, 1.25
LARGEST, SMALLEST = 84, 34
# From the ground to white; and so much is kept for the next time, which is the whole of a large library.
SHADES, DRAWN = 31, 5000
# DejaVu Sans Bold 2.37, see bot/fonts/LICENSE.txt.
FONT = Path(__file__).with_name("fonts") / "DejaVuSans-Bold.ttf"
# Signs that the font does not have.
PICTURES = regex.compile(r"[\p{Emoji_Presentation}\p{Emoji_Modifier}\ufe0f\u200d]+")


def can_draw() -> bool:
    """Whether the libraries are there: pip install 'handbill[site]'."""
    return bool(find_spec("PIL") and find_spec("segno"))


@lru_cache(maxsize=DRAWN)
def card(words: str, below: str, colour: str) -> bytes:
    """A PNG of 1200 x 630 with words in white on a campaign's colour, and a line `below`."""
    from PIL import Image, ImageDraw

    image = Image.new("L", SIZE)  # how white each dot is
    pen = ImageDraw.Draw(image)
    size, rows = _fitting(PICTURES.sub("", words).strip())
    top = (SIZE[1] - 90 - len(rows) * size * LINE) / 2
    for number, row in enumerate(rows):
        pen.text((EDGE, top + number * size * LINE), row, font=_font(size), fill=255)
    pen.rectangle((EDGE, SIZE[1] - 104, EDGE + 120, SIZE[1] - 98), fill=255)
    pen.text((EDGE, SIZE[1] - 84), _cut(PICTURES.sub("", below).strip(), 30), font=_font(30), fill=255)
    image = image.point([white * SHADES // 255 for white in range(256)])
    ground = rgb(for_light(colour))
    image.putpalette([part + (255 - part) * shade // SHADES for shade in range(SHADES + 1) for part in ground])
    raw = BytesIO()
    image.save(raw, "PNG")
    return raw.getvalue()


@lru_cache(maxsize=DRAWN)
def code(address: str) -> bytes:
    """An SVG that a phone's camera reads as an address."""
    import segno

    raw = BytesIO()
    segno.make(address, error="m", micro=False).save(raw, kind="svg", border=2, xmldecl=False, nl=False, svgclass=None)
    return raw.getvalue()


def _fitting(words: str) -> tuple[int, list[str]]:
    """The largest size in which the words have room, and their rows; at the smallest the rest is left out with "…"."""
    for size in range(LARGEST, SMALLEST - 1, -2):
        rows = _rows(words, size)
        if len(rows) * size * LINE <= SIZE[1] - 220 and all(_width(row, size) <= SIZE[0] - 2 * EDGE for row in rows):
            return size, rows
    most = int((SIZE[1] - 220) / (SMALLEST * LINE))
    rows = [_cut(row, SMALLEST) for row in _rows(words, SMALLEST)]
    return SMALLEST, rows if len(rows) <= most else [*rows[: most - 1], rows[most - 1].rpartition(" ")[0] + " …"]


def _rows(words: str, size: int) -> list[str]:
    rows = [""]
    for word in words.split():
        longer = f"{rows[-1]} {word}".strip()
        if rows[-1] and _width(longer, size) > SIZE[0] - 2 * EDGE:
            rows.append(word)
        else:
            rows[-1] = longer
    return rows


def _cut(row: str, size: int) -> str:
    """As much of a row as has room."""
    if _width(row, size) <= SIZE[0] - 2 * EDGE:
        return row
    while row and _width(row + "…", size) > SIZE[0] - 2 * EDGE:
        row = row[:-1]
    return row + "…"


def _width(row: str, size: int) -> float:
    return _font(size).getlength(row)


@lru_cache
def _font(size: int) -> "FreeTypeFont":
    from PIL import ImageFont

    return ImageFont.truetype(FONT, size)
