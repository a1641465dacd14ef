"""LinkedIn: only the address travels."""

from bot.networks.linkedin import NETWORK
from tests.networks.contract import HASHTAGS, LINK, ShareContract, parameters, variant


class TestShare(ShareContract):
    network = NETWORK

    def test_the_address_is_all_it_takes(self) -> None:
        url = self.shared(variant(NETWORK, "Hello", HASHTAGS, LINK))
        assert url.startswith("https://www.linkedin.com/sharing/share-offsite/?url=https%3A%2F%2F")
        assert parameters(url) == [("url", LINK)]
