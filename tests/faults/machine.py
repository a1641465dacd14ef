"""Which stories are told of a machine that fails: a full disk, a database gone or held, files edited at work."""

from collections.abc import Iterator
from datetime import timedelta

from tests.faults.kills import TAKEN, UNHEARD
from tests.faults.story import Blow, Story
from tests.faults.worker import BIRTH

# From its birth on, while all is decided, when the network was not called yet, and when it has taken the post.
WHEN = (BIRTH, "before call of prepare", UNHEARD, TAKEN)
# By what a worker complains of it.
LEDGER = {
    "fill the disk": "disk is full|that the disk is not full",
    "forbid writing": "cannot be written",
    "take the ledger away": "cannot be opened|cannot be written|read or written",
    "hold the ledger": "another program holds",
}


def of_the_ledger() -> Iterator[Story]:
    """Nothing can be written for a while, from each of these steps on."""
    for deed, complains in LEDGER.items():
        for step in WHEN:
            blow = Blow(step=step, deed=deed)
            # Whoever has a file open keeps it, wherever its folder goes.
            is_noticed = step == BIRTH or deed != "take the ledger away"
            yield Story(fault=f"{deed}, from {step}", blows=(blow,), complains=complains if is_noticed else "")


def of_the_posts() -> Iterator[Story]:
    """Somebody edits or deletes the posts at work: what does not stand in the library is not said."""
    for step in (BIRTH, "before call of prepare"):
        edit = Blow(step=step, deed="edit the posts")
        yield Story(fault=f"posts edited, from {step}", blows=(edit,), ends=("sent",), stands=1, says="día y otro día")
        slow = Blow(step=step, deed="write the posts slowly")
        yield Story(fault=f"posts half-written, from {step}", blows=(slow,), ends=("sent",), stands=1, says="💛")
        gone = Blow(step=step, deed="delete the posts")
        yield Story(fault=f"posts deleted, from {step}", blows=(gone,), ends=("skipped",), stands=0)


def of_the_clock() -> Iterator[Story]:
    """A worker dies, and the next one's clock is behind, or ahead of all."""
    for step in ("before call of prepare", UNHEARD, TAKEN):
        for hours in (-2, 7):
            fault = f"killed, and the clock jumps {hours:+} hours"
            ends = ("sent", "uncertain", "missed") if hours > 0 else ()
            yield Story(fault=fault, blows=(Blow(step=step),), pause=timedelta(hours=hours), ends=ends)
