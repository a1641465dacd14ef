"""The ledger: what was written is there, once, be it SQLite or PostgreSQL."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.core.delivery import Delivery, NoSuchStep, State
from bot.core.notice import Notice, Trouble
from bot.core.post import Image, Receipt, Variant
from bot.store import FenceLost, Lease, Look, Store
from bot.store.tables import LONGEST_LEASE

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
BLANK = Delivery(
    network="outbox", identity="town", campaign="air", day=date(2026, 12, 1), clock="09:00", account="town", at=NOW,
    late=timedelta(hours=6),
)  # fmt: skip
WORDS = Variant(text="One. #CleanAir", words="One.", hashtags=("#CleanAir",), image=Image(file="a.png", alt="A lane"))


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


def test_what_two_ledgers_cannot_keep_alike_is_replaced(store: Store) -> None:
    odd = replace(
        BLANK, state="sent", reason="a\0b\ud800c", variant=replace(WORDS, text="One.\0"), payload={"text": "a\0b\ud800"}
    )  # fmt: skip
    (found,) = kept(store, odd)
    assert found.reason == "a\ufffdb\ufffdc"
    assert found.variant and found.variant.text == "One.\ufffd"
    assert found.payload == odd.payload, "what goes over the wire stays as it is"
    assert [use.language for use in store.uses(NOW)] == ["en"]


def test_an_instant_is_kept_to_its_last_fraction(store: Store) -> None:
    whole = replace(BLANK, at=NOW + timedelta(microseconds=1), not_before=NOW, said=NOW - timedelta(microseconds=1))
    (found,) = kept(store, whole)
    assert replace(found, id=None) == whole
    assert found.said and found.said.tzinfo is UTC


def test_deliveries_come_in_order_of_time_then_account_then_campaign(store: Store) -> None:
    later = NOW + timedelta(minutes=1)
    mixed = [
        replace(BLANK, clock="09:01", at=later), replace(BLANK, account="shop", identity="shop"),
        replace(BLANK, campaign="zoo"), BLANK,
    ]  # fmt: skip
    assert [(one.account, one.campaign, one.at) for one in kept(store, *mixed)] == [
        ("shop", "air", NOW), ("town", "air", NOW), ("town", "zoo", NOW), ("town", "air", later),
    ]  # fmt: skip


def test_deliveries_are_found_by_state_and_time(store: Store) -> None:
    hours = {clock: NOW + timedelta(hours=number) for number, clock in enumerate(("09:00", "10:00", "11:00"))}
    kept(store, *(replace(BLANK, clock=clock, at=at) for clock, at in hours.items()))
    kept(store, replace(BLANK, clock="10:30", at=hours["10:00"], state="missed"))
    found = store.deliveries(("planned", "held"), since=hours["10:00"], until=hours["11:00"])
    assert [one.clock for one in found] == ["10:00", "11:00"]


def test_what_may_have_been_said_counts_as_used(store: Store) -> None:
    states: tuple[State, ...] = ("sending", "sent", "uncertain", "planned", "refused", "missed")
    said = NOW + timedelta(minutes=5)
    kept(
        store,
        *(
            replace(BLANK, clock=f"{hour}:00", state=state, post=state, variant=WORDS, said=said)
            for hour, state in enumerate(states, 10)
        ),
        replace(BLANK, clock="08:00", at=NOW - timedelta(hours=1), state="sent", post="before", variant=WORDS),
    )
    found = store.uses(NOW)
    assert [(use.post, use.language, use.said) for use in found] == [
        (one, "en", said) for one in ("sending", "sent", "uncertain")
    ]


def test_sums_over_what_was_said_are_those_of_the_single_uses(store: Store) -> None:
    said = [
        ("one", 1, 1260, "sent"), ("one", 1, 2520, "uncertain"), ("one", 2, 3780, "sending"), ("two", 1, 2520, "sent"),
        ("two", 1, 9999, "refused"),
    ]  # fmt: skip
    rows = [
        replace(
            BLANK, clock=f"{hour}:00", at=NOW + timedelta(hours=hour), state=state, post=post, wording=wording,
            share=share, variant=WORDS,
        )
        for hour, (post, wording, share, state) in enumerate(said)
    ]  # fmt: skip
    kept(store, *rows, replace(BLANK, account="shop", identity="shop", state="sent", post="one", variant=WORDS))
    found = {(one.post, one.wording): (one.count, one.share, one.last) for one in store.spoken(["town"])}
    assert found == {
        ("one", 1): (2, 2520, NOW + timedelta(hours=1)),
        ("one", 2): (1, 3780, NOW + timedelta(hours=2)),
        ("two", 1): (1, 2520, NOW + timedelta(hours=3)),
    }
    assert len(store.spoken()) == 4


def test_a_refused_post_is_barred_with_its_digest_and_stays_so(store: Store) -> None:
    (found,) = kept(store, replace(BLANK, state="sending", post="one", digest="abc"))
    mine = lease(store)
    assert store.barred() == set()
    store.save(replace(found, state="refused"), mine)
    store.save(replace(found, state="planned", digest="edited"), mine)
    assert store.barred() == {("outbox", "air/one", "abc")}


def test_what_an_account_said_in_a_span_is_found_also_if_it_was_said_late(store: Store) -> None:
    before = NOW - timedelta(days=3)
    kept(
        store,
        replace(BLANK, clock="01:00", at=before, said=NOW, state="sent", variant=WORDS),
        replace(BLANK, clock="02:00", at=before, state="sent", variant=WORDS),
        replace(BLANK, clock="03:00", state="uncertain", variant=WORDS),
        replace(BLANK, clock="04:00", state="planned", variant=WORDS),
        replace(BLANK, account="shop", identity="shop", state="sent", variant=WORDS),
    )
    assert [at for at, _ in store.variants("town", NOW - timedelta(hours=1))] == [NOW, NOW]


def test_a_delivery_that_is_added_comes_back_with_its_number_and_the_first_of_a_key_stays(store: Store) -> None:
    first = store.add(replace(BLANK, state="sent", receipt=Receipt(id="7")))
    assert first.id is not None
    assert store.add(replace(BLANK, state="sent", receipt=Receipt(id="8"))) == first
    assert store.receipts("outbox", ["7", "8"]) == {"7"}
    assert store.receipts("another", ["7"]) == set()


def test_an_account_keeps_its_past_under_a_new_name(store: Store) -> None:
    kept(
        store, BLANK, replace(BLANK, clock="10:00", account="village"), replace(BLANK, identity="shop", account="shop")
    )
    assert store.names("outbox", "town", besides="town") == {"village"}
    store.rename("outbox", "town", "city")
    assert store.names("outbox", "town", besides="city") == set()
    assert sorted(one.account for one in store.deliveries()) == ["city", "city", "shop"]


# Steps, and what is told of them


def test_no_step_is_written_that_the_table_of_states_does_not_know(store: Store) -> None:
    (found,) = kept(store, replace(BLANK, state="sent"))
    with pytest.raises(NoSuchStep, match="sent -> planned"):
        store.save(replace(found, state="planned"), lease(store))
    assert store.deliveries() == [found]


def test_an_end_that_is_not_sent_is_told_once(store: Store) -> None:
    (found,) = kept(store, BLANK)
    mine = lease(store)
    store.save(replace(found, state="missed", reason="too late"), mine)
    store.save(replace(found, state="missed", reason="too late indeed"), mine)
    (notice,) = store.notices()
    assert (notice.kind, notice.words, notice.delivery) == ("missed", "too late", found.id)


def test_what_is_sent_is_told_to_nobody(store: Store) -> None:
    (found,) = kept(store, replace(BLANK, state="sending"))
    store.save(replace(found, state="sent"), lease(store))
    assert store.notices() == []


def test_what_could_not_be_told_stays_to_be_told_with_the_trouble(store: Store) -> None:
    store.tell(Notice(kind="engine", words="it stopped", at=NOW))
    store.was_told(store.notices(), NOW, "the mail server is away")
    (found,) = store.notices()
    assert (found.words, found.trouble) == ("it stopped", "the mail server is away")
    store.was_told([found], NOW)
    assert store.notices() == []


def test_a_trouble_of_an_account_is_told_when_it_is_new(store: Store) -> None:
    for look in (Look(trouble="signed out"), Look(trouble="signed out"), Look(at=NOW), Look(trouble="signed out")):
        store.looked("town", look, NOW)
    assert [one.words for one in store.notices()] == ["signed out", "signed out"]
    assert store.looks() == {"town": Look(trouble="signed out")}


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


def test_a_row_that_is_forgotten_was_never_seen(store: Store) -> None:
    store.note([], ["row", "other"], {}, NOW)
    store.forget(["row"])
    assert store.sightings() == {"other": NOW}


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
        store.begin(replace(found, state="sending"), mine, 60)
    assert store.deliveries() == [found]


def test_a_lease_from_a_clock_that_was_ahead_does_not_hold_for_ever(store: Store) -> None:
    assert store.lease("town", "me", LONGEST_LEASE + 60)
    assert store.lease("town", "you", 60) == Lease("town", 2)


def test_giving_a_lost_lease_back_leaves_the_new_owner_in_place(store: Store) -> None:
    mine = store.lease("town", "me", 0)
    assert mine is not None
    lease(store, owner="you")
    store.release(mine)
    assert store.lease("town", "me", 60) is None


@pytest.mark.parametrize(
    ("other", "begins"),
    [
        pytest.param({}, False, id="the same post"),
        pytest.param({"post": "other"}, False, id="the same words in another post"),
        pytest.param({"sameness": "other"}, False, id="another wording of the post"),
        pytest.param({"post": "other", "sameness": "other"}, True, id="something else"),
        pytest.param({"network": "elsewhere"}, True, id="on another network"),
        pytest.param({"account": "town", "clock": "10:00"}, True, id="the account itself"),
        pytest.param({"at": NOW - timedelta(days=7)}, True, id="a week before"),
        pytest.param({"variant": Variant(text="Uno.", words="Uno.", language="es")}, True, id="in another language"),
        pytest.param({"state": "refused"}, True, id="refused"),
    ],
)
def test_nothing_begins_that_another_account_of_the_network_says_too(
    store: Store, other: dict[str, Any], begins: bool
) -> None:
    first = replace(BLANK, post="one", sameness="s", variant=WORDS)
    second = replace(first, **{"account": "shop", "identity": "shop", "state": "sending", **other})
    mine = next(one for one in kept(store, first, second) if replace(one, id=None) == first)
    assert store.begin(replace(mine, state="sending", tries=1), lease(store), 60) is begins
    assert store.delivery(mine.id) == (replace(mine, state="sending", tries=1) if begins else mine)


def test_what_begins_has_its_lease_for_a_while(store: Store) -> None:
    (found,) = kept(store, BLANK)
    mine = store.lease("town", "me", 0)
    assert mine and store.begin(replace(found, state="sending"), mine, 60)
    assert store.lease("town", "you", 60) is None


@pytest.mark.parametrize(("paused", "begins"), [("air", False), ("", False), ("water", True)])
def test_nothing_begins_in_a_pause(store: Store, paused: str, begins: bool) -> None:
    (found,) = kept(store, BLANK)
    store.pause(paused, NOW)
    assert store.begin(replace(found, state="sending"), lease(store), 60) is begins


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


def test_what_is_kept_of_an_account_is_replaced_and_forgotten_by_name(store: Store) -> None:
    store.remember("town", "session", "a")
    store.remember("town", "token", "b")
    store.remember("shop", "session", "c")
    store.remember("town", "session", "d")
    store.remember("town", "token", None)
    assert (store.memory("town"), store.memory("shop")) == ({"session": "d"}, {"session": "c"})


def test_an_account_begins_once_and_may_be_made_quiet_again(store: Store) -> None:
    assert store.start("town", NOW) and not store.start("town", NOW)
    assert store.starts() == {"town"}
    store.stop("town")
    assert store.starts() == set()


# What a person must know


def test_what_is_wrong_with_an_address_is_kept_until_it_works(store: Store) -> None:
    found = Trouble(words="it answered 401", tries=2, again=NOW + timedelta(minutes=2))
    store.trouble("json://a.example", Trouble(words="it does not answer", tries=1, again=NOW))
    store.trouble("json://a.example", found)
    assert store.troubles() == {"json://a.example": found}
    store.trouble("json://a.example", None)
    assert store.troubles() == {}


# The newest, and the whole


def test_what_went_wrong_is_listed_with_the_newest_first_and_piece_by_piece(store: Store) -> None:
    days = [replace(BLANK, state="missed", at=NOW + timedelta(days=day), day=NOW.date() + timedelta(days=day))
            for day in range(4)]  # fmt: skip
    shop = replace(BLANK, account="shop", identity="shop", state="refused", reason="no")
    kept(store, *days, shop, replace(BLANK, clock="10:00", state="sent"))
    found = store.newest(("missed", "refused"), begin=1, most=3)
    assert [(one.account, one.day.day) for one in found] == [("town", 3), ("town", 2), ("town", 1)]
    assert [one.reason for one in store.newest(("missed", "refused"), "shop")] == ["no"]
    assert "no" not in [one.reason for one in store.newest(("missed", "refused"), but=("no",))]


def test_who_runs_the_engine_is_known_until_an_hour_later(store: Store) -> None:
    for minute in (0, 1, 59):
        store.working("town-hall", NOW + timedelta(minutes=minute))
    store.working("library", NOW + timedelta(minutes=30))
    assert store.workers() == {"town-hall": NOW + timedelta(minutes=59), "library": NOW + timedelta(minutes=30)}
    store.working("town-hall", NOW + timedelta(minutes=91))
    assert list(store.workers()) == ["town-hall"]


def test_when_people_were_last_told_is_known(store: Store) -> None:
    assert store.last_told() is None
    store.tell(Notice(kind="engine", words="it stopped", at=NOW))
    store.was_told(store.notices(), NOW + timedelta(minutes=1))
    assert store.last_told() == NOW + timedelta(minutes=1)


def test_a_database_has_a_size(store: Store) -> None:
    assert store.size() > 4096
