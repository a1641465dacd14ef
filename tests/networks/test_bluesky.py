"""Bluesky: what its official library links, its two limits, and publishing on a real server."""

import hmac
import json
import logging
import re
import socket
import threading
import traceback
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import PIL.Image
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.links import shorten
from bot.core.measure import fits, tidy
from bot.core.post import Image, Variant
from bot.core.problem import NetworkError, Refused, SignedOut, TryLater, Uncertain
from bot.networks.bluesky import (
    NETWORK,
    Account,
    Door,
    Reply,
    are_sound,
    connect,
    entities,
    meaning,
    moment,
    rich_text,
    seconds_to_wait,
    tid,
)
from tests.networks.contract import ShareContract, variant
from tests.servers import pds as server
from tests.servers.pds import Answered, Pds, or_skip, serving

pds = server.pds


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


# --- the record ---------------------------------------------------------------------------------


def marked(text: str) -> list[tuple[str, str]]:
    """What is to tap in the text as shown, cut out by its bytes, and what it stands for."""
    shown, facets = rich_text(text)
    found = []
    for facet in facets:
        (feature,) = facet["features"]
        cut = shown.encode()[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode()
        found.append((cut, feature.get("uri") or feature["tag"]))
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("see https://example.org/a", [("example.org/a", "https://example.org/a")], id="a link"),
        pytest.param(
            "🚍 https://example.org/a-very-long-path?q=1!",
            [("example.org/a-very-long-...", "https://example.org/a-very-long-path?q=1")],
            id="a long link after an emoji",
        ),
        pytest.param("é example.org/a", [("example.org/a", "https://example.org/a")], id="a bare domain"),
        pytest.param("#Été2030 ¡#no", [("#Été2030", "Été2030")], id="a hashtag"),
        pytest.param("$abc", [("$abc", "$ABC")], id="a cashtag"),
        pytest.param("Hi @ana.bsky.social", [], id="a mention stays plain"),
        pytest.param("https:///a", [], id="a link that no server takes"),
        pytest.param("#" + ("a" + "\u0300" * 5) * 60, [], id="a hashtag of too many bytes"),
    ],
)
def test_these_are_marked(text: str, expected: list[tuple[str, str]]) -> None:
    assert marked(text) == expected


PIECES = [
    "https://",
    "http://",
    "example.org",
    "/a?b=c#d",
    "#",
    "＃",
    "@",
    "$",
    "a",
    "é",
    "🚍",
    "👨‍👩‍👧",
    "\u0301",
    " ",
    "\n",
    ".",
    "(",
    ")",
    "!",
    ":",
]
pieces = st.lists(st.sampled_from(PIECES) | st.text(st.characters(exclude_categories=("Cs",)), max_size=5)).map("".join)


@given(text=pieces)
def test_the_facets_of_any_text_are_sound(text: str) -> None:
    shown, facets = rich_text(text)
    assert are_sound(facets, shown)
    for facet in facets:
        cut = shown.encode()[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode()
        (feature,) = facet["features"]
        assert cut[1:] == feature["tag"] or cut[1:].upper() == feature["tag"][1:] if "tag" in feature else cut


@given(text=pieces.filter(lambda text: "#" not in text and "＃" not in text and "@" not in text))
def test_links_are_shown_as_they_were_counted(text: str) -> None:
    assert rich_text(text)[0] == shorten(text)


@pytest.mark.parametrize(
    "spans",
    [
        pytest.param([(0, 2)], id="inside a character"),
        pytest.param([(0, 9)], id="past the end"),
        pytest.param([(0, 0)], id="empty"),
        pytest.param([(0, 4), (3, 5)], id="overlapping"),
        pytest.param([(3, 4), (0, 3)], id="out of order"),
    ],
)
def test_facets_that_are_not_sound(spans: list[tuple[int, int]]) -> None:
    facets = [{"index": {"byteStart": start, "byteEnd": end}} for start, end in spans]
    assert not are_sound(facets, "€bcd")


AT = datetime(2026, 12, 1, 14, tzinfo=UTC)
KEY = "bluesky/did:plc:abc/clean-air/2026-12-01/09:00"


def test_a_key_gives_a_name_and_a_moment() -> None:
    assert re.fullmatch("[234567a-j][234567a-z]{12}", tid(KEY))
    assert moment(KEY) == datetime(2026, 12, 1, 9, tzinfo=UTC)


def test_names_keep_the_order_of_days_and_differ_within_a_minute() -> None:
    keys = [KEY, KEY.replace("09:00", "09:01"), KEY.replace("-01/", "-02/"), KEY.replace("2026", "2030")]
    assert [tid(key) for key in keys] == sorted(tid(key) for key in keys)
    assert tid(KEY) != tid(KEY.replace("clean-air", "clean-water"))


# --- publishing on a real server ----------------------------------------------------------------


@dataclass
class Page:
    """A page with a card."""

    title: str = ""
    description: str = ""
    picture: bytes = b""


def picture(width: int = 30, height: int = 20, format: str = "PNG") -> bytes:
    file = BytesIO()
    PIL.Image.new("RGB", (width, height), "teal").save(file, format)
    return file.getvalue()


class Street:
    """An account on the server, and what Handbill knows of it: also a session, for a sign-in takes long."""

    def __init__(self, pds: Pds) -> None:
        self.pds, self.owner = pds, pds.account()
        session = (self.owner.handle, self.owner.did, self.owner.token, self.owner.refresh, pds.url)
        self.memory = {"session": ":::".join(session), "session of": f"{self.owner.handle} {pds.url}"}
        self.answers = {
            "handle": self.owner.handle,
            "password": self.owner.password,
            "server": pds.url,
            "account": "town",
        }
        self.key = f"bluesky/{self.owner.did}/clean-air/2026-12-01/09:00"

    def door(self, **more: Any) -> Account:
        return connect(self.answers, self.memory, **more)

    def post(self) -> dict[str, Any]:
        (one,) = self.pds.posts(self.owner)
        value: dict[str, Any] = one["value"]
        return value

    def expire(self, *, refresh: bool = False) -> None:
        """Let the tokens that we remember be of yesterday."""
        parts = self.memory["session"].split(":::")
        for at in (2, 3) if refresh else (2,):
            parts[at] = expired(parts[at], self.pds.jwt_secret)
        self.memory["session"] = ":::".join(parts)

    def move(self, url: str) -> None:
        """Let the session that we remember lead elsewhere."""
        *parts, _ = self.memory["session"].split(":::")
        self.memory["session"] = ":::".join([*parts, url])


def expired(token: str, secret: str) -> str:
    """The same token, signed by its server, but long over."""
    head, body, _ = token.split(".")
    claims = json.loads(urlsafe_b64decode(body + "=="))
    body = coded(json.dumps({**claims, "iat": 1, "exp": 2}).encode())
    return f"{head}.{body}.{coded(hmac.digest(secret.encode(), f'{head}.{body}'.encode(), 'sha256'))}"


def coded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.fixture
def street(pds: Pds) -> Street:
    return Street(pds)


@pytest.fixture
def newcomer(pds: Pds) -> Street:
    """One that has not signed in yet."""
    street = Street(pds)
    street.memory.clear()
    return street


def saying(words: str, **more: Any) -> Variant:
    return replace(variant(NETWORK, words), **more)


def published(street: Street, post: Variant, **more: Any) -> dict[str, Any]:
    door = street.door(**more)
    door.publish(door.prepare(post, street.key, AT), street.key)
    return street.post()


def test_words_facets_and_language_stand_there_as_prepared(street: Street) -> None:
    post = variant(NETWORK, "Más árboles 🌳", ("#CleanAir", "#Été"), "https://example.org/a-very-long-path?q=1")
    found = published(street, replace(post, language="es"))
    assert found["text"] == "Más árboles 🌳 #CleanAir #Été\nexample.org/a-very-long-..."
    assert found["facets"] == rich_text(post.text)[1]
    assert [marked(post.text)[at][0] for at in range(3)] == ["#CleanAir", "#Été", "example.org/a-very-long-..."]
    assert found["langs"] == ["es"] and found["createdAt"] == "2026-12-01T14:00:00.000Z"


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=pieces.map(tidy).filter(lambda text: fits(text, replace(NETWORK.counting, link="full"))))
def test_the_server_takes_any_text_with_its_facets(street: Street, text: str) -> None:
    door, key = street.door(), street.key.replace("clean-air", sha256(text.encode()).hexdigest())
    door.publish(door.prepare(saying(text), key, AT), key)
    found = street.pds.get(
        "com.atproto.repo.getRecord", repo=street.owner.did, collection="app.bsky.feed.post", rkey=tid(key)
    )
    assert (found["value"]["text"], found["value"].get("facets", [])) == rich_text(text)


def test_the_receipt_leads_to_the_post(street: Street) -> None:
    door = street.door()
    receipt = door.publish(door.prepare(saying("Hello"), street.key, AT), street.key)
    assert receipt.id == street.pds.posts(street.owner)[0]["uri"]
    assert receipt.url == f"https://bsky.app/profile/{street.owner.did}/post/{tid(street.key)}"
    assert door.find({}, street.key) == receipt


def test_a_payload_is_json_and_prepared_again_the_same(street: Street) -> None:
    door = street.door()
    payload = door.prepare(saying("Hello"), street.key, AT)
    assert json.loads(json.dumps(payload)) == payload == door.prepare(saying("Hello"), street.key, AT)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_picture_comes_with_its_words_and_shape(street: Street, tmp_path: Path, format: str) -> None:
    file = tmp_path / "court"
    file.write_bytes(picture(format=format))
    found = published(street, saying("Look", image=Image(file=str(file), alt="A court 🏛️")))
    assert found["embed"]["$type"] == "app.bsky.embed.images"
    (image,) = found["embed"]["images"]
    assert image["alt"] == "A court 🏛️" and image["aspectRatio"] == {"width": 30, "height": 20}
    assert image["image"]["mimeType"] == f"image/{format.lower()}"
    assert street.pds.blob(street.owner, image["image"]) == file.read_bytes()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"not a picture", "not a picture", id="no picture"),
        pytest.param(picture() + bytes(2_000_000), "2,000,000", id="too large"),
        pytest.param(None, "cannot read", id="not there"),
    ],
)
def test_a_picture_that_cannot_be_sent_is_refused(
    street: Street, tmp_path: Path, data: bytes | None, message: str
) -> None:
    file = tmp_path / "court.png"
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(Refused, match=message):
        street.door().prepare(saying("Look", image=Image(file=str(file))), street.key, AT)


def test_a_link_gets_a_card(street: Street) -> None:
    page = Page("Clean air", "What we ask for", picture())
    post = variant(NETWORK, "Sign", link="https://example.org/sign")
    found = published(street, post, fetch_card={"https://example.org/sign": page}.get)
    card = found["embed"]["external"]
    assert (card["uri"], card["title"], card["description"]) == (post.link, "Clean air", "What we ask for")
    assert street.pds.blob(street.owner, card["thumb"]) == page.picture


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        pytest.param(Page(), {"title": "https://example.org/sign", "description": ""}, id="says nothing"),
        pytest.param(Page("T", "D", b"?"), {"title": "T", "description": "D"}, id="a picture that is none"),
    ],
)
def test_a_page_that_says_little_still_gets_a_card(street: Street, page: Page, expected: dict[str, str]) -> None:
    post = variant(NETWORK, "Sign", link="https://example.org/sign")
    card = published(street, post, fetch_card=lambda url: page)["embed"]["external"]
    assert card == {"uri": post.link, **expected}


def test_a_page_that_cannot_be_fetched_stops_nothing(street: Street) -> None:
    post = variant(NETWORK, "Sign", link="https://example.org/sign")
    assert "embed" not in published(street, post, fetch_card=lambda url: None)


def test_a_cards_picture_that_is_too_large_is_refused(street: Street) -> None:
    page = Page("T", "D", picture() + bytes(1_000_000))
    with pytest.raises(Refused, match="1,000,000"):
        published(street, variant(NETWORK, "Sign", link="https://example.org/sign"), fetch_card=lambda url: page)


# --- never twice --------------------------------------------------------------------------------


@pytest.mark.parametrize("again", ["publish", "repeat"])
def test_a_post_said_again_is_there_once(street: Street, again: str) -> None:
    door = street.door()
    payload = door.prepare(saying("Hello"), street.key, AT)
    receipt = door.publish(payload, street.key)
    head = street.pds.head(street.owner)
    assert getattr(door, again)(payload, street.key) == receipt
    assert street.pds.head(street.owner) == head
    assert street.post()["text"] == "Hello"


def test_a_repeat_posts_what_never_arrived(street: Street) -> None:
    door = street.door()
    payload = door.prepare(saying("Hello"), street.key, AT)
    assert door.find(payload, street.key) is None
    assert door.repeat(payload, street.key) == door.find(payload, street.key)
    assert street.post()["text"] == "Hello"


def test_a_repeat_does_not_bring_back_what_the_owner_deleted(street: Street) -> None:
    door = street.door()
    payload = door.prepare(saying("Hello"), street.key, AT)
    receipt = door.publish(payload, street.key)
    street.pds.delete(street.owner, receipt.id)
    assert door.find(payload, street.key) is None
    with pytest.raises(Uncertain, match="deleted"):
        door.repeat(payload, street.key)
    assert street.pds.posts(street.owner) == []


@pytest.mark.parametrize("way", ["publish", "repeat", "find"])
def test_other_words_never_overwrite(street: Street, way: str) -> None:
    door = street.door()
    door.publish(door.prepare(saying("Hello"), street.key, AT), street.key)
    other = door.prepare(saying("Good-bye"), street.key, AT)
    with pytest.raises(Uncertain, match="other words"):
        getattr(door, way)(other, street.key)
    assert street.post()["text"] == "Hello"


def test_the_same_words_with_another_card_are_the_same_post(street: Street) -> None:
    post = variant(NETWORK, "Sign", link="https://example.org/sign")
    door = street.door(fetch_card=lambda url: Page("Before"))
    receipt = door.publish(door.prepare(post, street.key, AT), street.key)
    later = street.door(fetch_card=lambda url: Page("After"))
    assert later.publish(later.prepare(post, street.key, AT), street.key) == receipt
    assert street.post()["embed"]["external"]["title"] == "Before"


def test_a_post_can_be_taken_away_and_once_more(street: Street) -> None:
    door = street.door()
    receipt = door.publish(door.prepare(saying("Hello"), street.key, AT), street.key)
    door.delete(receipt)
    door.delete(receipt)
    assert street.pds.posts(street.owner) == []


# --- the session --------------------------------------------------------------------------------


def test_a_session_lasts_beyond_the_program(newcomer: Street) -> None:
    assert newcomer.door().whoami() == newcomer.owner.did
    newcomer.answers["password"] = "no longer needed"
    assert newcomer.door().whoami() == newcomer.owner.did


def test_a_token_that_is_over_is_renewed_without_a_sign_in(street: Street) -> None:
    street.door().whoami()
    street.expire()
    before = dict(street.memory)
    street.answers["password"] = "no longer needed"
    assert published(street, saying("Hello"))["text"] == "Hello"
    assert street.memory["session"] != before["session"]
    assert street.door().whoami() == street.owner.did


def test_a_token_that_ends_just_before_the_post_is_renewed(street: Street) -> None:
    payload = street.door().prepare(saying("Hello"), street.key, AT)
    street.expire()
    street.door().publish(payload, street.key)
    assert street.post()["text"] == "Hello"


def test_after_a_long_rest_it_signs_in_again(street: Street) -> None:
    street.door().whoami()
    street.expire(refresh=True)
    assert street.door().whoami() == street.owner.did


@pytest.mark.parametrize("session", ["", "torn", "a:::b:::c:::d:::not an address"])
def test_a_session_that_cannot_be_used_is_made_anew(street: Street, session: str) -> None:
    street.door().whoami()
    street.memory["session"] = session
    if session.endswith("address"):
        street.move(street.pds.url)
    assert street.door().whoami() == street.owner.did


def test_a_session_of_another_account_is_not_used(street: Street, newcomer: Street) -> None:
    newcomer.memory |= street.memory
    assert newcomer.door().whoami() == newcomer.owner.did


def test_a_handle_may_come_with_signs_around_it(newcomer: Street) -> None:
    newcomer.answers["handle"] = f"\u2068@{newcomer.owner.handle}\u2069 "
    assert newcomer.door().whoami() == newcomer.owner.did


def test_bluesky_s_own_entrance_leads_to_the_server_of_the_account() -> None:
    document = {"service": [{"id": "#other"}, {"id": "#atproto_pds", "serviceEndpoint": "https://home.example.org"}]}
    answers = {"handle": "a.test", "password": "secret"}
    assert Door(answers, {})._home(document) == "https://home.example.org"
    assert Door(answers, {})._home(None) == "https://bsky.social"
    assert Door({**answers, "server": "pds.example.org/"}, {})._home(document) == "https://pds.example.org"


# --- what goes wrong ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed", [{"password": "wrong-wrong"}, {"handle": "nobody.test"}], ids=["password", "handle"]
)
def test_a_wrong_password_says_what_to_do(newcomer: Street, changed: dict[str, str]) -> None:
    newcomer.answers |= changed
    with pytest.raises(SignedOut, match="handbill account connect town") as said:
        newcomer.door().whoami()
    assert said.value.__cause__ is not None


@pytest.mark.parametrize("text", ["a" * 301, "👨‍👩‍👧‍👦" * 121], ids=["characters", "bytes"])
def test_a_text_that_is_too_long_is_refused_by_us_and_by_the_server(street: Street, text: str) -> None:
    door = street.door()
    with pytest.raises(Refused, match="Bluesky takes"):
        door.prepare(saying(text), street.key, AT)
    payload: Any = door.prepare(saying("Hello"), street.key, AT)
    payload["record"]["text"] = text
    with pytest.raises(Refused, match="too big"):
        door.publish(payload, street.key)
    assert street.pds.posts(street.owner) == []


@pytest.mark.parametrize("text", ["a" * 300, "👨‍👩‍👧‍👦" * 120, "क्षि" * 200], ids=["letters", "bytes", "Devanagari"])
def test_a_text_at_the_limit_is_taken(street: Street, text: str) -> None:
    assert published(street, saying(text))["text"] == text


def test_half_a_character_is_refused(street: Street) -> None:
    with pytest.raises(Refused, match="half of a character"):
        street.door().prepare(saying("\ud83d"), street.key, AT)


@pytest.fixture
def nowhere() -> Iterator[str]:
    """An address where nobody answers, and that nobody else gets meanwhile."""
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


@contextmanager
def cutting(answer: bytes = b"") -> Iterator[str]:
    """A server that hears a request out, sends so much of an answer, and hangs up."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        thread = threading.Thread(target=cut_each, args=(listener, answer))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def cut_each(listener: socket.socket, answer: bytes) -> None:
    while True:
        try:
            line, _ = listener.accept()
        except OSError:
            return
        with closing(line), line.makefile("rb") as heard:
            length = 0
            while row := heard.readline().strip():
                name, _, value = row.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            heard.read(length)
            line.sendall(answer)


def test_a_server_that_is_away_is_asked_later(street: Street, nowhere: str) -> None:
    door = street.door()
    payload = door.prepare(saying("Hello"), street.key, AT)
    street.move(nowhere)
    for call in (lambda: street.door().publish(payload, street.key), lambda: street.door().find(payload, street.key)):
        with pytest.raises(TryLater, match="cannot reach 127"):
            call()
    with pytest.raises(TryLater, match="cannot reach 127"):
        connect({**street.answers, "server": nowhere}, {}).whoami()


CUTS = {
    "nothing": b"",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-",
    "half a body": b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"uri',
    "no JSON": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n{",
    "a page": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nHi",
    "an error of a proxy": b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nHi",
    "an error of its own": b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("answer", CUTS.values(), ids=CUTS)
def test_an_answer_that_is_lost_leaves_it_uncertain(street: Street, answer: bytes) -> None:
    payload = street.door().prepare(saying("Hello"), street.key, AT)
    with cutting(answer) as url:
        street.move(url)
        for way in ("publish", "repeat"):
            with pytest.raises(Uncertain, match="Look at the account"):
                getattr(street.door(), way)(payload, street.key)


@pytest.mark.parametrize("answer", CUTS.values(), ids=CUTS)
def test_an_answer_that_is_lost_before_anything_is_public_is_asked_for_later(street: Street, answer: bytes) -> None:
    with cutting(answer) as url, pytest.raises(TryLater):
        connect({**street.answers, "server": url}, {}).whoami()
    street.door().whoami()
    with cutting(answer) as url:
        street.move(url)
        with pytest.raises(TryLater):
            street.door().prepare(saying("Hello"), street.key, AT)


def test_too_many_sign_ins_wait_as_long_as_the_server_says() -> None:
    asked: dict[str, object] = {"identifier": "nobody.test", "password": "wrong"}
    with or_skip(), serving(rate_limits=True) as counting:
        with ThreadPoolExecutor(30) as hurry:
            tries = [hurry.submit(counting.post, "com.atproto.server.createSession", asked) for _ in range(30)]
        assert all(isinstance(one.exception(), Answered) for one in tries)
        with pytest.raises(TryLater, match="too many requests") as said:
            connect({"handle": "nobody.test", "password": "wrong", "server": counting.url}, {}).whoami()
    assert 0 < said.value.seconds <= 300


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({"retry-after": "7", "ratelimit-reset": "9"}, 7, id="said outright"),
        pytest.param({"date": "Tue, 01 Dec 2026 09:00:00 GMT", "ratelimit-reset": "1796115690"}, 90, id="by its clock"),
        pytest.param({"date": "Tue, 01 Dec 2026 09:00:00 GMT", "ratelimit-reset": "1"}, 1, id="over"),
        pytest.param({"date": "soon", "ratelimit-reset": "1"}, 300, id="no date"),
        pytest.param({}, 300, id="not said"),
    ],
)
def test_how_long_the_server_asks_to_wait(headers: dict[str, str], seconds: int) -> None:
    assert seconds_to_wait(headers) == seconds


@pytest.mark.parametrize(
    ("status", "name", "of_post", "of_rest"),
    [
        (429, "RateLimitExceeded", TryLater, TryLater),
        (400, "ExpiredToken", SignedOut, SignedOut),
        (400, "InvalidToken", SignedOut, SignedOut),
        (401, "AuthMissing", SignedOut, SignedOut),
        (401, "AuthenticationRequired", SignedOut, SignedOut),
        (401, "AuthFactorTokenRequired", SignedOut, SignedOut),
        (401, "AccountTakedown", SignedOut, SignedOut),
        (401, "AccountDeactivated", SignedOut, SignedOut),
        (403, "", SignedOut, SignedOut),
        (400, "InvalidRequest", Refused, SignedOut),
        (413, "PayloadTooLarge", Refused, Refused),
        (404, "", Refused, SignedOut),
        (501, "MethodNotImplemented", Refused, SignedOut),
        (500, "InternalServerError", Uncertain, TryLater),
        (502, "", Uncertain, TryLater),
        (503, "", Uncertain, TryLater),
        (504, "", Uncertain, TryLater),
    ],
)
def test_what_an_answer_means(status: int, name: str, of_post: type, of_rest: type) -> None:
    door = Door({"handle": "a.test", "password": "secret"}, {})
    reply = Reply(status=status, body={}, headers={}, name=name)
    assert type(meaning(reply, door, is_of_post=True, is_public=True)) is of_post
    assert type(meaning(reply, door, is_of_post=False, is_public=False)) is of_rest


@pytest.mark.parametrize("server", ["not an address", "ftp://example.org", "https://", "https://a@b.test"])
def test_an_address_that_is_none_is_told(server: str) -> None:
    with pytest.raises(SignedOut, match="not the address"):
        connect({"handle": "a.test", "password": "secret", "server": server}, {})


def test_no_secret_shows_anywhere(newcomer: Street, caplog: pytest.LogCaptureFixture, nowhere: str) -> None:
    caplog.set_level(logging.DEBUG)
    newcomer.door().whoami()
    secrets = [newcomer.answers["password"], *newcomer.memory["session"].split(":::")[2:4]]
    shown = [repr(newcomer.door()), repr(newcomer.door().door)]
    newcomer.answers["password"] = secrets[0] + "x"
    newcomer.move(nowhere)
    for memory in ({}, newcomer.memory):
        with pytest.raises(NetworkError) as said:
            connect(newcomer.answers, memory).whoami()
        shown += ["".join(traceback.format_exception(said.value)), repr(said.value), repr(said.value.__cause__)]
    assert [secret for secret in secrets if any(secret in one for one in [*shown, caplog.text])] == []


# --- how the account stands ----------------------------------------------------------------------------------


def profile(street: Street) -> dict[str, Any]:
    found = street.pds.get(
        "com.atproto.repo.getRecord", repo=street.owner.did, collection="app.bsky.actor.profile", rkey="self"
    )
    return dict(found["value"])


def describe(street: Street, **fields: object) -> None:
    record = {"$type": "app.bsky.actor.profile", **fields}
    body: dict[str, object] = {
        "repo": street.owner.did,
        "collection": record["$type"],
        "rkey": "self",
        "record": record,
    }
    street.pds.post("com.atproto.repo.putRecord", body, street.owner.token)


def test_an_account_without_a_profile_can_be_labelled(street: Street) -> None:
    door = street.door()
    assert not door.is_labelled()
    door.label()
    assert door.is_labelled()


def test_a_label_leaves_the_rest_of_the_profile_alone(street: Street) -> None:
    others = {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "!no-unauthenticated"}]}
    describe(street, displayName="Town", description="We 🌳", labels=others)
    street.door().label()
    found = profile(street)
    assert (found["displayName"], found["description"]) == ("Town", "We 🌳")
    assert found["labels"]["values"] == [{"val": "!no-unauthenticated"}, {"val": "bot"}]


def test_a_look_tells_the_handle_and_the_label(street: Street) -> None:
    before = street.door().look()
    assert (before.handle, before.labelled) == (street.owner.handle, False)
    assert before.url == f"https://bsky.app/profile/{street.owner.did}"
    street.door().label()
    assert street.door().look().labelled


def test_an_account_that_its_owner_closed_is_signed_out(street: Street) -> None:
    payload = street.door().prepare(saying("Hello"), street.key, AT)
    street.pds.post("com.atproto.server.deactivateAccount", {}, street.owner.token)
    for call in (street.door().whoami, lambda: street.door().publish(payload, street.key)):
        with pytest.raises(SignedOut, match="closed or blocked"):
            call()


def test_a_label_that_is_there_is_not_set_again(street: Street) -> None:
    street.door().label()
    head = street.pds.head(street.owner)
    street.door().label()
    assert street.pds.head(street.owner) == head
