"""Bluesky: what its official library links, and its two limits."""

import pytest

from bot.core.measure import fits
from bot.networks.bluesky import NETWORK, entities
from tests.networks.contract import ShareContract, variant


def texts(text: str, kind: str) -> list[str]:
    return [entity.text for entity in entities(text) if entity.kind == kind]


class TestShare(ShareContract):
    network = NETWORK

    def test_the_text_is_one_parameter(self) -> None:
        url = self.shared(variant(NETWORK, "a b\nc"))
        assert url == "https://bsky.app/intent/compose?text=a%20b%0Ac"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("#a and\n＃b", ["#a", "＃b"], id="after a space or line break"),
        pytest.param("(#a)", [], id="after a bracket"),
        pytest.param("#1", [], id="digits only"),
        pytest.param("#1a", ["#1a"], id="a digit first"),
        pytest.param("#double#rainbow", ["#double#rainbow"], id="a second sign"),
        pytest.param("#with,punctuation!!", ["#with,punctuation"], id="marks inside, not at the end"),
        pytest.param("#a_", ["#a"], id="a low line at the end"),
        pytest.param("#🦋", ["#🦋"], id="an emoji"),
        pytest.param("#\ufe0f\u20e3", [], id="a key"),
        pytest.param("#a\u200bb", ["#a"], id="a letter without width ends it"),
        pytest.param("#...", [], id="marks only"),
        pytest.param("#" + "a" * 64, ["#" + "a" * 64], id="64 letters"),
        pytest.param("#" + "a" * 65, [], id="65 letters"),
    ],
)
def test_these_are_hashtags(text: str, expected: list[str]) -> None:
    assert texts(text, "hashtag") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Hi @ana.bsky.social.", ["@ana.bsky.social"], id="a handle"),
        pytest.param("(@ana.test)", ["@ana.test"], id="a test handle in brackets"),
        pytest.param("@ana", [], id="a name without a domain"),
        pytest.param("@ana.nowhere", [], id="an unknown ending"),
        pytest.param("a@example.org", [], id="a mail address"),
    ],
)
def test_these_are_mentions(text: str, expected: list[str]) -> None:
    assert texts(text, "mention") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("https://example.org/a.", ["https://example.org/a"], id="one mark at the end is dropped"),
        pytest.param("https://example.org/a!?", ["https://example.org/a!"], id="but only one"),
        pytest.param("https://example.org/a:", ["https://example.org/a"], id="also a colon"),
        pytest.param("(https://example.org/a)", ["https://example.org/a"], id="a bracket that it did not open"),
        pytest.param("https://example.org/a_(b)", ["https://example.org/a_(b)"], id="one that it did"),
        pytest.param("example.org/a b.nowhere", ["example.org/a"], id="a bare domain with a known ending"),
        pytest.param("my-site.org", [], id="not with a hyphen"),
        pytest.param("xhttps://example.org", [], id="glued to a word"),
        pytest.param("HTTPS://example.org", [], id="a scheme in capitals"),
    ],
)
def test_these_are_links(text: str, expected: list[str]) -> None:
    assert texts(text, "link") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("$ABC ($d1)", ["$ABC", "$d1"], id="after a space or bracket"),
        pytest.param("$ABCDEF $1a a$b", [], id="too long, a digit first, inside a word"),
    ],
)
def test_these_are_cashtags(text: str, expected: list[str]) -> None:
    assert texts(text, "cashtag") == expected


def test_an_entity_knows_where_it_stands() -> None:
    text = "Hi @a.test https://example.org/a #b $C"
    assert [text[entity.start : entity.end] for entity in entities(text)] == text.split()[1:]


def test_a_long_link_costs_what_is_shown_of_it() -> None:
    link = "https://example.org/" + "a" * 500
    assert fits("a" * 272 + " " + link, NETWORK.counting)
    assert not fits("a" * 273 + " " + link, NETWORK.counting)
