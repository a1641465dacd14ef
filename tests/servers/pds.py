"""A real Bluesky server (PDS, with its register of accounts) on 127.0.0.1, from npm packages.

python -m tests.servers.pds [--port 2583]   starts it, with an account to try Handbill with
python -m tests.servers.pds --install       only fetches its packages, once, into the cache folder

It is the server that Bluesky itself runs, but alone: it knows no other server, there is no app to
look at it with (app.bsky.* and chat.bsky.* are not answered), it sends no mail, and all is gone
when it ends. Posts are read back as the records they are: com.atproto.repo.getRecord.
"""

import atexit
import json
import secrets
import subprocess
import sys
import threading
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from tests.servers import npm
from tests.servers.npm import Missing

PACKAGE = Path(__file__).with_name("bluesky")
INSTALL = "python -m tests.servers.pds --install"
# A proxy of the machine is not for 127.0.0.1.
OPENER = build_opener(ProxyHandler({}))


class Answered(Exception):
    """The server said no: `status`, and the `name` of its error."""

    def __init__(self, status: int, name: str, message: str) -> None:
        super().__init__(f"{status} {name}: {message}")
        self.status, self.name = status, name


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account on the server; `password` is an app password, `token` and `refresh` are its owner's session."""

    handle: str
    did: str
    password: str = field(repr=False)
    token: str = field(repr=False)
    refresh: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pds:
    """A running server: its address, and the secret that its tokens are signed with (HS256)."""

    url: str
    plc: str
    jwt_secret: str = field(repr=False)

    def get(self, method: str, **query: str | int) -> Any:
        """Ask the server as anybody may; raises Answered."""
        return self._ask(Request(f"{self.url}/xrpc/{method}?{urlencode(query)}"))

    def post(self, method: str, body: dict[str, object], token: str = "") -> Any:
        """Tell the server something; raises Answered."""
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        return self._ask(Request(f"{self.url}/xrpc/{method}", json.dumps(body).encode(), headers))

    def _ask(self, request: Request) -> Any:
        try:
            with OPENER.open(request, timeout=60) as answer:
                body, kind = answer.read(), answer.headers.get_content_type()
        except HTTPError as error:
            with error:
                said = json.load(error)
            raise Answered(error.code, said.get("error", ""), said.get("message", "")) from None
        return json.loads(body or "null") if kind == "application/json" else body

    def account(self, name: str = "") -> Account:
        """Make an account with an app password; one without a name gets one of its own."""
        handle = f"{name or 't' + secrets.token_hex(6)}.test"
        asked: dict[str, object] = {
            "handle": handle,
            "email": f"{handle.removesuffix('.test')}@mail.test",
            "password": secrets.token_urlsafe(12),
        }
        made = self.post("com.atproto.server.createAccount", asked)
        token = made["accessJwt"]
        app = self.post("com.atproto.server.createAppPassword", {"name": "handbill"}, token)
        return Account(
            handle=handle, did=made["did"], password=app["password"], token=token, refresh=made["refreshJwt"]
        )

    def posts(self, account: Account) -> list[dict[str, Any]]:
        """The account's posts as they stand in its repository, the newest first: uri, cid, value."""
        found = self.get("com.atproto.repo.listRecords", repo=account.did, collection="app.bsky.feed.post", limit=100)
        return list(found["records"])

    def head(self, account: Account) -> str:
        """The latest commit of the account's repository: it changes with every write."""
        return str(self.get("com.atproto.sync.getLatestCommit", did=account.did)["cid"])

    def blob(self, account: Account, blob: dict[str, Any]) -> bytes:
        """The bytes of a picture that a record refers to."""
        found = self.get("com.atproto.sync.getBlob", did=account.did, cid=blob["ref"]["$link"])
        return found if isinstance(found, bytes) else json.dumps(found).encode()

    def delete(self, account: Account, uri: str) -> None:
        """Delete a record, as the account's owner does by hand."""
        _, _, _, collection, rkey = uri.split("/")
        asked: dict[str, object] = {"repo": account.did, "collection": collection, "rkey": rkey}
        self.post("com.atproto.repo.deleteRecord", asked, account.token)


# --- installing ---------------------------------------------------------------------------------


def installed() -> Path:
    """The folder with the server's packages, fetched now if it is the first time; raises Missing."""
    return npm.installed(PACKAGE, INSTALL)


# --- starting -----------------------------------------------------------------------------------


@contextmanager
def serving(*, port: int = 0, rate_limits: bool = False) -> Iterator[Pds]:
    """Run a server of its own; `rate_limits`: it counts requests as Bluesky's do. Raises Missing."""
    folder = installed()
    command = ["node", str(PACKAGE / "pds.mjs"), str(port), "counting" if rate_limits else ""]
    with TemporaryFile("w+") as said:
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, cwd=folder, stdin=pipe, stdout=pipe, stderr=said, text=True)
        # Leaving closes its standard input, which ends it, and waits for that.
        with process:
            assert process.stdout is not None
            ready = process.stdout.readline()
            if not ready:
                process.wait()
                said.seek(0)
                raise RuntimeError(f"the Bluesky server did not start:\n{said.read()[-2000:]}")
            yield Pds(**json.loads(ready))


@cache
def shared() -> Pds:
    """One server for all tests of this process, started when first asked for; raises Missing."""
    running = ExitStack()
    atexit.register(running.close)
    return running.enter_context(serving())


@pytest.fixture(scope="session")
def pds() -> Pds:
    """A Bluesky server that all tests share: each makes an account of its own on it.

    In a test module, or in a conftest:  from tests.servers.pds import pds
    """
    with or_skip():
        return shared()


@contextmanager
def or_skip() -> Iterator[None]:
    """Skip the test where the server cannot be had, and say how to get it."""
    try:
        yield
    except Missing as missing:
        pytest.skip(f"no Bluesky server: {missing}")


def main(arguments: Sequence[str]) -> int:
    """Start a server by hand; it ends with Ctrl-C."""
    parser = ArgumentParser(prog="python -m tests.servers.pds", description="A real Bluesky server on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=2583, help="2583 if left out; 0 takes a free one")
    parser.add_argument("--account", default="town", help="the name of the account it begins with (town)")
    parser.add_argument("--rate-limits", action="store_true", help="count requests as Bluesky's servers do")
    parser.add_argument("--with-stdin", action="store_true", help="end when standard input is closed")
    parser.add_argument("--install", action="store_true", help="fetch its packages and end")
    asked = parser.parse_args(arguments)
    try:
        folder = installed()
        if asked.install:
            print(f"The Bluesky server is in {folder}")
            return 0
        with serving(port=asked.port, rate_limits=asked.rate_limits) as server:
            _wait(server, asked.account, with_stdin=asked.with_stdin)
    except Missing as missing:
        print(f"Cannot start the Bluesky server: {missing}", file=sys.stderr)
        return 1
    return 0


def _wait(server: Pds, name: str, *, with_stdin: bool) -> None:
    """Say where it is, and wait for Ctrl-C."""
    account = server.account(name)
    ready = {"url": server.url, "handle": account.handle, "did": account.did, "password": account.password}
    print(json.dumps(ready), flush=True)
    try:
        if with_stdin:
            sys.stdin.read()
        else:
            threading.Event().wait()
    except KeyboardInterrupt:
        print("The server and all that was posted are gone.", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
