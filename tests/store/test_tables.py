"""Tables: the migrations make exactly them, and instants keep their zone."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table, create_engine, insert, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import StatementError

from bot.store import open_store
from bot.store.tables import METADATA, Instant


def test_the_migrations_make_exactly_these_tables(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path}/handbill.db").close()
    with create_engine(f"sqlite:///{tmp_path}/handbill.db").connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


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


def test_a_naive_instant_never_reaches_the_ledger(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/handbill.db")
    with pytest.raises(StatementError, match="time zone"):
        store.pause("air", datetime(2026, 12, 1))
    assert store.pauses() == set()
