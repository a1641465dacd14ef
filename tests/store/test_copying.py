"""A ledger copied whole, from any database to any other, and one that takes the place of another."""

import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from bot.core.delivery import State
from bot.core.notice import Notice
from bot.core.person import SENT_LINK, SHOWN_LINK, Role
from bot.core.post import Receipt
from bot.core.problem import HandbillError
from bot.store import FenceLost, Look, Store, open_store
from bot.store.tables import METADATA
from tests.store.test_database import BLANK, NOW, WORDS, kept, lease
from tests.store.test_tallies import agrees

SENT = replace(BLANK, state="sent", variant=WORDS, post="one", receipt=Receipt(id="1"), payload={"text": "One."})
LATER = NOW + timedelta(hours=1)
SIGHTED = "\n".join(("air", "town", "09:00", ""))


@pytest.fixture(params=["to sqlite", "to postgresql"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of another database with nothing in it."""
    if request.param == "to sqlite":
        return f"sqlite:///{tmp_path}/other.db"
    return str(request.getfixturevalue("postgresql").fresh())


@pytest.fixture
def other(elsewhere: str) -> Iterator[Store]:
    """Another ledger with nothing in it."""
    with closing(open_store(elsewhere)) as found:
        yield found


def full(store: Store) -> Store:
    """A ledger that has a row of every kind."""
    store.note([SENT, replace(BLANK, clock="10:00", at=LATER)], [SIGHTED], {}, NOW)
    store.approve("digest", NOW)
    store.pause("air", NOW)
    store.start("town", NOW)
    store.remember("town", "session", "gAAAA")
    store.looked("town", Look(at=NOW, newest="1"), NOW)
    store.tell(Notice(kind="engine", words="it stopped", at=NOW))
    store.people.invite("secret", Role.ORGANIZER, "", NOW, SHOWN_LINK)
    ana = store.people.accept("secret", "Ana", "ana", "hidden", NOW)
    assert ana and store.people.begin("token", ana.id, "hidden", NOW)
    store.people.invite("another secret", Role.REVIEWER, "Ana", NOW, SENT_LINK)
    store.people.tried({"a name": 1}, NOW)
    store.people.note("Ana", "paused", "air", NOW)
    lease(store)
    return store


PASSING = {"leases", "sessions", "invitations", "tries"}


def rows(store: Store) -> dict[str, list[object]]:
    """Everything in a ledger but what passes, by table."""
    with store._reading() as connection:
        return {
            name: sorted(map(tuple, connection.execute(kept.select())), key=repr)
            for name, kept in METADATA.tables.items()
            if name not in PASSING
        }


def test_a_copy_holds_all_but_the_leases(store: Store, elsewhere: str) -> None:
    full(store).copy_to(elsewhere)
    with closing(open_store(elsewhere)) as copy:
        assert rows(copy) == rows(store)
        assert copy.lease("town", "you", 60) is not None


def test_who_holds_a_copy_is_nowhere_signed_in_nor_invited(store: Store, elsewhere: str) -> None:
    full(store).copy_to(elsewhere)
    with closing(open_store(elsewhere)) as copy:
        assert [one.name for one in copy.people.all()] == ["Ana"]
        assert copy.people.session("token") is None and copy.people.sessions(1) == []
        assert copy.people.invited("another secret", NOW) is None


def test_in_a_copy_deliveries_and_notices_are_counted_on(store: Store, elsewhere: str) -> None:
    full(store).copy_to(elsewhere)
    with closing(open_store(elsewhere)) as copy:
        assert copy.add(replace(BLANK, clock="23:00")).id == 3
        copy.tell(Notice(kind="engine", words="it stopped again", at=NOW))
        assert [notice.id for notice in copy.notices()] == [1, 2]


def test_a_long_past_is_copied_whole(store: Store, elsewhere: str) -> None:
    days = [replace(SENT, day=SENT.day + timedelta(days=number)) for number in range(2500)]
    store.note(days, (), {}, NOW)
    store.copy_to(elsewhere)
    with closing(open_store(elsewhere)) as copy:
        assert copy.extent()[0] == 2500


# A run that always notes a delivery and a row of the timetable at once.
PAIRS = """
import sys
from dataclasses import replace
from datetime import timedelta
from bot.store import open_store
from tests.store.test_database import BLANK, NOW
store = open_store(sys.argv[1])
for number in range(10_000):
    store.note([replace(BLANK, day=BLANK.day + timedelta(days=number))], [f"row {number}"], {}, NOW)
    print(number, flush=True)
"""


def test_a_copy_made_while_others_write_is_of_one_instant(store: Store, url: str, tmp_path: Path) -> None:
    with Popen([sys.executable, "-c", PAIRS, url], stdout=PIPE) as writer:
        try:
            assert writer.stdout
            for number in range(5):
                for _ in range(20):
                    writer.stdout.readline()
                store.copy_to(f"sqlite:///{tmp_path}/copy{number}.db")
                with closing(open_store(f"sqlite:///{tmp_path}/copy{number}.db")) as copy:
                    assert len(copy.deliveries()) == len(copy.sightings()) > 0
        finally:
            writer.kill()


# In the place of another


def test_a_restored_ledger_is_what_the_backup_holds(store: Store, other: Store) -> None:
    other.restore(full(store))
    assert rows(other) == rows(store)
    assert other.add(replace(BLANK, clock="23:00")).id == 3


def test_what_was_said_since_the_backup_stays_known(store: Store, other: Store) -> None:
    full(store)
    other.restore(store)
    second = next(one for one in other.deliveries(("planned",)))
    mine = lease(other)
    other.save(replace(second, state="sending"), mine)
    other.save(replace(second, state="sent", receipt=Receipt(id="2")), mine)
    other.note(
        [replace(SENT, clock="11:00", at=LATER + timedelta(hours=1), state="uncertain")],
        [SIGHTED],
        {SIGHTED: NOW},
        LATER,
    )
    other.note([replace(BLANK, clock="12:00", at=LATER + timedelta(hours=2))], (), {}, LATER)
    other.release(mine)
    other.restore(store)
    assert [(one.clock, one.state) for one in other.deliveries()] == [
        ("09:00", "sent"), ("10:00", "sent"), ("11:00", "uncertain"),
    ]  # fmt: skip
    assert other.sightings() == {SIGHTED: NOW}, "the timetable is gone through again from there"
    assert other.receipts("outbox", ["1", "2"]) == {"1", "2"}
    assert agrees(other)


def test_what_people_decided_since_the_backup_holds(store: Store, other: Store) -> None:
    full(store)
    other.remember("town", "session", "newer")
    other.remember("shop", "session", "its own")
    other.start("shop", LATER)
    other.pause("water", LATER)
    other.approve("another", LATER)
    other.restore(store)
    assert (other.memory("town"), other.memory("shop")) == ({"session": "newer"}, {"session": "its own"})
    assert (other.starts(), other.pauses()) == ({"town", "shop"}, {"air", "water"})
    assert other.approvals() == {"digest", "another"}


def going_on(store: Store, other: Store) -> Store:
    """`other`, as it goes on an hour after it was copied from `store`."""
    store.note([replace(SENT, said=NOW), replace(BLANK, clock="10:00", at=LATER)], [SIGHTED], {}, NOW)
    store.pause("air", NOW)
    store.start("town", NOW)
    store.approve("digest", NOW)
    store.remember("town", "session", "older")
    other.restore(store)
    other.note([], [SIGHTED], other.sightings(), LATER)
    return other


def decided(store: Store) -> tuple[object, ...]:
    return store.pauses(), store.starts(), store.approvals(), store.memory("town")


def test_what_people_took_back_since_the_backup_does_not_come_back(store: Store, other: Store) -> None:
    going_on(store, other)
    other.resume("air")
    other.stop("town")
    other.disapprove("digest")
    other.remember("town", "session", None)
    other.restore(store)
    assert decided(other) == (set(), set(), set(), {})


def test_who_an_account_is_since_the_backup_holds_and_what_it_said_is_looked_at_again(
    store: Store, other: Store
) -> None:
    store.looked("town", Look(at=NOW, identity="town", newest="1"), NOW)
    going_on(store, other).looked("town", Look(at=LATER, identity="another", newest="2"), LATER)
    other.restore(store)
    assert other.looks()["town"] == Look(at=NOW, identity="another", newest="1")


def test_what_was_moved_or_put_off_since_the_backup_stays_so(store: Store, other: Store) -> None:
    going_on(store, other)
    moved = replace(next(iter(other.deliveries(("planned",)))), at=LATER + timedelta(days=1))
    mine = lease(other)
    other.save(moved, mine)
    other.release(mine)
    other.restore(store)
    assert other.deliveries(("planned",)) == [replace(moved, id=other.deliveries(("planned",))[0].id)]


def test_what_a_newer_backup_knows_holds_against_an_old_ledger(store: Store, other: Store) -> None:
    going_on(store, other)
    store.pause("water", NOW)
    moved = replace(next(iter(store.deliveries(("planned",)))), at=LATER + timedelta(days=1))
    mine = lease(store)
    store.save(moved, mine)
    store.save(replace(moved, state="skipped", reason="by a person"), mine)
    store.release(mine)
    other.resume("air")
    other.remember("town", "session", "newer")
    store.restore(other)
    assert decided(store) == (set(), {"town"}, {"digest"}, {"session": "newer"})
    assert [(one.clock, one.state, one.at) for one in store.deliveries()] == [
        ("09:00", "sent", NOW), ("10:00", "planned", LATER),
    ]  # fmt: skip


@pytest.mark.parametrize("state", ["sent", "uncertain"])
def test_what_an_old_ledger_has_said_all_the_same_is_not_said_again(store: Store, other: Store, state: State) -> None:
    going_on(store, other)
    mine, planned = lease(store), store.deliveries(("planned",))[0]
    store.save(replace(planned, state="sending", said=LATER), mine)
    store.save(replace(planned, state=state, said=LATER), mine)
    store.release(mine)
    store.restore(other)
    assert [(one.clock, one.state) for one in store.deliveries()] == [("09:00", "sent"), ("10:00", state)]


def test_a_ledger_that_began_by_itself_ends_no_pause_of_a_backup(store: Store, other: Store) -> None:
    store.note([replace(SENT, said=NOW)], [SIGHTED], {}, NOW)
    store.pause("air", NOW)
    other.note([replace(SENT, said=LATER)], [SIGHTED], {}, LATER)
    other.restore(store)
    assert other.pauses() == {"air"}


def test_who_was_taken_off_the_list_does_not_come_back_with_a_backup(store: Store, other: Store) -> None:
    full(store)
    other.restore(store)
    other.people.invite("secret", Role.ORGANIZER, "Ana", NOW, SENT_LINK)
    assert other.people.accept("secret", "Bo", "bo", "hidden", NOW)
    assert other.people.remove(1).name == "Ana"
    other.restore(store)
    assert [one.name for one in other.people.all()] == ["Bo"]


def test_a_restore_leaves_people_signed_in(store: Store, other: Store) -> None:
    full(other).release(lease(other))
    other.restore(full(store))
    assert other.people.session("token") and other.people.invited("another secret", NOW)


def test_what_people_did_is_known_from_before_and_since(store: Store, other: Store) -> None:
    full(store)
    other.people.note("Bo", "skipped", "town", LATER)
    for _ in range(2):
        other.restore(store)
    other.people.note("Bo", "moved", "town", LATER)
    assert [one.deed for one in other.people.deeds(9)] == ["moved", "skipped", "paused"]


def test_what_nobody_was_told_yet_is_still_told(store: Store, other: Store) -> None:
    (found,) = kept(other, BLANK)
    mine = lease(other)
    other.save(replace(found, state="missed", reason="too late"), mine)
    other.release(mine)
    other.restore(full(store))
    assert [notice.words for notice in other.notices()] == ["it stopped", "too late"]


def test_a_run_that_read_before_a_restore_writes_nothing_after_it(store: Store, other: Store) -> None:
    full(store)
    (found,) = kept(other, BLANK)
    stale = other.lease("town", "me", 0)
    assert stale
    other.restore(store)
    other.resume("air")
    before = rows(other)
    with pytest.raises(FenceLost):
        other.save(replace(found, state="missed"), stale)
    with pytest.raises(FenceLost):
        other.begin(replace(found, state="sending"), stale, 60)
    other.release(stale)
    assert rows(other) == before
    assert other.lease("town", "me", 60) and lease(other, owner="me").fence > stale.fence + 1


def test_nothing_is_restored_while_a_run_speaks(store: Store, other: Store) -> None:
    full(store)
    kept(other, BLANK)
    lease(other)
    before = rows(other)
    with pytest.raises(HandbillError, match=r'The engine speaks for "town" right now\. Try again in a minute'):
        other.restore(store)
    assert rows(other) == before


def test_whoever_tells_people_something_holds_no_restore_up(store: Store, other: Store) -> None:
    kept(other, BLANK)
    lease(other, "(notices)")
    other.restore(full(store))
    assert len(other.deliveries()) == 2


def test_a_restore_that_is_broken_off_changes_nothing(
    store: Store, other: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    full(store)
    kept(other, BLANK)
    before = rows(other)

    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bot.store.copying._count_on", broken)
    with suppress(KeyboardInterrupt):
        other.restore(store)
    assert rows(other) == before
