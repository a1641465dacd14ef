"""Digest: what waits for somebody's approval, told two days ahead, a few posts in one message."""

from datetime import datetime, timedelta
from urllib.parse import quote

from bot.app import App
from bot.core.notice import APPROVAL, Notice
from bot.core.timetable import local
from bot.work.control import slot_name
from bot.work.notify import addresses
from bot.work.plan import Planned, plan

# Who waits is told so long ahead, with all that waits a day more, so that a day has one message at most.
AHEAD, MORE = timedelta(hours=48), timedelta(hours=24)
# From one look at the plan to the next; it is made anew each time.
PAUSE = timedelta(minutes=30)
# What is remembered, under a name that no account can have: when the plan was looked at, and what was told.
NAME, LOOKED, TOLD = "(digest)", "looked", "told"


def digest(app: App, now: datetime) -> None:
    """Tell once of every slot that nobody has approved yet, before the time comes."""
    memory = app.store.memory(NAME)
    if not any(row.approval for row in app.config.schedules) or not _is_time(memory.get(LOOKED, ""), now):
        return
    app.store.remember(NAME, LOOKED, now.isoformat())
    waiting = [one for one in plan(app, now, (AHEAD + MORE) / timedelta(days=1)) if _waits(one)]
    told = set(memory.get(TOLD, "").splitlines())
    names = {_name(one) for one in waiting}
    if addresses(app).all and any(one.choice.slot.at <= now + AHEAD and _name(one) not in told for one in waiting):
        new = [one for one in waiting if _name(one) not in told]
        app.store.tell(Notice(kind=APPROVAL, words="\n\n".join(_row(app, one) for one in new), at=now))
        told |= names
    app.store.remember(NAME, TOLD, "\n".join(sorted(told & names)))


def _is_time(looked: str, now: datetime) -> bool:
    return not looked or not timedelta() <= now - datetime.fromisoformat(looked) < PAUSE


def _waits(planned: Planned) -> bool:
    return planned.state == "waiting" and planned.delivery is not None and planned.delivery.approval


def _name(planned: Planned) -> str:
    """The slot. Once approved it is forgotten, so that it is told again if an edit voids that."""
    assert planned.delivery is not None
    return slot_name(planned.delivery)


def _row(app: App, planned: Planned) -> str:
    """When, where, the words, and the one place to say yes."""
    assert planned.choice.variant is not None
    which = _name(planned)
    at_desk = f"Approve or skip it: {app.desk}entry/{quote(which)}"
    to_do = at_desk if app.desk else f"Approve it: handbill delivery approve {which}"
    head = f"{local(planned.choice.slot.at, app.config.zone)}, {planned.choice.slot.account}"
    return f"{head}\n{planned.choice.variant.text}\n{to_do}"
