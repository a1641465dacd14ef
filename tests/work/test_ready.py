"""Whether config, accounts and library suit each other."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import App, open_app
from bot.config import Account
from bot.core.network import Field
from bot.core.problem import Problem
from bot.work.ready import ready
from tests.making import NETWORKS, NOW, app, library, write

MANY = {f"{name}.txt": f"{name} {name} {name}: buses for everybody." for name in "abcdefghijkl"}
CONFIG = """library = "posts"

[accounts.box]
network = "outbox"

[[schedule]]
campaign = "air"
accounts = ["box"]
times = ["09:00"]
"""


def opened(folder: Path, config: str = CONFIG) -> App:
    write(folder, {"config.toml": config})
    return open_app(folder / "config.toml", clock=lambda: NOW)


def whats(problems: list[Problem]) -> list[str]:
    return [problem.what for problem in problems]


def test_nothing_is_said_where_all_suits(tmp_path: Path) -> None:
    assert list(ready(opened(library(tmp_path, MANY)))) == []


def test_a_schedule_for_an_unknown_campaign_is_found_with_its_line(tmp_path: Path) -> None:
    (found,) = ready(opened(library(tmp_path, MANY), CONFIG.replace('"air"', '"aire"')))
    assert found.where.endswith("config.toml:7") and '"aire"' in found.what
    assert found.hint == 'Did you mean "air"?' and found.severity == "error"


def test_a_campaign_whose_own_file_is_broken_is_not_called_unknown(tmp_path: Path) -> None:
    assert list(ready(opened(library(tmp_path, MANY, "title = “Air”")))) == []


def test_an_account_without_posts_in_its_language_is_found(tmp_path: Path) -> None:
    config = CONFIG.replace('"outbox"\n', '"outbox"\nlanguage = "fr"\n')
    (found,) = ready(opened(library(tmp_path, MANY), config))
    assert found.what == 'account "box" speaks fr, and "air" has no posts in it'
    assert found.where.endswith("config.toml:5") and found.hint == "It has: en."


def test_a_language_that_is_only_announced_does_not_count(tmp_path: Path) -> None:
    config = CONFIG.replace('"outbox"\n', '"outbox"\nlanguage = "es"\n')
    found = ready(opened(library(tmp_path, MANY, 'title = "Air"\nlanguages = ["en", "es"]\n'), config))
    assert whats(list(found)) == ['account "box" speaks es, and "air" has no posts in it']


def test_a_fact_of_an_account_longer_than_asked_for_is_found(tmp_path: Path) -> None:
    campaign = 'title = "Air"\n[ask.city]\nlabel = "City"\nlongest = 5\n'
    config = CONFIG.replace('"outbox"\n', '"outbox"\nme = { city = "Springfield" }\n')
    (found,) = ready(opened(library(tmp_path, MANY, campaign), config))
    assert "me.city is longer than 5 letters" in found.what


def test_a_network_that_cannot_be_posted_to_is_a_warning_with_the_way_out(tmp_path: Path) -> None:
    known = {**NETWORKS, "x": replace(NETWORKS["x"], connect=None)}
    accounts = {"us": Account(name="us", network="x")}
    (found, _) = ready(app(library(tmp_path, MANY), known=known, accounts=accounts))
    assert "cannot post to X" in found.what and 'publish = "by hand"' in found.what and found.severity == "warning"


SECRET = Field(name="token", help="the key", secret=True)
DOOR = replace(NETWORKS["outbox"], name="door", connect=lambda answers, memory: None, fields=(SECRET,))  # type: ignore[arg-type,return-value]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"token_env": "AIR_TOKEN"}, 'the environment variable AIR_TOKEN is not set; account "us" needs it'),
        (
            {"token_env": "s3cr3t-xyz"},
            'the environment variable that token_env names is not set; account "us" needs it',
        ),
        ({"token_file": "nowhere"}, "the file that token_file names cannot be read (No such file or directory)"),
        ({"token_file": "binary"}, "the file that token_file names cannot be read (it is no text)"),
        ({"token_file": "empty"}, "the file that token_file names is empty"),
        ({}, 'account "us" has no token. Run: handbill account connect us'),
    ],
)
def test_a_secret_that_is_not_there_is_a_warning_that_never_shows_it(
    tmp_path: Path, answers: dict[str, str], said: str
) -> None:
    write(library(tmp_path, MANY), {"binary": b"\xff\xfe", "empty": "\n"})
    accounts = {"us": Account(name="us", network="door", answers=answers)}
    (found,) = ready(app(tmp_path, known={**NETWORKS, "door": DOOR}, accounts=accounts))
    assert said in found.what and found.severity == "warning" and "s3cr3t" not in str(found)


def test_a_secret_that_is_there_is_no_problem(tmp_path: Path) -> None:
    accounts = {"us": Account(name="us", network="door", answers={"token_env": "AIR_TOKEN"})}
    found = app(
        library(tmp_path, MANY), known={**NETWORKS, "door": DOOR}, accounts=accounts, environ={"AIR_TOKEN": "s3cr3t"}
    )
    assert list(ready(found)) == []


def test_a_library_too_small_for_the_rhythm_is_told(tmp_path: Path) -> None:
    (found,) = ready(opened(library(tmp_path, {"a.txt": '+++\nrest = "14d"\n+++\nHello.'})))
    assert 'nothing to say for "air" at 26 of its times in the next four weeks' in found.what
    assert found.where.endswith("config.toml:6") and "rest" in found.hint and found.severity == "warning"


BOUNDS = [
    pytest.param(CONFIG.replace('"09:00"', '"09:00", "10:00", "11:00"'), "per_day = 2\n", "at 28 of", id="per_day"),
    pytest.param(CONFIG.replace('"09:00"', '"09:00", "09:30"'), 'gap = "8h"\n', "at 28 of", id="gap"),
    pytest.param(f'quiet = "08:00-18:00"\n{CONFIG}', "", "at 28 of", id="quiet"),
]


@pytest.mark.parametrize(("config", "bound", "times"), BOUNDS)
def test_times_that_the_limits_of_an_account_leave_out_are_told(
    tmp_path: Path, config: str, bound: str, times: str
) -> None:
    told = config.replace('network = "outbox"\n', f'network = "outbox"\n{bound}')
    (found,) = ready(opened(library(tmp_path, MANY), told))
    assert 'account "box" is silent for "air"' in found.what and times in found.what
    assert found.severity == "warning" and "Take times out of the timetable" in found.hint


def test_days_before_and_after_a_campaign_are_no_silence(tmp_path: Path) -> None:
    campaign = 'title = "Air"\nfrom = 2026-12-01\nuntil = 2026-12-05\n'
    assert list(ready(opened(library(tmp_path, MANY, campaign)))) == []


def test_a_campaign_that_is_over_is_told_as_that(tmp_path: Path) -> None:
    (found,) = ready(opened(library(tmp_path, MANY, 'title = "Air"\nuntil = 2026-11-01\n')))
    assert found.what == 'the campaign "air" ended on 2026-11-01'


# --- who is told ------------------------------------------------------------------------------------

REAL = CONFIG.replace('"outbox"\n', '"instagram"\npublish = "by hand"\n')
SECRET = "s3cr3t-hunter2"


@pytest.mark.parametrize("config", [REAL, REAL.replace("instagram", "outbox")], ids=["network", "by hand"])
def test_a_real_account_of_which_nobody_is_told_is_an_error_with_what_to_write(tmp_path: Path, config: str) -> None:
    (found,) = ready(opened(library(tmp_path, MANY), config))
    assert found.what == 'nobody is told when something goes wrong with account "box"' and found.severity == "error"
    assert 'notify = ["mailto://…"]' in found.hint and "handbill account check --notify" in found.hint
    assert found.where.endswith("config.toml:3")


def test_an_account_for_practice_needs_nobody_to_be_told(tmp_path: Path) -> None:
    assert list(ready(opened(library(tmp_path, MANY)))) == []


def test_an_address_that_can_be_sent_to_is_enough(tmp_path: Path) -> None:
    config = f'notify = ["mailto://me:{SECRET}@example.org", "json://127.0.0.1/{SECRET}"]\n{REAL}'
    assert list(ready(opened(library(tmp_path, MANY), config))) == []


@pytest.mark.parametrize(("config", "severity"), [(CONFIG, "warning"), (REAL, "error")], ids=["practice", "real"])
def test_what_is_no_address_is_told_with_its_line_and_not_shown(tmp_path: Path, config: str, severity: str) -> None:
    rows = f'notify = ["mailto://me:{SECRET}@example.org", "{SECRET}@nowhere", "slak://{SECRET}"]\n{config}'
    found = list(ready(opened(library(tmp_path, MANY), rows)))
    assert whats(found) == [
        "address 2 is no address that notices can go to",
        "slak:// is no address that notices can go to",
    ]
    assert {(one.severity, one.where[-13:]) for one in found} == {(severity, "config.toml:1")}
    assert SECRET not in " ".join(map(str, found))


def test_addresses_that_should_stand_elsewhere_and_do_not_are_told(tmp_path: Path) -> None:
    rows = f'notify_env = "TOWN_NOTIFY"\nnotify_file = "nowhere"\n{REAL}'
    found = list(ready(replace(opened(library(tmp_path, MANY), rows), environ={})))
    assert [one.where[-13:] for one in found] == ["config.toml:1", "config.toml:2"]
    assert found[0].what == "the environment variable TOWN_NOTIFY is not set; notices go to the addresses in it"
    assert "the file that notify_file names cannot be read" in found[1].what


def test_a_monitor_whose_address_is_not_there_is_a_warning(tmp_path: Path) -> None:
    app = replace(opened(library(tmp_path, MANY), f'{CONFIG}[heartbeat]\nurl_env = "MONITOR"\n'), environ={})
    (found,) = ready(app)
    assert found.what == "the environment variable MONITOR is not set" and found.severity == "warning"
    assert found.where.endswith("config.toml:10")
