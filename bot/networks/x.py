"""X: a share link, X's own way to count, and publishing with its API."""

import json
import logging
import re
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from hashlib import sha256
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import regex

from bot.core.links import links
from bot.core.measure import fits, measure, tidy, without_overlaps
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
from bot.core.problem import HandbillError, NetworkError, Refused, SignedOut, TryLater, Uncertain
from bot.http import (
    Answer,
    Deadline,
    Diagnosis,
    address,
    as_object,
    as_objects,
    as_response,
    call,
    carry,
    error_for,
    instant,
    seconds_to_wait,
)
from bot.media import of_post

NAME = "X"


def share(variant: Variant, answers: Answers) -> str:
    # <https://docs.x.com/x-for-websites/post-button/guides/web-intent>
    return "https://x.com/intent/tweet?text=" + quote(variant.text, safe="")


# What may stand in a hashtag besides letters, marks and digits, and what a hashtag, a mention or
# a cashtag may touch: <https://github.com/twitter/twitter-text/tree/master/js/src/regexp>.
SPECIAL = "_\u200c\u200d\ua67e\u05be\u05f3\u05f4\uff5e\u301c\u309b\u309c\u30a0\u30fb\u3003\u0f0b\u0f0c\u00b7"
TAG_LETTER = rf"[\p{{L}}\p{{M}}\p{{Nd}}{SPECIAL}]"
HASHTAG = regex.compile(
    rf"(?<![\p{{L}}\p{{M}}\p{{Nd}}{SPECIAL}&])[#＃](?![\uFE0F\u20E3])"
    rf"(?=[\p{{Nd}}{SPECIAL}]*+[\p{{L}}\p{{M}}]){TAG_LETTER}++(?![#＃]|://)"
)
LATIN = "\xc0-\xd6\xd8-\xf6\xf8-\u024f\u0300-\u036f\u1e00-\u1eff"
MENTION = regex.compile(
    r"(?:(?<![A-Za-z0-9_!#$%&*@＠])|(?<=(?<![A-Za-z0-9_+~.-])[Rr][Tt]))"
    rf"[@＠][A-Za-z0-9_]{{1,20}}+(?![@＠{LATIN}]|://)"
)
CASHTAG = regex.compile(
    r"(?<![^\s\u200e\u200f\u202a-\u202e\u061c\u2066-\u2069])"
    r"\$[A-Za-z]{1,6}+(?:[._][A-Za-z]{1,2}+)?+(?![^\s!'#%&()*+,\\\-./:;<=>?@\[\]^_{|}~$])"
)


def entities(text: str) -> list[Entity]:
    """The links, hashtags, mentions and cashtags of a text."""
    return without_overlaps(_found(text))


def _found(text: str) -> Iterator[Entity]:
    for start, end in links(text):
        yield Entity(kind="link", text=text[start:end], start=start, end=end)
    for match in HASHTAG.finditer(text):
        yield Entity(kind="hashtag", text=match[0], start=match.start(), end=match.end())
    for match in MENTION.finditer(text):
        yield Entity(kind="mention", text=match[0], start=match.start(), end=match.end())
    for match in CASHTAG.finditer(text):
        yield Entity(kind="cashtag", text=match[0], start=match.start(), end=match.end())


# --- calls to X ---------------------------------------------------------------------------------

# Where tweepy sends everything, and the address for which it signs.
SIGNED_FOR, API = "https://api.twitter.com", "https://api.x.com"
CONSOLE = "https://console.x.com"
RULES = "https://docs.x.com/x-api/posts/manage-tweets/integrate"
LABEL_HELP = "https://help.x.com/en/using-x/automated-account-labels"
KEYS = ("api_key", "api_secret", "access_token", "access_secret")
# X's own examples send a picture in pieces of this size: <https://docs.x.com/x-api/media/quickstart/media-upload-chunked>
PIECE = 1_000_000
# How many seconds one call may take; all those that lay one picture ready; X's work on it among these.
A_CALL, AN_UPLOAD, PATIENCE = 20.0, 60.0, 20
# An access token lasts two hours, and is exchanged when so little of them is left:
# <https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code>
SOON = timedelta(minutes=10)
# For how many seconds another process may be about to keep the tokens that it was given.
MOMENTS = (0.0, 0.5, 1.5)


class Door:
    """Calls to X as one account. tweepy words and signs them, and hands them to `send`; `bot.http` carries them."""

    def __init__(self, answers: Answers, memory: Memory) -> None:
        self._given = {name: value.strip() for name, value in answers.items()}
        self._kept = memory
        self._latest: datetime | None = None
        self.signs = all(self._given.get(name) for name in KEYS)
        if not self.signs and not self._given.get("client_id"):
            missing = ", ".join(name for name in KEYS if not self._given.get(name))
            raise SignedOut(f"X needs {missing}, or else a client_id. Find them at {CONSOLE}")
        # A signature holds for one address. X takes those for api.twitter.com there only, so a signed call
        # goes elsewhere only if the organizer names another server; a token has no such bounds.
        self.server = address(self._given.get("server") or (SIGNED_FOR if self.signs else API), API)
        self.again = f"Run: handbill account connect {self._given.get('account', '')}".rstrip()
        keys = [self._given[name] for name in KEYS] if self.signs else []
        tweepy = _tweepy()
        # It gets no bearer token, for it logs its headers: `send` adds it.
        self.client = tweepy.Client("", *keys, return_type=dict)
        self.client.session.mount(SIGNED_FOR, self)
        self._auth = tweepy.OAuth1UserHandler(*keys).apply_auth() if keys else None

    @cached_property
    def memory(self) -> Memory:
        """What is remembered of this account; where a person gave another one's keys, it begins anew here.

        "of" says whose keys it is about, "id" is the account's number, "sent" its last posts, "reads" what
        was read; "tokens" is the newest pair of OAuth 2.0 as JSON: access, refresh, and when access ends.
        """
        key = self._given["access_token"] if self.signs else self._given.get("refresh_token", "")
        of = sha256(key.encode()).hexdigest()
        if key and self._kept.get("of") != of:
            if "of" in self._kept:
                for name in ("tokens", "id", "sent"):
                    self._kept.pop(name, None)
            self._kept["of"] = of
        return self._kept

    def ask(self, deadline: Deadline, method: str, path: str, **more: Any) -> Mapping[str, Any]:
        """The data of an answer to what tweepy has no words for."""
        left = deadline.left(A_CALL)
        with self.client.session.request(method, SIGNED_FOR + path, auth=self._auth, timeout=left, **more) as response:
            return as_object(response.json().get("data"))

    def send(self, request: Any, timeout: float | None = None, **_: object) -> Any:
        """Carry a request of tweepy's, as `requests` wants it of an adapter; raise what a refusal means."""
        token = self._access()
        answer = self._carried(request, token, timeout or A_CALL)
        if answer.status == 401 and token:
            answer = self._carried(request, self._access_after(token), timeout or A_CALL)
        gone = request.method == "DELETE" and answer.status == 404
        if not gone and not 200 <= answer.status < 300:
            raise meaning(answer, self.again)
        body = {} if gone or (answer.repeatable and not answer.body) else answer.json()
        if not isinstance(body, dict) or not (answer.repeatable or _id(body.get("data"))):
            raise meaning(answer, self.again)
        return as_response(200, json.dumps(body).encode(), request)

    def _carried(self, request: Any, token: str, seconds: float) -> Answer:
        where = urlsplit(request.url)
        answer = carry(
            request,
            more={"Authorization": f"Bearer {token}"} if token else {},
            repeatable=(request.method, where.path) != ("POST", "/2/tweets"),
            url=self.server + where.path + ("?" + where.query if where.query else ""),
            seconds=seconds,
        )
        self.learn(answer.date())
        return answer

    # --- what time it is, as far as it can be known here ------------------------------------------

    def learn(self, then: datetime | None) -> None:
        """Take note that this instant has come, if there is one."""
        if then:
            self._latest = max(self._latest or then, then)

    def month(self) -> str:
        """The present month as "2026-11"; empty if nobody has told."""
        return f"{self._latest:%Y-%m}" if self._latest else ""

    # --- tokens of OAuth 2.0 ----------------------------------------------------------------------

    def renewed(self) -> datetime | None:
        """Renew the sign-in, so that it never runs out unused; when it ends, None if it does not by itself."""
        if self._pair()["refresh"]:
            self._renew()
        pair = self._pair()
        return None if pair["refresh"] else _end(pair)

    def _pair(self) -> dict[str, str]:
        pair = json.loads(self.memory.get("tokens", "{}"))
        return pair or {"access": "", "refresh": self._given.get("refresh_token", "")}

    def _access(self) -> str:
        """The access token; empty for an account that signs."""
        if self.signs:
            return ""
        pair = self._pair()
        if not pair["access"]:
            self._renew()
        elif pair["refresh"] and self._ends_soon(pair):
            with suppress(TryLater):  # the token still holds for a while, or else X says so
                self._renew()
        return self._pair()["access"]

    def _ends_soon(self, pair: Mapping[str, str]) -> bool:
        end = _end(pair)
        return end is not None and self._latest is not None and end - self._latest < SOON

    def _access_after(self, token: str) -> str:
        """The access token that follows one that X does not take any more."""
        if self._pair()["access"] == token:
            self._renew()
        return self._pair()["access"]

    def _renew(self) -> None:
        """Exchange the pair for a new one, and remember that at once: the old one is worth nothing any more.

        By hand, for the libraries that could do it write the tokens into the log.
        <https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code>
        """
        form = {"grant_type": "refresh_token", "refresh_token": self._pair()["refresh"]}
        if not form["refresh_token"]:
            raise SignedOut(f"the sign-in at X is over. {self.again}")
        name, secret = self._given["client_id"], self._given.get("client_secret")
        basic = {"Authorization": "Basic " + b64encode(f"{name}:{secret}".encode()).decode()} if secret else {}
        data = form if secret else {**form, "client_id": name}
        answer = call("POST", f"{self.server}/2/oauth2/token", headers=basic, data=data, repeatable=True)
        self.learn(answer.date())
        if answer.status in {400, 401, 403}:
            if self._is_renewed_by_another(form["refresh_token"]):
                return
            refused = SignedOut(f"X does not renew the sign-in any more. {self.again}")
            raise refused from Diagnosis(f"{answer.host} answered {answer.status} to a refresh token")
        body = answer.json() if 200 <= answer.status < 300 else None
        if not isinstance(body, dict) or not body.get("access_token"):
            raise meaning(answer, self.again)
        self.memory["tokens"] = json.dumps(_new_pair(body, answer.date()))

    def _is_renewed_by_another(self, refresh: str) -> bool:
        """Whether another process of ours was quicker with this token, and has kept the new pair."""
        for moment in MOMENTS:
            time.sleep(moment)
            if self._pair()["refresh"] != refresh:
                return True
        return False


def _new_pair(body: Mapping[str, Any], now: datetime | None) -> dict[str, str]:
    """What is kept of new tokens."""
    life = body.get("expires_in")
    end = (now + timedelta(seconds=life)).isoformat() if now and isinstance(life, int) else ""
    return {"access": str(body["access_token"]), "refresh": str(body.get("refresh_token") or ""), "end": end}


def _end(pair: Mapping[str, str]) -> datetime | None:
    """When an access token ends, where that is known."""
    return datetime.fromisoformat(pair["end"]) if pair.get("end") else None


def _tweepy() -> Any:
    """The library, which has no types. Those that it signs with would log what they sign, keys too."""
    import tweepy  # type: ignore[import-untyped, unused-ignore]

    for library in ("oauthlib", "requests_oauthlib"):
        logging.getLogger(library).setLevel(logging.WARNING)
    return tweepy


# --- what an answer means -----------------------------------------------------------------------

# <https://docs.x.com/x-api/fundamentals/response-codes-and-errors>
OF_THE_APP = {"client-forbidden", "oauth1-permissions", "unsupported-authentication", "client-not-enrolled"}
OF_THE_ACCOUNT = re.compile(r"\b(?:suspended|locked)\b", re.IGNORECASE)
OF_LIMITS = re.compile(r"\b(?:limit|quota)\b|too many", re.IGNORECASE)
OF_AUTOMATION = re.compile(r"\b(?:repl(?:y|ies)|mention\w*|quot(?:e[sd]?|ing)|cashtags?)\b", re.IGNORECASE)
OF_PERMISSION = re.compile(r"not (?:permitted|authori[sz]ed)|\bscopes?\b|permission", re.IGNORECASE)
# Each has a "-remaining" and a "-reset": <https://docs.x.com/x-api/fundamentals/rate-limits>. Those of a day are
# known from the people who met them: <https://github.com/plhery/node-twitter-api-v2/issues/553>.
LIMITS = ("x-rate-limit", "x-user-limit-24hour", "x-app-limit-24hour")
# The posts of a day are shared out to its half hours: <https://help.x.com/en/rules-and-policies/x-limits>.
HALF_HOUR = 1800


def meaning(answer: Answer, again: str) -> NetworkError:
    """Which of the four errors an answer is that does not do; `again` says how to connect the account once more."""
    kind, says = _said(answer)
    usual = error_for(answer.status, says, answer.headers, who=NAME, repeatable=answer.repeatable)
    known = _by_status(answer, kind, again)
    if known is None and answer.status == 403:
        known = _forbidden(kind, says, again) or _unknown(kind, str(usual))
    if known is None and isinstance(usual, TryLater):
        known = TryLater(str(usual))
    if known is None:
        return usual
    if isinstance(known, TryLater):
        known.seconds = _wait(answer) or known.seconds
    known.__cause__ = usual.__cause__
    return known


def _wait(answer: Answer) -> int | None:
    """How many seconds X asks us to wait: the longest of its limits that are used up; None if it does not say.

    Limits stand in every answer, so one of which something is left explains nothing.
    """
    told = answer.headers
    left = {limit: told.get(f"{limit}-remaining", "").strip() for limit in LIMITS} if answer.status == 429 else {}
    spent = [limit for limit in left if left[limit] == "0"] or [limit for limit in left if not left[limit]]
    until = [told.get("retry-after", ""), *(told.get(f"{limit}-reset", "") for limit in spent)]
    waits = [seconds_to_wait({"retry-after": one, "date": told.get("date", "")}) for one in until]
    return max((wait for wait in waits if wait), default=None)


def _said(answer: Answer) -> tuple[str, str]:
    """The last word of a refusal's type, and its sentences."""
    body = answer.object()
    parts = [body.get("detail") or body.get("title"), *(one.get("message") for one in as_objects(body.get("errors")))]
    return str(body.get("type", "")).rpartition("/")[2], " ".join(part for part in parts if isinstance(part, str))


def _by_status(answer: Answer, kind: str, again: str) -> NetworkError | None:
    if kind == "usage-capped":
        return SignedOut(f"the app's use of X is spent until its next billing cycle. Raise its limit at {CONSOLE}")
    if answer.status == 402:
        return SignedOut(f"the app has no credits left at X. Buy some at {CONSOLE}")
    if answer.status == 401:
        return SignedOut(f"X does not accept this account's keys, or this computer's clock is wrong. {again}")
    if answer.status in {404, 405}:
        return SignedOut(f"{answer.host} does not answer as X. Check the address of the server, and the account.")
    return None


def _forbidden(kind: str, says: str, again: str) -> NetworkError | None:
    """A 403 by its meaning; X tells some of them by their words only."""
    if OF_THE_ACCOUNT.search(says):
        return SignedOut("X has suspended or locked this account. Sign in at https://x.com to see why.")
    if OF_LIMITS.search(says):
        return TryLater("X takes no more posts of this account for now; nothing was posted", HALF_HOUR)
    if "duplicate" in says.lower():
        return Refused("X does not take the same words again. Change the post.")
    if kind not in OF_THE_APP and OF_AUTOMATION.search(says):
        return Refused(f"X does not take this mention, reply, quote or cashtag from an app. Its rule: {RULES}")
    if kind in OF_THE_APP or OF_PERMISSION.search(says):
        return SignedOut(f"X does not let this app post. Let it read and write at {CONSOLE}, make new keys. {again}")
    return None


def _unknown(kind: str, says: str) -> NetworkError | None:
    """A 403 that nobody knows. Is it the account, and not the words?

    If we say the words and it is the account, every post of the library is barred in turn, until a person edits
    them all. If we say the account and it is the words, the account waits for a person, and one edit sets it
    going. So it is the account, unless X names a thing that is another's.
    """
    if kind == "not-authorized-for-resource":
        return None
    return SignedOut(
        f"{says.rstrip('.')}. See at https://x.com whether the account is in order, and at {CONSOLE} "
        "whether the app is. If both are, change the post."
    )


# --- the publisher ------------------------------------------------------------------------------

# <https://docs.x.com/x-api/media/introduction>; the length of an alt text:
# <https://docs.x.com/x-api/media/metadata-create>
PICTURES = Pictures(bytes=5_000_000, types=("image/jpeg", "image/png", "image/webp"), alt=1000)
# US dollars: <https://docs.x.com/x-api/getting-started/pricing>
PRICE, PRICE_WITH_LINK, PRICE_OF_ALT = 0.015, 0.20, 0.005
# For each one read. Posts of the account that owns the app cost a fifth, but nobody can ask which that is; and what
# is read again on the same day costs nothing, mostly: so these are the most that reading can cost.
PRICE_OF_READING = {"posts": 0.005, "users": 0.010}
# <https://github.com/twitter/twitter-text/blob/master/config/v3.json>
COUNTING = Counting(limit=280, unit="weighted", link=23, bare_links=True)
SCHEME = re.compile("https?://", re.IGNORECASE)


def price(variant: Variant) -> float:
    """What X takes for this post, in US dollars."""
    described = PRICE_OF_ALT if variant.image and variant.image.alt else 0.0
    return (PRICE_WITH_LINK if links(variant.text) else PRICE) + described


def spent(memory: Mapping[str, str], month: str) -> float:
    """The most that X has taken for reading in a month ("2026-11"), in US dollars."""
    read = _reads(memory).get(month, {})
    return sum(number * PRICE_OF_READING[kind] for kind, number in read.items())


def _reads(memory: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """How many posts and users were read, by month."""
    return dict(json.loads(memory.get("reads", "{}")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What `memory` keeps of our posts: the ids of the last ones by their keys.

    `newest` is one after which the next will come, empty where an unknown one may have come since.
    """

    ids: Mapping[str, str] = field(default_factory=dict)
    newest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An open door to one account. X knows no keys for posts, so none is repeated; `find` looks for its words."""

    door: Door = field(repr=False)
    cache: str = ""

    repeat = None
    label = None  # X lets only people do it, in the account's settings.

    def whoami(self) -> str:
        """The number of the account, which stays when its handle changes.

        X takes money for telling it, and keys belong to one account for ever: so the same keys ask once only,
        and `look` always. Where X has taken them back, the next call of any other kind says so.
        """
        return self.door.memory.get("id") or _id(self._me())

    def look(self) -> Standing:
        """The account's handle, and what must be done by hand; the sign-in is renewed."""
        ends = self.door.renewed()
        handle = self._me().get("username", "")
        return Standing(
            handle=f"@{handle}",
            url=f"https://x.com/{handle}",
            ends=ends,
            notes=(
                f"What the app may still spend stands at {CONSOLE}",
                f"Mark the account as automated by hand, in its settings: {LABEL_HELP}",
            ),
        )

    def prepare(self, variant: Variant, key: str, at: datetime) -> Payload:
        """The text, the picture laid ready, and the newest post before the try, for `find`."""
        self.door.learn(at)
        text = _checked(tidy(variant.text))
        media = [self._laid_ready(variant.image)] if variant.image else []
        return {"text": text, "media_ids": media, "newest": self._newest()}

    def publish(self, payload: Payload, key: str) -> Receipt:
        """Post it: <https://docs.x.com/x-api/posts/create-post>."""
        text, media = payload["text"], list(payload["media_ids"]) or None
        try:
            answer = self.door.client.create_tweet(text=text, media_ids=media, user_auth=self.door.signs)
        except Uncertain:
            with suppress(HandbillError):  # what we remember must not change what is known of the post
                self._keep(replace(self._sent(), newest=""))
            raise
        return self._noted(_id(answer["data"]), key)

    def find(self, payload: Payload, key: str) -> Receipt | None:
        """The post with these words that came after the try began, if it is not known as another's."""
        wanted, known = _plain(payload["text"]), self._sent().ids
        if key in known:
            return _receipt(known[key])
        for post in self._posts_since(payload["newest"]):
            if _id(post) not in known.values() and _plain(_as_written(post)) == wanted:
                return self._noted(_id(post), key)
        return None

    def recent(self, after: str) -> list[Said]:
        """The account's newest posts; `after` "" costs the price of up to 40."""
        page = self._timeline(max_results=40, since_id=after or None, tweet_fields=["created_at", "entities"])
        said = [_as_said(post) for post in page]
        newest = [self._sent().newest, after, *(one.receipt.id for one in said)]
        self._keep(replace(self._sent(), newest=max(newest, key=lambda id: int(id or 0))))
        return said

    def delete(self, receipt: Receipt) -> None:
        """Take a post away; one that is already gone is no error."""
        answer = self.door.client.delete_tweet(receipt.id, user_auth=self.door.signs)
        if as_object(answer.get("data")).get("deleted") is False:
            raise TryLater("X has not deleted it")

    def _me(self) -> dict[str, Any]:
        me = as_object(self.door.client.get_me(user_auth=self.door.signs).get("data"))
        if not _id(me):
            raise TryLater("X did not say whose account this is")
        self.door.memory["id"] = _id(me)
        self._count("users", 1)
        return dict(me)

    def _newest(self) -> str:
        """The id after which the next post will come; X takes money for looking."""
        if newest := self._sent().newest:
            return newest
        return max((_id(post) for post in self._timeline(max_results=5)), key=int, default="")

    def _posts_since(self, id: str) -> Iterator[Mapping[str, Any]]:
        more: str | None = ""
        while more is not None:
            page = self._page(
                max_results=100, since_id=id or None, tweet_fields=["entities"], pagination_token=more or None
            )
            yield from _posts(page)
            more = as_object(page.get("meta")).get("next_token")

    def _timeline(self, **asked: Any) -> list[Mapping[str, Any]]:
        return _posts(self._page(**asked))

    def _page(self, **asked: Any) -> dict[str, Any]:
        """A page of the account's own posts, the newest first: <https://docs.x.com/x-api/users/get-posts>."""
        given = {"exclude": ["replies", "retweets"], "user_auth": self.door.signs, **asked}
        page = dict(self.door.client.get_users_tweets(self.whoami(), **given))
        self._count("posts", len(_posts(page)))
        return page

    def _count(self, kind: str, number: int) -> None:
        """Add to what was read this month; three months are kept."""
        if number and (month := self.door.month()):
            reads = _reads(self.door.memory)
            this = reads.get(month, {"posts": 0, "users": 0})
            reads[month] = {**this, kind: this[kind] + number}
            self.door.memory["reads"] = json.dumps(dict(sorted(reads.items())[-3:]))

    def _laid_ready(self, image: Image) -> str:
        """The id of a picture at X: <https://docs.x.com/x-api/media/quickstart/media-upload-chunked>."""
        picture, deadline, at = of_post(image, PICTURES, NAME, self.cache), Deadline(AN_UPLOAD, NAME), "/2/media/upload"
        ask, content = partial(self.door.ask, deadline), picture.bytes
        file = {"media_type": picture.mime, "total_bytes": len(content), "media_category": "tweet_image"}
        id = _id(ask("POST", f"{at}/initialize", json=file))
        if not id:
            raise TryLater("X did not take the picture; nothing was posted")
        for number, start in enumerate(range(0, len(content), PIECE)):
            piece = {"media": ("picture", content[start : start + PIECE], picture.mime)}
            ask("POST", f"{at}/{id}/append", data={"segment_index": str(number)}, files=piece)
        self._wait_for(id, ask("POST", f"{at}/{id}/finalize"), deadline)
        if image.alt:
            ask("POST", "/2/media/metadata", json={"id": id, "metadata": {"alt_text": {"text": image.alt}}})
        return id

    def _wait_for(self, id: str, picture: Mapping[str, Any], deadline: Deadline) -> None:
        waited, work = 0.0, as_object(picture.get("processing_info"))
        while work.get("state") in {"pending", "in_progress"}:
            pause = max(1.0, float(work.get("check_after_secs") or 1))
            if (waited := waited + pause) > PATIENCE:
                raise TryLater("X is still busy with the picture; nothing was posted", int(pause))
            deadline.wait(pause)
            asked = {"command": "STATUS", "media_id": id}
            picture = self.door.ask(deadline, "GET", "/2/media/upload", params=asked)
            work = as_object(picture.get("processing_info"))
        if work.get("state") == "failed":
            raise Refused("X cannot use this picture. Save it anew, or take another.")

    def _noted(self, id: str, key: str) -> Receipt:
        """The receipt of a post, which is remembered."""
        with suppress(HandbillError):  # the post is up, whatever becomes of our memory of it
            ids = dict([*self._sent().ids.items(), (key, id)][-20:])
            self._keep(Sent(ids=ids, newest=max(ids.values(), key=int)))
        return _receipt(id)

    def _sent(self) -> Sent:
        kept = json.loads(self.door.memory.get("sent", "{}"))
        return Sent(ids=kept.get("ids") or {}, newest=kept.get("newest") or "")

    def _keep(self, sent: Sent) -> None:
        self.door.memory["sent"] = json.dumps(asdict(sent))


def _receipt(id: str) -> Receipt:
    return Receipt(id=id, url=f"https://x.com/i/web/status/{id}")


def _checked(text: str) -> str:
    if not fits(text, COUNTING):
        raise Refused(f"the text counts {measure(text, COUNTING)} at X, which takes {COUNTING.limit}. Shorten it.")
    # <https://github.com/twitter/twitter-text/blob/master/js/src/regexp/invalidChars.js>
    if re.search("[\ud800-\udfff\ufffe\ufeff\uffff]", text):
        raise Refused("the text holds a character that is none, or half of one. Type that place anew.")
    return text


# An id of X has 64 bits: <https://docs.x.com/fundamentals/x-ids>.
NUMBER = re.compile("[0-9]{1,20}")


def _id(data: Any) -> str:
    """The number of a post, a picture or an account; empty if there is none."""
    id = str(data.get("id", "")) if isinstance(data, dict) else ""
    return id if NUMBER.fullmatch(id) else ""


def _posts(page: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The posts of a page, each with its id."""
    return [post for post in as_objects(page.get("data")) if _id(post)]


def _as_said(post: Mapping[str, Any]) -> Said:
    """A post that stands there."""
    at = instant(post.get("created_at"))
    if at is None:
        raise TryLater("X did not say when its posts were made")
    return Said(receipt=_receipt(_id(post)), text=_as_written(post), at=at)


def _as_written(post: Mapping[str, Any]) -> str:
    """A post's text as it was sent: X shortens links, adds one for a picture, and escapes three signs.
    <https://docs.x.com/x-api/fundamentals/data-dictionary>
    """
    text = unescape(str(post.get("text", "")))
    for link in as_objects(as_object(post.get("entities")).get("urls")):
        target = str(link.get("expanded_url") or link.get("url"))
        is_picture = "media_key" in link or f"/status/{post['id']}/" in target
        text = text.replace(str(link.get("url")), "" if is_picture else target)
    return text.strip()


def _plain(text: str) -> str:
    """A text to be compared: X adds a scheme to a link that has none, and trims."""
    return " ".join(SCHEME.sub("", tidy(text)).split())


def connect(answers: Answers, memory: Memory) -> Account:
    """A door to the account in `answers`; nothing is asked of X before the first call.

    With all four keys it signs in by OAuth 1.0a, else with a client_id by OAuth 2.0.
    """
    return Account(door=Door(answers, memory), cache=answers.get("cache", ""))


# --- connecting -----------------------------------------------------------------------------------

PIN = Field(name="pin", help="the PIN that the page shows then", example="1234567")


def begin(told: Answers) -> Begun:
    """Name the page on which a person gives the app a key to an account, and is shown a PIN.

    <https://docs.x.com/fundamentals/authentication/oauth-1-0a/pin-based-oauth>
    """
    server = address(told.get("server") or API, API)
    app = [told[name].strip() for name in KEYS[:2]]
    token, secret = _exchanged(f"{server}/oauth/request_token", *app, callback_uri="oob")
    page = f"{server}/oauth/authorize?{urlencode({'oauth_token': token})}"
    kept = {**dict(zip(KEYS, app, strict=False)), "server": server, "token": token, "secret": secret}
    return Begun(page=page, site=NAME, kept=kept)


def finish(kept: Answers, code: str) -> dict[str, str]:
    """The four keys of OAuth 1.0a that X gives for the PIN it has shown."""
    app = [kept[name] for name in KEYS[:2]]
    given = {"resource_owner_key": kept["token"], "resource_owner_secret": kept["secret"], "verifier": code.strip()}
    return dict(zip(KEYS, (*app, *_exchanged(f"{kept['server']}/oauth/access_token", *app, **given)), strict=True))


def _exchanged(url: str, *app: str, **given: str) -> tuple[str, str]:
    """The token and its secret that X gives for what the app knows."""
    _tweepy()
    from oauthlib.oauth1 import Client  # type: ignore[import-untyped, unused-ignore]

    _, headers, _ = Client(*app, **given).sign(url, "POST")
    answer = call("POST", url, headers=headers, repeatable=True)
    if answer.status in {400, 401, 403}:
        what = "this PIN" if "verifier" in given else "this API key and its secret"
        raise SignedOut(
            f"X does not take {what}, or this computer's clock is wrong. See {CONSOLE}, and start again."
        ) from Diagnosis(f"{answer.host} answered {answer.status}")
    found = dict(parse_qsl(answer.checked(who=NAME).body.decode("ascii", "replace")))
    if "oauth_token" not in found or "oauth_token_secret" not in found:
        raise meaning(answer, "Start again.")
    return found["oauth_token"], found["oauth_token_secret"]


def _optional(name: str, help: str, *, example: str = "", secret: bool = False) -> Field:
    return Field(name=name, help=help, example=example, secret=secret, required=False)


FOR_THE_APP = (
    _optional("api_key", f"the app's API key, from {CONSOLE}", secret=True),
    _optional("api_secret", "the app's API key secret, shown with it", secret=True),
)

NETWORK = Network(
    name="x",
    label=NAME,
    counting=COUNTING,
    share=share,
    # One or two are advised: <https://help.x.com/en/using-x/how-to-use-hashtags>.
    hashtags=2,
    entities=entities,
    may_mention=0,
    mention_rule="https://docs.x.com/developer-guidelines",
    label_page=LABEL_HELP,
    connect=connect,
    client="tweepy",
    sign_in=SignIn(
        asks=tuple(replace(asked, required=True) for asked in FOR_THE_APP), code=PIN, begin=begin, finish=finish
    ),
    pictures=PICTURES,
    price=price,
    reading_cost=spent,
    fields=(
        *FOR_THE_APP,
        _optional("access_token", "the account's access token for that app", secret=True),
        _optional("access_secret", "the access token's secret, shown with it", secret=True),
        _optional("client_id", "instead of these four keys: the app's OAuth 2.0 client ID", example="UkdHd0lXZ1FfbWZz"),
        _optional("client_secret", "its secret, if the app has one", secret=True),
        _optional("refresh_token", "the first OAuth 2.0 refresh token", secret=True),
        _optional("mentions", '"yes" if your X plan lets automated posts mention somebody', example="yes"),
        _optional("server", "another server than X's own, to try things out", example="http://127.0.0.1:8977"),
    ),
)
