"""A ledger of the first version goes on as if nothing had happened."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from bot import store as rooms
from bot.core.post import Image
from bot.core.rotate import Spoken
from bot.store import Lease, Store, open_store

HELD = Path(__file__).parents[1] / "ledger_0001.sql"


@pytest.fixture
def old(url: str) -> str:
    """The address of a ledger of schema 0001, with rows of every kind."""
    config = Config()
    config.set_main_option("script_location", str(Path(rooms.__file__).parent / "migrations"))
    engine = create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET TIME ZONE 'UTC'")
        for row in HELD.read_text(encoding="utf-8").splitlines():
            if not row.startswith("--"):
                connection.exec_driver_sql(row)
    engine.dispose()
    return url


@pytest.fixture
def store(old: str) -> Iterator[Store]:
    with closing(open_store(old)) as found:
        yield found


def test_every_delivery_is_still_there(store: Store) -> None:
    found = {one.id: one for one in store.deliveries()}
    assert [found[number].state for number in range(1, 10)] == [
        "sent", "uncertain", "sending", "planned", "waiting", "refused", "held", "missed", "skipped",
    ]  # fmt: skip
    first = found[1]
    assert first.variant and first.receipt
    assert (first.variant.text, first.variant.image) == ("One. #CleanAir", Image(file="a.png", alt="A lane"))
    assert (first.receipt.id, first.tags, first.at) == ("r1", ("facts",), datetime(2026, 12, 1, 9, tzinfo=UTC))
    assert found[3].payload == {"key": "k3"} and found[4].variant is None and found[3].said is None


def test_what_was_said_counts_on(store: Store) -> None:
    assert sorted(store.spoken(["town"]), key=lambda one: (one.post, one.wording)) == [
        Spoken(account="town", campaign="air", post=post, wording=wording, count=1, share=share, last=last)
        for post, wording, share, last in (
            ("one", 1, 5040, datetime(2026, 12, 2, 9, tzinfo=UTC)),
            ("one", 2, 2520, datetime(2026, 12, 1, 9, tzinfo=UTC)),
            ("two", 1, 1260, datetime(2026, 12, 1, 17, 30, tzinfo=UTC)),
        )
    ]
    assert [(use.post, use.language) for use in store.uses(datetime(2026, 11, 1, tzinfo=UTC))] == [
        ("one", "es"), ("two", "en"), ("one", "en"),
    ]  # fmt: skip
    assert store.barred() == {("outbox", "air/bad", "d6")}


def test_what_people_decided_still_holds(store: Store) -> None:
    assert (store.approvals(), store.pauses(), store.starts()) == ({"a digest"}, {"water"}, {"town"})
    assert store.memory("town") == {"session": "gAAAA"}
    assert store.sightings() == {"a row": datetime(2026, 12, 2, 9, tzinfo=UTC)}


def test_fences_go_on_rising(store: Store) -> None:
    assert store.lease("town", "me", 60) == Lease("town", 8)


def test_what_ended_before_is_not_told_once_more(store: Store) -> None:
    assert store.notices() == []
