"""How fast the engine delivers to 50 accounts of a network that takes 50 ms for a post, against a bare loop."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, sleep, time

from bot.app import App, open_app
from bot.core.network import Payload, Standing
from bot.core.post import Receipt, Variant
from bot.work.deliver import tick
from bot.work.doors import THREADS

ROOT = Path(__file__).parents[2]
ACCOUNTS, POST = 50, 0.05
START = datetime(2026, 12, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Slow:
    """A door to a network that takes 50 ms for a post, and notes when each of its posts was up."""

    name: str
    log: Path

    recent = find = repeat = delete = label = None

    def whoami(self) -> str:
        return self.name

    def look(self) -> Standing:
        return Standing(handle=self.name)

    def prepare(self, variant: Variant, key: str, at: datetime) -> Payload:
        return {"text": variant.text}

    def publish(self, payload: Payload, key: str) -> Receipt:
        sleep(POST)
        with self.log.open("a") as log:
            log.write(f"{key}\t{time()}\n")
        return Receipt(id=key)


def stage(folder: Path, hours: int, database: str = "") -> Path:
    """A folder with 50 accounts that each speak every hour for as many hours."""
    campaign = folder / "posts" / "air"
    campaign.mkdir(parents=True)
    (campaign / "campaign.toml").write_text('title = "Clean air"\n')
    for number in range(ACCOUNTS * 4):
        (campaign / f"post-{number}.txt").write_text(f"Street {number} wants a bus every four minutes.\n")
    names = [f"town-{number:02}" for number in range(ACCOUNTS)]
    accounts = "".join(f'[accounts.{name}]\nnetwork = "outbox"\n' for name in names)
    times = [f"{hour:02}:00" for hour in range(1, hours + 1)]
    schedule = f'[[schedule]]\ncampaign = "air"\naccounts = {names}\ntimes = {times}\nlate = "7d"\n'
    for file in campaign.iterdir():
        os.utime(file, (0, 0))  # one that was just written is given time to be whole
    head = f'database = "{database}"\n' if database else ""
    (folder / "config.toml").write_text(head + accounts + schedule)
    return folder


def opened(folder: Path) -> App:
    """The app of that folder, its accounts on the slow network."""
    app = open_app(folder / "config.toml")
    return replace(app, connect=lambda _, account: Slow(account.name, folder / "log"))


def run(folder: Path, hours: int) -> None:
    """Let the engine go through the hours; what another worker is at is left to it, and looked at again."""
    app = opened(folder)
    for hour in range(1, hours + 1):
        now = START + timedelta(hours=hour)
        tick(app.fresh(), now)
        while any(one.at <= now for one in app.store.deliveries(("planned", "sending"))):
            sleep(0.01)
            tick(app.fresh(), now)


def said(folder: Path) -> list[float]:
    """When each post was up, in seconds since 1970; fails if one was up twice."""
    rows = [row.split("\t") for row in (folder / "log").read_text().splitlines()]
    assert len(rows) == len({key for key, _ in rows})
    return sorted(float(at) for _, at in rows)


def bare(workers: int, posts: int) -> float:
    """How long as many calls take, side by side as the engine makes them, with no ledger: in seconds."""
    begun = perf_counter()
    with ThreadPoolExecutor(workers * THREADS) as pool:
        list(pool.map(lambda _: sleep(POST), range(posts)))
    return perf_counter() - begun


def engine(folder: Path, workers: int, hours: int) -> float:
    """How long the engine takes with as many processes, from the first post to the last: in seconds."""
    tick(opened(folder), START)  # the timetable begins
    command = [sys.executable, "-m", "tests.bench.deliveries", str(folder), str(hours)]
    processes = [subprocess.Popen(command, cwd=ROOT) for _ in range(workers)]
    assert [process.wait(timeout=600) for process in processes] == [0] * workers
    times = said(folder)
    assert len(times) == hours * ACCOUNTS
    return times[-1] - times[0] + POST


def lateness(folder: Path) -> tuple[float, float]:
    """How late the median and the latest of a hundred posts are that are due in one second: in seconds."""
    tick(opened(folder), START)
    begun = time()
    app = opened(folder)
    for hour in (1, 2):
        tick(app.fresh(), START + timedelta(hours=hour))
    late = [at - begun for at in said(folder)]
    return late[len(late) // 2], late[int(len(late) * 0.99)]


if __name__ == "__main__":
    run(Path(sys.argv[1]), int(sys.argv[2]))
