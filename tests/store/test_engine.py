"""Opening a database: whatever is wrong with it is one sentence, and nobody waits for ever."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from bot.core.problem import HandbillError
from bot.store import Store, engine, open_store
from tests.servers.postgres import Postgres
from tests.store.test_database import BLANK, NOW, kept, lease

# SQLite


def test_a_ledger_opens_again_as_it_was_left(tmp_path: Path) -> None:
    for day in (1, 2):
        store = open_store(f"sqlite:///{tmp_path}/handbill.db")
        assert len(kept(store, replace(BLANK, day=date(2026, 12, day)))) == day
        store.close()


def test_looking_into_a_ledger_changes_nothing_beside_or_in_it(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/handbill.db")
    kept(store, BLANK)
    store.close()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    look = open_store(f"sqlite:///{tmp_path}/handbill.db", write=False)
    look.pause("air", NOW)
    assert len(look.deliveries()) == 1
    look.close()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_looking_sees_what_another_run_has_just_written(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/handbill.db")
    kept(store, BLANK)
    assert len(open_store(f"sqlite:///{tmp_path}/handbill.db", write=False).deliveries()) == 1


def test_a_file_whose_making_was_broken_off_is_read_as_empty_and_made_whole_when_written(tmp_path: Path) -> None:
    (tmp_path / "handbill.db").touch()
    assert open_store(f"sqlite:///{tmp_path}/handbill.db", write=False).deliveries() == []
    assert (tmp_path / "handbill.db").read_bytes() == b""
    assert len(kept(open_store(f"sqlite:///{tmp_path}/handbill.db"), BLANK)) == 1


@pytest.mark.parametrize("name", ["what?.db", "100%.db", "ä b.db", "a#b.db"])
def test_a_ledger_may_have_any_name(tmp_path: Path, name: str) -> None:
    open_store(f"sqlite:///{tmp_path}/{name}").close()
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert open_store(f"sqlite:///{tmp_path}/{name}", write=False).deliveries() == []


@pytest.mark.parametrize("write", [True, False])
def test_a_file_that_is_no_ledger_is_refused_and_stays_as_it_is(tmp_path: Path, write: bool) -> None:
    (tmp_path / "handbill.db").write_text("Dear diary, " * 100, encoding="utf-8")
    with pytest.raises(HandbillError, match=r"this file is no database of Handbill\. Move it away"):
        open_store(f"sqlite:///{tmp_path}/handbill.db", write=write)
    assert (tmp_path / "handbill.db").read_text(encoding="utf-8") == "Dear diary, " * 100


@pytest.mark.parametrize("path", ["no/such/folder/handbill.db", "."])
@pytest.mark.parametrize("write", [True, False])
def test_a_ledger_that_cannot_be_opened_is_one_sentence(tmp_path: Path, path: str, write: bool) -> None:
    with pytest.raises(HandbillError, match=r"cannot be (opened|read or written)\. Check that"):
        open_store(f"sqlite:///{tmp_path}/{path}", write=write)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own, in memory."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if sys.platform != "linux" or os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs root on Linux, to mount a small disk: run the tests as root, or in a container")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_is_one_sentence_and_nothing_is_lost(disk: Path) -> None:
    store = open_store(f"sqlite:///{disk}/handbill.db")
    (found,) = kept(store, BLANK)
    (disk / "rest").touch()
    with pytest.raises(OSError), (disk / "rest").open("wb") as rest:
        while True:
            os.write(rest.fileno(), b"x" * 1024)
    with pytest.raises(HandbillError, match=r"the disk is full\. Make room, then run the same command again"):
        for _ in range(100):
            store.note([replace(BLANK, clock="10:00", reason="x" * 50_000)], (), {}, NOW)
    (disk / "rest").unlink()
    assert kept(store, replace(BLANK, clock="11:00"))[0] == found
    store.close()


def test_a_disk_that_may_not_be_written_can_still_be_looked_into(disk: Path) -> None:
    store = open_store(f"sqlite:///{disk}/handbill.db")
    kept(store, BLANK)
    store.close()
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    assert len(open_store(f"sqlite:///{disk}/handbill.db", write=False).deliveries()) == 1
    with pytest.raises(HandbillError, match=r"cannot be (written|opened)\. Check"):
        open_store(f"sqlite:///{disk}/handbill.db").pause("air", NOW)


WRITE = """
import sys
from datetime import UTC, datetime
from bot.store import open_store
store = open_store(sys.argv[1])
for number in range(30):
    store.pause(f"{sys.argv[2]} {number}", datetime(2026, 12, 1, tzinfo=UTC))
    store.pauses()
"""


def test_nobody_is_told_that_the_ledger_is_locked(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/handbill.db"
    children = [
        subprocess.Popen([sys.executable, "-c", WRITE, url, str(number)], stderr=subprocess.PIPE, text=True)
        for number in range(4)
    ]
    assert [child.communicate(timeout=120)[1] for child in children] == [""] * 4
    assert len(open_store(url).pauses()) == 120


# PostgreSQL


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"user": "guarded", "password": "wrong"},
            "does not let this user in. Check the user, and the password: in PG",
        ),
        ({"user": "guarded"}, "does not let this user in"),
        ({"user": "nobody"}, "does not let this user in"),
        ({"database": "nowhere"}, "there is no database of this name. Make it: createdb NAME"),
        ({"port": "1"}, "does not answer. Check that it runs, and its address; nothing was lost."),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_server_that_lets_nobody_in_is_told_in_one_sentence(
    postgresql: Postgres, change: dict[str, str], said: str
) -> None:
    told = {"user": "postgres", "database": "postgres", "port": str(postgresql.port), **change}
    secret = f":{told['password']}" if "password" in told else ""
    url = f"postgresql+psycopg://{told['user']}{secret}@127.0.0.1:{told['port']}/{told['database']}"
    with pytest.raises(HandbillError) as told_so:
        open_store(url)
    assert said in str(told_so.value)
    assert str(told_so.value).startswith(f"the database {told['database']} at 127.0.0.1: ")


def test_the_password_of_a_server_stands_in_no_message_at_all(postgresql: Postgres) -> None:
    url = postgresql.url("postgres", "guarded:tell-nobody")
    with pytest.raises(HandbillError) as said:
        open_store(url)
    error: BaseException | None = said.value
    while error:
        assert "tell-nobody" not in f"{error!r} {error}"
        error = error.__cause__ or error.__context__


def test_with_its_password_a_user_is_let_in(postgresql: Postgres) -> None:
    with closing(
        open_store(opened_to_all(postgresql.fresh(), postgresql).replace("guarded@", "guarded:open%20sesame@"))
    ):
        pass


def opened_to_all(url: str, server: Postgres) -> str:
    """The address of the database for a user with a password, who may do all in it."""
    server.ask("GRANT ALL ON SCHEMA public TO guarded", url)
    return url.replace("postgres@", "guarded@")


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ("REVOKE ALL ON SCHEMA public FROM PUBLIC, guarded", "may not do that there. Let the user make"),
        ("ALTER ROLE guarded SET default_transaction_read_only = on", "cannot be written just now. Check that"),
        ("ALTER ROLE guarded CONNECTION LIMIT 0", "takes no more connections. Stop a worker, or raise max_connections"),
    ],
    ids=["no rights", "a standby", "too many"],
)  # fmt: skip
def test_a_server_that_takes_nothing_in_is_told_in_one_sentence(postgresql: Postgres, order: str, said: str) -> None:
    url = opened_to_all(postgresql.fresh(), postgresql).replace("guarded@", "guarded:open%20sesame@")
    try:
        postgresql.ask(order, url.replace("guarded:open%20sesame@", "postgres@"))
        with pytest.raises(HandbillError, match=said):
            open_store(url)
    finally:
        postgresql.ask("ALTER ROLE guarded CONNECTION LIMIT -1")
        postgresql.ask("ALTER ROLE guarded RESET default_transaction_read_only")


def test_a_server_that_was_started_anew_is_used_on_as_if_nothing_had_been(postgresql: Postgres) -> None:
    with closing(open_store(postgresql.fresh())) as store:
        kept(store, BLANK)
        with postgresql.away():
            pass
        assert len(store.deliveries()) == 1


def test_while_a_server_is_away_that_is_told_and_then_it_goes_on(postgresql: Postgres) -> None:
    with closing(open_store(postgresql.fresh())) as store:
        kept(store, BLANK)
        with postgresql.away():
            for _ in range(2):
                with pytest.raises(HandbillError, match="does not answer"):
                    store.deliveries()
        assert len(store.deliveries()) == 1


def test_without_its_library_the_next_step_is_told() -> None:
    code = "import sys; sys.modules['psycopg'] = None; from bot.store import open_store as o; o('postgresql+psycopg://h/n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "HandbillError: PostgreSQL needs one more part: pip install 'handbill[postgresql]'" in done.stderr


def test_a_database_that_cannot_keep_every_letter_is_refused(postgresql: Postgres) -> None:
    postgresql.ask("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
    with pytest.raises(HandbillError, match="cannot keep every letter"):
        open_store(postgresql.url("latin"))


@contextmanager
def halted(server: Postgres, url: str, *orders: str) -> Iterator[int]:
    """Another worker that has come so far and no further; its number at the server."""
    import psycopg

    with psycopg.connect(url.replace("+psycopg", "")) as other:
        for order in orders:
            other.execute(order.encode())
        yield other.info.backend_pid


def test_who_waits_too_long_for_another_worker_is_told(postgresql: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "WAIT", 1)
    url = postgresql.fresh()
    with closing(open_store(url)) as store:
        (found,) = kept(store, BLANK)
        mine = lease(store)
        with halted(postgresql, url, "SELECT * FROM leases FOR UPDATE"):
            with pytest.raises(HandbillError, match="another program holds it for too long"):
                store.save(replace(found, state="missed"), mine)
        store.save(replace(found, state="missed"), mine)


def test_a_worker_that_is_gone_in_the_middle_of_a_write_holds_up_nobody_for_ever(
    postgresql: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "IDLE", 1)
    url = postgresql.fresh()
    with closing(open_store(url)) as gone, closing(open_store(url)) as store:
        mine = lease(store)
        with pytest.raises(HandbillError, match="does not answer"), gone._writing() as connection:
            connection.execute(text("SELECT * FROM leases FOR UPDATE"))
            store.release(mine)  # waits until the server has ended the other
            connection.execute(text("SELECT 1"))


def test_a_server_of_other_habits_changes_nothing(postgresql: Postgres) -> None:
    url = postgresql.fresh()
    name = url.rpartition("/")[2]
    postgresql.ask(f"ALTER DATABASE {name} SET timezone = 'Pacific/Chatham'")
    postgresql.ask(f"ALTER DATABASE {name} SET datestyle = 'German'")
    with closing(open_store(url)) as store:
        (found,) = kept(store, BLANK)
        assert replace(found, id=None) == BLANK


def test_where_transactions_may_fail_for_each_other_none_of_ours_does(postgresql: Postgres) -> None:
    url = postgresql.fresh()
    postgresql.ask(f"ALTER DATABASE {url.rpartition('/')[2]} SET default_transaction_isolation = 'serializable'")
    with closing(open_store(url)) as store:
        (found,) = kept(store, BLANK)
        mine = lease(store)
        with ThreadPoolExecutor(1) as pool, halted(postgresql, url, "UPDATE leases SET until = until + 1"):
            saved = pool.submit(store.save, replace(found, state="missed"), mine)
            while not postgresql.ask("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
                pass
        saved.result()
        assert [one.state for one in store.deliveries()] == ["missed"]


def test_a_worker_with_many_threads_takes_few_connections(postgresql: Postgres) -> None:
    url = postgresql.fresh()
    count = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{url.rpartition('/')[2]}'"
    with closing(open_store(url)) as store, ThreadPoolExecutor(40) as pool:
        list(pool.map(lambda number: store.pause(str(number), NOW), range(300)))
        assert len(store.pauses()) == 300
        assert postgresql.ask(count)[0][0] <= engine.CONNECTIONS


def test_who_waits_too_long_for_a_connection_is_told(postgresql: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "WAIT", 1)
    monkeypatch.setattr(engine, "CONNECTIONS", 1)
    with closing(open_store(postgresql.fresh())) as store, store._reading():
        with pytest.raises(HandbillError, match="too much is asked of it at once"):
            store.pauses()


# Power cuts


def asked_of(store: Store, deed: Any) -> list[str]:
    """What the database is asked while a deed is done."""
    rows: list[str] = []
    event.listen(store._engine, "before_cursor_execute", lambda *told: rows.append(told[2]))
    deed()
    return rows


def waits_for_the_disk(rows: list[str]) -> bool:
    return not any("synchronous=NORMAL" in row or "synchronous_commit = off" in row for row in rows)


def test_what_must_outlast_a_power_cut_waits_for_the_disk_and_the_rest_does_not(store: Store) -> None:
    (found,) = kept(store, BLANK)
    mine = lease(store)
    sending = replace(found, state="sending")
    assert waits_for_the_disk(asked_of(store, lambda: store.begin(sending, mine, 60)))
    assert waits_for_the_disk(asked_of(store, lambda: store.save(replace(sending, state="sent"), mine)))
    assert not waits_for_the_disk(asked_of(store, lambda: store.release(mine)))
    assert waits_for_the_disk(asked_of(store, lambda: store.note([replace(BLANK, clock="1:00")], ["a"], {}, NOW)))
    assert not waits_for_the_disk(asked_of(store, lambda: store.note([], ["b"], {}, NOW)))


def test_a_lease_of_a_server_outlasts_its_crash_for_its_holder_may_live_elsewhere(postgresql: Postgres) -> None:
    with closing(open_store(postgresql.fresh())) as store:
        assert waits_for_the_disk(asked_of(store, lambda: store.lease("town", "me", 60)))
