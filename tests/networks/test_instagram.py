"""Instagram: there is nothing to fill in, only something to open."""

from bot.networks.instagram import NETWORK
from tests.networks.contract import HASHTAGS, LINK, ShareContract, variant


class TestShare(ShareContract):
    network = NETWORK

    def test_it_is_opened_and_nothing_travels(self) -> None:
        url = self.shared(variant(NETWORK, "Hello", HASHTAGS, LINK, "A title"))
        assert url == "https://www.instagram.com/"

    def test_it_takes_five_hashtags_at_most(self) -> None:
        assert NETWORK.hashtags == 5
