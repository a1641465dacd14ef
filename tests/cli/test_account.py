"""account: what accounts there are, what each still needs, and how each stands."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot.app import open_app
from bot.store import Look
from tests.cli.conftest import Say
from tests.making import environment, library, write
from tests.publishing.stage import X_KEYS, own_folders
from tests.servers.fixtures import Running
from tests.servers.mail import Mail
from tests.servers.mastodon import TOKENS, Mastodon
from tests.servers.site import Site
from tests.servers.x import X

BOX = '[accounts.box]\nnetwork = "outbox"\n'
TOWN = '[accounts.town]\nnetwork = "mastodon"\nserver = "{}"\ntoken_env = "TOWN_TOKEN"\n'
SCHEDULE = '[[schedule]]\ncampaign = "air"\naccounts = ["town"]\ntimes = ["09:00"]\n'
KEYS = ["account", "network", "identity", "handle", "url", "labelled", "ends", "begun", "cost", "month"]
KEYS += ["rules", "notes"]


@pytest.fixture(autouse=True)
def of_this_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**own_folders(tmp_path), **X_KEYS, "TOWN_TOKEN": TOKENS["campaign"]}.items():
        monkeypatch.setenv(name, value)


def config(folder: Path, *sections: str) -> None:
    write(library(folder, {"a.txt": "Hello."}), {"config.toml": "".join(sections)})


# --- list ---------------------------------------------------------------------------------------


def test_accounts_are_listed_with_what_they_need(tmp_path: Path, say: Say) -> None:
    config(tmp_path, BOX)
    (row,) = (json.loads(row) for row in say("account", "list", "--json").out.splitlines())
    assert row == {"account": "box", "network": "outbox", "handle": None, "language": "en", "needs": None}
    assert say("account", "list").out == "box\toutbox\t-\ten\t-\n"


def test_an_account_that_is_called_as_its_network_calls_it_is_named_once(tmp_path: Path, say: Say) -> None:
    config(tmp_path, BOX)
    assert say("account", "check", "box").out.startswith("box: Outbox\n")


def test_no_accounts_is_said(tmp_path: Path, say: Say) -> None:
    write(tmp_path, {"config.toml": ""})
    done = say("account", "list")
    assert done.code == 0 and not done.out and "[accounts.NAME]" in done.err


def test_what_an_account_needs_next_is_the_next_step(tmp_path: Path, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    config(tmp_path, TOWN.format("https://town.social"), SCHEDULE)
    assert "to be let begin: handbill account start town" in say("account", "list").out
    say("account", "start", "town", "--yes")
    assert say("account", "list").out.endswith("\t-\n")
    monkeypatch.delenv("TOWN_TOKEN")
    assert "TOWN_TOKEN is not set" in say("account", "list").out


def test_an_account_whose_key_is_gone_is_listed_with_that(tmp_path: Path, say: Say) -> None:
    config(tmp_path, TOWN.format("https://town.social"), SCHEDULE)
    app = open_app(tmp_path / "config.toml")
    app.store.looked("town", Look(trouble="the key is gone"), app.clock())
    assert say("account", "list").out.endswith("\tthe key is gone\n")


def test_a_list_makes_no_key(tmp_path: Path, say: Say) -> None:
    x = "".join(f'{name}_env = "{env}"\n' for name, env in zip(
        ("api_key", "api_secret", "access_token", "access_secret"), X_KEYS, strict=True
    ))  # fmt: skip
    bluesky = '[accounts.sky]\nnetwork = "bluesky"\nhandle = "town.test"\npassword_env = "TOWN_TOKEN"\n'
    config(tmp_path, TOWN.format("https://town.social"), f'[accounts.ex]\nnetwork = "x"\n{x}', bluesky)
    for _ in range(2):
        assert say("account", "list").out.count("to be let begin") == 3
        assert not (tmp_path / "state").exists()
        say("plan")
        say("pause")  # now there is a ledger


def test_nothing_is_needed_where_a_person_posts(tmp_path: Path, say: Say) -> None:
    config(tmp_path, '[accounts.town]\nnetwork = "instagram"\npublish = "by hand"\n')
    assert say("account", "list").out == "town\tinstagram\t-\ten\t-\n"


@pytest.mark.parametrize(
    ("network", "library", "answers"),
    [
        ("x", "tweepy", ""),
        ("bluesky", "atproto", 'handle = "town.test"\n'),
        ("mastodon", "mastodon", 'server = "https://town.social"\n'),
    ],
)
def test_a_missing_client_library_is_told_with_the_command_that_brings_it(
    tmp_path: Path, network: str, library: str, answers: str
) -> None:
    config(tmp_path, f'[accounts.town]\nnetwork = "{network}"\n{answers}')
    code = f"import sys; sys.modules[{library!r}] = None; from bot.cli import main; main()"
    command = f"pip install 'handbill[{network}]'"
    for words in (["list"], ["check"], ["connect", "town"]):
        done = subprocess.run(
            [sys.executable, "-c", code, "account", *words],
            cwd=tmp_path, env=environment(**own_folders(tmp_path)), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert command in done.stdout + done.stderr and "Error" not in done.stderr, done.stderr
        assert done.returncode == (0 if words == ["list"] else 1)


# --- check --------------------------------------------------------------------------------------


def test_how_an_account_stands_has_the_documented_keys(
    tmp_path: Path, say: Say, mastodon_server: Running[Mastodon]
) -> None:
    config(tmp_path, TOWN.format(mastodon_server.url))
    done = say("account", "check", "town", "--json")
    row = json.loads(done.out)
    assert done.code == 0 and list(row) == KEYS
    assert row["account"] == "town" and row["network"] == "mastodon" and row["begun"] is False and row["cost"] == 0
    assert row["handle"].startswith("@campaign@") and row["url"].endswith("/@campaign") and row["ends"] is None
    assert row["rules"] == ["Say who runs a bot.", "Bots post unlisted."]


def test_a_person_is_told_the_next_steps_and_the_rules(
    tmp_path: Path, say: Say, mastodon_server: Running[Mastodon]
) -> None:
    mastodon_server.app.change(bot=False)
    config(tmp_path, TOWN.format(mastodon_server.url))
    done = say("account", "check")
    assert "marked as automated: no. Set it: handbill account label town" in done.out
    assert "handbill account start town" in done.out and "rule 2 of its server: Bots post unlisted." in done.out
    assert say("account", "label", "town").out == "town is marked as automated.\n"
    assert "marked as automated: yes" in say("account", "check").out


def test_one_that_does_not_stand_hides_no_other(tmp_path: Path, say: Say, mastodon_server: Running[Mastodon]) -> None:
    mastodon_server.app.revoked.add(TOKENS["campaign"])
    config(tmp_path, TOWN.format(mastodon_server.url), BOX)
    done = say("account", "check", "--json")
    mastodon_server.app.revoked.clear()
    assert done.code == 1 and json.loads(done.out)["account"] == "box"
    assert done.err.startswith("town: ") and "handbill account connect town" in done.err
    assert TOKENS["campaign"] not in done.err + done.out


def test_what_nobody_can_ask_is_none(tmp_path: Path, say: Say, x_server: Running[X]) -> None:
    rows = "".join(f'{name}_env = "{env}"\n' for name, env in zip(
        ("api_key", "api_secret", "access_token", "access_secret"), X_KEYS, strict=True
    ))  # fmt: skip
    config(tmp_path, f'[accounts.town]\nnetwork = "x"\nserver = "{x_server.url}"\n{rows}')
    row = json.loads(say("account", "check", "--json").out)
    assert row["labelled"] is None and row["identity"] == "1001" and row["rules"] == []
    assert "only you can see it" in say("account", "check").out


@pytest.mark.parametrize("verb", ["check", "label", "start"])
def test_an_unknown_account_is_asked_wrongly(tmp_path: Path, say: Say, verb: str) -> None:
    config(tmp_path, BOX)
    done = say("account", verb, "tonw")
    assert done.code == 2 and 'no account "tonw"' in done.err and "There are: box." in done.err


def test_what_no_program_can_label_is_said(tmp_path: Path, say: Say) -> None:
    config(tmp_path, '[accounts.town]\nnetwork = "instagram"\npublish = "by hand"\n')
    done = say("account", "label", "town")
    assert done.code == 1 and "lets only you do this" in done.err


# --- connect ------------------------------------------------------------------------------------


def test_an_unknown_network_is_answered_with_those_there_are(tmp_path: Path, say: Say) -> None:
    config(tmp_path, BOX)
    for words in (["--network", "myspace"], []):
        done = say("account", "connect", "town", *words, stdin="myspace\n")
        assert done.code == 2 and "Accounts can be on: bluesky, mastodon, x." in done.err


def test_a_code_that_is_not_taken_changes_nothing(tmp_path: Path, say: Say, mastodon_server: Running[Mastodon]) -> None:
    config(tmp_path, "# mine\n")
    done = say("account", "connect", "town", "--network", "mastodon", stdin=f"{mastodon_server.url}\nwrong\n")
    assert done.code == 1 and f"{mastodon_server.url}/oauth/authorize?" in done.err and "Start again." in done.err
    assert (tmp_path / "config.toml").read_text() == "# mine\n" and say("account", "list").out == ""


def test_who_leaves_in_the_middle_changes_nothing(tmp_path: Path, say: Say) -> None:
    config(tmp_path, "# mine\n")
    done = say("account", "connect", "town", "--network", "mastodon", stdin="")
    assert done.code == 130 and (tmp_path / "config.toml").read_text() == "# mine\n"


# --- start --------------------------------------------------------------------------------------


def test_the_week_is_shown_before_an_account_begins(tmp_path: Path, say: Say) -> None:
    config(tmp_path, TOWN.format("https://town.social"), SCHEDULE)
    done = say("account", "start", "town", stdin="n\n")
    assert done.code == 130 and done.out.count("Hello.") >= 1 and "Shall town say this by itself?" in done.err
    assert "begins." in say("account", "start", "town", stdin="y\n").out
    assert "had begun already" in say("account", "start", "town", "--yes").out


# --- who is told ------------------------------------------------------------------------------------


def test_a_test_message_says_which_address_took_it_and_asks_no_network(
    tmp_path: Path, mail: Mail, site: Site, say: Say
) -> None:
    site.says("/hook", "s3cr3t", status=401)
    write(tmp_path, {"config.toml": f'notify = ["json://me:s3cr3t@{site.door}/hook", "{mail.address("s3cr3t")}"]\n'})
    done = say("account", "check", "--notify")
    assert (done.code, done.out) == (1, "mailto://127.0.0.1 took it. Look whether it is there.\n")
    assert done.err == "json://127.0.0.1 did not take it: it answered 401.\n"
    site.says("/hook", "")
    assert say("account", "check", "--notify").code == 0 and len(mail.letters) == 2


def test_without_an_address_a_test_says_what_to_write(tmp_path: Path, say: Say) -> None:
    write(tmp_path, {"config.toml": ""})
    done = say("account", "check", "--notify")
    assert done.code == 2 and 'at the top of config.toml: notify = ["mailto://…"]' in done.err
