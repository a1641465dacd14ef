"""Facebook: only the address and one hashtag travel."""

from bot.networks.facebook import NETWORK
from tests.networks.contract import HASHTAGS, LINK, ShareContract, parameters, variant


class TestShare(ShareContract):
    network = NETWORK

    def test_the_address_and_the_first_hashtag_are_all_it_takes(self) -> None:
        url = self.shared(variant(NETWORK, "Hello", HASHTAGS, LINK))
        assert parameters(url) == [("u", LINK), ("hashtag", "#CleanAir")]

    def test_without_hashtags_only_the_address_is_left(self) -> None:
        url = self.shared(variant(NETWORK, "Hello", (), "https://example.org"))
        assert url == "https://www.facebook.com/sharer/sharer.php?u=https%3A%2F%2Fexample.org"
