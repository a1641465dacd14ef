"""Stand: how each account stands, by what is known here; no network is asked."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from bot.app import App
from bot.config import Account
from bot.core.limits import month
from bot.core.network import Network
from bot.core.problem import SignedOut
from bot.work.account import labelled
from bot.work.plan import Bill, Planned, plan, price, spent

if TYPE_CHECKING:
    from bot.store import Store

State = Literal["connected", "held", "quiet", "unconnected", "by hand", "practice"]
# So many days ahead are shown, and their cost is told.
DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """How an account stands.

    "held": a person must connect it again, "quiet": nobody has let it begin yet, "unconnected": its
    keys are not there; `why` in words. `looked`: when its network was last found in order.
    `labelled`: whether it is marked as automated, as far as anybody knows; `sets_label`: a program
    can do so. `coming`: its slots of the week. `bill`: None where nothing costs money.
    """

    account: Account
    network: Network
    state: State
    why: str = ""
    looked: datetime | None = None
    labelled: bool | None = None
    sets_label: bool = False
    coming: tuple[Planned, ...] = ()
    bill: Bill | None = None

    @property
    def connects(self) -> bool:
        """Whether it can be connected, or connected again."""
        return self.state not in ("by hand", "practice") and self.network.connect is not None


def stands(app: App, names: Collection[str] = ()) -> list[Stand]:
    """How these accounts stand; all, if none is named. In the order of config.toml."""
    now, store = app.clock(), app.store
    wanted = {one.account.name: one for one in states(app, store) if not names or one.account.name in names}
    coming: dict[str, list[Planned]] = {name: [] for name in app.config.accounts}
    for planned in plan(app, now, DAYS):
        coming[planned.choice.slot.account].append(planned)
    costs, this = spent(app, store, wanted, now), month(now, app.config.zone)
    return [
        replace(
            one,
            coming=tuple(coming[name]),
            bill=_bill(app, one.account, coming[name], costs.get((name, this), 0.0)),
        )
        for name, one in wanted.items()
    ]


def states(app: App, store: "Store | None") -> list[Stand]:
    """How all accounts stand, without their coming week and its cost; in the order of config.toml."""
    looks, starts = (store.looks(), store.starts()) if store else ({}, set[str]())
    troubles = {one.account: one.reason for one in store.deliveries(("held",))} if store else {}
    troubles |= {name: look.trouble for name, look in looks.items() if look.trouble}
    return [
        replace(
            _stand(app, one, troubles.get(one.name, ""), one.name in starts),
            looked=looks[one.name].at if one.name in looks else None,
        )
        for one in app.config.accounts.values()
    ]


def begun(planned: Planned) -> Planned:
    """A slot as it will be once its account has begun."""
    only_start = planned.state == "waiting" and not planned.choice.slot.approval
    return replace(planned, state="planned", reason="") if only_start else planned


def first_week(app: App, name: str) -> list[Planned]:
    """What an account will say in the coming week once somebody lets it begin."""
    coming = plan(app, app.clock(), DAYS)
    return [begun(planned) for planned in coming if planned.choice.slot.account == name]


def _stand(app: App, account: Account, trouble: str, begun: bool) -> Stand:
    network = app.networks[account.network]
    if account.by_hand or network.practice:
        return Stand(account=account, network=network, state="by hand" if account.by_hand else "practice")
    found = Stand(account=account, network=network, state="connected", labelled=labelled(app, account))
    try:
        found = replace(found, sets_label=app.publisher(account).label is not None)
    except SignedOut as error:
        return replace(found, state="unconnected", why=str(error))
    if trouble:
        return replace(found, state="held", why=trouble)
    return found if begun else replace(found, state="quiet")


def _bill(app: App, account: Account, coming: Iterable[Planned], spent: float) -> Bill | None:
    if account.by_hand or app.networks[account.network].price is None:
        return None
    cost = sum(price(planned.choice) for planned in coming if planned.state != "skipped")
    return Bill(account=account.name, coming=cost, spent=spent, budget=account.budget)
