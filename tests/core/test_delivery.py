"""The fate of a slot: every step, every error, every look, every turn."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from itertools import pairwise, product
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import delivery as rules
from bot.core.delivery import (
    LEFT_ALONE,
    LONGEST,
    MOST_TRIES,
    OPEN,
    SECOND_LOOK,
    SHORTEST,
    STEPS,
    TOLD,
    USED,
    Abilities,
    Delivery,
    NoSuchStep,
    State,
    Turn,
    after_error,
    after_failed_look,
    after_look,
    backoff,
    step,
    turn,
)
from bot.core.post import Receipt, Variant
from bot.core.problem import NetworkError, Refused, SignedOut, TryLater, Uncertain

STATES: tuple[State, ...] = get_args(State)
NOW = datetime(2026, 12, 1, 14, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# Every step there is, written once more: from where, and where to.
ALLOWED = {
    "waiting": "planned skipped missed",
    "planned": "sending missed skipped waiting refused held",
    "sending": "sent refused held planned uncertain",
    "sent": "",
    "refused": "planned",
    "held": "planned missed",
    "uncertain": "sent planned skipped",
    "missed": "planned",
    "skipped": "planned",
}
DELIVERY = Delivery(
    network="outbox",
    identity="town",
    campaign="air",
    day=date(2026, 12, 1),
    clock="09:00",
    account="town-outbox",
    at=NOW,
    late=timedelta(hours=6),
)
WORDS = Variant(text="One.")


def test_where_others_decide_there_is_somebody_who_does() -> None:
    named = re.findall(r"bot(?:\.\w+)+", str(rules.__doc__))
    assert len(named) > 5
    for name in named:
        parts = name.split(".")
        room = import_module(".".join(parts[:3]))
        assert all(hasattr(room, function) for function in parts[3:]), name


# --- steps ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "after"), list(product(STATES, STATES)), ids=lambda state: state)
def test_only_the_steps_of_the_table_can_be_made(before: State, after: State) -> None:
    delivery = replace(DELIVERY, state=before)
    if after in ALLOWED[before].split():
        assert step(delivery, after, reason="why") == replace(delivery, state=after, reason="why")
        return
    with pytest.raises(NoSuchStep, match=f"{before} -> {after}"):
        step(delivery, after)


def test_every_state_has_its_steps() -> None:
    assert set(STEPS) == set(STATES) == set(ALLOWED)


def reached(start: State) -> set[State]:
    """The states that a delivery can come to from one."""
    found: set[State] = {start}
    while more := {after for before in found for after in STEPS[before]} - found:
        found |= more
    return found


@pytest.mark.parametrize("state", STATES)
def test_from_every_state_but_the_last_there_is_a_way_to_sent_and_it_has_only_one_door(state: State) -> None:
    ends: set[State] = {"sent"}
    assert (reached(state) == {state}) is (state in ends)
    assert state in ends or "sent" in reached(state)
    assert ("sent" in STEPS[state]) is (state in ("sending", "uncertain"))


def test_every_state_is_open_used_told_or_an_end_that_nobody_need_hear_of() -> None:
    assert {"sending", "sent", "uncertain"} == USED
    assert {"waiting", "planned", "held"} == OPEN
    assert {"refused", "held", "uncertain", "missed"} == TOLD
    assert set(STATES) - USED - OPEN - TOLD == {"skipped"}


@pytest.mark.parametrize("state", [before for before in STATES if "planned" in STEPS[before]])
def test_what_is_planned_again_drops_its_payload_and_keeps_its_key(state: State) -> None:
    before = replace(DELIVERY, state=state, payload={"text": "…"}, not_before=NOW)
    after = step(before, "planned")
    assert after.payload is None and after.not_before is None
    assert after.key == before.key


def test_the_key_does_not_change_when_a_delivery_is_moved_or_reworded() -> None:
    moved = replace(DELIVERY, at=NOW + timedelta(days=2), post="other", wording=3, account="renamed", tries=4)
    assert moved.key == DELIVERY.key == "outbox/town/air/2026-12-01/09:00"


def test_a_delivery_is_late_only_after_its_last_moment() -> None:
    last = NOW + DELIVERY.late
    assert not DELIVERY.is_late(last)
    assert DELIVERY.is_late(last + timedelta(microseconds=1))


def test_a_receipt_stays_with_what_was_sent() -> None:
    sent = step(replace(DELIVERY, state="sending"), "sent", receipt=Receipt(id="1"))
    assert sent.receipt == Receipt(id="1")


# --- errors -----------------------------------------------------------------------------------------

# What a call ended in, and what becomes of a delivery in "sending", or in "planned" while it was prepared.
ERRORS: Mapping[NetworkError, tuple[State, State]] = {
    Refused("no"): ("refused", "refused"),
    SignedOut("who?"): ("held", "held"),
    TryLater("busy", 90): ("planned", "planned"),
    TryLater("busy"): ("planned", "planned"),
    Uncertain("gone"): ("uncertain", "planned"),
    NetworkError("?"): ("uncertain", "planned"),
}


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_an_error_says_what_comes_next(error: NetworkError) -> None:
    for before, expected in zip(("sending", "planned"), ERRORS[error], strict=True):
        after = after_error(replace(DELIVERY, state=before, tries=1), error, NOW)
        assert (after.state, after.reason) == (expected, str(error))


@pytest.mark.parametrize(("error", "state"), list(product(ERRORS, STATES)), ids=repr)
def test_no_error_leads_where_the_table_does_not(error: NetworkError, state: State) -> None:
    try:
        after = after_error(replace(DELIVERY, state=state, tries=1), error, NOW)
    except NoSuchStep:
        return
    assert after.state == state == "planned" or after.state in STEPS[state]
    assert after.key == DELIVERY.key and after.reason


@pytest.mark.parametrize("state", ["sending", "planned"])
def test_the_time_that_a_network_names_is_kept_to_the_second(state: State) -> None:
    for seconds in (0, 1, 90, 7200):
        after = after_error(replace(DELIVERY, state=state, tries=3), TryLater("busy", seconds), NOW)
        assert after.not_before == NOW + timedelta(seconds=seconds)


def test_an_account_that_was_not_let_in_is_left_alone_for_a_while_and_this_was_no_try() -> None:
    held = after_error(replace(DELIVERY, state="sending", tries=3, payload={"text": "…"}), SignedOut("who?"), NOW)
    assert (held.not_before, held.tries, held.payload) == (NOW + LEFT_ALONE, 2, None)


@pytest.mark.parametrize("state", ["sending", "planned"])
def test_what_is_tried_again_keeps_its_words_and_counts_its_tries(state: State) -> None:
    before = replace(DELIVERY, state=state, tries=2, post="one", wording=2, variant=WORDS, share=7)
    after = after_error(before, TryLater("busy"), NOW)
    assert replace(after, state=state, not_before=None, reason="") == before


def waits(tries: int, clock: str = "09:00") -> timedelta:
    return backoff(replace(DELIVERY, tries=tries, clock=clock))


def test_without_a_time_named_the_pause_grows_from_half_a_minute_to_an_hour() -> None:
    pauses = [waits(tries) for tries in range(1, MOST_TRIES)]
    assert all(SHORTEST <= pause <= LONGEST for pause in pauses)
    assert all(1.5 * one < other for one, other in pairwise(pauses))
    assert all(LONGEST * 0.75 <= waits(tries) <= LONGEST for tries in (8, 9, 50, 1000))


@pytest.mark.parametrize("tries", [1, 2, 5, 8])
def test_what_failed_together_does_not_come_again_together(tries: int) -> None:
    pauses = {waits(tries, f"{hour:02}:00") for hour in range(24)}
    assert len(pauses) > 12 and pauses == {waits(tries, f"{hour:02}:00") for hour in range(24)}
    assert max(pauses) - min(pauses) > max(pauses) / 10


# --- looks ------------------------------------------------------------------------------------------

BLUESKY = Abilities(finds=True, repeats=True)
MASTODON = Abilities(finds=True, repeats=True, repeat_within=HOUR)
X = Abilities(finds=True)
WEBHOOK = Abilities()
FOLDER = Abilities(finds=True, finds_surely=True, repeats=True)
# What is done at the first look, at a second one; and past its time.
LOOKS = {
    "harmless for ever": (BLUESKY, "repeat", "repeat", "look again", "uncertain"),
    "harmless for an hour": (MASTODON, "repeat", "repeat", "look again", "uncertain"),
    "nothing but looking": (X, "look again", "uncertain", "look again", "uncertain"),
    "nobody can look": (WEBHOOK, "uncertain", "uncertain", "uncertain", "uncertain"),
    "what is not there never came": (FOLDER, "planned", "planned", "planned", "planned"),
}
SENDING = replace(DELIVERY, state="sending", said=NOW)


@pytest.mark.parametrize(("can", "first", "second", "late", "late_again"), LOOKS.values(), ids=LOOKS)
def test_what_is_done_about_a_post_that_was_looked_for(
    can: Abilities, first: str, second: str, late: str, late_again: str
) -> None:
    again = replace(SENDING, not_before=NOW)
    at = NOW + DELIVERY.late + MINUTE
    found = [after_look(SENDING, can, NOW), after_look(again, can, NOW)]
    found += [after_look(SENDING, can, at), after_look(again, can, at)]
    assert found == [first, second, late, late_again]


def test_a_key_is_used_for_as_long_as_it_is_good_and_no_longer() -> None:
    assert after_look(SENDING, MASTODON, NOW + HOUR) == "repeat"
    assert after_look(SENDING, MASTODON, NOW + HOUR + timedelta(seconds=1)) == "look again"


EVERY_ABILITY = [
    Abilities(finds=finds or surely, finds_surely=surely, repeats=repeats, repeat_within=within)
    for finds, surely, repeats, within in product(
        (True, False), (True, False), (True, False), (None, timedelta(), HOUR, 9 * HOUR)
    )
]
EVERY_TIME = [NOW + timedelta(hours=hours) for hours in (-1, 0, 0.5, 1, 1.1, 6, 6.1, 9, 10)]


@pytest.mark.parametrize("can", EVERY_ABILITY, ids=str)
@pytest.mark.parametrize("before", [None, NOW], ids=["first look", "second look"])
def test_nothing_is_said_twice_for_want_of_knowing(can: Abilities, before: datetime | None) -> None:
    for now in EVERY_TIME:
        sending = replace(SENDING, not_before=before)
        then = after_look(sending, can, now)
        assert then != "planned" or can.finds_surely
        may_repeat = can.repeats and not sending.is_late(now)
        assert then != "repeat" or (may_repeat and (can.repeat_within is None or now <= NOW + can.repeat_within))
        assert then != "look again" or (can.finds and before is None), "two looks are enough"


@pytest.mark.parametrize("can", EVERY_ABILITY, ids=str)
@pytest.mark.parametrize("error", [Refused("no"), SignedOut("who?"), TryLater("wait", 90), Uncertain("hm")], ids=repr)
def test_a_look_that_failed_is_made_again_while_that_may_help(can: Abilities, error: NetworkError) -> None:
    for now in EVERY_TIME:
        then = after_failed_look(SENDING, error, can, now)
        in_time = not SENDING.is_late(now)
        harmless = can.repeats and in_time and (can.repeat_within is None or now <= NOW + can.repeat_within)
        if (isinstance(error, TryLater | SignedOut) and in_time) or (isinstance(error, Uncertain) and harmless):
            pause = timedelta(seconds=90) if isinstance(error, TryLater) else min((now - NOW) / 2, HOUR)
            again = min(now + pause, SENDING.at + SENDING.late)
            assert then == replace(SENDING, not_before=max(now + SECOND_LOOK, again))
        else:
            assert then.state == "uncertain" and str(error) in then.reason
            knows = isinstance(error, Refused | Uncertain)
            assert (then.reason == str(error)) if knows else then.reason.startswith("nobody can look")


@pytest.mark.parametrize(("seconds", "pause"), [(0, 30), (1, 30), (90, 90), (9999, 9999), (99999, 6 * 3600)])
def test_a_look_waits_as_long_as_the_network_says_and_a_second_one_never_comes_at_once(
    seconds: int, pause: int
) -> None:
    then = after_failed_look(SENDING, TryLater("wait", seconds), X, NOW)
    assert then.not_before == NOW + timedelta(seconds=pause)


@pytest.mark.parametrize("error", [TryLater("away"), TryLater("wait", 9 * 3600), SignedOut("who?")], ids=repr)
def test_what_nobody_can_find_out_is_told_as_soon_as_it_is_too_late(error: NetworkError) -> None:
    end = SENDING.at + SENDING.late
    then = after_failed_look(SENDING, error, X, end - 9 * MINUTE)
    assert then.state == "sending" and then.not_before and then.not_before <= end
    assert after_failed_look(then, error, X, end + SECOND_LOOK).state == "uncertain"


def test_a_network_that_stays_away_is_asked_less_and_less_often() -> None:
    now, looks = NOW, 0
    while (then := after_failed_look(SENDING, TryLater("away"), BLUESKY, now)).state == "sending" and then.not_before:
        now, looks = then.not_before, looks + 1
    assert 10 < looks < 20 and then.state == "uncertain"


# --- turns ------------------------------------------------------------------------------------------

ACCOUNTS = ("a", "b", "c")
OPEN_STATES: tuple[State, ...] = ("waiting", "planned", "held")


@st.composite
def open_deliveries(draw: st.DrawFn) -> Delivery:
    """One that has come due, of one of three accounts."""
    state = draw(st.sampled_from(OPEN_STATES))
    minutes = st.integers(-30, 400)
    return replace(
        DELIVERY,
        account=draw(st.sampled_from(ACCOUNTS)),
        campaign=draw(st.sampled_from(("air", "water"))),
        clock=f"{draw(st.integers(0, 23)):02}:{draw(st.integers(0, 59)):02}",
        at=NOW - draw(st.sampled_from((0, 1, 30, 60, 90, 300, 600))) * MINUTE,
        late=draw(st.sampled_from((1, 60, 360))) * MINUTE,
        state=state,
        not_before=NOW + draw(minutes) * MINUTE if draw(st.booleans()) else None,
        tries=draw(st.integers(0, MOST_TRIES)),
        variant=draw(st.sampled_from((None, WORDS))),
        approval=draw(st.booleans()),
        reason=draw(st.sampled_from(("", "busy"))),
    )


DUE = st.lists(open_deliveries(), max_size=8, unique_by=lambda one: (one.account, one.campaign, one.clock))
FREE = st.fixed_dictionaries({name: st.sampled_from((0, 0, 20, 200)).map(lambda more: NOW + more * MINUTE)
                              for name in ACCOUNTS})  # fmt: skip


def retries(one: Delivery) -> bool:
    return one.state != "held" and one.not_before is not None


@given(due=DUE, free=FREE)
def test_each_that_is_due_speaks_or_waits_or_is_missed_and_none_is_lost(
    due: list[Delivery], free: dict[str, datetime]
) -> None:
    found = turn(due, NOW, free.__getitem__)
    parts = [*found.speak, *found.wait, *(one for one, _ in found.missed)]
    assert sorted(parts, key=id) == sorted(due, key=id)
    assert all(why for _, why in found.missed), "and is told why"
    assert not found.wait or found.wakes, "and what waits is looked at again"
    assert all(wake > NOW for wake in found.wakes)


@given(due=DUE, free=FREE)
def test_nobody_speaks_too_late_too_early_or_too_often(due: list[Delivery], free: dict[str, datetime]) -> None:
    for one in turn(due, NOW, free.__getitem__).speak:
        assert not one.is_late(NOW)
        assert free[one.account] <= NOW
        assert one.not_before is None or one.not_before <= NOW
        assert not retries(one) or one.tries < MOST_TRIES


@given(due=DUE, free=FREE)
def test_of_each_account_only_the_newest_instant_speaks_so_that_nothing_floods_out(
    due: list[Delivery], free: dict[str, datetime]
) -> None:
    found = turn(due, NOW, free.__getitem__)
    for account in ACCOUNTS:
        fresh = [one for one in found.speak if one.account == account and not retries(one)]
        assert len({one.at for one in fresh}) <= 1
        still = [one for one in (*found.wait, *fresh) if one.account == account and not retries(one)]
        assert all(one.at <= speaks.at for one in still for speaks in fresh)


@given(due=DUE, free=FREE)
def test_while_one_is_to_be_tried_again_its_accounts_later_ones_wait(
    due: list[Delivery], free: dict[str, datetime]
) -> None:
    found = turn(due, NOW, free.__getitem__)
    for first in filter(retries, found.wait):
        later = [one for one in due if one.account == first.account and one.at > first.at and not one.is_late(NOW)]
        given_up = [one for one, _ in found.missed if not retries(one) and one in later]
        assert not [one for one in found.speak if one in later] and not given_up


@given(due=DUE, free=FREE)
def test_whatever_is_missed_had_no_time_left_no_try_left_or_a_newer_one(
    due: list[Delivery], free: dict[str, datetime]
) -> None:
    for one, _ in turn(due, NOW, free.__getitem__).missed:
        last = one.at + one.late
        never = max(free[one.account], one.not_before or NOW) > last
        worn_out = retries(one) and one.tries >= MOST_TRIES
        newer = [other for other in due if other.account == one.account and other.at > one.at]
        assert one.is_late(NOW) or never or worn_out or newer


@given(due=DUE, free=FREE, data=st.data())
def test_the_order_in_which_they_are_read_does_not_matter(
    due: list[Delivery], free: dict[str, datetime], data: st.DataObject
) -> None:
    def named(found: Turn) -> object:
        rows = (found.speak, found.wait, [one for one, _ in found.missed])
        return [sorted((one.account, one.campaign, one.clock) for one in row) for row in rows], found.wakes

    other = data.draw(st.permutations(due))
    assert named(turn(due, NOW, free.__getitem__)) == named(turn(other, NOW, free.__getitem__))


def due(clock: str, account: str = "a", **changes: Any) -> Delivery:
    """One that is due at a time of the first of December, for six hours."""
    return replace(DELIVERY, clock=clock, account=account, at=noon(clock), **changes)


def noon(clock: str = "12:00") -> datetime:
    hours, minutes = map(int, clock.split(":"))
    return datetime(2026, 12, 1, hours, minutes, tzinfo=UTC)


RETRY = {"not_before": noon("12:30")}
# What is open, and of it what speaks at noon, what waits, what is missed.
TURNS = {
    "one speaks": ([due("11:00")], "11:00", "", ""),
    "of two the newest": ([due("10:00"), due("11:00")], "11:00", "", "10:00"),
    "too late": ([due("05:00")], "", "", "05:00"),
    "newest still in time": ([due("10:00"), due("11:00", late=5 * MINUTE)], "10:00", "", "11:00"),
    "accounts apart": ([due("10:00"), due("11:00", "b")], "10:00 11:00", "", ""),
    "later ones wait for a retry": ([due("10:00", **RETRY), due("11:00")], "", "10:00 11:00", ""),
    "a retry goes first": ([due("10:00", not_before=noon()), due("11:00")], "10:00 11:00", "", ""),
    "one that is wanted now goes first": (
        [due("11:58", not_before=noon("11:58")), due("11:59")],
        "11:58 11:59",
        "",
        "",
    ),
    "one that waits, too": (
        [due("11:58", state="waiting", not_before=noon("11:58")), due("11:59")],
        "11:58 11:59",
        "",
        "",
    ),
    "a retry past its time blocks nothing": ([due("05:00", **RETRY), due("11:00")], "11:00", "", "05:00"),
    "a held one waits": ([due("10:00", state="held", **RETRY)], "", "10:00", ""),
    "a held one blocks nothing": ([due("10:00", state="held", **RETRY), due("11:00")], "11:00", "", "10:00"),
    "approvals do not pile up": ([due("10:00", state="waiting"), due("11:00")], "11:00", "", "10:00"),
}


@pytest.mark.parametrize(("rows", "speak", "wait", "missed"), TURNS.values(), ids=TURNS)
def test_whose_turn_it_is_at_noon(rows: list[Delivery], speak: str, wait: str, missed: str) -> None:
    found = turn(rows, noon(), lambda _: noon())
    ends = [one for one, _ in found.missed]
    clocks = [" ".join(one.clock for one in some) for some in (found.speak, found.wait, ends)]
    assert clocks == [speak, wait, missed]


REASONS = {
    "nobody was there": ({}, "nobody was running"),
    "no approval": ({"state": "waiting", "variant": WORDS, "approval": True}, "nobody approved it in time"),
    "no start": ({"state": "waiting", "variant": WORDS}, "nobody let this account begin"),
    "never decided": ({"state": "waiting"}, "nobody was running"),
    "held": ({"state": "held", "reason": "no key"}, "could not be said in time: no key"),
    "tried": ({"not_before": NOW, "reason": "busy"}, "could not be said in time: busy"),
}


@pytest.mark.parametrize(("changes", "why"), REASONS.values(), ids=REASONS)
def test_what_came_too_late_says_why(changes: dict[str, object], why: str) -> None:
    late = replace(DELIVERY, at=NOW - 7 * HOUR, **changes)  # type: ignore[arg-type]
    ((_, said),) = turn([late], NOW, lambda _: NOW).missed
    assert why in said


def test_what_waited_for_an_earlier_one_until_it_was_too_late_says_so() -> None:
    first = replace(DELIVERY, at=NOW - 2 * HOUR, not_before=NOW + HOUR, reason="busy")
    behind = replace(DELIVERY, clock="10:00", at=NOW - HOUR, late=MINUTE)
    found = turn([first, behind], NOW, lambda _: NOW)
    assert found.wait == [first]
    assert [why for _, why in found.missed] == [
        "it waited for an earlier one of this account, and now it is too late for it (`late` in config.toml)"
    ]


def test_what_no_try_is_left_for_says_how_often_it_was_tried() -> None:
    worn = replace(DELIVERY, tries=MOST_TRIES, not_before=NOW, reason="busy")
    assert turn([worn], NOW, lambda _: NOW).missed == [(worn, "it was tried 8 times; the last time: busy")]


def test_quiet_hours_that_outlast_it_are_told_at_once() -> None:
    ((_, why),) = turn([DELIVERY], NOW, lambda _: NOW + 7 * HOUR).missed
    assert "quiet hours, or the gap between posts, last longer than it may be late" in why


# --- a whole life -----------------------------------------------------------------------------------

ENDINGS = st.sampled_from((None, Refused("no"), SignedOut("who?"), TryLater("busy"), TryLater("busy", 40),
                           TryLater("busy", 5000), Uncertain("gone")))  # fmt: skip


def lived(delivery: Delivery, endings: Iterator[NetworkError | None]) -> tuple[Delivery, int]:
    """A delivery's end, and how often the network was called, where calls end so; it is looked at every minute."""
    calls, now = 0, delivery.at
    while delivery.state in OPEN:
        found = turn([delivery], now, dict.fromkeys([delivery.account], now).__getitem__)
        if found.missed:
            return step(delivery, "missed", reason=found.missed[0][1]), calls
        for one in found.speak:
            ready = one if one.state == "planned" else step(one, "planned")
            sending = step(replace(ready, tries=one.tries + 1), "sending", not_before=None)
            calls += 1
            error = next(endings, None)
            delivery = after_error(sending, error, now) if error else step(sending, "sent")
        now += MINUTE
    return delivery, calls


@given(endings=st.lists(ENDINGS, max_size=40))
def test_whatever_comes_in_its_way_a_delivery_ends_and_is_called_again_only_where_nothing_was_posted(
    endings: list[NetworkError | None],
) -> None:
    ended, calls = lived(DELIVERY, iter(endings))
    assert ended.state in ("sent", "refused", "uncertain", "missed")
    assert all(isinstance(error, TryLater | SignedOut) for error in endings[: calls - 1])
    assert sum(not isinstance(error, SignedOut) for error in endings[:calls]) <= MOST_TRIES


def test_a_network_that_is_always_busy_is_called_eight_times() -> None:
    ended, calls = lived(DELIVERY, iter([TryLater("busy")] * 99))
    assert (ended.state, calls) == ("missed", MOST_TRIES)
    assert ended.reason == "it was tried 8 times; the last time: busy"


def test_a_network_that_asks_for_more_time_than_is_left_is_not_called_again() -> None:
    ended, calls = lived(DELIVERY, iter([TryLater("busy", 7 * 3600)] * 9))
    assert (ended.state, ended.reason, calls) == ("missed", "it could not be said in time: busy", 1)
