"""Reddit: a text post has a title beside its text."""

from bot.core.post import Variant
from bot.networks.reddit import NETWORK
from tests.networks.contract import LINK, TITLE, ShareContract, parameters, variant


class TestShare(ShareContract):
    network = NETWORK

    def words_in(self, url: str, variant: Variant) -> str:
        return dict(parameters(url))["text"]

    def test_the_title_and_the_text_travel_apart(self) -> None:
        url = self.shared(variant(NETWORK, "Hello", (), LINK, TITLE))
        assert url.startswith("https://www.reddit.com/submit?")
        assert parameters(url) == [("selftext", "true"), ("title", TITLE), ("text", f"Hello\n{LINK}")]
