"""Open the ledger, and everything that is asked of it or written to it."""

import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    Row,
    column,
    create_engine,
    event,
    func,
    insert,
    inspect,
    select,
    table,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.pool import StaticPool

from bot.core.delivery import USED, Delivery
from bot.core.post import Image, Receipt, Variant
from bot.core.problem import HandbillError
from bot.core.rotate import Use
from bot.store.tables import APPROVALS, DELIVERIES, LEASES, MEMORIES, METADATA, PAUSES, SIGHTINGS, STARTS

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


def open_store(url: str, *, write: bool = True) -> "Store":
    """Open the ledger at a database address, made or brought up to date first.

    With `write` False it is a copy in memory, as the file stands now, and the file is never
    touched. Raises HandbillError with one sentence if that cannot be.
    """
    path = url.removeprefix("sqlite:///")
    with _told(path):
        store = Store(_engine(path) if write else _snapshot(path), path)
        store.prepare()
    return store


def _engine(path: str) -> Engine:
    url = URL.create("sqlite", database=path)
    return _begins_where_we_say(create_engine(url, connect_args={"timeout": WAIT}))


def _snapshot(path: str) -> Engine:
    memory = sqlite3.connect(":memory:", check_same_thread=False)
    # A reader of a database in WAL makes files beside it; where there is no log, none is needed.
    how = "mode=ro" if Path(f"{path}-wal").exists() else "mode=ro&immutable=1"
    with closing(sqlite3.connect(f"{Path(path).absolute().as_uri()}?{how}", uri=True, timeout=WAIT)) as file:
        file.backup(memory)
    return _begins_where_we_say(create_engine("sqlite://", creator=lambda: memory, poolclass=StaticPool))


def _begins_where_we_say(engine: Engine) -> Engine:
    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # transactions begin where we say so, below
        _in_wal(connection)
        connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        # A deferred transaction that comes to write fails at once in WAL, whatever the timeout.
        writing = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _in_wal(connection: sqlite3.Connection) -> None:
    """Turn the write-ahead log on; SQLite does not wait its timeout here while another does the same."""
    until = monotonic() + WAIT
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or monotonic() > until:
                raise
            sleep(0.05)


@contextmanager
def _told(path: str) -> Iterator[None]:
    """Turn what a database says into one sentence for a person."""
    try:
        yield
    except DBAPIError as error:
        raise HandbillError(f"{_shown(path)}: {_sentence(str(error.orig))}") from error
    except sqlite3.Error as error:
        raise HandbillError(f"{_shown(path)}: {_sentence(str(error))}") from error


class Store:
    """The ledger. Every method is one transaction; none is open while a network is called."""

    def __init__(self, engine: Engine, path: str) -> None:
        self._engine = engine
        self.path = path

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with _told(self.path), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with _told(self.path), self._engine.execution_options(writing=True).begin() as connection:
            yield connection

    # Schema

    def prepare(self) -> None:
        """Bring the schema up to date; refuse one that is newer than the program."""
        with self._reading() as connection:
            revision = self._revision(connection)
        if revision not in (None, *REVISIONS):
            raise HandbillError(
                f"{_shown(self.path)} was written by a newer Handbill. Update this one: pip install -U handbill"
            )
        if revision != REVISIONS[-1]:
            self._migrate()

    def _revision(self, connection: Connection) -> str | None:
        if not inspect(connection).has_table(_VERSION.name):
            return None
        return connection.scalar(select(_VERSION.c.version_num))

    def _migrate(self) -> None:
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
        with self._writing() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    # What was said

    def uses(self) -> list[Use]:
        """Every time a post was said or may have been, in order."""
        names = ("account", "network", "campaign", "post", "wording", "at", "share", "sameness")
        language = DELIVERIES.c.variant["language"].as_string().label("language")
        query = select(*(DELIVERIES.c[name] for name in names), language).where(DELIVERIES.c.state.in_(USED))
        with self._reading() as connection:
            return [Use(**row._mapping) for row in connection.execute(query.order_by(*_ORDER))]

    def deliveries(self, states: Iterable[str] = ()) -> list[Delivery]:
        """All deliveries in these states (in any, if none is named), in order of time."""
        query = select(DELIVERIES).order_by(*_ORDER)
        if wanted := list(states):
            query = query.where(DELIVERIES.c.state.in_(wanted))
        with self._reading() as connection:
            return [_delivery(row) for row in connection.execute(query)]

    def delivery(self, number: int | None) -> Delivery | None:
        """One delivery as it stands now."""
        with self._reading() as connection:
            row = connection.execute(select(DELIVERIES).where(DELIVERIES.c.id == number)).one_or_none()
        return _delivery(row) if row else None

    def barred(self) -> set[tuple[str, str, str]]:
        """(network, post, digest of its files) of every refused post: barred there until its files change."""
        names = ("network", "campaign", "post", "digest")
        query = select(*(DELIVERIES.c[name] for name in names)).where(DELIVERIES.c.state == "refused")
        with self._reading() as connection:
            return {
                (network, f"{campaign}/{post}", digest) for network, campaign, post, digest in connection.execute(query)
            }

    def save(self, delivery: Delivery, lease: Lease) -> None:
        """Write a delivery's new state; raises FenceLost if the account is no longer ours to speak for."""
        with self._writing() as connection:
            _save(connection, delivery, lease)

    def said_on(self, network: str) -> int:
        """How often anything began to be said on a network: a number that only grows."""
        with self._reading() as connection:
            return _said_on(connection, network)

    def begin(self, sending: Delivery, lease: Lease, said: int, seconds: float) -> bool:
        """Commit that a delivery is about to be said, its lease good for so many `seconds` from now.

        Raises FenceLost like `save`. False, with nothing written, if its campaign was paused or
        another account of its network spoke since `said` was read: then it is to be decided anew.
        """
        with self._writing() as connection:
            if _said_on(connection, sending.network) != said or {"", sending.campaign} & _pauses(connection):
                return False
            _save(connection, sending, lease)
            connection.execute(update(LEASES).where(LEASES.c.account == lease.account).values(until=_NOW + seconds))
        return True

    # The timetable

    def sightings(self) -> dict[str, datetime]:
        """Up to when the slots of each row of the timetable stand here, by the row's name."""
        with self._reading() as connection:
            return _sightings(connection)

    def noted(self, since: datetime) -> set[tuple[str, str, date, str]]:
        """(account, campaign, day, clock) of each delivery due from `since` on, whatever became of it."""
        columns = (DELIVERIES.c[name] for name in ("account", "campaign", "day", "clock"))
        with self._reading() as connection:
            return {tuple(row) for row in connection.execute(select(*columns).where(DELIVERIES.c.at >= since))}

    def note(
        self, deliveries: Iterable[Delivery], names: Collection[str], seen: Mapping[str, datetime], now: datetime
    ) -> bool:
        """Write new deliveries, and that the slots of these rows of the timetable stand here up to `now`.

        False, with nothing written, if another run has noted these rows since `seen` was read.
        """
        with self._writing() as connection:
            known = _sightings(connection)
            if any(known.get(name) != seen.get(name) for name in names):
                return False
            for delivery in deliveries:
                _add(connection, delivery)
            for name in names:
                if name not in known:
                    connection.execute(insert(SIGHTINGS).values(name=name, until=now))
                elif known[name] < now:
                    connection.execute(update(SIGHTINGS).where(SIGHTINGS.c.name == name).values(until=now))
        return True

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

    @contextmanager
    def leased(self, account: str, owner: str, seconds: float) -> Iterator[Lease | None]:
        """The right to speak for an account while this lasts; None if another holds it."""
        lease = self.lease(account, owner, seconds)
        try:
            yield lease
        finally:
            if lease:
                self.release(lease)

    def release(self, lease: Lease) -> None:
        """Give the right back."""
        with self._writing() as connection:
            connection.execute(
                update(LEASES).where(LEASES.c.account == lease.account, LEASES.c.fence == lease.fence).values(until=0.0)
            )

    # Approvals, pauses

    def approvals(self) -> set[str]:
        """The exact words (as digests) that a person has approved."""
        with self._reading() as connection:
            return set(connection.scalars(select(APPROVALS.c.words)))

    def approve(self, words: str, now: datetime) -> None:
        """Note that a person approved these exact words (a digest)."""
        with self._writing() as connection:
            if connection.scalar(select(APPROVALS.c.words).where(APPROVALS.c.words == words)) is None:
                connection.execute(insert(APPROVALS).values(words=words, at=now))

    def pauses(self) -> set[str]:
        """The campaigns that are paused; "" stands for all."""
        with self._reading() as connection:
            return _pauses(connection)

    def pause(self, campaign: str, now: datetime) -> None:
        """Pause a campaign, or all with ""."""
        with self._writing() as connection:
            if connection.scalar(select(PAUSES.c.campaign).where(PAUSES.c.campaign == campaign)) is None:
                connection.execute(insert(PAUSES).values(campaign=campaign, at=now))

    def resume(self, campaign: str) -> bool:
        """End a pause; whether there was one."""
        with self._writing() as connection:
            return connection.execute(PAUSES.delete().where(PAUSES.c.campaign == campaign)).rowcount > 0

    # Accounts

    def starts(self) -> set[str]:
        """The accounts that somebody has let begin."""
        with self._reading() as connection:
            return set(connection.scalars(select(STARTS.c.account)))

    def start(self, account: str, now: datetime) -> bool:
        """Let an account begin; False if it had begun already."""
        with self._writing() as connection:
            if connection.scalar(select(STARTS.c.account).where(STARTS.c.account == account)) is not None:
                return False
            connection.execute(insert(STARTS).values(account=account, at=now))
        return True

    def stop(self, account: str) -> None:
        """Make an account quiet again, as if it were new."""
        with self._writing() as connection:
            connection.execute(STARTS.delete().where(STARTS.c.account == account))

    def memory(self, account: str) -> dict[str, str]:
        """What is kept of an account, by name, each value as it was encrypted."""
        with self._reading() as connection:
            query = select(MEMORIES.c.name, MEMORIES.c.value).where(MEMORIES.c.account == account)
            return {name: value for name, value in connection.execute(query)}

    def remember(self, account: str, name: str, value: str | None) -> None:
        """Keep a value (encrypted already) of an account; None forgets it."""
        this = (MEMORIES.c.account == account, MEMORIES.c.name == name)
        with self._writing() as connection:
            connection.execute(MEMORIES.delete().where(*this))
            if value is not None:
                connection.execute(insert(MEMORIES).values(account=account, name=name, value=value))

    def copy_to(self, url: str) -> None:
        """Write a copy of the ledger, as it stands at one instant, to a new database where nobody speaks yet."""
        other = open_store(url)
        with self._reading() as source, other._writing() as target:
            for kept in METADATA.sorted_tables:
                if kept is not LEASES and (rows := [dict(row._mapping) for row in source.execute(select(kept))]):
                    target.execute(insert(kept), rows)
        other.close()


# Alembic's own table, in which it notes what it has done.
_VERSION = table("alembic_version", column("version_num"))
_ORDER = (DELIVERIES.c.at, DELIVERIES.c.account, DELIVERIES.c.campaign, DELIVERIES.c.id)
# Seconds since 1970 by the database's own clock, so that machines with wrong clocks agree on leases.
# The one place that speaks SQLite's words for it.
_NOW = (func.julianday("now") - 2440587.5) * 86400.0


def _sightings(connection: Connection) -> dict[str, datetime]:
    return {row.name: row.until for row in connection.execute(select(SIGHTINGS))}


def _pauses(connection: Connection) -> set[str]:
    return set(connection.scalars(select(PAUSES.c.campaign)))


def _said_on(connection: Connection, network: str) -> int:
    return connection.scalar(select(func.sum(DELIVERIES.c.tries)).where(DELIVERIES.c.network == network)) or 0


def _save(connection: Connection, delivery: Delivery, lease: Lease) -> None:
    mine = select(LEASES.c.account).where(LEASES.c.account == lease.account, LEASES.c.fence == lease.fence).exists()
    query = update(DELIVERIES).where(DELIVERIES.c.id == delivery.id, mine).values(**_columns(delivery))
    if connection.execute(query).rowcount != 1:
        raise FenceLost(f'Another run speaks for "{lease.account}" now.')


def _add(connection: Connection, delivery: Delivery) -> None:
    """Write a new delivery; one whose key is there already stays as it is."""
    with connection.begin_nested() as nested:
        try:
            connection.execute(insert(DELIVERIES), _columns(delivery))
        except IntegrityError:
            nested.rollback()


def _shown(path: str) -> str:
    try:
        beside = os.path.relpath(path)
    except ValueError:  # on Windows, another drive
        return path
    return path if beside.startswith("..") else beside


def _sentence(said: str) -> str:
    if "readonly" in said or "read-only" in said:
        return "this database cannot be written. Check the permissions of the file and its folder."
    if "disk I/O" in said:
        return "this database cannot be read or written. Check that it is a file, and that the disk is not full."
    if "disk is full" in said:
        return "the disk is full. Make room, then run the same command again; nothing was lost."
    if "unable to open" in said:
        return "this database cannot be opened. Check that its folder exists and may be written."
    if "locked" in said or "busy" in said:
        return "another program holds this database for too long. Close it, then run the same command again."
    if "not a database" in said or "malformed" in said:
        return "this file is no database of Handbill. Move it away, or name another in config.toml."
    return f"the database says: {said}"


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
