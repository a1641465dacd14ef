"""Roles, sessions, and how long a wrong password makes others wait."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.person import LONGEST, Role, Stay, Tries, one_more, wait

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize("has", Role)
@pytest.mark.parametrize("needed", Role)
def test_each_role_may_do_what_the_ones_before_may(has: Role, needed: Role) -> None:
    order = ["anyone", "reviewer", "organizer"]
    assert has.may(needed) == (order.index(has) >= order.index(needed))


def hours(begun: float, seen: float) -> Stay:
    return Stay(mark="", begun=NOW + timedelta(hours=begun), seen=NOW + timedelta(hours=seen))


def test_a_session_ends_when_nobody_comes_for_half_a_day_and_after_two_weeks_at_the_latest() -> None:
    assert hours(0, 0).until == NOW + timedelta(hours=12)
    assert hours(0, 11).until == NOW + timedelta(hours=23)
    assert hours(0, 335).until == NOW + timedelta(days=14)


def waits(free: int, tries: int) -> list[int]:
    """The seconds to wait before each of so many wrong passwords in a row, each given as soon as it may be."""
    now, known, found = NOW, None, []
    for _ in range(tries):
        pause = wait(known, free, now)
        now += pause
        known = one_more(known, now)
        found.append(int(pause.total_seconds()))
    return found


def test_after_the_free_tries_each_wrong_password_doubles_the_pause() -> None:
    assert waits(3, 14) == [0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_in_a_day_nobody_gets_through_more_than_some_hundred_passwords() -> None:
    tries = waits(5, 400)
    assert sum(tries[:290]) < 86400 < sum(tries[:310])


def test_wrong_passwords_of_another_day_are_forgotten() -> None:
    many, later = Tries(count=50, last=NOW), NOW + timedelta(days=1)
    assert wait(many, 5, NOW) == LONGEST and wait(many, 5, later) == timedelta()
    assert one_more(many, later).count == 1


def test_a_clock_that_was_ahead_locks_nobody_out() -> None:
    assert wait(Tries(count=50, last=NOW + timedelta(days=400)), 5, NOW) == timedelta()


def test_a_clock_that_is_a_little_behind_lets_nobody_try_more_often() -> None:
    assert wait(Tries(count=7, last=NOW + timedelta(seconds=2)), 5, NOW) == timedelta(seconds=6)
