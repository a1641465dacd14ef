"""When accounts should speak: wall-clock times in a zone, made instants. The only place with local time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# Nothing may be said later than this after its time.
LATEST = timedelta(days=7)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """At which times, on which days (all if none), which accounts speak for a campaign."""

    campaign: str
    accounts: tuple[str, ...]
    times: tuple[time, ...]
    days: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    late: timedelta = timedelta(hours=6)
    approval: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A moment (UTC) when an account should speak; `day` and `clock` as the timetable writes it."""

    at: datetime
    campaign: str
    account: str
    day: date
    clock: str
    tags: tuple[str, ...] = ()
    late: timedelta = timedelta(hours=6)
    approval: bool = False


def slots(schedules: Iterable[Schedule], zone: ZoneInfo, start: datetime, end: datetime) -> list[Slot]:
    """Every slot from `start` (included) to `end` (excluded), in order; each wall-clock time once a day.

    A time that the clock leaps over comes as much later as it leaps; of a time that comes twice
    the first counts.
    """
    found: dict[tuple[str, str, date, str], Slot] = {}
    for schedule in schedules:
        for slot in _of(schedule, zone, start, end):
            found.setdefault((slot.account, slot.campaign, slot.day, slot.clock), slot)
    return sorted(found.values(), key=lambda slot: (slot.at, slot.account, slot.campaign, slot.day, slot.clock))


def _of(schedule: Schedule, zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[Slot]:
    for day in _days(start.astimezone(zone).date(), end.astimezone(zone).date()):
        if schedule.days and DAYS[day.weekday()] not in schedule.days:
            continue
        for clock in schedule.times:
            at = instant(day, clock, zone)
            if start <= at < end:
                for account in schedule.accounts:
                    yield Slot(
                        at=at, campaign=schedule.campaign, account=account, day=day, clock=f"{clock:%H:%M}",
                        tags=schedule.tags, late=schedule.late, approval=schedule.approval,
                    )  # fmt: skip


def _days(first: date, last: date) -> Iterator[date]:
    # A leap of the clock can carry a late evening into the next day, or midnight back into the day before.
    for number in range(-1, (last - first).days + 2):
        yield first + timedelta(days=number)


def instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The moment (UTC) when the clocks in `zone` first show `clock` on `day`."""
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """The day in `zone` at an instant."""
    return at.astimezone(zone).date()


def local(at: datetime, zone: ZoneInfo) -> str:
    """An instant as the clocks in `zone` show it: 2026-12-01T09:00-05:00."""
    return at.astimezone(zone).isoformat(timespec="minutes")
