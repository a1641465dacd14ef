"""A true mail server on loopback: takes what is sent to it, or refuses to let anybody in."""

from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest


class Mail(ThreadingTCPServer):
    """A mail server: `letters` that came, and who let themselves in; with `refuses` nobody is let in."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.let_in: list[str] = []
        self.refuses = False
        super().__init__(("127.0.0.1", 0), Talk)

    def address(self, password: str = "s3cr3t-of-mail") -> str:
        """Where notices go that end here."""
        return f"mailto://me:{password}@127.0.0.1:{self.server_address[1]}?from=me@town.example&to=ana@town.example"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hung up is no fault here."""


class Talk(StreamRequestHandler):
    """The words of <https://www.rfc-editor.org/rfc/rfc5321> that a sender needs."""

    server: Mail

    def handle(self) -> None:
        self._say("220 town")
        while row := self.rfile.readline().decode().strip():
            verb = row.split(" ")[0].upper()
            if verb == "QUIT":
                self._say("221 bye")
                return
            self._say(self._answer(verb, row))

    def _answer(self, verb: str, row: str) -> str:
        if verb == "EHLO":
            return "250-town\r\n250 AUTH PLAIN"
        if verb == "AUTH":
            self.server.let_in.append(b64decode(row.split(" ")[2]).decode())
            return "535 no" if self.server.refuses else "235 come in"
        if verb == "DATA":
            self._say("354 go on")
            self.server.letters.append(message_from_bytes(self._letter(), policy=default))  # type: ignore[arg-type]
        return "250 ok"

    def _letter(self) -> bytes:
        rows = []
        while (row := self.rfile.readline()) not in (b".\r\n", b""):
            rows.append(row.removeprefix(b"."))
        return b"".join(rows)

    def _say(self, words: str) -> None:
        self.wfile.write(words.encode() + b"\r\n")


def words(letter: EmailMessage) -> str:
    """A letter's plain text."""
    part = letter.get_body(preferencelist=("plain",))
    assert part is not None
    return str(part.get_content())


@contextmanager
def answering() -> Iterator[Mail]:
    """A mail server that answers."""
    server = Mail()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def mail() -> Iterator[Mail]:
    """A mail server for one test."""
    with answering() as server:
        yield server
