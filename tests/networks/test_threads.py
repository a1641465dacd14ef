"""Threads: a share link, and emoji at their bytes."""

import pytest

from bot.core.measure import fits, measure
from bot.networks.threads import NETWORK
from tests.networks.contract import ShareContract, variant


class TestShare(ShareContract):
    network = NETWORK

    def test_the_text_is_one_parameter(self) -> None:
        assert self.shared(variant(NETWORK, "a b")) == "https://www.threads.com/intent/post?text=a%20b"


@pytest.mark.parametrize(
    ("text", "length"),
    [
        pytest.param("Züri", 4, id="letters"),
        pytest.param("🚍", 4, id="an emoji"),
        pytest.param("👨‍👩‍👧‍👦", 25, id="a family"),
        pytest.param("https://example.org/" + "a" * 80, 100, id="a link in full"),
    ],
)
def test_a_text_has_this_length(text: str, length: int) -> None:
    assert measure(text, NETWORK.counting) == length


def test_a_hundred_and_twenty_five_emoji_fill_a_post() -> None:
    assert fits("🚍" * 125, NETWORK.counting)
    assert not fits("🚍" * 126, NETWORK.counting)
