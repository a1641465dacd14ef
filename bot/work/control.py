"""Control: what a person says of a slot before it is said: skip it, move it, say it now, approve its words."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.app import App
from bot.core.delivery import OPEN, STEPS, Delivery, step
from bot.core.problem import AskedWrongly, HandbillError, TryLater
from bot.core.timetable import local
from bot.work import settle
from bot.work.doors import Doors
from bot.work.plan import (
    BY_PERSON,
    FAR,
    ZONES,
    Planned,
    changed,
    delivery_of,
    gone,
    moved_from,
    plan,
    slot_key,
    unnoted,
)

# A slot of the timetable can be named so long beforehand.
AHEAD = timedelta(days=92)
SLOT = re.compile(r"(?P<account>[^/]+)/(?P<day>\d{4}-\d\d-\d\d)/(?P<clock>\d\d:\d\d)(?:/(?P<campaign>[^/]+))?")
NAMES = "the number that `handbill delivery list` shows, or a time of the timetable: ACCOUNT/DAY/HH:MM"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person wants: a delivery as it is, and as it shall be; `planned`: what the plan makes of it then.

    A delivery without an id stands for a slot that the ledger does not hold yet.
    """

    before: Delivery
    after: Delivery
    planned: Planned | None


def skip(app: App, which: str) -> Wish:
    """Let a slot be passed over, with nothing said."""
    one = named(app, which)
    if one.state not in OPEN:
        raise AskedWrongly(_refusal(app, one))
    after = replace(one, state="skipped", reason=BY_PERSON, not_before=None, payload=None)
    return Wish(before=one, after=after, planned=_planned(app, one, app.clock()))


def take_back(app: App, which: str) -> Wish:
    """Let a slot that a person had skipped have its turn after all, while it is in time."""
    one = named(app, which)
    if one.state != "skipped" or one.reason != BY_PERSON:
        raise AskedWrongly(f"{_shown(app, one)} is {one.state}: nobody has skipped it by hand")
    if one.is_late(app.clock()):
        raise AskedWrongly(f"{_shown(app, one)} can no longer be said in time. Nothing was changed")
    after = step(one, "planned", reason="")
    if one.approval:
        after = step(after, "waiting")
    return Wish(before=one, after=after, planned=_planned(app, after, app.clock()))


def move(app: App, which: str, at: datetime) -> Wish:
    """Let a slot have its turn at another instant; its key stays."""
    one, now = named(app, which), app.clock()
    if one.state not in (*OPEN, "missed"):
        raise AskedWrongly(_refusal(app, one))
    if at < now:
        raise AskedWrongly(f"That time is past. To say it at once: handbill delivery now {which}")
    if abs(at - _timetabled(app, one)) > FAR:
        raise AskedWrongly(f"A slot can be moved by at most {FAR.days} days. Move it less far, or skip it")
    after = replace(_open(one), at=at)
    return Wish(before=one, after=after, planned=_planned(app, after, now))


def say_now(app: App, which: str) -> Wish:
    """Let a slot have its turn at the engine's next look; HandbillError where nothing would be said then."""
    one, now = named(app, which), app.clock()
    if one.state == "refused" and not changed(app, one):
        raise AskedWrongly(
            f"{_shown(app, one)} was refused: {one.reason}. Change {one.campaign}/{one.post} first; "
            "while it is in time it then has its turn by itself"
        )
    if one.state not in (*OPEN, "missed", "refused"):
        raise AskedWrongly(_refusal(app, one))
    if _timetabled(app, one) - now > FAR:
        raise AskedWrongly(f"Its time is more than {FAR.days} days ahead. Come back to it later")
    # What has such a time goes first.
    after = replace(_open(one), at=now, not_before=now, tries=0, reason="")
    planned = _planned(app, after, now)
    if planned is None or planned.state == "skipped":
        raise HandbillError(f"Nothing would be said now: {planned.reason if planned else 'it has no turn'}")
    return Wish(before=one, after=after, planned=planned)


def approve(app: App, which: str) -> Wish:
    """What a person approves: the exact words that the plan has for a slot."""
    one = named(app, which)
    if not one.approval or one.state not in OPEN:
        raise AskedWrongly(_refusal(app, one))
    planned = _planned(app, one, app.clock())
    if planned is None or planned.choice.variant is None:
        raise HandbillError(f"There are no words to approve: {planned.reason if planned else 'it has no turn'}")
    return Wish(before=one, after=one, planned=planned)


def approved(app: App, wish: Wish) -> None:
    """Keep that a person has approved the words of a wish: these and no others."""
    assert wish.planned is not None
    app.store.approve(wish.planned.choice.words, app.clock())


def disapproved(app: App, wish: Wish) -> None:
    """Take an approval of the words of a wish back; they wait again."""
    assert wish.planned is not None
    app.store.disapprove(wish.planned.choice.words)


def do(app: App, wish: Wish) -> Delivery:
    """Write what a person wants; HandbillError if it has become something else since it was shown."""
    with settle.leased(app, wish.before.account) as lease:
        one = _noted(app, wish.before)
        if replace(one, id=None, identity="") != replace(wish.before, id=None, identity=""):
            raise HandbillError(f"{_shown(app, one)} has changed meanwhile: it is {one.state}. Look at it again.")
        after = replace(wish.after, id=one.id, identity=one.identity)
        if after.state != one.state and after.state not in STEPS[one.state]:
            one = step(one, "planned")
            app.store.save(one, lease)
        app.store.save(after, lease)
        return after


def slot_name(one: Delivery) -> str:
    """What names a slot for good, whether the ledger holds it or not: ACCOUNT/DAY/HH:MM/CAMPAIGN."""
    return f"{one.account}/{one.day}/{one.clock}/{one.campaign}"


def named(app: App, which: str) -> Delivery:
    """The delivery, or the slot to come, that a person names; raises AskedWrongly."""
    if which.isdecimal():
        return settle.delivery(app, int(which))
    found = SLOT.fullmatch(which)
    if found is None:
        raise AskedWrongly(f'"{which}" names no delivery. Write {NAMES}')
    some = [one for one in _all(app, _midnight(found["day"])) if _is(one, found.groupdict())]
    if not some:
        raise AskedWrongly(f"The timetable has no {which} to come, and the ledger holds none. See: handbill plan")
    if len(some) > 1:
        ways = ", ".join(f"{which}/{one.campaign}" for one in some)
        raise AskedWrongly(f"More than one campaign has this time. Say which: {ways}")
    return some[0]


def _midnight(day: str) -> datetime:
    try:
        return datetime.fromisoformat(day).replace(tzinfo=UTC)
    except ValueError as error:
        raise AskedWrongly(f'"{day}" is no day. Write it like 2026-12-01') from error


def _all(app: App, day: datetime) -> Iterable[Delivery]:
    """What the ledger holds of a day, and what the timetable still has for it."""
    store, now = app.ledger, app.clock()
    if day - now > AHEAD:
        raise AskedWrongly(f"That day is more than {AHEAD.days} days ahead. Come back to it later")
    noted = store.deliveries(since=day - ZONES - FAR) if store else []
    return [*noted, *(delivery_of(app, slot) for slot in unnoted(app, store, now, day + ZONES))]


def _is(one: Delivery, told: dict[str, str | None]) -> bool:
    name = (one.account, one.day.isoformat(), one.clock)
    is_campaign = told["campaign"] in (None, one.campaign)
    return is_campaign and name == (told["account"], told["day"], told["clock"])


def _planned(app: App, one: Delivery, now: datetime) -> Planned | None:
    """What the plan makes of a delivery as it is here; None where it has no turn."""
    if one.state not in OPEN or gone(app, one):
        return None
    span = max(one.at, now) + one.late + timedelta(minutes=1) - now
    coming = plan(app, now, span / timedelta(days=1), [one])
    mine = (planned for planned in coming if planned.delivery and slot_key(planned.delivery) == slot_key(one))
    return next(mine, None)


def _open(one: Delivery) -> Delivery:
    """A delivery that has its turn before it, whatever it was."""
    return one if one.state in ("waiting", "planned") else step(one, "planned", reason="", tries=0)


def _timetabled(app: App, one: Delivery) -> datetime:
    """When the timetable has it; raises HandbillError where its account cannot speak any more."""
    if why := gone(app, one):
        raise HandbillError(f"{why}.")
    return moved_from(one, app.config.zone) or one.at


def _noted(app: App, one: Delivery) -> Delivery:
    """A delivery as it stands in the ledger now, written there first if it is not; raises HandbillError."""
    if one.id is not None:
        return app.store.delivery(one.id) or one
    look = app.store.looks().get(one.account)
    try:
        identity = (look.identity if look else "") or Doors(app).identity(one.account)
    except TryLater as error:
        raise HandbillError(f'"{one.account}" cannot be asked who it is just now: {error}. Try again later') from error
    return app.store.add(replace(one, identity=identity))


def _shown(app: App, one: Delivery) -> str:
    if one.id is not None:
        return f"Delivery {one.id}"
    return f"{one.account}/{one.day}/{one.clock} ({local(one.at, app.config.zone)})"


def _refusal(app: App, one: Delivery) -> str:
    """Why nothing can be done about a delivery any more, and what can."""
    why = _REMEDIES.get(one.state, "nobody has to approve it (`approval` in config.toml)").format(one.id)
    return f"{_shown(app, one)} is {one.state}: {why}"


_REMEDIES = {
    "sending": "it is going out at this moment",
    "sent": "to take it back: handbill delivery withdraw {}",
    "uncertain": "say what became of it first: handbill delivery settle {}",
    "refused": "nothing of it is said unless the post is changed",
    "missed": "nothing of it is said unless you say: handbill delivery now {}",
    "skipped": "nothing of it is said",
}
