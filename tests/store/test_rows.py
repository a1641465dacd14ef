"""A delivery as a row: nothing of it is forgotten."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta

from bot.core.delivery import Delivery
from bot.core.post import Image, Receipt, Variant
from bot.store import Store
from bot.store.rows import row_of
from bot.store.tables import DELIVERIES

AT = datetime(2026, 12, 1, 9, tzinfo=UTC)
WORDS = Variant(
    text="t", words="w", link="l", hashtags=("#h",), title="c", language="es", warning="x",
    image=Image(file="f", alt="a"),
)  # fmt: skip
FULL = Delivery(
    network="outbox", identity="i", campaign="c", day=date(2026, 12, 1), clock="09:00", account="a", at=AT,
    late=timedelta(hours=1), id=1, state="uncertain", post="p", digest="d", wording=2, variant=WORDS, share=3,
    sameness="s", tries=4, not_before=AT, said=AT, payload={"k": [1, None]}, receipt=Receipt(id="r", url="u"),
    reason="y", approval=True, tags=("g",),
)  # fmt: skip


def test_every_part_of_a_delivery_comes_back(store: Store) -> None:
    blank = Delivery(**{one.name: getattr(FULL, one.name) for one in fields(Delivery)[:8]})
    for part in fields(Delivery):
        assert getattr(FULL, part.name) != getattr(blank, part.name) or part in fields(Delivery)[:8], part.name
    added = store.add(FULL)
    assert replace(added, id=FULL.id) == FULL


def test_every_column_is_written() -> None:
    assert {column.name for column in DELIVERIES.columns} - set(row_of(FULL)) == {"id"}
