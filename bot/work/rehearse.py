"""Rehearse: the real engine on a simulated clock; only the publishers are replaced, by outboxes."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit
from urllib.request import url2pathname

from bot.app import App
from bot.config import Account
from bot.core.delivery import Delivery, step
from bot.core.network import Publisher
from bot.core.problem import AskedWrongly, HandbillError
from bot.work.deliver import tick, wakes
from bot.work.plan import Agenda, ahead
from bot.work.report import delivery_line

LINES = "deliveries.jsonl"
Watch = Callable[[Agenda], Iterable[datetime]]


def rehearse(app: App, start: datetime, days: float, out: Path, watch: Watch = iter) -> list[Delivery]:
    """Run `days` times 24 hours from `start` into the folder `out`; every delivery it came to, in order.

    Works on a copy of the ledger; approvals count as given. Raises AskedWrongly if `out` holds
    anything but an earlier rehearsal, which it replaces.
    """
    try:
        _clear(out, [folder.resolve() for folder in _folders(app)])
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory() as scratch:
            stage = _stage(app, out, Path(scratch) / "rehearsal.db")
            try:
                return _run(stage, start, start + timedelta(days=days), out, watch)
            finally:
                stage.store.close()
    except OSError as error:
        raise HandbillError(f"{out} cannot be written ({error.strerror}). Name another folder with --out.") from error


def _stage(app: App, out: Path, database: Path) -> App:
    """The app with a ledger of its own, whose every account is an outbox."""
    config = replace(app.config, database=f"sqlite:///{database.as_posix()}", database_env="")
    stage = replace(app, config=config, connect=lambda _, account: _outbox(app, account, out))
    stage.__dict__["library"] = app.library
    if app.ledger is not None:
        app.ledger.copy_to(config.database)
    return stage


def _run(stage: App, start: datetime, end: datetime, out: Path, watch: Watch) -> list[Delivery]:
    _leave_alone(stage)
    before = {one.id: one for one in stage.store.deliveries()}
    agenda = Agenda(ahead(stage, stage.store, start, end), start, end)
    try:
        for instant in watch(agenda):
            tick(stage, instant, granted=True)
            agenda.add(wakes(stage, instant))
    finally:  # stopped midway, the folder still says what lies in it
        deliveries = [one for one in stage.store.deliveries() if before.get(one.id) != one]
        rows = "".join(json.dumps(delivery_line(one), ensure_ascii=False) + "\n" for one in deliveries)
        (out / LINES).write_text(rows, encoding="utf-8", newline="\n")
    return deliveries


def _leave_alone(stage: App) -> None:
    """What is being said while we copy the ledger counts as said: its end is not for us to find out."""
    for one in stage.store.deliveries(("sending",)):
        with stage.store.leased(one.account, stage.owner, stage.lease) as lease:
            if lease:
                stage.store.save(step(one, "uncertain"), lease)


def _outbox(app: App, account: Account, out: Path) -> Publisher:
    connect = app.networks["outbox"].connect
    assert connect is not None
    return connect({"account": account.name, "folder": str(out / account.name)}, {})


def _folders(app: App) -> Iterator[Path]:
    """The folders that accounts really publish into."""
    for account in app.config.accounts.values():
        for asked in app.networks[account.network].fields:
            if asked.path:
                yield app.config.folder / account.answers.get(asked.name, asked.default)


def _clear(out: Path, real: Iterable[Path]) -> None:
    """Take away what an earlier rehearsal left in `out`, and nothing else."""
    if not out.exists() or not any(out.iterdir()):
        return
    place = out.resolve()
    if any(folder == place or folder in place.parents or place in folder.parents for folder in real):
        raise AskedWrongly(f"{out} holds what your accounts really said. Name a new folder with --out.")
    for file in _left(out):
        if file.resolve().is_relative_to(place):
            for beside in file.parent.glob(f"{file.stem}.*"):
                beside.unlink()


def _left(out: Path) -> list[Path]:
    """The files that the list of an earlier rehearsal names."""
    try:
        rows = [json.loads(row) for row in (out / LINES).read_text(encoding="utf-8").splitlines()]
        return [Path(url2pathname(urlsplit(row["url"]).path)) for row in rows if row["url"]]
    except (FileNotFoundError, ValueError, KeyError, TypeError) as error:
        raise AskedWrongly(f"{out} holds other files already. Name a new folder with --out.") from error
