"""Which stories of killed workers are told in a place: one for each step, and as many as wanted at random instants."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from random import Random  # noqa: TID251
from threading import Lock

from tests.faults.crew import Crew
from tests.faults.stage import DAYS, Stage, bare_stage, stage
from tests.faults.steps import is_named, kind
from tests.faults.story import SOON, Blow, Outcome, Story, play

# After these a worker leaves something to settle: the server has the post, or has never heard of it.
TAKEN, UNHEARD = "after call of publish", "after commit of begin"
# Stories of one place that are told at once; each waits most of its time for a lease to end.
AT_ONCE = 4
# Slots so near each other that the next comes while the last is not settled.
NEAR = ("09:00", "09:04", "09:08")
# A worker is done after about so many seconds.
A_LIFE = 0.35


@dataclass(frozen=True, slots=True, kw_only=True)
class Scouted:
    """The steps of workers that nobody kills: of the very first, of one on any day, and of those that settle."""

    first: tuple[str, ...]
    usual: tuple[str, ...]
    settling: dict[str, tuple[str, ...]]


def scouted(crew: Crew, place: str, pages: str) -> Scouted:
    """Watch workers do their work in a place."""
    with crew.lane() as lane, bare_stage(lane, place, pages) as found:
        first = found.open().steps
        found.run(found.slots(0)[0] + SOON)
        usual = found.run(found.slots(1)[0] + SOON, watched=True).steps
        settling = {}
        for day, last in enumerate((TAKEN, UNHEARD), 2):
            assert found.run(found.slots(day)[0] + SOON, strike=last).was_killed, f"no worker came to {last!r}"
            settling[last] = found.settle(day, watched=True).steps
    return Scouted(first=first, usual=usual, settling=settling)


def each_step(steps: Scouted, *, is_long: bool = False) -> Iterator[Story]:
    """A kill at every step of a usual day, at those of the very first worker, and while the next one settles.

    Only if `is_long` also each time that a request of the usual day comes again, at each request of the other two,
    and at each step of settling after each kill; else each such step comes once.
    """
    met: set[str] = set()
    for at, step in enumerate(steps.usual):
        if is_named(step) and (is_long or kind(step) == step or step not in steps.usual[:at]):
            blow = Blow(step=step, nth=steps.usual[: at + 1].count(step))
            yield Story(fault=f"killed at a {step.split()[1]}", blows=(blow,))
    for step in _each(steps.first, is_long):
        yield Story(fault="killed at first sight", opening=step)
    for last, settling in steps.settling.items():
        for step in (one for one in _each(settling, is_long) if is_long or one not in met):
            met.add(step)
            yield Story(fault="killed, and again while settling", blows=(Blow(step=last), Blow(step=step)))
    for when in ("before", "after"):
        yield Story(fault=f"killed {when} the server took it", blows=(Blow(on_the_way=when),))


def _each(steps: Iterable[str], is_long: bool) -> Iterator[str]:
    """Each step once."""
    for step in filter(is_named, dict.fromkeys(steps)):
        if is_long or kind(step) == step:
            yield step


def at_random(seed: int) -> Iterator[Story]:
    """Kills at instants of chance, without end: one worker after the other, or two at once. A seed gives the same."""
    chance = Random(seed)
    while True:
        blows = tuple(Blow(after=chance.uniform(0, A_LIFE)) for _ in range(chance.randint(2, 5)))
        together = chance.random() < 0.3
        fault = "killed at random, two at work" if together else "killed at random"
        yield Story(fault=fault, blows=blows, together=together)


def told(crew: Crew, place: str, pages: str, stories: Iterable[Story], **more: object) -> list[tuple[Story, Outcome]]:
    """Tell stories in a place, several at once, each lane on stages of its own; `more` is for `bare_stage`."""
    coming, lock = iter(stories), Lock()

    def following() -> Story | None:
        with lock:
            return next(coming, None)

    def tell_some(_: int) -> list[tuple[Story, Outcome]]:
        done, story = [], following()
        with ExitStack() as stack:
            lanes = stack.enter_context(crew.lane()), stack.enter_context(crew.lane())
            while story:
                with stage(lanes[0], place, pages, other=lanes[1], dies_at=story.opening, **more) as found:
                    while story and _has_room(found, story):
                        done.append((story, play(found, story)))
                        story = following()
        return done

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return [one for some in threads.map(tell_some, range(AT_ONCE)) for one in some]


def _has_room(found: Stage, story: Story) -> bool:
    return found.lived == 0 or (found.lived < DAYS and not story.opening)
