"""Plan: what will be said, where, when; the engine later does exactly that."""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.app import App
from bot.core.choice import Choice, Speaker, choose
from bot.core.delivery import Delivery, step
from bot.core.rotate import History
from bot.core.timetable import Schedule, Slot, slots

if TYPE_CHECKING:
    from bot.store import Store

PAUSED = "paused"
# Ends that may turn out to have come too soon.
REOPENED = ("refused", "missed")
MOMENT = timedelta(microseconds=1)
# A changed time zone moves a slot by no more than this.
ZONES = timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A slot with what will become of it: planned, waiting for approval, or skipped."""

    choice: Choice
    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What the ledger knows that a choice depends on, as values; only `history` grows as a plan goes on."""

    history: History
    barred: Collection[tuple[str, str, str]] = ()
    approvals: Collection[str] = ()
    starts: Collection[str] = ()
    pauses: Collection[str] = ()


def plan(app: App, start: datetime, days: float) -> Iterator[Planned]:
    """Every slot from `start` for `days` times 24 hours, in order, with the exact words.

    Before them those of the ledger that are still open. Goes through the same instants as the
    engine would, and lets the same `turn` decide who speaks.
    """
    ledger, end = read_ledger(app, app.ledger), start + timedelta(days=days)
    coming = ahead(app, app.ledger, start, end)
    still: list[Delivery] = []
    queue = deque(coming)
    for now in instants(coming, start, end):
        while queue and queue[0].at <= now:
            still.append(queue.popleft())
        speaking = turn(still, now)
        still = speaking.wait
        for delivery in speaking.speak:
            planned = decide(app, slot_of(delivery), ledger)
            if use := planned.choice.use():
                ledger.history.add(use)
            yield planned


def read_ledger(app: App, store: "Store | None") -> Ledger:
    """What was said and decided so far; empty where there is no ledger yet."""
    if store is None:
        return Ledger(history=History(), pauses=paused_by_file(app))
    return Ledger(
        history=History(store.uses()),
        barred=store.barred(),
        approvals=store.approvals(),
        starts=store.starts(),
        pauses=store.pauses() | paused_by_file(app),
    )


def paused_by_file(app: App) -> set[str]:
    """What a file named PAUSE pauses: everything."""
    return {""} if app.library.paused else set()


def decide(app: App, slot: Slot, ledger: Ledger) -> Planned:
    """What becomes of one slot, as the world stands."""
    speaker = app.speaker(slot.account)
    if why := standstill(app, slot.campaign, ledger.pauses):
        return Planned(choice=Choice(slot=slot, speaker=speaker, reason=why), state="skipped", reason=why)
    choice = chosen(app, slot, speaker, ledger)
    if choice.variant is None:
        return Planned(choice=choice, state="skipped", reason=choice.reason)
    if why := _waits(app, slot, choice, ledger):
        return Planned(choice=choice, state="waiting", reason=why)
    return Planned(choice=choice, state="planned")


def _waits(app: App, slot: Slot, choice: Choice, ledger: Ledger) -> str:
    """What a person must do before this is said, in words; "" if nothing."""
    account = app.config.accounts[slot.account]
    if not (account.by_hand or choice.speaker.network.practice or slot.account in ledger.starts):
        return f"nobody has let this account begin; if its week is right: handbill account start {slot.account}"
    if slot.approval and choice.words not in ledger.approvals:
        return "a person must approve it"
    return ""


def chosen(app: App, slot: Slot, speaker: Speaker, ledger: Ledger) -> Choice:
    """The choice for a slot from the library as it stands."""
    campaign = app.library.campaigns[slot.campaign]
    return choose(slot, speaker, campaign, app.library.posts[slot.campaign], ledger.history, ledger.barred)


def standstill(app: App, campaign: str, pauses: Iterable[str]) -> str:
    """Why nothing of a campaign is said at all, in words; "" if nothing stands against it."""
    if {"", campaign} & set(pauses):
        return PAUSED
    if campaign not in app.library.campaigns:
        return f'the library has no whole campaign "{campaign}"'
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Of the open deliveries at one instant: those that speak, those that wait on, those whose time is over."""

    speak: list[Delivery]
    wait: list[Delivery]
    missed: list[Delivery]


def turn(due: Iterable[Delivery], now: datetime) -> Turn:
    """Decide which of the deliveries that have come due speak now.

    What came too late is missed. While one is to be tried again, its account's later ones wait.
    Of the rest only each account's newest speaks: after an outage nothing floods out.
    """
    found = Turn(speak=[], wait=[], missed=[])
    in_order = in_time(due)
    newest = _newest(one for one in in_order if not one.is_late(now) and not _retries(one))
    stuck: set[str] = set()
    for one in in_order:
        if one.is_late(now):
            found.missed.append(one)
        elif one.account in stuck:
            found.wait.append(one)
        elif not _retries(one) and one.at < newest[one.account]:
            found.missed.append(one)
        elif one.not_before and now < one.not_before:
            found.wait.append(one)
            stuck |= {one.account} if _retries(one) else set()
        else:
            found.speak.append(one)
    return found


def _retries(delivery: Delivery) -> bool:
    return delivery.state == "planned" and delivery.not_before is not None


def _newest(deliveries: Iterable[Delivery]) -> dict[str, datetime]:
    latest: dict[str, datetime] = {}
    for one in deliveries:
        latest[one.account] = max(one.at, latest.get(one.account, one.at))
    return latest


def ahead(app: App, store: "Store | None", start: datetime, end: datetime) -> list[Delivery]:
    """The deliveries whose turn may come before `end`, in order: those still open, and those not noted yet."""
    new = [delivery_of(app, slot) for slot in unnoted(app, store, start, end)]
    return in_time([*_unfinished(app, store, start), *new])


def instants(coming: Iterable[Delivery], start: datetime, end: datetime) -> list[datetime]:
    """The instants from `start` to `end` (excluded) at which something can happen."""
    moments = {moment for one in coming for moment in (one.at, one.not_before) if moment}
    return sorted({start, *(moment for moment in moments if start < moment < end)})


def _unfinished(app: App, store: "Store | None", now: datetime) -> list[Delivery]:
    """The ledger's deliveries that are still open, of accounts that can still speak."""
    if store is None:
        return []
    open_still = store.deliveries(("waiting", "planned", "held"))
    open_still += [again for one in store.deliveries(REOPENED) if (again := reopened(app, one, now))]
    return [one for one in open_still if not gone(app, one)]


def reopened(app: App, ended: Delivery, now: datetime) -> Delivery | None:
    """A delivery that ended too soon, ready to be decided anew.

    That is a refused one whose post has changed in time, or one that was missed before its time
    has come, by a clock that was ahead.
    """
    again = step(ended, "planned", payload=None, not_before=None, reason="")
    if ended.state == "missed":
        return again if now < ended.at else None
    posts = app.library.posts.get(ended.campaign, ())
    changed = any(post.name == ended.post and post.digest != ended.digest for post in posts)
    return again if changed and not ended.is_late(now) else None


def in_time(deliveries: Iterable[Delivery]) -> list[Delivery]:
    """The deliveries in the order of their turns."""
    return sorted(deliveries, key=lambda one: (one.at, one.account, one.campaign))


def gone(app: App, delivery: Delivery) -> str:
    """Why a delivery's account cannot speak any more, in words; "" if it can."""
    account = app.config.accounts.get(delivery.account)
    if account is None:
        return f'the account "{delivery.account}" is no longer in config.toml'
    if account.network != delivery.network:
        return f'the account "{delivery.account}" stands for another network now'
    return ""


def delivery_of(app: App, slot: Slot, identity: str = "") -> Delivery:
    """A new delivery for a slot."""
    return Delivery(
        network=app.config.accounts[slot.account].network,
        identity=identity,
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


def slot_of(delivery: Delivery) -> Slot:
    """The slot whose fate a delivery is."""
    return Slot(
        at=delivery.at, campaign=delivery.campaign, account=delivery.account, day=delivery.day, clock=delivery.clock,
        tags=delivery.tags, late=delivery.late, approval=delivery.approval,
    )  # fmt: skip


def unnoted(app: App, store: "Store | None", start: datetime, end: datetime) -> list[Slot]:
    """The slots before `end` that the ledger does not hold yet, in order.

    A row of the timetable that was never seen begins at `start`; the others go on where they
    were left, be that before `start` or after it.
    """
    known: Mapping[str, datetime] = store.sightings() if store else {}
    found: dict[tuple[object, ...], Slot] = {}
    for name, schedule in rows(app):
        since = known[name] + MOMENT if name in known else start
        for slot in slots([schedule], app.config.zone, since, end):
            found.setdefault((slot.account, slot.campaign, slot.day, slot.clock), slot)
    if store and found:
        noted = store.noted(min(slot.at for slot in found.values()) - ZONES)
        found = {key: slot for key, slot in found.items() if key not in noted}
    return sorted(found.values(), key=lambda slot: (slot.at, slot.account, slot.campaign))


def rows(app: App) -> Sequence[tuple[str, Schedule]]:
    """Each row of the timetable (one account, one time of day) with the name it keeps from run to run."""
    return [
        (
            "\n".join((schedule.campaign, account, f"{clock:%H:%M}", ",".join(schedule.days))),
            replace(schedule, accounts=(account,), times=(clock,)),
        )
        for schedule in app.config.schedules
        for account in schedule.accounts
        for clock in schedule.times
    ]
