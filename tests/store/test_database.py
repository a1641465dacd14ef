"""The ledger: what was written is there, once; and whatever is wrong with its file is one sentence."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.delivery import Delivery
from bot.core.notice import Trouble
from bot.core.post import Image, Receipt, Variant
from bot.core.problem import HandbillError
from bot.store import FenceLost, Lease, Store, open_store

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
BLANK = Delivery(
    network="outbox", identity="town", campaign="air", day=date(2026, 12, 1), clock="09:00", account="town", at=NOW,
    late=timedelta(hours=6),
)  # fmt: skip
WORDS = Variant(text="One. #CleanAir", words="One.", hashtags=("#CleanAir",), image=Image(file="a.png", alt="A lane"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = open_store(f"sqlite:///{tmp_path}/handbill.db")
    yield found
    found.close()


def kept(store: Store, *deliveries: Delivery) -> list[Delivery]:
    """The deliveries as the ledger has them."""
    assert store.note(deliveries, (), {}, NOW)
    return store.deliveries()


def lease(store: Store, account: str = "town", owner: str = "me") -> Lease:
    found = store.lease(account, owner, 60)
    assert found is not None
    return found


# Deliveries


def test_a_delivery_comes_back_as_it_was_written(store: Store) -> None:
    whole = replace(
        BLANK, state="sent", post="one", digest="d", wording=2, variant=WORDS, share=2520, sameness="s", tries=1,
        not_before=NOW, payload={"a": ["b", None]}, receipt=Receipt(id="1", url="https://example.org/1"),
        reason="why", approval=True, tags=("facts",),
    )  # fmt: skip
    (found,) = kept(store, whole)
    assert replace(found, id=None) == whole
    assert store.delivery(found.id) == found


def test_a_delivery_of_which_nothing_is_known_comes_back_too(store: Store) -> None:
    (found,) = kept(store, BLANK)
    assert replace(found, id=None) == BLANK


def test_one_key_is_one_delivery_and_the_first_stays(store: Store) -> None:
    found = kept(store, replace(BLANK, reason="first"), replace(BLANK, reason="second"))
    assert [one.reason for one in found] == ["first"]


@pytest.mark.parametrize(
    "other", [{"clock": "10:00"}, {"identity": "shop"}, {"campaign": "water"}, {"day": date(2026, 12, 2)}]
)
def test_another_key_is_another_delivery(store: Store, other: dict[str, object]) -> None:
    assert len(kept(store, BLANK, replace(BLANK, **other))) == 2  # type: ignore[arg-type]


def test_what_may_have_been_said_counts_as_used(store: Store) -> None:
    rows = [
        replace(BLANK, clock=f"{hour}:00", state=state, post=state, variant=WORDS)
        for hour, state in enumerate(("sending", "sent", "uncertain", "planned", "refused", "missed"), 10)
    ]
    kept(store, *rows)
    assert [(use.post, use.language) for use in store.uses()] == [
        (one, "en") for one in ("sending", "sent", "uncertain")
    ]


def test_a_refused_post_is_barred_with_its_digest(store: Store) -> None:
    kept(store, replace(BLANK, state="refused", post="one", digest="abc"))
    assert store.barred() == {("outbox", "air/one", "abc")}


# The timetable


def test_slots_are_noted_up_to_now(store: Store) -> None:
    assert store.note([BLANK], ["row"], {}, NOW)
    assert store.sightings() == {"row": NOW}
    assert store.noted(NOW) == {("town", "air", date(2026, 12, 1), "09:00")}


def test_of_two_runs_that_note_the_same_rows_only_one_does(store: Store) -> None:
    seen = store.sightings()
    assert store.note([BLANK], ["row"], seen, NOW)
    assert not store.note([replace(BLANK, identity="another")], ["row"], seen, NOW)
    assert len(store.deliveries()) == 1


def test_a_clock_that_jumps_back_does_not_take_sightings_back(store: Store) -> None:
    store.note([], ["row"], {}, NOW)
    store.note([], ["row"], store.sightings(), NOW - timedelta(hours=1))
    assert store.sightings() == {"row": NOW}


# Leases


def test_one_account_is_leased_to_one_owner(store: Store) -> None:
    assert lease(store, owner="me")
    assert store.lease("town", "you", 60) is None
    assert store.lease("shop", "you", 60) is not None


def test_a_lease_that_was_given_back_or_ran_out_is_free(store: Store) -> None:
    store.release(lease(store, owner="me"))
    assert store.lease("town", "you", 0) == Lease("town", 2)
    assert store.lease("town", "me", 60) == Lease("town", 3)


def test_a_worker_that_lost_its_fence_can_not_write(store: Store) -> None:
    (found,) = kept(store, BLANK)
    mine = store.lease("town", "me", 0)
    assert mine is not None
    lease(store, owner="you")
    with pytest.raises(FenceLost, match='Another run speaks for "town" now'):
        store.save(replace(found, state="sent"), mine)
    with pytest.raises(FenceLost):
        store.begin(replace(found, state="sending"), mine, 0, 60)
    assert store.deliveries() == [found]


def test_giving_a_lost_lease_back_leaves_the_new_owner_in_place(store: Store) -> None:
    mine = store.lease("town", "me", 0)
    assert mine is not None
    lease(store, owner="you")
    store.release(mine)
    assert store.lease("town", "me", 60) is None


def test_a_choice_is_void_if_the_network_was_spoken_on_meanwhile(store: Store) -> None:
    first, second = kept(store, BLANK, replace(BLANK, account="shop", identity="shop"))
    said = store.said_on("outbox")
    assert store.begin(replace(first, state="sending", tries=1), lease(store, first.account), said, 60)
    assert not store.begin(replace(second, state="sending", tries=1), lease(store, second.account), said, 60)


@pytest.mark.parametrize(("paused", "begins"), [("air", False), ("", False), ("water", True)])
def test_nothing_begins_in_a_pause(store: Store, paused: str, begins: bool) -> None:
    (found,) = kept(store, BLANK)
    store.pause(paused, NOW)
    assert store.begin(replace(found, state="sending"), lease(store), 0, 60) is begins


# Pauses, approvals


def test_a_pause_holds_until_it_is_ended_however_often_it_was_begun(store: Store) -> None:
    store.pause("air", NOW)
    store.pause("air", NOW)
    assert store.pauses() == {"air"}
    assert store.resume("air") and not store.resume("air")
    assert store.pauses() == set()


def test_words_may_be_approved_twice(store: Store) -> None:
    store.approve("digest", NOW)
    store.approve("digest", NOW)
    assert store.approvals() == {"digest"}


# The file


def test_a_copy_holds_all_but_the_leases(store: Store, tmp_path: Path) -> None:
    store.note([replace(BLANK, state="sent", variant=WORDS, receipt=Receipt(id="1"))], ["row"], {}, NOW)
    store.pause("air", NOW)
    store.approve("digest", NOW)
    lease(store)
    store.copy_to(f"sqlite:///{tmp_path}/copy.db")
    copy = open_store(f"sqlite:///{tmp_path}/copy.db")
    assert copy.deliveries() == store.deliveries()
    assert (copy.sightings(), copy.pauses(), copy.approvals()) == ({"row": NOW}, {"air"}, {"digest"})
    assert copy.lease("town", "you", 60) is not None


def test_a_ledger_opens_again_as_it_was_left(tmp_path: Path) -> None:
    for day in (1, 2):
        store = open_store(f"sqlite:///{tmp_path}/handbill.db")
        assert len(kept(store, replace(BLANK, day=date(2026, 12, day)))) == day
        store.close()


def test_looking_into_a_ledger_changes_nothing_beside_or_in_it(store: Store, tmp_path: Path) -> None:
    kept(store, BLANK)
    store.close()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    look = open_store(f"sqlite:///{tmp_path}/handbill.db", write=False)
    look.pause("air", NOW)
    assert len(look.deliveries()) == 1
    look.close()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_looking_sees_what_another_run_has_just_written(store: Store, tmp_path: Path) -> None:
    kept(store, BLANK)
    assert len(open_store(f"sqlite:///{tmp_path}/handbill.db", write=False).deliveries()) == 1


def test_a_file_whose_making_was_broken_off_is_read_as_empty_and_made_whole_when_written(tmp_path: Path) -> None:
    (tmp_path / "handbill.db").touch()
    assert open_store(f"sqlite:///{tmp_path}/handbill.db", write=False).deliveries() == []
    assert (tmp_path / "handbill.db").read_bytes() == b""
    assert len(kept(open_store(f"sqlite:///{tmp_path}/handbill.db"), BLANK)) == 1


@pytest.mark.parametrize("name", ["what?.db", "100%.db", "ä b.db", "a#b.db"])
def test_a_ledger_may_have_any_name(tmp_path: Path, name: str) -> None:
    open_store(f"sqlite:///{tmp_path}/{name}").close()
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert open_store(f"sqlite:///{tmp_path}/{name}", write=False).deliveries() == []


@pytest.mark.parametrize("write", [True, False])
def test_a_ledger_of_a_newer_version_is_refused(store: Store, tmp_path: Path, write: bool) -> None:
    store.close()
    with sqlite3.connect(tmp_path / "handbill.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(HandbillError, match=r"was written by a newer Handbill\. Update this one: pip install"):
        open_store(f"sqlite:///{tmp_path}/handbill.db", write=write)


@pytest.mark.parametrize("write", [True, False])
def test_a_file_that_is_no_ledger_is_refused_and_stays_as_it_is(tmp_path: Path, write: bool) -> None:
    (tmp_path / "handbill.db").write_text("Dear diary, " * 100, encoding="utf-8")
    with pytest.raises(HandbillError, match=r"this file is no database of Handbill\. Move it away"):
        open_store(f"sqlite:///{tmp_path}/handbill.db", write=write)
    assert (tmp_path / "handbill.db").read_text(encoding="utf-8") == "Dear diary, " * 100


@pytest.mark.parametrize("path", ["no/such/folder/handbill.db", "."])
@pytest.mark.parametrize("write", [True, False])
def test_a_ledger_that_cannot_be_opened_is_one_sentence(tmp_path: Path, path: str, write: bool) -> None:
    with pytest.raises(HandbillError, match=r"cannot be (opened|read or written)\. Check that"):
        open_store(f"sqlite:///{tmp_path}/{path}", write=write)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own, in memory."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    if sys.platform != "linux" or os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs root on Linux, to mount a small disk: run the tests as root, or in a container")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_is_one_sentence_and_nothing_is_lost(disk: Path) -> None:
    store = open_store(f"sqlite:///{disk}/handbill.db")
    (found,) = kept(store, BLANK)
    (disk / "rest").touch()
    with pytest.raises(OSError), (disk / "rest").open("wb") as rest:
        while True:
            os.write(rest.fileno(), b"x" * 1024)
    with pytest.raises(HandbillError, match=r"the disk is full\. Make room, then run the same command again"):
        for _ in range(100):
            store.note([replace(BLANK, clock="10:00", reason="x" * 50_000)], (), {}, NOW)
    (disk / "rest").unlink()
    assert kept(store, replace(BLANK, clock="11:00"))[0] == found
    store.close()


def test_a_disk_that_may_not_be_written_can_still_be_looked_into(disk: Path) -> None:
    store = open_store(f"sqlite:///{disk}/handbill.db")
    kept(store, BLANK)
    store.close()
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    assert len(open_store(f"sqlite:///{disk}/handbill.db", write=False).deliveries()) == 1
    with pytest.raises(HandbillError, match=r"cannot be (written|opened)\. Check"):
        open_store(f"sqlite:///{disk}/handbill.db").pause("air", NOW)


OPEN = "import sys; from bot.store import open_store; print(open_store(sys.argv[1]).deliveries())"


def test_many_runs_may_open_a_new_ledger_at_once(tmp_path: Path) -> None:
    order = [sys.executable, "-c", OPEN, f"sqlite:///{tmp_path}/handbill.db"]
    children = [subprocess.Popen(order, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(6)]
    assert [child.communicate(timeout=120) for child in children] == [("[]\n", "")] * 6


WRITE = """
import sys
from datetime import UTC, datetime
from bot.store import open_store
store = open_store(sys.argv[1])
for number in range(30):
    store.pause(f"{sys.argv[2]} {number}", datetime(2026, 12, 1, tzinfo=UTC))
    store.pauses()
"""


def test_nobody_is_told_that_the_ledger_is_locked(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/handbill.db"
    children = [
        subprocess.Popen([sys.executable, "-c", WRITE, url, str(number)], stderr=subprocess.PIPE, text=True)
        for number in range(4)
    ]
    assert [child.communicate(timeout=120)[1] for child in children] == [""] * 4
    assert len(open_store(url).pauses()) == 120


def test_what_is_wrong_with_an_address_is_kept_until_it_works(store: Store) -> None:
    found = Trouble(words="it answered 401", tries=2, again=NOW + timedelta(minutes=2))
    store.trouble("json://a.example", Trouble(words="it does not answer", tries=1, again=NOW))
    store.trouble("json://a.example", found)
    assert store.troubles() == {"json://a.example": found}
    store.trouble("json://a.example", None)
    assert store.troubles() == {}
