"""Mastodon and servers that understand it: a share link, to one server or any, and publishing."""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import regex

from bot.core.links import links_with_scheme
from bot.core.measure import fits, in_a_row, measure, mentions, tidy, without_overlaps
from bot.core.network import (
    Answers,
    Begun,
    Counting,
    Entity,
    Field,
    Memory,
    Network,
    Payload,
    Pictures,
    Said,
    SignIn,
    Standing,
)
from bot.core.post import Image, Receipt, Variant
from bot.core.problem import HandbillError, NetworkError, Refused, SignedOut, TryLater
from bot.http import Answer, Diagnosis, address, as_object, as_objects, as_response, call, carry, error_for, instant
from bot.media import of_post

LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
SERVER = re.compile(rf"(?=.{{1,253}}(?::|\Z)){LABEL}(?:\.{LABEL})*(?::[0-9]{{1,5}})?")


def share(variant: Variant, answers: Answers) -> str:
    text = quote(variant.text, safe="")
    if server := answers.get("server", "").strip():
        # <https://github.com/mastodon/mastodon/issues/33681>
        return f"https://{_host(server)}/share?text={text}"
    # <https://blog.joinmastodon.org/2026/03/a-new-share-button/>
    return f"https://share.joinmastodon.org/#text={text}"


def _host(server: str) -> str:
    """The server if it is a host name; ValueError says in one sentence what it should look like."""
    if not SERVER.fullmatch(server):
        raise ValueError(f'"{server}" is not the name of a server; it looks like "mastodon.social".')
    return server


# <https://github.com/mastodon/mastodon/blob/main/app/models/tag.rb>
SEPARATORS = "\xb7\u30fb\u200c"
HASHTAG = regex.compile(
    rf"(?<!\S)[#＃]([\p{{L}}\p{{M}}\p{{Nd}}\p{{Pc}}][\p{{L}}\p{{M}}\p{{Nd}}\p{{Pc}}{SEPARATORS}]*+)"
)
LETTER = regex.compile(r"\p{Alphabetic}")
SEPARATOR = regex.compile(f"[_{SEPARATORS}]")


def entities(text: str) -> list[Entity]:
    """The links, hashtags and mentions of a text."""
    return without_overlaps(_found(text))


def _found(text: str) -> Iterator[Entity]:
    for start, end in links_with_scheme(text):
        yield Entity(kind="link", text=text[start:end], start=start, end=end)
    for start, end in mentions(text):
        yield Entity(kind="mention", text=text[start:end], start=start, end=end)
    for match in HASHTAG.finditer(text):
        name = match[1].rstrip(SEPARATORS)
        # Digits alone are no hashtag, but a sign between them makes one.
        if LETTER.search(name) or SEPARATOR.search(name[1:-1]):
            start, end = match.start(), match.start() + 1 + len(name)
            yield Entity(kind="hashtag", text=text[start:end], start=start, end=end)


# --- what a server takes --------------------------------------------------------------------------

# What a server has unless it says otherwise: <https://docs.joinmastodon.org/entities/Instance/>.
COUNTING = Counting(limit=500, unit="graphemes", link=23, local_mentions=True)
# <https://github.com/mastodon/mastodon/blob/main/app/models/media_attachment.rb>
PICTURES = Pictures(
    bytes=16 * 1024 * 1024, pixels=33_177_600, types=("image/jpeg", "image/png", "image/webp"), alt=1500
)
# Others write their name into it: "takahe/0.11.0", "2.7.2 (compatible; Pleroma 2.9.0)".
PROPER = re.compile(r"[1-9][0-9]*\.[0-9]+\.[0-9]+(?:[-+.][A-Za-z0-9.+-]*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """What a server takes and is, as remembered from `day`. A `link` of 0 costs what it is long."""

    address: str = ""
    characters: int = COUNTING.limit
    link: int = 23
    alt: int = PICTURES.alt
    bytes: int = PICTURES.bytes
    pixels: int = PICTURES.pixels or 0
    types: tuple[str, ...] = PICTURES.types
    software: str = ""
    version: str = ""
    day: str = ""

    @property
    def honours_keys(self) -> bool:
        """Whether it surely gives back the first post where a key comes again; GoToSocial and Takahe post twice."""
        return self.software == "mastodon" and bool(PROPER.fullmatch(self.version))

    def counting(self, warning: str) -> Counting:
        """How it counts, and the room it leaves beside a content warning."""
        return replace(COUNTING, limit=max(0, self.characters - _cost(warning)), link=self.link or "full")

    @property
    def pictures(self) -> Pictures:
        """What it takes as a picture."""
        return Pictures(bytes=self.bytes, pixels=self.pixels, types=self.types, alt=self.alt)


def adapt(memory: Mapping[str, str], answers: Answers) -> Counting:
    """How the account's server counts, as far as it was asked, and the room beside the account's content warning."""
    return remembered(memory).counting(in_a_row(answers.get("warning", "")))


def _cost(warning: str) -> int:
    """What a content warning costs; links in it are not shortened.

    <https://github.com/mastodon/mastodon/blob/main/app/validators/status_length_validator.rb>
    """
    return measure(warning, Counting(limit=0, unit="graphemes")) or len(warning)


def remembered(memory: Mapping[str, str]) -> Server:
    """The server as it was when it was last asked."""
    try:
        kept = json.loads(memory.get("server", "{}"))
        return Server(**{**kept, "types": tuple(kept.get("types", PICTURES.types))})
    except (ValueError, TypeError, AttributeError):  # another version of this program wrote it
        return Server()


def read_server(shown: Mapping[str, Any], software: str) -> Server:
    """The server as its own description tells, of which any part may be missing.

    <https://docs.joinmastodon.org/entities/Instance/>, <https://docs.joinmastodon.org/entities/V1_Instance/>
    """
    told = as_object(shown.get("configuration"))
    statuses, media = as_object(told.get("statuses")), as_object(told.get("media_attachments"))
    types = media.get("supported_mime_types")
    return Server(
        # Forks tell it so: <https://docs-develop.pleroma.social/backend/development/API/differences_in_mastoapi_responses/>.
        characters=_number(statuses.get("max_characters"), _number(shown.get("max_toot_chars"), COUNTING.limit)),
        link=_number(statuses.get("characters_reserved_per_url"), 23, least=0),
        alt=_number(media.get("description_limit"), _number(shown.get("description_limit"), PICTURES.alt)),
        bytes=_number(media.get("image_size_limit"), PICTURES.bytes),
        pixels=_number(media.get("image_matrix_limit"), PICTURES.pixels or 0),
        types=tuple(one for one in PICTURES.types if isinstance(types, list) and one in types) or PICTURES.types,
        software=software,
        version=str(shown.get("version", "")),
    )


def _number(value: object, otherwise: int, least: int = 1) -> int:
    return value if type(value) is int and value >= least else otherwise


# --- calls to the server ------------------------------------------------------------------------

# How often the server is asked whether it is done with a picture, and the seconds between.
LOOKS, PAUSE = 40, 0.5
# What servers answer where they have no such thing, or show it to nobody.
ABSENT = {400, 401, 403, 404, 405, 410}
# The least that posts, looks for what was posted, and sets the mark of a bot:
# <https://docs.joinmastodon.org/api/oauth-scopes/>.
SCOPES = "read:accounts read:statuses write:accounts write:media write:statuses"
# <https://docs.joinmastodon.org/methods/oauth/#authorize>
NO_REDIRECT = "urn:ietf:wg:oauth:2.0:oob"


class Door:
    """Calls to an account's server. The library words them, and hands them to `send`; `bot.http` carries them."""

    def __init__(self, server: str, token: str = "", account: str = "") -> None:
        self.server = address(server, "https://mastodon.social")
        self.host = urlsplit(self.server).netloc
        self.account = account or self.host
        self._key = {"Authorization": f"Bearer {token.strip()}"} if token else {}
        self._came: Answer | NetworkError | None = None
        self._client: Any = None

    def ask(self, method: str, path: str, **given: Any) -> Answer:
        """What the library has no words for, or too few."""
        return call(method, self.server + path, headers=self._key, repeatable=True, **given)

    def let(self, do: Callable[[Any], object]) -> Answer:
        """Let the library make one request.

        The answer itself is judged, never what the library makes of it: it raises for a header that it
        cannot read, also where the post stands already.
        """
        client = self._opened()
        from mastodon.errors import MastodonError

        self._came = None
        with suppress(MastodonError, OSError, ValueError, RecursionError):
            do(client)
        if isinstance(self._came, NetworkError):
            raise self._came
        if self._came is None:
            raise Refused(f"this cannot be said to {self.host}")
        return self._came

    def send(self, request: Any, **_: object) -> Any:
        """Carry a request of the library's, as `requests` wants it of an adapter."""
        kept = ("Content-Type", "Idempotency-Key")
        posts = (request.method, urlsplit(request.url).path) == ("POST", "/api/v1/statuses")
        try:
            self._came = carry(request, kept=kept, more=self._key, repeatable=not posts)
        except NetworkError as error:
            self._came = error
            raise
        return as_response(self._came.status, self._came.body, request)

    def checked(self, answer: Answer, *, is_of_post: bool = False) -> Answer:
        """The answer if it is a success; raises what it means if not."""
        if 200 <= answer.status < 300:
            return answer
        says = str(answer.object().get("error", ""))
        usual = error_for(answer.status, says, answer.headers, who=self.host, repeatable=answer.repeatable)
        raise _special(answer, self, is_of_post=is_of_post) or usual from usual.__cause__

    def body(self, answer: Answer, *needed: str, is_of_post: bool = False) -> Mapping[str, Any]:
        """The object in a good answer that holds all that is `needed`; raises as `checked` does."""
        found = self.checked(answer, is_of_post=is_of_post).object()
        if all(map(found.get, needed)):
            return found
        raise error_for(answer.status, who=self.host, repeatable=answer.repeatable)

    def _opened(self) -> Any:
        if self._client is None:
            from mastodon import Mastodon

            self._client = Mastodon(
                api_base_url=self.server, ratelimit_method="throw", version_check_mode="none", user_agent="Handbill"
            )
            self._client.session.mount(self.server, self)
        return self._client


def _special(answer: Answer, door: Door, *, is_of_post: bool) -> NetworkError | None:
    """The error for an answer that means something of its own here.

    <https://docs.joinmastodon.org/client/intro/>,
    <https://github.com/mastodon/mastodon/blob/main/app/controllers/concerns/api/error_handling.rb>
    """
    host, account, status = door.host, door.account, answer.status
    again = f"handbill account connect {account}"
    if status == 401:
        return SignedOut(f'{host} no longer accepts the key of "{account}". Run: {again}')
    if status == 403:
        return SignedOut(
            f'{host} does not let "{account}" do this: it is limited, or its key is for less. '
            f"Sign in there to see why, or run: {again}"
        )
    if status == 404 and not answer.repeatable:
        return Refused(f"{host} had this post already, and somebody deleted it since.")
    odd = status in {404, 405, 410, 501} or (status in {400, 422} and not (is_of_post or not answer.repeatable))
    if 300 <= status < 400 or odd:
        return SignedOut(f"{host} does not answer as a Mastodon server. Check its address, or run: {again}")
    return None


# --- the words of a post that stands there ------------------------------------------------------


class _Plain(HTMLParser):
    """The words of a post's HTML, with whole links: <https://docs.joinmastodon.org/spec/activitypub/#sanitization>."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self._link, self._begins = "", "", 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A paragraph, a line, or a link."""
        if tag in {"p", "br"}:
            self.words += "\n\n" if tag == "p" else "\n"
        if tag == "a":
            self._link, self._begins = dict(attrs).get("href") or "", len(self.words)

    def handle_endtag(self, tag: str) -> None:
        """What a link shows is cut short; where it leads is not. A hashtag or a mention is as it shows."""
        if tag == "a" and not self.words[self._begins :].startswith(("#", "＃", "@")):
            self.words = self.words[: self._begins] + self._link

    def handle_data(self, data: str) -> None:
        """What people read."""
        self.words += data


def plain(html: str) -> str:
    """The words of a post's HTML; its spaces and line breaks are not quite those that were sent."""
    parser = _Plain()
    parser.feed(html)
    parser.close()
    return parser.words.strip()


def folded(text: str) -> str:
    """A text as it can be compared with what a server made of it: mentions without their server, single spaces."""
    text = tidy(text)
    for start, end in reversed(list(mentions(text))):
        text = text[:start] + "@" + text[start + 1 : end].partition("@")[0] + text[end:]
    return " ".join(text.split())


# --- the publisher ------------------------------------------------------------------------------

# Posts that only those named in them see are of no use to a campaign.
VISIBILITIES = ("public", "unlisted", "private")
KEPT_IDS = 20


@dataclass(frozen=True, slots=True)
class Account:
    """An open door to one account."""

    door: Door
    memory: Memory = field(repr=False)
    visibility: str = "public"
    cache: str = ""

    def whoami(self) -> str:
        """The server and the account's number there."""
        return f"{self.door.host}/{self._me()['id']}"

    def look(self) -> Standing:
        """How the account stands; what the server takes is remembered."""
        me, shown = self._me(), self._shown()
        server = self._keep(shown, "")
        domain = str(shown.get("domain") or shown.get("uri") or self.door.host).rpartition("://")[2]
        return Standing(
            handle=f"@{me.get('username', '')}@{domain}",
            url=str(me.get("url") or ""),
            labelled=bool(me.get("bot")),
            rules=tuple(str(rule.get("text", "")) for rule in as_objects(shown.get("rules"))),
            notes=tuple(_notes(me, server, self.door.host)),
        )

    def prepare(self, variant: Variant, key: str, at: datetime) -> Payload:
        """The words checked, the picture laid ready, and the newest post before it noted."""
        me, server, text = self._me(), self._server(at), tidy(variant.text)
        self._check(text, variant.warning, variant.image, server)
        media = [self._uploaded(variant.image, server)] if variant.image else []
        before = self._listed(str(me["id"]), limit=1)
        return {
            "account": str(me["id"]),
            "status": text,
            "language": variant.language,
            "visibility": self.visibility,
            "spoiler_text": variant.warning,
            "media_ids": media,
            "newest": str(before[0]["id"]) if before else "",
        }

    def publish(self, payload: Payload, key: str) -> Receipt:
        """Post it: <https://docs.joinmastodon.org/methods/statuses/#create>."""
        answer = self.door.let(
            lambda client: client.status_post(
                payload["status"],
                language=payload["language"],
                visibility=payload["visibility"],
                spoiler_text=payload["spoiler_text"] or None,
                media_ids=payload["media_ids"] or None,
                sensitive=None,
                idempotency_key=sha256(key.encode()).hexdigest(),
            )
        )
        if answer.status == 422 and any(self._media(one).status == 206 for one in payload["media_ids"]):
            raise self._still_working()
        return self._receipt(self.door.body(answer, "id"), key)

    @property
    def repeat(self) -> Callable[[Payload, str], Receipt] | None:
        """Post it again under its key, where the server surely knows that key; NETWORK says how long.

        <https://github.com/mastodon/mastodon/blob/main/app/services/post_status_service.rb>
        """
        return self.publish if self._known().honours_keys else None

    def find(self, payload: Payload, key: str) -> Receipt | None:
        """The post of this account with these words, newer than what stood there before, and not another's."""
        others = {id for of, id in self._posted() if of != key}
        after = {"min_id": payload["newest"]} if payload["newest"] else {}
        found = self._listed(payload["account"], limit=40, exclude_reblogs=True, **after)
        for status in reversed(found):
            if str(status["id"]) not in others and _is_post(status) and self._is_same(status, payload):
                return self._receipt(status, key)
        return None

    def recent(self, after: str) -> list[Said]:
        """The newest posts: <https://docs.joinmastodon.org/methods/accounts/#statuses>.

        What the server does not leave out, as answers to oneself, is left out here.
        """
        since = {"since_id": after} if after else {}
        me = str(self._me()["id"])
        found = self._listed(me, limit=40, exclude_replies=True, exclude_reblogs=True, **since)
        return [self._said(one) for one in found if _is_post(one) and _age(str(one["id"])) > _age(after)]

    def delete(self, receipt: Receipt) -> None:
        """Take a post away; one that is already gone is no error."""
        answer = self.door.let(lambda client: client.status_delete(receipt.id))
        if answer.status not in {404, 410}:
            self.door.checked(answer)

    def label(self) -> None:
        """Let the account say that it is a bot; all else in its profile stays.

        <https://docs.joinmastodon.org/methods/accounts/#update_credentials>
        """
        if not self._me().get("bot"):
            self.door.checked(self.door.let(lambda client: client.account_update_credentials(bot=True)))

    def _me(self) -> Mapping[str, Any]:
        return self.door.body(self.door.let(lambda client: client.account_verify_credentials()), "id")

    def _listed(self, account: str, **asked: Any) -> list[Mapping[str, Any]]:
        """Posts of the account, the newest first."""
        answer = self.door.checked(self.door.let(lambda client: client.account_statuses(account, **asked)))
        listed = answer.json()
        if not isinstance(listed, list):
            raise error_for(answer.status, who=self.door.host, repeatable=True)
        return [one for one in as_objects(listed) if one.get("id")]

    # --- the server -----------------------------------------------------------------------------

    def _known(self) -> Server:
        """What is remembered of this server, and not of one that the account was on before."""
        server = remembered(self.memory)
        return server if server.address == self.door.server else Server()

    def _server(self, at: datetime) -> Server:
        """The server, asked once a day."""
        day, known = at.date().isoformat(), self._known()
        return known if known.day == day else self._keep(self._shown(), day)

    def _keep(self, shown: Mapping[str, Any], day: str) -> Server:
        server = replace(read_server(shown, self._software()), address=self.door.server, day=day)
        self.memory["server"] = json.dumps(asdict(server))
        return server

    def _shown(self) -> Mapping[str, Any]:
        """How the server describes itself: in the newer way, else the older, else not at all."""
        return self._asked("/api/v2/instance") or self._asked("/api/v1/instance")

    def _software(self) -> str:
        """What the server runs on, as it says itself: <https://nodeinfo.diaspora.software/protocol.html>."""
        links = as_objects(self._asked("/.well-known/nodeinfo").get("links"))
        paths = [path for link in links if (path := urlsplit(str(link.get("href", ""))).path).startswith("/")]
        return str(as_object(self._asked(paths[-1]).get("software")).get("name", "")) if paths else ""

    def _asked(self, path: str) -> Mapping[str, Any]:
        """The object at a path of the server; nothing where there is none."""
        answer = self.door.ask("GET", path)
        return {} if answer.status in ABSENT else self.door.checked(answer).object()

    # --- words and pictures ---------------------------------------------------------------------

    def _check(self, text: str, warning: str, image: Image | None, server: Server) -> None:
        host, counting = self.door.host, server.counting(warning)
        alt = image.alt if image else ""
        if re.search("[\ud800-\udfff]", text + warning + alt):
            raise Refused("the text holds half of a character. Type that place anew.")
        if not fits(text, counting):
            room = f"{counting.limit} beside the content warning" if warning else str(counting.limit)
            raise Refused(f"the text is {measure(text, counting)} characters long; {host} takes {room}")

    def _uploaded(self, image: Image, server: Server) -> str:
        """The number of a picture laid ready: <https://docs.joinmastodon.org/methods/media/#v2>."""
        picture = of_post(image, server.pictures, self.door.host, self.cache)
        file = (f"picture.{picture.mime.rpartition('/')[2]}", picture.bytes, picture.mime)
        given: dict[str, Any] = {"files": {"file": file}, "data": {"description": image.alt}}
        answer = self.door.ask("POST", "/api/v2/media", **given)
        if answer.status == 404:  # before 3.1.3
            answer = self.door.ask("POST", "/api/v1/media", **given)
        media = str(self.door.body(answer, "id", is_of_post=True)["id"])
        for _ in range(LOOKS):
            if answer.status not in {202, 206}:
                return media
            time.sleep(PAUSE)
            answer = self.door.checked(self._media(media), is_of_post=True)
        raise self._still_working()

    def _media(self, media: str) -> Answer:
        """The state of a picture; 206 while the server works on it. <https://docs.joinmastodon.org/methods/media/#get>"""
        return self.door.let(lambda client: client.media(media))

    def _still_working(self) -> TryLater:
        return TryLater(f"{self.door.host} is still working on the picture; nothing was posted", 60)

    def _is_same(self, status: Mapping[str, Any], payload: Payload) -> bool:
        """Whether a post has these words: as it is shown, or else as it was typed, where the server tells that."""
        if folded(plain(str(status.get("content") or ""))) == folded(payload["status"]):
            return True
        return self._typed(status) == str(payload["status"]).strip()

    def _typed(self, status: Mapping[str, Any]) -> str:
        """A post as it was typed; "" where the server does not tell: <https://docs.joinmastodon.org/methods/statuses/#source>."""
        answer = self.door.let(lambda client: client.status_source(status["id"]))
        told = {} if answer.status in ABSENT else self.door.checked(answer).object()
        return tidy(str(told.get("text", ""))).strip()

    def _said(self, status: Mapping[str, Any]) -> Said:
        """A post with its words; mentions are shown without their server, so those are asked for as they were typed."""
        typed = self._typed(status) if status.get("mentions") else ""
        text = typed or plain(str(status.get("content") or ""))
        if at := instant(status.get("created_at")):
            return Said(receipt=_receipt_of(status), text=text, at=at)
        raise TryLater(f"{self.door.host} does not tell when a post was made")

    # --- what was posted ------------------------------------------------------------------------

    def _posted(self) -> list[tuple[str, str]]:
        """The keys and ids of the last posts of ours."""
        try:
            return [(str(key), str(id)) for key, id in json.loads(self.memory.get("posted", "[]"))]
        except (ValueError, TypeError):
            return []

    def _receipt(self, status: Mapping[str, Any], key: str) -> Receipt:
        receipt = _receipt_of(status)
        with suppress(HandbillError):  # the post is up, whatever becomes of our memory of it
            posted = [one for one in self._posted() if one != (key, receipt.id)]
            self.memory["posted"] = json.dumps([*posted, (key, receipt.id)][-KEPT_IDS:])
        return receipt


def _receipt_of(status: Mapping[str, Any]) -> Receipt:
    return Receipt(id=str(status["id"]), url=str(status.get("url") or status.get("uri") or ""))


def _is_post(status: Mapping[str, Any]) -> bool:
    """Whether this was said by itself, and not passed on, nor said to somebody in an answer or a letter."""
    return not (status.get("reblog") or status.get("in_reply_to_id") or status.get("visibility") == "direct")


def _age(id: str) -> tuple[int, str]:
    """Newer posts have greater ids: longer, or else later in the alphabet.

    <https://docs.joinmastodon.org/api/guidelines/#id>
    """
    return len(id), id


def _notes(me: Mapping[str, Any], server: Server, host: str) -> Iterator[str]:
    if me.get("moved"):
        yield "This account has moved away; its followers no longer look here."
    if me.get("limited"):
        yield f"{host} shows this account to its followers only. Ask its moderators."
    if not server.honours_keys:
        yield f"Where an answer of {host} gets lost, and the post is not found there, a person has to look."


def connect(answers: Answers, memory: Memory) -> Account:
    """A door to the account in `answers`; nothing is asked of its server before the first call."""
    visibility = answers.get("visibility", "").strip().lower() or VISIBILITIES[0]
    if visibility not in VISIBILITIES:
        raise SignedOut(f'"{visibility}" is no visibility. Write one of: {", ".join(VISIBILITIES)}')
    door = Door(answers["server"], answers["token"], answers.get("account", ""))
    return Account(door, memory, visibility, answers.get("cache", ""))


# --- connecting -----------------------------------------------------------------------------------

SERVER_FIELD = Field(name="server", help="the account's server", example="https://mastodon.social")
CODE = Field(name="code", help="the code that the page shows then", example="Xa5…")


def begin(told: Answers) -> Begun:
    """Make Handbill known to a server, and name the page there on which a person gives it a key to an account.

    <https://docs.joinmastodon.org/client/authorized/>
    """
    door = Door(told["server"])
    asked = {"client_name": "Handbill", "redirect_uris": NO_REDIRECT, "scopes": SCOPES}
    app = door.body(door.ask("POST", "/api/v1/apps", data=asked), "client_id", "client_secret")
    known = {"client_id": str(app["client_id"]), "redirect_uri": NO_REDIRECT, "scope": SCOPES}
    page = f"{door.server}/oauth/authorize?{urlencode({**known, 'response_type': 'code'})}"
    kept = {**known, "client_secret": str(app["client_secret"]), "server": door.server}
    return Begun(page=page, site=door.host, kept=kept)


def finish(kept: Answers, code: str) -> dict[str, str]:
    """The key that a server gives for the code it has shown."""
    door = Door(kept["server"])
    form = {name: value for name, value in kept.items() if name != "server"}
    token = _token(door, {**form, "code": code.strip(), "grant_type": "authorization_code"})
    return {"server": door.server, "token": token}


def _token(door: Door, form: Mapping[str, str]) -> str:
    """What a code is worth; it works once. <https://docs.joinmastodon.org/methods/oauth/#token>"""
    answer = door.ask("POST", "/oauth/token", data=form)
    if answer.status in {400, 401, 403, 422}:
        raise SignedOut(
            f"{door.host} does not take this code: it works once, and not for long. Start again."
        ) from Diagnosis(f"{door.host} answered {answer.status}")
    return str(door.body(answer, "access_token")["access_token"])


NETWORK = Network(
    name="mastodon",
    label="Mastodon",
    counting=COUNTING,
    share=share,
    share_fields=(Field(name="server", help="Your server, if you know it", example="mastodon.social", required=False),),
    hashtags=4,
    entities=entities,
    may_mention=1,
    # Each server has rules of its own; this says where they stand.
    mention_rule="https://docs.joinmastodon.org/user/signup/#tos",
    connect=connect,
    client="mastodon",
    sign_in=SignIn(asks=(SERVER_FIELD,), code=CODE, begin=begin, finish=finish),
    # A server forgets a key after an hour, and ours was first sent at the slot or later; some minutes are for clocks.
    repeat_within=timedelta(minutes=55),
    adapt=adapt,
    pictures=PICTURES,
    fields=(
        SERVER_FIELD,
        Field(name="token", help="a key to the account, from the server's settings, Development", secret=True),
        Field(
            name="visibility",
            help=f"who sees its posts: {', '.join(VISIBILITIES)}",
            example="unlisted",
            default=VISIBILITIES[0],
            required=False,
        ),
        Field(name="warning", help="a content warning before every post", example="Politics", required=False),
    ),
)
