"""Tumblr: hashtags travel as tags, apart from the text."""

from bot.core.post import Variant
from bot.networks.tumblr import NETWORK
from tests.networks.contract import LINK, ShareContract, parameters, variant


class TestShare(ShareContract):
    network = NETWORK

    def words_in(self, url: str, variant: Variant) -> str:
        values = dict(parameters(url))
        row = " ".join(f"#{tag}" for tag in values["tags"].split(",") if tag)
        return f"{values['content']}\n{row}" if row else values["content"]

    def test_the_hashtags_become_tags_and_leave_the_text(self) -> None:
        values = dict(parameters(self.shared(variant(NETWORK, "Hello", ("#one", "#two"), LINK))))
        assert values == {
            "posttype": "text",
            "canonicalUrl": LINK,
            "content": f"Hello\n{LINK}",
            "tags": "one,two",
        }

    def test_a_hashtag_within_the_words_stays_there(self) -> None:
        values = dict(parameters(self.shared(variant(NETWORK, "We want #one", ("#one",), LINK))))
        assert values["content"] == f"We want #one\n{LINK}"
        assert values["tags"] == "one"
