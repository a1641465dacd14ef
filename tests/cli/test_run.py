"""up, run, pause, resume: how the engine begins, ends, and says what comes next."""

import json
import shlex
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import now, open_app
from bot.cli.run import ALOUD, tell_next
from bot.core.notice import Notice
from bot.work.deliver import tick
from bot.work.engine import Engine
from tests.cli.conftest import Say
from tests.making import NOW, app, environment, handbill, library, stopped_at, write
from tests.servers.site import Site

STOPPED = "Stopped. Nothing was lost"
POST = {"a.txt": "Hello."}
BOX = 'timezone = "UTC"\n[accounts.town]\nnetwork = "outbox"\n'
NOON = '[[schedule]]\ncampaign = "air"\naccounts = ["town"]\ntimes = ["12:00"]\n'
SIGNALS = pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no such signals to a child")


@SIGNALS
@pytest.mark.parametrize("words", ["up", "run"])
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_the_engine_says_what_comes_next_and_ends_cleanly(tmp_path: Path, words: str, by: int) -> None:
    done = stopped_at(library(tmp_path, {"a.txt": "Hello."}), words, word="Next: ", by=by)
    assert "(UTC)  outbox: air/a" in done.stdout and "Ctrl-C stops it" in done.stdout
    assert done.returncode == 0 and STOPPED in done.stderr
    assert ("The desk: " in done.stdout) == (words == "up")


@SIGNALS
def test_ctrl_c_while_it_loads_is_one_sentence_too(tmp_path: Path) -> None:
    line = "import sys\nclass Slow:\n    def find_spec(self, name, *_):\n"
    line += "        if name == 'click': raise KeyboardInterrupt\nsys.meta_path.insert(0, Slow())\n"
    line += "import bot.cli\nbot.cli.main()"
    done = subprocess.run([sys.executable, "-c", line], cwd=tmp_path, capture_output=True, text=True, env=environment())
    assert done.returncode == 130 and done.stderr == f"{STOPPED}; the same command may be run again.\n"


@SIGNALS
def test_ctrl_c_in_check_is_one_sentence(tmp_path: Path) -> None:
    library(tmp_path, {"a.txt": "Hello."})
    line = "import signal, sys\n"
    line += "def look(event, told):\n    if event == 'open' and str(told[0]).endswith('a.txt'):\n"
    line += "        signal.raise_signal(signal.SIGINT)\n"
    line += "sys.addaudithook(look)\nsys.argv = ['handbill', 'check']\nimport bot.cli\nbot.cli.main()"
    done = subprocess.run([sys.executable, "-c", line], cwd=tmp_path, capture_output=True, text=True, env=environment())
    assert (done.returncode, done.stderr.count(STOPPED)) == (130, 1) and "Traceback" not in done.stderr


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
        assert process.returncode == 0 and "Traceback" not in err and "locked" not in err


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


def test_while_it_runs_what_is_said_goes_to_stdout_and_what_is_in_the_way_to_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(library(tmp_path, POST), {"config.toml": BOX + NOON})
    engine = Engine(open_app(tmp_path / "config.toml", lambda: NOW), ALOUD)
    engine.look()
    shown = capsys.readouterr()
    assert shown.out.startswith("2026-11-21 12:00  town  air/a  sent  file:") and not shown.err
    assert shown.out.endswith("\nNext: Sunday, 2026-11-22 12:00 (UTC)  town: air/a\n")
    (tmp_path / "config.toml").unlink()
    engine.look()
    shown = capsys.readouterr()
    assert "what stood there before holds" in shown.err and not shown.out


# --- once -------------------------------------------------------------------------------------------


def test_run_once_tells_notices_and_by_its_code_that_they_do_not_arrive(tmp_path: Path, site: Site, say: Say) -> None:
    library(tmp_path, POST)
    write(tmp_path, {"config.toml": f'notify = ["json://{site.door}/hook"]\n{BOX}'})
    site.says("/hook", "", status=401)
    with closing(open_app(tmp_path / "config.toml").store) as store:
        store.tell(Notice(kind="account", words="dead", at=NOW, account="town"))
    done = say("run", "--once")
    assert done.code == 1 and "Notices do not arrive. json://127.0.0.1: it answered 401." in done.err
    assert say("delivery", "list").code == 1 and say("delivery", "list", "--json").code == 1
    quiet = say("run", "--once")
    assert (quiet.code, quiet.err) == (1, ""), "it is not said again until it is tried again"


BY_HAND = """\
[accounts.town]
network = "instagram"
publish = "by hand"
[[schedule]]
campaign = "air"
accounts = ["town"]
times = ["00:00", "12:00"]
late = "1m"
"""


def test_run_once_says_what_went_wrong_and_that_nobody_else_hears_of_it(tmp_path: Path, say: Say) -> None:
    write(library(tmp_path, POST), {"config.toml": BY_HAND})
    yesterday = open_app(tmp_path / "config.toml", lambda: now() - timedelta(days=1))
    with closing(yesterday.store):
        tick(yesterday, yesterday.clock())
    done = say("run", "--once")
    assert done.code == 1 and 'Nobody else is told what goes wrong with "town". Name one on the desk' in done.err


def test_run_once_gives_a_sign_of_life(tmp_path: Path, site: Site, say: Say) -> None:
    rows = f'\n[heartbeat]\nurl = "{site.says("/ping", "OK")}"\nfile = "alive"\n'
    write(library(tmp_path, POST), {"config.toml": BOX + rows})
    assert say("run", "--once").code == 0
    assert len(site.requests) == 1 and (tmp_path / "alive").exists()


# --- pauses -----------------------------------------------------------------------------------------


def test_the_way_to_end_a_pause_can_be_typed_as_it_stands(tmp_path: Path, say: Say) -> None:
    library(tmp_path, {"a.txt": "Hello."}, name="Émile Zola")
    hint = say("pause", "Émile Zola").out.rpartition("To go on: handbill ")[2]
    assert shlex.split(hint) == ["resume", "Émile Zola"]
    assert 'Resumed "Émile Zola".' in say(*shlex.split(hint)).out


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


@pytest.mark.parametrize("file", ["posts/PAUSE", "PAUSE"])
def test_a_file_named_pause_is_told(tmp_path: Path, say: Say, file: str) -> None:
    write(library(tmp_path, {"a.txt": "Hello."}), {file: ""})
    assert "still pauses everything" in say("resume").err


def test_a_ledger_from_a_newer_program_is_left_alone(tmp_path: Path, say: Say) -> None:
    library(tmp_path, {"a.txt": "Hello."})
    say("pause")
    with sqlite3.connect(tmp_path / "handbill.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    for typed in (["plan"], ["run", "--once"], ["delivery", "list"], ["pause"], ["rehearse"]):
        done = say(*typed)
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


def test_up_serves_the_share_pages_and_says_where(tmp_path: Path) -> None:
    library(tmp_path, {"a.en.txt": "Hello."})
    done = stopped_at(tmp_path, "up", "--port", "0", word="share pages")
    assert "The share pages: http://127.0.0.1:" in done.stdout and done.returncode in (0, 130)


def test_what_up_tells_people_leads_to_the_desk_that_it_serves(tmp_path: Path, site: Site) -> None:
    hook = site.says("/hook", "").replace("http", "json")
    write(library(tmp_path, POST), {"config.toml": f'notify = ["{hook}"]\n{BOX}{NOON}'})
    with closing(open_app(tmp_path / "config.toml").store) as store:
        store.tell(Notice(kind="account", words="dead", at=NOW, account="town"))
    done = stopped_at(tmp_path, "up", "--port", "0", "--desk-port", "0", word="Next: ")
    desk = done.stdout.partition("The desk: ")[2].split()[0]
    told = json.loads(site.requests[0][2])["message"]
    assert f"Put it right: {desk}accounts/town\n" in told and "on the machine where Handbill runs" in told


def test_up_makes_what_the_desk_changes_in_a_folder_that_has_nothing(tmp_path: Path) -> None:
    done = stopped_at(tmp_path, "up", "--port", "0", "--desk-port", "0", word="Next: ")
    assert "Made config.toml and the folder posts" in done.stdout
    assert (tmp_path / "posts" / "families-belong-together").is_dir()
    again = stopped_at(tmp_path, "up", "--port", "0", "--desk-port", "0", word="Next: ")
    assert "Made" not in again.stdout


def test_up_leaves_posts_that_are_there_and_says_them_as_before(tmp_path: Path) -> None:
    library(tmp_path, {"a.en.txt": "Hello."})
    before = handbill(tmp_path, "plan", "--from", "2026-12-01").stdout
    stopped_at(tmp_path, "up", "--port", "0", "--desk-port", "0", word="Next: ")
    assert "[accounts.outbox]" in (tmp_path / "config.toml").read_text()
    assert handbill(tmp_path, "plan", "--from", "2026-12-01").stdout == before
    assert {path.name for path in (tmp_path / "posts").rglob("*")} == {"air", "campaign.toml", "a.en.txt"}


def test_a_pause_names_the_pages_to_upload_again(tmp_path: Path) -> None:
    library(tmp_path, {"a.en.txt": "Hello."})
    (tmp_path / "config.toml").write_text('[site]\nurl = "https://share.example.org"\n')
    done = handbill(tmp_path, "pause", "air")
    assert "  air/en/index.html\n  air/en/posts.json\n  air/en/feed.json\n" in done.stdout
    assert "take away the pages of single posts" in done.stdout
