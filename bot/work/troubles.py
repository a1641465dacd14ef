"""Troubles: every delivery that was not said, and the one thing that helps."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from bot.app import App
from bot.core.delivery import STEPS, Delivery
from bot.work.plan import BY_PERSON, PAUSED, changed, gone, has_begun, paused_by_file, standstill

Remedy = Literal["", "reconnect", "start", "approve", "post", "settle", "edit", "library", "now"]
# So many are shown at once, and so many are read at once to find them.
PAGE, READ = 50, 500
# Why somebody wanted a post not to be said.
ON_PURPOSE = (BY_PERSON, PAUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A delivery that was not said, and what helps.

    "post": it is to be posted by hand; "settle": a person says what became of it; "edit": its post;
    "library": the campaign's posts, of which none could be said. "" where nothing helps, or it comes
    right by itself.
    """

    delivery: Delivery
    label: str
    remedy: Remedy

    @property
    def which(self) -> str:
        """What names it to `bot.work.control`."""
        return str(self.delivery.id)


def troubles(app: App, account: str = "", state: str = "", begin: int = 0) -> tuple[list[Trouble], int]:
    """What was not said (by one account, in one state), newest first, from the one after the first `begin`.

    At most PAGE, and what to `begin` with for the next ones; 0 if there are none. What is only planned
    is no trouble; what is to be tried again is one. Without a `state`, what only waits for approval is
    left out, and what was skipped on purpose.
    """
    states = {state} & set(STEPS) - {"sent"} if state else set(STEPS) - {"sent"}
    pauses = app.store.pauses() | paused_by_file(app)
    begun = app.store.starts()
    shown: list[Trouble] = []
    for number, delivery in enumerate(_newest(app, states, account, () if state else ON_PURPOSE, begin), begin):
        if _is_in_order(app, delivery, state):
            continue
        one = _trouble(app, delivery, pauses, begun)
        if one.remedy == "approve" and not state:
            continue
        if len(shown) == PAGE:
            return shown, number
        shown.append(one)
    return shown, 0


def _newest(app: App, states: Collection[str], account: str, but: Collection[str], begin: int) -> Iterator[Delivery]:
    while found := app.store.newest(sorted(states), account, but=but, begin=begin, most=READ):
        yield from found
        begin += len(found)


def _is_in_order(app: App, one: Delivery, state: str) -> bool:
    """Whether nothing is wrong with it: it is only planned, or it was skipped on purpose and nobody asks for such."""
    return (one.state == "planned" and not one.reason) or (not state and _is_meant(app, one))


def _is_meant(app: App, one: Delivery) -> bool:
    """Whether it was skipped on purpose: by a person, a pause, or the end of its campaign."""
    return one.state == "skipped" and (one.reason in ON_PURPOSE or one.campaign not in app.library.campaigns)


def _trouble(app: App, one: Delivery, pauses: Collection[str], begun: Collection[str]) -> Trouble:
    network = app.networks.get(one.network)
    return Trouble(
        delivery=one,
        label=network.label if network else one.network,
        remedy=remedy(app, one, pauses, begun),
    )


def remedy(app: App, one: Delivery, pauses: Collection[str], begun: Collection[str]) -> Remedy:
    """What helps a delivery that was not said; "" where nothing does."""
    if gone(app, one):
        return ""
    account = app.config.accounts[one.account]
    match one.state:
        case "held":
            return "reconnect"
        case "waiting":
            return "approve" if has_begun(app, one.account, begun) else "start"
        case "uncertain":
            return "post" if account.by_hand else "settle"
        case "refused":
            return _of_refused(app, one)
        case "missed":
            return "" if standstill(app, one.campaign, pauses) else "now"
        case "skipped":
            return "" if _is_meant(app, one) else "library"
    return ""


def _of_refused(app: App, one: Delivery) -> Remedy:
    """Its post is to be changed; once it is, it comes by itself while it is in time."""
    if changed(app, one):
        return "now" if one.is_late(app.clock()) else ""
    is_there = any(post.name == one.post for post in app.library.posts.get(one.campaign, ()))
    return "edit" if is_there else ""
