"""The ledger of these tests: each runs once on SQLite and once on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.store import Store, open_store
from tests.servers.postgres import Postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with nothing in it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/handbill.db"
    server: Postgres = request.getfixturevalue("postgresql")
    return server.fresh()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """A ledger with nothing in it."""
    found = open_store(url)
    yield found
    found.close()
