"""Health: whether the engine lives, and what it stands on."""

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.app import App
from bot.core.problem import HandbillError
from bot.wire import our_name
from bot.work.notify import addresses, wrong
from bot.work.plan import Planned, plan

# The engine looks every few seconds; one that cron begins, every few minutes.
SILENT = timedelta(minutes=10)
# So little room on the disk is told, in bytes.
LITTLE = 200_000_000
# So many days ahead the next slot is looked for.
AHEAD = 28
KINDS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How the engine and its machine are.

    `workers`: who runs the engine, and when each last looked, the newest first. `size` and `free`
    in bytes. `told`: when people were last told something, by `addresses` that may be shown;
    `faults`: what is wrong with those, in words.
    """

    now: datetime
    version: str
    workers: tuple[tuple[str, datetime], ...]
    kind: str
    size: int
    free: int
    deliveries: int
    next: Planned | None
    told: datetime | None
    addresses: tuple[str, ...]
    faults: tuple[str, ...]

    @property
    def last(self) -> datetime | None:
        """When the engine last looked; None if it has not for an hour."""
        return self.workers[0][1] if self.workers else None

    @property
    def is_alive(self) -> bool:
        """Whether the engine has looked lately."""
        return self.last is not None and self.now - self.last < SILENT

    @property
    def is_full(self) -> bool:
        """Whether there is little room left on the disk."""
        return self.free < LITTLE


def health(app: App) -> Health:
    """All that whoever looks after the machine wants to know."""
    workers = sorted(app.store.workers().items(), key=lambda one: one[1], reverse=True)
    coming = (planned for planned in plan(app, app.clock(), AHEAD) if planned.state == "planned")
    return Health(
        now=app.clock(),
        version=our_name().rpartition("/")[2],
        workers=tuple(workers),
        kind=KINDS.get(app.database.partition(":")[0].partition("+")[0], ""),
        size=app.store.size(),
        free=shutil.disk_usage(app.config.folder).free,
        deliveries=app.store.extent()[0],
        next=next(coming, None),
        told=app.store.last_told(),
        addresses=tuple(addresses(app).names),
        faults=tuple(wrong(app)),
    )


def is_well(app: App) -> bool:
    """Whether the ledger can be read, and the engine has looked lately."""
    try:
        looks = app.store.workers().values()
    except HandbillError:
        return False
    return any(app.clock() - at < SILENT for at in looks)
