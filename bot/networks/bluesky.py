"""Bluesky: a share link, what its official library would link, and publishing through any of its servers."""

import builtins
import json
import re
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

import regex

from bot.core.links import SPACE, link_without_punctuation, shorten
from bot.core.measure import fits, measure, tidy, without_overlaps
from bot.core.network import Answers, Counting, Entity, Field, Memory, Network, Payload, Pictures, Standing
from bot.core.post import Image, Receipt, Variant
from bot.core.problem import NetworkError, Refused, SignedOut, TryLater, Uncertain
from bot.core.tlds import TLDS


def share(variant: Variant, answers: Answers) -> str:
    # <https://docs.bsky.app/docs/advanced-guides/intent-links>
    return "https://bsky.app/intent/compose?text=" + quote(variant.text, safe="")


# <https://github.com/bluesky-social/atproto/tree/main/packages/api/src/rich-text>
OPEN = rf"(?<![^{SPACE}(])"
MENTION = regex.compile(rf"{OPEN}@([A-Za-z0-9.-]+)\b", regex.ASCII)
LINK = regex.compile(rf"{OPEN}(?:(https?://)[^{SPACE}]+|([a-z][a-z0-9]*+(?:\.[a-z0-9]++)++)[^{SPACE}]*+)", regex.I)
NOT_IN_TAG = rf"{SPACE}\xad\u2060\u200a-\u200d\u20e2"
HASHTAG = regex.compile(rf"(?<![^{SPACE}])[#＃](?!\ufe0f)([^{NOT_IN_TAG}]++)")
NAMING = regex.compile(r"[^0-9\p{P}]")
ENDING = regex.compile(r"\p{P}++\Z")
CASHTAG = regex.compile(rf"{OPEN}\$[A-Za-z][A-Za-z0-9]{{0,4}}+(?![^{SPACE}.,;:!?)\"'’])")
# <https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/richtext/facet.json>
LONGEST_TAG = Counting(limit=64, unit="graphemes")


def entities(text: str) -> list[Entity]:
    """The links, hashtags, mentions and cashtags of a text; whether a mention exists is not known here."""
    return without_overlaps([*_mentions(text), *_links(text), *_hashtags(text), *_cashtags(text)])


def _mentions(text: str) -> Iterator[Entity]:
    for match in MENTION.finditer(text):
        if _is_domain(match[1]) or match[1].endswith(".test"):
            yield Entity(kind="mention", text=match[0], start=match.start(), end=match.end())


def _links(text: str) -> Iterator[Entity]:
    for match in LINK.finditer(text):
        # As in the library, "HTTPS://" in capitals is none.
        if match[0].startswith("http") if match[1] else _is_domain(match[2]):
            link, start = link_without_punctuation(match[0]), match.start()
            yield Entity(kind="link", text=link, start=start, end=start + len(link))


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


def _is_domain(name: str) -> bool:
    before, _, ending = name.rpartition(".")
    return bool(before) and ending in TLDS


# <https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/post.json>
COUNTING = Counting(limit=300, unit="graphemes", link="shortened", bytes=3000)


# --- the record of a post -----------------------------------------------------------------------

POST, PROFILE = "app.bsky.feed.post", "app.bsky.actor.profile"
RUN, SCHEME = re.compile(f"[^{SPACE}]+"), re.compile("https?://", re.IGNORECASE)
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
        words, feature, start = _shown(text, entity), _feature(entity), len(shown.encode())
        if feature:
            index = {"byteStart": start, "byteEnd": start + len(words.encode())}
            facets.append({"index": index, "features": [feature]})
        shown, after = shown + words, entity.end
    return shown + text[after:], facets


def _shown(text: str, entity: Entity) -> str:
    """An entity as it will stand in the text: a link without its scheme, and not too long."""
    run = RUN.match(text, entity.start)
    if entity.kind != "link" or not SCHEME.match(entity.text) or not run:
        return entity.text
    # What follows the link up to the next space decides where it ends, and stays as it is.
    rest = len(run[0]) - len(entity.text)
    return shorten(run[0])[: -rest or None]


def _feature(entity: Entity) -> dict[str, str] | None:
    if entity.kind == "link":
        uri = entity.text if SCHEME.match(entity.text) else "https://" + entity.text
        return {"$type": "app.bsky.richtext.facet#link", "uri": uri} if URI.fullmatch(uri) else None
    # The official library writes a cashtag as a tag with its "$", in capitals.
    tag = entity.text.upper() if entity.kind == "cashtag" else entity.text[1:]
    if entity.kind == "mention" or len(tag.encode()) > LONGEST_TAG_BYTES:
        return None
    return {"$type": "app.bsky.richtext.facet#tag", "tag": tag}


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


# --- pictures and cards -------------------------------------------------------------------------

# <https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/embed/images.json>
LARGEST_IMAGE = 2_000_000
# <https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/embed/external.json>
LARGEST_THUMB = 1_000_000


class Picture(Protocol):
    """A picture ready to be sent."""

    @property
    def bytes(self) -> builtins.bytes:
        """The whole file."""

    @property
    def mime(self) -> str:
        """Its kind, as "image/png"."""

    @property
    def width(self) -> int:
        """In pixels."""

    @property
    def height(self) -> int:
        """In pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AsItIs:
    """A picture that nobody changed."""

    bytes: builtins.bytes = field(repr=False)
    mime: str
    width: int
    height: int


class Card(Protocol):
    """What a page says of itself; each may be empty."""

    @property
    def title(self) -> str:
        """Its title."""

    @property
    def description(self) -> str:
        """What it is about."""

    @property
    def picture(self) -> bytes:
        """The file of its picture."""


FetchCard = Callable[[str], Card | None]
"""Gives the card of the page at an address; None if it cannot be had. It never raises."""

ReadPicture = Callable[[Image], Picture]
"""Gives a post's picture as it will be sent; raises Refused."""


def read_picture(image: Image) -> Picture:
    """The picture as it lies there; raises Refused if there is none."""
    try:
        data = Path(image.file).read_bytes()
    except OSError as error:
        raise Refused(f"cannot read the picture {image.file} ({error.strerror})") from error
    picture = looked_at(data)
    if picture is None:
        raise Refused(f"{Path(image.file).name} is not a picture that Bluesky shows. Save it as PNG or JPEG.")
    return picture


def looked_at(data: bytes) -> Picture | None:
    """The bytes of a picture with its kind and size; None if they are none."""
    import PIL.Image

    try:
        with PIL.Image.open(BytesIO(data)) as image:
            mime = image.get_format_mimetype() or "application/octet-stream"
            return AsItIs(bytes=data, mime=mime, width=image.width, height=image.height)
    except (OSError, ValueError, SyntaxError, PIL.Image.DecompressionBombError):
        return None


# --- calls to the server ------------------------------------------------------------------------

# Where every account that Bluesky hosts signs in: <https://docs.bsky.app/docs/advanced-guides/entryway>.
ENTRYWAY = "https://bsky.social"
PASSWORDS = "https://bsky.app/settings/app-passwords"
TIMEOUT = 15.0
# <https://docs.bsky.app/docs/api/com-atproto-server-refresh-session>, and the errors of
# <https://github.com/bluesky-social/atproto/blob/main/packages/pds/src/auth-verifier.ts>
STALE = {"ExpiredToken", "InvalidToken", "AuthMissing", "AuthenticationRequired"}
CLOSED = {
    "AccountTakedown", "AccountSuspended", "AccountDeactivated",
    "RepoTakendown", "RepoSuspended", "RepoDeactivated",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the server answered: `name` is that of its error, `cause` what the library made of it."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    name: str = ""
    said: str = ""
    cause: Exception | None = None


class Door:
    """Calls to an account's server; signs in when it must, and else goes on with the session in `memory`.

    Only 300 sign-ins a day are free: <https://docs.bsky.app/docs/advanced-guides/rate-limits>.
    `host` is where people sign in, `asked` the server that answers: Bluesky's entryway hands over to another.
    """

    def __init__(self, answers: Answers, memory: Memory) -> None:
        # Copied from a web page, a handle often comes with signs that nobody sees.
        self._handle = "".join(filter(str.isprintable, answers["handle"])).strip().removeprefix("@")
        self._password = answers["password"].strip()
        self._server = _server(answers.get("server") or ENTRYWAY)
        self.account = answers.get("account", self._handle)
        self.host = self.asked = urlsplit(self._server).netloc
        self._memory = memory
        self._client: Any = None  # The library has no types.

    def did(self) -> str:
        """The account's lasting id, as its session says."""
        self._open()
        return str(_session(self._memory["session"]).did)

    def ask(self, method: str, **query: str) -> Reply:
        """Read something."""
        return self._call(lambda: self._client.invoke_query(f"{method}?{urlencode(query)}", ignore_session_check=True))

    def tell(self, method: str, body: Mapping[str, object], *, is_public: bool = False) -> Reply:
        """Change something; `is_public`: where the answer is lost, it may have been posted.

        JSON of our own, for the library leaves out what is None, and a swapRecord left out overwrites.
        """
        return self._call(lambda: _post(self._client, method, json.dumps(body).encode()), is_public=is_public)

    def upload(self, picture: Picture) -> dict[str, Any]:
        """Lay a picture ready; raises Refused and the others."""
        method = "com.atproto.repo.uploadBlob"
        reply = self._call(lambda: _post(self._client, method, picture.bytes, picture.mime))
        return dict(self.check(reply, "blob", is_of_post=True).body["blob"])

    def check(self, reply: Reply, *needed: str, is_of_post: bool = False, is_public: bool = False) -> Reply:
        """Raise what an answer means, unless it is a good one that holds all that is `needed`."""
        if reply.cause is not None:
            raise meaning(reply, self, is_of_post=is_of_post, is_public=is_public) from reply.cause
        if not all(name in reply.body for name in needed):
            raise strange(self.asked, is_public=is_public)
        return reply

    def _call(self, send: Callable[[], Any], *, is_public: bool = False) -> Reply:
        self._open()
        reply = self._once(send, is_public=is_public)
        if reply.name not in STALE:
            return reply
        self._renew()
        return self._once(send, is_public=is_public)

    def _once(self, send: Callable[[], Any], *, is_public: bool = False) -> Reply:
        import httpx
        from atproto.exceptions import AtProtocolError

        try:
            answer = send()
        except (AtProtocolError, httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            if getattr(error, "response", None) is None:
                raise broken(error, self.asked, is_public=is_public) from error
            return _failed(error)
        body = answer.content if isinstance(answer.content, dict) else {}
        return Reply(status=answer.status_code, body=body, headers=answer.headers)

    def _open(self) -> None:
        if self._client is not None:
            return
        if self._memory.get("session of") != f"{self._handle} {self._server}":
            self._sign_in()
            return
        try:
            self._use(self._memory.get("session", ""))
        except ValueError:
            self._sign_in()

    def _use(self, session: str) -> None:
        """Go on with a session; raises ValueError if it cannot be read."""
        server = _session(session).pds_endpoint
        client = _client(server)
        client.login(session_string=session, fetch_bsky_profile=False)
        if self._client is not None:
            self._client.request.close()
        self._client, self.asked = client, urlsplit(server).netloc
        weakref.finalize(self, client.request.close)

    def _sign_in(self) -> None:
        client, self.asked = _client(self._server), self.host
        body = json.dumps({"identifier": self._handle, "password": self._password}).encode()
        try:
            reply = self._once(lambda: _post(client, "com.atproto.server.createSession", body))
        finally:
            client.request.close()
        self._keep(reply, self._home(reply.body.get("didDoc")))

    def _renew(self) -> None:
        """Get new tokens for the old; where these are too old, sign in again."""
        old = _session(self._memory["session"])
        headers = {"Authorization": f"Bearer {old.refresh_jwt}"}
        method = "com.atproto.server.refreshSession"
        reply = self._once(lambda: _post(self._client, method, b"", "", headers))
        if reply.name in STALE:
            self._sign_in()
            return
        self._keep(reply, old.pds_endpoint)

    def _keep(self, reply: Reply, server: str) -> None:
        """Remember a new session, and go on with it."""
        body = self.check(reply, "handle", "did", "accessJwt", "refreshJwt").body
        self._memory["session"] = str(_new_session(body, server).export())
        self._memory["session of"] = f"{self._handle} {self._server}"
        self._use(self._memory["session"])

    def _home(self, document: Mapping[str, Any] | None) -> str:
        """The server that holds the account: Bluesky's entryway tells it, any other is it.

        <https://atproto.com/specs/did>
        """
        if self._server != ENTRYWAY:
            return self._server
        services = (document or {}).get("service") or []
        homes = [one.get("serviceEndpoint") for one in services if str(one.get("id", "")).endswith("#atproto_pds")]
        return str(next(filter(None, homes), self._server))


def _server(address: str) -> str:
    address = address.strip()
    parts = urlsplit(address if "://" in address else f"https://{address}")
    if parts.scheme not in {"http", "https"} or not parts.hostname or set(address) & set(" \\@?#"):
        raise SignedOut(f'"{address}" is not the address of a server. Write it as {ENTRYWAY}')
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")


def _client(server: str) -> Any:
    try:
        from atproto import Client, Request
    except ModuleNotFoundError as error:
        raise SignedOut('Bluesky needs one more package. Run: pip install "handbill[bluesky]"') from error
    request = Request(timeout=TIMEOUT)
    request.add_additional_header("User-Agent", "handbill")
    return Client(base_url=server, request=request)


def _session(text: str) -> Any:
    from atproto_client import Session

    return Session.decode(text)


def _new_session(body: Mapping[str, Any], server: str) -> Any:
    from atproto_client import Session

    return Session(body["handle"], body["did"], body["accessJwt"], body["refreshJwt"], server)


def _post(
    client: Any, method: str, content: bytes, kind: str = "application/json", headers: dict[str, str] | None = None
) -> Any:
    # Without the library's own check of the session: it would hide a second call in this one.
    given = {"content": content, "input_encoding": kind} if kind else {}
    return client.invoke_procedure(method, headers=headers or {}, ignore_session_check=True, **given)


def _failed(error: Any) -> Reply:
    """An answer that says no."""
    response = error.response
    return Reply(
        status=response.status_code,
        body={},
        headers=response.headers,
        name=str(getattr(response.content, "error", None) or ""),
        said=str(getattr(response.content, "message", None) or ""),
        cause=error,
    )


# --- what an answer means -----------------------------------------------------------------------


def broken(error: Exception, host: str, *, is_public: bool) -> NetworkError:
    """What a call without an answer means: who was not reached has posted nothing."""
    import httpx

    unsent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
    if isinstance(error.__cause__ or error, unsent):
        return TryLater(f"cannot reach {host}", 60)
    if is_public:
        return Uncertain(f"{host} was told to post, but its answer did not arrive. Look at the account.")
    return TryLater(f"{host} did not answer as it should", 60)


def strange(host: str, *, is_public: bool) -> NetworkError:
    """What a good answer means that lacks what it must hold: perhaps another server gave it."""
    if is_public:
        return Uncertain(f"{host} was told to post, but nobody understands its answer. Look at the account.")
    return TryLater(f"{host} does not answer as a Bluesky server. Check its address.", 600)


def meaning(reply: Reply, door: Door, *, is_of_post: bool, is_public: bool) -> NetworkError:
    """Which of the four errors an answer is.

    <https://atproto.com/specs/xrpc#error-responses>, <https://docs.bsky.app/docs/advanced-guides/rate-limits>
    """
    if reply.status == 429:
        return TryLater(f"{door.asked} asks to wait: too many requests", seconds_to_wait(reply.headers))
    if reply.status >= 500 and reply.status != 501:
        if is_public:
            return Uncertain(f"{door.asked} failed while posting (error {reply.status}). Look at the account.")
        return TryLater(f"{door.asked} has trouble of its own (error {reply.status})", 60)
    if reply.name in CLOSED:
        return closed(door)
    if reply.name == "AuthFactorTokenRequired":
        return SignedOut(f"{door.host} asks for a code by mail. Use an app password instead: {PASSWORDS}")
    if reply.name in STALE or reply.status == 401:
        return SignedOut(
            f'{door.host} does not accept the handle and app password of "{door.account}". '
            f"Make an app password at {PASSWORDS} and run: handbill account connect {door.account}"
        )
    if reply.status == 413:
        return Refused(f"the picture is too large for {door.asked}. Make it smaller.")
    if is_of_post and reply.status != 403:
        return Refused(f"{door.asked} refuses this post: {_quoted(reply)} Change the post.")
    if reply.status in {404, 405, 501}:
        return SignedOut(f"{door.host} is not a Bluesky server. Check the address of the server.")
    return SignedOut(f'{door.host} does not let "{door.account}" do this. Sign in there to see why.')


def closed(door: Door) -> SignedOut:
    """The account is there, but may not speak."""
    return SignedOut(f'the account "{door.account}" is closed or blocked. Sign in at {door.host} to see why.')


def _quoted(reply: Reply) -> str:
    """The server's own words on a post, for they name what is wrong with it."""
    said = " ".join(reply.said.split())
    return f'"{said if len(said) <= 200 else said[:200] + " ..."}".' if said else "it does not say why."


def seconds_to_wait(headers: Mapping[str, str]) -> int:
    """How long the server asks us to wait: by its own clock, not by ours."""
    after = headers.get("retry-after", "")
    if after.isdecimal():
        return max(1, int(after))
    try:
        now = parsedate_to_datetime(headers["date"]).timestamp()
        return max(1, int(headers["ratelimit-reset"]) - int(now))
    except (KeyError, ValueError, TypeError):
        return 300


# --- the publisher ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Account:
    """An open door to one account. Its posts bear names made of their keys, so none is ever said twice.

    <https://github.com/bluesky-social/atproto/blob/main/lexicons/com/atproto/repo/putRecord.json>
    """

    door: Door
    fetch_card: FetchCard | None = None
    read_picture: ReadPicture = read_picture

    def whoami(self) -> str:
        """The account's DID, which stays when its handle changes."""
        return str(self._own_session()["did"])

    def _own_session(self) -> Mapping[str, Any]:
        body = self.door.check(self.door.ask("com.atproto.server.getSession"), "did").body
        if body.get("active") is False:
            raise closed(self.door)
        return body

    def look(self) -> Standing:
        """How the account stands: its handle now, and whether it says that it is automated."""
        body = self._own_session()
        handle = str(body.get("handle", ""))
        return Standing(handle=handle, url=f"https://bsky.app/profile/{body['did']}", labelled=self.is_labelled())

    def prepare(self, variant: Variant, key: str, at: datetime) -> Payload:
        """The whole record with its pictures laid ready, and the account's state before; `at` is the slot's instant."""
        record = self._record(variant, at)
        did = self.door.did()
        head = self.door.check(self.door.ask("com.atproto.sync.getLatestCommit", did=did), "cid")
        return {"repo": did, "rkey": tid(key), "head": head.body["cid"], "record": record}

    def publish(self, payload: Payload, key: str) -> Receipt:
        """Post it, unless it is there. What is there is never overwritten."""
        return self._put(payload, key, {})

    def repeat(self, payload: Payload, key: str) -> Receipt:
        """Post it if an earlier try surely did not: not if it is there, nor if anything changed in the account since.

        So a post that its owner deleted meanwhile stays deleted.
        """
        return self._put(payload, key, {"swapCommit": payload["head"]})

    def find(self, payload: Payload, key: str) -> Receipt | None:
        """The post of this key, if it stands there; raises Uncertain if other words stand in its place."""
        found = self._read(POST, tid(key))
        if found is None:
            return None
        receipt = self._receipt(key)
        if payload and found["value"].get("text") != payload["record"]["text"]:
            raise Uncertain(f"other words stand in the place of this post: {receipt.url}")
        return receipt

    def delete(self, receipt: Receipt) -> None:
        """Take a post away; one that is already gone is no error."""
        rkey = receipt.id.rpartition("/")[2]
        body = {"repo": self.door.did(), "collection": POST, "rkey": rkey}
        self.door.check(self.door.tell("com.atproto.repo.deleteRecord", body))

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
        values = [*profile.get("labels", {}).get("values", []), {"val": "bot"}]
        labels = {"$type": "com.atproto.label.defs#selfLabels", "values": values}
        record = {**profile, "$type": PROFILE, "labels": labels}
        body = {"repo": self.door.did(), "collection": PROFILE, "rkey": "self", "record": record}
        reply = self.door.tell("com.atproto.repo.putRecord", {**body, "swapRecord": found["cid"]})
        if reply.name == "InvalidSwap":
            raise TryLater("the profile was changed at the same moment", 5) from reply.cause
        self.door.check(reply)

    def _record(self, variant: Variant, at: datetime) -> dict[str, Any]:
        text, facets = rich_text(_whole(tidy(variant.text)))
        if not fits(text, replace(COUNTING, link="full")):
            raise Refused(f"the text is {measure(text, COUNTING)} characters long, Bluesky takes {COUNTING.limit}")
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
        card = self.fetch_card(variant.link) if self.fetch_card and variant.link else None
        return self._card(variant.link, card) if card else None

    def _image(self, image: Image) -> dict[str, Any]:
        picture = self.read_picture(image)
        ratio = {"width": picture.width, "height": picture.height}
        shown = {"alt": image.alt, "image": self._laid_ready(picture, LARGEST_IMAGE), "aspectRatio": ratio}
        return {"$type": "app.bsky.embed.images", "images": [shown]}

    def _card(self, link: str, card: Card) -> dict[str, Any]:
        external = {"uri": link, "title": card.title or link, "description": card.description}
        picture = looked_at(card.picture) if card.picture else None
        if picture:
            external["thumb"] = self._laid_ready(picture, LARGEST_THUMB)
        return {"$type": "app.bsky.embed.external", "external": external}

    def _laid_ready(self, picture: Picture, largest: int) -> Any:
        if len(picture.bytes) > largest:
            raise Refused(f"the picture has {len(picture.bytes):,} bytes, Bluesky takes {largest:,}. Make it smaller.")
        return self.door.upload(picture)

    def _put(self, payload: Payload, key: str, guard: Mapping[str, object]) -> Receipt:
        body = {"repo": payload["repo"], "collection": POST, "rkey": payload["rkey"], "record": payload["record"]}
        reply = self.door.tell("com.atproto.repo.putRecord", {**body, "swapRecord": None, **guard}, is_public=True)
        if reply.name == "InvalidSwap":
            return self._there(payload, key, reply)
        self.door.check(reply, "uri", is_of_post=True, is_public=True)
        return self._receipt(key)

    def _there(self, payload: Payload, key: str, reply: Reply) -> Receipt:
        """What is in the way of a post: the same words, with another card perhaps, or nothing any more."""
        found = self.find(payload, key)
        if found:
            return found
        raise Uncertain(
            "the account changed since the first try, and the post is not there: "
            "perhaps somebody deleted it. Look at the account."
        ) from reply.cause

    def _receipt(self, key: str) -> Receipt:
        did, rkey = self.door.did(), tid(key)
        return Receipt(id=f"at://{did}/{POST}/{rkey}", url=f"https://bsky.app/profile/{did}/post/{rkey}")

    def _read(self, collection: str, rkey: str) -> Mapping[str, Any] | None:
        did = self.door.did()
        reply = self.door.ask("com.atproto.repo.getRecord", repo=did, collection=collection, rkey=rkey)
        return None if reply.name == "RecordNotFound" else self.door.check(reply, "value", "cid").body


def _whole(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Refused("the text holds half of a character. Type that place anew.") from error
    return text


def _says_bot(profile: Mapping[str, Any]) -> bool:
    return {"val": "bot"} in profile.get("labels", {}).get("values", [])


def connect(
    answers: Answers,
    memory: Memory,
    *,
    fetch_card: FetchCard | None = None,
    read_picture: ReadPicture = read_picture,
) -> Account:
    """A door to the account in `answers`; nothing is asked of its server before the first call."""
    return Account(Door(answers, memory), fetch_card, read_picture)


NETWORK = Network(
    name="bluesky",
    label="Bluesky",
    counting=COUNTING,
    share=share,
    hashtags=3,
    entities=entities,
    connect=connect,
    # Its app makes them so: <https://github.com/bluesky-social/social-app/blob/main/src/lib/constants.ts>.
    pictures=Pictures(bytes=1_000_000, width=2000, height=2000, alt=2000),
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
