"""Doors: each account is opened and asked once a tick, and one that cannot be read stops nobody."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest

from bot.app import App
from bot.config import Account
from bot.core.network import Publisher
from bot.core.problem import Refused, SignedOut, TryLater, Uncertain
from bot.work.doors import THREADS, Doors, side_by_side, told
from tests.work.stage import opened, outboxes


def counting(app: App) -> tuple[App, list[str]]:
    """The same app, and which accounts were opened."""
    opened_so_far: list[str] = []

    def connect(inner: App, account: Account) -> Publisher:
        opened_so_far.append(account.name)
        if account.name == "lost":
            raise SignedOut("no key")
        assert app.connect is not None
        return app.connect(inner, account)

    return replace(app, connect=connect), opened_so_far


TWO = '[accounts.town]\nnetwork = "outbox"\n[accounts.lost]\nnetwork = "outbox"\n'


def test_an_account_is_opened_and_asked_who_it_is_once(tmp_path: Path) -> None:
    app, opened_so_far = counting(outboxes(opened(tmp_path, told=TWO)))
    doors = Doors(app)
    assert [doors.identity("town"), doors.identity("town")] == ["town", "town"]
    assert doors.publisher("town") is doors.publisher("town")
    assert opened_so_far == ["town"]


def test_one_that_must_be_connected_first_goes_by_its_name(tmp_path: Path) -> None:
    app, _ = counting(outboxes(opened(tmp_path, told=TWO)))
    assert Doors(app).identity("lost") == "(lost)"


@pytest.mark.parametrize("otherwise", [TryLater, Uncertain])
def test_an_answer_that_nobody_can_read_is_one_of_the_four_errors(otherwise: type[TryLater | Uncertain]) -> None:
    with pytest.raises(otherwise, match=r"could not be understood \(KeyError\)"):
        told(lambda: {}["id"], otherwise)


def test_an_error_of_the_network_stays_what_it_is() -> None:
    def refuse() -> str:
        raise Refused("too long")

    with pytest.raises(Refused, match="too long"):
        told(refuse, Uncertain)


def test_accounts_are_served_side_by_side_and_answers_keep_their_order() -> None:
    # Each waits for all the others: one after the other, nobody would ever get through.
    meeting = Barrier(THREADS, timeout=60)

    def meet(number: int) -> int:
        meeting.wait()
        return number

    assert side_by_side(meet, range(THREADS)) == list(range(THREADS))


def test_an_error_of_one_comes_after_the_others_are_done() -> None:
    done: list[int] = []

    def do(number: int) -> None:
        if number == 0:
            raise TryLater("away")
        done.append(number)

    act: Callable[[int], None] = do
    with pytest.raises(TryLater):
        side_by_side(act, range(5))
    assert sorted(done) == [1, 2, 3, 4]
