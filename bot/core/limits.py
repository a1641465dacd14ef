"""How often and when an account may speak."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.core.timetable import local_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What bounds an account: `gap` between two posts, so many a local day, `budget` in US dollars a month.

    `quiet`: from when to when nobody speaks, by the clock of `zone`; it may go past midnight.
    """

    zone: ZoneInfo
    gap: timedelta = timedelta()
    per_day: int | None = None
    budget: float | None = None
    quiet: tuple[time, time] | None = None


def free(limits: Limits, now: datetime, spoke: Iterable[datetime]) -> datetime:
    """The first instant from `now` on at which an account may speak, which has spoken at `spoke`."""
    last = max((at for at in spoke if at <= now), default=None)
    at = max(now, last + limits.gap) if last else now
    return _after_quiet(limits, at)


def _after_quiet(limits: Limits, at: datetime) -> datetime:
    if limits.quiet is None:
        return at
    begin, end = limits.quiet
    clock = at.astimezone(limits.zone).time()
    is_quiet = begin <= clock < end if begin < end else clock >= begin or clock < end
    if not is_quiet:
        return at
    days = 1 if begin > end and clock >= begin else 0
    day = local_day(at, limits.zone) + timedelta(days=days)
    return max(at, datetime.combine(day, end, tzinfo=limits.zone).astimezone(at.tzinfo))


def used_up(limits: Limits, at: datetime, spoke: Iterable[datetime], spent: float, price: float) -> str:
    """Why an account may not speak at `at`, in words; "" if it may. `spent`: so far in that month."""
    day = local_day(at, limits.zone)
    if limits.per_day is not None and sum(local_day(then, limits.zone) == day for then in spoke) >= limits.per_day:
        return f"this account has had its {limits.per_day} posts of the day (`per_day` in config.toml)"
    if limits.budget is not None and price and spent + price > limits.budget + 1e-9:
        return (
            f"it would cost {price:.2f} USD, and of this month's {limits.budget:.2f} only "
            f"{max(0.0, limits.budget - spent):.2f} are left (`budget` in config.toml)"
        )
    return ""


def month(at: datetime, zone: ZoneInfo) -> str:
    """The month by which costs are counted: 2026-12."""
    return f"{at.astimezone(zone):%Y-%m}"
