"""One exchange with a server: to an address that was looked up once, within one deadline, and with nothing kept."""

import ipaddress
import logging
import re
import socket
import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import cache
from threading import Thread
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import ssl

    import httpcore
    import httpx

log = logging.getLogger(__name__)

Resolve = Callable[[str, int], Sequence[str]]
"""The addresses of a host, as text; raises OSError if it has none."""
Admit = Callable[[str, int, Sequence[str]], None]
"""Looks at a host, its port and its addresses before anybody connects; raises ValueError to prevent it."""


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a host, as the system finds them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@cache
def our_name() -> str:
    """What we call ourselves, with the version: Handbill/0.1.0."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"Handbill/{version('handbill')}"
    except PackageNotFoundError:
        return "Handbill"


def our_headers(accept: str) -> dict[str, str]:
    """What every request of ours says, and which types it takes."""
    return {"User-Agent": our_name(), "Accept": accept, "Accept-Encoding": "gzip"}


def before_sending() -> tuple[type[Exception], ...]:
    """Faults after which surely nothing has reached the server."""
    import httpcore

    return (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout, httpcore.UnsupportedProtocol)


def faults() -> tuple[type[Exception], ...]:
    """All that can go wrong between us and a server."""
    import httpcore
    import httpx

    found = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol)
    return (*found, httpcore.ConnectionNotAvailable, httpx.InvalidURL, OSError, ValueError, zlib.error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back, its headers' names in small letters."""

    status: int
    host: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def exchange(request: "httpx.Request", way: "Way", most: int) -> Reply:
    """Send a request and read at most `most` bytes of its answer; no cookies, no proxy, no second try."""
    import httpcore

    began, url = time.monotonic(), request.url
    target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    door = cast("httpcore.NetworkBackend", _Door(way))  # has all that httpcore calls
    with (
        httpcore.ConnectionPool(ssl_context=way.trust, network_backend=door) as pool,
        pool.stream(request.method, target, headers=request.headers.raw, content=request.read()) as got,
    ):
        reply = Reply(
            status=got.status,
            host=url.host,
            headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in got.headers},
            body=b"",
        )
        log.debug("%s answered %s after %.1f s", url.host, got.status, time.monotonic() - began)
        return _with_body(reply, got.iter_stream(), most)


def _with_body(reply: Reply, pieces: Iterable[bytes], most: int) -> Reply:
    try:
        return replace(reply, body=_unpacked(pieces, reply.headers.get("content-encoding", ""), most))
    except faults():
        if 400 <= reply.status < 500:  # a clear no, even without its words
            return reply
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


# --- the way there: one deadline, one look-up -----------------------------------------------------


def _anywhere(host: str, port: int, addresses: Sequence[str]) -> None:
    """Whatever the organizer named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What holds for a request and all that follow from it.

    `known`: each host is looked up once, and what was found then is where we connect, so no later
    answer can lead elsewhere.
    """

    ends: float
    resolve: Resolve = look_up
    admit: Admit = _anywhere
    trust: "ssl.SSLContext | None" = None
    known: dict[tuple[str, int], list[str]] = field(default_factory=dict)

    def left(self) -> float:
        """The seconds that remain, never none: a wait of 0 would mean "do not wait"."""
        return max(self.ends - time.monotonic(), 0.001)

    def is_over(self) -> bool:
        """Whether the time has run out."""
        return time.monotonic() >= self.ends

    def addresses(self, host: str, port: int) -> list[str]:
        """Where to connect to."""
        if (host, port) not in self.known:
            found = [host] if is_address(host) else _in_time(lambda: self.resolve(host, port), self.left())
            self.known[host, port] = found
        self.admit(host, port, self.known[host, port])
        return self.known[host, port]


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

    def __init__(self, way: Way) -> None:
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

    def __init__(self, inner: "httpcore.NetworkStream", way: Way) -> None:
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


# --- addresses ------------------------------------------------------------------------------------


def is_address(host: str) -> bool:
    """Whether a host is an address already, and no name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


HOST = re.compile(r"[a-z0-9_.:-]+")


def web_door(address: "httpx.URL") -> tuple[str, int] | None:
    """Host and port of a web address, as they go over the line; None if it is of something else."""
    host, usual = address.raw_host.decode("ascii"), {"http": 80, "https": 443}
    if address.scheme not in usual or not HOST.fullmatch(host):
        return None
    return host, usual[address.scheme] if address.port is None else address.port
