"""Tables: instants keep their zone, and texts can be kept everywhere."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table, create_engine, insert, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import StatementError

from bot.store import Store
from bot.store.tables import Instant, tidied

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=ZONES))
def test_an_instant_comes_back_the_same_and_in_utc(at: datetime) -> None:
    table = Table("moments", MetaData(), Column("at", Instant))
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(insert(table).values(at=at))
        found = connection.scalar(select(table.c.at))
    engine.dispose()
    assert found == at
    assert found is not None and found.tzinfo is UTC


def test_an_instant_without_its_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Instant().process_bind_param(datetime(2026, 12, 1), sqlite.dialect())


def test_no_instant_is_no_instant() -> None:
    assert Instant().process_bind_param(None, sqlite.dialect()) is None
    assert Instant().process_result_value(None, sqlite.dialect()) is None


def test_a_naive_instant_never_reaches_the_ledger(store: Store) -> None:
    with pytest.raises(StatementError, match="time zone"):
        store.pause("air", datetime(2026, 12, 1))
    assert store.pauses() == set()


@given(st.text(st.characters(exclude_categories=())))
def test_a_text_is_kept_as_it_is_but_for_signs_that_no_database_keeps(text: str) -> None:
    kept = tidied({"a": [text]})["a"][0]
    for before, after in zip(text, kept, strict=True):
        assert after == ("\ufffd" if before == "\0" or "\ud800" <= before <= "\udfff" else before)
