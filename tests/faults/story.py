"""A story: what befalls the workers of one day, others that come after them, and what stands at the server then."""

import os
import re
import signal
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from queue import Queue
from time import sleep

from bot.core.delivery import Delivery
from tests.faults.crew import Ended
from tests.faults.places import Deed, Place
from tests.faults.stage import LEASE, Stage

# States in which a delivery is not at its end.
UNFINISHED = ("waiting", "planned", "sending")
# Ends of which nobody is told.
QUIET = ("sent", "skipped")
# How late after a slot a worker comes, and how much later each that follows it, and each of its looks.
SOON, NEXT = timedelta(seconds=30), timedelta(seconds=20)
# Of the ends that a story may have: uncertain, but only what does not stand there.
DOUBTED = "uncertain where it does not stand"
# A worker whose number is not told within so many seconds was never born.
BIRTH = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Harm:
    """What the door does to one request, the one that posts if no `path` is given; see tests.servers.proxy."""

    do: str
    method: str = "POST"
    path: str = ""
    status: int = 503
    body: str = ""
    seconds: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Blow:
    """What befalls one worker.

    At the `nth` time that it comes to a `step` it does a `deed` to itself. `after` so many seconds, or while a post is
    `on_the_way` ("before" or "after" the server has taken it), it is killed. Its first request that fits meets a
    `harm`; if `away`, nobody can be reached any more afterwards. `patience`: how many seconds it waits for an answer.
    """

    step: str = ""
    nth: int = 1
    deed: str = "kill"
    after: float | None = None
    on_the_way: str = ""
    harm: Harm | None = None
    away: bool = False
    patience: float = 5.0

    def __str__(self) -> str:
        told = {name: value for name, value in asdict(self).items() if value != getattr(PLAIN, name)}
        return " ".join(f"{name} {value}" for name, value in told.items())


PLAIN = Blow()


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A fault by its name in the table, and what befalls one worker after the other; the last settles unharmed.

    `opening`: a step at which the very first worker on a new stage dies. `together`: beside each worker another one is
    at work, unharmed. `deleted`: before the last worker comes, the owner deletes what stands there. `pause`: so long
    nobody is at work before it; with `forgets`, so long that the server forgets keys. `ends`: in which states the last
    slot may end; by itself, what can be known must be known. `stands`: how many posts of this day stand there then, and
    each of them `says` this. `complains`: what a worker complains of meanwhile, as a regular expression.
    """

    fault: str
    blows: tuple[Blow, ...] = ()
    opening: str = ""
    together: bool = False
    deleted: bool = False
    pause: timedelta = timedelta()
    forgets: bool = False
    ends: tuple[str, ...] = ()
    stands: int | None = None
    says: str = ""
    complains: str = ""

    def __str__(self) -> str:
        return f"{self.fault}: {self.opening}{', '.join(map(str, self.blows))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the slots of a story, in numbers; `wrong` are sentences on what must never be.

    `struck`: the steps at which a worker was struck.
    """

    stories: int = 1
    kills: int = 0
    sent: int = 0
    found_again: int = 0
    uncertain: int = 0
    missed: int = 0
    twice: int = 0
    lost: int = 0
    stuck: int = 0
    untold: int = 0
    wrong: tuple[str, ...] = ()
    struck: tuple[str, ...] = field(default=(), repr=False)

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(**{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)})


def play(stage: Stage, story: Story) -> Outcome:
    """Play a story on the stage's next day, until all is settled; what became of it."""
    day, stage.lived = stage.lived, stage.lived + 1
    ends = list(stage.opened_by) if day == 0 else []
    stood, asked = set(stage.place.said()), stage.place.times_asked()
    for number, blow in enumerate(story.blows):
        if ends and ends[-1].leaves_a_lease:
            sleep(LEASE)
        with _beside(stage, day, number) if story.together else nullcontext():
            ends.append(strike(stage, day, number, blow))
    stage.mend()
    again = set(stage.place.said()) - {words(one) for one in stage.ledger() if one.state == "sent"}
    if story.deleted:
        for lost in set(stage.place.said()) - stood:
            stage.place.delete_as_owner(lost)
    if story.forgets:
        stage.place.forget_keys()
    last = stage.settle(day, story.pause, waits=any(one.leaves_a_lease for one in ends))
    found = judged(stage, day, story.ends or _ends(stage.place, story))
    wrong = [*found.wrong, *_stands(story, set(stage.place.said()) - stood), *_complaints(story, ends, last)]
    wrong += _repeats(stage.place, stage.place.times_asked() - asked, found)
    return replace(
        found,
        kills=sum(one.was_killed for one in ends),
        found_again=sum(one.state == "sent" and words(one) in again for one in stage.ledger()),
        wrong=tuple(f"{story}: {what}" for what in wrong),
        struck=tuple(one.steps[-1] for one in ends if one.was_killed and one.steps),
    )


def _ends(place: Place, story: Story) -> tuple[str, ...]:
    """How the last slot of a day may end where nothing but workers is harmed."""
    if place.is_sure:
        return ("sent",)
    return ("sent", "uncertain") if story.together else ("sent", DOUBTED)


def _stands(story: Story, found: set[str]) -> Iterator[str]:
    if story.stands not in (None, len(found)):
        yield f"{len(found)} posts of this day stand there, not {story.stands}"
    yield from (f"it does not say {story.says!r}: {text!r}" for text in found if story.says not in text)


def _repeats(place: Place, times: int, found: Outcome) -> Iterator[str]:
    """Where a repeat may be a second post, nobody tries it, even if the server would not take it."""
    if not place.is_sure and times > found.sent + found.uncertain:
        yield f"the server was asked {times} times"


def _complaints(story: Story, ends: Iterable[Ended], last: Ended) -> Iterator[str]:
    """What should have been complained of; a worker whom nobody harms has nothing to complain of."""
    complaints = [row for one in ends for row in one.troubles]
    if story.complains and not any(re.search(story.complains, row) for row in complaints):
        yield f"nobody complained of {story.complains!r}: {complaints}"
    yield from last.troubles


@contextmanager
def _beside(stage: Stage, day: int, number: int) -> Iterator[None]:
    """Another worker is at work meanwhile."""
    with ThreadPoolExecutor(1) as threads:
        other = threads.submit(stage.run_beside, *_instants(stage, day, number))
        yield
        other.result()


def _instants(stage: Stage, day: int, number: int) -> list[datetime]:
    """When the n-th worker of a day looks: soon after the n-th slot, or after the last."""
    slots = stage.slots(day)
    at = slots[min(number, len(slots) - 1)] + SOON + max(0, number + 1 - len(slots)) * NEXT
    return [at + step * NEXT for step in range(3)]


def strike(stage: Stage, day: int, number: int, blow: Blow) -> Ended:
    """The life of one worker, and what befalls it."""
    born: Queue[int] = Queue()
    door = stage.place.door.app
    if blow.on_the_way:
        door.deed = Deed(when=blow.on_the_way, act=lambda: _kill(born.get(timeout=BIRTH)))
    if blow.harm:
        door.harm(blow.harm.path, away=blow.away, **_rule(blow.harm))
    try:
        return stage.run(
            *_instants(stage, day, number), until_quiet=True, born=born.put, patience=blow.patience,
            strike=blow.step, nth=blow.nth, deed=blow.deed, die_after=blow.after,
        )  # fmt: skip
    finally:
        door.open()


def _rule(harm: Harm) -> dict[str, object]:
    return {name: value for name, value in asdict(harm).items() if name != "path"}


def _kill(number: int) -> None:
    os.kill(number, signal.SIGKILL)


def words(delivery: Delivery) -> str:
    """What a delivery says; empty if nothing."""
    return delivery.variant.text if delivery.variant else ""


# --- judging ----------------------------------------------------------------------------------------


def judged(stage: Stage, day: int, ends: Collection[str]) -> Outcome:
    """What became of a day's slots, of which the last may end so."""
    ledger, said, told = stage.ledger(), stage.place.ever_said(), stage.told()
    due = {(slot.date(), f"{slot:%H:%M}") for slot in stage.slots(day)}
    days = {(one.day, one.clock): one for one in ledger if (one.day, one.clock) in due}
    wrong: list[str] = []
    return Outcome(
        sent=sum(one.state == "sent" for one in days.values()),
        uncertain=sum(one.state == "uncertain" for one in days.values()),
        missed=sum(one.state == "missed" for one in days.values()),
        twice=_counted(wrong, _twice(said, ledger)),
        lost=_counted(wrong, _lost(due - days.keys(), days.values(), said, ends)),
        stuck=_counted(wrong, (f"it is stuck: {_shown(one)}" for one in days.values() if one.state in UNFINISHED)),
        untold=_counted(wrong, _untold(days.values(), told)),
        wrong=tuple(wrong),
    )


def _counted(wrong: list[str], found: Iterable[str]) -> int:
    sentences = list(found)
    wrong += sentences
    return len(sentences)


def _twice(said: Counter[str], ledger: list[Delivery]) -> Iterator[str]:
    """What was said more than once, and what stands there for a slot that the ledger knows with other words."""
    owned = {words(one) for one in ledger if one.state in ("sent", "uncertain", "sending")}
    for text, times in said.items():
        if times > 1:
            yield f"it was said {times} times: {text!r}"
        if text not in owned:
            yield f"it was said, and the ledger says otherwise: {text!r}"


def _lost(
    unseen: set[tuple[date, str]], days: Collection[Delivery], said: Counter[str], ends: Collection[str]
) -> Iterator[str]:
    """What the ledger never heard of, what it says was sent and was not, what ended otherwise than it may.

    Of several slots that come due while nobody is at work, only the last is to be said.
    """
    last = max((one.at for one in days), default=None)
    for slot in unseen:
        yield f"the ledger does not know the slot {slot}"
    for one in days:
        if one.state == "sent" and not said[words(one)]:
            yield f"it was never said: {_shown(one)}"
        is_known = one.state != "uncertain" or said[words(one)]
        may = {*ends, "sent", *(("missed", "uncertain") if one.at != last else ())}
        if one.state not in UNFINISHED and one.state not in may and (is_known or DOUBTED not in ends):
            yield f"it could have been said, or known: {_shown(one)}"


def _untold(days: Collection[Delivery], told: set[int]) -> Iterator[str]:
    return (f"nobody is told: {_shown(one)}" for one in days if one.state not in QUIET and one.id not in told)


def _shown(one: Delivery) -> str:
    return f"{one.day} {one.clock} {one.state} ({one.reason}) {words(one)!r}"
