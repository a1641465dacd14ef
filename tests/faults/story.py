"""A story: workers that die over the posts of one day, others that come after them, and what stands at the server."""

import os
import signal
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime, timedelta
from queue import Queue
from time import sleep

from bot.core.delivery import Delivery
from tests.faults.crew import Ended
from tests.faults.places import Deed
from tests.faults.stage import LEASE, Stage

# States in which a delivery is not at its end.
UNFINISHED = ("waiting", "planned", "sending")
# How late after a slot a worker comes, and how much later each that follows it, and each of its looks.
SOON, NEXT = timedelta(seconds=30), timedelta(seconds=20)
# A worker whose number is not told within so many seconds was never born.
BIRTH = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Blow:
    """What ends one worker: its n-th step, a step by name, a time in seconds, or a post that is on its way.

    `on_the_way`: "before" or "after" the server has taken the request.
    """

    at: int | None = None
    named: str = ""
    after: float | None = None
    on_the_way: str = ""

    def __str__(self) -> str:
        return " ".join(f"{name} {value}" for name, value in asdict(self).items() if value not in (None, ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A fault by its name in the table, and the blows that one worker after the other meets.

    `opening`: a step at which the very first worker on a new stage dies. `together`: beside each worker another one is
    at work, unharmed.
    """

    fault: str
    blows: tuple[Blow, ...] = ()
    opening: str = ""
    together: bool = False

    def __str__(self) -> str:
        return f"{self.fault} {self.opening}{', '.join(map(str, self.blows))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the slots of a story, in numbers; `wrong` are sentences on what must never be."""

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

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(**{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)})


def play(stage: Stage, story: Story) -> Outcome:
    """Play a story on the stage's next day, until all is settled; what became of it."""
    day, stage.lived = stage.lived, stage.lived + 1
    kills = stage.opening_kills if day == 0 else 0
    for number, blow in enumerate(story.blows):
        if number:
            sleep(LEASE)
        with _beside(stage, day, number) if story.together else nullcontext():
            kills += strike(stage, day, number, blow).was_killed
    not_receipted = _not_receipted(stage)
    stage.settle(day)
    found = judged(stage, day, may_doubt=story.together)
    again = sum(one.state == "sent" and _words(one) in not_receipted for one in stage.ledger())
    return replace(found, kills=kills, found_again=again, wrong=tuple(f"{story}: {what}" for what in found.wrong))


@contextmanager
def _beside(stage: Stage, day: int, number: int) -> Iterator[None]:
    """Another worker is at work meanwhile."""
    with ThreadPoolExecutor(1) as threads:
        other = threads.submit(stage.run_beside, *_instants(stage, day, number))
        yield
        other.result()


def _instants(stage: Stage, day: int, number: int) -> list[datetime]:
    """When the n-th worker of a day ticks: soon after the n-th slot, or after the last."""
    slots = stage.slots(day)
    at = slots[min(number, len(slots) - 1)] + SOON + max(0, number + 1 - len(slots)) * NEXT
    return [at + step * NEXT for step in range(3)]


def strike(stage: Stage, day: int, number: int, blow: Blow) -> Ended:
    """The life of one worker, which meets a blow."""
    born: Queue[int] = Queue()
    if blow.on_the_way:
        stage.place.door.app.deed = Deed(when=blow.on_the_way, act=lambda: _kill(born.get(timeout=BIRTH)))
    more = {"strike_at": blow.at, "strike_named": blow.named, "die_after": blow.after}
    ended = stage.run(*_instants(stage, day, number), until_quiet=True, born=born.put, **more)
    stage.place.door.app.deed = None
    return ended


def _kill(number: int) -> None:
    os.kill(number, signal.SIGKILL)


def _words(delivery: Delivery) -> str:
    return delivery.variant.text if delivery.variant else ""


def _not_receipted(stage: Stage) -> set[str]:
    """The words that stand at the server, but of which the ledger does not know it."""
    return set(stage.place.said()) - {_words(one) for one in stage.ledger() if one.state == "sent"}


def judged(stage: Stage, day: int, *, may_doubt: bool = False) -> Outcome:
    """What became of a day's slots. `may_doubt`: what stands there may be uncertain all the same."""
    ledger, said, told = stage.ledger(), stage.place.ever_said(), stage.told()
    due = {(slot.date(), f"{slot:%H:%M}") for slot in stage.slots(day)}
    days = {(one.day, one.clock): one for one in ledger if (one.day, one.clock) in due}
    wrong: list[str] = []
    found = Outcome(
        sent=sum(one.state == "sent" for one in days.values()),
        uncertain=sum(one.state == "uncertain" for one in days.values()),
        missed=sum(one.state == "missed" for one in days.values()),
        twice=_tell(wrong, _twice(said, ledger)),
        lost=_tell(wrong, _lost(due - days.keys(), days.values(), said)),
        stuck=_tell(wrong, (f"it is stuck: {_shown(one)}" for one in days.values() if one.state in UNFINISHED)),
        untold=_tell(
            wrong,
            (f"nobody is told: {_shown(one)}" for one in days.values() if one.state != "sent" and one.id not in told),
        ),
    )
    for one in days.values():
        if one.state == "uncertain" and (stage.place.is_sure or (said[_words(one)] and not may_doubt)):
            wrong.append(f"it could have been known what became of it: {_shown(one)}")
    return replace(found, wrong=tuple(wrong))


def _tell(wrong: list[str], found: Iterable[str]) -> int:
    sentences = list(found)
    wrong += sentences
    return len(sentences)


def _twice(said: Counter[str], ledger: list[Delivery]) -> Iterable[str]:
    """What was said more than once, and what stands there for a slot that the ledger knows with other words."""
    owned = {_words(one) for one in ledger if one.state in ("sent", "uncertain", "sending")}
    for words, times in said.items():
        if times > 1:
            yield f"it was said {times} times: {words!r}"
        if words not in owned:
            yield f"it was said, and the ledger says otherwise: {words!r}"


def _lost(unseen: set[tuple[date, str]], days: Iterable[Delivery], said: Counter[str]) -> Iterable[str]:
    """What the ledger never heard of, what it says was sent and was not, what ended although it could be said.

    Of several slots that came due while nobody was at work, only the last is to be said.
    """
    last = max((one.at for one in days), default=None)
    for slot in unseen:
        yield f"the ledger does not know the slot {slot}"
    for one in days:
        if one.state == "sent" and not said[_words(one)]:
            yield f"it does not stand there: {_shown(one)}"
        if one.state in ("skipped", "refused", "held") or (one.state == "missed" and one.at == last):
            yield f"it could have been said: {_shown(one)}"


def _shown(one: Delivery) -> str:
    return f"{one.day} {one.clock} {one.state} ({one.reason}) {_words(one)!r}"
