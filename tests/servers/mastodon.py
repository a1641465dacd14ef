"""A Mastodon server on 127.0.0.1: mastodon-mock (from PyPI, in memory) behind a thin front of ours.

Start it:  python -m tests.servers mastodon --port 8979     (pip install mastodon-mock)
Accounts:  campaign with the token mastodon-campaign-token, other with mastodon-other-token
Mastodon.py wants https for OAuth unless it is told allow_http=True.

mastodon-mock brings posts, media with descriptions, idempotency keys, accounts, the pages of OAuth, and its own
means to fail, under /api/v1/_mock/. The front adds what other servers do otherwise:
  max_characters, url_cost, max_media, description_limit, image_size_limit, mime_types: told and held to, counted as
      Mastodon counts
  idempotency: false for a server that ignores Idempotency-Key; POST /_control/forget-keys as after an hour;
      a key whose post was deleted meanwhile is answered 404
  api_versions: false for a server without them; instance_v2: false for one that knows only /api/v1/instance
  processing: media are "processing" for so many looks (202, 206), and cannot be posted until then
  headers: how the reset of the rate limit is written, "iso", "epoch" or "" for none; limit: requests in 5 minutes
  version: what the server says it is, as "takahe/0.11.0"; rules: what it asks of its users
  scopes are checked (for what Handbill needs), codes of OAuth work once, for the client that asked

Steer it with JSON:
  GET    /_control               settings, what comes, how often was posted
  GET    /_control/posts         what was posted, the newest first
  POST   /_control/settings      {"processing": 2, ...}, names as above, and "bot": whether @campaign says it is one
  POST   /_control/fail          {"status": 503, "times": 1, "method": "POST", "path": "/api/v1/media", "after": false}
  DELETE /_control/fail          no more of these
  POST   /_control/revoke        {"token": "…"}: it is no longer accepted
  POST   /_control/forget-keys   idempotency keys are too old
  POST   /_control/reset         as at the start, with the tokens from above only

Not imitated: other servers and their users, link cards (mastodon-mock makes one up), polls, moderation, streaming
through the front, images looked into, followers.
"""

import json
import logging
import re
import secrets
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from email.message import Message
from importlib.util import find_spec
from tempfile import TemporaryDirectory
from time import time
from typing import Any
from urllib.parse import urlencode

from bot.core.measure import fits
from bot.core.network import Counting
from tests.servers.failing import Failure, Failures
from tests.servers.proxy import forward
from tests.servers.serving import Answer, Request, Served, as_json, options, serve_until_told

TOKENS = {"campaign": "mastodon-campaign-token", "other": "mastodon-other-token"}
ERRORS = {
    401: "The access token is invalid",
    403: "This action is not allowed",
    404: "Record not found",
    410: "This is gone",
    422: "Validation failed",
    429: "Too many requests",
}
WINDOW = 300
# Which scopes allow what: <https://docs.joinmastodon.org/api/oauth-scopes/>.
SCOPES = (
    ("POST", "/api/v1/statuses", "write:statuses"),
    ("DELETE", "/api/v1/statuses/.*", "write:statuses"),
    ("POST", "/api/v[12]/media", "write:media"),
    ("GET", "/api/v1/accounts/verify_credentials", "read:accounts"),
    ("PATCH", "/api/v1/accounts/update_credentials", "write:accounts"),
    ("GET", "/api/v1/accounts/[0-9]+/statuses", "read:statuses"),
)


@dataclass(slots=True, kw_only=True)
class Settings:
    """What a person or a test may change while the server runs; the docstring above tells them."""

    max_characters: int = 500
    url_cost: int = 23
    max_media: int = 4
    description_limit: int = 1500
    image_size_limit: int = 16 * 1024 * 1024
    mime_types: tuple[str, ...] = ("image/jpeg", "image/png", "image/gif", "image/webp")
    idempotency: bool = True
    api_versions: bool = True
    instance_v2: bool = True
    version: str = ""
    processing: int = 0
    headers: str = "iso"
    limit: int = 300
    rules: tuple[str, ...] = ("Say who runs a bot.", "Bots post unlisted.")


@dataclass(slots=True)
class Client:
    """An app that registered, and the codes given to it: ours for the one that mastodon-mock knows."""

    secret: str
    codes: dict[str, str] = field(default_factory=dict)


class Mastodon:
    """The front. `behind`: the address of mastodon-mock; `taken`: how many requests each token made in this window."""

    def __init__(self, behind: str, clock: Callable[[], float] = time) -> None:
        self.behind = behind
        self._clock = clock
        self._lock = threading.RLock()
        self._start()

    def _start(self) -> None:
        self.settings = Settings()
        self.failures = Failures(self._failed)
        self.taken: dict[str, int] = {}
        self._window = self._clock()
        self._waiting: dict[str, int] = {}
        self._clients: dict[str, Client] = {}
        self._scopes: dict[str, set[str]] = {}
        self._age_of_keys = 0
        self._made: dict[str, str] = {}
        self.revoked: set[str] = set()

    def fail(self, status: int, **more: Any) -> None:
        """The next answer fails, as fail(503, times=2, method="POST", path="/api/v1/statuses", after=True)."""
        self.failures.add(Failure(status=status, **more))

    def change(self, **settings: Any) -> None:
        """Change settings by name."""
        bot = settings.pop("bot", None)
        for name, value in settings.items():
            if name not in {known.name for known in fields(Settings)}:
                raise ValueError(f"no setting is called {name!r}")
            setattr(self.settings, name, tuple(value) if isinstance(value, list) else value)
        if bot is not None:
            self._ask("PATCH", "/api/v1/accounts/update_credentials", bot=str(bool(bot)).lower())

    def forget_keys(self) -> None:
        """Idempotency keys are too old to be known."""
        self._age_of_keys += 1

    def posts(self, username: str = "campaign") -> list[dict[str, Any]]:
        """What an account posted, the newest first, each as the server gives it back and with its "source"."""
        me = self._ask("GET", "/api/v1/accounts/verify_credentials", username)["id"]
        found: list[dict[str, Any]] = self._ask("GET", f"/api/v1/accounts/{me}/statuses?limit=40", username)
        for post in found:
            post["source"] = self._ask("GET", f"/api/v1/statuses/{post['id']}/source", username)["text"]
        return found

    def delete(self, id: str) -> None:
        """Delete a post of @campaign, as its owner does by hand."""
        self._ask("DELETE", f"/api/v1/statuses/{id}")

    def reset(self) -> None:
        """As at the start."""
        self._ask("POST", "/api/v1/_mock/reset")
        self._start()

    def _ask(self, method: str, target: str, username: str = "campaign", **form: str) -> Any:
        return json.loads(forward(_request(method, target, TOKENS[username], form), self.behind).body)

    # --- an answer ------------------------------------------------------------------------------

    def answer(self, request: Request) -> Answer:
        """Several at once, as mastodon-mock does it."""
        if request.path == "/_control" or request.path.startswith("/_control/"):
            return self._control(request)
        with self._lock:
            failure = self.failures.take(request)
            if failure and not failure.after:
                return self.failures.shown(failure)
            refusal = self._counted(request) or self._refusal(request)
        answer = refusal or self._passed(request)
        if failure:
            answer = self.failures.shown(failure)
        return replace(answer, headers={**answer.headers, **self._limit_headers(request)})

    def _passed(self, request: Request) -> Answer:
        """Let mastodon-mock answer, and change what is to be changed."""
        asked = self._asked_instead(request)
        answer = forward(asked, self.behind)
        if answer.status not in {200, 302}:
            return answer
        with self._lock:
            for method, path, change in self._changes():
                if request.method == method and re.fullmatch(path, request.path):
                    return change(asked, answer)
        return answer

    def _changes(self) -> Iterator[tuple[str, str, Callable[[Request, Answer], Answer]]]:
        yield "GET", "/api/v[12]/instance/?", self._instance
        yield "POST", "/api/v[12]/media", self._uploaded
        yield "GET", "/api/v1/media/[0-9]+", self._looked_at
        yield "POST", "/api/v1/statuses", self._posted
        yield "POST", "/api/v1/apps", self._registered
        yield "POST", "/oauth/authorize", self._approved
        yield "POST", "/oauth/token", self._tokens_given

    def _asked_instead(self, request: Request) -> Request:
        """What mastodon-mock is asked."""
        headers = request.headers
        if key := headers.get("Idempotency-Key"):
            del headers["Idempotency-Key"]
            if self.settings.idempotency:
                headers["Idempotency-Key"] = f"{key} {self._age_of_keys}"
        if request.method == "POST" and request.path == "/oauth/token":
            given = _given(request)
            client = self._clients.get(str(given.get("client_id")))
            given["code"] = client.codes.pop(str(given.get("code")), "") if client else ""
            del headers["Content-Type"]
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            return replace(request, body=urlencode(given, doseq=True).encode())
        return request

    # --- refusals -------------------------------------------------------------------------------

    def _refusal(self, request: Request) -> Answer | None:
        """Why this request gets no further, if it does not."""
        if request.path.rstrip("/") == "/api/v2/instance" and not self.settings.instance_v2:
            return _error(404)
        if request.method == "POST" and request.path == "/oauth/token":
            return self._bad_client(_given(request))
        if _token(request) in self.revoked:
            return _error(401)
        if not self._allows(request):
            return _error(403, "This action is outside the authorized scopes")
        if request.method == "POST" and request.path == "/api/v1/statuses":
            return self._deleted_since(request) or self._bad_post(_given(request))
        if request.method == "POST" and re.fullmatch("/api/v[12]/media", request.path):
            return self._bad_media(request)
        return None

    def _allows(self, request: Request) -> bool:
        """Whether the scopes of the token do; mastodon-mock's own tokens may do all."""
        token = _token(request)
        needed = next((need for method, path, need in SCOPES if _is(request, method, path)), "")
        if not needed or token not in self._scopes:
            return True
        enough = {needed, needed.partition(":")[0]} | ({"profile"} if "verify_credentials" in request.path else set())
        return bool(self._scopes[token] & enough)

    def _deleted_since(self, request: Request) -> Answer | None:
        """A key that comes again asks for its post, which may be gone.

        <https://github.com/mastodon/mastodon/blob/main/app/services/post_status_service.rb>
        """
        token, key = _token(request), request.headers.get("Idempotency-Key")
        id = self._made.get(f"{token} {key} {self._age_of_keys}") if self.settings.idempotency else None
        if id is None or forward(_request("GET", f"/api/v1/statuses/{id}", token, {}), self.behind).status != 404:
            return None
        return _error(404)

    def _bad_post(self, given: dict[str, Any]) -> Answer | None:
        counting = Counting(
            limit=self.settings.max_characters, unit="graphemes", link=self.settings.url_cost, local_mentions=True
        )
        if not fits(f"{given.get('spoiler_text') or ''}{given.get('status') or ''}", counting):
            return _error(422, f"Validation failed: Text is more than {counting.limit} characters")
        media = given.get("media_ids", given.get("media_ids[]", []))
        ids = [str(id) for id in (media if isinstance(media, list) else [media])]
        if len(ids) > self.settings.max_media:
            return _error(422, f"Validation failed: more than {self.settings.max_media} files")
        if any(self._waiting.get(id) for id in ids):
            return _error(422, "The files are still being processed")
        return None

    def _bad_media(self, request: Request) -> Answer | None:
        parts = request.parts()
        if len(parts.get("description", b"").decode()) > self.settings.description_limit:
            return _error(
                422, f"Validation failed: Description of more than {self.settings.description_limit} characters"
            )
        if len(parts.get("file", b"")) > self.settings.image_size_limit:
            return _error(422, f"Validation failed: File is more than {self.settings.image_size_limit} bytes")
        types = re.findall(rb'name="file"[^\r]*\r\n(?:[^\r]+\r\n)*?Content-Type: ([^\r;]+)', request.body)
        if types and types[0].decode() not in self.settings.mime_types:
            return _error(422, f"Validation failed: no files of the type {types[0].decode()}")
        return None

    def _bad_client(self, given: dict[str, Any]) -> Answer | None:
        client = self._clients.get(str(given.get("client_id")))
        if client is None or client.secret != given.get("client_secret"):
            return as_json({"error": "invalid_client", "error_description": "The client is unknown"}, 401)
        if given.get("grant_type") == "authorization_code" and given.get("code") not in client.codes:
            return as_json({"error": "invalid_grant", "error_description": "The code is unknown or was used"}, 400)
        return None

    def _counted(self, request: Request) -> Answer | None:
        if self._clock() >= self._window + WINDOW:
            self._window, self.taken = self._clock(), {}
        token = _token(request)
        self.taken[token] = self.taken.get(token, 0) + 1
        return _error(429) if self.taken[token] > self.settings.limit else None

    def _failed(self, status: int) -> Answer:
        left = {"X-RateLimit-Limit": str(self.settings.limit), "X-RateLimit-Remaining": "0"} if status == 429 else {}
        reset = self._reset()
        return _error(status, headers=left | {"X-RateLimit-Reset": reset} if left and reset else {})

    def _reset(self) -> str:
        at = int(self._window) + WINDOW
        kinds = {"iso": datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", ".000000Z"), "epoch": str(at)}
        return kinds.get(self.settings.headers, "")

    def _limit_headers(self, request: Request) -> dict[str, str]:
        if not self._reset():
            return {}
        left = max(0, self.settings.limit - self.taken.get(_token(request), 0))
        limit = {"X-RateLimit-Limit": str(self.settings.limit), "X-RateLimit-Reset": self._reset()}
        return {**limit, "X-RateLimit-Remaining": str(left)}

    # --- changed answers ------------------------------------------------------------------------

    def _instance(self, request: Request, answer: Answer) -> Answer:
        shown, settings = json.loads(answer.body), self.settings
        shown["configuration"]["statuses"] |= {
            "max_characters": settings.max_characters,
            "max_media_attachments": settings.max_media,
            "characters_reserved_per_url": settings.url_cost,
        }
        shown["configuration"]["media_attachments"] |= {
            "supported_mime_types": settings.mime_types,
            "image_size_limit": settings.image_size_limit,
            "description_limit": settings.description_limit,
        }
        shown["rules"] = [{"id": str(at), "text": text, "hint": ""} for at, text in enumerate(settings.rules, 1)]
        shown["version"] = settings.version or shown["version"]
        if not settings.api_versions:
            shown.pop("api_versions", None)
        return as_json(shown, headers=_others(answer))

    def _uploaded(self, request: Request, answer: Answer) -> Answer:
        media = json.loads(answer.body)
        if not self.settings.processing or "v1" in request.path:
            return answer
        self._waiting[media["id"]] = self.settings.processing
        return as_json({**media, "url": None}, 202, _others(answer))

    def _looked_at(self, request: Request, answer: Answer) -> Answer:
        media = json.loads(answer.body)
        left = self._waiting.get(media["id"], 0)
        self._waiting[media["id"]] = max(0, left - 1)
        return as_json({**media, "url": None}, 206, _others(answer)) if left else answer

    def _posted(self, request: Request, answer: Answer) -> Answer:
        if key := request.headers.get("Idempotency-Key"):
            self._made[f"{_token(request)} {key}"] = json.loads(answer.body)["id"]
        return answer

    def _registered(self, request: Request, answer: Answer) -> Answer:
        app = json.loads(answer.body)
        self._clients[app["client_id"]] = Client(app["client_secret"])
        return answer

    def _approved(self, request: Request, answer: Answer) -> Answer:
        """The page that shows the code, or the way back to the app; the code is exchanged for one that works once."""
        client = self._clients.get(dict(request.form()).get("client_id", ""))
        found = re.search("mockcode_[A-Za-z0-9_]+", answer.body.decode() + answer.headers.get("location", ""))
        if client is None or found is None:
            return _error(400, "The client is unknown")
        code = secrets.token_urlsafe(24)
        client.codes[code] = found[0]
        headers = {name: value.replace(found[0], code) for name, value in answer.headers.items()}
        return replace(answer, body=answer.body.replace(found[0].encode(), code.encode()), headers=headers)

    def _tokens_given(self, request: Request, answer: Answer) -> Answer:
        given = json.loads(answer.body)
        self._scopes[given["access_token"]] = set(str(given.get("scope", "")).split())
        return answer

    # --- control --------------------------------------------------------------------------------

    def _control(self, request: Request) -> Answer:
        try:
            return self._steered(request.method, request.path.removeprefix("/_control").strip("/"), request)
        except (TypeError, ValueError, KeyError) as error:
            return as_json({"error": str(error)}, 400)

    def _steered(self, method: str, what: str, request: Request) -> Answer:
        given = (json.loads(request.body) if request.body else {}) if method == "POST" else {}
        match method, what:
            case "GET", "posts":
                return as_json(self.posts())
            case "GET", "":
                pass
            case "POST", "settings":
                self.change(**given)
            case "POST", "fail":
                self.fail(**given)
            case "DELETE", "fail":
                self.failures.coming.clear()
            case "POST", "revoke":
                self.revoked.add(str(given["token"]))
            case "POST", "forget-keys":
                self.forget_keys()
            case "POST", "reset":
                self.reset()
            case _:
                return as_json({"error": "GET /_control shows what there is"}, 404)
        fail = [asdict(failure) for failure in self.failures.coming]
        shown = {"settings": asdict(self.settings), "tokens": TOKENS, "fail": fail, "posts": len(self.posts())}
        return as_json(shown)


def _request(method: str, target: str, token: str, form: dict[str, str]) -> Request:
    headers = Message()
    headers["Host"] = "127.0.0.1"
    headers["Authorization"] = f"Bearer {token}"
    if form:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    return Request(method=method, target=target, headers=headers, body=urlencode(form).encode())


def _is(request: Request, method: str, path: str) -> bool:
    return request.method == method and re.fullmatch(path, request.path) is not None


def _token(request: Request) -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ")


def _given(request: Request) -> dict[str, Any]:
    """The fields of a form or of JSON; names that end in [] are lists."""
    if request.kind == "application/json":
        try:
            given = request.json()
        except ValueError:
            return {}
        return given if isinstance(given, dict) else {}
    found: dict[str, Any] = {name: part.decode() for name, part in request.parts().items()}
    for name, value in request.form():
        found[name] = [*found.get(name, []), value] if name.endswith("[]") else value
    return found


def _error(status: int, text: str = "", headers: dict[str, str] | None = None) -> Answer:
    return as_json({"error": text or ERRORS.get(status, "The server cannot answer")}, status, headers)


def _others(answer: Answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.lower() != "content-type"}


# --- with mastodon-mock behind ------------------------------------------------------------------


@contextmanager
def behind(host: str) -> Iterator[str]:
    """mastodon-mock in memory, answering in this process; it says that it lives at `host`."""
    from mastodon_mock import config as mock
    from mastodon_mock.routers import statuses
    from mastodon_mock.testing.server import MockServer

    # Its own check counts every letter of a link; the front counts as Mastodon does.
    statuses.MAX_STATUS_CHARACTERS = statuses.MAX_MEDIA_ATTACHMENTS = 1_000_000
    bots = {"campaign"}
    accounts = [mock.SeedAccount(username=name, bot=name in bots, access_token=key) for name, key in TOKENS.items()]
    with TemporaryDirectory() as files:
        settings = mock.MastodonMockConfig(
            domain=host, url_scheme="http", media_storage_path=files, seed=mock.SeedConfig(accounts=accounts)
        )
        logging.getLogger("uvicorn").setLevel(logging.ERROR)
        with MockServer(config=settings) as server:
            yield server.base_url


@contextmanager
def served(port: int = 0) -> Iterator[Served]:
    """The front with mastodon-mock behind, not yet started."""
    front = Served(Mastodon(""), port)
    with behind(front.url.partition("://")[2]) as address:
        front.app.behind = address
        yield front


def main(args: list[str]) -> int:
    """Start by hand."""
    asked = options("mastodon", __doc__, 8979).parse_args(args)
    if find_spec("mastodon_mock") is None:
        print("mastodon-mock is missing. Run: pip install mastodon-mock", file=sys.stderr)
        return 1
    with served(asked.port) as front:
        return serve_until_told(front, "mastodon", asked)
