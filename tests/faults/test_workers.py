"""However many workers share a ledger, and whatever dies: each post once, in its order, one at a time."""

from pathlib import Path

from tests.faults.sharing import Call, Counter, shared, struck
from tests.servers.postgres import or_skip, serving

AWAY = "the database ledger0 at 127.0.0.1: it does not answer. Check that it runs, and its address; nothing was lost."
# With 50 accounts; python -m tests.faults.sharing runs more.
SLOTS = 20


def test_four_workers_two_of_which_are_killed_share_a_server_that_dies(tmp_path: Path) -> None:
    with or_skip(), serving() as server:
        outcome = shared(tmp_path, server.fresh(), SLOTS, strikes=struck(server, SLOTS, seed=1))
    assert outcome.wrong == []
    assert set(outcome.complaints.splitlines()) <= {AWAY}


def test_two_workers_share_a_file_and_nobody_hears_that_it_is_locked(tmp_path: Path) -> None:
    outcome = shared(tmp_path, f"sqlite:///{tmp_path}/ledger.db", slots=5, many=2)
    assert (outcome.wrong, outcome.complaints) == ([], "")


def test_the_server_would_notice() -> None:
    door = Counter()
    for key, begin in (("a/1", 0.0), ("a/2", 0.5), ("a/1", 2.0)):
        door.calls.append(Call(account="a", key=key, begin=begin, end=begin + 1))
    assert door.faults(1) == [
        "a/1 was said 2 times", "2 of 50 were said", "a: two calls at once", "a: a/1 came after a/2",
    ]  # fmt: skip
