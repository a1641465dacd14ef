"""Bring a database's tables up to date, and refuse those that are not ours to change."""

from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table

from bot.core.problem import HandbillError
from bot.store.engine import file_of, shown

# Every schema this program knows, the newest last.
REVISIONS = ("0001", "0002", "0003", "0004")
# Alembic's own table, in which it notes what it has done.
_VERSION = table("alembic_version", column("version_num"))
# A ledger of any version has these.
_OURS = {_VERSION.name, "deliveries", "leases"}


def is_current(connection: Connection, url: str) -> bool:
    """Whether the tables are those of this version; False: they are to be made or changed first.

    Raises HandbillError where they belong to a newer version, or to another program.
    """
    found = set(inspect(connection).get_table_names())
    if found and not found >= _OURS:
        raise HandbillError(f"{shown(url)} holds the tables of another program. {_elsewhere(url)}")
    revision = connection.scalar(select(_VERSION.c.version_num)) if found else None
    if revision not in (None, *REVISIONS):
        raise HandbillError(f"{shown(url)} was written by a newer Handbill. Update this one: pip install -U handbill")
    return bool(revision == REVISIONS[-1])


def _elsewhere(url: str) -> str:
    if file_of(url):
        return "Name another file in config.toml; nothing in this one was changed."
    return "Give Handbill a database of its own: createdb handbill. Nothing in this one was changed."


def migrate(connection: Connection) -> None:
    """Make the tables, or change them into those of this version, all or nothing."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
