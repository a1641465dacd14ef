"""Rehearse: the real engine on a simulated clock; only the publishers are replaced, by outboxes."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit
from urllib.request import url2pathname

from bot.app import App
from bot.config import Account
from bot.core.delivery import Delivery
from bot.core.network import Network, Publisher
from bot.core.problem import AskedWrongly, HandbillError
from bot.core.timetable import slots
from bot.work.deliver import tick
from bot.work.report import delivery_line

LINES = "deliveries.jsonl"
Watch = Callable[[list[datetime]], Iterable[datetime]]


def rehearse(app: App, start: datetime, days: float, out: Path, watch: Watch = iter) -> list[Delivery]:
    """Run `days` times 24 hours from `start` into the folder `out`; every delivery it came to, in order.

    Works on a copy of the ledger; approvals count as given. Raises AskedWrongly if `out` holds
    anything but an earlier rehearsal, which it replaces.
    """
    try:
        _clear(out)
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory() as scratch:
            deliveries = _run(app, start, days, out, Path(scratch) / "rehearsal.db", watch)
        rows = "".join(json.dumps(delivery_line(one), ensure_ascii=False) + "\n" for one in deliveries)
        (out / LINES).write_text(rows, encoding="utf-8", newline="\n")
    except OSError as error:
        raise HandbillError(f"{out} cannot be written ({error.strerror}). Name another folder with --out.") from error
    return deliveries


def _run(app: App, start: datetime, days: float, out: Path, database: Path, watch: Watch) -> list[Delivery]:
    if app.ledger is not None:
        app.ledger.copy_to(database)
    config = replace(app.config, database=f"sqlite:///{database.as_posix()}")
    stage = replace(app, config=config, connect=lambda _, account: _outbox(app, account, out))
    stage.__dict__["library"] = app.library
    before = {one.id: one for one in stage.store.deliveries()}
    coming = slots(config.schedules, config.zone, start, start + timedelta(days=days))
    try:
        for instant in watch(sorted({start, *(slot.at for slot in coming)})):
            tick(stage, instant, granted=True)
        return [one for one in stage.store.deliveries() if before.get(one.id) != one]
    finally:
        stage.store.close()


def _outbox(app: App, account: Account, out: Path) -> Publisher:
    connect = _stage(app).connect
    assert connect is not None
    return connect({"account": account.name, "folder": str(out / account.name)}, {})


def _stage(app: App) -> Network:
    return app.networks["outbox"]


def _clear(out: Path) -> None:
    """Take away what an earlier rehearsal left in `out`, and nothing else."""
    if not out.exists() or not any(out.iterdir()):
        return
    if not (out / LINES).is_file():
        raise AskedWrongly(f"{out} holds other files already. Name a new folder with --out.")
    for row in (out / LINES).read_text(encoding="utf-8").splitlines():
        if url := json.loads(row)["url"]:
            left = Path(url2pathname(urlsplit(url).path))
            if left.resolve().is_relative_to(out.resolve()):
                for file in left.parent.glob(f"{left.stem}.*"):
                    file.unlink()
