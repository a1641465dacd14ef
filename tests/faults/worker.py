"""Workers that may be killed: a process that has loaded everything once, and forks one for each life.

python -m tests.faults.worker SOCKET     it is started, and asked, by tests.faults.crew
"""

import json
import logging
import os
import resource
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any, NoReturn

from bot import config
from bot.app import App
from bot.core.problem import HandbillError
from bot.work import deliver
from tests.faults.steps import hasten, watch
from tests.making import NETWORKS
from tests.publishing.stage import with_cards

OPEN = ("waiting", "planned", "sending")
# A life that takes longer than this hangs, and is ended.
LONGEST = 60.0
# Before what a worker says at the end of a life, among the steps it tells of on the way.
RESULT = "= "


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What one worker does, from its birth on, and how it may end before its time.

    It looks at each of `instants`, or until nothing is open any more if `until_quiet`. When it comes to the step
    `strike` for the `nth` time, it does a `deed` to itself. `die_after`: killed from outside after so many seconds.
    `starts` is an account that a person lets begin first, `patience` how many seconds a call waits.
    """

    folder: str
    network: str
    instants: tuple[str, ...]
    environ: dict[str, str] = field(default_factory=dict)
    pages: str = ""
    starts: str = ""
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
    hasten(life.lease, life.patience)
    if life.watched or life.strike:
        watch(life.network, Striking(life, tell))
    changed: list[str] = []
    clock = Clock()
    app: App | None = None
    for instant in map(datetime.fromisoformat, life.instants):
        clock.now = instant
        try:
            app = app.fresh() if app else opened(life, clock)
            if life.starts:
                app.store.start(life.starts, instant)
            was_quiet = life.until_quiet and is_quiet(app, instant)
            changed += [f"{one.account} {one.day} {one.clock} {one.state}" for one in deliver.tick(app, instant)]
        except (HandbillError, OSError) as trouble:  # as the command line takes it: said, and tried again
            logging.error("trouble: %s", trouble)
            changed.append(f"trouble: {trouble}")
            continue
        if was_quiet:
            break
    tell(RESULT + json.dumps(changed))


class Clock:
    """Tells the time that it was set to."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


def opened(life: Life, clock: Clock) -> App:
    """The app of a life's folder, as the command line opens it."""
    file = Path(life.folder) / "config.toml"
    found, problems = config.read(file, NETWORKS, file.name)
    assert found is not None, problems
    app = App(config=found, networks=NETWORKS, source=file, clock=clock, environ=life.environ)
    return with_cards(app, life.pages)


def is_quiet(app: App, now: datetime) -> bool:
    """Whether nothing that has come due is still to be worked on."""
    return not any(one.at <= now for one in app.store.deliveries(OPEN))


class Striking:
    """Passes on each step, and strikes at the one that is meant."""

    def __init__(self, life: Life, tell: Callable[[str], None]) -> None:
        self._life, self._tell, self._left = life, tell, life.nth

    def __call__(self, step: str) -> None:
        self._tell(step)
        self._left -= step == self._life.strike
        if step == self._life.strike and self._left == 0:
            DEEDS[self._life.deed]()


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _fill_the_disk() -> None:
    """From now on no file of this process grows any more."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def _lose_the_names() -> None:
    """From now on no name of a server leads anywhere, as without a network."""

    def gone(*_: object, **__: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    socket.getaddrinfo = gone


def _lose_trust() -> None:
    """From now on the certificate of no test server is trusted any more."""
    os.unsetenv(TRUST)


# Where OpenSSL finds the certificates that it trusts: <https://docs.openssl.org/3.0/man7/openssl-env/>.
TRUST = "SSL_CERT_FILE"
DEEDS: dict[str, Callable[[], None]] = {
    "kill": _kill,
    "fill the disk": _fill_the_disk,
    "lose the names": _lose_the_names,
    "lose trust": _lose_trust,
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


def ended(number: int, reading: int, seconds: float) -> tuple[int, str]:
    """How a worker ended, and what it told; it is killed when its time is over."""
    ends, told = monotonic() + seconds, b""
    while True:
        is_over = ends is not None and not select.select([reading], [], [], max(0, ends - monotonic()))[0]
        if is_over:
            os.kill(number, signal.SIGKILL)
            ends = monotonic() + LONGEST
            continue
        piece = os.read(reading, 65536)
        if not piece:
            break
        told += piece
    os.close(reading)
    _, status = os.waitpid(number, 0)
    return os.waitstatus_to_exitcode(status), told.decode()


def lane(line: socket.socket) -> None:
    """Let one worker live after the other, as they are asked for."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with line, line.makefile("rw") as talk:
        for asked in talk:
            life = Life(**json.loads(asked))
            number, reading = born(life)
            _say(talk, {"pid": number})
            status, told = ended(number, reading, LONGEST if life.die_after is None else life.die_after)
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
    import atproto
    import cryptography.fernet
    import httpcore
    import httpx
    import mastodon
    import PIL.Image
    import requests_oauthlib
    import tweepy

    loaded = (alembic.command, atproto, cryptography.fernet, httpcore, httpx, mastodon, PIL.Image, tweepy)
    assert all((*loaded, requests_oauthlib))


if __name__ == "__main__":
    serve(sys.argv[1])
