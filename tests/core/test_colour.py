"""Whatever colour a campaign has, its words can be read."""

from hypothesis import given
from hypothesis import strategies as st

from bot.core.colour import BLACK, DARK, LIGHT, WHITE, contrast, for_dark, for_light

COLOURS = st.from_regex(r"\A#[0-9a-f]{6}\Z")


@given(COLOURS)
def test_any_colour_is_read_on_the_ground_of_its_theme(colour: str) -> None:
    assert contrast(for_light(colour), LIGHT) >= 4.5
    assert contrast(for_light(colour), WHITE) >= 4.5
    assert contrast(for_dark(colour), DARK) >= 4.5
    assert contrast(for_dark(colour), BLACK) >= 4.5


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    assert for_light("#00443f") == "#00443f" != for_dark("#00443f")
    assert for_dark("#ffe9a8") == "#ffe9a8" != for_light("#ffe9a8")


def test_black_and_white_differ_most() -> None:
    assert contrast(BLACK, WHITE) == 21 and contrast(WHITE, WHITE) == 1
