"""Addresses cut by line breaks are whole again, sentences stay apart, and nothing unseen is left."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.mend import cleaned, is_elsewhere, joined, target, with_address
from bot.core.text import faults


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("At http://www.\nexample.org/news/ town/bus-lane- 2026-story.html", "http://www.example.org/news/town/bus-lane-2026-story.html"),
        ("https://example.org/sign?from=\nmail", "https://example.org/sign?from=mail"),
        ("https://example.org/sign/bus_\nlane", "https://example.org/sign/bus_lane"),
        ("https://example.org/bus\nlane/sign.html today", "https://example.org/buslane/sign.html"),
        ("Sign: https://example.org/air/\nsign-now\nThanks.", "https://example.org/air/sign-now"),
        ("https://example.org/a/ b/ c/d", "https://example.org/a/b/c/d"),
    ],
)  # fmt: skip
def test_an_address_that_was_cut_is_whole_again_and_named(text: str, whole: str) -> None:
    found, mended = joined(text)
    assert whole in found.split() and mended == [whole]


@pytest.mark.parametrize(
    "text",
    [
        "See https://example.org. Then sign",
        "https://example.org/sign/ Please sign",
        "https://example.org/sign/ #CleanAir",
        "https://example.org/a\nhttps://example.org/b",
        "https://example.org/a\nwww.example.net/b",
        "https://example.org/a\nexample.net/b",
        "https://example.org/a-\n",
        "https://example.org/a/\nco-workers ride",
        "https://example.org/a - and more",
        "Buses and/or\ntrams",
        "",
    ],
)
def test_words_behind_an_address_stay_words(text: str) -> None:
    assert joined(text) == (text, [])


@given(st.text("ab /.-\nhtps:w", max_size=60))
def test_joining_takes_away_nothing_but_spaces(text: str) -> None:
    found, _ = joined(text)
    assert "".join(found.split()) == "".join(text.split()) and joined(found)[0] == found


def test_what_nobody_sees_is_taken_out() -> None:
    text = cleaned("Two\u00a0buses\u200b  carry\u00ad\t more. \r\n\r\n\ufeff\u202eSign.\u2069  ")
    assert text == "Two buses carry more.\n\nSign." and not faults(text, "")


@pytest.mark.parametrize(
    ("address", "leads"),
    [
        ("https://example.org/sign", "https://example.org/sign"),
        ("https://www.google.com/url?q=https://example.org/sign%3Fa%3D1&sa=D", "https://example.org/sign?a=1"),
        ("https://www.google.com/search?q=buses", "https://www.google.com/search?q=buses"),
        ("#top", ""),
        ("http://", ""),
        ("https://localhost/a", ""),
        ("mailto:ana@example.org", ""),
        ("javascript:alert(1)", ""),
        ("https://[bad", ""),
    ],
)
def test_where_a_link_leads(address: str, leads: str) -> None:
    assert target(address) == leads


@pytest.mark.parametrize(
    ("words", "said", "elsewhere"),
    [
        ("Sign here", "Sign here https://example.org/sign?a=1", False),
        ("www.example.org/sign", "https://example.org/sign?a=1", False),
        ("example.org/si…", "https://example.org/sign?a=1", True),
        ("https://short.example.com/x", "https://example.org/sign?a=1", True),
        ("Sign: https://example.org/sign?a=1", "Sign: https://example.org/sign?a=1", False),
    ],
)
def test_words_of_a_link_that_are_an_address_give_way_to_where_it_leads(words: str, said: str, elsewhere: bool) -> None:
    address = "https://example.org/sign?a=1"
    assert (with_address(words, address), is_elsewhere(words, address)) == (said, elsewhere)
