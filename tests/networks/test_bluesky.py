"""Bluesky: what its official library links, its two limits, and publishing on a real server."""

import hmac
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import PIL.Image
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.core.links import composer_links
from bot.core.measure import CAP, fits, measure, tidy
from bot.core.network import Said
from bot.core.post import Image, Variant
from bot.core.problem import HandbillError, NetworkError, Refused, SignedOut, TryLater, Uncertain
from bot.core.rotate import sameness
from bot.fetch import Page, page
from bot.http import Answer
from bot.networks.bluesky import (
    NETWORK,
    Account,
    Door,
    are_sound,
    as_sent,
    connect,
    entities,
    meaning,
    moment,
    rich_text,
    tid,
)
from tests.networks import contract
from tests.networks.contract import ServerContract, ShareContract, Stage, Wire, variant
from tests.servers.fixtures import running
from tests.servers.pds import Answered, Pds, or_skip, serving


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
        pytest.param("#a(https://example.org/b", [], id="a link glued in"),
        pytest.param("#a(example.org", [], id="a bare one"),
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
        pytest.param("#a(https://example.org/b", [("example.org/b", "https://example.org/b")], id="a link glued in"),
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


LONG = "https://example.org/a/very/long/path?that=is#cut"
glued = st.lists(st.sampled_from([*PIECES, LONG, LONG, "#a(", "HTTP://", "httpS://", "ſ"]), max_size=20).map("".join)
long = st.tuples(glued, glued, st.integers(0, 120)).map(lambda parts: (parts[0] + " " + parts[1] * parts[2])[:CAP])


@settings(max_examples=400)
@example(text=f"#a({LONG}")
@example(text=f"example.org/({LONG}")
@example(text=f"a.nowhere/({LONG}")
@example(text=f"http\u017f{LONG[5:]}")
@given(text=pieces | glued | long)
def test_what_is_counted_is_what_is_published(text: str) -> None:
    shown, as_it_is = rich_text(tidy(text))[0], replace(NETWORK.counting, link="full")
    assert measure(text, NETWORK.counting) == measure(shown, as_it_is)
    assert fits(text, NETWORK.counting) == fits(shown, as_it_is)


@settings(max_examples=400)
@given(text=(pieces | glued).filter(lambda text: "httpS" not in text))  # in which its port differs from the original
def test_links_are_those_that_the_official_library_finds(text: str) -> None:
    from atproto_client.utils import detect_facets

    data = text.encode()
    spans = [(facet.index.byte_start, facet.index.byte_end) for facet in detect_facets(text) if is_link(facet)]
    assert [data[start:end].decode() for start, end in spans] == [text[at:to] for at, to in composer_links(text)]


def is_link(facet: Any) -> bool:
    return str(facet.features[0].py_type).endswith("#link")


@settings(max_examples=400)
@example(text=f"#a({LONG}")
@example(text="info.town@example.org")
@given(text=(pieces | glued).map(tidy).filter(str.isprintable))
def test_words_that_were_published_are_read_back_as_they_were_sent(text: str) -> None:
    shown, facets = rich_text(text)
    sent = as_sent(shown, facets)
    assert rich_text(sent)[0] == shown and sameness(sent) == sameness(text)


def test_short_links_are_whole_again() -> None:
    text = f"🚍 ({LONG}) #Bus {LONG}, example.org/a-very-long-path?q=1 https://my-site.org/été!"
    assert as_sent(*rich_text(text)) == text


LINK = {"$type": "app.bsky.richtext.facet#link", "uri": "https://example.org/a"}


@pytest.mark.parametrize(
    "facets",
    [
        pytest.param(None, id="none"),
        pytest.param({}, id="no list"),
        pytest.param([1, {}, {"index": {}, "features": []}], id="no facets"),
        pytest.param([{"index": {"byteStart": 4, "byteEnd": 900}, "features": [LINK]}], id="past the end"),
        pytest.param([{"index": {"byteStart": 1, "byteEnd": 8}, "features": [LINK]}], id="inside a character"),
        pytest.param([{"index": {"byteStart": 0, "byteEnd": 4}, "features": [LINK]}], id="other words for a link"),
        pytest.param([{"index": {"byteStart": 2, "byteEnd": 2}, "features": [{"uri": ""}]}], id="nothing"),
        pytest.param([{"index": {"byteStart": "5", "byteEnd": "18"}, "features": [LINK]}], id="no numbers"),
    ],
)
def test_facets_that_make_no_sense_change_no_words(facets: object) -> None:
    assert as_sent("🚍 example.org/a", facets) == "🚍 example.org/a"


def test_of_facets_that_overlap_one_counts() -> None:
    facet = {"index": {"byteStart": 5, "byteEnd": 18}, "features": [LINK]}
    assert as_sent("🚍 example.org/a", [facet, facet]) == "🚍 https://example.org/a"


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


def size(picture: bytes) -> tuple[int, int]:
    with PIL.Image.open(BytesIO(picture)) as image:
        return image.size


def drawn(width: int = 30, height: int = 20, format: str = "PNG") -> bytes:
    file = BytesIO()
    PIL.Image.new("RGB", (width, height), "teal").save(file, format)
    return file.getvalue()


class Street:
    """An account on the server, and what Handbill knows of it: also a session, for a sign-in takes long."""

    def __init__(self, pds: Pds) -> None:
        self.pds, self.owner = pds, pds.account()
        self.memory: dict[str, str] = {}
        self.remember(home=pds.url, did=self.owner.did, access=self.owner.token, refresh=self.owner.refresh)
        self.answers = {
            "handle": self.owner.handle,
            "password": self.owner.password,
            "server": pds.url,
            "account": "town",
        }
        self.key = f"bluesky/{self.owner.did}/clean-air/2026-12-01/09:00"

    def remember(self, **session: str) -> None:
        """Let these parts of the session be so."""
        known = json.loads(self.memory.get("session", "{}")) | {"of": f"{self.owner.handle} {self.pds.url}"}
        self.memory["session"] = json.dumps(known | session)

    def session(self) -> dict[str, str]:
        return dict(json.loads(self.memory["session"]))

    def door(self, card: Page | None = None) -> Account:
        return connect(self.answers, self.memory, fetch_card=lambda url: card)

    def post(self) -> dict[str, Any]:
        (one,) = self.pds.posts(self.owner)
        value: dict[str, Any] = one["value"]
        return value

    def expire(self, *names: str) -> None:
        """Let the tokens that we remember be of yesterday."""
        self.end(-timedelta(days=1), *names)

    def end(self, after: timedelta, *names: str) -> None:
        """Let the tokens that we remember end so long after this moment."""
        session = self.session()
        self.remember(**{name: ending(session[name], self.pds.jwt_secret, after) for name in names})


def ending(token: str, secret: str, after: timedelta) -> str:
    """The same token, signed by its server just now, that ends so long after this moment."""
    head, body, _ = token.split(".")
    claims = json.loads(urlsafe_b64decode(body + "=="))
    body = coded(json.dumps({**claims, "exp": claims["iat"] + int(after.total_seconds())}).encode())
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


class TestPublish(ServerContract):
    network = NETWORK
    posting = ("POST", r"repo\.putRecord$")

    @pytest.fixture
    def stage(self, street: Street) -> Stage:
        memories = {street.pds.url: street.memory}

        def opened(url: str) -> Account:
            home = url or street.pds.url
            memory = memories.setdefault(home, {})
            return connect({**street.answers, "server": home}, memory, fetch_card=lambda _: None)

        def secrets() -> list[str]:
            kept = [json.loads(memory["session"]) for memory in memories.values() if "session" in memory]
            return [street.owner.password, *(one[name] for one in kept for name in ("access", "refresh"))]

        return Stage(url=street.pds.url, open=opened, stands=lambda: stands(street), secrets=secrets)

    def shown(self, text: str) -> str:
        return rich_text(text)[0]


def stands(street: Street) -> list[tuple[str, list[str]]]:
    """The oldest first, which their names tell."""
    found = sorted(street.pds.posts(street.owner), key=lambda post: post["uri"])
    embeds = [(post["value"]["text"], post["value"].get("embed", {})) for post in found]
    return [(text, [image["alt"] for image in embed.get("images", [])]) for text, embed in embeds]


def saying(words: str, **more: Any) -> Variant:
    return replace(variant(NETWORK, words), **more)


def published(street: Street, post: Variant, card: Page | None = None) -> dict[str, Any]:
    door = street.door(card)
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


@pytest.mark.parametrize(("format", "kind"), [("PNG", "png"), ("JPEG", "jpeg"), ("GIF", "png"), ("WEBP", "jpeg")])
def test_a_picture_comes_with_its_words_and_shape(street: Street, tmp_path: Path, format: str, kind: str) -> None:
    file = tmp_path / f"court.{format.lower()}"
    file.write_bytes(drawn(format=format))
    found = published(street, saying("Look", image=Image(file=str(file), alt="A court 🏛️")))
    assert found["embed"]["$type"] == "app.bsky.embed.images"
    (image,) = found["embed"]["images"]
    assert image["alt"] == "A court 🏛️" and image["aspectRatio"] == {"width": 30, "height": 20}
    assert image["image"]["mimeType"] == f"image/{kind}"
    assert size(street.pds.blob(street.owner, image["image"])) == (30, 20)


def test_a_picture_once_made_small_is_kept(street: Street, tmp_path: Path) -> None:
    street.answers["cache"] = str(tmp_path / "cache")
    image = contract.picture(tmp_path, size=(2400, 1200))
    (shown,) = published(street, saying("Look", image=image))["embed"]["images"]
    assert shown["aspectRatio"] == {"width": 2000, "height": 1000} and shown["image"]["size"] <= 1_000_000
    assert len(list((tmp_path / "cache").iterdir())) == 1


SIGN = variant(NETWORK, "Sign", link="https://example.org/sign")


@pytest.mark.parametrize("width", [30, 3000])
def test_a_link_gets_a_card(street: Street, width: int) -> None:
    page = Page(url=SIGN.link, title="Clean air", description="What we ask for", picture=drawn(width, 20))
    card = published(street, SIGN, page)["embed"]["external"]
    assert (card["uri"], card["title"], card["description"]) == (SIGN.link, "Clean air", "What we ask for")
    assert size(street.pds.blob(street.owner, card["thumb"]))[0] == min(width, 2000)


@pytest.mark.parametrize("picture", [b"", b"?", drawn(format="GIF")[:20]], ids=["none", "no picture", "a broken one"])
def test_a_card_goes_without_a_picture_that_cannot_be_used(street: Street, picture: bytes) -> None:
    card = published(street, SIGN, Page(url=SIGN.link, title="T", picture=picture))["embed"]["external"]
    assert card == {"uri": SIGN.link, "title": "T", "description": ""}


def test_a_page_that_cannot_be_fetched_stops_nothing(street: Street) -> None:
    assert "embed" not in published(street, SIGN)


def test_pages_are_fetched_unless_somebody_else_does_it(street: Street) -> None:
    assert connect(street.answers, street.memory).fetch_card is page


# --- never twice --------------------------------------------------------------------------------


def test_a_repeat_does_not_bring_back_what_the_owner_deleted(street: Street) -> None:
    door = street.door()
    payload = door.prepare(saying("Hello"), street.key, AT)
    receipt = door.publish(payload, street.key)
    street.pds.delete(street.owner, receipt.id)
    assert door.find(payload, street.key) is None
    with pytest.raises(Refused, match="deleted"):
        door.repeat(payload, street.key)
    assert street.pds.posts(street.owner) == []


@pytest.mark.parametrize(("way", "then"), [("publish", Uncertain), ("repeat", Refused), ("find", Refused)])
def test_other_words_never_overwrite(street: Street, way: str, then: type[NetworkError]) -> None:
    door = street.door()
    door.publish(door.prepare(saying("Hello"), street.key, AT), street.key)
    other = door.prepare(saying("Good-bye"), street.key, AT)
    with pytest.raises(then, match="other words"):
        getattr(door, way)(other, street.key)
    assert street.post()["text"] == "Hello"


def test_the_same_words_with_another_card_are_the_same_post(street: Street) -> None:
    door, later = (street.door(Page(url=SIGN.link, title=title)) for title in ("Before", "After"))
    receipt = door.publish(door.prepare(SIGN, street.key, AT), street.key)
    assert later.publish(later.prepare(SIGN, street.key, AT), street.key) == receipt
    assert street.post()["embed"]["external"]["title"] == "Before"


# --- what stands there --------------------------------------------------------------------------

LATER = AT + timedelta(days=1)


def said(street: Street, text: str, **more: Any) -> str:
    """Let the account's owner say this by hand; the id of the post."""
    record = {"$type": "app.bsky.feed.post", "text": text, "createdAt": "2026-12-01T15:00:00Z", **more}
    body: dict[str, object] = {"repo": street.owner.did, "collection": record["$type"], "record": record}
    return str(street.pds.post("com.atproto.repo.createRecord", body, street.owner.token)["uri"])


def test_what_we_said_is_told_with_its_whole_link_and_its_slots_instant(street: Street) -> None:
    post, door = variant(NETWORK, "Bus 🚍!", contract.HASHTAGS, LONG), street.door()
    receipt = door.publish(door.prepare(post, street.key, AT), street.key)
    assert door.recent("") == [Said(receipt=receipt, text=post.text, at=AT)]


def test_answers_to_others_are_none_of_our_posts(street: Street) -> None:
    first = said(street, "Hello")
    cid = street.pds.posts(street.owner)[0]["cid"]
    said(street, "And you?", reply={name: {"uri": first, "cid": cid} for name in ("root", "parent")})
    assert [post.text for post in street.door().recent("")] == ["Hello"]


def test_posts_are_told_the_newest_first_by_their_dates_and_not_their_names(street: Street) -> None:
    door, evening = street.door(), street.key.replace("09:00", "20:00")
    door.publish(door.prepare(saying("Said at 20:00 where it was 14:00 in Greenwich"), evening, AT), evening)
    last = said(street, "An hour later, under a name of today")
    assert [post.receipt.id for post in door.recent("")] == [
        last,
        f"at://{street.owner.did}/app.bsky.feed.post/{tid(evening)}",
    ]


def test_only_what_came_after_a_post_is_told(street: Street) -> None:
    at = [f"2026-03-01T15:0{minute}:00+00:00" for minute in range(3)]
    ids = [said(street, f"{minute}", createdAt=at[minute]) for minute in range(3)]
    same = said(street, "at the same moment", createdAt=at[1])
    found = [{post.receipt.id for post in street.door().recent(after)} for after in ids]
    assert found == [{ids[1], same, ids[2]}, {same, ids[2]}, set()]
    street.pds.delete(street.owner, ids[1])
    assert {post.receipt.id for post in street.door().recent(ids[1])} == {ids[0], same, ids[2]}


def test_a_post_that_somebody_dated_ahead_hides_no_other(street: Street) -> None:
    ahead = said(street, "From a machine whose clock is wrong", createdAt="2099-01-01T00:00:00Z")
    said(street, "Hello")
    assert [post.text for post in street.door().recent(ahead)] == ["Hello"]


def test_no_more_than_forty_posts_are_told(street: Street) -> None:
    for number in range(41):
        said(street, f"{number}", createdAt=f"2026-12-01T15:{number:02}:00Z")
    assert [post.text for post in street.door().recent("")] == [f"{number}" for number in range(40, 0, -1)]


# --- the session --------------------------------------------------------------------------------


def test_a_session_lasts_beyond_the_program(newcomer: Street) -> None:
    assert newcomer.door().whoami() == newcomer.owner.did
    newcomer.answers["password"] = "no longer needed"
    assert newcomer.door().whoami() == newcomer.owner.did


def test_a_token_that_is_over_is_renewed_without_a_sign_in(street: Street) -> None:
    street.door().whoami()
    street.expire("access")
    before = dict(street.memory)
    street.answers["password"] = "no longer needed"
    assert published(street, saying("Hello"))["text"] == "Hello"
    assert street.memory["session"] != before["session"]
    assert street.door().whoami() == street.owner.did


def test_a_token_that_ends_just_before_the_post_is_renewed(street: Street) -> None:
    payload = street.door().prepare(saying("Hello"), street.key, AT)
    street.expire("access")
    street.door().publish(payload, street.key)
    assert street.post()["text"] == "Hello"


@pytest.mark.parametrize(
    ("token", "after", "renewed"),
    [
        ("access", timedelta(minutes=5), True),
        ("access", timedelta(minutes=30), False),
        ("refresh", timedelta(days=1), True),
        ("refresh", timedelta(days=3), False),
    ],
    ids=lambda value: str(value),
)
def test_a_session_is_renewed_before_it_is_over(street: Street, token: str, after: timedelta, renewed: bool) -> None:
    street.end(after, token)
    before, door = street.session(), street.door()
    door.look()
    street.answers["password"] = "no longer needed"
    assert (street.session() != before) is renewed
    assert door.whoami() == street.owner.did


def test_a_renewal_that_fails_ahead_of_time_stops_nothing(street: Street) -> None:
    street.end(timedelta(minutes=5), "access")
    with running(Wire(street.pds.url)) as wire:
        wire.app.add("answer", method="POST", path="refreshSession$", status=503, times=None)
        street.answers["server"] = wire.url
        street.remember(of=f"{street.owner.handle} {wire.url}", home=wire.url)
        assert published(street, saying("Hello"))["text"] == "Hello"


def test_a_token_that_tells_no_end_is_used_until_it_is_refused(street: Street) -> None:
    street.remember(access="a.b.c", refresh=street.owner.refresh)
    door = street.door()
    assert (door.whoami(), door.whoami()) == (street.owner.did, street.owner.did)


class Full(dict[str, str]):
    """A memory that can keep nothing new."""

    def __setitem__(self, name: str, value: str) -> None:
        raise HandbillError("the disk is full")


def test_new_tokens_are_not_used_before_they_are_kept(street: Street) -> None:
    payload = street.door().prepare(saying("Hello"), street.key, AT)
    street.expire("access")
    with pytest.raises(HandbillError, match="the disk is full"):
        connect(street.answers, Full(street.memory)).publish(payload, street.key)
    assert street.pds.posts(street.owner) == []
    street.door().publish(payload, street.key)
    assert street.post()["text"] == "Hello"


def test_tokens_that_another_process_renewed_are_taken_without_a_sign_in(street: Street) -> None:
    class Shared(dict[str, str]):
        """A memory into which another process writes while we ask the server."""

        def get(self, name: str, otherwise: Any = None) -> Any:
            found = super().get(name, otherwise)
            self.update(session=newer)
            return found

    newer = street.memory["session"]
    street.expire("access", "refresh")
    street.answers["password"] = "no longer needed"
    assert connect(street.answers, Shared(street.memory)).whoami() == street.owner.did


def test_after_a_long_rest_it_signs_in_again(street: Street) -> None:
    street.door().whoami()
    street.expire("access", "refresh")
    assert street.door().whoami() == street.owner.did


@pytest.mark.parametrize("session", ["", "torn", "[]", '{"of": "somebody"}', "null"])
def test_a_session_that_cannot_be_used_is_made_anew(street: Street, session: str) -> None:
    street.memory["session"] = session
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
    with pytest.raises(SignedOut, match="not the address"):
        Door(answers, {})._home({"service": [{"id": "#atproto_pds", "serviceEndpoint": "not an address"}]})
    with pytest.raises(SignedOut, match="no server on the internet"):
        Door(answers, {})._home({"service": [{"id": "#atproto_pds", "serviceEndpoint": "http://127.0.0.1:8001"}]})
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


def test_too_many_sign_ins_wait_as_long_as_the_server_says() -> None:
    asked: dict[str, object] = {"identifier": "nobody.test", "password": "wrong"}
    with or_skip(), serving(rate_limits=True) as counting:
        with ThreadPoolExecutor(30) as hurry:
            tries = [hurry.submit(counting.post, "com.atproto.server.createSession", asked) for _ in range(30)]
        assert all(isinstance(one.exception(), Answered) for one in tries)
        with pytest.raises(TryLater, match="asks us to wait") as said:
            connect({"handle": "nobody.test", "password": "wrong", "server": counting.url}, {}).whoami()
    assert said.value.seconds is not None and 0 < said.value.seconds <= 300


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
        (501, "MethodNotImplemented", SignedOut, SignedOut),
        (500, "InternalServerError", Uncertain, TryLater),
        (502, "", Uncertain, TryLater),
        (503, "", Uncertain, TryLater),
        (504, "", Uncertain, TryLater),
    ],
)
def test_what_an_answer_means(status: int, name: str, of_post: type, of_rest: type) -> None:
    door, body = Door({"handle": "a.test", "password": "secret"}, {}), json.dumps({"error": name}).encode()
    post = Answer(status=status, host="a.test", headers={}, body=body)
    assert type(meaning(post, door, is_of_post=True)) is of_post
    assert type(meaning(replace(post, repeatable=True), door, is_of_post=False)) is of_rest


@pytest.mark.parametrize("server", ["not an address", "ftp://example.org", "https://", "https://a@b.test"])
def test_an_address_that_is_none_is_told(server: str) -> None:
    with pytest.raises(SignedOut, match="not the address"):
        connect({"handle": "a.test", "password": "secret", "server": server}, {})


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
    door = street.door()
    door.whoami()
    payload = door.prepare(saying("Hello"), street.key, AT)
    street.pds.post("com.atproto.server.deactivateAccount", {}, street.owner.token)
    for call in (street.door().whoami, lambda: door.publish(payload, street.key), lambda: door.recent("")):
        with pytest.raises(SignedOut, match="closed or blocked"):
            call()


def test_a_label_that_is_there_is_not_set_again(street: Street) -> None:
    street.door().label()
    head = street.pds.head(street.owner)
    street.door().label()
    assert street.pds.head(street.owner) == head
