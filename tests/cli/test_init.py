"""init: what it makes works at once, and nothing that is there is touched."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot import networks
from bot.app import example_config
from bot.config import SCHEDULE, SITE, keys, read
from tests.cli.conftest import Say
from tests.making import environment, handbill, write


def test_what_init_makes_works_at_once(tmp_path: Path) -> None:
    done = handbill(tmp_path, "init", "x")
    assert done.returncode == 0 and "cd x" in done.stdout and "handbill up" in done.stdout
    check = handbill(tmp_path / "x", "check")
    assert (check.returncode, check.stdout, check.stderr) == (0, "", "")
    plan = handbill(tmp_path / "x", "plan", "--from", "2026-12-01")
    assert plan.returncode == 0 and "14 planned" in plan.stdout and not plan.stderr
    assert sorted(path.name for path in (tmp_path / "x").iterdir()) == ["config.toml", "posts"]


def test_init_without_a_name_fills_this_folder(tmp_path: Path, say: Say) -> None:
    write(tmp_path, {"notes.md": "mine"})
    assert say("init").code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.toml", "notes.md", "posts"]


@pytest.mark.parametrize("there", ["x/config.toml", "x/posts/a.txt"])
def test_init_touches_nothing_that_is_there(tmp_path: Path, say: Say, there: str) -> None:
    write(tmp_path, {there: "mine"})
    done = say("init", "x")
    assert done.code == 2 and "is there already and stays as it is" in done.err
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / there]


def test_init_into_a_file_is_asked_wrongly(tmp_path: Path, say: Say) -> None:
    write(tmp_path, {"x": "mine"})
    assert say("init", "x").code == 2


def test_a_name_with_spaces_is_said_so_that_it_can_be_typed(tmp_path: Path, say: Say) -> None:
    assert 'cd "our town"' in say("init", "our town").out


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_where_the_disk_is_full_init_leaves_nothing_behind(tmp_path: Path) -> None:
    line = f"trap '' XFSZ; ulimit -f 1; exec {sys.executable} -B -m bot init x"
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, env=environment())
    assert done.returncode == 1 and "is left as it was" in done.stderr and "Traceback" not in done.stderr
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert handbill(tmp_path, "init", "x").returncode == 0


@pytest.mark.skipif(not Path("/sys/kernel").exists(), reason="needs a folder that nobody may write")
def test_a_folder_that_may_not_be_written_is_told(say: Say) -> None:
    done = say("init", "/sys/kernel/x")
    assert done.code == 1 and "cannot be written" in done.err


def every_key(prefix: str, names: object) -> set[str]:
    return {f"{prefix}{name}" for name in names}  # type: ignore[attr-defined]


def test_every_key_of_the_config_stands_in_the_example() -> None:
    text = example_config().read_text(encoding="utf-8")
    written = set(re.findall(r"^(?:# )?(\w+) =", text, re.M)) | set(re.findall(r"^(?:# )?\[+(\w+)", text, re.M))
    known = {*keys(networks.load()), *SCHEDULE, *SITE, "network", "handle", "language", "me"}
    assert known <= written, known - written


def test_the_example_loads_without_a_problem_and_with_every_row_switched_on(tmp_path: Path) -> None:
    text = example_config().read_text(encoding="utf-8")
    switched = re.sub(r"^# (?=\w+ = |\[)", "", text, flags=re.M)
    assert switched != text
    write(tmp_path, {"a.toml": text, "b.toml": switched})
    assert read(tmp_path / "a.toml", networks.load(), "a.toml")[1] == []
    config, problems = read(tmp_path / "b.toml", networks.load(), "b.toml")
    assert config and config.site and config.notify and config.schedules[0].tags
    assert all(problem.severity == "warning" for problem in problems)
