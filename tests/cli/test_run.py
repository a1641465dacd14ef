"""up, run, pause, resume: how the engine begins, ends, and says what comes next."""

import shutil
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import open_app
from bot.cli.run import Engine, tell_next
from tests.cli.conftest import Say
from tests.making import app, environment, handbill, library, stopped_at, write

STOPPED = "Stopped. Nothing was lost"
SIGNALS = pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no such signals to a child")


@SIGNALS
@pytest.mark.parametrize("words", ["up", "run"])
@pytest.mark.parametrize(("by", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)], ids=["Ctrl-C", "SIGTERM"])
def test_the_engine_says_what_comes_next_and_ends_cleanly(tmp_path: Path, words: str, by: int, code: int) -> None:
    done = stopped_at(library(tmp_path, {"a.txt": "Hello."}), words, word="Next: ", by=by)
    assert "(UTC)  outbox: air/a" in done.stdout and "Ctrl-C stops it" in done.stdout
    assert done.returncode == code and STOPPED in done.stderr
    assert ("handbill delivery list" in done.stdout) == (words == "up")


@SIGNALS
def test_ctrl_c_while_it_loads_is_one_sentence_too(tmp_path: Path) -> None:
    line = "import sys\nclass Slow:\n    def find_spec(self, name, *_):\n"
    line += "        if name == 'click': raise KeyboardInterrupt\nsys.meta_path.insert(0, Slow())\n"
    line += "import bot.cli\nbot.cli.main()"
    done = subprocess.run([sys.executable, "-c", line], cwd=tmp_path, capture_output=True, text=True, env=environment())
    assert done.returncode == 130 and done.stderr == f"{STOPPED}; the same command may be run again.\n"


@SIGNALS
def test_ctrl_c_in_check_is_one_sentence(tmp_path: Path) -> None:
    library(tmp_path, {f"{n}.txt": f"@{n} " + "word " * 40 for n in range(3_000)})
    line = "import os, signal, threading, sys\nthreading.Timer(1, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
    line += "sys.argv = ['handbill', 'check']\nimport bot.cli\nbot.cli.main()"
    done = subprocess.run([sys.executable, "-c", line], cwd=tmp_path, capture_output=True, text=True, env=environment())
    assert (done.returncode, STOPPED in done.stderr) in [(130, True), (0, False)] and "Traceback" not in done.stderr


@SIGNALS
def test_two_engines_on_one_ledger_get_along(tmp_path: Path) -> None:
    library(tmp_path, {"a.txt": "Hello."})
    command = [sys.executable, "-m", "bot", "run"]
    both = [
        subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
        )
        for _ in range(2)
    ]
    for process in both:
        assert process.stdout is not None
        assert [process.stdout.readline()[:5] for _ in range(2)] == ["The e", "Next:"]
    for process in both:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 130 and "Traceback" not in err and "locked" not in err


def test_run_once_is_silent_where_nothing_is_due(tmp_path: Path, say: Say) -> None:
    say("init")
    done = say("run", "--once")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_a_library_without_a_post_for_the_next_weeks_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tell_next(app(library(tmp_path, {"a.txt": "+++\nuntil = 2020-01-01\n+++\nOver."}), "air"))
    assert "Nothing will be said in the next 28 days. To see why: handbill plan --days 28" in capsys.readouterr().err


def test_what_waits_for_approval_is_named_as_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    opened = app(library(tmp_path, {"a.txt": "Hello."}), "air")
    schedules = tuple(replace(one, approval=True) for one in opened.config.schedules)
    tell_next(replace(opened, config=replace(opened.config, schedules=schedules)))
    said = capsys.readouterr().out
    assert said == "Next: Saturday, 2026-11-21 17:30 (UTC)  outbox: air/a (a person must approve it)\n"


def test_trouble_that_passes_is_told_once_and_does_not_end_the_engine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library(tmp_path, {"a.txt": "Hello."})
    write(tmp_path, {"config.toml": '[accounts.box]\nnetwork = "outbox"\n', "handbill.db/in-the-way": ""})
    engine = Engine(open_app(tmp_path / "config.toml"))
    engine.look()
    engine.look()
    assert capsys.readouterr().err.count("Handbill goes on trying.") == 1
    shutil.rmtree(tmp_path / "handbill.db")
    engine.look()
    assert (tmp_path / "handbill.db").is_file() and not capsys.readouterr().err


def test_a_pause_stops_everything_and_a_resume_ends_it(tmp_path: Path, say: Say) -> None:
    library(tmp_path, {"a.txt": "Hello."})
    done = say("pause")
    assert done.code == 0 and "To go on: handbill resume" in done.out
    assert "2 skipped" in say("plan", "--days", "1").out and "paused" in say("plan", "--days", "1").out
    assert "Resumed everything." in say("resume").out
    assert "There was no pause of everything." in say("resume").out
    assert "2 planned" in say("plan", "--days", "1").out


def test_one_campaign_can_be_paused_alone(tmp_path: Path, say: Say) -> None:
    library(tmp_path, {"a.txt": "Hello."})
    assert 'Paused "air"' in say("pause", "air").out
    assert 'Still paused: "air"' in say("resume").err
    assert 'Resumed "air".' in say("resume", "air").out
    assert say("resume", "aire").code == 2


def test_a_file_named_pause_is_told(tmp_path: Path, say: Say) -> None:
    write(library(tmp_path, {"a.txt": "Hello."}), {"posts/PAUSE": ""})
    assert "still pauses everything" in say("resume").err


def test_a_ledger_from_a_newer_program_is_left_alone(tmp_path: Path, say: Say) -> None:
    library(tmp_path, {"a.txt": "Hello."})
    say("pause")
    with sqlite3.connect(tmp_path / "handbill.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    for words in (["plan"], ["run", "--once"], ["delivery", "list"], ["pause"], ["rehearse"]):
        done = say(*words)
        assert done.code == 1 and "newer Handbill" in done.err and "Update" in done.err


@pytest.mark.parametrize("words", ["run --once", "pause", "plan", "delivery list"])
def test_a_ledger_that_is_a_folder_or_no_database_is_told(tmp_path: Path, say: Say, words: str) -> None:
    library(tmp_path, {"a.txt": "Hello."})
    (tmp_path / "handbill.db").mkdir()
    done = say(*words.split())
    assert done.code == 1 and "handbill.db" in done.err
    (tmp_path / "handbill.db").rmdir()
    write(tmp_path, {"handbill.db": "I am a letter, not a database, and rather a long one at that. " * 9})
    done = say(*words.split())
    assert done.code == 1 and "handbill.db" in done.err
    assert (tmp_path / "handbill.db").read_text().startswith("I am a letter")


@pytest.mark.skipif(not Path("/sys/kernel").exists(), reason="needs a folder that nobody may write")
def test_a_folder_that_may_not_be_written_is_told_and_can_still_be_read(tmp_path: Path, say: Say) -> None:
    write(
        library(tmp_path, {"a.txt": "Hello."}),
        {"config.toml": 'database = "sqlite:////sys/kernel/handbill.db"\n[accounts.box]\nnetwork = "outbox"\n'},
    )
    done = say("run", "--once")
    assert done.code == 1 and "cannot be" in done.err
    assert say("plan").code == 0


@SIGNALS
def test_a_full_disk_is_told_and_nothing_is_half_done(tmp_path: Path) -> None:
    library(tmp_path, {"a.txt": "Hello."})
    line = f"trap '' XFSZ; ulimit -f 4; exec {sys.executable} -B -m bot pause"
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, env=environment())
    assert done.returncode == 1 and "Traceback" not in done.stderr and done.stderr.count("\n") == 2, done.stderr
    assert handbill(tmp_path, "pause").returncode == 0
