"""Bluesky: a share link, what its official library would link, and publishing through any of its servers."""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import regex

from bot.core.links import SPACE, composer_links, is_domain, short_link
from bot.core.measure import fits, measure, tidy, without_overlaps
from bot.core.network import Answers, Counting, Entity, Field, Memory, Network, Payload, Pictures, Said, Standing
from bot.core.post import Image, Receipt, Variant
from bot.core.problem import NetworkError, Refused, SignedOut, TryLater, Uncertain
from bot.fetch import Page, page
from bot.http import Answer, address, as_object, as_objects, carry, error_for, instant
from bot.media import Prepared, of_post, prepared_bytes


def share(variant: Variant, answers: Answers) -> str:
    # <https://docs.bsky.app/docs/advanced-guides/intent-links>
    return "https://bsky.app/intent/compose?text=" + quote(variant.text, safe="")


# <https://github.com/bluesky-social/atproto/tree/main/packages/api/src/rich-text>
OPEN = rf"(?<![^{SPACE}(])"
MENTION = regex.compile(rf"{OPEN}@([A-Za-z0-9.-]+)\b", regex.ASCII)
NOT_IN_TAG = rf"{SPACE}\xad\u2060\u200a-\u200d\u20e2"
HASHTAG = regex.compile(rf"(?<![^{SPACE}])[#＃](?!\ufe0f)([^{NOT_IN_TAG}]++)")
NAMING = regex.compile(r"[^0-9\p{P}]")
ENDING = regex.compile(r"\p{P}++\Z")
CASHTAG = regex.compile(rf"{OPEN}\$[A-Za-z][A-Za-z0-9]{{0,4}}+(?![^{SPACE}.,;:!?)\"'’])")
# <https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/richtext/facet.json>
LONGEST_TAG = Counting(limit=64, unit="graphemes")


def entities(text: str) -> list[Entity]:
    """The links, hashtags, mentions and cashtags of a text; whether a mention exists is not known here.

    What a link is glued into, as in "#a(https://example.org", is no hashtag, so that a link is always one.
    """
    links = list(_links(text))
    starts = {link.start for link in links}
    hashtags = [tag for tag in _hashtags(text) if starts.isdisjoint(range(tag.start, tag.end))]
    return without_overlaps([*_mentions(text), *links, *hashtags, *_cashtags(text)])


def _mentions(text: str) -> Iterator[Entity]:
    for match in MENTION.finditer(text):
        if is_domain(match[1]) or match[1].endswith(".test"):
            yield Entity(kind="mention", text=match[0], start=match.start(), end=match.end())


def _links(text: str) -> Iterator[Entity]:
    for start, end in composer_links(text):
        yield Entity(kind="link", text=text[start:end], start=start, end=end)


def _hashtags(text: str) -> Iterator[Entity]:
    for match in HASHTAG.finditer(text):
        if not NAMING.search(match[1]):
            continue
        tag, start = match[0][0] + ENDING.sub("", match[1]), match.start()
        if (measure(tag[1:], LONGEST_TAG) or 0) <= LONGEST_TAG.limit and len(tag) > 1:
            yield Entity(kind="hashtag", text=tag, start=start, end=start + len(tag))


def _cashtags(text: str) -> Iterator[Entity]:
    for match in CASHTAG.finditer(text):
        yield Entity(kind="cashtag", text=match[0], start=match.start(), end=match.end())


# <https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/post.json>
COUNTING = Counting(limit=300, unit="graphemes", link="shortened", bytes=3000)
AS_SHOWN = replace(COUNTING, link="full")


# --- the record of a post -----------------------------------------------------------------------

POST, PROFILE, REPO = "app.bsky.feed.post", "app.bsky.actor.profile", "com.atproto.repo"
SCHEME = re.compile("https?://", re.IGNORECASE)
# <https://github.com/bluesky-social/atproto/blob/main/packages/syntax/src/uri.ts>
URI = re.compile(r"\w+:(?://)?[^\s/]\S*", re.ASCII)
# <https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/richtext/facet.json>
LONGEST_TAG_BYTES = 640
# <https://atproto.com/specs/tid>
TID_LETTERS = "234567abcdefghijklmnopqrstuvwxyz"


def rich_text(text: str) -> tuple[str, list[dict[str, Any]]]:
    """The text with its links as they are shown, and its facets: what is to tap, in UTF-8 bytes.

    A mention stays plain text: it would notify somebody, and a machine notifies nobody.
    <https://docs.bsky.app/docs/advanced-guides/post-richtext>, <https://docs.bsky.app/docs/starter-templates/bots>
    """
    shown, facets, after = "", list[dict[str, Any]](), 0
    for entity in entities(text):
        shown += text[after : entity.start]
        words = short_link(entity.text) if entity.kind == "link" else entity.text
        feature, start = _feature(entity), len(shown.encode())
        if feature:
            index = {"byteStart": start, "byteEnd": start + len(words.encode())}
            facets.append({"index": index, "features": [feature]})
        shown, after = shown + words, entity.end
    return shown + text[after:], facets


def _feature(entity: Entity) -> dict[str, str] | None:
    if entity.kind == "link":
        uri = entity.text if SCHEME.match(entity.text) else "https://" + entity.text
        return {"$type": "app.bsky.richtext.facet#link", "uri": uri} if URI.fullmatch(uri) else None
    # The official library writes a cashtag as a tag with its "$", in capitals.
    tag = entity.text.upper() if entity.kind == "cashtag" else entity.text[1:]
    if entity.kind == "mention" or len(tag.encode()) > LONGEST_TAG_BYTES:
        return None
    return {"$type": "app.bsky.richtext.facet#tag", "tag": tag}


def as_sent(text: str, facets: object) -> str:
    """The text of a post with each link whole that is shown shortened; facets that make no sense are passed over.

    Whether a short link had a scheme nobody can tell: it gets one.
    """
    data, sent, after = text.encode(errors="surrogatepass"), "", 0
    for start, end, uri in sorted(filter(None, map(_link_of, facets if isinstance(facets, list) else []))):
        if after <= start < end and data[start:end] == short_link(uri).encode(errors="surrogatepass"):
            sent += data[after:start].decode(errors="surrogatepass") + uri
            after = end
    return sent + data[after:].decode(errors="surrogatepass")


def _link_of(facet: object) -> tuple[int, int, str] | None:
    match facet:
        case {"index": {"byteStart": int(start), "byteEnd": int(end)}, "features": [{"uri": str(uri)}, *_]}:
            return start, end, uri
    return None


def are_sound(facets: list[dict[str, Any]], text: str) -> bool:
    """Whether facets are in order, apart, inside the text and between its characters; no server checks it."""
    borders, at = {0}, 0
    for letter in text:
        at += len(letter.encode())
        borders.add(at)
    marks = [facet["index"][side] for facet in facets for side in ("byteStart", "byteEnd")]
    apart = all(one["index"]["byteStart"] < one["index"]["byteEnd"] for one in facets)
    return apart and marks == sorted(marks) and borders.issuperset(marks)


def moment(key: str) -> datetime:
    """The wall clock that a delivery's key names, as if it were UTC: for a name only, a key tells no zone."""
    _, day, clock = key.rsplit("/", 2)
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC)


def tid(key: str) -> str:
    """The name of the post in its account, the same for a key at every try and on every machine.

    <https://atproto.com/specs/tid>: microseconds and a clock's number. Those within the minute, and the clock's
    number, come from the key's hash, so that two posts of one minute differ.
    """
    chance = int.from_bytes(sha256(key.encode()).digest()[:8])
    microseconds = int(moment(key).timestamp()) * 1_000_000 + (chance >> 10) % 60_000_000
    number = microseconds << 10 | chance & 0x3FF
    return "".join(TID_LETTERS[number >> shift & 31] for shift in range(60, -1, -5))


# --- calls to the server ------------------------------------------------------------------------

# Where every account that Bluesky hosts signs in: <https://docs.bsky.app/docs/advanced-guides/entryway>.
ENTRYWAY = "https://bsky.social"
PASSWORDS = "https://bsky.app/settings/app-passwords"
# A session is renewed before its access token, or the token that renews it, is over: a look comes once a day.
AHEAD, AHEAD_OF_REFRESH = timedelta(minutes=10), timedelta(days=2)
# <https://docs.bsky.app/docs/api/com-atproto-server-refresh-session>, and the errors of
# <https://github.com/bluesky-social/atproto/blob/main/packages/pds/src/auth-verifier.ts>
STALE = {"ExpiredToken", "InvalidToken", "AuthMissing", "AuthenticationRequired"}
CLOSED = {
    "AccountTakedown", "AccountSuspended", "AccountDeactivated",
    "RepoTakendown", "RepoSuspended", "RepoDeactivated",
}  # fmt: skip
# What a server says of a closed account to whoever asks for its posts, with a name that says nothing:
# <https://github.com/bluesky-social/atproto/blob/main/packages/pds/src/api/com/atproto/repo/listRecords.ts>
GONE = "Could not find repo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a server gave for a sign-in: whose account, its tokens, and its home, the server that holds it."""

    of: str
    did: str
    home: str
    access: str = field(repr=False)
    refresh: str = field(repr=False)


class Door:
    """Calls to an account's server; signs in when it must, and else goes on with the session in `memory`.

    Only 300 sign-ins a day are free: <https://docs.bsky.app/docs/advanced-guides/rate-limits>.
    The library words the calls, `bot.http` carries them. `host` is where people sign in: Bluesky's
    entryway hands over to another server.
    """

    def __init__(self, answers: Answers, memory: Memory) -> None:
        # Copied from a web page, a handle often comes with signs that nobody sees.
        self._handle = "".join(filter(str.isprintable, answers["handle"])).strip().removeprefix("@")
        self._password = answers["password"].strip()
        self._server = address(answers.get("server") or ENTRYWAY, ENTRYWAY)
        self.account = answers.get("account", self._handle)
        self.host = urlsplit(self._server).netloc
        self._memory = memory
        self._came: list[Answer] = []
        self._now: datetime | None = None  # by the server's clock, at its last answer
        self._client: Any = None  # The library has no types.

    def did(self) -> str:
        """The account's lasting id, as its session says."""
        return self._session().did

    def ask(self, method: str, **query: str) -> Answer:
        """Read something."""
        return self._call("query", f"{method}?{urlencode(query)}")

    def tell(self, method: str, body: Mapping[str, object], *, is_public: bool = False) -> Answer:
        """Change something; `is_public`: where the answer is lost, it may have been posted.

        JSON of our own, for the library leaves out what is None, and a swapRecord left out overwrites.
        """
        return self._call("procedure", method, **_as_json(body), extensions={"is_public": is_public})

    def upload(self, picture: Prepared) -> dict[str, Any]:
        """Lay a picture ready; raises Refused and the others."""
        given = {"content": picture.bytes, "input_encoding": picture.mime}
        answer = self._call("procedure", f"{REPO}.uploadBlob", **given)
        return dict(self.check(answer, "blob", is_of_post=True)["blob"])

    def check(self, answer: Answer, *needed: str, is_of_post: bool = False) -> Mapping[str, Any]:
        """What a good answer holds, all that is `needed` among it; raises what another one means."""
        if not 200 <= answer.status < 300:
            raise meaning(answer, self, is_of_post=is_of_post)
        body = answer.object()
        if not all(name in body for name in needed):
            raise unclear(answer)
        return body

    def _call(self, kind: str, method: str, **given: Any) -> Answer:
        session = self._session()
        if self._now and _is_ending(session, self._now):
            with suppress(TryLater):  # the old one holds for a while, or else the server says so
                session = self._renewed(session)
        answer = self._once(kind, method, session.home, session.access, **given)
        if name_of(answer) not in STALE:
            return answer
        session = self._renewed(session)
        return self._once(kind, method, session.home, session.access, **given)

    def _once(self, kind: str, method: str, home: str, token: str = "", **given: Any) -> Answer:
        """Let the library make one request. The answer itself is judged, never what the library makes of it."""
        if self._client is None:
            self._client = _client(self._came)
        from atproto.exceptions import AtProtocolError

        self._client.update_base_url(home)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with suppress(AtProtocolError, ValueError):
            # Without the library's own check of the session: it would hide a second call in this one.
            getattr(self._client, f"invoke_{kind}")(method, headers=headers, ignore_session_check=True, **given)
        answer = self._came.pop()
        self._now = answer.date() or self._now
        return answer

    def _session(self) -> Session:
        return self._remembered() or self._sign_in()

    def _remembered(self) -> Session | None:
        """The session in memory, if it is of this account."""
        try:
            session = Session(**json.loads(self._memory.get("session", "")))
        except (ValueError, TypeError):
            return None
        return session if session.of == f"{self._handle} {self._server}" else None

    def _sign_in(self) -> Session:
        body = {"identifier": self._handle, "password": self._password}
        answer = self._once("procedure", "com.atproto.server.createSession", self._server, **_as_json(body))
        return self._keep(answer, self._home(answer.object().get("didDoc")))

    def _renewed(self, old: Session) -> Session:
        """Get new tokens for the old, kept before anything is done with them; where the old are over, sign in again."""
        answer = self._once("procedure", "com.atproto.server.refreshSession", old.home, old.refresh)
        if name_of(answer) not in STALE:
            return self._keep(answer, old.home)
        kept = self._remembered()  # another process of ours may have been quicker
        return kept if kept and kept != old else self._sign_in()

    def _keep(self, answer: Answer, home: str) -> Session:
        """Remember a new session."""
        body = self.check(answer, "did", "accessJwt", "refreshJwt")
        tokens = {"access": str(body["accessJwt"]), "refresh": str(body["refreshJwt"])}
        if not "".join(tokens.values()).isascii():  # no header can hold them
            raise unclear(answer)
        session = Session(of=f"{self._handle} {self._server}", did=str(body["did"]), home=home, **tokens)
        self._memory["session"] = json.dumps(asdict(session))
        return session

    def _home(self, document: object) -> str:
        """The server that holds the account: Bluesky's entryway tells it, any other is it.

        <https://atproto.com/specs/did>
        """
        if self._server != ENTRYWAY:
            return self._server
        services = as_objects(as_object(document).get("service"))
        homes = [one.get("serviceEndpoint") for one in services if str(one.get("id", "")).endswith("#atproto_pds")]
        home = address(str(next(filter(None, homes), self._server)), ENTRYWAY)
        if home.startswith("https://"):
            return home
        # Whoever writes the account's document must not lead us to a server on this machine.
        raise SignedOut(f"Bluesky says that the account is on {home}, which is no server on the internet")


def _is_ending(session: Session, now: datetime) -> bool:
    """Whether a token of the session will soon be over, where it can be read."""
    ends = ((_end(session.access), AHEAD), (_end(session.refresh), AHEAD_OF_REFRESH))
    return any(end is not None and end - ahead < now for end, ahead in ends)


def _end(token: str) -> datetime | None:
    """When a token is over: <https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4>."""
    try:
        claims = json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))
        return datetime.fromtimestamp(claims["exp"], UTC)
    except (ValueError, LookupError, TypeError, OverflowError, OSError):
        return None


def _as_json(body: Mapping[str, object]) -> dict[str, Any]:
    return {"content": json.dumps(body).encode(), "input_encoding": "application/json"}


def _client(came: list[Answer]) -> Any:
    """The library's client, whose requests `bot.http` carries, and which lays the answers into `came`."""
    import httpx
    from atproto import Client, Request

    class Carrier(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            answer = carry(request, repeatable=not request.extensions.get("is_public"))
            came.append(answer)
            # Without headers, so that the library follows to no other server.
            return httpx.Response(answer.status, content=answer.body)

    return Client(request=Request(transport=Carrier()))


# --- what an answer means -----------------------------------------------------------------------


def name_of(answer: Answer) -> str:
    """The name of the error in an answer: <https://atproto.com/specs/xrpc#error-responses>."""
    return "" if 200 <= answer.status < 300 else str(answer.object().get("error", ""))


def meaning(answer: Answer, door: Door, *, is_of_post: bool) -> NetworkError:
    """Which of the four errors an answer is that says no."""
    says = str(answer.object().get("message", ""))
    usual = error_for(answer.status, says, answer.headers, who=answer.host, repeatable=answer.repeatable)
    known = _special(answer, door, is_of_post=is_of_post)
    if known is None:
        return usual
    known.__cause__ = usual.__cause__
    return known


def _special(answer: Answer, door: Door, *, is_of_post: bool) -> NetworkError | None:
    """The error for an answer that means something of its own here."""
    name, status = name_of(answer), answer.status
    if status in {408, 425, 429} or (status >= 500 and status != 501):
        return None
    if name in CLOSED or GONE in str(answer.object().get("message", "")):
        return closed(door)
    if name == "AuthFactorTokenRequired":
        return SignedOut(f"{door.host} asks for a code by mail. Use an app password instead: {PASSWORDS}")
    if name in STALE or status == 401:
        return SignedOut(
            f'{door.host} does not accept the handle and app password of "{door.account}". '
            f"Make an app password at {PASSWORDS} and run: handbill account connect {door.account}"
        )
    if status == 413 or (is_of_post and status not in {403, 501}):
        return None
    if status == 403:
        return SignedOut(f'{door.host} does not let "{door.account}" do this. Sign in there to see why.')
    return SignedOut(f"{door.host} does not answer as a Bluesky server. Check the address of the server.")


def unclear(answer: Answer) -> NetworkError:
    """The error for an answer that says yes, but not what it must."""
    return error_for(answer.status, who=answer.host, repeatable=answer.repeatable)


def closed(door: Door) -> SignedOut:
    """The account is there, but may not speak."""
    return SignedOut(f'the account "{door.account}" is closed or blocked. Sign in at {door.host} to see why.')


# --- the publisher ------------------------------------------------------------------------------


# Its app makes pictures so: <https://github.com/bluesky-social/social-app/blob/main/src/lib/constants.ts>.
PICTURES = Pictures(bytes=1_000_000, width=2000, height=2000, alt=2000)
FetchCard = Callable[[str], Page | None]
"""Gives the card of the page at an address; None if it cannot be had. It never raises."""


@dataclass(frozen=True, slots=True)
class Account:
    """An open door to one account. Its posts bear names made of their keys, so none is ever said twice.

    <https://github.com/bluesky-social/atproto/blob/main/lexicons/com/atproto/repo/putRecord.json>
    """

    door: Door = field(repr=False)
    cache: str = ""
    fetch_card: FetchCard = page

    def whoami(self) -> str:
        """The account's DID, which stays when its handle changes."""
        return str(self._own_session()["did"])

    def _own_session(self) -> Mapping[str, Any]:
        body = self.door.check(self.door.ask("com.atproto.server.getSession"), "did")
        if body.get("active") is False:
            raise closed(self.door)
        return body

    def look(self) -> Standing:
        """How the account stands: its handle now, and whether it says that it is automated.

        A session that ends within two days is renewed on the way.
        """
        body = self._own_session()
        handle = str(body.get("handle", ""))
        return Standing(handle=handle, url=f"https://bsky.app/profile/{body['did']}", labelled=self.is_labelled())

    def prepare(self, variant: Variant, key: str, at: datetime) -> Payload:
        """The whole record with its pictures laid ready, and the account's state before; `at` is the slot's instant."""
        record = self._record(variant, at)
        did = self.door.did()
        head = self.door.check(self.door.ask("com.atproto.sync.getLatestCommit", did=did), "cid")["cid"]
        return {"repo": did, "rkey": tid(key), "head": head, "record": record}

    def publish(self, payload: Payload, key: str) -> Receipt:
        """Post it, unless it is there. What is there is never overwritten."""
        return self._put(payload, key, {})

    def repeat(self, payload: Payload, key: str) -> Receipt:
        """Post it if an earlier try surely did not: not if it is there, nor if anything changed in the account since.

        So a post that its owner deleted meanwhile stays deleted: raises Refused, for no other repeat could bring
        it back either.
        """
        return self._put(payload, key, {"swapCommit": payload["head"]})

    def find(self, payload: Payload, key: str) -> Receipt | None:
        """The post of this key, if it stands there.

        Raises Refused if other words stand in its place: another look would tell no more.
        """
        found = self._read(POST, tid(key))
        if found is None:
            return None
        receipt = self._receipt(key)
        if payload and found["value"].get("text") != payload["record"]["text"]:
            raise Refused(f"other words stand in the place of this post: {receipt.url}")
        return receipt

    def recent(self, after: str) -> list[Said]:
        """The account's own posts since the one with this id, the newest first, at most 40.

        All, if that one is gone, or dated ahead. By their dates: the names of ours tell a wall clock,
        so that the server's order is another.
        <https://docs.bsky.app/docs/api/com-atproto-repo-list-records>
        """
        found = self.door.ask(f"{REPO}.listRecords", repo=self.door.did(), collection=POST, limit="100")
        told = sorted(filter(None, map(_said, as_objects(self.door.check(found, "records")["records"]))), key=_at)
        today = found.date() or OLDEST
        since = next((one.at for one in told if one.receipt.id == after and one.at <= today), OLDEST)
        return [one for one in reversed(told) if one.at >= since and one.receipt.id != after][:40]

    def delete(self, receipt: Receipt) -> None:
        """Take a post away; one that is already gone is no error."""
        rkey = receipt.id.rpartition("/")[2]
        body = {"repo": self.door.did(), "collection": POST, "rkey": rkey}
        self.door.check(self.door.tell(f"{REPO}.deleteRecord", body))

    def is_labelled(self) -> bool:
        """Whether the account says of itself that it is automated.

        <https://docs.bsky.app/docs/starter-templates/bots>
        """
        return _says_bot((self._read(PROFILE, "self") or {}).get("value", {}))

    def label(self) -> None:
        """Let the account say that it is automated; all else in its profile stays."""
        found = self._read(PROFILE, "self") or {"value": {}, "cid": None}
        profile = found["value"]
        if _says_bot(profile):
            return
        values = [*_labels(profile), {"val": "bot"}]
        labels = {"$type": "com.atproto.label.defs#selfLabels", "values": values}
        record = {**profile, "$type": PROFILE, "labels": labels}
        body = {"repo": self.door.did(), "collection": PROFILE, "rkey": "self", "record": record}
        answer = self.door.tell(f"{REPO}.putRecord", {**body, "swapRecord": found["cid"]})
        if name_of(answer) == "InvalidSwap":
            raise TryLater("the profile was changed at the same moment", 5)
        self.door.check(answer)

    def _record(self, variant: Variant, at: datetime) -> dict[str, Any]:
        text, facets = rich_text(_whole(tidy(variant.text)))
        if not fits(text, AS_SHOWN):
            raise Refused(f"the text is {measure(text, AS_SHOWN)} characters long, Bluesky takes {COUNTING.limit}")
        if not are_sound(facets, text):
            raise Refused("the links and hashtags of this text cannot be told apart")
        made = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        record = {"$type": POST, "text": text, "langs": [variant.language], "createdAt": made}
        more = {"facets": facets, "embed": self._embed(variant)}
        return record | {name: value for name, value in more.items() if value}

    def _embed(self, variant: Variant) -> dict[str, Any] | None:
        """The picture, else the link's card: a post has room for one of them."""
        if variant.image:
            return self._image(variant.image)
        card = self.fetch_card(variant.link) if variant.link else None
        return self._card(variant.link, card) if card else None

    def _image(self, image: Image) -> dict[str, Any]:
        picture = of_post(image, PICTURES, "Bluesky", self.cache)
        ratio = {"width": picture.width, "height": picture.height}
        shown = {"alt": image.alt, "image": self.door.upload(picture), "aspectRatio": ratio}
        return {"$type": "app.bsky.embed.images", "images": [shown]}

    def _card(self, link: str, card: Page) -> dict[str, Any]:
        external: dict[str, Any] = {"uri": link, "title": card.title, "description": card.description}
        if card.picture:
            with suppress(Refused):  # a picture of others that cannot be used is no reason to be silent
                external["thumb"] = self._thumb(card.picture)
        return {"$type": "app.bsky.embed.external", "external": external}

    def _thumb(self, content: bytes) -> dict[str, Any]:
        """A card's picture: <https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/embed/external.json>."""
        cache = Path(self.cache) if self.cache else None
        return self.door.upload(prepared_bytes(content, "of the page", PICTURES, cache))

    def _put(self, payload: Payload, key: str, guard: Mapping[str, object]) -> Receipt:
        body = {"repo": payload["repo"], "collection": POST, "rkey": payload["rkey"], "record": payload["record"]}
        answer = self.door.tell(f"{REPO}.putRecord", {**body, "swapRecord": None, **guard}, is_public=True)
        if name_of(answer) == "InvalidSwap":
            return self._there(payload, key, Refused if "swapCommit" in guard else Uncertain)
        self.door.check(answer, "uri", is_of_post=True)
        return self._receipt(key)

    def _there(self, payload: Payload, key: str, otherwise: type[Refused | Uncertain]) -> Receipt:
        """What is in the way of a post: the same words, with another card perhaps; `otherwise` if it is gone."""
        try:
            found = self.find(payload, key)
        except Refused as others:
            raise otherwise(str(others)) from others
        if found:
            return found
        raise otherwise(
            "the account changed since the first try, and the post is not there: "
            "perhaps somebody deleted it. Look at the account."
        )

    def _receipt(self, key: str) -> Receipt:
        return _receipt(self.door.did(), tid(key))

    def _read(self, collection: str, rkey: str) -> Mapping[str, Any] | None:
        did = self.door.did()
        answer = self.door.ask(f"{REPO}.getRecord", repo=did, collection=collection, rkey=rkey)
        if name_of(answer) == "RecordNotFound":
            return None
        found = self.door.check(answer, "value", "cid")
        if not isinstance(found["value"], dict):
            raise unclear(answer)
        return found


def _receipt(did: str, rkey: str) -> Receipt:
    return Receipt(id=f"at://{did}/{POST}/{rkey}", url=f"https://bsky.app/profile/{did}/post/{rkey}")


# <https://atproto.com/specs/at-uri-scheme>
AT_URI = re.compile(rf"at://([^/]+)/{re.escape(POST)}/([^/]+)")
OLDEST = datetime(1970, 1, 1, tzinfo=UTC)
"""A date that nobody can read is of no use for an order."""


def _said(record: Mapping[str, Any]) -> Said | None:
    """A post that is no answer to another; None for any other record."""
    value, uri = as_object(record.get("value")), AT_URI.fullmatch(str(record.get("uri")))
    if not uri or "text" not in value or "reply" in value:
        return None
    text = as_sent(str(value["text"]), value.get("facets"))
    return Said(receipt=_receipt(uri[1], uri[2]), text=text, at=instant(value.get("createdAt")) or OLDEST)


def _at(said: Said) -> datetime:
    return said.at


def _whole(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Refused("the text holds half of a character. Type that place anew.") from error
    return text


def _says_bot(profile: Mapping[str, Any]) -> bool:
    return {"val": "bot"} in _labels(profile)


def _labels(profile: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return as_objects(as_object(profile.get("labels")).get("values"))


def connect(answers: Answers, memory: Memory, *, fetch_card: FetchCard = page) -> Account:
    """A door to the account in `answers`; nothing is asked of its server before the first call."""
    return Account(Door(answers, memory), answers.get("cache", ""), fetch_card)


NETWORK = Network(
    name="bluesky",
    label="Bluesky",
    counting=COUNTING,
    share=share,
    hashtags=3,
    entities=entities,
    mention_rule="https://docs.bsky.app/docs/support/developer-guidelines",
    connect=connect,
    client="atproto",
    pictures=PICTURES,
    fields=(
        Field(name="handle", help="the account's handle", example="town.example.org"),
        Field(name="password", help=f"an app password, from {PASSWORDS}", secret=True),
        Field(
            name="server",
            help="the account's server, if Bluesky does not host it",
            example="https://pds.example.org",
            default=ENTRYWAY,
            required=False,
        ),
    ),
)
