"""The engine: looks that overlap, that end, and that go on through whatever may pass."""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any, cast

import pytest

from bot.app import App, open_app
from bot.config import Account
from bot.core.delivery import Delivery, State
from bot.core.network import Payload, Publisher
from bot.core.notice import Notice
from bot.core.post import Receipt
from bot.work import doors
from bot.work.engine import Ear, Engine, went_wrong
from tests.making import NOW, library, until, write
from tests.servers.mail import Mail, words
from tests.servers.site import Site


def config(folder: Path, text: str, *, ago: float = 60) -> Path:
    """A config of two outboxes that was written so many seconds ago; `text` stands before them."""
    write(folder, {"config.toml": text + TWO})
    os.utime(folder / "config.toml", (NOW.timestamp() - ago, NOW.timestamp() - ago))
    return folder / "config.toml"


TWO = """timezone = "UTC"
[accounts.quick]
network = "outbox"
folder = "quick"
[accounts.slow]
network = "outbox"
folder = "slow"
[[schedule]]
campaign = "air"
accounts = ["quick", "slow"]
times = ["12:01", "12:02"]
"""


@dataclass
class Day:
    """A clock that goes on when a test says so, a door to each account, and an ear for what the engine tells.

    The door of "slow" opens when a test says so. `looks`: how many deliveries each look changed of which one hears.
    """

    now: datetime = NOW
    open: Event = field(default_factory=Event)
    knocked: Event = field(default_factory=Event)
    defect: Exception | None = None
    ledgers: set[int] = field(default_factory=set)
    changed: list[str] = field(default_factory=list)
    looks: list[int] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    def engine(self, path: Path) -> Engine:
        app = open_app(path, clock=lambda: self.now)
        return Engine(
            replace(app, connect=self.connect, environ={}),
            Ear(changed=self.hear, looked=self.note, trouble=self.troubles.append),
        )

    def hear(self, app: App, changed: list[Delivery]) -> None:
        self.changed += [f"{one.account} {one.clock} {one.state}" for one in changed]

    def note(self, app: App, changed: list[Delivery]) -> None:
        self.looks.append(len(changed))

    def comes(self, clock: str) -> None:
        self.now = datetime.fromisoformat(f"2026-11-21T{clock}Z")

    def connect(self, app: App, account: Account) -> Publisher:
        self.ledgers.add(id(app.store))
        if self.defect:
            raise self.defect
        opening = app.networks[account.network].connect
        assert opening is not None
        door = opening(app.answers(account), {})
        return cast("Publisher", Slow(door, self) if account.name == "slow" else door)


@dataclass
class Slow:
    """An outbox behind a server that is silent for a while."""

    inner: Any
    day: Day

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def publish(self, payload: Payload, key: str) -> Receipt:
        self.day.knocked.set()
        self.day.open.wait(20)  # not for ever, should a fault let two wait here
        return cast("Receipt", self.inner.publish(payload, key))


@pytest.fixture
def day() -> Iterator[Day]:
    day = Day()
    yield day
    day.open.set()


@contextmanager
def looking(engine: Engine) -> Iterator[None]:
    """A look of the engine that goes on meanwhile."""
    thread = Thread(target=engine.look)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def said(folder: Path, account: str) -> int:
    """How many posts lie in an account's outbox."""
    return len(list((folder / account).glob("*.txt")))


POSTS = {f"{name}.txt": f"{name} {name} {name}: buses for everybody." for name in "abcdef"}


@contextmanager
def while_slow_waits(folder: Path, day: Day) -> Iterator[Engine]:
    """An engine that looks at 12:01: the quick account has spoken, and the slow one waits for its server."""
    engine = day.engine(config(library(folder, POSTS), ""))
    engine.look()
    day.comes("12:01:00")
    with looking(engine):
        assert day.knocked.wait(20)
        until(lambda: said(folder, "quick") == 1)
        yield engine


def test_a_silent_server_holds_up_its_own_account_alone(tmp_path: Path, day: Day) -> None:
    with while_slow_waits(tmp_path, day) as engine:
        day.comes("12:02:00")
        until(lambda: (engine.look(), said(tmp_path, "quick"))[1] == 2)
        assert (said(tmp_path, "quick"), said(tmp_path, "slow")) == (2, 0)
        day.open.set()
    assert said(tmp_path, "slow") == 1
    engine.look()
    assert (said(tmp_path, "quick"), said(tmp_path, "slow")) == (2, 2)


def test_one_hears_of_what_changed_of_the_first_look_and_of_none_that_changed_nothing(tmp_path: Path, day: Day) -> None:
    engine = day.engine(config(library(tmp_path, POSTS), ""))
    day.open.set()
    for clock in ("12:00:00", "12:00:30", "12:01:00", "12:01:30"):
        day.comes(clock)
        engine.look()
    assert sorted(day.changed) == ["quick 12:01 sent", "slow 12:01 sent"] and day.looks == [0, 2]


def test_what_is_being_said_when_it_is_to_end_is_finished_and_nothing_new_begins(tmp_path: Path, day: Day) -> None:
    with while_slow_waits(tmp_path, day) as engine:
        engine.end()
        day.comes("12:02:00")
        engine.look()
        day.open.set()
    assert (said(tmp_path, "quick"), said(tmp_path, "slow")) == (1, 1)
    with closing(open_app(tmp_path / "config.toml").store) as store:
        assert [one.state for one in store.deliveries()] == ["sent", "sent"]


def test_an_account_whose_turn_comes_after_the_end_was_asked_for_waits_for_the_next_start(
    tmp_path: Path, day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "THREADS", 1)
    one_after_the_other = SLOW_FIRST.format("slow", "12:01") + SLOW_FIRST.format("quick", "12:02")
    write(library(tmp_path, POSTS), {"config.toml": TWO.partition("[[schedule]]")[0] + one_after_the_other})
    engine = day.engine(tmp_path / "config.toml")
    engine.look()
    day.comes("12:02:00")
    with looking(engine):
        assert day.knocked.wait(20)
        engine.end()
        day.open.set()
    assert (said(tmp_path, "slow"), said(tmp_path, "quick")) == (1, 0)
    day.engine(tmp_path / "config.toml").look()
    assert (said(tmp_path, "slow"), said(tmp_path, "quick")) == (1, 1)


SLOW_FIRST = '[[schedule]]\ncampaign = "air"\naccounts = ["{}"]\ntimes = ["{}"]\n'


def test_one_ledger_is_open_however_often_it_looks(tmp_path: Path, day: Day) -> None:
    engine = day.engine(config(library(tmp_path, POSTS), ""))
    day.open.set()
    for clock in ("12:00:00", "12:01:00", "12:02:00"):
        day.comes(clock)
        engine.look()
    assert len(day.ledgers) == 1


def test_trouble_that_passes_is_told_once_and_does_not_end_the_engine(tmp_path: Path, day: Day) -> None:
    engine = day.engine(config(library(tmp_path, POSTS), ""))
    write(tmp_path, {"handbill.db/in-the-way": ""})
    engine.look()
    engine.look()
    assert [row.splitlines()[-1] for row in day.troubles] == ["Handbill goes on trying."] and not day.looks
    shutil.rmtree(tmp_path / "handbill.db")
    engine.look()
    assert (tmp_path / "handbill.db").is_file() and len(day.troubles) == 1 and day.looks == [0]


def test_a_ledger_that_stays_away_is_told_to_people_once(tmp_path: Path, day: Day, mail: Mail) -> None:
    engine = day.engine(config(library(tmp_path, POSTS), f'notify = ["{mail.address()}"]\n'))
    write(tmp_path, {"handbill.db/in-the-way": ""})
    for _ in range(4):
        engine.look()
    (letter,) = mail.letters
    assert letter["Subject"] == "Handbill: the engine is in trouble"
    assert "handbill.db" in words(letter) and "Handbill goes on trying." in words(letter)


def test_trouble_for_a_moment_now_and_then_is_told_to_nobody(tmp_path: Path, day: Day, mail: Mail) -> None:
    engine = day.engine(config(library(tmp_path, POSTS), f'notify = ["{mail.address()}"]\n'))
    day.open.set()
    engine.look()
    for clock in ("12:01:00", "12:02:00"):
        day.comes(clock)
        for day.defect in (OSError("for a moment"), None):
            engine.look()
    assert (said(tmp_path, "quick"), mail.letters) == (2, [])


def test_a_config_that_is_edited_holds_from_the_next_look_on(tmp_path: Path, day: Day) -> None:
    engine = day.engine(config(library(tmp_path, POSTS), ""))
    engine.look()
    (tmp_path / "config.toml").write_text(TWO.replace('folder = "quick"', 'folder = "else"'), encoding="utf-8")
    day.open.set()
    day.comes("12:01:00")
    engine.look()
    assert (said(tmp_path, "quick"), said(tmp_path, "else")) == (0, 1)


def test_a_broken_config_is_told_once_and_the_last_good_one_holds(tmp_path: Path, day: Day) -> None:
    engine = day.engine(config(library(tmp_path, POSTS), ""))
    day.open.set()
    engine.look()
    config(tmp_path, "timezone = Mars\n")
    for clock in ("12:01:00", "12:01:15", "12:02:00"):
        day.comes(clock)
        engine.look()
    (told,) = day.troubles
    assert "text needs quotes" in told and "what stood there before holds" in told
    assert said(tmp_path, "quick") == 2
    config(tmp_path, "timezone = Venus\n")
    engine.look()
    assert day.troubles == [told], "the same fault is told once"
    (tmp_path / "config.toml").unlink()
    engine.look()
    assert "There is no file" in day.troubles[-1]


def test_notices_that_do_not_arrive_are_told_once_while_it_runs(tmp_path: Path, day: Day, site: Site) -> None:
    site.says("/hook", "", status=401)
    engine = day.engine(config(library(tmp_path, POSTS), f'notify = ["json://{site.door}/hook"]\n'))
    engine.look()
    with closing(open_app(tmp_path / "config.toml").store) as store:
        store.tell(Notice(kind="account", words="dead", at=NOW, account="town"))
    engine.look()
    engine.look()
    (told,) = day.troubles
    assert "Notices do not arrive. json://127.0.0.1: it answered 401." in told


def test_the_monitor_is_asked_once_a_minute_and_the_file_touched_each_time(
    tmp_path: Path, day: Day, site: Site
) -> None:
    rows = f'\n[heartbeat]\nurl = "{site.says("/ping", "OK")}"\nfile = "alive"\n'
    write(library(tmp_path, POSTS), {"config.toml": TWO + rows})
    engine = day.engine(tmp_path / "config.toml")
    engine.look()
    (tmp_path / "alive").unlink()
    engine.look()
    assert len(site.requests) == 1 and (tmp_path / "alive").exists()


def test_no_sign_of_life_comes_from_an_engine_without_its_ledger(tmp_path: Path, day: Day, site: Site) -> None:
    rows = f'\n[heartbeat]\nurl = "{site.says("/ping", "OK")}"\nfile = "alive"\n'
    write(library(tmp_path, POSTS), {"config.toml": TWO + rows, "handbill.db/in-the-way": ""})
    day.engine(tmp_path / "config.toml").look()
    assert site.requests == [] and not (tmp_path / "alive").exists()


def test_an_engine_that_ends_by_a_fault_of_its_own_tells_it_without_its_words(
    tmp_path: Path, day: Day, mail: Mail
) -> None:
    day.defect = LookupError("s3cr3t-hunter2")
    engine = day.engine(config(library(tmp_path, POSTS), f'notify = ["{mail.address()}"]\n'))
    engine.look()
    day.comes("12:01:00")
    engine.look()
    assert isinstance(engine.defect, LookupError) and engine.ends
    (letter,) = mail.letters
    assert "LookupError, test_engine.py:" in words(letter) and "s3cr3t" not in words(letter)


@pytest.mark.parametrize(
    ("state", "account", "is_wrong"),
    [
        ("sent", "town", False),
        ("skipped", "town", False),
        ("waiting", "town", False),
        ("failed", "town", True),
        ("uncertain", "town", True),
        ("uncertain", "hand", False),
        ("failed", "hand", True),
        ("uncertain", "gone from the config", True),
    ],
)
def test_a_person_hears_of_what_is_not_said_meant_or_theirs_to_post(
    tmp_path: Path, state: State, account: str, is_wrong: bool
) -> None:
    rows = '[accounts.town]\nnetwork = "outbox"\n[accounts.hand]\nnetwork = "instagram"\npublish = "by hand"\n'
    write(tmp_path, {"config.toml": rows})
    one = Delivery(
        network="",
        identity="",
        campaign="air",
        day=NOW.date(),
        clock="12:00",
        account=account,
        at=NOW,
        late=timedelta(hours=1),
        state=state,
    )
    assert went_wrong(open_app(tmp_path / "config.toml"), one) == is_wrong
