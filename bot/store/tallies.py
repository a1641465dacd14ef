"""How often each account has said what: kept as sums, so that no old delivery is read for the next."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Insert, Select, bindparam, delete, func, insert, select

from bot.core.delivery import USED
from bot.store.tables import DELIVERIES, TALLIES

# Account, campaign, post, wording.
Key = tuple[str, str, str, int]
KEY = ("account", "campaign", "post", "wording")


def _sums() -> Select[Any]:
    """The sums as they are, from the deliveries themselves."""
    columns = [DELIVERIES.c[name] for name in KEY]
    sums = (func.count().label("count"), func.max(DELIVERIES.c.share), func.max(DELIVERIES.c.at))
    return select(*columns, *sums).where(DELIVERIES.c.state.in_(USED)).group_by(*columns)


def recount(connection: Connection, keys: Iterable[Key]) -> None:
    """Bring the sums of these up to date, after one of their deliveries came to count, or counts no more."""
    for key in sorted(set(keys)):
        told = {f"its_{name}": value for name, value in zip(KEY, key, strict=True)}
        connection.execute(_FORGET, told)
        connection.execute(_SUM, told)


def recount_accounts(connection: Connection, accounts: Iterable[str] | None = None) -> None:
    """Bring all sums of these accounts up to date; of all, if none is named."""
    forget, sums = delete(TALLIES), _sums()
    if accounts is not None:
        these = sorted(set(accounts))
        forget, sums = forget.where(TALLIES.c.account.in_(these)), sums.where(DELIVERIES.c.account.in_(these))
    connection.execute(forget)
    connection.execute(_kept(sums))


def _kept(sums: Select[Any]) -> Insert:
    return insert(TALLIES).from_select([*KEY, "count", "share", "last"], sums)


_FORGET = delete(TALLIES).where(*(TALLIES.c[name] == bindparam(f"its_{name}") for name in KEY))
_SUM = _kept(_sums().where(*(DELIVERIES.c[name] == bindparam(f"its_{name}") for name in KEY)))
