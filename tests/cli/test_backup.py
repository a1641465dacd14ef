"""backup, restore: what a person sees; and what every command says of a ledger on a server that is away."""

from pathlib import Path

import pytest

from tests.cli.conftest import Say
from tests.cli.test_delivery import CONFIG, after_a_day, of_this_test
from tests.servers.postgres import Postgres

__all__ = ["of_this_test"]
AWAY = (
    "the database handbill at 127.0.0.1: it does not answer. Check that it runs, and its address; nothing was lost.\n"
)


def test_a_backup_says_what_it_holds_and_where_the_key_is(tmp_path: Path, say: Say) -> None:
    after_a_day(tmp_path, CONFIG)
    done = say("backup", "kept.db")
    assert done.code == 0
    assert done.out.startswith("The ledger is in kept.db: 1 delivery, last brought up to date 20")
    assert f"that lies in {tmp_path / 'state' / 'key'}. Keep a copy of both, apart." in done.err


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["backup"], "Missing argument 'FILE'"),
        (["backup", "handbill.db", "--force"], "handbill.db is the ledger itself. Name another file."),
        (["backup", "config.toml"], "config.toml is there already. Name another file, or write over it with --force."),
        (["restore", "nowhere.db"], "There is no file nowhere.db."),
        (["restore", "posts"], "There is no file posts."),
        (["restore", "handbill.db"], "handbill.db is the ledger itself. Name a backup of it."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_meant_is_asked_wrongly(tmp_path: Path, say: Say, words: list[str], complaint: str) -> None:
    after_a_day(tmp_path, CONFIG)
    done = say(*words)
    assert done.code == 2 and complaint in done.err


def test_a_restore_says_what_it_replaces_and_asks(tmp_path: Path, say: Say) -> None:
    after_a_day(tmp_path, CONFIG)
    say("backup", "kept.db")
    say("pause")
    asked = say("restore", "kept.db", stdin="n\n")
    assert asked.code == 130
    assert "kept.db holds 1 delivery, last" in asked.out and "The ledger holds 1 delivery, last" in asked.out
    assert list(tmp_path.glob("handbill-before-*")) == []
    done = say("restore", "kept.db", stdin="y\n")
    assert done.code == 0 and "Restored. The ledger as it was is in " in done.out
    assert "Paused: everything. To go on: handbill resume" in done.err
    assert len(list(tmp_path.glob("handbill-before-*.db"))) == 1


def test_into_a_new_place_a_backup_is_restored_without_more_ado(tmp_path: Path, say: Say, postgresql: Postgres) -> None:
    after_a_day(tmp_path, CONFIG)
    say("backup", "kept.db")
    (tmp_path / "config.toml").write_text(f'database = "{postgresql.fresh()}"\n{CONFIG}')
    done = say("restore", "kept.db", "--yes")
    assert (done.code, done.out.splitlines()[-1]) == (0, "Restored.")
    assert "The ledger holds 0 deliveries." in done.out
    assert "\tsent\t" in say("delivery", "list").out


COMMANDS = [
    ["plan"], ["plan", "--json"], ["check"], ["check", "--json"], ["run", "--once"], ["delivery", "list"], ["pause"],
    ["delivery", "list", "--json"], ["post", "list"], ["backup", "kept.db"], ["rehearse", "--days", "1", "--out", "o"],
    ["account", "list"], ["account", "check"],
]  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_of_a_ledger_that_is_away_every_command_says_one_sentence_and_no_password(
    tmp_path: Path, say: Say, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    after_a_day(tmp_path, CONFIG)
    (tmp_path / "config.toml").write_text(f'database_env = "DATABASE_URL"\n{CONFIG}')
    monkeypatch.setenv("DATABASE_URL", "postgres://me:tell-nobody@127.0.0.1:1/handbill")
    done = say(*words)
    assert "tell-nobody" not in done.out + done.err
    assert (done.code, done.err) == (1, AWAY)
