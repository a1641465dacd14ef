"""Deliver: one tick of the engine. What is due is decided, committed as `sending`, and only then said."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.app import App
from bot.core.choice import Choice
from bot.core.delivery import Delivery, after_error, step
from bot.core.network import Publisher
from bot.core.problem import NetworkError, SignedOut, Uncertain
from bot.core.timetable import Slot, slots
from bot.store import FenceLost, Lease
from bot.work.plan import decide, newest, read_ledger, rows

# A call may take a minute; a lease lasts twice that.
LEASE = 120.0


class Doors:
    """The publishers of one tick, each opened once, and who each says it is."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._open: dict[str, Publisher] = {}

    def publisher(self, account: str) -> Publisher:
        """The open door to an account; raises a NetworkError."""
        if account not in self._open:
            self._open[account] = self._app.publisher(self._app.config.accounts[account])
        return self._open[account]

    def identity(self, account: str) -> str:
        """The account's lasting id, or its name in brackets while it cannot be opened."""
        try:
            return self.publisher(account).whoami()
        except NetworkError:
            return f"({account})"


def tick(app: App, now: datetime, *, granted: bool = False) -> list[Delivery]:
    """Do all that is due at `now`; the deliveries that changed, in order. `granted`: approvals count as given."""
    doors = Doors(app)
    note_due(app, doors, now)
    changed = [*settle(app, doors, now)]
    due = app.store.due(now)
    waiting: set[str] = set()
    current = {one.id for one in newest(due)}
    for delivery in due:
        if delivery.account in waiting or (lease := _lease(app, delivery)) is None:
            continue
        try:
            ended = _one(app, doors, delivery, lease, now, delivery.id in current, granted)
        except FenceLost:
            continue
        finally:
            app.store.release(lease)
        if ended.state == "planned":
            waiting.add(delivery.account)  # while one waits to be tried again, the account's later ones wait
        if ended != delivery:
            changed.append(ended)
    return changed


def note_due(app: App, doors: Doors, now: datetime) -> None:
    """Put every slot that has come due into the ledger; rows of the timetable never seen before begin now."""
    known, due = app.store.sightings(), []
    for name, schedule in rows(app):
        since = known[name].until if name in known else now
        due += slots([schedule], app.config.zone, since, now + timedelta(microseconds=1))
    app.store.add(_delivery(app, doors, slot) for slot in due)
    app.store.sight([name for name, _ in rows(app)], now)


def _delivery(app: App, doors: Doors, slot: Slot) -> Delivery:
    return Delivery(
        network=app.config.accounts[slot.account].network,
        identity=doors.identity(slot.account),
        campaign=slot.campaign,
        day=slot.day,
        clock=slot.clock,
        account=slot.account,
        at=slot.at,
        late=slot.late,
        state="waiting" if slot.approval else "planned",
        approval=slot.approval,
        tags=slot.tags,
    )


def _lease(app: App, delivery: Delivery) -> Lease | None:
    return app.store.lease(delivery.account, app.owner, LEASE)


def _one(
    app: App, doors: Doors, delivery: Delivery, lease: Lease, now: datetime, is_newest: bool, granted: bool
) -> Delivery:
    """Take one due delivery as far as it goes now."""
    if over := _over(app, delivery, now, is_newest):
        return _saved(app, over, lease)
    if delivery.not_before and now < delivery.not_before:
        return delivery
    planned = decide(app, _slot(delivery), read_ledger(app))
    if planned.state == "skipped":
        return _saved(app, step(delivery, "skipped", reason=planned.reason), lease)
    if planned.state == "waiting" and not granted:
        return _saved(app, replace(delivery, **_said(planned.choice), reason=planned.reason), lease)
    ready = step(delivery, "planned") if delivery.state == "waiting" else delivery
    return _say(app, doors, ready, planned.choice, lease, now)


def _over(app: App, delivery: Delivery, now: datetime, is_newest: bool) -> Delivery | None:
    """The delivery's end where it came too late, or its account is gone."""
    if delivery.account not in app.config.accounts:
        return step(delivery, "skipped", reason="the account is no longer in config.toml")
    if delivery.is_late(now):
        return step(delivery, "missed", reason=f"nobody was running until {now:%Y-%m-%d %H:%M} UTC, too late for it")
    if not is_newest:
        return step(delivery, "missed", reason="a newer post of this account came due while nobody was running")
    return None


def _slot(delivery: Delivery) -> Slot:
    return Slot(
        at=delivery.at, campaign=delivery.campaign, account=delivery.account, day=delivery.day, clock=delivery.clock,
        tags=delivery.tags, late=delivery.late, approval=delivery.approval,
    )  # fmt: skip


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


def _say(app: App, doors: Doors, delivery: Delivery, choice: Choice, lease: Lease, now: datetime) -> Delivery:
    """Prepare, commit, call."""
    assert choice.variant is not None
    sending = step(delivery, "sending", tries=delivery.tries + 1, reason="", not_before=None, **_said(choice))
    try:
        publisher = doors.publisher(delivery.account)
        payload = publisher.prepare(choice.variant, delivery.key)
    except NetworkError as error:
        return _saved(app, after_error(sending, error, now), lease)
    sending = _saved(app, replace(sending, payload=payload), lease)
    try:
        receipt = publisher.publish(payload, delivery.key)
    except NetworkError as error:
        return _saved(app, after_error(sending, error, now), lease)
    return _saved(app, step(sending, "sent", receipt=receipt), lease)


def settle(app: App, doors: Doors, now: datetime) -> Iterable[Delivery]:
    """Find out what became of deliveries whose worker died between `sending` and its end."""
    for delivery in app.store.deliveries(("sending",)):
        lease = _lease(app, delivery)
        if lease is None:
            continue
        try:
            yield _saved(app, _settled(app, doors, delivery, now), lease)
        except FenceLost:
            continue
        finally:
            app.store.release(lease)


def _settled(app: App, doors: Doors, delivery: Delivery, now: datetime) -> Delivery:
    try:
        receipt = doors.publisher(delivery.account).find(delivery.payload or {}, delivery.key)
    except KeyError:
        return after_error(delivery, Uncertain("the account is no longer in config.toml; look there yourself"), now)
    except SignedOut as error:
        return after_error(delivery, Uncertain(f"nobody can look whether it was posted: {error}"), now)
    if receipt:
        return step(delivery, "sent", receipt=receipt)
    if app.networks[delivery.network].finds_surely:
        return step(delivery, "planned", payload=None, reason="the run before ended in the middle of it")
    return after_error(delivery, Uncertain("it may have been posted; look at the account"), now)


def _saved(app: App, delivery: Delivery, lease: Lease) -> Delivery:
    app.store.save(delivery, lease)
    return delivery
