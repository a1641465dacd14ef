"""Backup and restore: tried while the engine runs; and whatever was said since is not said again."""

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import pytest

from bot.app import App
from bot.app import now as this_instant
from bot.core.post import Receipt
from bot.core.problem import AskedWrongly, HandbillError
from bot.store import open_store
from bot.work import backup as backups
from bot.work.backup import Extent, backup, extent, restore
from bot.work.deliver import tick
from tests.publishing.stage import own_folders
from tests.servers.fixtures import Running
from tests.servers.mastodon import TOKENS, Mastodon
from tests.servers.postgres import Postgres
from tests.work.stage import CONFIG, START, at, opened, out

BEGUN = at("08:00")


@pytest.fixture(params=["sqlite", "postgresql"])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[App]:
    """An account with an outbox, and a ledger in a file or on a server."""
    told = ""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgresql")
        told = f'database = "{server.fresh()}"\n'
    found = opened(tmp_path, told=told + CONFIG)
    with closing(found.store):
        yield found


def restored(app: App, file: Path) -> Path | None:
    with backups.opened(app, file) as source:
        return restore(app, source)


def states(app: App) -> list[str]:
    return [f"{one.clock} {one.state}" for one in app.store.deliveries()]


# The file


def test_a_backup_is_one_file_that_only_its_owner_reads(app: App, tmp_path: Path) -> None:
    tick(app, at("09:00"))
    place = tmp_path / "kept"
    place.mkdir()
    assert backup(app, place / "backup.db") == Extent(1, at("09:00"))
    assert [file.name for file in place.iterdir()] == ["backup.db"]
    assert stat.S_IMODE((place / "backup.db").stat().st_mode) == 0o600
    with closing(sqlite3.connect(place / "backup.db")) as file:
        assert file.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize(
    "damage",
    ["UPDATE deliveries SET state = 'odd'", "UPDATE deliveries SET variant = '{'", "UPDATE deliveries SET at = 'soon'",
     "UPDATE deliveries SET variant = '[1]'", "UPDATE sightings SET until = 'soon'",
     "INSERT INTO people VALUES (1, 'Eve', 'eve', 'root', 'x', '2026-11-22 00:00:00')"],
)  # fmt: skip
def test_what_handbill_never_writes_is_not_restored(tmp_path: Path, damage: str) -> None:
    app, file = opened(tmp_path, told=CONFIG), tmp_path / "backup.db"
    tick(app, at("09:00"))
    backup(app, file)
    with closing(sqlite3.connect(file)) as bent, bent:
        bent.execute(damage)
    with pytest.raises(AskedWrongly, match="Take another backup"):
        restored(app, file)
    assert states(app) == ["09:00 sent"]
    app.store.close()


def test_a_backup_writes_over_a_file_only_if_it_is_told_to(app: App, tmp_path: Path) -> None:
    tick(app, at("09:00"))
    (tmp_path / "backup.db").write_text("mine")
    with pytest.raises(AskedWrongly, match=r"backup\.db is there already\. Name another file, or write over it with"):
        backup(app, tmp_path / "backup.db")
    assert (tmp_path / "backup.db").read_text() == "mine"
    backup(app, tmp_path / "backup.db", force=True)
    assert (tmp_path / "backup.db").read_bytes().startswith(b"SQLite format 3")


@pytest.mark.parametrize("name", ["handbill.db", "handbill.db-wal", "posts/../handbill.db"])
def test_the_ledger_itself_is_no_place_for_its_backup_and_no_backup(tmp_path: Path, name: str) -> None:
    app = opened(tmp_path)
    tick(app, at("09:00"))
    with pytest.raises(AskedWrongly, match="is the ledger itself"):
        backup(app, tmp_path / name, force=True)
    with pytest.raises(AskedWrongly, match="is the ledger itself"), backups.opened(app, tmp_path / name):
        pass


def test_what_does_not_come_to_its_end_leaves_what_was_there(app: App, tmp_path: Path) -> None:
    tick(app, at("09:00"))
    (tmp_path / "a" / "b.db").mkdir(parents=True)
    with pytest.raises(HandbillError, match=r"b\.db cannot be written .*\. Name another place\."):
        backup(app, tmp_path / "a" / "b.db", force=True)
    with pytest.raises(HandbillError, match=r"c\.db cannot be written .*\. Name another place\."):
        backup(app, tmp_path / "nowhere" / "c.db")
    assert [file.name for file in (tmp_path / "a").iterdir()] == ["b.db"]


def test_where_there_is_no_ledger_there_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(AskedWrongly, match="no ledger yet"):
        backup(opened(tmp_path), tmp_path / "backup.db")


def test_a_backup_is_whole_while_the_engine_goes_on(app: App, tmp_path: Path) -> None:
    told = CONFIG.replace('times = ["09:00", "17:30"]', f"times = {[f'{hour:02}:00' for hour in range(24)]}")
    busy = replace(opened(tmp_path, {f"{n}.txt": f"Street {n}." for n in range(9)}, told=told), environ=app.environ)
    busy.__dict__["store"] = app.store
    ended = Event()

    def go_on() -> None:
        now = BEGUN
        while not ended.is_set():
            tick(busy, now := now + timedelta(hours=1))

    engine = Thread(target=go_on)
    engine.start()
    try:
        for number in range(5):
            while extent(app.store).deliveries < (number + 1) * 3:
                pass
            backup(app, tmp_path / f"{number}.db")
    finally:
        ended.set()
        engine.join()
    for number in range(5):
        with backups.opened(app, tmp_path / f"{number}.db") as copy:
            found = [one.at for one in copy.deliveries()]
        assert len(found) >= (number + 1) * 3
        assert found == [BEGUN + timedelta(hours=hour) for hour in range(1, len(found) + 1)]


# Back


@pytest.mark.parametrize("content", [b"", b"Dear diary, " * 100])
def test_what_is_no_ledger_is_not_restored(app: App, tmp_path: Path, content: bytes) -> None:
    tick(app, at("09:00"))
    (tmp_path / "backup.db").write_bytes(content)
    with pytest.raises(HandbillError, match=r"backup\.db(: this file is no database of Handbill| holds nothing)"):
        restored(app, tmp_path / "backup.db")
    with pytest.raises(AskedWrongly, match="There is no file"):
        restored(app, tmp_path / "another.db")
    assert states(app) == ["09:00 sent"]


def test_a_backup_of_a_newer_version_is_not_restored(app: App, tmp_path: Path) -> None:
    tick(app, at("09:00"))
    backup(app, tmp_path / "backup.db")
    with closing(sqlite3.connect(tmp_path / "backup.db")) as file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
        file.commit()
    with pytest.raises(HandbillError, match="was written by a newer Handbill"):
        restored(app, tmp_path / "backup.db")


def test_the_ledger_as_it_was_is_kept_beside(app: App, tmp_path: Path) -> None:
    tick(app, at("09:00"))
    backup(app, tmp_path / "backup.db")
    tick(app, at("17:30"))
    first, second = restored(app, tmp_path / "backup.db"), restored(app, tmp_path / "backup.db")
    assert first and second and {first.parent, second.parent} == {tmp_path}
    assert first.name == f"handbill-before-{START:%Y-%m-%dT%H%M%SZ}.db" and first != second
    with backups.opened(app, first) as old:
        assert len(old.deliveries()) == 2


def test_into_a_new_ledger_all_comes_back(app: App, tmp_path: Path) -> None:
    tick(app, at("09:00"))
    backup(app, tmp_path / "backup.db")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    new = opened(elsewhere)
    with closing(new.store):
        assert restored(new, tmp_path / "backup.db") is None
        assert new.store.deliveries() == app.store.deliveries()


def test_a_ledger_moves_from_a_file_to_a_server_and_goes_on_there(tmp_path: Path, postgresql: Postgres) -> None:
    tick(opened(tmp_path), at("09:00"))
    backup(opened(tmp_path), tmp_path / "backup.db")
    moved = opened(tmp_path, told=f'database = "{postgresql.fresh()}"\n{CONFIG}')
    with closing(moved.store):
        restored(moved, tmp_path / "backup.db")
        tick(moved, at("09:01"))
        tick(moved, at("17:30"))
        assert states(moved) == ["09:00 sent", "17:30 sent"]
    assert len(out(tmp_path)) == 2


# Not again


def test_what_the_replaced_ledger_knows_as_said_is_not_said_again(app: App, tmp_path: Path) -> None:
    tick(app, BEGUN)
    backup(app, tmp_path / "backup.db")
    tick(app, at("09:00"))
    before = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "outbox").iterdir()}
    restored(app, tmp_path / "backup.db")
    assert tick(app, at("09:05")) == []
    assert {file.name: file.stat().st_mtime_ns for file in (tmp_path / "outbox").iterdir()} == before
    tick(app, at("17:30"))
    assert states(app) == ["09:00 sent", "17:30 sent"]


def test_what_was_being_said_at_the_time_of_the_backup_is_looked_for(app: App, tmp_path: Path) -> None:
    tick(app, at("09:00"))
    (sent,) = app.store.deliveries()
    with app.store._writing() as connection:  # as it stood a moment before
        connection.exec_driver_sql("UPDATE deliveries SET state = 'sending', receipt_id = '', receipt_url = ''")
    backup(app, tmp_path / "backup.db")
    restored(app, tmp_path / "backup.db")
    assert [one.state for one in tick(app, at("09:05"))] == ["sent"]
    assert app.store.deliveries() == [sent] and len(out(tmp_path)) == 1


@pytest.fixture
def town(tmp_path: Path, mastodon_server: Running[Mastodon]) -> Iterator[App]:
    """An account on Mastodon whose time is this very minute, for that server knows no other."""
    now = this_instant().replace(second=0)
    account = f'[accounts.town]\nnetwork = "mastodon"\nserver = "{mastodon_server.url}"\ntoken_env = "TOKEN"\n'
    times = f'[[schedule]]\ncampaign = "air"\naccounts = ["town"]\ntimes = ["{now:%H:%M}"]\n'
    found = opened(tmp_path, told=account + times, now=now)
    found = replace(found, environ={"TOKEN": TOKENS["campaign"], **own_folders(tmp_path)})
    with closing(found.store):
        found.store.start("town", now)
        tick(found, now - timedelta(minutes=5))
        yield found


def test_what_an_account_said_since_the_backup_is_found_there_though_no_ledger_knows_it(
    town: App, tmp_path: Path, mastodon_server: Running[Mastodon]
) -> None:
    now = town.clock()
    backup(town, tmp_path / "backup.db")
    assert [one.state for one in tick(town, now)] == ["sent"]
    with closing(open_store(f"sqlite:///{tmp_path}/new.db")) as new:
        lost = replace(town, config=replace(town.config, database=f"sqlite:///{tmp_path}/new.db"))
        lost.__dict__["store"] = new
        restored(lost, tmp_path / "backup.db")
        for minutes in range(4):
            tick(lost, now + timedelta(minutes=minutes))
        assert sorted(one.state for one in new.deliveries()) == ["sent", "skipped"]
        (skipped,) = new.deliveries(("skipped",))
        assert "this account has said it already, without this ledger" in skipped.reason
    assert len(mastodon_server.app.posts()) == 1


def test_what_was_being_said_at_the_backup_is_found_on_its_network(
    town: App, tmp_path: Path, mastodon_server: Running[Mastodon]
) -> None:
    now = town.clock()
    tick(town, now)
    (sent,) = town.store.deliveries()
    with town.store._writing() as connection:
        connection.exec_driver_sql("UPDATE deliveries SET state = 'sending', receipt_id = '', receipt_url = ''")
    backup(town, tmp_path / "backup.db")
    restored(town, tmp_path / "backup.db")
    tick(town, now + timedelta(minutes=1))
    (found,) = town.store.deliveries()
    assert (found.state, found.receipt) == ("sent", sent.receipt)
    assert isinstance(found.receipt, Receipt) and len(mastodon_server.app.posts()) == 1
