"""Live: what is still to be done until an organization speaks by itself."""

from typing import Literal, NamedTuple

from bot.app import App
from bot.work.notify import addresses, real


class Step(NamedTuple):
    """One thing that a newcomer does."""

    name: Literal["import", "account", "times", "notices", "begin"]
    is_done: bool


def steps(app: App) -> list[Step]:
    """All of them, in the order in which they are best done."""
    accounts = {one.name for one in real(app)}
    campaigns = {one.name for one in app.library.campaigns.values() if not one.sample}
    starts = app.store.starts()
    return [
        Step("import", bool(campaigns)),
        Step("account", bool(accounts)),
        Step("times", any(row.campaign in campaigns and accounts & {*row.accounts} for row in app.config.schedules)),
        Step("notices", bool(addresses(app).all)),
        Step("begin", any(one.by_hand or one.name in starts for one in real(app))),
    ]
