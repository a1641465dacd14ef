"""check: silent where all is well; every problem at once, each with its place and what to do."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Say
from tests.making import library, write

BOX = '[accounts.box]\nnetwork = "outbox"\n'


def test_check_is_silent_on_the_sample(say: Say) -> None:
    done = say("check")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_every_problem_is_shown_with_place_and_remedy(tmp_path: Path, say: Say) -> None:
    library(tmp_path, {"a.txt": "+++\nhastags = []\n+++\nHi.", "b.txt": "@you, look.", "c.txt": "Fine."})
    done = say("check")
    assert done.code == 1 and done.err == "1 error, 1 warning.\n"
    assert 'posts/air/a.txt:2: error: unknown key `hastags`\n    Did you mean "hashtags"?\n' in done.out
    assert "posts/air/b.txt:1: warning: the words begin with a mention" in done.out


def test_warnings_alone_are_no_failure(tmp_path: Path, say: Say) -> None:
    library(tmp_path, {"a.txt": "@you, look."})
    done = say("check")
    assert done.code == 0 and "0 errors, 1 warning." in done.err


def test_json_has_the_documented_keys(tmp_path: Path, say: Say) -> None:
    library(tmp_path, {"a.txt": "@you, look.", "b.txt": "{{ me.city }}"})
    rows = [json.loads(row) for row in say("check", "--json").out.splitlines()]
    assert [list(row) for row in rows] == [["where", "what", "hint", "severity"]] * len(rows)
    assert {row["severity"] for row in rows} == {"error", "warning"}


CONFIGS: dict[str, tuple[str | bytes, str]] = {
    "an unknown key": (
        'librry = "x"\n' + BOX,
        'config.toml:1: error: unknown key `librry`\n    Did you mean "library"?',
    ),
    "a wrong type": ("library = 7\n", "config.toml:1: error: `library` must be text"),
    "an unknown network": ('[accounts.us]\nnetwork = "bluski"\n', 'Did you mean "bluesky"?'),
    "an unknown account": (
        BOX + '[[schedule]]\ncampaign = "a"\naccounts = ["bx"]\ntimes = ["09:00"]',
        'Did you mean "box"?',
    ),
    "a time that is none": (
        BOX + '[[schedule]]\ncampaign = "a"\naccounts = ["box"]\ntimes = ["9 am"]',
        "must be a time of day",
    ),
    "curly quotes": ("library = “posts”\n", "curly quotes around a value"),
    "a bracket left open": ("notify = [\n", "config.toml:"),
    "not UTF-8": (b'library = "gr\xfcn"\n', "config.toml:1: error: this is not UTF-8 text"),
    "binary": (b"\x7fELF\0\0\x01\xff", "config.toml:1: error"),
    "an unknown zone": ('timezone = "America/NewYork"\n', 'Did you mean "America/New_York"?'),
}


@pytest.mark.parametrize(("config", "said"), CONFIGS.values(), ids=CONFIGS)
def test_a_broken_config_is_told_with_its_line(tmp_path: Path, say: Say, config: str | bytes, said: str) -> None:
    write(tmp_path, {"config.toml": config})
    done = say("check")
    assert done.code == 1 and said in done.out and done.err.startswith("1 error")


COMMANDS = ["plan", "share", "run --once", "run", "up", "rehearse", "post list", "post new a b", "account list"]
COMMANDS += ["delivery list", "delivery approve 1", "pause", "resume"]


@pytest.mark.parametrize("words", COMMANDS)
def test_with_a_broken_config_every_command_says_so_and_does_nothing(tmp_path: Path, say: Say, words: str) -> None:
    write(tmp_path, {"config.toml": 'librry = "posts"\n'})
    done = say(*words.split())
    assert (done.code, done.out) == (1, "") and done.err.startswith("config.toml:1: unknown key `librry`")
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]


@pytest.mark.parametrize("where", ["accounts.us", "site", ""])
@pytest.mark.parametrize("key", ["password", "token", "api_key", "client_secret"])
def test_a_secret_in_the_config_is_never_shown(tmp_path: Path, say: Say, where: str, key: str) -> None:
    account = '[accounts.us]\nnetwork = "bluesky"\n' if where == "accounts.us" else f"[{where}]\n" * bool(where)
    write(tmp_path, {"config.toml": f'{account}{key} = "hunter2-s3cr3t"\n'})
    for words in (["check"], ["check", "--json"], ["plan"]):
        done = say(*words)
        assert done.code == 1 and key in done.out + done.err and "hunter2" not in done.out + done.err
    assert where != "accounts.us" or f"{key}_env" in say("check").out


def test_a_config_that_is_a_folder_is_told(tmp_path: Path, say: Say) -> None:
    (tmp_path / "config.toml").mkdir()
    for words in ("check", "plan"):
        done = say(words)
        assert done.code == 1 and "config.toml is a folder, not a file" in done.err


def test_problems_name_the_config_that_was_given(tmp_path: Path, say: Say) -> None:
    schedule = '[[schedule]]\ncampaign = "aire"\naccounts = ["box"]\ntimes = ["09:00"]\n'
    write(library(tmp_path, {"a.txt": "Hi."}), {"town.toml": BOX + schedule})
    assert 'town.toml:4: error: a [[schedule]] names the campaign "aire"' in say("-c", "town.toml", "check").out


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"posts/.keep": ""}, "this library is empty"),
        ({"posts/air/campaign.toml": 'title = "Air"'}, "this campaign has no posts"),
        ({"posts/air/a.txt": "Hello."}, "this folder has no campaign.toml"),
        (
            {"posts/air/campaign.toml": 'title = "Air"', "posts/air/a.txt": "x" * 70_000},
            "longer than 10,000 characters",
        ),
    ],
    ids=["an empty library", "a campaign without posts", "a folder without a campaign", "a post for nowhere"],
)
def test_a_library_that_cannot_speak_is_told_with_the_next_step(
    tmp_path: Path, say: Say, files: dict[str, str], said: str
) -> None:
    write(tmp_path, files)
    done = say("check")
    assert done.code == 1 and said in done.out and "\n    " in done.out
