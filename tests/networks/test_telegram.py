"""Telegram: the link goes first and apart, the words follow on the next line."""

from bot.core.post import Variant
from bot.networks.telegram import NETWORK
from tests.networks.contract import HASHTAGS, LINK, ShareContract, parameters, variant


class TestShare(ShareContract):
    network = NETWORK

    def words_in(self, url: str, variant: Variant) -> str:
        return "\n".join(value for _, value in parameters(url))

    def test_the_link_and_the_words_travel_apart(self) -> None:
        url = self.shared(variant(NETWORK, "Hello", HASHTAGS[:1], LINK))
        assert parameters(url) == [("url", LINK), ("text", "Hello #CleanAir")]

    def test_without_a_link_the_words_stand_where_the_link_would(self) -> None:
        url = self.shared(variant(NETWORK, "Hello\nyou"))
        assert url == "https://t.me/share/url?url=Hello%0Ayou"

    def test_a_link_inside_the_words_stays_there(self) -> None:
        post = Variant(text=f"See {LINK} today", words=f"See {LINK} today", link=LINK)
        assert parameters(self.shared(post)) == [("url", f"See {LINK} today")]

    def test_words_that_only_begin_like_the_link_stay_whole(self) -> None:
        post = Variant(text=f"{LINK}/more\nHello", words=f"{LINK}/more\nHello", link=LINK)
        assert parameters(self.shared(post)) == [("url", f"{LINK}/more\nHello")]

    def test_a_lone_link_is_shared_as_it_is(self) -> None:
        assert parameters(self.shared(variant(NETWORK, "", (), LINK))) == [("url", LINK)]
