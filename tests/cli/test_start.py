"""Start-up: a command loads what it needs, and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.making import environment, handbill, library

HEAVY = ["rich", "apscheduler", "alembic", "babel", "sqlalchemy", "PIL", "tweepy", "atproto", "httpx", "starlette"]
CODE = """import sys
sys.argv = ["handbill", *sys.argv[1:]]
from bot.cli import main
try:
    main()
finally:
    print("LOADED", *sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


def loaded(folder: Path, *words: str) -> set[str]:
    """Which of the heavy libraries a command loads."""
    command = [sys.executable, "-c", CODE, *words]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env=environment(), stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stderr
    return set(HEAVY) & set(done.stderr.rpartition("LOADED")[2].split())


@pytest.mark.parametrize(
    "words", ["-h", "plan", "check", "share --network x", "post list", "measure --network x", "init x"]
)
def test_without_a_ledger_no_command_loads_anything_heavy(tmp_path: Path, words: str) -> None:
    library(tmp_path, {"a.txt": "Hello."})
    if words.startswith("init"):
        tmp_path.joinpath("posts").rename(tmp_path / "others")
    assert loaded(tmp_path, *words.split()) == set()


def test_a_plan_with_a_ledger_loads_no_migrations(tmp_path: Path) -> None:
    library(tmp_path, {"a.txt": "Hello."})
    assert handbill(tmp_path, "pause").returncode == 0
    assert loaded(tmp_path, "plan") == {"sqlalchemy"}


def test_dates_in_words_are_what_loads_their_library(tmp_path: Path) -> None:
    assert loaded(library(tmp_path, {"a.txt": "Today is {{ today }}."}), "plan") == {"babel"}
