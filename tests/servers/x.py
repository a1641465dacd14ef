"""A stateful server that speaks X's API v2 as far as posting needs it.

Start it:  python -m tests.servers x --port 8977
Its app:   consumer key x-consumer-key, consumer secret x-consumer-secret,
           client id x-client-id, client secret x-client-secret
Its users: @campaign (token 1001-campaign-token, secret campaign-token-secret; OAuth 2.0: campaign-access,
           campaign-refresh) and @other, named alike
It checks OAuth 1.0a signatures (made for this address or for X's own), timestamps and nonces, bearer
tokens and their scopes; counts as X counts; refuses what the documentation says that X refuses.

  POST /2/tweets   DELETE /2/tweets/:id   GET /2/users/me   GET /2/users/:id/tweets
  POST /2/media/upload   /2/media/upload/initialize, /:id/append, /:id/finalize
  GET /2/media/upload?command=STATUS&media_id=…   POST /2/media/metadata
  /oauth/request_token, /oauth/authorize, /oauth/access_token
  /i/oauth2/authorize, /2/oauth2/token, /2/oauth2/revoke, /oauth2/token

Steer it with JSON:
  GET    /_control            users with their tokens, settings, what was spent, why callers were refused
  GET    /_control/posts      what was posted: texts as they came, media with their alt texts
  POST   /_control/settings   {"credits": 0, ...}; the names are those that GET /_control shows
  POST   /_control/fail       {"status": 503, "times": 1, "method": "POST", "path": "/2/tweets", "after": false}
  DELETE /_control/fail       no more of these
  POST   /_control/revoke     {"token": "…"}, or {} for all tokens
  POST   /_control/expire     every OAuth 2.0 access token is past its time
  POST   /_control/users      {"username": "…", "state": "active" | "suspended" | "locked"}: a new user, or a change
  POST   /_control/reset      as at the start

Not imitated: replies and quotes beyond a yes or no; polls, places, communities, edits, long posts; other people's
timelines; videos looked into; card previews; the wait before a repeated text is allowed again, which X does not
publish (here: while the first is not deleted); when X takes money for a refused request (here: never). Entities are
counted in the text as answered, with &amp; for &. Texts of errors are X's only where its users report them. Counting
and finding links is Handbill's own, so no proof of these.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import formatdate
from functools import partial
from html import escape
from time import time
from typing import Any

from bot.core.links import links
from bot.core.measure import fits, tidy
from bot.core.network import Counting
from tests.servers.failing import Failure, Failures
from tests.servers.serving import Answer, Request, Served, as_json, options, serve_until_told
from tests.servers.x_media import Media, Shelf
from tests.servers.x_people import Caller, People, User
from tests.servers.x_problems import DUPLICATE, BadField, Problem, Unsigned, usual

# <https://github.com/twitter/twitter-text/blob/master/config/v3.json>
COUNTING = Counting(limit=280, unit="weighted", link=23, bare_links=True)
MENTION = re.compile(r"(?<![\w@])@\w{1,15}", re.ASCII)
CASHTAG = re.compile(r"(?<!\S)\$[A-Za-z]{1,6}(?!\w)")
# <https://docs.x.com/x-api/posts/create-post>
FIELDS = {
    *("text", "media", "reply", "quote_tweet_id", "poll", "geo", "reply_settings", "for_super_followers_only"),
    *("direct_message_deep_link", "nullcast", "community_id", "card_uri", "share_with_followers", "edit_options"),
    *("made_with_ai", "paid_partnership"),
}
NOT_HERE = FIELDS - {"text", "media", "reply", "quote_tweet_id", "reply_settings", "made_with_ai", "paid_partnership"}
TWEET_FIELDS = {"id", "text", "created_at", "author_id", "entities", "attachments", "edit_history_tweet_ids", "lang"}
TWEET_FIELDS |= {"note_tweet", "source", "conversation_id", "public_metrics", "reply_settings", "referenced_tweets"}
USER_FIELDS = {"id", "name", "username", "created_at", "description", "verified", "protected", "url"}
MEDIA_FIELDS = {"media_key", "type", "alt_text", "url", "width", "height"}
TIMELINE = {
    *("max_results", "since_id", "until_id", "pagination_token", "tweet.fields", "expansions", "media.fields"),
    *("user.fields", "start_time", "end_time", "exclude"),
}
WINDOW, DAY = 900, 24 * 3600
# <https://docs.x.com/x-api/fundamentals/rate-limits>
LIMITS = {"POST /2/tweets": 100, "DELETE /2/tweets": 50, "GET /2/users/tweets": 900, "GET /2/users/me": 75}
# US dollars: <https://docs.x.com/x-api/getting-started/pricing>
PRICES = {
    "POST /2/tweets": "0.015",
    "POST /2/tweets with URL": "0.20",
    "DELETE /2/tweets": "0.010",
    "POST /2/media/metadata": "0.005",
    "a post read": "0.005",
    "an own post read": "0.001",
    "a user read": "0.010",
}
# The first day of X's numbers.
EPOCH = 1288834974657


@dataclass(slots=True, kw_only=True)
class Settings:
    """What a person or a test may change while the server runs.

    credits: dollars left, None for enough. capped: the status of a spent usage cap, 403 or 429, 0 for none.
    enrolled: the app may use the API. may_write: the app may write with OAuth 1.0a. mentions, replies, quotes:
    whether automated posts may. clock: seconds that the server's clock is ahead. access_seconds: life of an
    OAuth 2.0 access token. limits: requests in 15 minutes for each user. user_posts, app_posts: posts in 24 hours
    for each user, and for the app; None: no answer tells of it. owned: the app belongs to whoever asks, so reading
    one's own posts is cheaper. media_polls, media_fails, check_after: how media are worked on. too_long: the status
    for a text over 280, as reports differ.
    """

    credits: float | None = None
    capped: int = 0
    enrolled: bool = True
    may_write: bool = True
    mentions: bool = False
    replies: bool = False
    quotes: bool = False
    clock: float = 0
    access_seconds: float = 7200
    limits: dict[str, int] = field(default_factory=LIMITS.copy)
    user_posts: int | None = None
    app_posts: int | None = None
    owned: bool = False
    media_polls: int = 0
    media_fails: bool = False
    check_after: int = 0
    too_long: int = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post; `sent` is its text as it came, `text` as X gives it back."""

    id: str
    user: User
    at: float
    sent: str
    text: str
    urls: tuple[dict[str, object], ...] = ()
    media: tuple[Media, ...] = ()
    reply_to: str = ""


class X:
    """The server. Its attributes may be read and changed by tests; `posts` holds those not deleted, by id."""

    def __init__(self, clock: Callable[[], float] = time) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        """As at the start."""
        self.settings = Settings()
        self.failures = Failures(self._failed)
        self.posts: dict[str, Post] = {}
        self.deleted: list[str] = []
        self.charged: list[tuple[str, Decimal]] = []
        self.refused: list[str] = []
        self._windows: dict[tuple[str, ...], tuple[float, int]] = {}
        self._read: set[tuple[str, str, int]] = set()
        self._last_id = 0
        self._links = 0
        self.people = People(self.now)
        self.shelf = Shelf(self.now, self._new_id)
        self.campaign, self.other = self.people.add("campaign", "The Campaign"), self.people.add("other")

    def now(self) -> float:
        """The server's clock."""
        return self._clock() + self.settings.clock

    @property
    def spent(self) -> Decimal:
        """Dollars."""
        return sum((cost for _, cost in self.charged), Decimal(0))

    def fail(self, status: int, **more: Any) -> None:
        """The next answer fails, as fail(503, times=2, method="POST", path="/2/tweets", after=True)."""
        self.failures.add(Failure(status=status, **more))

    def _failed(self, status: int) -> Answer:
        """The answer for a failure on demand; a limit says when it ends."""
        answer, limit = usual(status), str(self.settings.limits["POST /2/tweets"])
        if status != 429:
            return answer
        reset = {"x-rate-limit-reset": str(int(self.now()) + WINDOW), "x-rate-limit-limit": limit}
        return replace(answer, headers={**answer.headers, **reset, "x-rate-limit-remaining": "0"})

    def change(self, **settings: Any) -> None:
        """Change settings by name."""
        for name, value in settings.items():
            if name not in {known.name for known in fields(Settings)}:
                raise ValueError(f"no setting is called {name!r}")
            setattr(self.settings, name, {**self.settings.limits, **value} if name == "limits" else value)
        self.people.access_seconds = self.settings.access_seconds
        self.shelf.polls, self.shelf.fails = self.settings.media_polls, self.settings.media_fails
        self.shelf.check_after = self.settings.check_after

    # --- an answer ------------------------------------------------------------------------------

    def answer(self, request: Request) -> Answer:
        """One at a time."""
        with self._lock:
            if request.path == "/_control" or request.path.startswith("/_control/"):
                return self._control(request)
            answer = self._answer_or_failure(request)
            return replace(answer, headers={"Date": formatdate(self.now(), usegmt=True), **answer.headers})

    def _answer_or_failure(self, request: Request) -> Answer:
        failure = self.failures.take(request)
        if failure and not failure.after:
            return self.failures.shown(failure)
        answer = self._answer_or_problem(request)
        return self.failures.shown(failure) if failure else answer

    def _answer_or_problem(self, request: Request) -> Answer:
        try:
            return self._route(request)
        except Problem as problem:
            if isinstance(problem, Unsigned):
                self.refused.append(f"{request.method} {request.path}: {problem.why}")
            return problem.answer()

    def _route(self, request: Request) -> Answer:
        for method, path, act in self._open_routes():
            if request.method in method and request.path == path:
                return act(request)
        caller = self.people.caller(request)
        for name, path, act_for in self._routes():
            method, _, _ = name.partition(" ")
            if request.method == method and (found := re.fullmatch(path, request.path)):
                return self._within_limits(name, caller, partial(act_for, caller, request, *found.groups()))
        raise Problem(404, f"There is no {request.method} {request.path} here.", "resource-not-found")

    def _open_routes(self) -> Iterator[tuple[str, str, Callable[[Request], Answer]]]:
        people = self.people
        yield "GET POST", "/oauth/request_token", people.request_token
        yield "GET POST", "/oauth/authorize", people.approve_old
        yield "GET POST", "/oauth/authenticate", people.approve_old
        yield "GET POST", "/oauth/access_token", people.access_token
        yield "GET POST", "/i/oauth2/authorize", people.authorize
        yield "POST", "/2/oauth2/token", people.token
        yield "POST", "/2/oauth2/revoke", people.revoke_asked
        yield "POST", "/oauth2/token", people.app_token

    def _routes(self) -> Iterator[tuple[str, str, Callable[..., Answer]]]:
        yield "POST /2/tweets", "/2/tweets", self._create
        yield "DELETE /2/tweets", r"/2/tweets/(\d+)", self._delete
        yield "GET /2/users/me", "/2/users/me", self._me
        yield "GET /2/users/tweets", r"/2/users/(\d+)/tweets", self._timeline
        yield "POST /2/media/upload", "/2/media/upload", self._upload
        yield "POST /2/media/initialize", "/2/media/upload/initialize", self._initialize
        yield "POST /2/media/append", r"/2/media/upload/(\d+)/append", self._append
        yield "POST /2/media/finalize", r"/2/media/upload/(\d+)/finalize", self._finalize
        yield "GET /2/media/upload", "/2/media/upload", self._status
        yield "POST /2/media/metadata", "/2/media/metadata", self._describe

    def _within_limits(self, name: str, caller: Caller, act: Callable[[], Answer]) -> Answer:
        """The answer with the headers that say how many more there may be; or that there may be none."""
        user, most = caller.user.id if caller.user else "app", self.settings
        counts = [("x-rate-limit", most.limits.get(name), user, WINDOW)]
        if name == "POST /2/tweets":
            counts += [("x-user-limit-24hour", most.user_posts, user, DAY)]
            counts += [("x-app-limit-24hour", most.app_posts, "app", DAY)]
        taken = [
            self._taken(prefix, limit, (name, prefix, who), seconds)
            for prefix, limit, who, seconds in counts
            if limit is not None
        ]
        headers = {header: value for told, _ in taken for header, value in told.items()}
        try:
            if any(is_over for _, is_over in taken):
                raise Problem(429, "Too Many Requests", "rate-limit-exceeded")
            answer = act()
        except Problem as problem:
            problem.headers = headers
            raise
        return replace(answer, headers={**answer.headers, **headers})

    def _taken(self, prefix: str, limit: int, key: tuple[str, ...], seconds: int) -> tuple[dict[str, str], bool]:
        """Take one from what may be asked in so many seconds: the headers of that, and whether there was none left."""
        start, taken = self._windows.get(key, (self.now(), 0))
        if self.now() >= start + seconds:
            start, taken = self.now(), 0
        self._windows[key] = start, min(taken + 1, limit)
        headers = {
            f"{prefix}-limit": str(limit),
            f"{prefix}-remaining": str(max(0, limit - taken - 1)),
            f"{prefix}-reset": str(int(start) + seconds),
        }
        return headers, taken >= limit

    # --- what may be asked ----------------------------------------------------------------------

    def _create(self, caller: Caller, request: Request) -> Answer:
        user = caller.of_user("tweet.read", "tweet.write", "users.read")
        self._check_access(caller, user, writes=True)
        given = self._post_asked(request)
        text = tidy(given.get("text") or "").strip()
        price = "POST /2/tweets with URL" if links(text) else "POST /2/tweets"
        self._check_credits(price)
        media = [self.shelf.usable(id, user) for id in self._media_ids(given)]
        self._check_text(text, user, bool(media))
        self._check_automation(given, text, user)
        post = self._posted(user, given, text, media)
        self._charge(price)
        data = {"id": post.id, "text": post.text, "edit_history_tweet_ids": [post.id]}
        return as_json({"data": data}, 201)

    def _delete(self, caller: Caller, request: Request, id: str) -> Answer:
        user = caller.of_user("tweet.read", "tweet.write", "users.read")
        self._check_access(caller, user, writes=True)
        self._check_credits("DELETE /2/tweets")
        post = self.posts.get(id)
        if post is None:
            raise Problem(404, f"There is no post with the id {id}.", "resource-not-found")
        if post.user is not user:
            raise Problem(403, "This post belongs to somebody else.", "not-authorized-for-resource")
        del self.posts[id]
        self.deleted.append(id)
        self._charge("DELETE /2/tweets")
        return as_json({"data": {"deleted": True}})

    def _me(self, caller: Caller, request: Request) -> Answer:
        user = caller.of_user("tweet.read", "users.read")
        self._check_access(caller, user)
        self._check_credits("a user read")
        asked = self._asked_fields(request, "user.fields", USER_FIELDS)
        self._charge_read("a user read", user.id)
        shown = {"id": user.id, "name": user.name, "username": user.username}
        more = {"created_at": _iso(self._clock()), "description": "", "verified": False, "protected": False, "url": ""}
        return as_json({"data": shown | {name: value for name, value in more.items() if name in asked}})

    def _timeline(self, caller: Caller, request: Request, id: str) -> Answer:
        if caller.user:
            self._check_access(caller, caller.of_user("tweet.read", "users.read"))
        if id not in self.people.users:
            raise Problem(404, f"There is no user with the id {id}.", "resource-not-found")
        for name in request.query.keys() - TIMELINE:
            raise BadField(name, request.query[name], f"[{name}] is not known here")
        price = "an own post read" if self.settings.owned and caller.user and caller.user.id == id else "a post read"
        self._check_credits(price)
        page, more = self._page(request.query, id)
        for post in page:
            self._charge_read(price, post.id)
        asked = self._asked_fields(request, "tweet.fields", TWEET_FIELDS)
        answer: dict[str, object] = {"meta": self._meta(page, more)}
        if page:
            answer["data"] = [self._shown(post, asked) for post in page]
        if "attachments.media_keys" in request.query.get("expansions", "").split(","):
            shown = self._asked_fields(request, "media.fields", MEDIA_FIELDS)
            answer["includes"] = {"media": [_media(media, shown) for post in page for media in post.media]}
        return as_json(answer)

    def _upload(self, caller: Caller, request: Request) -> Answer:
        return self.shelf.upload(self._uploader(caller), request)

    def _initialize(self, caller: Caller, request: Request) -> Answer:
        return self.shelf.initialize(self._uploader(caller), request)

    def _append(self, caller: Caller, request: Request, id: str) -> Answer:
        return self.shelf.append(self._uploader(caller), id, request)

    def _finalize(self, caller: Caller, request: Request, id: str) -> Answer:
        return self.shelf.finalize(self._uploader(caller), id)

    def _status(self, caller: Caller, request: Request) -> Answer:
        return self.shelf.status(self._uploader(caller), request)

    def _describe(self, caller: Caller, request: Request) -> Answer:
        user = self._uploader(caller)
        self._check_credits("POST /2/media/metadata")
        answer = self.shelf.describe(user, request)
        self._charge("POST /2/media/metadata")
        return answer

    def _uploader(self, caller: Caller) -> User:
        user = caller.of_user("media.write")
        self._check_access(caller, user, writes=True)
        return user

    # --- reasons to refuse ----------------------------------------------------------------------

    def _check_access(self, caller: Caller, user: User, *, writes: bool = False) -> None:
        if not self.settings.enrolled:
            more = {"reason": "client-not-enrolled", "client_id": self.people.app.client_id}
            why = "This app is not permitted to perform this action."
            raise Problem(403, why, "client-forbidden", title="Client Forbidden", **more)
        if writes and caller.scopes is None and not self.settings.may_write:
            why = "The app lacks the OAuth 1.0a permission to write."
            raise Problem(403, why, "oauth1-permissions")
        if user.state == "suspended":
            raise Problem(403, "This account is suspended and not permitted to perform this action.")
        if user.state == "locked":
            raise Problem(403, "This account is temporarily locked. Log in at x.com to unlock it.")
        if self.settings.capped:
            why, title = "The usage cap is exceeded.", "UsageCapExceeded"
            raise Problem(self.settings.capped, why, "usage-capped", title=title, period="Monthly")

    def _check_credits(self, price: str) -> None:
        if self.settings.credits is not None and Decimal(str(self.settings.credits)) < Decimal(PRICES[price]):
            why = "The account has no credits left for this request."
            raise Problem(402, why, "credits", title="CreditsDepleted", account_id=int(self.campaign.id))

    def _post_asked(self, request: Request) -> dict[str, Any]:
        try:
            given = request.json()
        except ValueError:
            raise Problem(400, "The body is not JSON.", "invalid-request") from None
        if not isinstance(given, dict):
            raise Problem(400, "The body is not a JSON object.", "invalid-request")
        for name in given.keys() - FIELDS:
            raise BadField(name, given[name], f"[{name}] is not known here")
        for name in given.keys() & NOT_HERE:
            raise BadField(name, given[name], f"[{name}] is not imitated by this test server")
        if not isinstance(given.get("text", ""), str) or re.search("[\ud800-\udfff]", given.get("text", "")):
            raise BadField("text", "", "must be a text of whole letters")
        return given

    def _media_ids(self, given: dict[str, Any]) -> list[str]:
        if "media" not in given:
            return []
        media = given["media"]
        if not isinstance(media, dict) or media.keys() - {"media_ids", "tagged_user_ids"}:
            raise BadField("media", media, "must hold media_ids only")
        ids = media.get("media_ids")
        if not isinstance(ids, list) or not 1 <= len(ids) <= 4:
            raise BadField("media.media_ids", ids, "must hold 1 to 4 ids")
        if not all(isinstance(id, str) and re.fullmatch(r"\d{1,19}", id) for id in ids):
            raise BadField("media.media_ids", ids, "an id is a text of digits")
        return ids

    def _check_text(self, text: str, user: User, has_media: bool) -> None:
        if not text and not has_media:
            raise BadField("text", text, "a post has a text or media")
        if not fits(text, COUNTING) or any(letter in text for letter in "\ufffe\ufeff\uffff"):
            raise Problem(self.settings.too_long, "Your Tweet text is too long.")
        if text and any(post.user is user and post.sent == text for post in self.posts.values()):
            raise Problem(403, DUPLICATE)

    def _check_automation(self, given: dict[str, Any], text: str, user: User) -> None:
        """What X no longer takes from an app: <https://docs.x.com/changelog>."""
        reply = given.get("reply") or {}
        if not isinstance(reply, dict) or reply.keys() - {"in_reply_to_tweet_id", "exclude_reply_user_ids"}:
            raise BadField("reply", reply, "must hold in_reply_to_tweet_id")
        first = self.posts.get(str(reply.get("in_reply_to_tweet_id", "")))
        if reply and not self.settings.replies and (first is None or first.user is not user):
            raise Problem(403, "Reply to this conversation is not allowed for this app.")
        if given.get("quote_tweet_id") and not self.settings.quotes:
            raise Problem(403, "Quoting is not allowed for this app.")
        if MENTION.search(text) and not self.settings.mentions:
            raise Problem(403, "Mentions are not allowed for this app.")
        if len(CASHTAG.findall(text)) > 1:
            raise Problem(403, "At most one cashtag is allowed for this app.")

    # --- posts ----------------------------------------------------------------------------------

    def _posted(self, user: User, given: dict[str, Any], text: str, media: list[Media]) -> Post:
        id = self._new_id()
        shown, urls = self._with_short_links(text)
        if media:
            to = f"https://x.com/{user.username}/status/{id}/photo/1"
            short = self._short_link()
            shown += f"{' ' if shown else ''}{short}"
            urls += [_url(shown, short, to) | {"media_key": one.key} for one in media]
        reply_to = str((given.get("reply") or {}).get("in_reply_to_tweet_id", ""))
        kept: dict[str, Any] = {"urls": tuple(urls), "media": tuple(media), "reply_to": reply_to}
        self.posts[id] = Post(id=id, user=user, at=self.now(), sent=text, text=shown, **kept)
        return self.posts[id]

    def _with_short_links(self, text: str) -> tuple[str, list[dict[str, object]]]:
        """The text as X gives it back, and where its links are and lead."""
        shown, urls, at = "", [], 0
        for start, end in links(text):
            short, target = self._short_link(), text[start:end]
            shown += escape(text[at:start], quote=False) + short
            urls.append(_url(shown, short, target if "://" in target else "http://" + target))
            at = end
        return shown + escape(text[at:], quote=False), urls

    def _short_link(self) -> str:
        self._links += 1
        return f"https://t.co/{self._links:010}"

    def _page(self, query: dict[str, str], user: str) -> tuple[list[Post], bool]:
        size = query.get("max_results", "10")
        if not size.isdecimal() or not 5 <= int(size) <= 100:
            raise BadField("max_results", size, "must be a number from 5 to 100")
        after, before = _id(query, "since_id", 0), _id(query, "until_id", 1 << 63)
        before = min(before, _id(query, "pagination_token", 1 << 63))
        left_out = set(filter(None, query.get("exclude", "").split(",")))
        for unknown in left_out - {"replies", "retweets"}:
            raise BadField("exclude", unknown, "must be replies, retweets, or both")
        found = [post for post in self.posts.values() if post.user.id == user and after < int(post.id) < before]
        found = [post for post in found if not (post.reply_to and "replies" in left_out)]
        found.sort(key=lambda post: int(post.id), reverse=True)
        return found[: int(size)], len(found) > int(size)

    def _meta(self, page: list[Post], more: bool) -> dict[str, object]:
        meta: dict[str, object] = {"result_count": len(page)}
        if page:
            meta |= {"newest_id": page[0].id, "oldest_id": page[-1].id}
        return meta | ({"next_token": page[-1].id} if more else {})

    def _shown(self, post: Post, asked: set[str]) -> dict[str, object]:
        shown: dict[str, object] = {"id": post.id, "text": post.text, "edit_history_tweet_ids": [post.id]}
        more: dict[str, object] = {"created_at": _iso(post.at), "author_id": post.user.id, "conversation_id": post.id}
        if post.urls:
            more["entities"] = {"urls": list(post.urls)}
        if post.media:
            more["attachments"] = {"media_keys": [media.key for media in post.media]}
        return shown | {name: value for name, value in more.items() if name in asked}

    def _asked_fields(self, request: Request, name: str, known: set[str]) -> set[str]:
        asked = set(filter(None, request.query.get(name, "").split(",")))
        for unknown in asked - known:
            raise BadField(name, unknown, f"[{unknown}] is not known here")
        return asked

    def _charge(self, price: str) -> None:
        cost = Decimal(PRICES[price])
        self.charged.append((price, cost))
        if self.settings.credits is not None:
            self.settings.credits = float(Decimal(str(self.settings.credits)) - cost)

    def _charge_read(self, price: str, id: str) -> None:
        """What is read again on the same day is not charged again."""
        this = price, id, int(self.now()) // DAY
        if this not in self._read:
            self._read.add(this)
            self._charge(price)

    def _new_id(self) -> str:
        self._last_id = max(self._last_id + 1, (int(self.now() * 1000) - EPOCH) << 22)
        return str(self._last_id)

    # --- control --------------------------------------------------------------------------------

    def _control(self, request: Request) -> Answer:
        try:
            return self._steered(request.method, request.path.removeprefix("/_control").strip("/"), request)
        except (TypeError, ValueError) as error:
            return as_json({"error": str(error)}, 400)

    def _steered(self, method: str, what: str, request: Request) -> Answer:
        given = (json.loads(request.body) if request.body else {}) if method == "POST" else {}
        match method, what:
            case "GET", "posts":
                return as_json([_posted_as(post) for post in self.posts.values()])
            case "GET", "":
                pass
            case "POST", "settings":
                self.change(**given)
            case "POST", "fail":
                self.fail(**given)
            case "DELETE", "fail":
                self.failures.coming.clear()
            case "POST", "revoke":
                self.people.revoke(**given)
            case "POST", "expire":
                self.people.expire()
            case "POST", "users":
                self._change_user(**given)
            case "POST", "reset":
                self.reset()
            case _:
                return as_json({"error": "GET /_control shows what there is"}, 404)
        return as_json(self._state())

    def _change_user(self, username: str, state: str = "active") -> None:
        known = {user.username: user for user in self.people.users.values()}
        user = known.get(username) or self.people.add(username)
        user.state = state

    def _state(self) -> dict[str, object]:
        people = self.people
        return {
            "app": asdict(people.app),
            "users": [asdict(user) for user in people.users.values()],
            "oauth1": [[pair.user.username, pair.token, pair.secret] for pair in people.pairs.values() if pair.user],
            "oauth2": [[access.user.username, access.token] for access in people.access.values() if access.user],
            "refresh": [[user.username, token] for token, (user, _) in people.refresh.items()],
            "settings": asdict(self.settings),
            "fail": [asdict(failure) for failure in self.failures.coming],
            "spent": str(self.spent),
            "refused": self.refused,
            "posts": len(self.posts),
            "deleted": self.deleted,
        }


def _url(shown: str, short: str, target: str) -> dict[str, object]:
    """The entity of a link that stands at the end of what is shown so far."""
    bare = target.partition("://")[2]
    return {
        "start": len(shown) - len(short),
        "end": len(shown),
        "url": short,
        "expanded_url": target,
        "display_url": bare if len(bare) <= 27 else bare[:26] + "…",
    }


def _media(media: Media, asked: set[str]) -> dict[str, object]:
    shown: dict[str, object] = {"media_key": media.key, "type": "photo"}
    return shown | ({"alt_text": media.alt} if "alt_text" in asked and media.alt else {})


def _posted_as(post: Post) -> dict[str, object]:
    return {
        "id": post.id,
        "user": post.user.username,
        "at": _iso(post.at),
        "sent": post.sent,
        "text": post.text,
        "reply_to": post.reply_to,
        "media": [{"id": one.id, "type": one.type, "size": one.size, "alt": one.alt} for one in post.media],
    }


def _id(query: dict[str, str], name: str, otherwise: int) -> int:
    value = query.get(name, str(otherwise))
    if not re.fullmatch(r"\d{1,19}", value):
        raise BadField(name, value, "must be an id")
    return int(value)


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def main(args: list[str]) -> int:
    """Start by hand."""
    asked = options("x", __doc__, 8977).parse_args(args)
    return serve_until_told(Served(X(), asked.port), "x", asked)
