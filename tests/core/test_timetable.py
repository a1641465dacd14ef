"""Wall-clock times in a zone, made instants."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.timetable import DAYS, Schedule, Slot, instant, local, local_day, slots

NEW_YORK = ZoneInfo("America/New_York")
# Half an hour, a lost day, clocks that leap at midnight, back across it, by two hours, or never.
ZONES = [
    "America/New_York", "America/St_Johns", "America/Sao_Paulo", "Africa/Cairo", "Africa/Casablanca",
    "Antarctica/Troll", "Asia/Kathmandu", "Australia/Lord_Howe", "Europe/Dublin", "Pacific/Apia", "UTC",
]  # fmt: skip
zones = st.sampled_from(ZONES).map(ZoneInfo)
moments = st.datetimes(datetime(2008, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
clocks = st.lists(st.times().map(lambda clock: clock.replace(second=0, microsecond=0)), min_size=1, max_size=4)


def schedule(*times: str, days: tuple[str, ...] = (), accounts: tuple[str, ...] = ("town",)) -> Schedule:
    return Schedule(campaign="air", accounts=accounts, times=tuple(map(time.fromisoformat, times)), days=days)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "when", "expected"),
    [
        pytest.param("America/New_York", "2026-01-05 09:00", "2026-01-05 14:00", id="winter"),
        pytest.param("America/New_York", "2026-07-06 09:00", "2026-07-06 13:00", id="summer"),
        pytest.param("America/New_York", "2026-03-08 02:30", "2026-03-08 07:30", id="a time leapt over comes later"),
        pytest.param("America/New_York", "2026-11-01 01:30", "2026-11-01 05:30", id="of a time twice the first"),
        pytest.param("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03 15:45", id="a leap of half an hour"),
        pytest.param("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04 14:45", id="half an hour twice"),
        pytest.param("America/Sao_Paulo", "2018-11-04 00:30", "2018-11-04 03:30", id="no midnight in São Paulo"),
        pytest.param("Africa/Cairo", "2026-04-24 00:15", "2026-04-23 22:15", id="no midnight in Cairo"),
        pytest.param("Africa/Cairo", "2026-10-29 23:30", "2026-10-29 20:30", id="an hour before midnight twice"),
        pytest.param("Pacific/Apia", "2011-12-30 09:00", "2011-12-30 19:00", id="a day that Samoa never had"),
    ],
)
def test_a_wall_clock_time_is_this_instant(zone: str, when: str, expected: str) -> None:
    wall = datetime.fromisoformat(when)
    assert instant(wall.date(), wall.time(), ZoneInfo(zone)) == at(expected)


@given(zone=zones, start=moments, times=clocks)
def test_each_time_comes_once_a_day_in_every_zone(zone: ZoneInfo, start: datetime, times: list[time]) -> None:
    plan = Schedule(campaign="air", accounts=("town",), times=tuple(times))
    found = slots([plan], zone, start - timedelta(days=3), start + timedelta(days=12))
    counts = Counter((slot.day, slot.clock) for slot in found)
    first = local_day(start, zone)
    days = [first + timedelta(days=number) for number in range(10)]
    assert set(counts.values()) == {1}
    assert {(day, f"{clock:%H:%M}") for day in days for clock in times} <= set(counts)


@given(zone=zones, start=moments, hours=st.lists(st.integers(0, 240), min_size=3, max_size=3).map(sorted), times=clocks)
def test_a_span_in_two_parts_has_the_same_slots(
    zone: ZoneInfo, start: datetime, hours: list[int], times: list[time]
) -> None:
    plan = [Schedule(campaign="air", accounts=("town", "city"), times=tuple(times))]
    begin, middle, end = (start + timedelta(hours=number) for number in hours)
    assert slots(plan, zone, begin, middle) + slots(plan, zone, middle, end) == slots(plan, zone, begin, end)


def test_midnight_counts_though_the_clock_falls_back_across_it() -> None:
    # Newfoundland once set its clocks back at one minute past midnight.
    zone, end = ZoneInfo("America/St_Johns"), at("2010-11-07 02:45")
    (slot,) = slots([schedule("00:00")], zone, at("2010-11-07 02:00"), end)
    assert (slot.at, slot.day) == (at("2010-11-07 02:30"), date(2010, 11, 7))
    assert local_day(end, zone) == date(2010, 11, 6)


def test_the_start_is_included_and_the_end_is_not() -> None:
    nine = at("2026-12-01 14:00")
    assert [slot.at for slot in slots([schedule("09:00")], NEW_YORK, nine, nine + timedelta(days=1))] == [nine]
    assert slots([schedule("09:00")], NEW_YORK, nine - timedelta(days=1, seconds=-1), nine) == []


def test_only_the_days_named_have_slots() -> None:
    found = slots([schedule("09:00", days=("sat", "mon"))], NEW_YORK, at("2026-11-01 12:00"), at("2026-11-15 12:00"))
    assert [DAYS[slot.day.weekday()] for slot in found] == ["mon", "sat", "mon", "sat"]


def test_slots_come_in_order_of_instant_then_account() -> None:
    plan = [schedule("17:30", "09:00", accounts=("b", "a"))]
    found = slots(plan, NEW_YORK, at("2026-12-01 00:00"), at("2026-12-02 00:00"))
    assert [(slot.clock, slot.account) for slot in found] == [
        ("09:00", "a"), ("09:00", "b"), ("17:30", "a"), ("17:30", "b"),
    ]  # fmt: skip


def test_a_time_that_stands_in_two_schedules_is_one_slot() -> None:
    twice = [schedule("09:00"), schedule("09:00", "09:00")]
    assert len(slots(twice, NEW_YORK, at("2026-12-01 00:00"), at("2026-12-02 00:00"))) == 1


def test_a_slot_carries_what_its_schedule_says() -> None:
    plan = Schedule(
        campaign="air", accounts=("town",), times=(time(9),), tags=("facts",), late=timedelta(hours=1), approval=True
    )
    assert slots([plan], NEW_YORK, at("2026-12-01 00:00"), at("2026-12-02 00:00")) == [
        Slot(
            at=at("2026-12-01 14:00"), campaign="air", account="town", day=date(2026, 12, 1), clock="09:00",
            tags=("facts",), late=timedelta(hours=1), approval=True,
        )
    ]  # fmt: skip


def test_an_instant_is_shown_as_the_clocks_there_show_it() -> None:
    assert local(at("2026-12-01 14:00"), NEW_YORK) == "2026-12-01T09:00-05:00"
    assert local_day(at("2026-12-01 03:00"), NEW_YORK) == date(2026, 11, 30)


# --- a year, against the clocks on the walls ----------------------------------------------------------

QUARTER = timedelta(minutes=15)
# Both hemispheres; half an hour; three quarters of an hour; midnight leapt over; a fast in the middle; never.
TWELVE = [
    "America/New_York", "America/St_Johns", "America/Santiago", "America/Havana", "Africa/Cairo", "Africa/Casablanca",
    "Asia/Kathmandu", "Australia/Lord_Howe", "Europe/Dublin", "Europe/London", "Pacific/Auckland", "Pacific/Chatham",
]  # fmt: skip


def walls(zone: ZoneInfo, start: datetime, end: datetime) -> dict[datetime, datetime]:
    """When the clocks of a zone first show each time, by what they show: someone looks at them every quarter hour."""
    seen: dict[datetime, datetime] = {}
    now = start
    while now < end:
        seen.setdefault(now.astimezone(zone).replace(tzinfo=None, fold=0), now)
        now += QUARTER
    return seen


def expected(wall: datetime, seen: dict[datetime, datetime]) -> datetime:
    """When a wall-clock time comes. One that is never shown comes as much later as it is after the last that was."""
    last = wall
    while last not in seen:
        last -= QUARTER
    return seen[last] + (wall - last)


@pytest.mark.parametrize("name", TWELVE)
def test_a_year_of_slots_comes_when_the_clocks_on_the_walls_say_so(name: str) -> None:
    zone, first = ZoneInfo(name), date(2026, 1, 1)
    seen = walls(zone, at("2025-12-30 00:00"), at("2027-01-03 00:00"))
    times = [time(hour, minute) for hour in range(24) for minute in (0, 15, 30, 45)]
    plan = Schedule(campaign="air", accounts=("town",), times=tuple(times))
    days = [first + timedelta(days=number) for number in range(365)]
    wanted = {(day, f"{clock:%H:%M}"): expected(datetime.combine(day, clock), seen) for day in days for clock in times}
    found = slots([plan], zone, at("2025-12-30 00:00"), at("2027-01-03 00:00"))
    assert {(slot.day, slot.clock): slot.at for slot in found if slot.day.year == 2026} == wanted


def test_in_that_year_the_clocks_leap_where_they_are_said_to() -> None:
    def leaps(name: str) -> set[timedelta]:
        seen = sorted(walls(ZoneInfo(name), at("2025-12-30 00:00"), at("2027-01-03 00:00")).items())
        return {later - wall - QUARTER for (wall, _), (later, _) in pairwise(seen)}

    halves = {timedelta(), timedelta(minutes=30)}
    assert leaps("Australia/Lord_Howe") == halves
    assert leaps("Asia/Kathmandu") == {timedelta()}
    assert all(
        leaps(name) == {timedelta(), timedelta(hours=1)}
        for name in TWELVE
        if name not in ("Australia/Lord_Howe", "Asia/Kathmandu")
    )
