"""Mastodon: one server or the page that asks for it; links and mentions at a fixed price."""

from typing import ClassVar

import pytest

from bot.core.measure import measure
from bot.networks.mastodon import NETWORK, entities, share
from tests.networks.contract import ShareContract, variant


def texts(text: str, kind: str) -> list[str]:
    return [entity.text for entity in entities(text) if entity.kind == kind]


class TestShare(ShareContract):
    network = NETWORK

    def test_the_text_follows_the_hash_and_so_reaches_no_server(self) -> None:
        assert self.shared(variant(NETWORK, "a b")) == "https://share.joinmastodon.org/#text=a%20b"


class TestShareOnOneServer(ShareContract):
    network = NETWORK
    answers: ClassVar = {"server": "town.example:8443"}

    def test_the_text_is_one_parameter(self) -> None:
        assert self.shared(variant(NETWORK, "a b")) == "https://town.example:8443/share?text=a%20b"


@pytest.mark.parametrize(
    "server", ["mastodon.social", "Town-1.example", "localhost:3000", "xn--9ca.org", " town.example "]
)
def test_a_server_is_a_host_name(server: str) -> None:
    assert share(variant(NETWORK, "a"), {"server": server}) == f"https://{server.strip()}/share?text=a"


@pytest.mark.parametrize(
    "server",
    [
        "https://town.example",
        "town.example/a",
        "a@b.c",
        "a b.c",
        "-a.b",
        "a..b",
        "a.b:",
        "a.b:x",
        "a\nb",
        "a.b?c",
        "é.org",
    ],
)
def test_anything_else_is_refused(server: str) -> None:
    with pytest.raises(ValueError, match="is not the name of a server"):
        share(variant(NETWORK, "a"), {"server": server})


def test_nobody_has_to_name_a_server() -> None:
    assert [(field.name, field.required) for field in NETWORK.share_fields] == [("server", False)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("#CleanAir now", ["#CleanAir"], id="a word"),
        pytest.param('(#a) "#b', [], id="after a bracket or quote"),
        pytest.param("a\n#b", ["#b"], id="after a line break"),
        pytest.param("#123", [], id="digits only"),
        pytest.param("#3d", ["#3d"], id="a digit first"),
        pytest.param("#1_2", ["#1_2"], id="digits around a low line"),
        pytest.param("#a·b·", ["#a·b"], id="a middle dot inside, not at the end"),
        pytest.param("#·a", [], id="nor at the start"),
        pytest.param("#a-b", ["#a"], id="a hyphen ends it"),
        pytest.param("＃東京", ["＃東京"], id="a wide sign"),
        pytest.param("#नमस्ते", ["#नमस्ते"], id="marks"),
    ],
)
def test_these_are_hashtags(text: str, expected: list[str]) -> None:
    assert texts(text, "hashtag") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Hi @ana!", ["@ana"], id="on one's own server"),
        pytest.param("(@ana.b@town.example.)", ["@ana.b@town.example"], id="on another"),
        pytest.param("a@town.example =@a /@b", [], id="after a word, an equals sign or a slash"),
        pytest.param("https://town.example/@ana", [], id="in a link"),
    ],
)
def test_these_are_mentions(text: str, expected: list[str]) -> None:
    assert texts(text, "mention") == expected


def test_only_links_with_a_scheme_are_links() -> None:
    text = "example.org https://example.org/a."
    assert texts(text, "link") == ["https://example.org/a"]


@pytest.mark.parametrize(
    ("text", "length"),
    [
        pytest.param("https://example.org/" + "a" * 100, 23, id="a link with a scheme"),
        pytest.param("example.org", 11, id="a domain without"),
        pytest.param("@ana@example.org", 4, id="a mention counts without its server"),
        pytest.param("👨‍👩‍👧‍👦🇳🇴\r\n", 3, id="emoji and a line break are one each"),
    ],
)
def test_a_text_has_this_length(text: str, length: int) -> None:
    assert measure(text, NETWORK.counting) == length
