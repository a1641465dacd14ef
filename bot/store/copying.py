"""A ledger copied whole, and one that takes the place of another."""

from collections.abc import Iterator
from typing import Any, Literal

from sqlalchemy import Connection, Table, func, insert, select, text, update

from bot.core.delivery import OPEN, USED
from bot.core.problem import HandbillError
from bot.store.engine import Seconds, inserting
from bot.store.rows import KEY
from bot.store.tables import (
    APPROVALS,
    BARRED,
    DEEDS,
    DELIVERIES,
    INVITATIONS,
    LATEST,
    LEASES,
    LONGEST_LEASE,
    LOOKS,
    MEMORIES,
    METADATA,
    NOTICES,
    PAUSES,
    PEOPLE,
    SESSIONS,
    SIGHTINGS,
    STARTS,
    TRIES,
)
from bot.store.tallies import recount_accounts

# So many rows are read and written at once.
PORTION = 1000
# What people decide, and take back; and the secrets of accounts.
DECIDED = (APPROVALS, PAUSES, STARTS, MEMORIES)
# Who speaks, is signed in, invited or made to wait just now: no copy holds it, and none changes it.
PASSING = (LEASES, SESSIONS, INVITATIONS, TRIES)
Values = dict[str, Any]
# Which of two ledgers goes on from where the other was copied; "" if they have nothing in common.
Newer = Literal["target", "source", ""]


def copy(source: Connection, target: Connection) -> None:
    """Write all but what passes into tables with nothing in them."""
    for kept in METADATA.sorted_tables:
        if kept not in PASSING:
            for rows in _portions(source, kept):
                target.execute(insert(kept), rows)
    _count_on(target)


def put_in_place(target: Connection, source: Connection) -> None:
    """Put what `source` holds in the place of what `target` holds.

    The newest that is known holds. Where `target` goes on from where `source` was copied, what
    became of deliveries since then stays (ended, moved, put off), and what people decided stands as
    it stands there; where it is the other way round, `source` alone decides. Of two that have
    nothing in common, all that ended is known and all that was decided holds, pauses, too.

    What nobody was told of yet is still told, and what networks refused is not said again. Who was
    taken off the list of people does not come back: the backup's people come only where nobody is.
    Each fence rises, so that no run writes any more what it read before. Raises HandbillError while
    a run speaks for an account.
    """
    _alone(target)
    newer = _newer(target, source)
    since, untold = _known_since(target, source, newer), _untold(target)
    identities = target.execute(select(LOOKS.c.account, LOOKS.c.identity)).all() if newer == "target" else ()
    for kept in _restored(target):
        if kept in DECIDED and newer == "target":
            continue
        if kept is not BARRED and (kept not in DECIDED or newer == "source"):
            target.execute(kept.delete())
        for rows in _portions(source, kept):
            target.execute(inserting(target.dialect.name, kept).on_conflict_do_nothing(), rows)
    _count_on(target)
    _add_deeds(target, source)
    for account, identity in identities:
        target.execute(update(LOOKS).where(LOOKS.c.account == account).values(identity=identity))
    for row in since:
        _keep(target, row, newer)
    recount_accounts(target)
    if untold:
        target.execute(insert(NOTICES), untold)


def _newer(target: Connection, source: Connection) -> Newer:
    if _goes_on(target, source):
        return "target"
    return "source" if _goes_on(source, target) else ""


def _goes_on(later: Connection, earlier: Connection) -> bool:
    """Whether `later` holds the first post of `earlier`, said in the same second, and looked at the timetable later."""
    first = select(DELIVERIES).where(DELIVERIES.c.said.is_not(None)).order_by(DELIVERIES.c.id).limit(1)
    row = earlier.execute(first).mappings().one_or_none()
    if row is None:
        return False
    same = select(DELIVERIES.c.id).where(*(DELIVERIES.c[name] == row[name] for name in ("id", "said", *KEY)))
    if later.execute(same).first() is None:
        return False
    looked = select(func.max(SIGHTINGS.c.until))
    then, now = earlier.scalar(looked), later.scalar(looked)
    return bool(then and now and now >= then)


def _restored(target: Connection) -> list[Table]:
    """The tables whose rows a backup gives back; people among them only where nobody is."""
    somebody = target.scalar(select(PEOPLE.c.id).limit(1))
    left = {*PASSING, DEEDS, *([PEOPLE] if somebody else [])}
    return [kept for kept in METADATA.sorted_tables if kept not in left]


def _add_deeds(target: Connection, source: Connection) -> None:
    """Write the deeds that `target` does not know; the numbers of others may be the same."""
    known = {_deed(row) for row in target.execute(select(DEEDS)).mappings()}
    for rows in _portions(source, DEEDS):
        if new := [_without_id(row) for row in rows if _deed(row) not in known]:
            target.execute(insert(DEEDS), new)


def _deed(row: Any) -> tuple[Any, ...]:
    return tuple(_without_id(row).values())


def _portions(source: Connection, kept: Table) -> Iterator[list[Values]]:
    found = source.execute(select(kept).execution_options(yield_per=PORTION))
    for rows in found.mappings().partitions():
        yield [dict(row) for row in rows]


def _count_on(target: Connection) -> None:
    """Let the next new row be counted on from the highest; SQLite does so by itself.

    https://www.postgresql.org/docs/current/functions-sequence.html
    """
    if target.dialect.name == "postgresql":
        for kept in (DELIVERIES, NOTICES, PEOPLE, DEEDS):
            highest = func.coalesce(select(func.max(kept.c.id)).scalar_subquery(), 0) + 1
            target.execute(select(func.setval(func.pg_get_serial_sequence(kept.name, "id"), highest, False)))


def _alone(target: Connection) -> None:
    """Let nobody else write until the transaction ends, and nobody write after it what he read before.

    Raises HandbillError while an account speaks; whoever tells people something (in brackets) is no account.
    """
    if target.dialect.name == "postgresql":
        target.execute(text(f"LOCK TABLE {', '.join(sorted(METADATA.tables))} IN EXCLUSIVE MODE"))
    now = Seconds()
    held = (LEASES.c.until > now, LEASES.c.until <= now + LONGEST_LEASE, LEASES.c.account.not_like("(%"))
    if account := target.scalar(select(LEASES.c.account).where(*held).limit(1)):
        raise HandbillError(f'The engine speaks for "{account}" right now. Try again in a minute.')
    target.execute(update(LEASES).values(owner="", until=0.0, fence=LEASES.c.fence + 1))


def _known_since(target: Connection, source: Connection, newer: Newer) -> list[Values]:
    """What `target` knows since the newest instant that `source` knows of; what is still open only if it is newer."""
    query = select(DELIVERIES)
    if newer != "target":
        query = query.where(DELIVERIES.c.state.not_in(OPEN))
    if newest := source.scalar(select(func.max(SIGHTINGS.c.until))):
        query = query.where(DELIVERIES.c.at >= newest - LATEST)
    return [_without_id(row._mapping) for row in target.execute(query)]


def _untold(target: Connection) -> list[Values]:
    """What nobody was told yet; the numbers of deliveries may be others now."""
    query = select(NOTICES).where(NOTICES.c.told.is_(None)).order_by(NOTICES.c.id)
    return [{**_without_id(row._mapping), "delivery": None} for row in target.execute(query)]


def _without_id(row: Any) -> Values:
    return {name: value for name, value in row.items() if name != "id"}


def _keep(target: Connection, row: Values, newer: Newer) -> None:
    """Let what is known of a delivery stand; against a newer backup only that it was said, or may have been."""
    this = [DELIVERIES.c[name] == row[name] for name in KEY]
    surer = {"sent"} if row["state"] == "sent" else USED
    known = () if newer == "target" else (DELIVERIES.c.state.not_in(surer),)
    if newer != "source" or row["state"] in USED:
        target.execute(update(DELIVERIES).where(*this, *known).values(**row))
    target.execute(inserting(target.dialect.name, DELIVERIES).on_conflict_do_nothing(), [row])
