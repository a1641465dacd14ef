"""Open a database, SQLite or PostgreSQL, and say in one sentence what is wrong with it."""

import os
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import StaticPool
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Float

from bot.core.problem import HandbillError

FILE = "sqlite:///"
# How long a writer waits for another, in seconds.
WAIT = 30.0
# So many connections to a server a process may have, however many threads it has: a server has not many, and one is
# held for the moment of a transaction only, never while a network is called or another one is waited for.
CONNECTIONS = 4
# A machine that is gone in the middle of a write holds up the others no longer than this, in seconds.
IDLE = 60.0
# A server that is gone is noticed: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-KEEPALIVES
PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,  # milliseconds
}


class Seconds(FunctionElement[float]):
    """Seconds since 1970 by the database's own clock, so that machines with wrong clocks agree on leases."""

    type = Float()
    inherit_cache = True


@compiles(Seconds, "sqlite")
def _by_sqlite(*_: object, **__: object) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(Seconds, "postgresql")
def _by_postgresql(*_: object, **__: object) -> str:
    return "CAST(extract(epoch FROM clock_timestamp()) AS double precision)"


def file_of(url: str) -> Path | None:
    """The file that a database address names; None for a server."""
    return Path(url.removeprefix(FILE)) if url.startswith(FILE) else None


def open_engine(url: str, *, write: bool) -> Engine:
    """An engine for an address: sqlite:///PATH, or postgresql+psycopg://USER@HOST/NAME.

    With `write` False a SQLite database is a copy in memory, as the file stands now; nothing
    beside or in it is touched. Raises what the driver raises.
    """
    if file := file_of(url):
        return _sqlite(file) if write else _snapshot(file)
    return _postgresql(url)


def begin(connection: Connection) -> None:
    """What a transaction that writes begins with, as its options say; SQLite knows them already.

    https://www.postgresql.org/docs/current/wal-async-commit.html
    """
    if connection.dialect.name == "postgresql" and not connection.get_execution_options().get("lasting", True):
        connection.execute(text("SET LOCAL synchronous_commit = off"))


def lock(connection: Connection, *names: str) -> None:
    """Wait until nobody else writes what has these names, and keep it until the transaction ends.

    SQLite has one writer at a time anyway. PostgreSQL: advisory locks,
    <https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS>, always in one order.
    """
    if connection.dialect.name == "postgresql":
        for name in sorted(names):
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


def inserting(dialect: str, into: Table) -> Any:
    """An INSERT that may say what happens where its key is there already: each dialect has its own."""
    return import_module(f"sqlalchemy.dialects.{dialect}").insert(into)


def _postgresql(url: str) -> Engine:
    try:
        engine = create_engine(
            url,
            isolation_level="READ COMMITTED",
            # A connection that a restart of the server has broken is found out before it is used.
            pool_pre_ping=True,
            pool_size=CONNECTIONS,
            max_overflow=0,
            pool_timeout=WAIT,
            hide_parameters=True,
            # Statements prepared ahead are lost behind PgBouncer: https://www.psycopg.org/psycopg3/docs/advanced/prepare.html
            connect_args={**PATIENCE, "prepare_threshold": None, "client_encoding": "utf8"},
        )
    except ModuleNotFoundError as missing:
        raise HandbillError("PostgreSQL needs one more part: pip install 'handbill[postgresql]'") from missing

    event.listen(engine, "connect", lambda connection, _: _begin_session(connection, url))
    return engine


def _begin_session(connection: Any, url: str) -> None:
    if connection.info.parameter_status("server_encoding") != "UTF8":
        connection.close()
        raise HandbillError(
            f"{shown(url)} cannot keep every letter. Make another one: createdb -E UTF8 -T template0 NAME"
        )
    connection.autocommit = True
    # Whatever is usual on this server: https://www.postgresql.org/docs/current/runtime-config-client.html
    connection.execute("SET datestyle = 'ISO'; SET timezone = 'UTC'")
    connection.execute(f"SET lock_timeout = '{WAIT:.0f}s'; SET idle_in_transaction_session_timeout = '{IDLE:.0f}s'")
    connection.autocommit = False


def _sqlite(path: Path) -> Engine:
    url = URL.create("sqlite", database=str(path))
    return _begins_where_we_say(create_engine(url, hide_parameters=True, connect_args={"timeout": WAIT}))


def _snapshot(path: Path) -> Engine:
    memory = sqlite3.connect(":memory:", check_same_thread=False)
    # A reader of a database in WAL makes files beside it; where there is no log, none is needed.
    how = "mode=ro" if Path(f"{path}-wal").exists() else "mode=ro&immutable=1"
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, timeout=WAIT)) as file:
        file.backup(memory)
    engine = create_engine("sqlite://", creator=lambda: memory, poolclass=StaticPool, hide_parameters=True)
    return _begins_where_we_say(engine)


def _begins_where_we_say(engine: Engine) -> Engine:
    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # transactions begin where we say so, below
        _in_wal(connection)

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        told = connection.get_execution_options()
        # https://www.sqlite.org/pragma.html#pragma_synchronous
        connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if told.get('lasting', True) else 'NORMAL'}")
        # A deferred transaction that comes to write fails at once in WAL, whatever the timeout.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if told.get("writing") else "BEGIN")

    return engine


def _in_wal(connection: sqlite3.Connection) -> None:
    """Turn the write-ahead log on; SQLite does not wait its timeout here while another does the same."""
    until = monotonic() + WAIT
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or monotonic() > until:
                raise
            sleep(0.05)


def shown(url: str) -> str:
    """A database as a person would name it, without its password."""
    file = file_of(url)
    if file is None:
        address = make_url(url)
        return f"the database {address.database} at {address.host or 'this machine'}"
    try:
        beside = os.path.relpath(file)
    except ValueError:  # on Windows, another drive
        return str(file)
    return str(file) if beside.startswith("..") else beside


@contextmanager
def told(url: str) -> Iterator[None]:
    """Turn what a database says into one sentence for a person."""
    try:
        yield
    except DBAPIError as error:
        raise HandbillError(f"{shown(url)}: {sentence(url, error.orig)}") from error
    except NoConnection as error:
        raise HandbillError(f"{shown(url)}: {BUSY}") from error
    except sqlite3.Error as error:
        raise HandbillError(f"{shown(url)}: {sentence(url, error)}") from error


# What a database says, and what that means to a person. The first that fits holds.
OF_SQLITE = {
    "readonly|read-only": "this database cannot be written. Check the permissions of the file and its folder.",
    "disk I/O": "this database cannot be read or written. Check that it is a file, and that the disk is not full.",
    "disk is full": "the disk is full. Make room, then run the same command again; nothing was lost.",
    "unable to open": "this database cannot be opened. Check that its folder exists and may be written.",
    "locked|busy": "another program holds this database for too long. Close it, then run the same command again.",
    "not a database|malformed": "this file is no database of Handbill. Move it away, or name another in config.toml.",
}
BUSY = "too much is asked of it at once. Run the same command again; nothing was lost."
# The same of PostgreSQL, by the code of the error and its words; one without a code came before there was a connection.
# https://www.postgresql.org/docs/current/errcodes-appendix.html
OF_POSTGRESQL = {
    "^28|password|authentication|pg_hba|role .* does not exist": (
        "it does not let this user in. Check the user, and the password: in PGPASSWORD, in ~/.pgpass, "
        "or in the address that database_env names."
    ),
    "^3D000|database .* does not exist": "there is no database of this name. Make it: createdb NAME",
    "^53300|too many|connection slots": "it takes no more connections. Stop a worker, or raise max_connections there.",
    "^53[12]|No space left": "its disk is full. Make room there; nothing was lost.",
    "^25006|read-only": "it cannot be written just now. Check that the address names the primary server.",
    "^42501|^3F000": "this user may not do that there. Let the user make and change tables in it.",
    "^55P03|^40|^57014": "another program holds it for too long. Run the same command again; nothing was lost.",
    "^08|^57P|^25P03|^ ": "it does not answer. Check that it runs, and its address; nothing was lost.",
}


def sentence(url: str, error: Any) -> str:
    """What a database's complaint means, in words for a person; never its address with a password."""
    said = str(error).partition("\n")[0]
    if file_of(url):
        return _meaning(OF_SQLITE, said)
    return _meaning(OF_POSTGRESQL, f"{getattr(error, 'sqlstate', None) or ''} {said}")


def _meaning(meanings: Mapping[str, str], said: str) -> str:
    for sign, meaning in meanings.items():
        if re.search(sign, said, re.IGNORECASE):
            return meaning
    return f"the database says: {said.strip()}"
