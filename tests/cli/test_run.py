"""up, run, pause, resume: how the engine begins, ends, and says what comes next."""

import json
import os
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any, cast

import pytest

from bot.app import App, now, open_app
from bot.cli.run import Engine, tell_next
from bot.config import Account
from bot.core.network import Payload, Publisher
from bot.core.notice import Notice
from bot.core.post import Receipt
from bot.work import doors
from bot.work.deliver import tick
from tests.cli.conftest import Say
from tests.making import NOW, app, environment, handbill, library, stopped_at, write
from tests.servers.mail import Mail, words
from tests.servers.site import Site

STOPPED = "Stopped. Nothing was lost"
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


# --- while it runs ----------------------------------------------------------------------------------


def config(folder: Path, text: str, *, ago: float = 60) -> Path:
    """A config of two outboxes that was written so many seconds ago; `text` stands before them."""
    write(folder, {"config.toml": text + TWO})
    os.utime(folder / "config.toml", (NOW.timestamp() - ago, NOW.timestamp() - ago))
    return folder / "config.toml"


TWO = """timezone = "UTC"
[accounts.quick]
network = "outbox"
folder = "quick"
[accounts.slow]
network = "outbox"
folder = "slow"
[[schedule]]
campaign = "air"
accounts = ["quick", "slow"]
times = ["12:01", "12:02"]
"""


@dataclass
class Day:
    """A clock that goes on when a test says so, and a door to each account; that of "slow" opens when it says so."""

    now: datetime = NOW
    open: Event = field(default_factory=Event)
    knocked: Event = field(default_factory=Event)
    defect: Exception | None = None
    ledgers: set[int] = field(default_factory=set)

    def engine(self, path: Path, **environ: str) -> Engine:
        return Engine(replace(open_app(path, clock=lambda: self.now), connect=self.connect, environ=environ))

    def comes(self, clock: str) -> None:
        self.now = datetime.fromisoformat(f"2026-11-21T{clock}Z")

    def connect(self, app: App, account: Account) -> Publisher:
        self.ledgers.add(id(app.store))
        if self.defect:
            raise self.defect
        opening = app.networks[account.network].connect
        assert opening is not None
        door = opening(app.answers(account), {})
        return cast("Publisher", Slow(door, self) if account.name == "slow" else door)


@dataclass
class Slow:
    """An outbox behind a server that is silent for a while."""

    inner: Any
    day: Day

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def publish(self, payload: Payload, key: str) -> Receipt:
        self.day.knocked.set()
        self.day.open.wait(20)  # not for ever, should a fault let two wait here
        return cast("Receipt", self.inner.publish(payload, key))


@pytest.fixture
def day() -> Iterator[Day]:
    day = Day()
    yield day
    day.open.set()


@contextmanager
def looking(engine: Engine) -> Iterator[None]:
    """A look of the engine that goes on meanwhile."""
    thread = Thread(target=engine.look)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def said(folder: Path, account: str) -> int:
    """How many posts lie in an account's outbox."""
    return len(list((folder / account).glob("*.txt")))


POSTS = {f"{name}.txt": f"{name} {name} {name}: buses for everybody." for name in "abcdef"}


def test_a_silent_server_holds_up_its_own_account_alone(tmp_path: Path, day: Day) -> None:
    engine = day.engine(config(library(tmp_path, POSTS), ""))
    engine.look()
    day.comes("12:01:00")
    with looking(engine):
        assert day.knocked.wait(20)
        day.comes("12:02:00")
        engine.look()
        assert (said(tmp_path, "quick"), said(tmp_path, "slow")) == (2, 0)
        day.open.set()
    assert said(tmp_path, "slow") == 1
    engine.look()
    assert (said(tmp_path, "quick"), said(tmp_path, "slow")) == (2, 2)


def test_what_is_being_said_when_it_is_to_end_is_finished_and_nothing_new_begins(tmp_path: Path, day: Day) -> None:
    engine = day.engine(config(library(tmp_path, POSTS), ""))
    engine.look()
    day.comes("12:01:00")
    with looking(engine):
        assert day.knocked.wait(20)
        engine.end(signal.SIGTERM, None)
        day.comes("12:02:00")
        engine.look()
        day.open.set()
    assert (said(tmp_path, "quick"), said(tmp_path, "slow")) == (1, 1)
    with closing(open_app(tmp_path / "config.toml").store) as store:
        assert [one.state for one in store.deliveries()] == ["sent", "sent"]


def test_an_account_whose_turn_comes_after_the_end_was_asked_for_waits_for_the_next_start(
    tmp_path: Path, day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "THREADS", 1)
    one_after_the_other = SLOW_FIRST.format("slow", "12:01") + SLOW_FIRST.format("quick", "12:02")
    write(library(tmp_path, POSTS), {"config.toml": TWO.partition("[[schedule]]")[0] + one_after_the_other})
    engine = day.engine(tmp_path / "config.toml")
    engine.look()
    day.comes("12:02:00")
    with looking(engine):
        assert day.knocked.wait(20)
        engine.end(signal.SIGTERM, None)
        day.open.set()
    assert (said(tmp_path, "slow"), said(tmp_path, "quick")) == (1, 0)
    day.engine(tmp_path / "config.toml").look()
    assert (said(tmp_path, "slow"), said(tmp_path, "quick")) == (1, 1)


SLOW_FIRST = '[[schedule]]\ncampaign = "air"\naccounts = ["{}"]\ntimes = ["{}"]\n'


def test_one_ledger_is_open_however_often_it_looks(tmp_path: Path, day: Day) -> None:
    engine = day.engine(config(library(tmp_path, POSTS), ""))
    day.open.set()
    for clock in ("12:00:00", "12:01:00", "12:02:00"):
        day.comes(clock)
        engine.look()
    assert len(day.ledgers) == 1


def test_trouble_that_passes_is_told_once_and_does_not_end_the_engine(
    tmp_path: Path, day: Day, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = day.engine(config(library(tmp_path, POSTS), ""))
    write(tmp_path, {"handbill.db/in-the-way": ""})
    engine.look()
    engine.look()
    assert capsys.readouterr().err.count("Handbill goes on trying.") == 1
    shutil.rmtree(tmp_path / "handbill.db")
    engine.look()
    shown = capsys.readouterr()
    assert (tmp_path / "handbill.db").is_file() and not shown.err and "Next: " in shown.out


def test_a_ledger_that_stays_away_is_told_to_people_once(tmp_path: Path, day: Day, mail: Mail) -> None:
    engine = day.engine(config(library(tmp_path, POSTS), f'notify = ["{mail.address()}"]\n'))
    write(tmp_path, {"handbill.db/in-the-way": ""})
    for _ in range(4):
        engine.look()
    (letter,) = mail.letters
    assert letter["Subject"] == "Handbill: the engine is in trouble"
    assert "handbill.db" in words(letter) and "Handbill goes on trying." in words(letter)


def test_trouble_for_a_moment_now_and_then_is_told_to_nobody(tmp_path: Path, day: Day, mail: Mail) -> None:
    engine = day.engine(config(library(tmp_path, POSTS), f'notify = ["{mail.address()}"]\n'))
    day.open.set()
    engine.look()
    for clock in ("12:01:00", "12:02:00"):
        day.comes(clock)
        for day.defect in (OSError("for a moment"), None):
            engine.look()
    assert (said(tmp_path, "quick"), mail.letters) == (2, [])


def test_a_config_that_is_edited_holds_from_the_next_look_on(tmp_path: Path, day: Day) -> None:
    engine = day.engine(config(library(tmp_path, POSTS), ""))
    engine.look()
    (tmp_path / "config.toml").write_text(TWO.replace('folder = "quick"', 'folder = "else"'), encoding="utf-8")
    day.open.set()
    day.comes("12:01:00")
    engine.look()
    assert (said(tmp_path, "quick"), said(tmp_path, "else")) == (0, 1)


def test_a_broken_config_is_told_once_and_the_last_good_one_holds(
    tmp_path: Path, day: Day, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = day.engine(config(library(tmp_path, POSTS), ""))
    day.open.set()
    engine.look()
    capsys.readouterr()
    config(tmp_path, "timezone = Mars\n")
    for clock in ("12:01:00", "12:01:15", "12:02:00"):
        day.comes(clock)
        engine.look()
    err = capsys.readouterr().err
    assert err.count("text needs quotes") == 1 and err.count("what stood there before holds") == 1
    assert said(tmp_path, "quick") == 2
    config(tmp_path, "timezone = Venus\n")
    engine.look()
    assert "Venus" not in (err := capsys.readouterr().err) and not err, "the same fault is told once"
    (tmp_path / "config.toml").unlink()
    engine.look()
    assert "There is no file" in capsys.readouterr().err


def test_notices_that_do_not_arrive_are_told_once_while_it_runs(
    tmp_path: Path, day: Day, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.says("/hook", "", status=401)
    engine = day.engine(config(library(tmp_path, POSTS), f'notify = ["json://{site.door}/hook"]\n'))
    engine.look()
    with closing(open_app(tmp_path / "config.toml").store) as store:
        store.tell(Notice(kind="account", words="dead", at=NOW, account="town"))
    engine.look()
    engine.look()
    assert capsys.readouterr().err.count("Notices do not arrive. json://127.0.0.1: it answered 401.") == 1


def test_the_monitor_is_asked_once_a_minute_and_the_file_touched_each_time(
    tmp_path: Path, day: Day, site: Site
) -> None:
    rows = f'\n[heartbeat]\nurl = "{site.says("/ping", "OK")}"\nfile = "alive"\n'
    write(library(tmp_path, POSTS), {"config.toml": TWO + rows})
    engine = day.engine(tmp_path / "config.toml")
    engine.look()
    (tmp_path / "alive").unlink()
    engine.look()
    assert len(site.requests) == 1 and (tmp_path / "alive").exists()


def test_no_sign_of_life_comes_from_an_engine_without_its_ledger(tmp_path: Path, day: Day, site: Site) -> None:
    rows = f'\n[heartbeat]\nurl = "{site.says("/ping", "OK")}"\nfile = "alive"\n'
    write(library(tmp_path, POSTS), {"config.toml": TWO + rows, "handbill.db/in-the-way": ""})
    day.engine(tmp_path / "config.toml").look()
    assert site.requests == [] and not (tmp_path / "alive").exists()


def test_an_engine_that_ends_by_a_fault_of_its_own_tells_it_without_its_words(
    tmp_path: Path, day: Day, mail: Mail
) -> None:
    day.defect = LookupError("s3cr3t-hunter2")
    engine = day.engine(config(library(tmp_path, POSTS), f'notify = ["{mail.address()}"]\n'))
    engine.look()
    day.comes("12:01:00")
    engine.look()
    assert isinstance(engine.defect, LookupError) and engine.ends
    (letter,) = mail.letters
    assert "LookupError, test_run.py:" in words(letter) and "s3cr3t" not in words(letter)


# --- once -------------------------------------------------------------------------------------------


def test_run_once_tells_notices_and_by_its_code_that_they_do_not_arrive(tmp_path: Path, site: Site, say: Say) -> None:
    library(tmp_path, POSTS)
    config(tmp_path, f'notify = ["json://{site.door}/hook"]\n')
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
    write(library(tmp_path, POSTS), {"config.toml": BY_HAND})
    yesterday = open_app(tmp_path / "config.toml", lambda: now() - timedelta(days=1))
    with closing(yesterday.store):
        tick(yesterday, yesterday.clock())
    done = say("run", "--once")
    assert done.code == 1 and 'Nobody else is told what goes wrong with "town". Write one at the top' in done.err


def test_run_once_gives_a_sign_of_life(tmp_path: Path, site: Site, say: Say) -> None:
    rows = f'\n[heartbeat]\nurl = "{site.says("/ping", "OK")}"\nfile = "alive"\n'
    write(library(tmp_path, POSTS), {"config.toml": TWO + rows})
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
    library(tmp_path, POSTS)
    config(tmp_path, f'notify = ["{site.says("/hook", "").replace("http", "json")}"]\n')
    with closing(open_app(tmp_path / "config.toml").store) as store:
        store.tell(Notice(kind="account", words="dead", at=NOW, account="slow"))
    done = stopped_at(tmp_path, "up", "--port", "0", "--desk-port", "0", word="Next: ")
    desk = done.stdout.partition("The desk: ")[2].split()[0]
    told = json.loads(site.requests[0][2])["message"]
    assert f"Put it right: {desk}accounts/slow\n" in told and "on the machine where Handbill runs" in told


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
