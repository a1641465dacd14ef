"""Deliver: one tick of the engine. What is due is decided, committed as `sending`, and only then said."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from bot.app import App
from bot.core.choice import Choice
from bot.core.delivery import Delivery, after_error, step
from bot.core.network import Publisher
from bot.core.post import Receipt
from bot.core.problem import HandbillError, NetworkError, SignedOut, TryLater, Uncertain
from bot.store import FenceLost, Lease
from bot.work.plan import (
    MOMENT,
    REOPENED,
    decide,
    delivery_of,
    gone,
    paused_by_file,
    read_ledger,
    reopened,
    rows,
    slot_of,
    standstill,
    turn,
    unnoted,
)

# A call may take a minute; a lease lasts twice that.
LEASE = 120.0
# How long an account that must be connected again is left alone before the next try.
LEFT_ALONE = timedelta(minutes=15)

LOG = logging.getLogger(__name__)
Answer = TypeVar("Answer")

# One deed on one delivery, done by the holder of its account's lease.
Deed = Callable[[Delivery, Lease], Delivery]


class Doors:
    """The publishers of one tick, each opened once, and who each says it is."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._open: dict[str, Publisher] = {}
        self._ids: dict[str, str] = {}

    def publisher(self, account: str) -> Publisher:
        """The open door to an account; raises a NetworkError."""
        if account not in self._open:
            self._open[account] = self._app.publisher(self._app.config.accounts[account])
        return self._open[account]

    def identity(self, account: str) -> str:
        """The account's lasting id; its name in brackets where it must be connected first; raises TryLater."""
        if account not in self._ids:
            try:
                self._ids[account] = told(self.publisher(account).whoami, TryLater)
            except TryLater:
                raise
            except NetworkError:
                self._ids[account] = f"({account})"
        return self._ids[account]


def tick(app: App, now: datetime, *, granted: bool = False) -> list[Delivery]:
    """Do all that is due at `now`; the deliveries that changed, in order. `granted`: approvals count as given."""
    doors = Doors(app)
    note_due(app, doors, now)
    changed = settle(app, doors, now) + reopen(app, now)
    due = turn(_due(app, now), now)
    changed += _each(app, due.missed, lambda one, lease: _saved(app, _missed(app, one, now), lease))
    stuck = {one.account for one in due.wait if one.state == "planned"}
    stuck |= {one.account for one in app.store.deliveries(("sending",))}

    def say(delivery: Delivery, lease: Lease) -> Delivery:
        if delivery.account in stuck:
            return delivery
        ended = _one(app, doors, delivery, lease, now, granted)
        if ended.state in ("planned", "sending"):
            stuck.add(delivery.account)  # while one waits to be tried or looked for again, its later ones wait
        return ended

    changed += _each(app, due.speak, say)
    return sorted(changed, key=lambda one: (one.at, one.account, one.campaign))


def _due(app: App, now: datetime) -> list[Delivery]:
    """The open deliveries whose time has come; one whose account is gone waits for it as long as it may be late."""
    come = (one for one in app.store.deliveries(("waiting", "planned", "held")) if one.at <= now)
    return [one for one in come if one.is_late(now) or not gone(app, one)]


def _each(app: App, deliveries: list[Delivery], deed: Deed) -> list[Delivery]:
    """Do a deed on each delivery with its account leased; those that changed.

    Where another run is at work on an account, the account is left to it until the next tick.
    """
    changed = []
    theirs: set[str] = set()
    for delivery in deliveries:
        if delivery.account in theirs:
            continue
        ended = _with_lease(app, delivery, deed)
        if ended is None:
            theirs.add(delivery.account)
        elif ended != delivery:
            changed.append(ended)
    return changed


def _with_lease(app: App, delivery: Delivery, deed: Deed) -> Delivery | None:
    with app.store.leased(delivery.account, app.owner, LEASE) as lease:
        # Another run may have dealt with it between our look and our lease.
        if lease is None or app.store.delivery(delivery.id) != delivery:
            return None
        try:
            return deed(delivery, lease)
        except FenceLost:
            return None


def note_due(app: App, doors: Doors, now: datetime) -> None:
    """Put every slot that has come due into the ledger; rows of the timetable never seen before begin now.

    Those of an account that cannot be asked for its lasting id just now are left for a later tick.
    """
    seen = app.store.sightings()
    ids: dict[str, str] = {}
    away: set[str] = set()
    due = unnoted(app, app.store, now, now + MOMENT)
    for account in sorted({slot.account for slot in due}):
        try:
            ids[account] = doors.identity(account)
        except TryLater:
            away.add(account)
    new = [delivery_of(app, slot, ids[slot.account]) for slot in due if slot.account in ids]
    theirs = {name for name, schedule in rows(app) if away.intersection(schedule.accounts)}
    app.store.note(new, {name for name, _ in rows(app)} - theirs, seen, now)
    app.store.note([], theirs - set(seen), {}, now - 2 * MOMENT)


def reopen(app: App, now: datetime) -> list[Delivery]:
    """Let each delivery that ended too soon have its turn again."""

    def again(delivery: Delivery, lease: Lease) -> Delivery:
        changed = reopened(app, delivery, now)
        return _saved(app, changed, lease) if changed else delivery

    return _each(app, [one for one in app.store.deliveries(REOPENED) if reopened(app, one, now)], again)


def _missed(app: App, delivery: Delivery, now: datetime) -> Delivery:
    """The end of a delivery that is over before it was said."""
    if why := gone(app, delivery):
        return step(delivery, "missed", reason=why)
    if delivery.is_late(now):
        return step(delivery, "missed", reason=_why_late(delivery))
    if delivery.state == "waiting" and delivery.variant:
        return step(delivery, "missed", reason=f"{_unheard(delivery)} before this account's next time came")
    if delivery.state == "held":
        return step(delivery, "missed", reason=f"this account's next time has come; before: {delivery.reason}")
    return step(delivery, "missed", reason="nobody was running at its time; a newer one of this account goes out")


def _unheard(delivery: Delivery) -> str:
    """Which word of a person a waiting delivery never got."""
    if delivery.approval and "account start" not in delivery.reason:
        return "nobody approved it"
    return f"nobody let this account begin (handbill account start {delivery.account})"


def _why_late(delivery: Delivery) -> str:
    if delivery.state == "waiting" and delivery.variant:
        return f"{_unheard(delivery)} in time"
    if delivery.reason and delivery.state != "waiting":
        return f"it could not be said in time: {delivery.reason}"
    return "nobody was running at its time, and now it is too late for it (`late` in config.toml)"


def _skipped(delivery: Delivery, why: str) -> Delivery:
    if delivery.state == "held":
        delivery = step(delivery, "planned")
    return step(delivery, "skipped", reason=why)


def _one(app: App, doors: Doors, delivery: Delivery, lease: Lease, now: datetime, granted: bool) -> Delivery:
    """Take one delivery whose turn has come as far as it goes now."""
    said = app.store.said_on(delivery.network)
    planned = decide(app, slot_of(delivery), read_ledger(app, app.store))
    if planned.state == "skipped":
        return _saved(app, _skipped(delivery, planned.reason), lease)
    if planned.state == "waiting" and not granted:
        # Also where words once approved have changed since: the edit voids the approval.
        asking = replace(delivery, state="waiting", not_before=None, **_said(planned.choice), reason=planned.reason)
        return delivery if asking == delivery else _saved(app, asking, lease)
    ready = delivery if delivery.state == "planned" else step(delivery, "planned")
    sending = step(ready, "sending", tries=delivery.tries + 1, reason="", not_before=None, **_said(planned.choice))
    return _say(app, doors, sending, lease, said, now) or delivery


def _said(choice: Choice) -> dict[str, Any]:
    """What a delivery keeps of a choice."""
    use = choice.use()
    if use is None or choice.post is None:
        return {}
    return {
        "post": choice.post.name,
        "digest": choice.post.digest,
        "wording": choice.wording,
        "variant": choice.variant,
        "share": choice.share,
        "sameness": use.sameness,
    }


def _say(app: App, doors: Doors, sending: Delivery, lease: Lease, said: int, now: datetime) -> Delivery | None:
    """Prepare, commit, call. None, with nothing said, if the choice no longer stands when all is prepared."""
    assert sending.variant is not None
    try:
        publisher = doors.publisher(sending.account)
        if stranger(doors, sending):
            raise SignedOut(f"the keys of this account belong to another one now. {AGAIN} {sending.account}")
        payload = told(partial(publisher.prepare, sending.variant, sending.key, sending.at), TryLater)
    except NetworkError as error:
        return _saved(app, _failed(sending, error, now), lease)
    sending = replace(sending, payload=payload)
    if not app.store.begin(sending, lease, said, LEASE):
        return None
    try:
        receipt = told(partial(publisher.publish, payload, sending.key), Uncertain)
    except Uncertain as lost:
        return _saved(app, _looked_for(app, doors, publisher, sending, lost, now), lease)
    except NetworkError as error:
        return _saved(app, _failed(sending, error, now), lease)
    return _saved(app, step(sending, "sent", receipt=receipt), lease)


AGAIN = "Connect the right one: handbill account connect"


def stranger(doors: Doors, delivery: Delivery) -> bool:
    """Whether the account is somebody else's than when the delivery's key was made."""
    return not delivery.identity.startswith("(") and doors.identity(delivery.account) != delivery.identity


def told(ask: Callable[[], Answer], otherwise: type[TryLater | Uncertain]) -> Answer:
    """What a network answers; an answer that its module cannot read is `otherwise`, and stops nobody else."""
    try:
        return ask()
    except HandbillError:
        raise
    except Exception as defect:
        LOG.exception("an answer that could not be read")
        raise otherwise(f"its answer could not be understood ({type(defect).__name__})") from defect


def _looked_for(
    app: App, doors: Doors, publisher: Publisher, sending: Delivery, lost: Uncertain, now: datetime
) -> Delivery:
    """What became of a call whose answer was lost; where nobody can be asked now, the next tick asks again."""
    try:
        receipt = _found(app, doors, sending, now)
    except TryLater:
        return replace(sending, reason=str(lost))
    except NetworkError:
        receipt = None
    if receipt:
        return step(sending, "sent", receipt=receipt)
    if publisher.find and not app.networks[sending.network].finds_surely:
        return replace(sending, reason=str(lost))  # what was just posted may not be shown yet
    return after_error(sending, lost, now)


def _failed(sending: Delivery, error: NetworkError, now: datetime) -> Delivery:
    ended = after_error(sending, error, now)
    return replace(ended, not_before=now + LEFT_ALONE) if ended.state == "held" else ended


def settle(app: App, doors: Doors, now: datetime) -> list[Delivery]:
    """Find out what became of deliveries whose worker died between `sending` and its end."""

    def find_out(delivery: Delivery, lease: Lease) -> Delivery:
        ended = _settled(app, doors, delivery, now)
        return delivery if ended == delivery else _saved(app, ended, lease)

    return _each(app, app.store.deliveries(("sending",)), find_out)


def _settled(app: App, doors: Doors, delivery: Delivery, now: datetime) -> Delivery:
    if why := gone(app, delivery):
        lost = after_error(delivery, Uncertain(f"{why}; look there yourself"), now)
        return lost if delivery.is_late(now) else delivery
    try:
        receipt = _found(app, doors, delivery, now)
    except NetworkError as error:
        if isinstance(error, TryLater) and not delivery.is_late(now):
            return delivery  # we look again at the next tick
        return after_error(delivery, Uncertain(f"nobody can look whether it was posted: {error}"), now)
    if receipt:
        return step(delivery, "sent", receipt=receipt, reason="")
    if app.networks[delivery.network].finds_surely:
        return step(delivery, "planned", reason="the run before ended in the middle of it")
    return after_error(delivery, Uncertain("it may have been posted; look at the account"), now)


def _found(app: App, doors: Doors, delivery: Delivery, now: datetime) -> Receipt | None:
    """The receipt of a call that broke off: looked for, or else asked for once more where that is harmless."""
    payload, publisher = delivery.payload or {}, doors.publisher(delivery.account)
    if stranger(doors, delivery):
        return None
    if publisher.find and (receipt := told(partial(publisher.find, payload, delivery.key), Uncertain)):
        return receipt
    network = app.networks[delivery.network]
    if network.finds_surely or delivery.is_late(now) or not publisher.repeat:
        return None
    if network.repeat_within is not None and now > delivery.at + network.repeat_within:
        return None
    if why := standstill(app, delivery.campaign, app.store.pauses() | paused_by_file(app)):
        raise TryLater(why)
    return told(partial(publisher.repeat, payload, delivery.key), Uncertain)


def _saved(app: App, delivery: Delivery, lease: Lease) -> Delivery:
    app.store.save(delivery, lease)
    return delivery
