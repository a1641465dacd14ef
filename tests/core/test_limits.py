"""How often and when an account may speak: by its clock, whatever the clocks do."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.limits import Limits, free, month, used_up

LONDON, NEW_YORK, LORD_HOWE = map(ZoneInfo, ("Europe/London", "America/New_York", "Australia/Lord_Howe"))
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def at(told: str, zone: ZoneInfo = LONDON) -> datetime:
    """An instant by the clock of a zone."""
    return datetime.fromisoformat(told).replace(tzinfo=zone).astimezone(UTC)


def quiet(begin: str, end: str, zone: ZoneInfo = LONDON, **more: timedelta) -> Limits:
    return Limits(zone=zone, quiet=(time.fromisoformat(begin), time.fromisoformat(end)), **more)


NOON = at("2026-12-01T12:00")


# --- gap --------------------------------------------------------------------------------------------


def test_without_limits_an_account_is_always_free() -> None:
    assert free(Limits(zone=LONDON), NOON, [NOON, NOON - MINUTE]) == NOON


@pytest.mark.parametrize(("spoke", "wait"), [([], 0), ([10], 20), ([30], 0), ([29, 300], 1), ([0], 30), ([-5], 0)])
def test_after_a_post_an_account_rests_for_its_gap(spoke: list[int], wait: int) -> None:
    said = [NOON - minutes * MINUTE for minutes in spoke]
    assert free(Limits(zone=LONDON, gap=30 * MINUTE), NOON, said) == NOON + wait * MINUTE


# --- quiet hours ------------------------------------------------------------------------------------

NIGHTS = {
    "before them": ("2026-12-01T21:59", "2026-12-01T21:59"),
    "as they begin": ("2026-12-01T22:00", "2026-12-02T07:00"),
    "before midnight": ("2026-12-01T23:59", "2026-12-02T07:00"),
    "after midnight": ("2026-12-02T00:00", "2026-12-02T07:00"),
    "near the end": ("2026-12-02T06:59:59", "2026-12-02T07:00"),
    "as they end": ("2026-12-02T07:00", "2026-12-02T07:00"),
    "over New Year": ("2026-12-31T23:00", "2027-01-01T07:00"),
}


@pytest.mark.parametrize(("now", "then"), NIGHTS.values(), ids=NIGHTS)
def test_in_quiet_hours_over_midnight_nobody_speaks(now: str, then: str) -> None:
    assert free(quiet("22:00", "07:00"), at(now), []) == at(then)


@pytest.mark.parametrize(("now", "then"), [("11:59", "11:59"), ("12:00", "14:00"), ("13:59", "14:00"), ("14:00",) * 2])
def test_quiet_hours_may_lie_within_a_day(now: str, then: str) -> None:
    assert free(quiet("12:00", "14:00"), at(f"2026-12-01T{now}"), []) == at(f"2026-12-01T{then}")


def test_a_gap_that_ends_in_quiet_hours_ends_with_them() -> None:
    limits = quiet("22:00", "07:00", gap=HOUR)
    assert free(limits, at("2026-12-01T21:59"), [at("2026-12-01T21:30")]) == at("2026-12-02T07:00")


CHANGES = {
    "spring": (NEW_YORK, "2027-03-13T23:00", "2027-03-14T07:00", 7),
    "autumn": (NEW_YORK, "2026-10-31T23:00", "2026-11-01T07:00", 9),
    "half an hour": (LORD_HOWE, "2026-10-03T23:00", "2026-10-04T07:00", 7.5),
}


@pytest.mark.parametrize(("zone", "now", "then", "hours"), CHANGES.values(), ids=CHANGES)
def test_quiet_hours_go_by_the_clock_on_the_wall_when_it_changes(
    zone: ZoneInfo, now: str, then: str, hours: float
) -> None:
    found = free(quiet("22:00", "07:00", zone), at(now, zone), [])
    assert found == at(then, zone) and found - at(now, zone) == timedelta(hours=hours)


CLOCKS = st.builds(time, st.integers(0, 23), st.integers(0, 59))


@given(
    zone=st.sampled_from((LONDON, NEW_YORK, LORD_HOWE)),
    night=st.tuples(CLOCKS, CLOCKS).filter(lambda both: both[0] != both[1]),
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda one: one.replace(tzinfo=UTC)),
    spoke=st.lists(st.integers(0, 3000), max_size=3),
    gap=st.sampled_from((timedelta(), 30 * MINUTE, 20 * HOUR)),
)
def test_who_is_free_stays_free_and_never_has_to_wait_much_longer_than_a_day(
    zone: ZoneInfo, night: tuple[time, time], now: datetime, spoke: list[int], gap: timedelta
) -> None:
    limits = Limits(zone=zone, quiet=night, gap=gap)
    said = [now - minutes * MINUTE for minutes in spoke]
    found = free(limits, now, said)
    assert now <= found <= now + gap + timedelta(hours=25)
    assert free(limits, found, said) == found, "so that whoever wakes then does speak"


# --- a day, a month ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "is_used_up"),
    [("2026-12-01T23:59", True), ("2026-12-02T00:00", False), ("2026-11-30T12:00", False), ("2026-12-01T00:00", True)],
)
def test_a_day_begins_at_local_midnight(now: str, is_used_up: bool) -> None:
    said = [at("2026-12-01T00:00", NEW_YORK), at("2026-12-01T23:59", NEW_YORK)]
    why = used_up(Limits(zone=NEW_YORK, per_day=2), at(now, NEW_YORK), said, 0, 0)
    assert bool(why) is is_used_up
    assert not why or why == "this account has had its 2 posts of the day (`per_day` in config.toml)"


def test_below_its_number_an_account_may_speak() -> None:
    assert used_up(Limits(zone=LONDON, per_day=3), NOON, [NOON, NOON - HOUR], 0, 0) == ""


@pytest.mark.parametrize(
    ("spent", "price", "is_used_up"),
    [(4.8, 0.2, False), (4.81, 0.2, True), (5.0, 0.2, True), (5.0, 0.0, False), (99, 0.0, False), (0.0, 5.01, True)],
)
def test_a_budget_is_never_gone_over_and_may_be_used_to_its_end(spent: float, price: float, is_used_up: bool) -> None:
    why = used_up(Limits(zone=LONDON, budget=5.0), NOON, [], spent, price)
    assert bool(why) is is_used_up


def test_a_used_up_budget_says_what_it_would_cost_and_what_is_left() -> None:
    why = used_up(Limits(zone=LONDON, budget=5.0), NOON, [], 4.9, 0.2)
    assert why == ("it would cost 0.20 USD, and of this month's 5.00 only 0.10 are left (`budget` in config.toml)")
    assert "only 0.00 are left" in used_up(Limits(zone=LONDON, budget=5.0), NOON, [], 7.0, 0.2)


def test_many_small_sums_come_to_what_they_are() -> None:
    assert used_up(Limits(zone=LONDON, budget=1.0), NOON, [], sum([0.1] * 9), 0.1) == ""


def test_without_a_budget_nothing_is_too_dear() -> None:
    assert used_up(Limits(zone=LONDON), NOON, [], 9999, 99) == ""


def test_costs_are_counted_by_the_local_month() -> None:
    last = at("2026-12-31T23:30", NEW_YORK)
    assert (month(last, NEW_YORK), month(last, LONDON)) == ("2026-12", "2027-01")
