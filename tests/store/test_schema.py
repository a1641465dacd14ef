"""The tables are made and brought up to date by whoever comes first, and only where they are ours."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from bot.core.problem import HandbillError
from bot.store import open_store
from bot.store.schema import REVISIONS
from bot.store.tables import METADATA


def told(url: str, *orders: str) -> None:
    """Give a database orders, past Handbill."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for order in orders:
            connection.execute(text(order))
    engine.dispose()


def tables(url: str) -> set[str]:
    engine = create_engine(url)
    found = set(inspect(engine).get_table_names())
    engine.dispose()
    return found


def test_the_migrations_make_exactly_these_tables(url: str) -> None:
    open_store(url).close()
    engine = create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


def test_every_migration_is_known() -> None:
    folder = Path(__file__).parents[2] / "bot/store/migrations/versions"
    assert [path.stem[1:5] for path in sorted(folder.glob("m*.py"))] == list(REVISIONS)


@pytest.mark.parametrize("write", [True, False])
def test_a_ledger_of_a_newer_version_is_refused(url: str, write: bool) -> None:
    open_store(url).close()
    told(url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(HandbillError, match=r"was written by a newer Handbill\. Update this one: pip install"):
        open_store(url, write=write)


@pytest.mark.parametrize(
    "theirs",
    [["CREATE TABLE recipes (id INTEGER)"], ["CREATE TABLE alembic_version (version_num TEXT)"]],
    ids=["tables", "tables that Alembic made"],
)
@pytest.mark.parametrize("write", [True, False])
def test_a_database_of_another_program_is_refused_and_stays_as_it_is(url: str, theirs: list[str], write: bool) -> None:
    told(url, *theirs)
    before = tables(url)
    with pytest.raises(
        HandbillError, match=r"holds the tables of another program\. (Name another file|Give Handbill a d)"
    ):
        open_store(url, write=write)
    assert tables(url) == before


OPEN = "import sys; from bot.store import open_store as o; s = o(sys.argv[1]); print(s.deliveries()); s.close()"


def test_many_runs_may_open_a_new_ledger_at_once(url: str) -> None:
    order = [sys.executable, "-c", OPEN, url]
    children = [subprocess.Popen(order, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    assert [child.communicate(timeout=120) for child in children] == [("[]\n", "")] * 4


NOTE = """
import sys
from dataclasses import replace
from bot.store import open_store
from tests.store.test_database import BLANK, NOW
store = open_store(sys.argv[1])
seen = store.sightings()
print("ready", flush=True)
sys.stdin.readline()
print(store.note([replace(BLANK, clock=f"{hour:02}:00", reason=sys.argv[2]) for hour in range(24)], ["row"], seen, NOW))
store.close()
"""


def test_of_many_runs_that_plan_at_once_one_does(url: str) -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    order = [sys.executable, "-c", NOTE, url]
    children = [subprocess.Popen([*order, str(number)], **pipes, text=True) for number in range(3)]  # type: ignore[call-overload]
    for child in children:
        assert child.stdout.readline() == "ready\n"
    for child in children:
        child.stdin.write("\n")
        child.stdin.flush()
    assert sorted(child.communicate(timeout=120) for child in children) == [("False\n", "")] * 2 + [("True\n", "")]
    with closing(open_store(url)) as store:
        found = store.deliveries()
    assert len(found) == 24 and len({one.reason for one in found}) == 1
