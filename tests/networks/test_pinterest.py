"""Pinterest: the link is the pin's own, the words describe it."""

from bot.core.post import Variant
from bot.networks.pinterest import NETWORK
from tests.networks.contract import LINK, ShareContract, parameters, variant


class TestShare(ShareContract):
    network = NETWORK

    def words_in(self, url: str, variant: Variant) -> str:
        return dict(parameters(url))["description"]

    def test_the_link_is_not_in_the_description(self) -> None:
        url = self.shared(variant(NETWORK, "Hello", ("#one",), LINK))
        assert url.startswith("https://www.pinterest.com/pin/create/button/?")
        assert parameters(url) == [("url", LINK), ("description", "Hello #one")]
