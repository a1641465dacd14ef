"""A ledger from before the desk gets its tables, and goes on."""

from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from bot import store as rooms
from bot.core.person import SENT_LINK, Role
from bot.store import open_store
from tests.store.test_database import NOW


def test_a_ledger_from_before_the_desk_knows_nobody_and_lets_somebody_in(url: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(rooms.__file__).parent / "migrations"))
    engine = create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
    engine.dispose()
    with closing(open_store(url)) as store:
        assert store.people.all() == [] and store.people.deeds(9) == []
        store.people.invite("secret", Role.ORGANIZER, "", NOW, SENT_LINK)
        assert store.people.accept("secret", "Ana", "ana", "hidden", NOW)
