"""Which stories are told of servers that answer badly, or not at all, while nobody is killed."""

from collections.abc import Iterator
from datetime import timedelta

from tests.faults.kills import Scouted
from tests.faults.story import Blow, Harm, Story

# The server takes the post, and what it answers is …
TAKEN = {
    "answer lost": Harm(do="swallow"),
    "answer cut in the middle": Harm(do="half"),
    "answer lost by a reset": Harm(do="reset"),
    "500 after acceptance": Harm(do="exchange", status=500, body='{"error": "Internal Server Error"}'),
    "502 after acceptance": Harm(do="exchange", status=502, body="<html>Bad Gateway</html>"),
    "200 with nonsense": Harm(do="exchange", status=200, body="<html>Welcome to the hotel"),
    "200 with other JSON": Harm(do="exchange", status=200, body='[{"data": null, "id": [], "uri": 7}, 0]'),
    "silence past the deadline": Harm(do="late", seconds=3600),
}
# The server never hears of it, and whoever asks cannot know that.
UNHEARD = {
    "cut before the server heard": Harm(do="cut"),
    "503 before the server heard": Harm(do="answer", status=503),
}
# What can go wrong with a request that posts nothing.
OTHER = {
    "another answer lost": Harm(do="swallow"),
    "another answer cut": Harm(do="half"),
    "another answer 500": Harm(do="answer", status=500),
    "another answer nonsense": Harm(do="answer", status=200, body="<html>"),
}
# Shorter than the silence of a server, longer than any answer takes.
PATIENCE = 1.0
A_WHILE, FOR_LONG, TOO_LONG = timedelta(minutes=20), timedelta(hours=2), timedelta(hours=7)
# Where a post that comes again stands there once.
HARMLESS = ("bluesky", "mastodon")


def accepted(*, away: bool = False) -> Iterator[Story]:
    """A post that was taken, and whose answer does not say so; `away`: and then nobody answers for a while."""
    for name, harm in TAKEN.items():
        blow = Blow(harm=harm, away=away, patience=PATIENCE)
        fault = f"{name}, then nobody there" if away else name
        yield Story(fault=fault, blows=(blow,), pause=A_WHILE if away else timedelta(), ends=("sent",), stands=1)


def unheard(place: str, *, away: bool = False) -> Iterator[Story]:
    """A post that the server never got: it is said where a repeat is harmless, else nobody can know."""
    is_harmless = place in HARMLESS
    for name, harm in UNHEARD.items():
        fault = f"{name}, then nobody there" if away else name
        yield Story(
            fault=fault, blows=(Blow(harm=harm, away=away),), pause=A_WHILE if away else timedelta(),
            ends=("sent",) if is_harmless else ("uncertain",), stands=int(is_harmless),
        )  # fmt: skip


def deleted() -> Iterator[Story]:
    """A post whose answer was lost, and which its owner deletes before anybody can look for it."""
    for name in ("answer lost", "answer lost by a reset", "500 after acceptance"):
        blow = Blow(harm=TAKEN[name], away=True)
        fault = f"{name}, and the owner deletes it"
        yield Story(fault=fault, blows=(blow,), deleted=True, pause=A_WHILE, ends=("uncertain", "refused"), stands=0)


def long_after() -> Iterator[Story]:
    """Nobody answers for so long that a server has forgotten keys, or that it is too late: nothing is repeated then."""
    taken = Blow(harm=TAKEN["answer lost"], away=True)
    for name, pause in (("for two hours", FOR_LONG), ("until it is too late", TOO_LONG)):
        fault = f"answer lost, nobody there {name}"
        yield Story(fault=fault, blows=(taken,), pause=pause, forgets=True, ends=("sent",), stands=1)
    blow = Blow(harm=UNHEARD["cut before the server heard"], away=True)
    yield Story(
        fault="never heard, nobody there until it is too late", blows=(blow,), pause=TOO_LONG, forgets=True,
        ends=("uncertain",), stands=0,
    )  # fmt: skip


def unreachable() -> Iterator[Story]:
    """The server's name leads nowhere, or its certificate is bad, when it is to be asked: surely nothing was said."""
    for fault, deed in (("name of the server gone", "lose the names"), ("certificate refused", "lose trust")):
        for step in ("before call of whoami", "before call of prepare", "before call of publish"):
            blow = Blow(step=step, deed=deed)
            yield Story(fault=fault, blows=(blow,), ends=("sent",), stands=1)


def other_requests(steps: Scouted) -> Iterator[Story]:
    """Each request besides the one that posts goes wrong once."""
    asked = [step.split() for step in dict.fromkeys(steps.usual) if step.startswith("before request")]
    for _, _, method, path in asked[:-1]:
        pattern = "^" + path.replace(".", r"\.").replace("N", "[0-9]+") + r"($|\?)"
        for fault, harm in OTHER.items():
            spoilt = Harm(do=harm.do, method=method, path=pattern, status=harm.status, body=harm.body)
            yield Story(fault=fault, blows=(Blow(harm=spoilt),), ends=("sent",), stands=1)


def each_answer(place: str, steps: Scouted) -> Iterator[Story]:
    """All of them."""
    for away in (False, True):
        yield from accepted(away=away)
        yield from unheard(place, away=away)
    yield from deleted()
    yield from long_after()
    yield from unreachable()
    yield from other_requests(steps)
