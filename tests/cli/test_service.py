"""service: what is made, what to type next, and what to do where there is no systemd."""

import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Say
from tests.making import write


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with systemd, and settings of this test's own."""
    write(tmp_path, {"mine/config.toml": "", "bin/systemctl": "#!/bin/sh\n"})
    (tmp_path / "bin" / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_it_is_only_shown_when_that_is_asked(home: Path, say: Say) -> None:
    done = say("service", "install", "--print", below="mine")
    assert done.code == 0 and f"ExecStart={sys.executable} -P -m bot" in done.out and not home.exists()


def test_it_serves_the_desk_too_when_that_is_asked(home: Path, say: Say) -> None:
    rows = say("service", "install", "--up", "--print", below="mine").out.splitlines()
    assert [row.split()[-1] for row in rows if row.startswith("ExecStart=")] == ["up"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no systemd")
def test_it_is_made_and_the_commands_that_let_it_begin_are_named(home: Path, say: Say) -> None:
    done = say("service", "install", below="mine")
    assert done.code == 0 and (home / "systemd" / "user" / "handbill.service").is_file()
    assert "  systemctl --user enable --now handbill\n  loginctl enable-linger\n" in done.out
    assert str(home / "handbill" / "environment") in done.out
    assert "is there already, and right" in say("service", "install", below="mine").out


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no systemd")
def test_it_is_taken_away_and_what_still_runs_is_named(home: Path, say: Say) -> None:
    say("service", "install", below="mine")
    done = say("service", "remove", below="mine")
    assert "systemctl --user stop handbill" in done.out and not list(home.rglob("*.service"))
    assert "nothing to take away" in say("service", "remove", below="mine").err


def test_without_systemd_it_is_said_what_to_do_instead(
    tmp_path: Path, home: Path, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    done = say("service", "install", below="mine")
    assert done.code == 1 and not home.exists()
    assert "crontab -e" in done.err and f"{tmp_path / 'mine' / 'config.toml'} run --once" in done.err
