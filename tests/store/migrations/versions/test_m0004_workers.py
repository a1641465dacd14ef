"""A ledger of the version before goes on, and knows who runs the engine."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from bot import store as rooms
from bot.store import open_store

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)


def test_a_ledger_of_the_version_before_learns_who_runs_the_engine(url: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(rooms.__file__).parent / "migrations"))
    engine = create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
    engine.dispose()
    with closing(open_store(url)) as store:
        assert store.workers() == {}
        store.working("town-hall", NOW)
        assert store.workers() == {"town-hall": NOW}
