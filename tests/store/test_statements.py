"""What each delivery asks of the ledger is put into words once, not at each delivery."""

from dataclasses import replace
from datetime import timedelta

from bot.core.delivery import Delivery
from bot.core.post import Receipt
from bot.store import Store
from tests.store.test_database import BLANK, NOW, WORDS, kept


def said(store: Store, one: Delivery) -> None:
    """All that is asked from the first look at a delivery to its end."""
    with store.leased(one.account, "me", 60) as lease:
        assert lease and store.delivery(one.id) == one
        sending = replace(one, state="sending", post="one", wording=1, variant=WORDS)
        assert store.begin(sending, lease, 60)
        store.save(replace(sending, state="sent", receipt=Receipt(id="1")), lease)


def test_after_the_first_delivery_nothing_is_put_into_words_anew(store: Store) -> None:
    first, second = kept(store, BLANK, replace(BLANK, clock="10:00", at=NOW + timedelta(hours=1)))
    said(store, first)
    known = set(store._engine._compiled_cache or ())
    said(store, second)
    assert set(store._engine._compiled_cache or ()) == known
