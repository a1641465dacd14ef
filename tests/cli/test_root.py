"""The command line as a whole: help, exit codes, streams, and how mistakes are answered."""

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from bot.cli.root import COMMANDS
from bot.cli.root import handbill as root
from tests.making import environment, handbill, library

BASH = sys.platform != "win32"
NOUNS = {"post": ["new", "list"], "account": ["list"], "delivery": ["list", "approve"]}
EVERY = [[], *([name] for name in COMMANDS), *([noun, verb] for noun, verbs in NOUNS.items() for verb in verbs)]


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_h_explains_every_command_without_cutting_a_sentence(words: list[str]) -> None:
    context = root.make_context("handbill", list(words), resilient_parsing=True)
    command: click.Command = root
    for word in words:
        assert isinstance(command, click.Group)
        command = command.get_command(context, word) or pytest.fail(word)
        context = click.Context(command, parent=context, info_name=word)
    assert "-h, --help" in command.get_help(context)
    assert "..." not in command.get_help(context).replace("ARGS]...", "")


def test_h_and_nothing_at_all_show_help(tmp_path: Path) -> None:
    for words in ([], ["-h"], ["post"], ["delivery", "list", "-h"]):
        done = handbill(tmp_path, *words)
        assert done.returncode == 0 and done.stdout.startswith("Usage: handbill") and not done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["plna"], 'There is no command "plna". Did you mean "plan"?'),
        (["plan", "--dayz", "2"], "Did you mean '--days'?"),
        (["post", "lst"], "Did you mean 'list'?"),
        (["plan", "--days", "many"], "'many' is not a valid float"),
        (["plan", "--days", "0"], "--days needs a number above 0"),
        (["plan", "--days", "nan"], "--days needs a number above 0"),
        (["plan", "--days", "inf"], "--days needs a number above 0"),
        (["rehearse", "--days", "-3"], "--days needs a number above 0"),
        (["plan", "--from", "tomorrow"], 'Write it like 2026-12-01T09:00'),
        (["plan", "--from", "0001-01-01"], "--from lies too far away"),
        (["plan", "--from", "9999-12-31T23:59-12:00"], "--from lies too far away"),
        (["measure"], "Missing option '--network'"),
        (["measure", "--network", "myspace"], 'There is no network "myspace"'),
        (["share", "--supporters", "nowhere.csv"], "nowhere.csv is no file"),
        (["delivery", "list", "--state", "gone"], 'There is no state "gone"'),
        (["delivery", "approve", "7"], "There is no delivery 7"),
        (["pause", "nothing"], 'There is no campaign "nothing"'),
        (["-c", "nowhere.toml", "plan"], "There is no file nowhere.toml"),
        (["post", "list", "--campaign", "nothing"], 'no whole campaign "nothing"'),
    ],
)  # fmt: skip
def test_what_is_asked_wrongly_ends_with_2_and_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    from bot.cli.root import run

    monkeypatch.chdir(tmp_path)
    assert run(words) == 2
    shown = capsys.readouterr()
    assert said in shown.err.replace("\n", " ") and not shown.out
    assert list(tmp_path.iterdir()) == []


def test_words_go_to_stdout_and_complaints_to_stderr(tmp_path: Path) -> None:
    done = handbill(library(tmp_path, {"a.txt": "Hello.", "b.txt": "+++\nbroken\n+++\nHi."}), "plan", "--days", "1")
    assert "Hello." in done.stdout and "b.txt" not in done.stdout
    assert "posts/air/b.txt:2" in done.stderr and "handbill check" in done.stderr and done.returncode == 0


def test_what_is_piped_is_plain(tmp_path: Path) -> None:
    for more in ({}, {"NO_COLOR": "1"}, {"FORCE_COLOR": ""}):
        assert "\x1b" not in handbill(tmp_path, "plan", **more).stdout


@pytest.mark.skipif(not BASH, reason="needs a pseudo-terminal")
def test_colours_show_where_a_person_watches_and_not_with_no_color(tmp_path: Path) -> None:
    def watched(**more: str) -> str:
        import os
        import pty

        leader, follower = pty.openpty()
        command = [sys.executable, "-m", "bot", "plan", "--days", "1"]
        process = subprocess.Popen(
            command, cwd=tmp_path, stdout=follower, stderr=follower, env=environment(TERM="xterm", **more)
        )
        os.close(follower)
        shown = b""
        try:
            while piece := os.read(leader, 4096):
                shown += piece
        except OSError:
            pass
        os.close(leader)
        assert process.wait(60) == 0
        return shown.decode()

    assert "\x1b[" in watched()
    assert "\x1b[" not in watched(NO_COLOR="1").replace("\x1b[?25", "")


@pytest.mark.skipif(not BASH, reason="needs a shell")
def test_a_reader_who_goes_away_ends_it_in_silence_with_141(tmp_path: Path) -> None:
    library(tmp_path, {f"{n}.txt": f"Post {n} " + "word " * 40 for n in range(60)})
    for words in ("share", "plan --days 300 --json", "share --json"):
        line = f"{sys.executable} -m bot {words} 2>err | head -1 >/dev/null; echo ${{PIPESTATUS[0]}}"
        done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, env=environment())
        assert done.stdout == "141\n"
        assert (tmp_path / "err").read_text().strip() == (
            "No config.toml here: using the built-in default (handbill init makes your own)."
        )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told_once(tmp_path: Path) -> None:
    for words in ("plan", "plan --json", "check --json", "measure --network x", "-h"):
        line = f"{sys.executable} -m bot {words} >/dev/full </dev/null"
        done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, env=environment())
        if words != "check --json":  # which has nothing to say
            assert done.returncode == 1 and done.stderr.count("The disk is full. Make room") == 1
        assert "Traceback" not in done.stderr


@pytest.mark.skipif(not BASH, reason="needs a shell")
def test_closed_streams_are_no_reason_to_fail(tmp_path: Path) -> None:
    line = f"{sys.executable} -m bot plan >&- && {sys.executable} -m bot plan 2>&- >/dev/null"
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, env=environment())
    assert done.returncode == 0 and "Traceback" not in done.stderr


@pytest.mark.skipif(not BASH, reason="Windows keeps a folder that somebody is in")
@pytest.mark.parametrize("words", ["plan", "check", "init", "post list"])
def test_a_folder_that_was_taken_away_is_told(tmp_path: Path, words: str) -> None:
    line = f"mkdir gone; cd gone; rmdir ../gone; exec {sys.executable} -P -m bot {words}"
    env = environment(PYTHONPATH=str(Path(__file__).parents[2]))
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, env=env)
    assert done.returncode == 1 and done.stderr.startswith("The folder you are in is gone.")


BARE = {"LANG": "C", "PYTHONUTF8": "0"}


@pytest.mark.parametrize("more", [BARE, BARE | {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}], ids=["LANG=C", "LC_ALL=C"])
def test_paths_and_words_of_every_alphabet_work_where_the_machine_knows_none(
    tmp_path: Path, more: dict[str, str]
) -> None:
    folder = library(tmp_path / "ein Ort & Übung 🚍 100%? #1", {})
    done = handbill(folder, "post", "new", "air", "for-all", stdin="Saubere Luft für alle! 🚍", **more)
    assert done.returncode == 0, done.stderr
    assert "Saubere Luft für alle! 🚍" in handbill(folder, "plan", "--days", "1", **more).stdout
    assert [handbill(folder, *words, **more).returncode for words in (["run", "--once"], ["check"], ["plan"])] == [
        0,
        0,
        0,
    ]


def test_names_of_files_may_be_of_any_alphabet(tmp_path: Path) -> None:
    folder = library(tmp_path, {})
    assert handbill(folder, "post", "new", "air", "größe", stdin="Platz für alle!", **BARE).returncode == 0
    assert (folder / "posts" / "air" / "größe.en.txt").exists()


def test_a_defect_is_one_line_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from bot.cli.ending import code_of

    try:
        json.loads(None)  # type: ignore[arg-type]
    except TypeError as error:
        assert code_of(error) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "TypeError" in said and "Nothing was lost" in said
