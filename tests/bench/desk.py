"""How long each page of the desk takes with a large library and a long past."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from urllib.request import Request, urlopen

from bot.app import open_app
from bot.web.desk import start
from bot.web.frame import SESSION
from bot.work import people
from bot.work.deliver import tick
from tests.bench.ledger import NAMES, lived

POSTS, SPEAKING = 2_000, 4
NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)  # the day after the past ends
PATHS = (
    "/week", "/week?from=2026-09-14", "/week?from=2026-10-12", "/entry/5", f"/entry/{NAMES[0]}/2026-10-02/09:00",
    "/troubles", "/library", "/library?words=bus", "/library?state=resting", "/library?state=problem",
    "/library/air/post-7", "/library/problems", "/library/try", "/schedule",
    "/accounts", f"/accounts/{NAMES[0]}", "/sharing", "/people", "/people/deeds", "/health", "/import", "/manual",
)  # fmt: skip


def desk(folder: Path, past: int, rounds: int) -> list[tuple[str, float]]:
    """The seconds that each page takes, with so many old deliveries: (path, median)."""
    campaign = folder / "posts" / "air"
    campaign.mkdir(parents=True)
    (campaign / "campaign.toml").write_text('title = "Clean air"\n')
    for number in range(POSTS):
        words = f"Street {number} wants a bus every four minutes.\n---\nA bus for street {number}, please.\n"
        (campaign / f"post-{number}.en.txt").write_text(words)
    for file in campaign.iterdir():
        os.utime(file, (0, 0))  # one that was just written is given time to be whole
    accounts = "".join(f'[accounts.{name}]\nnetwork = "outbox"\n' for name in NAMES)
    speak = ", ".join(f'"{name}"' for name in NAMES[:SPEAKING])
    rows = f'[[schedule]]\ncampaign = "air"\naccounts = [{speak}]\ntimes = ["09:00", "17:30"]\n'
    (folder / "config.toml").write_text(f"{accounts}{rows}")
    os.environ["HANDBILL_KEY_FILE"] = str(folder / "key")  # noqa: TID251
    app = open_app(folder / "config.toml", lambda: NOW)
    lived(app.store, past)
    tick(app, NOW)
    _, token = people.accept(app, people.begin(app), "Ana", "correct horse battery")
    address, stop = start(app, 0)
    try:
        return [(path, median(_seconds(address, path, token) for _ in range(rounds))) for path in PATHS]
    finally:
        stop()
        app.close()


def _seconds(address: str, path: str, token: str) -> float:
    asked = Request(address.rstrip("/") + path, headers={"Cookie": f"{SESSION}={token}"})
    begun = time.perf_counter()
    with urlopen(asked) as answer:
        answer.read()
    return time.perf_counter() - begun
