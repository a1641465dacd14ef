"""What is opened for a command: the config or the default, the library, the places of keys."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import App, ConfigBroken, example_config, here, open_app, sample_library
from bot.core.problem import AskedWrongly, HandbillError
from tests.making import library, write

MASTODON = '[accounts.town]\nnetwork = "mastodon"\nserver = "https://town.example"\ntoken_env = "TOKEN"\n'
BOX = '[accounts.box]\nnetwork = "outbox"\n'


def test_without_a_config_the_sample_goes_to_an_outbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    app = open_app()
    assert app.config.is_default and app.config.library == sample_library()
    assert [account.network for account in app.config.accounts.values()] == ["outbox"]
    assert app.config.schedules and list(tmp_path.iterdir()) == []


def test_without_a_config_a_library_of_ones_own_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(library(tmp_path, {"a.txt": "Hello."}))
    assert list(open_app().library.campaigns) == ["air"]


def test_a_named_config_that_is_not_there_is_asked_wrongly(tmp_path: Path) -> None:
    with pytest.raises(AskedWrongly, match=r"There is no file .*nowhere\.toml\. Make one with: handbill init"):
        open_app(tmp_path / "nowhere.toml")


def test_all_faults_of_a_config_are_said_at_once(tmp_path: Path) -> None:
    write(tmp_path, {"config.toml": 'librry = "posts"\ntimezone = "Mars"\n'})
    with pytest.raises(ConfigBroken) as broken:
        open_app(tmp_path / "config.toml")
    assert [problem.where.rpartition(":")[2] for problem in broken.value.problems] == ["1", "2"]


def test_paths_count_from_the_folder_of_the_config(tmp_path: Path) -> None:
    write(tmp_path, {"ort mit Ümlaut 🚍/my.toml": BOX})
    app = open_app(tmp_path / "ort mit Ümlaut 🚍/my.toml")
    assert app.config.library == tmp_path / "ort mit Ümlaut 🚍" / "posts"
    assert app.answers(app.config.accounts["box"])["folder"] == str(tmp_path / "ort mit Ümlaut 🚍" / "outbox")


def test_a_key_is_found_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, {"my.toml": '\n[[schedule]]\ncampaign = "a"\naccounts = ["box"]\ntimes = ["09:00"]\n' + BOX})
    app = open_app(tmp_path / "my.toml")
    assert app.where("schedule", 0, "campaign") == f"{tmp_path / 'my.toml'}:3"
    assert app.where("accounts", "box", "network").endswith(":7")
    (tmp_path / "my.toml").unlink()
    assert app.where("schedule", 0) == str(tmp_path / "my.toml")


def test_fresh_reads_the_files_again_and_keeps_the_ledger(tmp_path: Path) -> None:
    write(library(tmp_path, {"a.txt": "Hello."}), {"config.toml": BOX})
    app = open_app(tmp_path / "config.toml")
    store = app.store
    assert len(app.library.posts["air"]) == 1
    write(tmp_path, {"posts/air/b.txt": "Hello you."})
    assert len(app.library.posts["air"]) == 1 and len(app.fresh().library.posts["air"]) == 2
    assert app.fresh().store is store


def test_reading_makes_no_ledger(tmp_path: Path) -> None:
    write(tmp_path, {"config.toml": BOX})
    assert open_app(tmp_path / "config.toml").ledger is None
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]


def spoken(folder: Path, config: str) -> App:
    """The app of a config, with an account "town" and a key of its own."""
    write(folder, {"config.toml": config})
    return replace(open_app(folder / "config.toml"), environ={"HANDBILL_KEY_FILE": str(folder / "key")})


def test_an_accounts_warning_stands_in_one_row_and_takes_of_its_room(tmp_path: Path) -> None:
    speaker = spoken(tmp_path, MASTODON + 'warning = " Politics:\\n  rent "\n').speaker("town")
    assert (speaker.warning, speaker.network.counting.limit) == ("Politics: rent", 500 - 14)


def test_an_account_without_a_warning_has_all_its_room(tmp_path: Path) -> None:
    speaker = spoken(tmp_path, MASTODON).speaker("town")
    assert (speaker.warning, speaker.network.counting.limit) == ("", 500)


def test_what_its_server_told_of_its_room_holds_too(tmp_path: Path) -> None:
    app = spoken(tmp_path, MASTODON + 'warning = "Politics"\n')
    assert app.store
    app.memory(app.config.accounts["town"])["server"] = '{"characters": 5000}'
    assert app.speaker("town").network.counting.limit == 4992


def test_a_warning_takes_of_the_room_where_nobody_can_read_what_the_server_told(tmp_path: Path) -> None:
    app = spoken(tmp_path, MASTODON + 'warning = "Politics"\n')
    app.store.remember("town", "server", "in another key")
    assert app.speaker("town").network.counting.limit == 492


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a folder that somebody is in")
def test_a_folder_that_is_gone_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(HandbillError, match="folder you are in is gone"):
        here()
    os.chdir(tmp_path)


def test_what_is_shipped_is_there() -> None:
    assert example_config().is_file() and list(sample_library().glob("*/campaign.toml"))
