"""WhatsApp: one text, and people choose the chat."""

from bot.networks.whatsapp import NETWORK
from tests.networks.contract import ShareContract, variant


class TestShare(ShareContract):
    network = NETWORK

    def test_the_link_stands_on_its_own_line_at_the_end(self) -> None:
        url = self.shared(variant(NETWORK, "Hello you", (), "https://example.org"))
        assert url == "https://wa.me/?text=Hello%20you%0Ahttps%3A%2F%2Fexample.org"
