"""The fate of a slot: only these steps, and after an error only this."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import get_args

import pytest

from bot.core.delivery import STEPS, USED, Delivery, NoSuchStep, State, after_error, step
from bot.core.post import Receipt
from bot.core.problem import NetworkError, Refused, SignedOut, TryLater, Uncertain

STATES: tuple[State, ...] = get_args(State)
NOW = datetime(2026, 12, 1, 14, tzinfo=UTC)
# As the manual draws it: from where, and where to.
ALLOWED = {
    "waiting": "planned skipped missed",
    "planned": "sending missed skipped",
    "sending": "sent refused held planned uncertain",
    "sent": "",
    "refused": "planned",
    "held": "planned missed",
    "uncertain": "sent planned",
    "missed": "planned",
    "skipped": "",
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


def test_what_may_have_been_said_counts_as_used() -> None:
    assert {"sending", "sent", "uncertain"} == USED


@pytest.mark.parametrize(
    ("error", "state"),
    [
        pytest.param(Refused("no"), "refused", id="refused: a person changes the post"),
        pytest.param(SignedOut("who?"), "held", id="signed out: a person connects again"),
        pytest.param(TryLater("busy", 90), "planned", id="try later: surely not posted"),
        pytest.param(Uncertain("gone"), "uncertain", id="uncertain: a person looks"),
        pytest.param(NetworkError("?"), "uncertain", id="anything else: perhaps posted"),
    ],
)
def test_an_error_says_what_comes_next(error: NetworkError, state: State) -> None:
    sending = replace(DELIVERY, state="sending", payload={"text": "…"}, tries=1)
    after = after_error(sending, error, NOW)
    assert (after.state, after.reason, after.tries) == (state, str(error), 1)
    assert after.not_before == (NOW + timedelta(seconds=90) if state == "planned" else None)


@pytest.mark.parametrize("state", [before for before in STATES if "planned" in STEPS[before]])
def test_what_is_planned_again_drops_its_payload_and_keeps_its_key(state: State) -> None:
    before = replace(DELIVERY, state=state, payload={"text": "…"})
    after = step(before, "planned")
    assert after.payload is None
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
