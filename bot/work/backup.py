"""Backup: the ledger as one file, and back from it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.app import App
from bot.core.delivery import STEPS
from bot.core.problem import AskedWrongly, HandbillError

if TYPE_CHECKING:
    from bot.store import Store

# What SQLite keeps beside a database while it is in use.
BESIDE = ("-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Extent:
    """How much a ledger holds: so many deliveries; its timetable was last looked at `until`."""

    deliveries: int
    until: datetime | None


def extent(store: "Store | None") -> Extent:
    """How much a ledger holds."""
    return Extent(*store.extent()) if store else Extent(0, None)


def backup(app: App, file: Path, *, force: bool = False) -> Extent:
    """Write the ledger, as it stands at one instant, into a file that only its owner may read; what it holds.

    An engine may go on meanwhile. Raises AskedWrongly where there is no ledger, or a file already (unless `force`).
    """
    if app.ledger is None:
        raise AskedWrongly("There is no ledger yet, so there is nothing to back up.")
    if _is_ledger(app, file):
        raise AskedWrongly(f"{file} is the ledger itself. Name another file.")
    if file.exists() and not force:
        raise AskedWrongly(f"{file} is there already. Name another file, or write over it with --force.")
    _write(app.ledger, file)
    return extent(app.ledger)


@contextmanager
def opened(app: App, file: Path) -> "Iterator[Store]":
    """The ledger in a backup, for reading only; raises AskedWrongly or HandbillError where there is none."""
    from bot.store import open_store

    if not file.is_file():
        raise AskedWrongly(f"There is no file {file}.")
    if _is_ledger(app, file):
        raise AskedWrongly(f"{file} is the ledger itself. Name a backup of it.")
    with closing(open_store(f"sqlite:///{file.as_posix()}", write=False)) as store:
        if not _is_sound(store):
            raise AskedWrongly(f"{file} holds what Handbill never writes, so it is not restored. Take another backup.")
        if extent(store) == Extent(0, None):
            raise AskedWrongly(f"{file} holds nothing: no delivery, and no timetable.")
        yield store


def _is_sound(store: "Store") -> bool:
    """Whether all can be read that an engine or a desk reads; else they would stumble over it from then on."""
    try:
        extent(store), store.people.all(), store.looks()
        return all(one.state in STEPS for one in store.deliveries())
    except (ValueError, LookupError, TypeError):
        return False


def restore(app: App, source: "Store") -> Path | None:
    """Put what a backup holds in the place of the ledger; the file into which the old one is written first.

    None if there was nothing in it. What was said since the backup, as far as the old ledger knows
    it, stays known; what it does not know, `adopt` finds on the accounts. Raises HandbillError,
    with nothing changed, while a run speaks for an account.
    """
    old = None
    if extent(app.store) != Extent(0, None):
        old = _free(_folder(app) / f"handbill-before-{app.clock():%Y-%m-%dT%H%M%SZ}.db")
        _write(app.store, old)
    app.store.restore(source)
    return old


def _write(store: "Store", file: Path) -> None:
    with _whole(file) as passing:
        store.copy_to(f"sqlite:///{passing.as_posix()}")


def _file(app: App) -> Path | None:
    """The ledger's file, if it is one."""
    file = app.database.removeprefix("sqlite:///")
    return None if file == app.database else Path(file)


def _folder(app: App) -> Path:
    file = _file(app)
    return file.parent if file else app.config.folder


def _is_ledger(app: App, file: Path) -> bool:
    ledger = _file(app)
    return ledger is not None and file.resolve() in [Path(f"{ledger.resolve()}{end}") for end in ("", *BESIDE)]


def _free(file: Path) -> Path:
    """The file, or one beside it, that is not there yet."""
    number, found = 1, file
    while found.exists():
        number += 1
        found = file.with_stem(f"{file.stem}-{number}")
    return found


@contextmanager
def _whole(file: Path) -> Iterator[Path]:
    """A passing file to write a database into; it comes into the place of `file` whole, or not at all."""
    passing = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        os.close(os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        yield passing
        _in_one_file(passing)
        passing.replace(file)
    except OSError as error:
        raise HandbillError(f"{file} cannot be written ({error.strerror}). Name another place.") from error
    finally:
        for end in ("", *BESIDE):
            with suppress(OSError):
                Path(f"{passing}{end}").unlink()


def _in_one_file(database: Path) -> None:
    """Nothing of it stands beside any more, and all of it is on the disk: https://www.sqlite.org/wal.html"""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    with database.open("rb") as written:
        os.fsync(written.fileno())
