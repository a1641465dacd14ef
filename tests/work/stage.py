"""A library, a config and a ledger in a folder, opened at an instant: what the tests of `work` act on."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot import config, networks
from bot.app import App
from bot.config import Account
from bot.core.network import Payload, Publisher
from bot.core.post import Receipt
from bot.core.problem import NetworkError

START = datetime(2026, 12, 1, 12, tzinfo=UTC)

CONFIG = """\
timezone = "UTC"
[accounts.town]
network = "outbox"
[[schedule]]
campaign = "air"
accounts = ["town"]
times = ["09:00", "17:30"]
"""


def at(clock: str, day: int = 1) -> datetime:
    """An instant of December 2026 in UTC."""
    hours, minutes = map(int, clock.split(":"))
    return datetime(2026, 12, day, hours, minutes, tzinfo=UTC)


def opened(folder: Path, posts: Mapping[str, str] | None = None, *, told: str = CONFIG, now: datetime = START) -> App:
    """The app of a folder into which `posts` (text by file name) and the config are written first."""
    (folder / "config.toml").write_text(told, encoding="utf-8")
    for name, text in ({"one.txt": "One.", "two.txt": "Two."} if posts is None else posts).items():
        path = folder / "posts" / (name if "/" in name else f"air/{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        if not (path.parent / "campaign.toml").exists():
            (path.parent / "campaign.toml").write_text('title = "Clean air"\n', encoding="utf-8")
    known = networks.load()
    found, problems = config.read(folder / "config.toml", known, "config.toml")
    assert found is not None, problems
    return App(config=found, networks=known, clock=lambda: now)


def out(folder: Path, account: str = "outbox") -> list[str]:
    """The words in an outbox, by name of file, that is in order of time."""
    return [path.read_text(encoding="utf-8").removesuffix("\n") for path in sorted((folder / account).glob("*.txt"))]


@dataclass
class Moody:
    """An outbox that before each post asks `moods` what to do: None to post, or an error to raise."""

    inner: Any
    moods: Iterator[NetworkError | None]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def publish(self, payload: Payload, key: str) -> Receipt:
        if error := next(self.moods, None):
            raise error
        return self.inner.publish(payload, key)


class Blind(Moody):
    """An outbox that cannot be asked what lies in it."""

    find = None
    repeat: Any = None


def blind(app: App, *moods: NetworkError | None, kind: type[Moody] = Blind) -> App:
    """The same app, whose network cannot tell whether a post arrived; it posts into the folder outbox."""
    opening = app.networks["outbox"].connect
    assert opening is not None
    door = kind(opening({"account": "town", "folder": str(app.config.folder / "outbox")}, {}), iter(moods))
    known = {**app.networks, "outbox": replace(app.networks["outbox"], finds_surely=False)}
    return replace(app, networks=known, connect=lambda *_: door)


def outboxes(app: App, moods: Iterable[NetworkError | None] = ()) -> App:
    """The same app, whose every account posts into a folder of its name below real/; `moods` come in their way."""
    place, coming = app.config.folder / "real", iter(moods)

    def connect(_: App, account: Account) -> Publisher:
        opening = app.networks["outbox"].connect
        assert opening is not None
        return Moody(opening({"account": account.name, "folder": str(place / account.name)}, {}), coming)

    return replace(app, connect=connect)
