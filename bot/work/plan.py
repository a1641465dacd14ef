"""Plan: what will be said, where, when; the engine later does exactly that."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from bot.app import App
from bot.core.choice import Choice, Speaker, choose
from bot.core.delivery import Delivery
from bot.core.rotate import History
from bot.core.timetable import Schedule, Slot, slots

PAUSED = "paused"
# No slot may be said later than this (config allows `late` up to a week).
LATEST = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A slot with what will become of it: planned, waiting for approval, or skipped."""

    choice: Choice
    state: str
    reason: str = ""


@dataclass(slots=True)
class Ledger:
    """What the ledger knows that a plan depends on, as values."""

    history: History
    barred: set[tuple[str, str]]
    approvals: set[str]
    pauses: set[str]
    settled: set[tuple[str, str, str, str]]
    since: dict[str, datetime]


def plan(app: App, start: datetime, days: float) -> Iterator[Planned]:
    """Every slot from `start` for `days` times 24 hours, in order, with the exact words."""
    ledger = read_ledger(app)
    for slot in _coming(app, ledger, start, start + timedelta(days=days)):
        planned = decide(app, slot, ledger)
        if use := planned.choice.use():
            ledger.history.add(use)
        yield planned


def read_ledger(app: App) -> Ledger:
    """What was said and decided so far; empty where there is no ledger yet."""
    store = app.ledger
    paused = {""} if app.library.paused else set[str]()
    if store is None:
        return Ledger(History(), set(), set(), paused, set(), {})
    settled = {
        (one.account, one.campaign, one.day.isoformat(), one.clock)
        for one in store.deliveries()
        if one.state not in ("waiting", "planned")
    }
    since = {name: sighting.since for name, sighting in store.sightings().items()}
    return Ledger(History(store.uses()), store.barred(), store.approvals(), store.pauses() | paused, settled, since)


def decide(app: App, slot: Slot, ledger: Ledger) -> Planned:
    """What becomes of one slot, as the world stands."""
    speaker = app.speaker(slot.account)
    if why := standstill(app, slot.campaign, ledger.pauses):
        return Planned(choice=Choice(slot=slot, speaker=speaker, reason=why), state="skipped", reason=why)
    choice = chosen(app, slot, speaker, ledger)
    if choice.variant is None:
        return Planned(choice=choice, state="skipped", reason=choice.reason)
    if slot.approval and choice.words not in ledger.approvals:
        return Planned(choice=choice, state="waiting", reason="waits for a person's approval")
    return Planned(choice=choice, state="planned")


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


def row_name(schedule: Schedule, account: str, clock: str) -> str:
    """What names one row of the timetable from run to run."""
    return "\n".join((schedule.campaign, account, clock, ",".join(schedule.days)))


def rows(app: App) -> list[tuple[str, Schedule]]:
    """Each row of the timetable (one account, one time of day) with its name."""
    return [
        (row_name(schedule, account, f"{clock:%H:%M}"), Schedule(
            campaign=schedule.campaign, accounts=(account,), times=(clock,), days=schedule.days,
            tags=schedule.tags, late=schedule.late, approval=schedule.approval,
        ))
        for schedule in app.config.schedules
        for account in schedule.accounts
        for clock in schedule.times
    ]  # fmt: skip


def _coming(app: App, ledger: Ledger, start: datetime, end: datetime) -> list[Slot]:
    """The slots of the span that are not settled, and before them those overdue that still go out."""
    coming = [slot for slot in slots(app.config.schedules, app.config.zone, start, end) if not _settled(slot, ledger)]
    return newest(_overdue(app, ledger, start)) + coming


def _settled(slot: Slot, ledger: Ledger) -> bool:
    return (slot.account, slot.campaign, slot.day.isoformat(), slot.clock) in ledger.settled


def _overdue(app: App, ledger: Ledger, start: datetime) -> list[Slot]:
    """Slots of known rows before `start` that are still in time and not settled."""
    earlier = [
        slot
        for name, schedule in rows(app)
        if name in ledger.since
        for slot in slots([schedule], app.config.zone, max(ledger.since[name], start - LATEST), start)
    ]
    open_still = {
        (slot.account, slot.campaign, slot.day, slot.clock): slot
        for slot in earlier
        if start <= slot.at + slot.late and not _settled(slot, ledger)
    }
    return sorted(open_still.values(), key=lambda slot: (slot.at, slot.account, slot.campaign))


Overdue = TypeVar("Overdue", Slot, Delivery)


def newest(overdue: Sequence[Overdue]) -> list[Overdue]:
    """Of each account's overdue slots the latest: after an outage nothing floods out."""
    latest: dict[str, datetime] = {}
    for slot in overdue:
        latest[slot.account] = max(slot.at, latest.get(slot.account, slot.at))
    return [slot for slot in overdue if slot.at == latest[slot.account]]
