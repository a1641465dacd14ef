"""Several workers share one ledger: some are killed, the database dies, and a server tells what it saw of it all.

python -m tests.faults.sharing [--slots 100]     four workers, 50 accounts that each speak so often, on one PostgreSQL
"""

import json
import os
import subprocess
import sys
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import HTTPConnection
from itertools import pairwise
from pathlib import Path
from random import Random  # noqa: TID251
from tempfile import TemporaryDirectory
from threading import Lock
from time import monotonic, sleep
from urllib.parse import urlsplit

from bot.app import App, open_app
from bot.config import Account
from bot.core.network import Payload, Standing
from bot.core.post import Receipt, Variant
from bot.core.problem import HandbillError, Uncertain
from bot.store import Store, open_store
from bot.work import deliver
from tests.servers import postgres
from tests.servers.fixtures import running
from tests.servers.postgres import Postgres
from tests.servers.serving import Answer, Request, as_json

ROOT = Path(__file__).parents[2]
ACCOUNTS, WORKERS = 50, 4
# In seconds: how long the server takes for a post, and how long a dead worker keeps its accounts.
POST, LEASE = 0.05, 5.0
START, APART = datetime(2026, 12, 1, tzinfo=UTC), timedelta(minutes=10)
Crew = list["subprocess.Popen[bytes]"]
Strikes = dict[int, Callable[[Crew], None]]
# A run that gets no further for so long, in seconds, is stuck.
PATIENCE = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A post as the server saw it: from when to when, in seconds."""

    account: str
    key: str
    begin: float
    end: float


@dataclass(slots=True)
class Counter:
    """A server that takes posts, one request each, and remembers every call."""

    calls: list[Call] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def answer(self, request: Request) -> Answer:
        """Take a post, or tell whether one is there."""
        if request.method == "GET":
            there = any(call.key == request.query["key"] for call in self.calls)
            return as_json(there)
        begin, told = monotonic(), request.json()
        sleep(POST)
        with self.lock:
            self.calls.append(Call(account=told["account"], key=told["key"], begin=begin, end=monotonic()))
        return as_json(True)

    def faults(self, slots: int) -> list[str]:
        """What is not as it must be, in sentences, if each of the accounts had so many slots."""
        keys = [call.key for call in self.calls]
        found = [f"{key} was said {keys.count(key)} times" for key in set(keys) if keys.count(key) > 1]
        found += [f"{len(set(keys))} of {slots * ACCOUNTS} were said"] if len(set(keys)) != slots * ACCOUNTS else []
        accounts: dict[str, list[Call]] = defaultdict(list)
        for call in sorted(self.calls, key=lambda call: call.begin):
            accounts[call.account].append(call)
        for account, calls in accounts.items():
            for before, after in pairwise(calls):
                found += [f"{account}: {after.key} came after {before.key}"] if after.key <= before.key else []
                found += [f"{account}: two calls at once"] if after.begin < before.end else []
        return found


@dataclass(frozen=True, slots=True)
class Door:
    """A publisher that posts to that server."""

    account: str
    server: str

    recent = repeat = delete = label = None

    def whoami(self) -> str:
        return self.account

    def look(self) -> Standing:
        return Standing(handle=self.account)

    def prepare(self, variant: Variant, key: str, at: datetime) -> Payload:
        return {"text": variant.text}

    def publish(self, payload: Payload, key: str) -> Receipt:
        self._ask("POST", "/", json.dumps({"account": self.account, "key": key}))
        return Receipt(id=key)

    def find(self, payload: Payload, key: str) -> Receipt | None:
        return Receipt(id=key) if json.loads(self._ask("GET", f"/?key={key}")) else None

    def _ask(self, method: str, target: str, body: str = "") -> bytes:
        connection = HTTPConnection(urlsplit(self.server).netloc, timeout=60)
        with closing(connection):
            try:
                connection.request(method, target, body, {"Content-Type": "application/json"})
                return connection.getresponse().read()
            except OSError as error:
                raise Uncertain("no answer") from error


# --- a worker -------------------------------------------------------------------------------------


def work(folder: Path, server: str) -> None:
    """Look again and again, at whatever instant the folder says it is; also for a ledger that is away."""

    def connect(_: App, account: Account) -> Door:
        return Door(account.name, server)

    app = replace(open_app(folder / "config.toml"), connect=connect, lease=LEASE)
    while True:
        now = datetime.fromisoformat((folder / "now").read_text())
        try:
            deliver.tick(app, now)
        except HandbillError as error:
            print(error, flush=True)
        sleep(0.05)


def stage(folder: Path, database: str, slots: int, accounts: int = ACCOUNTS) -> None:
    """Accounts with a campaign of their own each, that speak every ten minutes."""
    rows = [f'database = "{database}"\n']
    times = [f"{START + APART * (number + 1):%H:%M}" for number in range(min(slots, 143))]
    for number in range(accounts):
        name = f"town-{number:02}"
        campaign = folder / "posts" / name
        campaign.mkdir(parents=True)
        (campaign / "campaign.toml").write_text(f'title = "Clean air for {name}"\n')
        for post in ("one", "two", "three"):
            (campaign / f"{post}.txt").write_text(f"{name} wants number {post}.\n")
        for file in campaign.iterdir():
            os.utime(file, (0, 0))  # one that was just written is given time to be whole
        rows.append(f'[accounts.{name}]\nnetwork = "outbox"\n')
        rows.append(f'[[schedule]]\ncampaign = "{name}"\naccounts = ["{name}"]\ntimes = {times}\nlate = "7d"\n')
    (folder / "config.toml").write_text("".join(rows))
    tell_time(folder, START)


def tell_time(folder: Path, now: datetime) -> None:
    """Let it be `now` for every worker."""
    (folder / "now.part").write_text(now.isoformat())
    (folder / "now.part").replace(folder / "now")


@contextmanager
def workers(folder: Path, server: str, many: int) -> Iterator[Crew]:
    """So many workers on one folder, for as long as this lasts."""
    order = [sys.executable, "-m", "tests.faults.sharing", "--work", str(folder), server]
    with (folder / "log").open("ab") as log:
        running_ones = [subprocess.Popen(order, cwd=ROOT, stdout=log, stderr=log) for _ in range(many)]
    try:
        yield running_ones
    finally:
        for one in running_ones:
            one.kill()
            one.wait()


# --- a run ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is wrong, in sentences; what the workers complained of; how long it took, in seconds."""

    wrong: list[str]
    complaints: str
    seconds: float


def shared(folder: Path, url: str, slots: int, many: int = WORKERS, strikes: Strikes | None = None) -> Outcome:
    """So many workers on one ledger; at the number of a slot something may happen to them."""
    begun = monotonic()
    stage(folder, url, slots)
    with running(Counter()) as door, workers(folder, door.url, many) as crew:
        _first_looks(url)
        for slot in range(slots):
            tell_time(folder, START + APART * (slot + 1))
            if strike := (strikes or {}).get(slot):
                strike(crew)
            _wait(partial(_has_said, door.app, (slot + 1) * ACCOUNTS), folder)
        with closing(open_store(url)) as store:
            _wait(partial(_is_settled, store), folder)
            wrong = door.app.faults(slots) + _unlike(store, door.app)
    return Outcome(wrong=wrong, complaints=(folder / "log").read_text(), seconds=monotonic() - begun)


def struck(server: Postgres, slots: int, seed: int) -> Strikes:
    """Two workers are killed, and the database dies and comes back, at instants of chance."""
    chance = Random(seed)

    def kill(crew: Crew) -> None:
        sleep(chance.uniform(0, 0.3))
        one = crew.pop(chance.randrange(len(crew)))
        one.kill()
        one.wait()

    def die(_: Crew) -> None:
        sleep(chance.uniform(0, 0.3))
        with server.away("QUIT"):
            pass

    return dict(zip(chance.sample(range(slots), 3), (kill, kill, die), strict=True))


def _first_looks(url: str) -> None:
    """Wait until the timetable has begun."""
    with closing(open_store(url)) as store:
        while not store.sightings():
            sleep(0.05)


def _wait(is_done: Callable[[], bool], folder: Path) -> None:
    until = monotonic() + PATIENCE
    while not is_done():
        assert monotonic() < until, f"stuck; {(folder / 'log').read_text()[-2000:]}"
        sleep(0.02)


def _has_said(door: Counter, many: int) -> bool:
    return len(door.calls) >= many


def _is_settled(store: Store) -> bool:
    with suppress(HandbillError):
        return not store.deliveries(("planned", "sending"))
    return False


def _unlike(store: Store, door: Counter) -> list[str]:
    """Where the ledger says otherwise than the server."""
    ledger = {one.key: one.state for one in store.deliveries()}
    return [
        f"the ledger has {ledger.get(call.key)} for {call.key}" for call in door.calls if ledger.get(call.key) != "sent"
    ]


def main(arguments: Sequence[str]) -> int:
    """Run it by hand, and say what came of it; 1 if anything is wrong."""
    parser = ArgumentParser(prog="python -m tests.faults.sharing", description="Four workers share one PostgreSQL.")
    parser.add_argument("--slots", type=int, default=100, help="how often each of 50 accounts speaks (100)")
    parser.add_argument("--seed", type=int, default=1, help="another number, other instants (1)")
    parser.add_argument("--work", nargs=2, metavar=("FOLDER", "SERVER"), help="be one of the workers")
    asked = parser.parse_args(arguments)
    if asked.work:
        work(Path(asked.work[0]), asked.work[1])
    with TemporaryDirectory() as folder, postgres.serving() as server:
        strikes = struck(server, asked.slots, asked.seed)
        outcome = shared(Path(folder), server.fresh(), asked.slots, strikes=strikes)
    print(f"{asked.slots * ACCOUNTS:,} deliveries in {outcome.seconds:.0f} s; struck at slots {sorted(strikes)}")
    print(outcome.complaints, *outcome.wrong, sep="\n")
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
