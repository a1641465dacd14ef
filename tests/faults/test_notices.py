"""Whoever is killed while people are told: they are told all the same."""

import json
from collections.abc import Iterator
from datetime import timedelta
from time import sleep

import pytest

from tests.faults.answers import UNHEARD
from tests.faults.crew import Crew, Ended
from tests.faults.stage import LEASE, Stage, stage
from tests.faults.steps import SHORTER
from tests.faults.story import Blow, strike
from tests.servers.fixtures import Running, running
from tests.servers.serving import Answer, Request

# As long as one who was killed over a notice keeps others from sending it.
HELD = sum(SHORTER[name] for name in ("bot.work.notify:PAUSE", "bot.notices:DEADLINE"))


class Inbox:
    """Takes what people are told."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def answer(self, request: Request) -> Answer:
        self.messages.append(str(request.json()["message"]))
        return Answer(body=json.dumps({"ok": True}).encode())


@pytest.fixture
def inbox() -> Iterator[Running[Inbox]]:
    with running(Inbox()) as server:
        yield server


def test_a_worker_killed_over_a_notice_leaves_no_person_untold(
    workers: Crew, cards: str, inbox: Running[Inbox]
) -> None:
    address = f"json://{inbox.url.partition('://')[2]}/"
    with workers.lane() as lane, stage(lane, "x", cards, notify=address) as found:
        steps = _in_doubt(found, watched=True).steps
        struck = steps[steps.index("before call of notify") :]
        assert {"before call of send", "after call of send", "before commit of was_told"} <= set(struck)
        for at, step in enumerate(struck[: struck.index("after call of notify") + 1]):
            before = len(inbox.app.messages)
            nth = struck[: at + 1].count(step) + steps[: steps.index("before call of notify")].count(step)
            assert _in_doubt(found, strike=step, nth=nth).was_killed, step
            sleep(HELD)
            found.run(_later(found, 10), engine=True)
            (one,) = (one.id for one in found.ledger() if one.at == found.slots(found.lived - 1)[0])
            told = [f"delivery settle {one} --posted" in message for message in inbox.app.messages[before:]]
            assert 1 <= sum(told) <= 2, step


def _in_doubt(found: Stage, **blow: object) -> Ended:
    """A post of the next day that was never heard: a first look, a second, and then the one who is to tell people."""
    found.lived += 1
    day = found.lived - 1
    strike(found, day, 0, Blow(harm=UNHEARD["cut before the server heard"]))
    sleep(LEASE)
    return found.run(_later(found, 5), engine=True, **blow)


def _later(found: Stage, minutes: float) -> object:
    return found.slots(found.lived - 1)[0] + timedelta(minutes=minutes)
