"""What each delivery asks of the ledger: statements made once, for making them takes longer than most take to run."""

from functools import cache
from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, or_, select, update

from bot.core.delivery import USED
from bot.store.engine import Seconds, inserting
from bot.store.tables import DELIVERIES, LEASES, LONGEST_LEASE, PAUSES
from bot.store.tallies import KEY

DELIVERY: BindParameter[int] = bindparam("its_number")
ACCOUNT: BindParameter[str] = bindparam("its_account")
FENCE: BindParameter[int] = bindparam("its_fence")
OWNER: BindParameter[str] = bindparam("its_owner")
SECONDS = bindparam("seconds", type_=Seconds.type)

ONE = select(DELIVERIES).where(DELIVERIES.c.id == DELIVERY)
PAUSED = select(PAUSES.c.campaign)

# A delivery as it stands, if the lease is still ours; nobody takes it over before the transaction ends.
MINE = (
    select(*(DELIVERIES.c[name] for name in ("state", *KEY)))
    .join(LEASES, and_(LEASES.c.account == ACCOUNT, LEASES.c.fence == FENCE))
    .where(DELIVERIES.c.id == DELIVERY)
    .with_for_update()
)
WRITE = update(DELIVERIES).where(DELIVERIES.c.id == DELIVERY)
PROLONG = update(LEASES).where(LEASES.c.account == ACCOUNT).values(until=Seconds() + SECONDS)
RELEASE = update(LEASES).where(LEASES.c.account == ACCOUNT, LEASES.c.fence == FENCE).values(until=0.0)

# Another account of the network that says the same within the days that near copies are kept apart.
COPIES = (
    select(DELIVERIES.c.id)
    .where(
        DELIVERIES.c.at > bindparam("since"),
        DELIVERIES.c.at < bindparam("until"),
        DELIVERIES.c.network == bindparam("network"),
        DELIVERIES.c.account != ACCOUNT,
        DELIVERIES.c.state.in_(USED),
        DELIVERIES.c.variant["language"].as_string() == bindparam("language"),
        or_(
            DELIVERIES.c.sameness == bindparam("sameness"),
            and_(DELIVERIES.c.campaign == bindparam("campaign"), DELIVERIES.c.post == bindparam("post")),
        ),
    )
    .limit(1)
)


@cache
def take(dialect: str) -> Any:
    """Take or renew a lease; its new fence, or nothing while another holds it."""
    now, until = Seconds(), Seconds() + SECONDS
    return (
        inserting(dialect, LEASES)
        .values(account=ACCOUNT, owner=OWNER, until=until, fence=1)
        .on_conflict_do_update(
            index_elements=["account"],
            set_={"owner": OWNER, "until": until, "fence": LEASES.c.fence + 1},
            where=or_(LEASES.c.owner == OWNER, LEASES.c.until <= now, LEASES.c.until > now + LONGEST_LEASE),
        )
        .returning(LEASES.c.fence)
    )
