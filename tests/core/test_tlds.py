"""The endings of domains that make a link."""

import pytest

from bot.core.tlds import TLDS


@pytest.mark.parametrize("ending", ["org", "com", "co", "uk", "museum", "рф", "भारत", "公司", "ポイント"])
def test_these_end_a_domain(ending: str) -> None:
    assert ending in TLDS


@pytest.mark.parametrize("ending", ["", "local", "localhost", "txt", "x", "1", "ORG"])
def test_these_do_not(ending: str) -> None:
    assert ending not in TLDS


def test_every_ending_is_one_word_in_small_letters() -> None:
    assert not [ending for ending in TLDS if {".", " "} & set(ending) or ending != ending.lower()]
