"""Connect: in one step or two, for one browser only, to no server inside, and with nothing secret in the clear."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import App, open_app
from bot.core.network import Network
from bot.core.problem import AskedWrongly, HandbillError, SignedOut
from bot.networks import load
from bot.work.account import Checked, check, known
from bot.work.connect import BETWEEN, PATIENCE, Waiting, asked, begin, finish, networks, waiting
from tests.making import write
from tests.publishing.stage import own_folders
from tests.servers.fixtures import Running, approve
from tests.servers.mastodon import Mastodon
from tests.servers.pds import Pds
from tests.servers.x import X
from tests.work.stage import at

NETWORKS = load()
BLUESKY, MASTODON, EX = NETWORKS["bluesky"], NETWORKS["mastodon"], NETWORKS["x"]
APP = {"api_key": "x-consumer-key", "api_secret": "x-consumer-secret"}


def opened(folder: Path, told: str = "") -> App:
    """The app of a folder whose config.toml says this, or what it says already."""
    if told:
        write(folder, {"config.toml": told, "posts/air/campaign.toml": 'title = "Air"\n'})
    return replace(open_app(folder / "config.toml"), environ=own_folders(folder), clock=lambda: at("12:00"))


def section(network: str, server: str, name: str = "town") -> str:
    """An account whose server whoever looks after the machine has named."""
    handle = 'handle = "town.test"\n' if network == "bluesky" else ""
    return f'[accounts.{name}]\nnetwork = "{network}"\nserver = "{server}"\n{handle}'


def begun(app: App, network: Network, server: str, **typed: str) -> Waiting:
    found = begin(app, "a browser", "town", network, {"server": server, **typed})
    assert isinstance(found, Waiting)
    return found


def test_networks_that_take_posts_are_offered(tmp_path: Path) -> None:
    assert [one.label for one in networks(opened(tmp_path, "# mine\n"))] == ["Bluesky", "Mastodon", "X"]


def test_what_is_known_already_stands_in_the_form(tmp_path: Path) -> None:
    app = opened(tmp_path, section("bluesky", "https://pds.example.org"))
    assert [(one.name, one.default) for one in asked(app, "town", BLUESKY)] == [
        ("handle", "town.test"), ("password", ""), ("server", "https://pds.example.org"),
    ]  # fmt: skip
    assert [one.name for one in asked(app, "ex", EX)] == ["api_key", "api_secret"]


def test_a_password_connects_at_once(tmp_path: Path, pds: Pds) -> None:
    app, town = opened(tmp_path, section("bluesky", pds.url)), pds.account()
    typed = {"handle": f" {town.handle} ", "password": town.password, "server": pds.url}
    found = begin(app, "a browser", "town", BLUESKY, typed)
    assert isinstance(found, Checked) and found.standing.handle.lstrip("@") == town.handle and not found.begun
    again = opened(tmp_path)
    assert check(again, known(again, "town")).identity == found.identity
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and town.password.encode() in file.read_bytes()]


def test_a_wrong_password_is_told_and_nothing_is_kept(tmp_path: Path, pds: Pds) -> None:
    app, town = opened(tmp_path, text := section("bluesky", pds.url)), pds.account()
    with pytest.raises(SignedOut, match="password") as told:
        begin(app, "a browser", "town", BLUESKY, {"handle": town.handle, "password": "not the password"})
    assert "not the password" not in str(told.value)
    assert app.store.memory("town") == {} and (tmp_path / "config.toml").read_text() == text


def test_a_code_connects_in_two_steps_even_in_another_process(
    tmp_path: Path, mastodon_server: Running[Mastodon]
) -> None:
    first = begun(opened(tmp_path, section("mastodon", mastodon_server.url)), MASTODON, mastodon_server.url)
    app = opened(tmp_path)
    assert waiting(app, "a browser", first.ticket).page == first.page
    found = finish(app, "a browser", first.ticket, f" {approve(first.page)} ")
    assert found.standing.handle.startswith("@campaign@")
    assert check(opened(tmp_path), found.account).identity == found.identity


def test_a_pin_connects_in_two_steps_and_keeps_the_four_keys(tmp_path: Path, x_server: Running[X]) -> None:
    app = opened(tmp_path, section("x", x_server.url))
    first = begun(app, EX, "", **APP)
    found = finish(app, "a browser", first.ticket, approve(first.page))
    assert found.standing.handle == "@campaign"
    typed = {name.removeprefix("typed:") for name in app.memory(found.account) if name.startswith("typed:")}
    assert typed == {"api_key", "api_secret", "access_token", "access_secret"}


def test_what_waits_for_a_code_is_encrypted(tmp_path: Path, x_server: Running[X]) -> None:
    app = opened(tmp_path, section("x", x_server.url))
    first = begun(app, EX, "", **APP)
    secrets = [*APP.values(), first.kept["secret"], "a browser"]
    app.store.close()
    places = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert not [secret for secret in secrets for place in (*places, repr(first).encode()) if secret.encode() in place]


def test_a_sign_in_belongs_to_one_browser(tmp_path: Path, mastodon_server: Running[Mastodon]) -> None:
    app = opened(tmp_path, section("mastodon", mastodon_server.url))
    first = begun(app, MASTODON, mastodon_server.url)
    with pytest.raises(AskedWrongly, match="Start again"):
        finish(app, "another browser", first.ticket, approve(first.page))
    assert app.store.memory("town") == {}


def test_a_sign_in_is_finished_once(tmp_path: Path, mastodon_server: Running[Mastodon]) -> None:
    app = opened(tmp_path, section("mastodon", mastodon_server.url))
    first = begun(app, MASTODON, mastodon_server.url)
    with pytest.raises(AskedWrongly, match="The code is missing"):
        finish(app, "a browser", first.ticket, " ")
    with pytest.raises(SignedOut, match="Start again"):
        finish(app, "a browser", first.ticket, "mistyped")
    with pytest.raises(AskedWrongly, match="Start again"):
        finish(app, "a browser", first.ticket, approve(first.page))


def test_a_sign_in_that_was_left_lying_is_forgotten(tmp_path: Path, mastodon_server: Running[Mastodon]) -> None:
    app = opened(tmp_path, section("mastodon", mastodon_server.url))
    first = begun(app, MASTODON, mastodon_server.url)
    later = replace(app, clock=lambda: at("12:00") + PATIENCE)
    with pytest.raises(AskedWrongly, match="too old"):
        waiting(later, "a browser", first.ticket)
    second = begun(later, MASTODON, mastodon_server.url)
    assert set(later.store.memory(BETWEEN)) == {second.ticket}


def test_without_the_key_a_sign_in_begins_anew(tmp_path: Path, mastodon_server: Running[Mastodon]) -> None:
    app = opened(tmp_path, section("mastodon", mastodon_server.url))
    first = begun(app, MASTODON, mastodon_server.url)
    (tmp_path / "state" / "key").unlink()
    with pytest.raises(AskedWrongly, match="Start again"):
        waiting(app, "a browser", first.ticket)
    assert finish(app, "a browser", (second := begun(app, MASTODON, "")).ticket, approve(second.page)).identity


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(AskedWrongly, match="missing: api secret"):
        begin(opened(tmp_path, "# mine\n"), "a browser", "ex", EX, {"api_key": "x"})


def test_without_a_config_nothing_is_connected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AskedWrongly, match="handbill init"):
        asked(open_app(), "town", MASTODON)


INSIDE = ["10.0.0.1", "192.168.1.7", "127.0.0.1", "169.254.169.254", "::1", "fd00::1", "100.64.0.1", "0.0.0.0"]


@pytest.mark.parametrize("place", INSIDE)
def test_no_server_inside_is_asked_from_a_browser(tmp_path: Path, place: str) -> None:
    def resolve(host: str, port: int) -> Sequence[str]:
        return ["93.184.215.14", place]

    with pytest.raises(AskedWrongly, match="not on the public internet"):
        begin(opened(tmp_path, "# mine\n"), "a browser", "town", MASTODON, {"server": "town.example"}, resolve)


@pytest.mark.parametrize(
    "server",
    [
        "http://127.0.0.1:{}", "127.0.0.1:{}", "localhost:{}", "[::1]:{}", "0x7f.1:{}", "https://127.1:{}",
        "http://town.example", "https://a@b.example",
        "file:///etc/passwd", "https://town.example/path", "gopher://a.b", "town.example:99999", "ü.invalid",
    ],
)  # fmt: skip
def test_no_odd_address_is_asked_either(tmp_path: Path, mastodon_server: Running[Mastodon], server: str) -> None:
    typed = {"server": server.format(mastodon_server.url.rpartition(":")[2])}
    with pytest.raises(HandbillError, match=r"not on the public internet|not the address of a server|no server"):
        begin(opened(tmp_path, "# mine\n"), "a browser", "town", MASTODON, typed)


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    def resolve(host: str, port: int) -> Sequence[str]:
        raise OSError("no such name")

    with pytest.raises(AskedWrongly, match=r"no server tonw\.example"):
        begin(opened(tmp_path, "# mine\n"), "a browser", "town", MASTODON, {"server": "tonw.example"}, resolve)


def test_codes_are_waited_for_as_long_as_they_are_good() -> None:
    assert timedelta(minutes=10) <= PATIENCE <= timedelta(hours=1)
