"""Everything that is asked of the ledger or written to it."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, Table, func, insert, or_, select, text, union, update

from bot.core.delivery import STEPS, TOLD, USED, Delivery, NoSuchStep, State
from bot.core.notice import SELDOM, Notice, Trouble, is_known, notice_of
from bot.core.post import Variant
from bot.core.problem import HandbillError
from bot.core.rotate import NEAR, Spoken, Use
from bot.store import statements, tallies
from bot.store.copying import copy, put_in_place
from bot.store.engine import begin, inserting, lock, open_engine, told
from bot.store.people import People
from bot.store.rows import KEY, delivery_of, row_of
from bot.store.schema import is_current, migrate
from bot.store.tables import (
    APPROVALS,
    BARRED,
    DELIVERIES,
    LATEST,
    LOOKS,
    MEMORIES,
    NOTICES,
    PAUSES,
    SIGHTINGS,
    STARTS,
    TALLIES,
    TROUBLES,
    WORKERS,
)
from bot.store.tallies import recount, recount_accounts

# A process that has not looked for so long runs no engine any more.
FORGOTTEN = timedelta(hours=1)


class FenceLost(HandbillError):
    """Another worker took over the account meanwhile; it goes on from here."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to speak for an account, until its time runs out or the fence rises."""

    account: str
    fence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is known of an account from looking at its network.

    `at`: when it was last found in order; `again`: not to be looked at before; `identity`: its
    lasting id; `newest`: the id of its newest post that is known here; `trouble`: why a person must
    look after it.
    """

    at: datetime | None = None
    again: datetime | None = None
    identity: str = ""
    newest: str = ""
    trouble: str = ""


def open_store(url: str, *, write: bool = True) -> "Store":
    """Open the ledger at a database address, made or brought up to date first.

    With `write` False a SQLite ledger is a copy in memory, as the file stands now, and the file
    is never touched. Raises HandbillError with one sentence if that cannot be.
    """
    with told(url):
        store = Store(open_engine(url, write=write), url)
        try:
            store.prepare()
        except BaseException:
            store.close()
            raise
    return store


class Store:
    """The ledger. Every method is one transaction; none is open while a network is called."""

    def __init__(self, engine: Engine, url: str) -> None:
        self._engine = engine
        self._url = url
        self._is_sqlite = engine.dialect.name == "sqlite"
        # What is read is one statement each: on a server, transactions around them would double the ways.
        self._reader = engine if self._is_sqlite else engine.execution_options(isolation_level="AUTOCOMMIT")

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with told(self._url), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def _writing(self, *names: str, lasting: bool = True) -> Iterator[Connection]:
        """A transaction in which nobody else writes what has these names.

        What is not `lasting` does not wait for the disk: a power cut in that second may undo it.
        """
        with told(self._url), self._engine.execution_options(writing=True, lasting=lasting).begin() as connection:
            begin(connection)
            lock(connection, *names)
            yield connection

    @contextmanager
    def _at_one_instant(self) -> Iterator[Connection]:
        """A transaction that sees all as it stands when it first reads; SQLite's always do."""
        engine = self._engine if self._is_sqlite else self._engine.execution_options(isolation_level="REPEATABLE READ")
        with told(self._url), engine.begin() as connection:
            yield connection

    @property
    def people(self) -> People:
        """Those who come to the desk."""
        return People(self._reading, self._writing)

    # Schema

    def prepare(self) -> None:
        """Bring the tables up to date; raises HandbillError where they are newer, or another program's."""
        with self._reading() as connection:
            if is_current(connection, self._url):
                return
        with self._writing("schema") as connection:
            # Of all that start at once, one does it.
            if not is_current(connection, self._url):
                migrate(connection)

    # What was said

    def spoken(self, accounts: Collection[str] | None = None) -> list[Spoken]:
        """How often each account (of these; of all, if none is named) has said each wording, and when last."""
        query = select(TALLIES)
        if accounts is not None:
            query = query.where(TALLIES.c.account.in_(accounts))
        names = TALLIES.columns.keys()
        with self._reading() as connection:
            return [Spoken(**dict(zip(names, row, strict=True))) for row in connection.execute(query)]

    def uses(self, since: datetime) -> list[Use]:
        """Every time a post was said or may have been, for slots from `since` on, in order."""
        names = ("account", "network", "campaign", "post", "wording", "at", "said", "share", "sameness", "language")
        language = DELIVERIES.c.variant["language"].as_string()
        query = select(*(DELIVERIES.c[name] for name in names[:-1]), language)
        query = query.where(DELIVERIES.c.at >= since, DELIVERIES.c.state.in_(USED))
        with self._reading() as connection:
            rows = connection.execute(query.order_by(*_ORDER))
            return [Use(**dict(zip(names, row, strict=True))) for row in rows]

    def deliveries(
        self, states: Iterable[str] = (), *, since: datetime | None = None, until: datetime | None = None
    ) -> list[Delivery]:
        """The deliveries in these states (in any, if none is named), due from `since` to `until`, in order of time."""
        query = select(DELIVERIES).order_by(*_ORDER)
        if wanted := list(states):
            query = query.where(DELIVERIES.c.state.in_(wanted))
        if since is not None:
            query = query.where(DELIVERIES.c.at >= since)
        if until is not None:
            query = query.where(DELIVERIES.c.at <= until)
        with self._reading() as connection:
            return [delivery_of(row) for row in connection.execute(query)]

    def newest(
        self, states: Iterable[str], account: str = "", *, but: Iterable[str] = (), begin: int = 0, most: int = 50
    ) -> list[Delivery]:
        """The deliveries in these states (of one account), the newest first, `most` of them after the first `begin`.

        Those with one of the reasons `but` are left out.
        """
        query = select(DELIVERIES).where(DELIVERIES.c.state.in_(list(states)), DELIVERIES.c.reason.not_in(list(but)))
        query = query.where(DELIVERIES.c.account == account) if account else query
        query = query.order_by(*(column.desc() for column in _ORDER)).offset(begin).limit(most)
        with self._reading() as connection:
            return [delivery_of(row) for row in connection.execute(query)]

    def delivery(self, number: int | None) -> Delivery | None:
        """One delivery as it stands now."""
        with self._reading() as connection:
            row = connection.execute(statements.ONE, {"its_number": number}).one_or_none()
        return delivery_of(row) if row else None

    def barred(self) -> set[tuple[str, str, str]]:
        """(network, post, digest of its files) of every refused post: barred there until its files change."""
        with self._reading() as connection:
            rows = connection.execute(select(BARRED))
            return {(row.network, f"{row.campaign}/{row.post}", row.digest) for row in rows}

    def save(self, delivery: Delivery, lease: Lease, *, seldom: bool = False) -> Delivery:
        """Write a delivery's new state, and that a person is to be told where that is so; the delivery.

        `seldom`: also of this end, unless they were told the same of this account not long before.
        Raises FenceLost if the account is no longer ours to speak for, NoSuchStep for a step that
        is not in the table of states.
        """
        with self._writing() as connection:
            before = _save(connection, delivery, lease)
            if seldom and delivery.state != before and not is_known(notice_of(delivery), _lately(connection, delivery)):
                _tell(connection, notice_of(delivery))
        return delivery

    def begin(self, sending: Delivery, lease: Lease, seconds: float) -> bool:
        """Commit that a delivery is about to be said, its lease good for so many `seconds` from now.

        Raises FenceLost like `save`. False, with nothing written, if its campaign is paused or
        another account of its network has said the same meanwhile: then it is to be decided anew.
        """
        with self._writing(sending.network) as connection:
            if {"", sending.campaign} & _pauses(connection) or _is_copy(connection, sending):
                return False
            _save(connection, sending, lease)
            connection.execute(statements.PROLONG, {"its_account": lease.account, "seconds": seconds})
        return True

    def add(self, delivery: Delivery) -> Delivery:
        """Write a new delivery; that of its key as it stands there then."""
        with self._writing() as connection:
            _add(connection, [delivery])
            key = (DELIVERIES.c[name] == getattr(delivery, name) for name in KEY)
            return delivery_of(connection.execute(select(DELIVERIES).where(*key)).one())

    def receipts(self, network: str, ids: Iterable[str]) -> set[str]:
        """Those of a network's ids of posts that stand in the ledger."""
        query = select(DELIVERIES.c.receipt_id).where(
            DELIVERIES.c.network == network, DELIVERIES.c.receipt_id.in_(list(ids))
        )
        with self._reading() as connection:
            return set(connection.scalars(query))

    def variants(self, account: str, since: datetime) -> list[tuple[datetime, Variant]]:
        """(when, words) of all that an account has said from `since` on."""
        when = func.coalesce(DELIVERIES.c.said, DELIVERIES.c.at)
        query = select(DELIVERIES).where(
            DELIVERIES.c.account == account,
            DELIVERIES.c.state.in_(USED),
            when >= since,
            DELIVERIES.c.at >= since - LATEST,  # no other can be that late; this one has an index
        )
        with self._reading() as connection:
            found = [delivery_of(row) for row in connection.execute(query.order_by(*_ORDER))]
        return [(one.said or one.at, one.variant) for one in found if one.variant]

    def names(self, network: str, identity: str, besides: str) -> set[str]:
        """The names, `besides` one, under which an account, by its lasting id, stands in the ledger."""
        name = DELIVERIES.c.account
        theirs = select(name).where(DELIVERIES.c.network == network, DELIVERIES.c.identity == identity)
        # Not `name != besides`, for which all that stands under it would be read.
        with self._reading() as connection:
            return set(connection.scalars(union(theirs.where(name < besides), theirs.where(name > besides))))

    def rename(self, network: str, identity: str, name: str) -> None:
        """Let all that an account, by its lasting id, has said and is to say stand under a new name."""
        theirs = (DELIVERIES.c.network == network, DELIVERIES.c.identity == identity)
        with self._writing(name) as connection:
            older = set(connection.scalars(select(DELIVERIES.c.account).where(*theirs).distinct()))
            connection.execute(update(DELIVERIES).where(*theirs).values(account=name))
            recount_accounts(connection, {*older, name})

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
        new = list(deliveries)
        if not new and not names:
            return True
        with self._writing("timetable", lasting=bool(new)) as connection:
            known = _sightings(connection)
            if any(known.get(name) != seen.get(name) for name in names):
                return False
            _add(connection, new)
            if rows := [{"name": name, "until": now} for name in names if name not in known]:
                connection.execute(insert(SIGHTINGS), rows)
            older = (SIGHTINGS.c.name.in_(names), SIGHTINGS.c.until < now)
            connection.execute(update(SIGHTINGS).where(*older).values(until=now))
        return True

    def forget(self, names: Collection[str]) -> None:
        """Let these rows of the timetable be such as were never seen."""
        with self._writing("timetable") as connection:
            connection.execute(SIGHTINGS.delete().where(SIGHTINGS.c.name.in_(names)))

    # Leases

    def lease(self, account: str, owner: str, seconds: float) -> Lease | None:
        """Take or renew the right to speak for an account; None while another holds it.

        A lease that ends later than any can is one that a clock which was ahead has given.
        """
        told = {"its_account": account, "its_owner": owner, "seconds": seconds}
        # Where the disk of a SQLite ledger forgets a lease, nobody is left who held it.
        with self._writing(lasting=not self._is_sqlite) as connection:
            fence = connection.scalar(statements.take(connection.dialect.name), told)
        return None if fence is None else Lease(account, fence)

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
        with self._writing(lasting=False) as connection:
            connection.execute(statements.RELEASE, _its(lease))

    # Approvals, pauses

    def approvals(self) -> set[str]:
        """The exact words (as digests) that a person has approved."""
        with self._reading() as connection:
            return set(connection.scalars(select(APPROVALS.c.words)))

    def approve(self, words: str, now: datetime) -> None:
        """Note that a person approved these exact words (a digest)."""
        with self._writing() as connection:
            _keep(connection, APPROVALS, {"words": words, "at": now})

    def disapprove(self, words: str) -> None:
        """Forget that a person approved these words."""
        with self._writing() as connection:
            connection.execute(APPROVALS.delete().where(APPROVALS.c.words == words))

    def pauses(self) -> set[str]:
        """The campaigns that are paused; "" stands for all."""
        with self._reading() as connection:
            return _pauses(connection)

    def pause(self, campaign: str, now: datetime) -> None:
        """Pause a campaign, or all with ""."""
        with self._writing() as connection:
            _keep(connection, PAUSES, {"campaign": campaign, "at": now})

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
            return _keep(connection, STARTS, {"account": account, "at": now})

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
        with self._writing(account) as connection:
            connection.execute(MEMORIES.delete().where(*this))
            if value is not None:
                connection.execute(insert(MEMORIES).values(account=account, name=name, value=value))

    # Looks

    def looks(self) -> dict[str, Look]:
        """What is known of accounts, by their names."""
        with self._reading() as connection:
            return {row.account: _look(row) for row in connection.execute(select(LOOKS))}

    def looked(self, account: str, found: Look, now: datetime) -> None:
        """Keep what is known of an account now; a trouble that is new is to be told."""
        with self._writing(account, lasting=bool(found.trouble)) as connection:
            row = connection.execute(select(LOOKS).where(LOOKS.c.account == account)).one_or_none()
            connection.execute(LOOKS.delete().where(LOOKS.c.account == account))
            connection.execute(insert(LOOKS).values(account=account, **asdict(found)))
            if found.trouble and not (row and row.trouble):
                _tell(connection, Notice(at=now, kind="account", words=found.trouble, account=account))

    # Notices

    def tell(self, notice: Notice, told: datetime | None = None) -> None:
        """Keep something that a person is to be told; or that it was, at an instant."""
        with self._writing() as connection:
            _tell(connection, notice, told)

    def notices(self) -> list[Notice]:
        """What nobody was told yet, the oldest first."""
        query = select(NOTICES).where(NOTICES.c.told.is_(None)).order_by(NOTICES.c.id)
        with self._reading() as connection:
            return [_notice(row) for row in connection.execute(query)]

    def noticed(self) -> dict[int | None, Delivery]:
        """The deliveries, by their ids, of which there is something that nobody was told yet."""
        about = select(NOTICES.c.delivery).where(NOTICES.c.told.is_(None))
        with self._reading() as connection:
            rows = connection.execute(select(DELIVERIES).where(DELIVERIES.c.id.in_(about)))
            return {row.id: delivery_of(row) for row in rows}

    def was_told(self, notices: Iterable[Notice], now: datetime, trouble: str = "") -> None:
        """Note that notices went out; or, with `trouble`, why they could not."""
        values = {"trouble": trouble} if trouble else {"told": now, "trouble": ""}
        numbers = [notice.id for notice in notices]
        with self._writing() as connection:
            for start in range(0, len(numbers), 1000):  # no statement takes any number of values
                these = NOTICES.c.id.in_(numbers[start : start + 1000])
                connection.execute(update(NOTICES).where(these).values(**values))

    def troubles(self) -> dict[str, Trouble]:
        """What does not work on the way to people, by the names that may be shown."""
        with self._reading() as connection:
            return {row.name: _trouble(row) for row in connection.execute(select(TROUBLES))}

    def trouble(self, name: str, found: Trouble | None) -> None:
        """Keep what is wrong with an address or the heartbeat; None: it works."""
        with self._writing(name) as connection:
            connection.execute(TROUBLES.delete().where(TROUBLES.c.name == name))
            if found:
                connection.execute(insert(TROUBLES).values(name=name, **asdict(found)))

    def last_told(self) -> datetime | None:
        """When people were last told something; None if they never were."""
        with self._reading() as connection:
            last: datetime | None = connection.scalar(select(func.max(NOTICES.c.told)))
        return last

    # Workers

    def working(self, worker: str, now: datetime) -> None:
        """Note that a process runs the engine now; those that have not for an hour are forgotten."""
        with self._writing(worker, lasting=False) as connection:
            gone = or_(WORKERS.c.name == worker, WORKERS.c.at < now - FORGOTTEN)
            connection.execute(WORKERS.delete().where(gone))
            connection.execute(insert(WORKERS).values(name=worker, at=now))

    def workers(self) -> dict[str, datetime]:
        """Who runs the engine, and when each last looked."""
        with self._reading() as connection:
            return {row.name: row.at for row in connection.execute(select(WORKERS))}

    # The whole

    def size(self) -> int:
        """How many bytes the database takes."""
        server = "SELECT pg_database_size(current_database())"
        file = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
        with self._reading() as connection:
            return connection.scalar(text(file if self._is_sqlite else server)) or 0

    def copy_to(self, url: str) -> None:
        """Write a copy of the ledger, as it stands at one instant, to a new database where nobody speaks yet."""
        with closing(open_store(url)) as other, self._at_one_instant() as source, other._writing() as target:
            copy(source, target)

    def restore(self, backup: "Store") -> None:
        """Put what another ledger holds in the place of this one; what was said since then stays known.

        Raises HandbillError, with nothing changed, while a run speaks for an account.
        """
        with self._writing("schema", "timetable") as target, backup._at_one_instant() as source:
            put_in_place(target, source)

    def extent(self) -> tuple[int, datetime | None]:
        """How many deliveries there are, and when the timetable was last looked at."""
        with self._reading() as connection:
            many = connection.scalar(select(func.count()).select_from(DELIVERIES)) or 0
            return many, connection.scalar(select(func.max(SIGHTINGS.c.until)))


_ORDER = (DELIVERIES.c.at, DELIVERIES.c.account, DELIVERIES.c.campaign, DELIVERIES.c.id)
_NOTICE = ("id", "at", "account", "delivery", "kind", "words", "trouble")


def _sightings(connection: Connection) -> dict[str, datetime]:
    return {row.name: row.until for row in connection.execute(select(SIGHTINGS))}


def _pauses(connection: Connection) -> set[str]:
    return set(connection.scalars(statements.PAUSED))


def _is_copy(connection: Connection, sending: Delivery) -> bool:
    """Whether another account of its network says the same within the days that near copies are kept apart."""
    told = {
        **{name: getattr(sending, name) for name in ("network", "sameness", "campaign", "post")},
        "its_account": sending.account,
        "since": sending.at - NEAR,
        "until": sending.at + NEAR,
        "language": sending.variant.language if sending.variant else "",
    }
    return connection.execute(statements.COPIES, told).first() is not None


def _save(connection: Connection, delivery: Delivery, lease: Lease) -> State:
    """Write a delivery; the state that it was in before."""
    this = {"its_number": delivery.id}
    found = connection.execute(statements.MINE, {**this, **_its(lease)}).one_or_none()
    if found is None:
        raise FenceLost(f'Another run speaks for "{lease.account}" now.')
    before: State = found[0]
    if delivery.state != before and delivery.state not in STEPS[before]:
        raise NoSuchStep(f"{before} -> {delivery.state}")
    connection.execute(statements.WRITE, {**row_of(delivery), **this})
    if (before in USED) != (delivery.state in USED):
        recount(connection, [tuple(found[1:]) if before in USED else _tally(delivery)])
    _bar(connection, [delivery])
    if delivery.state != before and delivery.state in TOLD:
        _tell(connection, notice_of(delivery))
    return before


def _its(lease: Lease) -> dict[str, Any]:
    return {"its_account": lease.account, "its_fence": lease.fence}


def _tally(delivery: Delivery) -> tallies.Key:
    return (delivery.account, delivery.campaign, delivery.post, delivery.wording)


def _tell(connection: Connection, notice: Notice, told: datetime | None = None) -> None:
    columns = {name: getattr(notice, name) for name in _NOTICE if name != "id"}
    connection.execute(insert(NOTICES).values(**columns, told=told))


def _notice(row: Row[Any]) -> Notice:
    return Notice(**{name: row._mapping[name] for name in _NOTICE})


def _lately(connection: Connection, delivery: Delivery) -> list[Notice]:
    """What was told, or is to be told, of ends like a delivery's not long before it."""
    alike = (NOTICES.c.account == delivery.account, NOTICES.c.kind == delivery.state)
    found = connection.execute(select(NOTICES).where(*alike, NOTICES.c.at > delivery.at - SELDOM))
    return [_notice(row) for row in found]


def _add(connection: Connection, new: list[Delivery]) -> None:
    """Write new deliveries; one whose key is there already stays as it is."""
    if new:
        connection.execute(
            inserting(connection.dialect.name, DELIVERIES).on_conflict_do_nothing(), list(map(row_of, new))
        )
        recount(connection, (_tally(one) for one in new if one.state in USED))
        _bar(connection, new)


def _bar(connection: Connection, deliveries: Iterable[Delivery]) -> None:
    """Let what is refused not be said there again."""
    names = [column.name for column in BARRED.columns]
    if rows := [{name: getattr(one, name) for name in names} for one in deliveries if one.state == "refused"]:
        connection.execute(inserting(connection.dialect.name, BARRED).on_conflict_do_nothing(), rows)


def _keep(connection: Connection, kept: Table, row: Mapping[str, Any]) -> bool:
    """Write a row if none of its key is there; whether there was none."""
    written = (
        inserting(connection.dialect.name, kept).values(**row).on_conflict_do_nothing().returning(*kept.primary_key)
    )
    return connection.execute(written).first() is not None


def _trouble(row: Row[Any]) -> Trouble:
    return Trouble(words=row.words, tries=row.tries, again=row.again)


def _look(row: Row[Any]) -> Look:
    return Look(**{one.name: row._mapping[one.name] for one in fields(Look)})
