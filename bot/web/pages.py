"""Serve the share pages from memory, compressed, and keep them as the library says."""

import gzip
import socket
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from mimetypes import guess_type
from threading import Lock, Thread
from typing import TYPE_CHECKING

from bot.app import App
from bot.core.problem import HandbillError
from bot.core.timetable import local_day
from bot.work.share import Tell
from bot.work.site import Files, paused, site

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

HOST, PORT = "127.0.0.1", 8000
COMPRESSED = ("text/", "application/javascript", "application/json", "image/svg+xml")
# The page itself says what it may load; this adds what only a header can say.
HEADERS = {
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "frame-ancestors 'self'",
}
GONE = "There is no such page. Perhaps it was withdrawn. All campaigns: /\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A file ready to go out: `packed` is it gzipped, b"" where that gains nothing."""

    raw: bytes
    packed: bytes
    kind: str
    tag: str


def held(name: str, raw: bytes) -> Held:
    """A file with what its answer needs."""
    kind = guess_type(name)[0] or "application/octet-stream"
    packed = gzip.compress(raw, mtime=0) if kind.startswith(COMPRESSED) else b""
    if kind.startswith("text/") or kind.endswith("json"):
        kind += "; charset=utf-8"
    return Held(raw=raw, packed=packed, kind=kind, tag=f'"{sha256(raw).hexdigest()[:16]}"')


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


def application(served: Served) -> "Starlette":
    """The share pages as a web application."""
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse, RedirectResponse, Response
    from starlette.routing import Route

    async def answer(request: "Request") -> "Response":
        path = request.path_params["path"]
        name = path + "index.html" if not path or path.endswith("/") else path
        found = served.files.get(name)
        if found is None and f"{path}/index.html" in served.files:
            return RedirectResponse(request.url.replace(path=f"/{path}/"), headers=HEADERS)
        if found is None:
            return PlainTextResponse(GONE, 404, headers=HEADERS)
        headers = {**HEADERS, "ETag": found.tag, "Content-Type": found.kind, "Vary": "Accept-Encoding"}
        if request.headers.get("if-none-match", "").removeprefix("W/") == found.tag:
            return Response(status_code=304, headers=headers)
        if found.packed and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(found.packed, headers={**headers, "Content-Encoding": "gzip"})
        return Response(found.raw, headers=headers)

    return Starlette(routes=[Route("/{path:path}", answer, methods=["GET"])])


def start(served: Served, port: int | None) -> tuple[str, Callable[[], None]]:
    """Serve in a thread: the address, and what stops it.

    Without a `port` it is PORT, or any other if that is taken. Raises HandbillError if it is asked
    for and taken.
    """
    import uvicorn

    listening = _listen(port)
    server = uvicorn.Server(uvicorn.Config(application(served), log_level="critical", lifespan="off"))
    thread = Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()

    def stop() -> None:
        server.should_exit = True
        with closing(listening):
            thread.join(5)

    return f"http://{HOST}:{listening.getsockname()[1]}/", stop


def _listen(port: int | None) -> socket.socket:
    for wanted in [PORT, 0] if port is None else [port]:
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, wanted))
        except OSError:
            listening.close()
            continue
        listening.listen(128)  # who comes before the server is ready waits
        return listening
    raise HandbillError(
        f"Port {port} is taken by another program. Name another one: handbill up --port {(port or 0) + 1}"
    )
