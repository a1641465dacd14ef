"""Packages of npm that tests need: fetched once, in the versions of a lock file, into the cache folder."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path

NODE = "it needs node 20 or newer and npm, as in: apt-get install nodejs npm (or see https://nodejs.org/en/download)"
# The oldest that the packages were tried with.
OLDEST_NODE = 20


class Missing(Exception):
    """What must be there before a test can run, and how to get it."""


def installed(package: Path, command: str) -> Path:
    """The folder with the packages that package.json and package-lock.json in `package` name; raises Missing.

    They are fetched now if it is the first time; `command` is what fetches them by hand.
    """
    _need_node()
    cache = Path(os.getenv("XDG_CACHE_HOME") or Path.home() / ".cache") / "handbill-tests"
    folder = cache / f"{package.name}-{_digest(package)}"
    done = folder / "installed"
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder / "lock"):
            if not done.exists():
                _install(package, folder, command)
                done.touch()
    return folder


def _need_node() -> None:
    if not shutil.which("node") or not shutil.which("npm"):
        raise Missing(NODE)
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    if int(said.strip().lstrip("v").split(".")[0] or 0) < OLDEST_NODE:
        raise Missing(f"node {said.strip()} is too old: {NODE}")


def _digest(package: Path) -> str:
    """Changes with what is installed, and with the node that its compiled parts are made for."""
    node = subprocess.run(["node", "-p", "process.versions.modules"], capture_output=True, text=True, check=True)
    files = [package / "package.json", package / "package-lock.json"]
    return sha256(b"\0".join([node.stdout.encode(), *(file.read_bytes() for file in files)])).hexdigest()[:16]


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """One process at a time; SQLite's lock ends with its process, on every system."""
    with closing(sqlite3.connect(lock, timeout=900, isolation_level=None)) as held:
        held.execute("BEGIN EXCLUSIVE")
        yield


def _install(package: Path, folder: Path, by_hand: str) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(package / name, folder / name)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--no-update-notifier", "--fetch-retries=1"]
    # Windows starts "npm" only by its full name, npm.cmd.
    command[0] = shutil.which("npm") or "npm"
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        said = "\n".join(done.stderr.splitlines()[-20:])
        raise Missing(f"its packages could not be installed; when the network is there, run: {by_hand}\n{said}")
