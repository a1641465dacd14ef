"""What the servers share: HTTP/1.1 on loopback, answers that can be cut short, and starting by hand.

A server is a class with `answer(request) -> Answer`. It is served in threads, one request of a
connection after the other. Bodies are read and written whole: no streams, no websockets, no TLS.
"""

import json
import signal
import socket
import struct
import sys
import threading
import traceback
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from html import escape
from http.client import responses as REASONS
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import FrameType
from typing import Any, Protocol
from urllib.parse import parse_qs, parse_qsl, urlsplit

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it came over the wire; `target` is path and query."""

    method: str
    target: str
    headers: Message
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path without the query."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """The query; of a name given twice the last value."""
        return {name: values[-1] for name, values in parse_qs(urlsplit(self.target).query, True).items()}

    @property
    def kind(self) -> str:
        """The media type of the body, or nothing."""
        return self.headers.get_content_type() if "Content-Type" in self.headers else ""

    def json(self) -> Any:
        """The body read as JSON; ValueError when it is not."""
        return json.loads(self.body or b"null")

    def form(self) -> list[tuple[str, str]]:
        """The fields of a form in the body, in order; nothing for other bodies."""
        if self.kind != "application/x-www-form-urlencoded":
            return []
        return parse_qsl(self.body.decode(), keep_blank_values=True)

    def parts(self) -> dict[str, bytes]:
        """The parts of a multipart body by name."""
        if self.kind != "multipart/form-data":
            return {}
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        whole = BytesParser(policy=HTTP).parsebytes(head + self.body)
        return {
            str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True) or b""
            for part in whole.iter_parts()
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes back.

    `only`: the connection is cut after so many bytes of it, 0 for none at all; with `reset` in such a
    way that the other side meets an error and no end.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    only: int | None = None
    reset: bool = False

    def head(self) -> bytes:
        """The status line and the headers as they go over the wire."""
        reason = REASONS.get(self.status, "Unknown")
        length = {} if self.status in {204, 304} else {"Content-Length": str(len(self.body))}
        headers = {**self.headers, **length}
        lines = [f"HTTP/1.1 {self.status} {reason}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        return "\r\n".join(lines).encode("latin-1")


def as_json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer in JSON."""
    body = json.dumps(value, ensure_ascii=False).encode()
    return Answer(status=status, body=body, headers={"Content-Type": "application/json", **(headers or {})})


def as_page(title: str, body: str, status: int = 200) -> Answer:
    """An answer for people; `body` is HTML."""
    page = f"<!doctype html><meta charset=utf-8><title>{escape(title)}</title><h1>{escape(title)}</h1>{body}"
    return Answer(status=status, body=page.encode(), headers={"Content-Type": "text/html; charset=utf-8"})


def basic(name: str, password: str) -> str:
    """The header for a name and a password."""
    return "Basic " + b64encode(f"{name}:{password}".encode()).decode()


class App(Protocol):
    """What can be served."""

    def answer(self, request: Request) -> Answer:
        """The answer to one request; several may be asked for at once."""


class Served(ThreadingHTTPServer):
    """An app on a port of this computer. `faults` holds what went wrong in the app itself."""

    daemon_threads = False
    request_queue_size = 64

    def __init__(self, app: App, port: int = 0) -> None:
        self.app = app
        self.faults: list[str] = []
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        super().__init__((LOOPBACK, port), Handler)

    @property
    def url(self) -> str:
        """Where it answers, without a slash at the end."""
        return f"http://{LOOPBACK}:{self.server_address[1]}"

    def start(self) -> None:
        """Answer from now on, in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Cut every connection and give the port back."""
        self.stopping.set()
        self.shutdown()
        self._thread.join()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def process_request(self, request: socket.socket, client_address: object) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no fault of ours."""
        if not isinstance(sys.exception(), ConnectionError):
            self.faults.append(traceback.format_exc())


class Handler(BaseHTTPRequestHandler):
    """Reads a request, asks the app, writes the answer in one piece."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Served

    def reply(self) -> None:
        request = Request(method=self.command, target=self.path, headers=self.headers, body=self._body())
        answer = self._ask(request)
        whole = answer.head() + (b"" if self.command == "HEAD" else answer.body)
        if answer.only is not None:
            self.close_connection = True
            whole = whole[: answer.only]
        self.wfile.write(whole)
        if answer.reset:
            self._reset()

    def _reset(self) -> None:
        """Throw the line away, so that the other side hears of it by an error and not by an end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.close(self.connection.detach())

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = reply

    def _ask(self, request: Request) -> Answer:
        try:
            return self.server.app.answer(request)
        except Exception:
            self.server.faults.append(traceback.format_exc())
            return as_json({"error": "this test server has a fault, see its faults"}, 500)

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            return b"".join(self._chunks())
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _chunks(self) -> list[bytes]:
        found = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            found.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return found

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a request may hold a secret."""


# --- started by hand ----------------------------------------------------------------------------


def options(name: str, doc: str | None, port: int) -> ArgumentParser:
    """The options that each server has."""
    usage, layout = f"python -m tests.servers {name}", RawDescriptionHelpFormatter
    parser = ArgumentParser(usage, description=doc, formatter_class=layout)
    parser.add_argument("--port", type=int, default=port, help=f"where to answer, 0 for any free port; else {port}")
    parser.add_argument("--with-stdin", action="store_true", help="end when standard input is closed")
    return parser


def serve_until_told(served: Served, name: str, asked: Namespace) -> int:
    """Say the address, answer until Ctrl-C, a signal, or the end of standard input."""
    over = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        over.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    if asked.with_stdin:
        threading.Thread(target=_wait_for_end_of_input, args=(over,), daemon=True).start()
    served.start()
    print(f"{name} answers at {served.url}", flush=True)
    over.wait()
    served.stop()
    for fault in served.faults:
        print(fault, file=sys.stderr)
    return 1 if served.faults else 0


def _wait_for_end_of_input(over: threading.Event) -> None:
    while sys.stdin.buffer.read(1024):
        pass
    over.set()
