"""Workers that may be killed: a process that has loaded everything once, and forks one for each life.

python -m tests.faults.worker SOCKET     it is started, and asked, by tests.faults.crew
"""

import json
import logging
import os
import re
import resource
import select
import signal
import socket
import sqlite3
import sys
import traceback
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer
from time import monotonic, sleep
from typing import Any, NoReturn

from sqlalchemy import event
from sqlalchemy.pool import Pool

from bot.app import App, open_app
from bot.cli.run import ALOUD
from bot.core.delivery import Delivery
from bot.core.problem import HandbillError
from bot.work import deliver
from bot.work.engine import Engine
from tests.faults.steps import hasten, watch
from tests.making import NOW, library
from tests.making import app as outboxes
from tests.publishing.stage import with_cards

OPEN = ("waiting", "planned", "sending")
# A life that takes longer than this hangs, and is ended.
LONGEST, HUNG = 60.0, 124
# The step before all others, and the one before each look.
BIRTH, LOOK = "birth", "look"
# Before what a worker says at the end of a life, among the steps it tells of on the way.
RESULT = "= "


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What one worker does, from its birth on, and how it may end before its time.

    It looks at each of `instants`; if `until_quiet`, until nothing changes and nothing is open. When it comes to the
    step `strike` for the `nth` time, it does a `deed` to itself. It is killed from outside after `die_after` seconds.
    `starts` is an account that a person lets begin first, `patience` how many seconds a call waits. `engine`: it does
    all that the command line does.
    """

    folder: str
    network: str
    instants: tuple[str, ...]
    environ: dict[str, str] = field(default_factory=dict)
    pages: str = ""
    starts: str = ""
    engine: bool = False
    watched: bool = False
    strike: str = ""
    nth: int = 1
    deed: str = "kill"
    die_after: float | None = None
    until_quiet: bool = False
    patience: float = 5.0
    lease: float = 1.0


# --- a life ---------------------------------------------------------------------------------------


def live(life: Life, tell: Callable[[str], None]) -> None:
    """Work as `handbill run` does, at the instants of a life."""
    if trusted := life.environ.get(TRUST):
        os.putenv(TRUST, trusted)
    hasten(life.patience)
    step: Callable[[str], None] = Striking(life, tell) if life.watched or life.strike else lambda name: None
    if life.watched or life.strike:
        watch(life.network, step)
    step(BIRTH)
    clock = Clock()
    look = Looking(life, clock)
    for instant in map(datetime.fromisoformat, life.instants):
        clock.now = instant
        step(LOOK)
        if look() and life.until_quiet:
            break
    tell(RESULT + json.dumps(look.changed))


class Looking:
    """Looks once, at the clock's time; whether nothing changed then, and nothing is open. `changed`: all that did."""

    def __init__(self, life: Life, clock: "Clock") -> None:
        self.changed: list[str] = []
        self._life, self._clock = life, clock
        self._app: App | None = None
        self._engine: Engine | None = None

    def __call__(self) -> bool:
        try:
            self._app = self._app.fresh() if self._app else self._opened()
            if self._life.starts:
                self._app.store.start(self._life.starts, self._clock())
            found = self._by_engine(self._app) if self._life.engine else deliver.tick(self._app, self._clock())
        except (HandbillError, OSError) as trouble:  # as the command line takes it: said, and tried again
            logging.error("trouble: %s", trouble)
            self.changed.append(f"trouble: {trouble}")
            return False
        self.changed += [f"{one.account} {one.day} {one.clock} {one.state}" for one in found]
        return not found and is_quiet(self._app)

    def _opened(self) -> App:
        """The app of a life's folder, as the command line opens it."""
        app = open_app(Path(self._life.folder) / "config.toml", self._clock)
        return with_cards(replace(app, environ=self._life.environ, lease=self._life.lease), self._life.pages)

    def _by_engine(self, app: App) -> list[Delivery]:
        """The whole of what the command line does; it says itself what changes."""
        self._engine = self._engine or Engine(app, ALOUD)
        self._engine.look()
        if self._engine.defect:
            raise self._engine.defect
        return []


class Clock:
    """Tells the time that it was set to."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


def is_quiet(app: App) -> bool:
    """Whether nothing in the ledger is still to be worked on."""
    return not app.store.deliveries(OPEN)


class Striking:
    """Passes on each step, and strikes at the one that is meant."""

    def __init__(self, life: Life, tell: Callable[[str], None]) -> None:
        self._life, self._tell, self._left = life, tell, life.nth

    def __call__(self, step: str) -> None:
        self._tell(step)
        self._left -= step == self._life.strike
        if step == self._life.strike and self._left == 0:
            DEEDS[self._life.deed](self._life)


# --- deeds that a worker does to itself -----------------------------------------------------------


def _kill(life: Life) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _fill_the_disk(life: Life) -> None:
    """From now on no file of this process takes anything any more."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def _forbid_writing(life: Life) -> None:
    """From now on the database says that it may only be read."""

    @event.listens_for(Pool, "checkout")
    def _taken(connection: Any, *_: object) -> None:
        connection.execute("PRAGMA query_only = ON")


def _take_the_ledger_away(life: Life) -> None:
    """Its folder is gone, like that of a disk that was pulled out."""
    ledger = Path(life.folder, "ledger")
    ledger.rename(ledger.with_name("ledger.away"))


def _hold_the_ledger(life: Life) -> None:
    """Another program writes into the database for as long as this worker lives."""
    begun, told, worker = *os.pipe(), os.getpid()
    if os.fork() == 0:
        with closing(sqlite3.connect(Path(life.folder, "ledger", "handbill.db"), isolation_level=None)) as held:
            held.execute("BEGIN IMMEDIATE")
            os.write(told, b"!")
            while os.getppid() == worker:
                sleep(0.05)
        os._exit(0)
    os.read(begun, 1)


def _lose_the_names(life: Life) -> None:
    """From now on no name of a server leads anywhere, as without a network."""

    def gone(*_: object, **__: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    socket.getaddrinfo = gone


def _lose_trust(life: Life) -> None:
    """From now on the certificate of no test server is trusted any more."""
    os.unsetenv(TRUST)


def _posts(life: Life) -> list[Path]:
    return sorted(Path(life.folder).glob("posts/*/*.txt"))


def _edit_the_posts(life: Life) -> None:
    for file in _posts(life):
        file.write_text(file.read_text(encoding="utf-8").replace("tras", "y otro"), encoding="utf-8")


def _break_the_config(life: Life) -> None:
    """An editor has crashed over config.toml."""
    file = Path(life.folder, "config.toml")
    file.write_text(file.read_text(encoding="utf-8")[:-30], encoding="utf-8")


def _move_the_slots(life: Life) -> None:
    """Every slot is two minutes later."""
    file = Path(life.folder, "config.toml")
    file.write_text(re.sub(r'"(\d\d:\d)0"', r'"\g<1>2"', file.read_text(encoding="utf-8")), encoding="utf-8")


def _delete_the_posts(life: Life) -> None:
    for file in _posts(life):
        file.unlink()


def _write_the_posts_slowly(life: Life) -> None:
    """An editor has written most of each file at the first instant of this life, and the rest a moment later."""
    at = datetime.fromisoformat(life.instants[0]).timestamp()
    whole = {file: file.read_text(encoding="utf-8") for file in _posts(life)}

    def write(part: float, seconds: float) -> None:
        for file, text in whole.items():
            file.write_text(text[: int(len(text) * part)], encoding="utf-8")
            os.utime(file, (at + seconds, at + seconds))

    write(0.8, 0)
    Timer(0.5, write, (1, 0.5)).start()


# Where OpenSSL finds the certificates that it trusts: <https://docs.openssl.org/3.0/man7/openssl-env/>.
TRUST = "SSL_CERT_FILE"
DEEDS: dict[str, Callable[[Life], None]] = {
    "kill": _kill,
    "fill the disk": _fill_the_disk,
    "forbid writing": _forbid_writing,
    "take the ledger away": _take_the_ledger_away,
    "hold the ledger": _hold_the_ledger,
    "lose the names": _lose_the_names,
    "lose trust": _lose_trust,
    "break the config": _break_the_config,
    "move the slots": _move_the_slots,
    "edit the posts": _edit_the_posts,
    "delete the posts": _delete_the_posts,
    "write the posts slowly": _write_the_posts_slowly,
}


# --- processes --------------------------------------------------------------------------------------


def born(life: Life) -> tuple[int, int]:
    """A worker with a life of its own: its number, and a pipe with what it tells."""
    reading, writing = os.pipe()
    if number := os.fork():
        os.close(writing)
        return number, reading
    os.close(reading)
    code = 1
    try:
        _talk_into(Path(life.folder) / "worker.log")
        live(life, lambda row: _tell(writing, row))
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(Exception):
            sys.stderr.flush()
        os._exit(code)
    raise AssertionError("unreachable")


def _tell(pipe: int, row: str) -> None:
    os.write(pipe, row.encode() + b"\n")


def _talk_into(file: Path) -> None:
    """All that this process says, and all that any library logs, goes into a file."""
    log = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    logging.basicConfig(level=logging.DEBUG, stream=sys.stderr, force=True)


def ended(number: int, reading: int, die_after: float | None) -> tuple[int, str]:
    """How a worker ended, and what it told; it is killed when its time is over. One that hangs has ended as HUNG."""
    told, ends = b"", monotonic() + (LONGEST if die_after is None else die_after)
    hangs = False
    while True:
        if not select.select([reading], [], [], max(0, ends - monotonic()))[0]:
            hangs = die_after is None
            os.kill(number, signal.SIGKILL)
            ends = monotonic() + LONGEST
        elif piece := os.read(reading, 65536):
            told += piece
        else:
            break
    os.close(reading)
    _, status = os.waitpid(number, 0)
    return HUNG if hangs else os.waitstatus_to_exitcode(status), told.decode()


def lane(line: socket.socket) -> None:
    """Let one worker live after the other, as they are asked for."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with line, line.makefile("rw") as talk:
        for asked in talk:
            life = Life(**json.loads(asked))
            number, reading = born(life)
            _say(talk, {"pid": number})
            status, told = ended(number, reading, life.die_after)
            _say(talk, {"status": status, "told": told})


def _say(talk: Any, value: dict[str, object]) -> None:
    talk.write(json.dumps(value) + "\n")
    talk.flush()


def serve(path: str) -> None:
    """A lane for each connection, until standard input ends."""
    _load_all()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.bind(path)
        door.listen(32)
        print("ready", flush=True)
        while door in select.select([door, sys.stdin], [], [])[0]:
            line, _ = door.accept()
            if os.fork() == 0:
                door.close()
                with suppress(BrokenPipeError):
                    lane(line)
                os._exit(0)
            line.close()


def _load_all() -> None:
    """What a worker would load one by one."""
    import alembic.command
    import apprise
    import atproto
    import cryptography.fernet
    import httpcore
    import httpx
    import mastodon
    import PIL.Image
    import requests_oauthlib
    import tweepy

    loaded = (alembic.command, apprise, atproto, cryptography.fernet, httpcore, httpx, mastodon, PIL.Image, tweepy)
    assert all((*loaded, requests_oauthlib))
    with TemporaryDirectory() as folder:  # the rest comes with a post said here
        app = outboxes(library(Path(folder), {"a.txt": "Hello."}), "air")
        for hours in (0, 24):
            deliver.tick(app, NOW + timedelta(hours=hours))
        app.store.close()


if __name__ == "__main__":
    serve(sys.argv[1])
