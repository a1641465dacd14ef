"""Workers that are killed, at every step and at random: no post stands there twice, none is lost, stuck or untold."""

from itertools import islice

from tests.faults.crew import Crew
from tests.faults.kills import NEAR, at_random, each_step, scouted, told
from tests.faults.steps import NAMED, NEVER, kind
from tests.faults.story import Outcome, Story

# Another number, other instants: python -m tests.faults --seed N tries them.
SEED = 1


def whole(stories: list[tuple[Story, Outcome]]) -> Outcome:
    return sum((outcome for _, outcome in stories), Outcome(stories=0))


def test_a_worker_killed_at_any_step_leaves_each_post_said_once_or_told(workers: Crew, cards: str, place: str) -> None:
    steps = scouted(workers, place, cards)
    named = {name for name in NAMED if name not in NEVER.get(place.split(maxsplit=1)[0], ())}
    found = whole(told(workers, place, cards, each_step(steps)))
    assert found.wrong == ()
    assert {f"{when} {name}" for name in named for when in ("before", "after")} <= set(map(kind, found.struck))
    assert found.kills > 50 and found.found_again > 0


def test_workers_killed_at_any_instant_leave_each_post_said_once_or_told(workers: Crew, cards: str, place: str) -> None:
    found = whole(told(workers, place, cards, islice(at_random(SEED), 8), times=NEAR))
    assert found.wrong == ()
    assert found.kills > 5 and found.sent > 8
