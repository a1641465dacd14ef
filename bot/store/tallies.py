"""How often each account has said what: kept as sums, so that no old delivery is read for the next."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select

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
        _recount(connection, dict(zip(KEY, key, strict=True)))


def recount_accounts(connection: Connection, accounts: Iterable[str] | None = None) -> None:
    """Bring all sums of these accounts up to date; of all, if none is named."""
    for account in (None,) if accounts is None else sorted(set(accounts)):
        _recount(connection, {} if account is None else {"account": account})


def _recount(connection: Connection, key: dict[str, Any]) -> None:
    connection.execute(delete(TALLIES).where(*(TALLIES.c[name] == value for name, value in key.items())))
    sums = _sums().where(*(DELIVERIES.c[name] == value for name, value in key.items()))
    connection.execute(insert(TALLIES).from_select([*KEY, "count", "share", "last"], sums))
