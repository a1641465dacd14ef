"""The desk over HTTP as people meet it: a real server, a library, a timetable, and somebody signed in."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, unquote

import httpx
import pytest

from bot.app import App, open_app
from bot.web.desk import SESSION, start
from bot.work import people
from bot.work.deliver import tick
from bot.work.people import Role
from tests.making import NOW, library, write

CONFIG = """\
timezone = "America/New_York"

# The town's own door.
[accounts.town]
network = "outbox"
folder = "out"

[[schedule]]
campaign = "air"
accounts = ["town"]
times = ["09:00", "17:30"]
"""
POSTS = {
    "bus.en.txt": "+++\ntags = ['facts']\n+++\nBuses run on time. #CleanAir\n---\nRide the bus.\n",
    "tree.en.txt": "A tree is a lung.\n",
}
PASSWORD = "correct horse battery"
# Made once: it takes as long as many requests.
TRUST = ssl.create_default_context()


@dataclass
class Hours:
    """A clock that stands until somebody moves it."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


class Page(HTMLParser):
    """What a person finds on a page: its words, its links, and its forms with their fields."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words = ""
        self.links: list[str] = []
        self.forms: dict[str, dict[str, str]] = {}
        self._form: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if tag == "form":
            self._form = self.forms.setdefault(unquote(found.get("action", "")), {})
        if tag in ("input", "select", "textarea", "button") and "name" in found:
            self._form.setdefault(found["name"], found.get("value", ""))

    def handle_data(self, data: str) -> None:
        self.words += data


@dataclass
class Visitor:
    """Somebody at the desk, with the cookies of a browser."""

    client: httpx.Client
    key: str = ""

    def get(self, path: str, status: int = 200, **headers: str) -> Page:
        """A page, as a person reads it, after where it leads to."""
        answer = self.client.get(path, follow_redirects=True, headers=headers)
        assert answer.status_code == status, answer.text
        return Page(answer.text)

    def post(self, path: str, fields: dict[str, str | list[str]] | None = None, **more: object) -> httpx.Response:
        """Send a form as its page would."""
        return self.client.post(path, data={"key": self.key, **(fields or {})}, **more)  # type: ignore[arg-type]

    def press(self, page: Page, action: str, status: int = 200, **typed: str) -> Page:
        """Send a form that stands on a page, with what was typed; the page that comes then."""
        answer = self.client.post(action, data={**page.forms[action], **typed}, follow_redirects=True)
        assert answer.status_code == status, answer.text
        return Page(answer.text)


@dataclass
class Stage:
    """A desk that runs: `folder` holds config.toml, posts/ and the ledger; `hours` is its clock."""

    folder: Path
    address: str
    hours: Hours
    app: App
    clients: list[httpx.Client] = field(default_factory=list)

    def visitor(self) -> Visitor:
        """Somebody who is not signed in."""
        self.clients.append(httpx.Client(base_url=self.address, trust_env=False, timeout=30, verify=TRUST))
        return Visitor(self.clients[-1])

    def signed_in(self, name: str, role: Role) -> Visitor:
        """Somebody who came by an invitation."""
        store = self.app.store.people
        secret = people.begin(self.app) if role is Role.ORGANIZER else people.invite(self.app, store.all()[0], role)
        _, token = people.accept(self.app, secret, name, PASSWORD)
        session = people.signed_in(self.app, token)
        assert session is not None
        visitor = self.visitor()
        visitor.client.cookies.set(SESSION, token)
        visitor.key = session.key
        return visitor

    def tick(self, **later: float) -> None:
        """Let time pass (hours=…), and the engine look."""
        self.hours.now += timedelta(**later)
        tick(self.app.fresh(), self.hours.now)


@pytest.fixture
def hours() -> Hours:
    return Hours()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a config and a small library."""
    library(tmp_path, POSTS)
    return write(tmp_path, {"config.toml": CONFIG})


@pytest.fixture
def stage(place: Path, hours: Hours, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """The desk of that folder, served; its timetable was seen at the clock's first instant."""
    monkeypatch.setenv("HANDBILL_KEY_FILE", str(place / "key"))
    app = open_app(place / "config.toml", hours)
    tick(app, hours.now)
    address, stop = start(app, 0)
    found = Stage(place, address, hours, app)
    yield found
    for client in found.clients:
        client.close()
    stop()
    app.close()


@pytest.fixture
def organizer(stage: Stage) -> Visitor:
    return stage.signed_in("Ana", Role.ORGANIZER)


@pytest.fixture
def reviewer(stage: Stage, organizer: Visitor) -> Visitor:
    return stage.signed_in("Bo", Role.REVIEWER)


def path(*parts: str) -> str:
    """A path of the desk with each part in its place."""
    return "/" + "/".join(quote(part) for part in parts)
