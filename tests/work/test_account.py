"""Account: connected only when it works, written without harm to what stands there, and how it stands."""

import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from stat import S_IMODE
from typing import Any

import pytest

from bot import config
from bot.app import App, open_app
from bot.config import Account
from bot.core.network import Field, Standing
from bot.core.problem import AskedWrongly, HandbillError, SignedOut
from bot.networks import load
from bot.work.account import Checked, check, connect, keep, known, label, start, write_account
from bot.work.deliver import tick
from tests.making import write
from tests.publishing.stage import X_KEYS, own_folders
from tests.servers.fixtures import Running, approve
from tests.servers.mastodon import TOKENS, Mastodon
from tests.servers.x import X
from tests.work.stage import at

NETWORKS = load()
MASTODON, PASSWORD = NETWORKS["mastodon"], "MASTODON_TOKEN"


@dataclass
class Talker:
    """A person who answers by the name of what is asked, and says yes on the page that was told."""

    answers: dict[str, str]
    asked: list[Field] = field(default_factory=list)
    page: str = ""

    def ask(self, asked: Field) -> str:
        self.asked.append(asked)
        return approve(self.page) if asked.name == "code" and "code" not in self.answers else self.answers[asked.name]

    def tell(self, words: str) -> None:
        self.page = words.rsplit(maxsplit=1)[-1]


def opened(folder: Path, told: str | None = "") -> App:
    """The app of a folder, with secrets kept inside it; None: without a config.toml."""
    if told is not None:
        write(folder, {"config.toml": told})
    write(folder, {"posts/air/campaign.toml": 'title = "Air"\n', "posts/air/a.txt": "Hello."})
    app = open_app(folder / "config.toml") if told is not None else replace(open_app(), source=None)
    return replace(app, environ=own_folders(folder), clock=lambda: at("12:00"))


def connected(app: App, server: Running[Mastodon], **answers: str) -> Checked:
    return connect(app, "town", MASTODON, Talker({"server": server.url, **answers}))


def kept(app: App) -> dict[str, str]:
    return dict(app.memory(Account(name="town", network="mastodon")))


# --- connecting ---------------------------------------------------------------------------------


def test_a_connected_account_can_be_opened_by_the_next_run(tmp_path: Path, mastodon_server: Running[Mastodon]) -> None:
    found = connected(opened(tmp_path), mastodon_server)
    assert found.standing.handle.startswith("@campaign@") and not found.begun
    again = replace(open_app(tmp_path / "config.toml"), environ=own_folders(tmp_path))
    assert check(again, known(again, "town")).identity == found.identity
    assert again.config.accounts["town"].handle == found.standing.handle.lstrip("@")


def test_the_token_stands_in_no_file_in_the_clear(tmp_path: Path, mastodon_server: Running[Mastodon]) -> None:
    app = opened(tmp_path)
    connected(app, mastodon_server)
    token = kept(app)["typed:token"]
    assert token and token in mastodon_server.app.taken
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and token.encode() in file.read_bytes()]
    assert S_IMODE((tmp_path / "state" / "key").stat().st_mode) == 0o600


def test_what_does_not_work_is_not_kept(tmp_path: Path, mastodon_server: Running[Mastodon]) -> None:
    app = opened(tmp_path)
    mastodon_server.app.fail(401, path="/api/v1/accounts/verify_credentials")
    with pytest.raises(SignedOut):
        connected(app, mastodon_server)
    assert kept(app) == {} and (tmp_path / "config.toml").read_text() == ""


def test_a_failed_try_leaves_a_working_account_as_it_was(tmp_path: Path, mastodon_server: Running[Mastodon]) -> None:
    connected(opened(tmp_path), mastodon_server)
    app = opened(tmp_path, (tmp_path / "config.toml").read_text())
    app.store.remember("town", "odd", "kept as it is")
    before, text = app.store.memory("town"), (tmp_path / "config.toml").read_text()
    mastodon_server.app.fail(503, path="/api/v1/accounts/verify_credentials")
    with pytest.raises(HandbillError):
        connected(app, mastodon_server)
    assert app.store.memory("town") == before and (tmp_path / "config.toml").read_text() == text


def test_what_nobody_can_see_is_not_written_into_the_config(tmp_path: Path) -> None:
    person = Talker({"handle": "town\x7f.test", "password": "secret", "server": "https://pds.example.org"})
    with pytest.raises(AskedWrongly, match="nobody can see in: handle"):
        connect(opened(tmp_path), "town", NETWORKS["bluesky"], person)


@dataclass
class Boastful:
    """A door to an account on a server that says of it whatever it likes."""

    handle: str

    def whoami(self) -> str:
        return "1\ud800"

    def look(self) -> Standing:
        return Standing(handle=self.handle)


@pytest.mark.parametrize(
    "handle", ["a\0b", "a\ud800b", "a\x7fb\u202e\u2028c", 'a"\n[accounts.evil]', "a" * 100_000], ids=ascii
)
def test_no_server_breaks_the_config_by_what_it_calls_an_account(tmp_path: Path, handle: str) -> None:
    app = replace(opened(tmp_path), connect=lambda app, account: Boastful(handle))  # type: ignore[arg-type, return-value]
    found = keep(app, "town", MASTODON, {"server": "https://town.example", "token": "secret"})
    assert found.standing.handle.isprintable() and found.standing.handle[0] == "a"
    again = open_app(tmp_path / "config.toml").config
    assert again.accounts["town"].handle == found.standing.handle and again.accounts.keys() == {"town"}


class Interrupted(Talker):
    def ask(self, asked: Field) -> str:
        raise KeyboardInterrupt


def test_who_gives_up_in_the_middle_changes_nothing(tmp_path: Path) -> None:
    app = opened(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        connect(app, "town", MASTODON, Interrupted({}))
    assert kept(app) == {}


def test_connecting_again_takes_the_new_key_and_keeps_the_rest(
    tmp_path: Path, mastodon_server: Running[Mastodon]
) -> None:
    connected(opened(tmp_path), mastodon_server)
    text = (tmp_path / "config.toml").read_text() + 'visibility = "unlisted"\nlanguage = "es"\n'
    app = opened(tmp_path, text)
    mastodon_server.app.revoked.add(old := kept(app)["typed:token"])
    connected(app, mastodon_server)
    assert kept(app)["typed:token"] != old and (tmp_path / "config.toml").read_text() == text


def test_a_lost_key_file_is_mended_by_connecting_again(tmp_path: Path, mastodon_server: Running[Mastodon]) -> None:
    connected(opened(tmp_path), mastodon_server)
    (tmp_path / "state" / "key").unlink()
    app = opened(tmp_path, (tmp_path / "config.toml").read_text())
    with pytest.raises(SignedOut, match="account connect town"):
        check(app, known(app, "town"))
    assert connected(app, mastodon_server).identity == check(app, known(app, "town")).identity


def test_what_is_known_is_offered_when_it_is_asked_again(tmp_path: Path) -> None:
    section = '[accounts.town]\nnetwork = "bluesky"\nhandle = "town.test"\nserver = "http://127.0.0.1:1"\n'
    person = Talker({"handle": "town.test", "password": "wrong", "server": "http://127.0.0.1:1"})
    with pytest.raises(HandbillError):
        connect(opened(tmp_path, section), "town", NETWORKS["bluesky"], person)
    assert [(one.name, one.default) for one in person.asked] == [
        ("handle", "town.test"), ("password", ""), ("server", "http://127.0.0.1:1"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "network", "section", "words"),
    [
        pytest.param("my town", "mastodon", "", "cannot be the name", id="no name for a section"),
        pytest.param("../town", "mastodon", "", "cannot be the name", id="a path"),
        pytest.param("town", "whatsapp", "", "cannot post to WhatsApp", id="a network that takes no posts"),
        pytest.param("town", "mastodon", 'network = "outbox"', "an account on outbox already", id="another network"),
        pytest.param("town", "x", 'network = "x"\npublish = "by hand"', "Take `publish` out", id="by hand"),
        pytest.param("town", "x", 'network = "x"\napi_key_env = "KEY"', "`api_key_env`", id="a secret told elsewhere"),
    ],
)
def test_what_cannot_be_connected_is_said_before_anything_is_asked(
    tmp_path: Path, name: str, network: str, section: str, words: str
) -> None:
    app = opened(tmp_path, f"[accounts.town]\n{section}\n" if section else "")
    with pytest.raises(AskedWrongly, match=words):
        connect(app, name, NETWORKS[network], Interrupted({}))


def test_without_its_client_library_nothing_is_asked(tmp_path: Path) -> None:
    bare = replace(MASTODON, client="no_such_library")
    with pytest.raises(HandbillError, match=r"pip install 'handbill\[mastodon\]'"):
        connect(opened(tmp_path), "town", bare, Interrupted({}))


# --- config.toml --------------------------------------------------------------------------------

COMMENTED = """# Ours.
[accounts.town]                  # the town
network = "mastodon"   # since 2026
server = "https://old.social"

# Twice a day:
[[schedule]]
campaign = "air"
accounts = ["town"]
times = ["09:00"]   # not earlier
# The end."""


def account(name: str = "town", **answers: str) -> Account:
    return Account(name=name, network="mastodon", answers={"server": "https://town.social", **answers})


def test_an_account_is_changed_in_its_place(tmp_path: Path) -> None:
    file = write(tmp_path, {"config.toml": COMMENTED}) / "config.toml"
    write_account(file, account(), "@town@town.social")
    before, after = COMMENTED.split("\n"), file.read_text().split("\n")
    assert [row for row in after if row not in before] == [
        'handle = "town@town.social"', 'server = "https://town.social"',
    ]  # fmt: skip
    assert [row for row in before if row not in after] == ['server = "https://old.social"']
    assert after.index("# Twice a day:") == after.index("[[schedule]]") - 1


def test_a_new_account_comes_at_the_end(tmp_path: Path) -> None:
    file = write(tmp_path, {"config.toml": COMMENTED}) / "config.toml"
    write_account(file, account("village"), "@village@town.social")
    assert file.read_text() == COMMENTED + (
        '\n\n[accounts.village]\nnetwork = "mastodon"\nhandle = "village@town.social"\nserver = "https://town.social"\n'
    )


@pytest.mark.parametrize("name", ["town", "village"])
def test_a_file_from_windows_stays_one(tmp_path: Path, name: str) -> None:
    text = "\ufeff" + COMMENTED.replace("\n", "\r\n")
    file = write(tmp_path, {"config.toml": text}) / "config.toml"
    write_account(file, account(name), "")
    written = file.read_bytes().decode()
    assert written.startswith("\ufeff# Ours.\r\n") and written.count("\n") == written.count("\r\n")
    assert config.read(file, NETWORKS, "config.toml")[0]


@pytest.mark.parametrize("value", ['a "b" \\ c', "ünd 👋", "tab\tand"])
def test_any_value_comes_back_as_it_was(tmp_path: Path, value: str) -> None:
    write_account(tmp_path / "config.toml", account("pueblo-ñ", warning=value), "")
    found, problems = config.read(tmp_path / "config.toml", NETWORKS, "config.toml")
    assert found and found.accounts["pueblo-ñ"].answers["warning"] == value, problems


def test_who_may_read_the_file_and_where_it_lies_stay(tmp_path: Path) -> None:
    write(tmp_path, {"real.toml": ""}).joinpath("real.toml").chmod(0o600)
    (tmp_path / "config.toml").symlink_to("real.toml")
    write_account(tmp_path / "config.toml", account(), "")
    assert (tmp_path / "config.toml").is_symlink() and "town.social" in (tmp_path / "real.toml").read_text()
    assert S_IMODE((tmp_path / "real.toml").stat().st_mode) == 0o600


def test_a_config_that_cannot_be_written_is_told_with_what_to_add(
    tmp_path: Path, mastodon_server: Running[Mastodon]
) -> None:
    app = opened(tmp_path, "# mine\n")
    (tmp_path / "config.toml").unlink()
    (tmp_path / "config.toml").symlink_to("a folder that is gone/config.toml")
    with pytest.raises(HandbillError, match="secrets are kept") as told:
        connected(app, mastodon_server)
    rows = str(told.value).split("\n")[1:]
    assert rows[0] == "  [accounts.town]" and f'  server = "{mastodon_server.url}"' in rows
    assert kept(app)["typed:token"] and (tmp_path / "config.toml").is_symlink()


def test_accounts_written_in_a_way_of_their_own_are_left_alone(tmp_path: Path) -> None:
    text = 'accounts = { box = { network = "outbox" } }\n'
    file = write(tmp_path, {"config.toml": text}) / "config.toml"
    with pytest.raises(HandbillError, match="way of their own"):
        write_account(file, account(), "")
    assert file.read_text() == text


def test_without_a_config_one_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mastodon_server: Running[Mastodon]
) -> None:
    monkeypatch.chdir(tmp_path)
    connected(opened(tmp_path, None), mastodon_server)
    app = open_app(tmp_path / "config.toml")
    assert list(app.config.accounts) == ["town"] and list(app.library.campaigns) == ["air"]


# --- how it stands ------------------------------------------------------------------------------


def test_an_unknown_account_is_named_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(AskedWrongly, match=r'no account "tonw".*There are: none yet'):
        known(opened(tmp_path), "tonw")


def test_it_begins_once(tmp_path: Path) -> None:
    app = opened(tmp_path, '[accounts.town]\nnetwork = "mastodon"\nserver = "https://town.social"\n')
    assert start(app, known(app, "town")) and not start(app, known(app, "town"))


def test_a_label_is_set_where_a_program_can(tmp_path: Path, mastodon_server: Running[Mastodon]) -> None:
    mastodon_server.app.change(bot=False)
    assert connected(opened(tmp_path), mastodon_server).standing.labelled is False
    app = opened(tmp_path, (tmp_path / "config.toml").read_text())
    assert label(app, known(app, "town")) and check(app, known(app, "town")).standing.labelled is True


def on_x(folder: Path, server: Running[X], more: str = "") -> App:
    rows = "".join(f'{name}_env = "{env}"\n' for name, env in zip(
        ("api_key", "api_secret", "access_token", "access_secret"), X_KEYS, strict=True
    ))  # fmt: skip
    told = f'timezone = "UTC"\n[accounts.town]\nnetwork = "x"\nserver = "{server.url}"\n{rows}{more}'
    schedule = '[[schedule]]\ncampaign = "air"\naccounts = ["town"]\ntimes = ["09:00"]\n'
    app = opened(folder, told + schedule)
    return replace(app, environ={**app.environ, **X_KEYS})


def said(app: App) -> None:
    app.store.start("town", at("08:00"))
    for clock in ("08:00", "09:00"):
        tick(app, at(clock))


def test_what_its_posts_cost_is_added_up(tmp_path: Path, x_server: Running[X]) -> None:
    app = on_x(tmp_path, x_server)
    said(app)
    taken = sum(cost for what, cost in x_server.app.charged if what.startswith("POST"))
    found = check(app, known(app, "town"))
    assert found.cost == pytest.approx(float(taken), abs=0.01) == 0.015
    assert found.month >= found.cost, "with what looking at it costs"
    next_month = replace(app, clock=lambda: at("12:00").replace(year=2027))
    assert check(next_month, known(app, "town")).month < 0.015 <= check(next_month, known(app, "town")).cost
    assert not label(app, known(app, "town"))  # X lets only people do it


def test_what_a_person_posts_costs_nothing_and_needs_no_beginning(tmp_path: Path, x_server: Running[X]) -> None:
    app = on_x(tmp_path, x_server, 'publish = "by hand"\n')
    said(app)
    found = check(app, known(app, "town"))
    assert found.cost == 0 and found.begun and found.identity == "town" and not x_server.app.posts


# --- the key to what is kept --------------------------------------------------------------------

BOX = """[accounts.box]
network = "outbox"
[[schedule]]
campaign = "air"
accounts = ["town", "box"]
times = ["09:00"]
"""


def lost(key: Path) -> None:
    key.unlink()


def another(key: Path) -> None:
    key.write_text("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")


def nonsense(key: Path) -> None:
    key.write_text("?")


def in_the_way(key: Path) -> None:
    key.unlink()
    key.mkdir()


def test_a_key_that_is_gone_stops_no_engine_that_counts_what_reading_costs(
    tmp_path: Path, x_server: Running[X]
) -> None:
    app = on_x(tmp_path, x_server, BOX)
    app.store.start("town", at("08:00"))
    tick(app, at("08:00"))
    app.memory(app.config.accounts["town"])["reads"] = '{"2026-12": {"posts": 3}}'
    lost(tmp_path / "state" / "key")
    assert "sent" in [one.state for one in tick(app, at("09:00"))]


@pytest.mark.parametrize("harm", [lost, another, nonsense, in_the_way])
def test_without_its_key_an_account_is_held_and_nothing_else(
    tmp_path: Path, mastodon_server: Running[Mastodon], harm: Callable[[Path], Any]
) -> None:
    connected(opened(tmp_path), mastodon_server)
    app = opened(tmp_path, 'timezone = "UTC"\n' + (tmp_path / "config.toml").read_text() + BOX)
    app.store.start("town", at("08:00"))
    tick(app, at("08:00"))
    harm(tmp_path / "state" / "key")
    ends = {one.account: one for one in tick(app, at("09:00"))}
    assert ends["box"].state == "sent" and ends["town"].state == "held"
    assert str(tmp_path / "state" / "key") in ends["town"].reason and mastodon_server.app.posts() == []


def test_the_key_lies_in_the_users_own_folder_unless_a_file_is_named(tmp_path: Path) -> None:
    app = replace(opened(tmp_path), environ={"XDG_STATE_HOME": str(tmp_path / "mine")})
    assert app.key_file == tmp_path / "mine" / "handbill" / "key"
    assert replace(app, environ=own_folders(tmp_path)).key_file == tmp_path / "state" / "key"
    assert replace(app, environ={}).key_file == Path.home() / ".local/state/handbill/key"


class Other(Talker):
    """A person who says yes as another account."""

    def ask(self, asked: Field) -> str:
        return approve(self.page, username="other") if asked.name == "code" else super().ask(asked)


def test_an_account_that_another_name_has_already_is_refused(
    tmp_path: Path, mastodon_server: Running[Mastodon]
) -> None:
    connected(opened(tmp_path), mastodon_server)
    text = (tmp_path / "config.toml").read_text()
    app = opened(tmp_path, text)
    with pytest.raises(AskedWrongly, match=r'the account that "town" is connected to already\. Sign in as another'):
        connect(app, "village", MASTODON, Talker({"server": mastodon_server.url}))
    assert app.store.memory("village") == {} and (tmp_path / "config.toml").read_text() == text
    assert connect(app, "village", MASTODON, Other({"server": mastodon_server.url})).identity


def test_also_where_only_the_ledger_knows_who_the_other_is(tmp_path: Path, mastodon_server: Running[Mastodon]) -> None:
    app = on_mastodon(tmp_path, mastodon_server)
    tick(app, at("09:00"))
    with pytest.raises(AskedWrongly, match='"town" is connected to already'):
        connect(app, "village", MASTODON, Talker({"server": mastodon_server.url}))


def test_what_was_said_under_an_older_name_is_known_under_the_new_one_at_once(
    tmp_path: Path, mastodon_server: Running[Mastodon]
) -> None:
    tick(on_mastodon(tmp_path, mastodon_server), at("09:00"))
    app = opened(tmp_path, "")
    connect(app, "village", MASTODON, Talker({"server": mastodon_server.url}))
    assert [(one.account, one.state) for one in app.store.deliveries()] == [("village", "sent")]


ON_MASTODON = """timezone = "UTC"
[accounts.town]
network = "mastodon"
server = "{}"
[[schedule]]
campaign = "air"
accounts = ["town"]
times = ["09:00"]
"""


def on_mastodon(folder: Path, server: Running[Mastodon]) -> App:
    """The app of an account whose token stands in the environment, before its first slot."""
    told = ON_MASTODON.format(server.url).replace("[[", 'token_env = "TOKEN"\n[[', 1)
    app = opened(folder, told)
    app = replace(app, environ={**app.environ, "TOKEN": TOKENS["campaign"]})
    app.store.start("town", at("08:00"))
    tick(app, at("08:00"))
    return app


def test_connecting_again_lets_what_was_held_go_out_at_the_next_look(
    tmp_path: Path, mastodon_server: Running[Mastodon]
) -> None:
    connected(opened(tmp_path), mastodon_server)
    app = opened(tmp_path, ON_MASTODON.format(mastodon_server.url))
    app.store.start("town", at("08:00"))
    tick(app, at("08:00"))
    mastodon_server.app.revoked.add(kept(app)["typed:token"])
    tick(app, at("08:30", 2))
    assert app.store.looks()["town"].trouble
    assert [one.state for one in tick(app, at("09:00", 2)) if one.day.day == 2] == ["held"]
    assert tick(app, at("09:01", 2)) == []
    connected(app, mastodon_server)
    assert not app.store.looks()["town"].trouble
    assert [one.state for one in tick(app, at("09:01", 2))] == ["sent"]


@pytest.mark.parametrize("deed", [check, label, start])
def test_while_the_engine_speaks_for_an_account_it_is_not_looked_at_or_let_begin(
    tmp_path: Path, mastodon_server: Running[Mastodon], monkeypatch: pytest.MonkeyPatch, deed: Callable[..., object]
) -> None:
    monkeypatch.setattr("bot.work.settle.PATIENCE", 0)
    app = on_mastodon(tmp_path, mastodon_server)
    app.store.stop("town")
    lease, before = app.store.lease("town", "another run", 60), dict(mastodon_server.app.taken)
    with pytest.raises(HandbillError, match=r'The engine speaks for "town" right now\. Try again in a minute'):
        deed(app, known(app, "town"))
    assert lease and mastodon_server.app.taken == before and not app.store.starts()
    app.store.release(lease)
    assert deed(app, known(app, "town"))


def test_connecting_waits_for_the_engine(tmp_path: Path, mastodon_server: Running[Mastodon]) -> None:
    app = opened(tmp_path)
    lease = app.store.lease("town", "another run", 1.5)
    assert lease and connected(app, mastodon_server).identity


def test_another_account_under_the_same_name_must_begin_anew(
    tmp_path: Path, mastodon_server: Running[Mastodon]
) -> None:
    connected(opened(tmp_path), mastodon_server)
    app = replace(open_app(tmp_path / "config.toml"), environ=own_folders(tmp_path), clock=lambda: at("12:00"))
    assert start(app, known(app, "town"))
    assert connected(app, mastodon_server).begun
    assert not connect(app, "town", MASTODON, Other({"server": mastodon_server.url})).begun
    assert app.store.starts() == set()


def test_accounts_that_are_connected_at_once_all_stand_in_the_config(tmp_path: Path) -> None:
    names = [f"town-{number}" for number in range(12)]
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda name: write_account(tmp_path / "config.toml", account(name), ""), names))
    assert set(tomllib.loads((tmp_path / "config.toml").read_text())["accounts"]) == set(names)
