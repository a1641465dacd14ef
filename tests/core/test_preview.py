"""A preview shows what a network will make of a text, and changes none of its words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.preview import pieces
from tests.making import NETWORKS

LINKING = sorted(name for name, network in NETWORKS.items() if network.entities)


@given(st.text(st.sampled_from("ab #@$./:é🚍\n") | st.characters()), st.sampled_from(LINKING))
def test_the_pieces_are_the_text(text: str, name: str) -> None:
    assert "".join(piece.text for piece in pieces(text, NETWORKS[name])) == text


@pytest.mark.parametrize("name", LINKING)
def test_links_and_hashtags_are_told_apart_from_words(name: str) -> None:
    found = list(pieces("Ride #CleanAir https://www.example.org/a/long/way/to/go/by/bus today", NETWORKS[name]))
    assert [(one.kind, one.text) for one in found] == [
        ("words", "Ride "),
        ("hashtag", "#CleanAir"),
        ("words", " "),
        ("link", "https://www.example.org/a/long/way/to/go/by/bus"),
        ("words", " today"),
    ]
    assert found[3].shown == "www.example.org/a/long/way/t..."
