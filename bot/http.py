"""HTTP for everyone: a timeout, our name, a guard at private addresses, and which answer is which error."""

import codecs
import ipaddress
import json as jsons
import logging
import re
import socket
import time
import unicodedata
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from html.parser import HTMLParser
from threading import Thread
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl

from bot.core.problem import NetworkError, Refused, SignedOut, TryLater, Uncertain

if TYPE_CHECKING:
    import ssl

    import httpcore
    import httpx

log = logging.getLogger(__name__)

Resolve = Callable[[str, int], Sequence[str]]
"""The addresses of a host, as text; raises OSError if it has none."""

LONGEST_PATIENCE = 30 * 24 * 3600
ANSWER_BYTES = 4_000_000
PAGE_BYTES, IMAGE_BYTES = 1_000_000, 2_000_000
REDIRECTS = 5
LONGEST_TITLE, LONGEST_DESCRIPTION = 300, 1000


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
    now: float | None = None,
) -> NetworkError:
    """The error for an answer that is no success; raise it.

    `says`: the network's own reason, a sentence picked out of the answer, never a whole body.
    `repeatable`: the request posts nothing, so what is unclear may be asked again. `now`
    (seconds since 1970) is used where the answer does not tell the time itself. A TryLater
    has the waiting time that the server names, else None.
    """
    says = _line(says, 200)
    error = _error(status, says, headers or {}, who, repeatable, now)
    error.__cause__ = Diagnosis(f"{who} answered {status}: {says}" if says else f"{who} answered {status}")
    return error


def _error(
    status: int, says: str, headers: Mapping[str, str], who: str, repeatable: bool, now: float | None
) -> NetworkError:
    if status == 401:
        return SignedOut(f"{who} no longer accepts our key. Connect the account again: handbill account connect")
    seconds = seconds_to_wait(headers, now)
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


def seconds_to_wait(headers: Mapping[str, str], now: float | None = None) -> int | None:
    """How many seconds a server asks us to wait, by its own clock, so that ours may be wrong; None if it does not say.

    Never less than 1, never more than LONGEST_PATIENCE. `now` (seconds since 1970) is used where
    the headers do not tell the server's time.
    """
    values = {name.lower(): value.strip() for name, value in headers.items()}
    clock = _instant(values.get("date", ""))
    for name in RESETS:
        seconds = _seconds(values.get(name, ""), now if clock is None else clock)
        if seconds is not None:
            return int(min(max(seconds, 1), LONGEST_PATIENCE))
    return None


def _seconds(value: str, clock: float | None) -> float | None:
    """The seconds from `clock` to what a header says: a number of them, an epoch, or a date."""
    if not value.isdecimal():
        then = _instant(value)
    elif len(value) < 10:  # no epoch since 2001 is that short
        return float(value)
    else:
        then = float(value[:10])  # milliseconds, if there are more digits
    return None if then is None or clock is None else then - clock


def _instant(value: str) -> float | None:
    from email.utils import parsedate_to_datetime

    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            then = read(value)
        except ValueError:
            continue
        return (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp()
    return None


# --- one request ----------------------------------------------------------------------------------


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a host, as the system finds them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


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
        """The body read as JSON, which may be anything."""
        try:
            return jsons.loads(self.body)
        except (ValueError, RecursionError):
            raise _unclear(self.host, self.repeatable) from Diagnosis(f"{self.host} sent no JSON ({self.status})")


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
        headers={**_our_headers("*/*"), **(headers or {})},
        json=json,
        data=data,
        files=files,
        content=content,
    )
    way = _Way(ends=time.monotonic() + seconds, resolve=resolve)
    try:
        return _without_secrets(_exchange(request, way, ANSWER_BYTES, safe), request)
    except _before_sending() as error:
        raise TryLater(f"{host} cannot be reached; nothing was posted") from Diagnosis(f"{host}: {error}")
    except _faults() as error:
        # Its words may quote an answer's headers; its name does not.
        raise _unclear(host, safe) from Diagnosis(f"{host}: {type(error).__name__}")


# What a request's parts are called that no message may repeat.
SECRETIVE = re.compile(r"pass|secret|token|code|verifier|jwt|_key\b", re.IGNORECASE)
LONGEST_FORM = 10_000


def _without_secrets(answer: Answer, request: "httpx.Request") -> Answer:
    """A refusal without the secrets of its request, should it quote them: people read what it says."""
    if answer.status < 400:
        return answer
    body = answer.body
    for secret in sorted(_secrets(request), key=len, reverse=True):
        body = body.replace(secret.encode(), b"***")
    return replace(answer, body=body)


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
    if _door(address):
        return address.host
    raise SignedOut("the server's address is not one: it begins with https:// and a name. Correct it in config.toml")


def _check_headers(headers: Mapping[str, str], host: str) -> None:
    if not all(value.isascii() and value.isprintable() for value in headers.values()):
        raise SignedOut(f"the key for {host} holds a letter that no key has. Copy it again: handbill account connect")


@cache
def _our_name() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"Handbill/{version('handbill')}"
    except PackageNotFoundError:
        return "Handbill"


def _our_headers(accept: str) -> dict[str, str]:
    return {"User-Agent": _our_name(), "Accept": accept, "Accept-Encoding": "gzip"}


def _before_sending() -> tuple[type[Exception], ...]:
    """Faults after which surely nothing has reached the server."""
    import httpcore

    return (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout, httpcore.UnsupportedProtocol)


def _faults() -> tuple[type[Exception], ...]:
    """All that can go wrong between us and a server."""
    import httpcore
    import httpx

    found = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol)
    return (*found, httpcore.ConnectionNotAvailable, httpx.InvalidURL, OSError, ValueError, zlib.error, _NotVisited)


def _exchange(request: "httpx.Request", way: "_Way", most: int, repeatable: bool = True) -> Answer:
    """Send a request and read at most `most` bytes of its answer; no cookies, no proxy, no second try."""
    import httpcore

    began, url = time.monotonic(), request.url
    target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    door = cast("httpcore.NetworkBackend", _Door(way))  # has all that httpcore calls
    with (
        httpcore.ConnectionPool(ssl_context=way.trust, network_backend=door) as pool,
        pool.stream(request.method, target, headers=request.headers.raw, content=request.read()) as got,
    ):
        answer = Answer(
            status=got.status,
            host=url.host,
            headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in got.headers},
            body=b"",
            repeatable=repeatable,
        )
        log.debug("%s answered %s after %.1f s", url.host, got.status, time.monotonic() - began)
        return _with_body(answer, got.iter_stream(), most)


def _with_body(answer: Answer, pieces: Iterable[bytes], most: int) -> Answer:
    try:
        return replace(answer, body=_unpacked(pieces, answer.headers.get("content-encoding", ""), most))
    except _faults():
        if 400 <= answer.status < 500:  # a clear no, even without its words
            return answer
        raise


def _unpacked(pieces: Iterable[bytes], coding: str, most: int) -> bytes:
    """The first `most` bytes of a body; of a packed one never more than that is unpacked."""
    coding = coding.strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise ValueError("a packing we did not ask for")
    unpack = None if coding in ("", "identity") else zlib.decompressobj(wbits=47)  # gzip or zlib, as it comes
    body = bytearray()
    for piece in pieces:
        body += piece if unpack is None else unpack.decompress(piece, most - len(body))
        if len(body) >= most or (unpack and unpack.eof):
            break
    return bytes(body[:most])


# --- the way there: one deadline, one look-up, guarded addresses ----------------------------------


class _NotVisited(Exception):
    """Why we do not go to an address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """What holds for a request and all that follow from it.

    `allowed` None: any address, since the organizer named it. `known`: each host is looked up
    once, and what was found then is where we connect, so no later answer can lead elsewhere.
    """

    ends: float
    resolve: Resolve = look_up
    allowed: frozenset[str] | None = None
    trust: "ssl.SSLContext | None" = None
    known: dict[tuple[str, int], list[str]] = field(default_factory=dict)

    def left(self) -> float:
        """The seconds that remain, never none: a wait of 0 would mean "do not wait"."""
        return max(self.ends - time.monotonic(), 0.001)

    def is_over(self) -> bool:
        """Whether the time has run out."""
        return time.monotonic() >= self.ends

    def is_exempt(self, host: str, port: int) -> bool:
        """Whether the organizer named this door: a host, or HOST:PORT for another port than the usual."""
        name = f"[{host}]" if ":" in host else host
        if self.allowed is None or f"{name}:{port}" in self.allowed:
            return True
        return port in (80, 443) and (host in self.allowed or name in self.allowed)

    def addresses(self, host: str, port: int) -> list[str]:
        """Where to connect to, or _NotVisited if any of it is not on the public internet."""
        if (host, port) not in self.known:
            found = [host] if _is_address(host) else _in_time(lambda: self.resolve(host, port), self.left())
            self.known[host, port] = found
        found = self.known[host, port]
        if not self.is_exempt(host, port) and not all(map(is_public, found)):
            raise _NotVisited("it leads into a private network")
        return found


def _in_time(work: Callable[[], Sequence[str]], seconds: float) -> list[str]:
    """What `work` finds, or TimeoutError: the system's look-up cannot be stopped, only left alone."""
    answer: Future[Sequence[str]] = Future()

    def run() -> None:
        try:
            answer.set_result(work())
        except (OSError, ValueError) as error:
            answer.set_exception(error)

    Thread(target=run, daemon=True).start()
    return list(answer.result(timeout=seconds))


class _Door:
    """Opens connections for httpcore, to addresses that were looked up and checked."""

    def __init__(self, way: _Way) -> None:
        self._way = way

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **options: Any) -> "_Line":
        """Connect to the first address that answers; each gets its share of the time."""
        import httpcore

        try:
            found = self._way.addresses(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"no address found ({error})") from error
        fault: Exception = httpcore.ConnectError("no address found")
        for tries, address in zip(range(len(found), 0, -1), found, strict=True):
            try:
                share = self._way.left() / tries
                return _Line(httpcore.SyncBackend().connect_tcp(address, port, timeout=share, **options), self._way)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                fault = error
        raise fault


class _Line:
    """A connection on which every wait ends with the way's deadline, however slowly the other side drips."""

    def __init__(self, inner: "httpcore.NetworkStream", way: _Way) -> None:
        self._inner, self._way = inner, way

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has come, at most `max_bytes`."""
        import httpcore

        if self._way.is_over():
            raise httpcore.ReadTimeout("the time is over")
        return self._inner.read(max_bytes, self._way.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send in pieces, so that a slow reader cannot stretch the time."""
        import httpcore

        for start in range(0, len(buffer), 65536):
            if self._way.is_over():
                raise httpcore.WriteTimeout("the time is over")
            self._inner.write(buffer[start : start + 65536], self._way.left())

    def start_tls(self, ssl_context: "ssl.SSLContext", server_hostname: str, timeout: float | None = None) -> "_Line":
        """The same line with TLS for the host that was asked for, whatever its address."""
        return _Line(self._inner.start_tls(ssl_context, server_hostname, self._way.left()), self._way)

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks of a connection."""
        return self._inner.get_extra_info(info)

    def close(self) -> None:
        """Hang up."""
        self._inner.close()


# --- which addresses are public -------------------------------------------------------------------

# Where an IPv6 address only wraps an IPv4 one: mapped, NAT64, 6to4.
# <https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5.2> <https://www.rfc-editor.org/rfc/rfc6052#section-2.1>
# <https://www.rfc-editor.org/rfc/rfc3056#section-2>; with how many bits follow the IPv4 address.
WRAPS = [
    (ipaddress.IPv6Network("::ffff:0:0/96"), 0),
    (ipaddress.IPv6Network("64:ff9b::/96"), 0),
    (ipaddress.IPv6Network("2002::/16"), 80),
]
# Only this much of IPv6 is given out: <https://www.iana.org/assignments/ipv6-address-space>.
PUBLIC_IPV6 = ipaddress.IPv6Network("2000::/3")
# Not for a page's server, whatever the Python version thinks of them:
# <https://www.iana.org/assignments/iana-ipv4-special-registry>
# <https://www.iana.org/assignments/iana-ipv6-special-registry>, and a door inside Azure's machines,
# <https://learn.microsoft.com/en-us/azure/virtual-network/what-is-ip-address-168-63-129-16>.
NOT_PUBLIC: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = [
    *map(ipaddress.IPv4Network, ("100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "168.63.129.16")),
    *map(ipaddress.IPv6Network, ("2001::/23", "2001:db8::/32", "3fff::/20")),
]


HOST = re.compile(r"[a-z0-9_.:-]+")


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet, for one host and not for many."""
    try:
        ip = _unwrapped(ipaddress.ip_address(address))
    except ValueError:
        return False
    if ip.version == 6 and ip not in PUBLIC_IPV6:
        return False
    if any(ip in network for network in NOT_PUBLIC):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


def _unwrapped(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    for network, bits in WRAPS:
        if ip.version == 6 and ip in network:
            return ipaddress.IPv4Address(int(ip) >> bits & 0xFFFFFFFF)
    return ip


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_odd(host: str) -> bool:
    """Whether a host is a number in disguise, as "2130706433", "0x7f.1" or "0177.0.0.1".

    <https://url.spec.whatwg.org/#ends-in-a-number-checker>
    """
    last = host.rstrip(".").rpartition(".")[2]
    return re.fullmatch(r"\d+|0[xX][0-9a-fA-F]*", last) is not None and not _is_address(host)


def _check_door(address: "httpx.URL", way: _Way) -> None:
    """Raise _NotVisited for what no page of the public web stands behind."""
    if (door := _door(address)) is None:
        raise _NotVisited("its address is not of the web")
    host, port = door
    if _is_odd(host):
        raise _NotVisited("its address is a number in disguise")
    if port not in (80, 443) and not way.is_exempt(host, port):
        raise _NotVisited(f"it asks for port {port}")


def _door(address: "httpx.URL") -> tuple[str, int] | None:
    """Host and port of a web address, as they go over the line."""
    host, usual = address.raw_host.decode("ascii"), {"http": 80, "https": 443}
    if address.scheme not in usual or not HOST.fullmatch(host):
        return None
    return host, usual[address.scheme] if address.port is None else address.port


# --- the facts of a page --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a link card shows of a page; `image` is an address, `picture` what was found there."""

    url: str
    title: str
    description: str = ""
    image: str = ""
    picture: bytes = field(default=b"", repr=False)


def page(
    url: str,
    *,
    allowed: Collection[str] = (),
    resolve: Resolve = look_up,
    seconds: float = 10.0,
    trust: "ssl.SSLContext | None" = None,
) -> Page | None:
    """The facts of a page for a link card, or None if it cannot be fetched; the log says why.

    Only the public web is visited, but for the hosts in `allowed` ("example.org", or
    "example.org:8080" for another port than the usual). `seconds` is for all of it, redirects
    and picture too. A page without a title is titled by its address. Of a page only the first
    megabyte is read; a title beyond 300 characters and a description beyond 1000 are cut at a
    word, and end in "…". A picture over two megabytes is left out, not cut.
    """
    names = frozenset(name.lower() for name in allowed)
    way = _Way(ends=time.monotonic() + seconds, resolve=resolve, allowed=names, trust=trust)
    try:
        here, answer = _fetch(url, way, PAGE_BYTES, "text/html,application/xhtml+xml")
        found = _facts_of(answer, way)
        image = _image_address(here, found)
    except _faults() as fault:
        log.debug("no card: %s", _why(fault, url))
        return None
    return Page(
        url=url,
        title=_first(found, TITLES, LONGEST_TITLE) or url,
        description=_first(found, DESCRIPTIONS, LONGEST_DESCRIPTION),
        image=image,
        picture=_picture(image, way) if image else b"",
    )


def _why(fault: Exception, url: str) -> str:
    """A host and our own words for why not; of another's only the name, since its words may quote an answer."""
    host = url.partition("//")[2].partition("/")[0].rpartition("@")[2]
    return f"{_line(host, 100)}: {fault if isinstance(fault, _NotVisited) else type(fault).__name__}"


def _fetch(url: str, way: _Way, most: int, accept: str) -> tuple["httpx.URL", Answer]:
    """Where the redirects lead, and the answer there."""
    import httpx

    here = httpx.URL(url)
    for _ in range(REDIRECTS + 1):
        _check_door(here, way)
        answer = _exchange(httpx.Request("GET", here, headers=_our_headers(accept)), way, most)
        if answer.status == 200:
            return here, answer
        if answer.status not in (301, 302, 303, 307, 308) or "location" not in answer.headers:
            raise _NotVisited(f"the answer was {answer.status}")
        here = here.join(answer.headers["location"])
    raise _NotVisited(f"more than {REDIRECTS} redirects")


def _picture(address: str, way: _Way) -> bytes:
    try:
        _, answer = _fetch(address, way, IMAGE_BYTES + 1, "image/jpeg,image/png,image/webp,image/gif")
    except _faults() as fault:
        log.debug("no picture: %s", _why(fault, address))
        return b""
    return answer.body if len(answer.body) <= IMAGE_BYTES else b""


# <https://ogp.me/> <https://developer.x.com/en/docs/x-for-websites/cards/overview/markup>
TITLES = ("og:title", "twitter:title", "<title>")
DESCRIPTIONS = ("og:description", "twitter:description", "description")
IMAGES = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")
UNSEEN = ("Cc", "Cs", "Co", "Cn")
BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _first(found: Mapping[str, str], names: Iterable[str], longest: int) -> str:
    lines = (_line(found[name], longest) for name in names if name in found)
    return next(filter(None, lines), "")


def _line(text: str, longest: int) -> str:
    """Another's words as one line that cannot disturb ours, cut at a word if it must be."""
    seen = (c for c in " ".join(text.split()) if c not in BIDI and unicodedata.category(c) not in UNSEEN)
    words = " ".join("".join(seen).split())
    if len(words) <= longest:
        return words
    cut = words[: longest - 1]
    return (cut.rpartition(" ")[0] or cut) + "…"


def _image_address(here: "httpx.URL", found: Mapping[str, str]) -> str:
    """The picture's address, which a page may write in short; "" if it has none of the web."""
    import httpx

    for name in IMAGES:
        try:
            address = here.join(found.get(name, "").strip()).copy_with(fragment=None)
        except (httpx.InvalidURL, ValueError):
            continue
        if found.get(name, "").strip() and _door(address):
            return str(address)
    return ""


def _facts_of(answer: Answer, way: _Way) -> dict[str, str]:
    """What a page says of itself; nothing, if it is no page but a file."""
    kind = answer.headers.get("content-type", "")
    if kind and "html" not in kind.lower():
        return {}
    head, text = _Head(), _text(answer.body, kind)
    for start in range(0, len(text), 65536):
        try:
            head.feed(text[start : start + 65536])
        except AssertionError:  # html.parser, at a declaration it does not know
            break
        if way.is_over():
            raise _NotVisited("it takes too long to read")
    return head.found


class _Head(HTMLParser):
    """Gathers a page's <title> and <meta>; the first of each name holds."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._title: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "title" and "<title>" not in self.found:
            self._title = []
        elif tag == "meta":
            values = {name: value or "" for name, value in attrs}
            for name in (values.get("property", ""), values.get("name", "")):
                if values.get("content", "").strip():
                    self.found.setdefault(name.strip().lower(), values["content"])

    def handle_data(self, data: str) -> None:
        if self._title is not None:
            self._title.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "title" and self._title is not None:
            self.found.setdefault("<title>", "".join(self._title))
            self._title = None


# <https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding>
MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w:-]+)", re.IGNORECASE | re.ASCII)
META_CHARSET = re.compile(rb"<meta[^>]*charset\s*=\s*[\"']?\s*([\w:-]+)", re.IGNORECASE)
# Character sets of pages; Python also knows codecs that are none, and some that take very long.
CHARSETS = re.compile(r"utf-(?:8|16)|iso8859|cp\d|koi8|shift_jis|euc|gb|big5|mac|tis|iso2022", re.IGNORECASE)


def _text(body: bytes, kind: str) -> str:
    """A page's text: by its mark, its header, its own word, or else UTF-8."""
    for mark, name in MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    if match := CHARSET.search(kind):
        return body.decode(_codec(match[1]), "replace")
    if inside := META_CHARSET.search(body[:4096]):
        name = _codec(inside[1].decode("ascii"))
        # It could be read, so it is no UTF-16, whatever it says.
        return body.decode("utf-8" if name.startswith("utf-16") else name, "replace")
    return body.decode("utf-8", "replace")


def _codec(name: str) -> str:
    """Python's name for a character set; <https://encoding.spec.whatwg.org/#names-and-labels>."""
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return "utf-8"
    if found in ("ascii", "iso8859-1"):
        return "cp1252"
    return found if CHARSETS.match(found) else "utf-8"
