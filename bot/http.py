"""Calls to servers: one deadline, our name, which answer is which error, and the requests of client libraries."""

import json as jsons
import re
import time
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from bot.core.problem import NetworkError, Refused, SignedOut, TryLater, Uncertain
from bot.wire import Resolve, Way, before_sending, exchange, faults, look_up, our_headers, web_door

if TYPE_CHECKING:
    import httpx

LONGEST_PATIENCE = 30 * 24 * 3600
ANSWER_BYTES = 4_000_000


class Diagnosis(Exception):
    """What happened, for whoever looks into it: the cause of an error, not its message."""


# --- which answer is which error ------------------------------------------------------------------

# When a server wants to be asked again: <https://www.rfc-editor.org/rfc/rfc9110#name-retry-after>,
# <https://docs.bsky.app/docs/advanced-guides/rate-limits>, <https://docs.x.com/x-api/fundamentals/rate-limits>,
# <https://docs.joinmastodon.org/api/rate-limits/>.
RESETS = ("retry-after", "ratelimit-reset", "x-rate-limit-reset", "x-ratelimit-reset")
# Answers that a request was not even looked at: <https://www.rfc-editor.org/rfc/rfc9110#status.408>,
# <https://www.rfc-editor.org/rfc/rfc8470#section-5.2>.
NOT_HEARD = (408, 425)


def error_for(
    status: int,
    says: str = "",
    headers: Mapping[str, str] | None = None,
    *,
    who: str = "the network",
    repeatable: bool = False,
) -> NetworkError:
    """The error for an answer that is no success; raise it.

    `says`: the network's own reason, a sentence picked out of the answer, never a whole body.
    `repeatable`: the request posts nothing, so what is unclear may be asked again. A TryLater
    has the waiting time that the server names, else None.
    """
    says = one_line(says, 200)
    error = _error(status, says, headers or {}, who, repeatable)
    error.__cause__ = Diagnosis(f"{who} answered {status}: {says}" if says else f"{who} answered {status}")
    return error


def _error(status: int, says: str, headers: Mapping[str, str], who: str, repeatable: bool) -> NetworkError:
    if status == 401:
        return SignedOut(f"{who} no longer accepts our key. Connect the account again: handbill account connect")
    seconds = seconds_to_wait(headers)
    if status == 429:
        return TryLater(f"{who} asks us to wait; nothing was posted", seconds)
    if status in NOT_HEARD:
        return TryLater(f"{who} did not take the request; nothing was posted", seconds)
    if 400 <= status < 500:
        reason = f": {says}" if says else f" and gave no reason (answer {status})"
        return Refused(f"{who} refused this{reason}")
    return _unclear(who, repeatable, seconds)


def _unclear(who: str, repeatable: bool, seconds: int | None = None) -> NetworkError:
    if repeatable:
        return TryLater(f"{who} gave no clear answer; nothing was posted", seconds)
    return Uncertain(f"{who} gave no clear answer, so this may or may not be posted. Look there before you repeat it")


def seconds_to_wait(headers: Mapping[str, str]) -> int | None:
    """How many seconds a server asks us to wait, by its own clock, so that ours may be wrong; None if it does not say.

    Never less than 1, never more than LONGEST_PATIENCE.
    """
    values = {name.lower(): value.strip() for name, value in headers.items()}
    clock = _since_1970(values.get("date", ""))
    for name in RESETS:
        seconds = _seconds(values.get(name, ""), clock)
        if seconds is not None:
            return int(min(max(seconds, 1), LONGEST_PATIENCE))
    return None


def _seconds(value: str, clock: float | None) -> float | None:
    """The seconds from `clock` to what a header says: a number of them, an epoch, or a date."""
    if not value.isdecimal():
        then = _since_1970(value)
    elif len(value) < 10:  # no epoch since 2001 is that short
        return float(value)
    else:
        then = float(value[:10])  # milliseconds, if there are more digits
    return None if then is None or clock is None else then - clock


def _since_1970(value: str) -> float | None:
    then = instant(value)
    return None if then is None else then.timestamp()


def instant(value: object) -> datetime | None:
    """The instant that a server names, in UTC, as ISO 8601 or as a header writes it; None if that is none."""
    from email.utils import parsedate_to_datetime

    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            then = read(str(value))
            return then.astimezone(UTC) if then.tzinfo else then.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            continue
    return None


UNSEEN = ("Cc", "Cs", "Co", "Cn")
BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def one_line(text: str, longest: int) -> str:
    """Another's words as one line that cannot disturb ours, cut at a word if it must be."""
    seen = (c for c in " ".join(text.split()) if c not in BIDI and unicodedata.category(c) not in UNSEEN)
    words = " ".join("".join(seen).split())
    if len(words) <= longest:
        return words
    cut = words[: longest - 1]
    return (cut.rpartition(" ")[0] or cut) + "…"


# --- one request ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server answered; `repeatable`: the request posted nothing."""

    status: int
    host: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    repeatable: bool = False

    def checked(self, says: str = "", who: str = "") -> "Answer":
        """This answer if it is a success; raises the error for it if not."""
        if 200 <= self.status < 300:
            return self
        raise error_for(self.status, says, self.headers, who=who or self.host, repeatable=self.repeatable)

    def json(self) -> Any:
        """The body read as JSON, which may be anything; raises what an answer without any means."""
        try:
            return read_json(self.body)
        except (ValueError, RecursionError):
            raise _unclear(self.host, self.repeatable) from Diagnosis(f"{self.host} sent no JSON ({self.status})")

    def object(self) -> Mapping[str, Any]:
        """The object of JSON in the body; an empty one if that is anything else."""
        try:
            return as_object(read_json(self.body))
        except (ValueError, RecursionError):
            return {}

    def date(self) -> datetime | None:
        """When the server answered, by its own clock; None if it does not say."""
        return instant(self.headers.get("date", ""))


def read_json(body: bytes) -> Any:
    """What JSON of others holds, "?" for each half of a letter: an address, a header, the ledger take none.

    Raises ValueError or RecursionError where it is none.
    """
    return jsons.loads(jsons.dumps(jsons.loads(body), ensure_ascii=False).encode(errors="replace"))


def as_object(value: object) -> Mapping[str, Any]:
    """An object of JSON; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def as_objects(value: object) -> list[Mapping[str, Any]]:
    """The objects in a list of JSON; none for anything else."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def call(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    json: object = None,
    data: Mapping[str, str] | None = None,
    files: Mapping[str, tuple[str, bytes, str]] | None = None,
    content: bytes | None = None,
    seconds: float = 20.0,
    repeatable: bool | None = None,
    resolve: Resolve = look_up,
) -> Answer:
    """Send one request to an address the organizer named, and return the answer, whatever its status.

    `seconds` is for all of it. Redirects are not followed, and nothing is asked twice. A fault
    before anything was sent raises TryLater; one afterwards Uncertain, unless the request is
    `repeatable` (GET and HEAD always are).
    """
    import httpx

    safe = method.upper() in ("GET", "HEAD") if repeatable is None else repeatable
    host = _host(url)
    _check_headers(headers or {}, host)
    request = httpx.Request(
        method,
        url,
        headers={**our_headers("*/*"), **(headers or {})},
        json=json,
        data=data,
        files=files,
        content=content,
    )
    way = Way(ends=time.monotonic() + seconds, resolve=resolve)
    try:
        got = exchange(request, way, ANSWER_BYTES)
    except before_sending() as error:
        raise TryLater(f"{host} cannot be reached; nothing was posted") from Diagnosis(f"{host}: {error}")
    except faults() as error:
        # Its words may quote an answer's headers; its name does not.
        raise _unclear(host, safe) from Diagnosis(f"{host}: {type(error).__name__}")
    body = got.body if got.status < 400 else _without_secrets(got.body, request)
    return Answer(status=got.status, host=got.host, headers=got.headers, body=body, repeatable=safe)


# What a request's parts are called that no message may repeat.
SECRETIVE = re.compile(r"pass|secret|token|code|verifier|jwt|_key\b", re.IGNORECASE)
LONGEST_FORM = 10_000


def _without_secrets(body: bytes, request: "httpx.Request") -> bytes:
    """A refusal without the secrets of its request, should it quote them: people read what it says."""
    for secret in sorted(_secrets(request), key=len, reverse=True):
        body = body.replace(secret.encode(), b"***")
    return body


def _secrets(request: "httpx.Request") -> set[str]:
    kind, _, credentials = request.headers.get("Authorization", "").partition(" ")
    found = {credentials, *re.findall(r'"([^"]+)"', credentials)} if kind else set()
    try:
        text = request.content.decode() if len(request.content) <= LONGEST_FORM else ""
        told = jsons.loads(text) if text[:1] == "{" else dict(parse_qsl(text))
    except (ValueError, RuntimeError):  # a picture, or a body sent in pieces
        told = {}
    found |= {value for name, value in told.items() if isinstance(value, str) and SECRETIVE.search(name)}
    return {secret for secret in found if len(secret) > 3}


# Letters, digits and hyphens between dots, perhaps a port; an IPv6 address stands in brackets.
SERVER = re.compile(r"(?:[\w-]+(?:\.[\w-]+)*\.?|\[[0-9a-fA-F:.]+\])(?::[0-9]{1,5})?")
LOCAL = re.compile(r"(?:localhost|\[::1\]|127(?:\.[0-9]{1,3}){3})(?::[0-9]{1,5})?")


def address(server: str, example: str) -> str:
    """The address of an account's server as a person typed it: https unless it is on this machine, no path.

    Raises SignedOut with `example` where it is none, or would send secrets in the clear.
    """
    scheme, _, host = server.strip().rstrip("/").lower().rpartition("://")
    whole = scheme in {"", "https"} and "." in host and SERVER.fullmatch(host)
    if whole or (scheme in {"http", "https"} and LOCAL.fullmatch(host)):
        return f"{scheme or 'https'}://{host}"
    raise SignedOut(f'"{server.strip()}" is not the address of a server. Write it as {example}')


def _host(url: str) -> str:
    """The host of an address; the address itself may hold a key, so it is never shown."""
    import httpx

    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        address = httpx.URL()
    if web_door(address):
        return address.host
    raise SignedOut("the server's address is not one: it begins with https:// and a name. Correct it in config.toml")


def _check_headers(headers: Mapping[str, str], host: str) -> None:
    if not all(value.isascii() and value.isprintable() for value in headers.values()):
        raise SignedOut(f"the key for {host} holds a letter that no key has. Copy it again: handbill account connect")


# --- the requests of client libraries -------------------------------------------------------------


def carry(
    request: Any,
    *,
    kept: Collection[str] = ("Authorization", "Content-Type"),
    more: Mapping[str, str] | None = None,
    repeatable: bool,
    url: str = "",
    seconds: float = 20.0,
) -> Answer:
    """Send a request that a library has worded, of `httpx` or of `requests`, by `call`, and return the answer.

    Of its headers only those `kept` go along, and `more`, which holds before them. It goes to
    `url`, where that is given, instead of its own.
    """
    headers = {name: _decoded(request.headers[name]) for name in kept if name in request.headers}
    content = request.read() if hasattr(request, "read") else request.body
    return call(
        request.method,
        url or str(request.url),
        headers={**headers, **(more or {})},
        content=content.encode() if isinstance(content, str) else content,
        seconds=seconds,
        repeatable=repeatable,
    )


def _decoded(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def as_response(status: int, body: bytes, request: Any) -> Any:
    """An answer as `requests` knows it, without headers: over some of them libraries stumble, or log them."""
    import requests

    response = requests.Response()
    response.status_code, response.url, response.request = status, request.url, request
    response.raw = BytesIO(body)
    return response


class Deadline:
    """A time in seconds for several calls together, such as those that lay one picture ready.

    `who` is for people. Past the time, each use of it raises TryLater: nothing was posted yet.
    """

    def __init__(self, seconds: float, who: str) -> None:
        self._ends, self._who = time.monotonic() + seconds, who

    def left(self, most: float = 20.0) -> float:
        """The seconds that one more call may take, at most `most`."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TryLater(f"{self._who} takes too long; nothing was posted")
        return min(left, most)

    def wait(self, seconds: float) -> None:
        """Let so many seconds pass, or what is left of the time."""
        time.sleep(self.left(seconds))
