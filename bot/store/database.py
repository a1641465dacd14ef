"""Open the ledger, and everything that is asked of it or written to it."""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Row,
    create_engine,
    event,
    func,
    insert,
    inspect,
    literal_column,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError

from bot.core.delivery import USED, Delivery
from bot.core.post import Image, Receipt, Variant
from bot.core.problem import HandbillError
from bot.core.rotate import Use
from bot.store.tables import APPROVALS, DELIVERIES, LEASES, PAUSES, SIGHTINGS

# Every schema this program knows, the newest last.
REVISIONS = ("0001",)
WAIT = 30.0


class FenceLost(HandbillError):
    """Another worker took over the account meanwhile; it goes on from here."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to speak for an account, until its time runs out or the fence rises."""

    account: str
    fence: int


@dataclass(frozen=True, slots=True)
class Sighting:
    """Since when a row of the timetable is known, and up to when its slots stand in the ledger."""

    since: datetime
    until: datetime


def open_store(url: str, *, write: bool = True) -> "Store":
    """Open the ledger at a database address, made or migrated first if it is to be written.

    Raises HandbillError with one sentence if that cannot be.
    """
    store = Store(_engine(url), url)
    with store.told():
        store.prepare(write)
    return store


def _engine(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": WAIT})

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # transactions begin where we say so, below
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        # A deferred transaction that comes to write fails at once in WAL, whatever the timeout.
        writing = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


class Store:
    """The ledger. Every method is one transaction; none is open while a network is called."""

    def __init__(self, engine: Engine, url: str) -> None:
        self._engine = engine
        self.path = url.removeprefix("sqlite:///")

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    @contextmanager
    def told(self) -> Iterator[None]:
        """Turn what a database says into one sentence for a person."""
        try:
            yield
        except DBAPIError as error:
            raise HandbillError(f"{_shown(self.path)}: {_sentence(str(error.orig))}") from error

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self.told(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self.told(), self._engine.execution_options(writing=True).begin() as connection:
            yield connection

    # Schema

    def prepare(self, write: bool) -> None:
        """Bring the schema up to date if it is to be written; refuse one that is newer than the program."""
        with self._reading() as connection:
            revision = self._revision(connection)
        if revision not in (None, *REVISIONS):
            raise HandbillError(
                f"{_shown(self.path)} was written by a newer Handbill. Update this one: pip install -U handbill"
            )
        if write and revision != REVISIONS[-1]:
            self._migrate()

    def _revision(self, connection: Connection) -> str | None:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.scalar(select(literal_column("version_num")).select_from(_VERSION))

    def _migrate(self) -> None:
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self._writing() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    # What was said

    def uses(self) -> list[Use]:
        """Every time a post was said or may have been, in order."""
        columns = [
            DELIVERIES.c[name]
            for name in ("account", "network", "campaign", "post", "wording", "at", "share", "sameness", "variant")
        ]
        query = (
            select(*columns)
            .where(DELIVERIES.c.state.in_(USED))
            .order_by(DELIVERIES.c.at, DELIVERIES.c.account, DELIVERIES.c.id)
        )
        with self._reading() as connection:
            return [
                Use(language=variant["language"], **_mapping(row))
                for row in connection.execute(query)
                if (variant := row.variant)
            ]

    def deliveries(self, states: Iterable[str] = ()) -> list[Delivery]:
        """All deliveries in these states (in any, if none is named), in order of time."""
        query = select(DELIVERIES).order_by(DELIVERIES.c.at, DELIVERIES.c.account, DELIVERIES.c.id)
        if wanted := list(states):
            query = query.where(DELIVERIES.c.state.in_(wanted))
        with self._reading() as connection:
            return [_delivery(row) for row in connection.execute(query)]

    def due(self, now: datetime) -> list[Delivery]:
        """The deliveries whose time has come and who need nobody first."""
        return [one for one in self.deliveries(("waiting", "planned")) if one.at <= now]

    def barred(self) -> set[tuple[str, str]]:
        """(post, digest of its files) of every refused post: barred until its files change."""
        query = select(DELIVERIES.c.campaign, DELIVERIES.c.post, DELIVERIES.c.digest).where(
            DELIVERIES.c.state == "refused"
        )
        with self._reading() as connection:
            return {(f"{campaign}/{post}", digest) for campaign, post, digest in connection.execute(query)}

    def add(self, deliveries: Iterable[Delivery]) -> int:
        """Write new deliveries; one whose key is there already is left as it is. How many were new."""
        added = 0
        with self._writing() as connection:
            for delivery in deliveries:
                with connection.begin_nested() as nested:
                    try:
                        connection.execute(insert(DELIVERIES), _columns(delivery))
                        added += 1
                    except IntegrityError:
                        nested.rollback()
        return added

    def save(self, delivery: Delivery, lease: Lease) -> None:
        """Write a delivery's new state; raises FenceLost if the account is no longer ours to speak for."""
        mine = select(LEASES.c.account).where(LEASES.c.account == lease.account, LEASES.c.fence == lease.fence).exists()
        with self._writing() as connection:
            query = update(DELIVERIES).where(DELIVERIES.c.id == delivery.id, mine).values(**_columns(delivery))
            if connection.execute(query).rowcount != 1:
                raise FenceLost(f'Another run speaks for "{lease.account}" now.')

    # Leases

    def lease(self, account: str, owner: str, seconds: float) -> Lease | None:
        """Take or renew the right to speak for an account; None while another holds it."""
        with self._writing() as connection:
            row = connection.execute(select(LEASES).where(LEASES.c.account == account)).one_or_none()
            until = _NOW + seconds
            if row is None:
                connection.execute(insert(LEASES).values(account=account, owner=owner, until=until, fence=1))
                return Lease(account, 1)
            if row.owner != owner and connection.scalar(select(_NOW)) < row.until:
                return None
            connection.execute(
                update(LEASES).where(LEASES.c.account == account).values(owner=owner, until=until, fence=row.fence + 1)
            )
            return Lease(account, row.fence + 1)

    def leased(self) -> set[str]:
        """The accounts that somebody speaks for right now."""
        with self._reading() as connection:
            return set(connection.scalars(select(LEASES.c.account).where(LEASES.c.until > _NOW)))

    def release(self, lease: Lease) -> None:
        """Give the right back."""
        with self._writing() as connection:
            connection.execute(
                update(LEASES).where(LEASES.c.account == lease.account, LEASES.c.fence == lease.fence).values(until=0.0)
            )

    # Timetable, approvals, pauses

    def sightings(self) -> dict[str, Sighting]:
        """The rows of the timetable seen so far, by name."""
        with self._reading() as connection:
            return {row.name: Sighting(row.since, row.until) for row in connection.execute(select(SIGHTINGS))}

    def sight(self, names: Iterable[str], now: datetime) -> None:
        """Note that these rows' slots stand in the ledger up to `now`; new rows begin now."""
        known = self.sightings()
        with self._writing() as connection:
            for name in names:
                if name not in known:
                    connection.execute(
                        insert(SIGHTINGS).prefix_with("OR IGNORE").values(name=name, since=now, until=now)
                    )
                elif known[name].until < now:
                    connection.execute(update(SIGHTINGS).where(SIGHTINGS.c.name == name).values(until=now))

    def approvals(self) -> set[str]:
        """The exact words (as digests) that a person has approved."""
        with self._reading() as connection:
            return set(connection.scalars(select(APPROVALS.c.words)))

    def approve(self, words: str, now: datetime) -> None:
        """Note that a person approved these exact words (a digest)."""
        with self._writing() as connection:
            connection.execute(insert(APPROVALS).prefix_with("OR IGNORE").values(words=words, at=now))

    def pauses(self) -> set[str]:
        """The campaigns that are paused; "" stands for all."""
        with self._reading() as connection:
            return set(connection.scalars(select(PAUSES.c.campaign)))

    def pause(self, campaign: str, now: datetime) -> None:
        """Pause a campaign, or all with ""."""
        with self._writing() as connection:
            connection.execute(insert(PAUSES).prefix_with("OR IGNORE").values(campaign=campaign, at=now))

    def resume(self, campaign: str) -> bool:
        """End a pause; whether there was one."""
        with self._writing() as connection:
            return connection.execute(PAUSES.delete().where(PAUSES.c.campaign == campaign)).rowcount > 0

    def copy_to(self, path: Path) -> None:
        """Write a copy of the whole ledger, as it stands at one instant, to a new SQLite file."""
        with self.told(), self._engine.connect() as connection:
            connection.exec_driver_sql("VACUUM INTO ?", (os.fspath(path),))


_VERSION: Any = literal_column("alembic_version")
# Lease times come from the database's own clock, so that machines with wrong clocks agree.
_NOW = (func.julianday("now") - 2440587.5) * 86400.0


def _shown(path: str) -> str:
    return os.path.relpath(path) if not os.path.relpath(path).startswith("..") else path


def _sentence(said: str) -> str:
    if "readonly" in said or "read-only" in said:
        return "this database cannot be written. Check the permissions of the file and its folder."
    if "disk is full" in said or "disk I/O" in said:
        return "the disk is full. Make room, then run the same command again; nothing was lost."
    if "unable to open" in said:
        return "this database cannot be opened. Check that its folder exists and may be written."
    if "locked" in said or "busy" in said:
        return "another program holds this database for too long. Close it, then run the same command again."
    if "not a database" in said or "malformed" in said:
        return "this file is no database of Handbill. Move it away, or name another in config.toml."
    return f"the database says: {said}"


def _mapping(row: Row[Any]) -> dict[str, Any]:
    return {name: value for name, value in row._mapping.items() if name != "variant"}


PLAIN = (
    *("network", "identity", "campaign", "day", "clock", "account", "at", "state", "post", "digest", "wording"),
    *("share", "sameness", "tries", "not_before", "reason"),
)


def _columns(delivery: Delivery) -> dict[str, Any]:
    receipt = delivery.receipt or Receipt(id="")
    return {name: getattr(delivery, name) for name in PLAIN} | {
        "late": delivery.late.total_seconds(),
        "variant": asdict(delivery.variant) if delivery.variant else None,
        "payload": dict(delivery.payload) if delivery.payload is not None else None,
        "receipt_id": receipt.id,
        "receipt_url": receipt.url,
        "approval": int(delivery.approval),
        "tags": list(delivery.tags),
    }


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        late=timedelta(seconds=row.late),
        variant=_variant(row.variant) if row.variant else None,
        payload=row.payload,
        receipt=Receipt(id=row.receipt_id, url=row.receipt_url) if row.receipt_id else None,
        approval=bool(row.approval),
        tags=tuple(row.tags),
        **{name: getattr(row, name) for name in PLAIN},
    )


def _variant(kept: Mapping[str, Any]) -> Variant:
    image = Image(**kept["image"]) if kept["image"] else None
    return Variant(**{**kept, "image": image, "hashtags": tuple(kept["hashtags"]), "fields": ()})
