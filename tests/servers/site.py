"""A true server on loopback that answers, or fails, as a test says."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

HTML = {"Content-Type": "text/html; charset=utf-8"}
Reply = Callable[["Handler"], None]


class Site(ThreadingHTTPServer):
    """A true server on loopback: a reply by path, and the requests that came."""

    daemon_threads = True

    def __init__(self) -> None:
        self.replies: dict[str, Reply] = {}
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def door(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hung up is no fault here."""

    def says(self, path: str, body: str | bytes, headers: dict[str, str] | None = None, status: int = 200) -> str:
        """Answer `path` with this; its address."""

        def reply(handler: "Handler") -> None:
            content = body.encode() if isinstance(body, str) else body
            handler.send_response(status)
            for name, value in {**(HTML if headers is None else headers), "Content-Length": str(len(content))}.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(content)

        return self.does(path, reply)

    def does(self, path: str, reply: Reply) -> str:
        self.replies[path] = reply
        return f"http://{self.door}{path}"


class Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append((f"{self.command} {self.path}", dict(self.headers), body))
        self.server.replies[self.path](self)
        self.close_connection = True

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    thread = Thread(target=site.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        site.shutdown()
        thread.join()
        site.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(Site()) as site:
        yield site


# --- replies that go wrong ------------------------------------------------------------------------


def hangs_up(handler: Handler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def half(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")


def half_a_refusal(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 422 No\r\nContent-Length: 100\r\n\r\n{")


def gibberish(handler: Handler) -> None:
    handler.wfile.write(b"\x00\x01 Set-Cookie: secret\r\n\r\n")


def silent(handler: Handler) -> None:
    handler.connection.settimeout(20)
    handler.rfile.read(1)


def drips(handler: Handler) -> None:
    from time import sleep

    with suppress(OSError):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while True:
            handler.wfile.write(b"a")
            sleep(0.05)


def never_begins(handler: Handler) -> None:
    with suppress(OSError):
        while True:
            handler.wfile.write(b"HTTP/1.1 102 Processing\r\n\r\n")


def drips_body(handler: Handler) -> None:
    from time import sleep

    with suppress(OSError):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<title>A</title>")
        while True:
            handler.wfile.write(b"a")
            sleep(0.05)


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
