"""A PostgreSQL server of the tests' own on 127.0.0.1, made new and thrown away: no server of the machine is asked.

In a test:  def test_it(postgresql: Postgres): url = postgresql.fresh()
"""

import atexit
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

DEBIAN = Path("/usr/lib/postgresql")
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",  # a machine that dies takes the tests with it
    "max_connections": "60",
    "autovacuum": "off",
}
# Runs a program until it is told by which signal to end it, or until whoever told it to is gone.
KEEPER = '"$@" </dev/null & read -r how; kill -"${how:-QUIT}" $!; wait $!'
# Who must say a password, and who need not.
DOORS = "host all guarded 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n"


class Missing(Exception):
    """What must be there before the server can start, and how to get it."""


def programs() -> Path:
    """The folder with initdb and postgres, the newest there is; raises Missing."""
    found = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    beside = shutil.which("initdb")
    if not found and not beside:
        raise Missing("needs the programs of a PostgreSQL server: apt-get install postgresql")
    return found[-1].parent if found else Path(beside or "").resolve().parent


@dataclass(slots=True)
class Postgres:
    """A running server. `owner` may do all without a password, `guarded` must say "open sesame"."""

    folder: Path
    port: int
    owner: str = "postgres"
    process: "subprocess.Popen[bytes] | None" = None
    names: Iterator[int] = field(default_factory=count)

    def url(self, name: str, user: str = "") -> str:
        """The address of a database."""
        return f"postgresql+psycopg://{user or self.owner}@127.0.0.1:{self.port}/{name}"

    def fresh(self) -> str:
        """The address of a new, empty database."""
        name = f"ledger{next(self.names)}"
        self.ask(f"CREATE DATABASE {name} TEMPLATE template0")
        return self.url(name)

    def ask(self, query: str, url: str = "") -> list[Any]:
        """What a query gives, asked past Handbill."""
        import psycopg

        place = (url or self.url("postgres")).replace("+psycopg", "")
        with psycopg.connect(place, autocommit=True) as connection:
            cursor = connection.execute(query.encode())
            return cursor.fetchall() if cursor.description else []

    def start(self) -> None:
        """Start it, and wait until it answers."""
        told = [f"--{name}={value}" for name, value in SETTINGS.items()]
        place = ["-D", str(self.folder / "data"), f"--port={self.port}", f"--unix_socket_directories={self.folder}"]
        command = ["sh", "-c", KEEPER, "sh", str(programs() / "postgres"), *place, *told]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder, stdin=subprocess.PIPE, stdout=log, stderr=log, **_as_nobody()
            )
        asked = [str(programs() / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(asked, check=False).returncode:
            assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]

    def stop(self, how: str = "INT") -> None:
        """End it. INT breaks off what is being done, QUIT is as if the machine had died.

        https://www.postgresql.org/docs/current/server-shutdown.html
        """
        if self.process:
            self.process.communicate(f"{how}\n".encode())
        self.process = None

    @contextmanager
    def away(self, how: str = "INT") -> Iterator[None]:
        """While this lasts it does not run."""
        self.stop(how)
        try:
            yield
        finally:
            self.start()


def _as_nobody() -> dict[str, Any]:
    """Root may not run the server: <https://www.postgresql.org/docs/current/app-postgres.html>."""
    return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@contextmanager
def serving() -> Iterator[Postgres]:
    """Run a server of its own; raises Missing."""
    place = programs()
    folder = Path(mkdtemp(prefix="handbill-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    server = Postgres(folder, _free_port())
    try:
        made = ["-D", str(folder / "data"), "-A", "trust", "-U", server.owner, "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run([str(place / "initdb"), *made], check=True, cwd=folder, capture_output=True, **_as_nobody())
        (folder / "data" / "pg_hba.conf").write_text(DOORS)
        server.start()
        server.ask("CREATE ROLE guarded LOGIN PASSWORD 'open sesame'")
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@cache
def shared() -> Postgres:
    """One server for all tests of this process, started when first asked for; raises Missing."""
    running = ExitStack()
    atexit.register(running.close)
    return running.enter_context(serving())


@contextmanager
def or_skip() -> Iterator[None]:
    """Skip the test where the server cannot be had, and say how to get it."""
    pytest.importorskip("psycopg", reason="needs psycopg: pip install 'handbill[postgresql]'")
    if os.name == "nt":
        pytest.skip("the server of the tests is started as Unix does it; run them there")
    try:
        yield
    except Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def postgresql() -> Postgres:
    """The server that all tests share: each makes a database of its own on it."""
    with or_skip():
        return shared()
