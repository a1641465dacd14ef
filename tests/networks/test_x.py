"""X: what it links, and how much room it leaves."""

import pytest

from bot.core.measure import fits
from bot.networks.x import NETWORK, entities
from tests.networks.contract import ShareContract, variant


def texts(text: str, kind: str) -> list[str]:
    return [entity.text for entity in entities(text) if entity.kind == kind]


class TestShare(ShareContract):
    network = NETWORK

    def test_the_text_is_one_parameter(self) -> None:
        assert self.shared(variant(NETWORK, "a b #c")) == "https://x.com/intent/tweet?text=a%20b%20%23c"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("#CleanAir now", ["#CleanAir"], id="a word"),
        pytest.param("＃東京", ["＃東京"], id="a wide sign"),
        pytest.param("#123", [], id="digits only"),
        pytest.param("#1a", ["#1a"], id="a digit first"),
        pytest.param("#_", [], id="a low line only"),
        pytest.param("#a-b", ["#a"], id="a hyphen ends it"),
        pytest.param("#don't", ["#don"], id="an apostrophe ends it"),
        pytest.param("a#b", [], id="inside a word"),
        pytest.param("&#b", [], id="after an ampersand"),
        pytest.param("##a", ["#a"], id="two signs"),
        pytest.param("#\ufe0f\u20e3a", [], id="a key"),
        pytest.param("#a#b", [], id="followed by another"),
        pytest.param("#a://b", [], id="followed by a scheme's end"),
        pytest.param("(#a) “#b”", ["#a", "#b"], id="after a bracket or quote"),
        pytest.param("#नमस्ते", ["#नमस्ते"], id="marks"),
        pytest.param("https://example.org/#a", [], id="in a link"),
    ],
)
def test_these_are_hashtags(text: str, expected: list[str]) -> None:
    assert texts(text, "hashtag") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Dear @ana_1, hi", ["@ana_1"], id="a name"),
        pytest.param(".@ana ＠bo", ["@ana", "＠bo"], id="after a dot, and a wide sign"),
        pytest.param("a@example.org", [], id="a mail address"),
        pytest.param("!@a #@b $@c %@d &@e *@f _@g", [], id="after signs with a meaning"),
        pytest.param("RT@ana", ["@ana"], id="after RT"),
        pytest.param("@ana@example.org", [], id="with a server"),
        pytest.param("@" + "a" * 25, ["@" + "a" * 20], id="at most twenty letters"),
        pytest.param("https://example.org/@ana", [], id="in a link"),
    ],
)
def test_these_are_mentions(text: str, expected: list[str]) -> None:
    assert texts(text, "mention") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("buy $ABC and $d.ef", ["$ABC", "$d.ef"], id="letters"),
        pytest.param("$ABCDEFG", [], id="seven letters"),
        pytest.param("$1a a$b", [], id="digits, or inside a word"),
        pytest.param("$ABC, no", ["$ABC"], id="before a comma"),
    ],
)
def test_these_are_cashtags(text: str, expected: list[str]) -> None:
    assert texts(text, "cashtag") == expected


def test_links_are_found_with_and_without_a_scheme() -> None:
    text = "See example.org, or (https://example.org/a)."
    assert texts(text, "link") == ["example.org", "https://example.org/a"]
    assert all(text[entity.start : entity.end] == entity.text for entity in entities(text))


def test_a_link_counts_twenty_three() -> None:
    assert fits("a" * 256 + " https://example.org/" + "b" * 100, NETWORK.counting)
    assert not fits("a" * 257 + " https://example.org/", NETWORK.counting)
