"""LINE: one text, and people choose the chat."""

from bot.networks.line import NETWORK
from tests.networks.contract import ShareContract, variant


class TestShare(ShareContract):
    network = NETWORK

    def test_the_whole_text_travels_in_one_piece(self) -> None:
        url = self.shared(variant(NETWORK, "Hello you", (), "https://example.org"))
        assert url == "https://line.me/R/share?text=Hello%20you%0Ahttps%3A%2F%2Fexample.org"
