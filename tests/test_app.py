"""What is opened for a command: the config or the default, the library, the places of keys."""

import os
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import App, ConfigBroken, example_config, here, now, open_app, sample_library
from bot.core.problem import AskedWrongly, HandbillError
from tests.making import library, write
from tests.servers.postgres import Postgres

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


def ledgered(folder: Path, config: str, **environ: str) -> App:
    """The app of a config, in a surrounding of its own."""
    write(folder, {"config.toml": config})
    return replace(open_app(folder / "config.toml"), environ=environ)


IN_ENVIRON = 'database_env = "DATABASE_URL"\n'


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_the_ledger_may_be_where_the_environment_says(tmp_path: Path, scheme: str) -> None:
    app = ledgered(tmp_path, IN_ENVIRON, DATABASE_URL=f"{scheme}://u:p%40@h:5/d\n")
    assert app.database == "postgresql+psycopg://u:p%40@h:5/d"
    assert "p%40" not in repr(app)


def test_a_file_that_the_environment_names_counts_from_the_folder_of_the_config(tmp_path: Path) -> None:
    app = ledgered(tmp_path, IN_ENVIRON, DATABASE_URL="sqlite:///ledger.db")
    assert app.database == f"sqlite:///{tmp_path.as_posix()}/ledger.db"
    assert app.ledger is None


@pytest.mark.parametrize("held", ["", "hunter2", "mysql://me:hunter2@h/d", "postgresql://me:hunter2@x@h/d"])
def test_an_environment_without_an_address_is_told_and_never_repeated(tmp_path: Path, held: str) -> None:
    app = ledgered(tmp_path, IN_ENVIRON, DATABASE_URL=held)
    with pytest.raises(HandbillError, match=r"variable DATABASE_URL (is not set|holds no address)") as said:
        app.ledger  # noqa: B018
    assert "hunter2" not in str(said.value)


def test_a_ledger_on_a_server_is_read_where_it_is(tmp_path: Path, postgresql: Postgres) -> None:
    url = postgresql.fresh()
    app = ledgered(tmp_path, f'database = "{url}"\n')
    with closing(app.store) as store:
        store.pause("air", now())
        assert app.ledger is store
        other = ledgered(tmp_path, f'database = "{url}"\n')
        with closing(other.store):
            assert other.ledger and other.ledger.pauses() == {"air"}


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


# --- read anew --------------------------------------------------------------------------------------


def written(folder: Path, text: str, *, ago: float = 60) -> Path:
    """A config that was written so many seconds ago."""
    write(folder, {"config.toml": text})
    then = now().timestamp() - ago
    os.utime(folder / "config.toml", (then, then))
    return folder / "config.toml"


def test_a_config_that_is_edited_is_read_anew_and_the_ledger_stays_open(tmp_path: Path) -> None:
    app = open_app(written(library(tmp_path, {"a.txt": "Hello."}), BOX))
    store = app.store
    written(tmp_path, BOX + '[accounts.other]\nnetwork = "outbox"\n')
    assert list(app.anew().config.accounts) == ["box", "other"] and app.anew().store is store


def test_another_database_is_opened_and_not_the_one_from_before(tmp_path: Path) -> None:
    app = open_app(written(library(tmp_path, {"a.txt": "Hello."}), BOX))
    store = app.store
    written(tmp_path, 'database = "sqlite:///other.db"\n' + BOX)
    assert app.anew().store is not store and (tmp_path / "other.db").is_file()


def test_half_a_config_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    app = open_app(written(library(tmp_path, {"a.txt": "Hello."}), BOX))
    written(tmp_path, "", ago=0)
    assert list(app.anew().config.accounts) == ["box"]
    written(tmp_path, '[accounts.box]\nnetwork = "out', ago=0)
    assert list(app.anew().config.accounts) == ["box"]


def test_a_config_that_stays_broken_or_is_gone_is_an_error_with_its_reason(tmp_path: Path) -> None:
    app = open_app(written(library(tmp_path, {"a.txt": "Hello."}), BOX))
    written(tmp_path, '[accounts.box]\nnetwork = "out')
    with pytest.raises(ConfigBroken, match="a quote is missing"):
        app.anew()
    (tmp_path / "config.toml").unlink()
    with pytest.raises(AskedWrongly, match="There is no file"):
        app.anew()


def test_a_config_of_the_future_is_read_too(tmp_path: Path) -> None:
    app = open_app(written(library(tmp_path, {"a.txt": "Hello."}), BOX))
    written(tmp_path, BOX.replace(".box", ".crate"), ago=-3600)
    assert list(app.anew().config.accounts) == ["crate"]


def test_rows_kept_elsewhere_are_read_without_blank_ones_and_comments(tmp_path: Path) -> None:
    write(tmp_path, {"config.toml": BOX, "rows": "# ours\n\n  one \n#two\nthree"})
    app = replace(open_app(tmp_path / "config.toml"), environ={"ROWS": "four\n"})
    assert app.kept_lines("x", "ROWS", "rows") == (["four", "one", "three"], [])
    assert app.kept_lines("x", "", "") == ([], [])
    assert app.kept_lines("x", "NONE", "") == ([], ["the environment variable NONE is not set"])
