"""Whatever colour a campaign has, its words can be read."""

import pytest
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


@pytest.mark.parametrize(("colour", "light", "dark"), [("#00443f", "#00443f", ""), ("#ffe9a8", "", "#ffe9a8")])
def test_a_colour_that_can_be_read_stays_as_it_is(colour: str, light: str, dark: str) -> None:
    assert for_light(colour) == light or for_dark(colour) == dark
    assert for_light(colour) != for_dark(colour)


def test_black_and_white_differ_most() -> None:
    assert contrast(BLACK, WHITE) == 21 and contrast(WHITE, WHITE) == 1
