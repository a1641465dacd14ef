"""A campaign's colour, made darker or lighter until everybody can read what stands in it."""

from itertools import count

WHITE, BLACK = "#ffffff", "#000000"
DEFAULT = "#1f6f6b"
# The grounds of the share pages, on which the colour stands as text: the least light of each theme's.
LIGHT, DARK = "#f4f1ea", "#232a2e"
# <https://www.w3.org/TR/WCAG22/#contrast-minimum> asks for 4.5.
LEAST = 4.6


def for_light(colour: str) -> str:
    """The colour as text on a light ground, and as a ground for white text."""
    return _until_read(colour or DEFAULT, LIGHT, BLACK)


def for_dark(colour: str) -> str:
    """The colour as text on a dark ground, and as a ground for black text."""
    return _until_read(colour or DEFAULT, DARK, WHITE)


def contrast(one: str, other: str) -> float:
    """How well two colours are told apart, 1 to 21: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _until_read(colour: str, ground: str, towards: str) -> str:
    for step in count():
        mixed = _mixed(colour, towards, min(1.0, step / 50))
        if contrast(mixed, ground) >= LEAST:
            return mixed
    raise AssertionError


def _mixed(one: str, other: str, share: float) -> str:
    pairs = zip(rgb(one), rgb(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def rgb(colour: str) -> tuple[int, int, int]:
    """The parts of "#1f6f6b", 0 to 255 each."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    """How light a colour is, 0 to 1: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    parts = (part / 255 for part in rgb(colour))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
