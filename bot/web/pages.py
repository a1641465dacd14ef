"""Serve the share pages from memory, compressed, and keep them as the library says."""

import gzip
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from mimetypes import guess_type
from threading import Lock
from typing import Any
from urllib.parse import quote

from bot.app import App
from bot.core.problem import HandbillError
from bot.core.timetable import local_day
from bot.web import serving
from bot.work.share import Tell
from bot.work.site import Files, paused, site

PORT = 8000
COMPRESSED = ("text/", "application/javascript", "application/json", "image/svg+xml")
# The page itself says what it may load; this adds what only a header can say.
HEADERS = {
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "frame-ancestors 'self'",
}
GONE = "There is no such page. Perhaps it was withdrawn. All campaigns: /\n"


Headers = list[tuple[bytes, bytes]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A file ready to go out: as it is and gzipped (b"" where that gains nothing), each with its headers."""

    raw: bytes
    packed: bytes
    tag: bytes
    headers: Headers
    packed_headers: Headers


def held(name: str, raw: bytes) -> Held:
    """A file with what its answer needs."""
    kind = guess_type(name)[0] or "application/octet-stream"
    packed = gzip.compress(raw, mtime=0) if kind.startswith(COMPRESSED) else b""
    if kind.startswith("text/") or kind.endswith("json"):
        kind += "; charset=utf-8"
    tag = f'W/"{sha256(raw).hexdigest()[:16]}"'  # weak: the same for what is packed and what is not
    facts = {**HEADERS, "ETag": tag, "Content-Type": kind, "Vary": "Accept-Encoding"}
    return Held(
        raw=raw,
        packed=packed,
        tag=tag.encode(),
        headers=_headers(facts, raw),
        packed_headers=_headers({**facts, "Content-Encoding": "gzip"}, packed),
    )


def _headers(facts: Mapping[str, str], body: bytes) -> Headers:
    return [
        (name.lower().encode(), value.encode()) for name, value in {**facts, "Content-Length": str(len(body))}.items()
    ]


class Served:
    """The files that are served now; `refresh` makes them anew where the library, a pause or the day changed."""

    def __init__(self, tell: Tell) -> None:
        self.files: Mapping[str, Held] = {}
        self._tell = tell
        self._made_of: object = None
        self._lock = Lock()

    def refresh(self, app: App) -> None:
        """Make the files as of now; what was served stays if that cannot be."""
        with self._lock:
            try:
                made_of = (local_day(app.clock(), app.config.zone), app.library.stamps, paused(app), app.config.site)
                if made_of != self._made_of:
                    self.put(site(app, made_of[0], self._tell, made_of[2]))
                    self._made_of = made_of
            except (HandbillError, OSError):
                return  # the engine reads the same files, and says what is wrong with them

    def put(self, files: Files) -> None:
        """Serve these files from now on; those that stay the same are not packed again."""
        before = self.files
        self.files = {
            name: before[name] if name in before and before[name].raw == raw else held(name, raw)
            for name, raw in files.items()
        }


class Pages:
    """The share pages as a web application (ASGI): https://asgi.readthedocs.io/en/latest/specs/www.html."""

    def __init__(self, served: Served) -> None:
        self._served = served

    async def __call__(self, scope: dict[str, Any], receive: object, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            status, headers, body = self._answer(scope["method"], scope["path"][1:], dict(scope["headers"]))
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _answer(self, method: str, path: str, asked: Mapping[bytes, bytes]) -> tuple[int, Headers, bytes]:
        files = self._served.files
        if asked.get(b"upgrade", b"").lower() == b"websocket":
            return _words(400, "These pages can only be read. They know no WebSocket.\n")
        if method not in ("GET", "HEAD"):
            return _words(405, "These pages can only be read.\n", Allow="GET, HEAD")
        found = files.get(path + "index.html" if not path or path.endswith("/") else path)
        if found is None:
            is_folder = f"{path}/index.html" in files
            return _words(307, "", Location=f"/{quote(path)}/") if is_folder else _words(404, GONE)
        if is_known(found.tag, asked.get(b"if-none-match", b"")):
            return 304, [one for one in found.headers if one[0] != b"content-length"], b""
        if found.packed and takes_gzip(asked.get(b"accept-encoding", b"")):
            return 200, found.packed_headers, found.packed
        return 200, found.headers, found.raw


def is_known(tag: bytes, known: bytes) -> bool:
    """Whether a browser has this already: https://www.rfc-editor.org/rfc/rfc9110#name-if-none-match."""
    tags = {one.strip().removeprefix(b"W/") for one in known.split(b",")} if known else ()
    return b"*" in tags or tag.removeprefix(b"W/") in tags


@lru_cache(maxsize=100)
def takes_gzip(accepted: bytes) -> bool:
    """Whether a browser wants it compressed: https://www.rfc-editor.org/rfc/rfc9110#name-accept-encoding."""
    wanted = {name.strip(): weight for name, _, weight in (one.partition(b";") for one in accepted.lower().split(b","))}
    weight = wanted.get(b"gzip", wanted.get(b"*", b"q=0"))
    return not re.fullmatch(rb"\s*q\s*=\s*0(\.0*)?\s*", weight)


def _words(status: int, words: str, **more: str) -> tuple[int, Headers, bytes]:
    body = words.encode()
    return status, _headers({**HEADERS, "Content-Type": "text/plain; charset=utf-8", **more}, body), body


def start(served: Served, port: int | None) -> tuple[str, Callable[[], None]]:
    """Serve in a thread: the address, and what stops it.

    Without a `port` it is PORT, or any other if that is taken. Raises HandbillError if it is asked
    for and taken.
    """
    listening = serving.listen(port, PORT, "--port")
    return serving.address(listening), serving.start(Pages(served), listening)
