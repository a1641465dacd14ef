"""A machine that fails, files that are edited at work, a clock that jumps: no post twice, none lost or untold."""

from datetime import timedelta
from random import Random  # noqa: TID251

import pytest

from tests.faults import machine
from tests.faults.conftest import Tell
from tests.faults.crew import Crew
from tests.faults.stage import FIRST, Stage, stage
from tests.faults.story import judged

HOURS = (0, 0, 0, -1, 1, -3, 3, -24, 24, 240)


def test_while_nothing_can_be_written_each_post_waits_or_is_found_again(tell: Tell) -> None:
    assert tell(machine.of_the_ledger()) == ()


def test_what_is_said_stands_in_the_library_at_that_moment(tell: Tell) -> None:
    assert tell(machine.of_the_posts()) == ()


def test_a_clock_that_jumps_while_nobody_is_at_work_repeats_nothing(tell: Tell) -> None:
    assert tell(machine.of_the_clock()) == ()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_clock_that_jumps_to_and_fro_says_nothing_twice(workers: Crew, cards: str, place: str, seed: int) -> None:
    with workers.lane() as lane, stage(lane, place, cards, times=("09:00", "17:30")) as found:
        _live_by_a_bad_clock(found, Random(seed))
        wrong = [what for day in range(7) for what in judged(found, day, ("sent", "missed")).wrong]
        assert wrong == []
        assert {one.state for one in found.ledger() if one.at in found.slots(6)} == {"sent"}


def _live_by_a_bad_clock(found: Stage, chance: Random) -> None:
    """Two days in which the clock is wrong by hours or days, then five in which it is right."""
    for hour in range(8, 48, 4):
        wrong = [timedelta(hours=hour + chance.choice(HOURS)) for _ in range(4)]
        found.run(*(FIRST + at + timedelta(minutes=number) for number, at in enumerate(wrong)))
    hours = [timedelta(hours=hour, minutes=5) for hour in range(48, 7 * 24)]
    found.run(*(FIRST + at for at in hours))


def test_a_config_that_breaks_at_work_changes_nothing_until_it_is_whole(workers: Crew, cards: str, place: str) -> None:
    with workers.lane() as lane, stage(lane, place, cards) as found:
        instants = [found.slots(0)[0] + timedelta(seconds=seconds) for seconds in (-60, 30, 60)]
        found.run(*instants, engine=True, strike="look", nth=2, deed="break the config")
        assert [one.state for one in found.ledger()] == ["sent"] and len(found.place.said()) == 1
        assert "config.toml" in (found.folder / "worker.log").read_text(encoding="utf-8")


def test_a_timetable_edited_at_work_holds_from_the_next_look_on(workers: Crew, cards: str, place: str) -> None:
    with workers.lane() as lane, stage(lane, place, cards) as found:
        instants = [found.slots(0)[0] + timedelta(seconds=seconds) for seconds in (-60, 30, 60, 150)]
        found.run(*instants, engine=True, strike="look", nth=2, deed="move the slots")
        assert [(one.clock, one.state) for one in found.ledger()] == [("09:02", "sent")]
        assert len(found.place.said()) == 1
