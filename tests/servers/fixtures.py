"""The servers for tests: `running` starts one, and the fixtures give each test one that is as new.

For all tests:  pytest_plugins = ["tests.servers.fixtures"]  in tests/conftest.py; for those of one folder:
from tests.servers.fixtures import mastodon_server, proxy, x_server  in its conftest.py.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from html import unescape
from http.client import HTTPConnection
from typing import Generic, TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.servers import mastodon
from tests.servers.proxy import Proxy
from tests.servers.serving import App, Served
from tests.servers.x import X

Kind = TypeVar("Kind", bound=App)
MASTODON: pytest.StashKey["Running[mastodon.Mastodon]"] = pytest.StashKey()


class Running(Generic[Kind]):
    """A server that answers at `url`; `app` is the object behind it, to be asked and changed."""

    def __init__(self, served: Served, app: Kind) -> None:
        self.url, self.app, self.faults = served.url, app, served.faults

    def control(self, path: str = "", body: str = "", method: str = "") -> str:
        """What the control API answers, as a person would use it."""
        return _ask(method or ("POST" if body else "GET"), f"{self.url}/_control{path}", body, "application/json")[1]


@contextmanager
def running(app: Kind) -> Iterator[Running[Kind]]:
    """Serve an app on a free port; a fault of the server itself fails the test."""
    served = Served(app)
    if isinstance(app, Proxy):
        app.wait = served.stopping.wait
    served.start()
    try:
        yield Running(served, app)
    finally:
        served.stop()
    assert not served.faults, "\n".join(served.faults)


@pytest.fixture
def x_server() -> Iterator[Running[X]]:
    """An X server with the users campaign and other."""
    with running(X()) as server:
        yield server


@pytest.fixture
def mastodon_server(request: pytest.FixtureRequest) -> Iterator[Running[mastodon.Mastodon]]:
    """A Mastodon server with the accounts campaign and other; one for all tests, emptied for each."""
    pytest.importorskip("mastodon_mock")
    kept = request.config.stash
    if MASTODON not in kept:
        stack = ExitStack()
        request.config.add_cleanup(stack.close)
        kept[MASTODON] = stack.enter_context(_mastodon())
    server = kept[MASTODON]
    server.app.reset()
    yield server
    assert not server.faults, "\n".join(server.faults)


@contextmanager
def _mastodon() -> Iterator[Running[mastodon.Mastodon]]:
    with mastodon.served() as served:
        served.start()
        yield Running(served, served.app)
        served.stop()


@pytest.fixture
def proxy() -> Iterator[Callable[[str], Running[Proxy]]]:
    """proxy(url) stands before the server at that address."""
    with ExitStack() as stack:
        yield lambda to: stack.enter_context(running(Proxy(to)))


def approve(url: str, username: str = "campaign") -> str:
    """What a person does with an authorization page: say yes, and copy the PIN or code, or the address sent back to."""
    _, page, _ = _ask("GET", url)
    fields = {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', page)}
    where = urlsplit(url)
    body = urlencode({**_flat(where.query), **fields, "username": username})
    _, page, back = _ask("POST", f"{where.scheme}://{where.netloc}{where.path}", body)
    if back:
        return back
    found = re.search(r"(?:<code>|code: )([\w-]+)", page)
    assert found, page
    return found[1]


def _flat(query: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(query).items()}


def _ask(
    method: str, url: str, body: str = "", kind: str = "application/x-www-form-urlencoded"
) -> tuple[int, str, str]:
    """Status, text, and where it sends the browser."""
    where = urlsplit(url)
    connection = HTTPConnection(where.hostname or "", where.port, timeout=30)
    try:
        target = where.path + ("?" + where.query if where.query else "")
        connection.request(method, target, body.encode(), {"Content-Type": kind})
        with connection.getresponse() as response:
            return response.status, response.read().decode(), response.getheader("Location", "")
    finally:
        connection.close()
