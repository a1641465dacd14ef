"""Attend: a dead key is found before a post needs it, and told once."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.app import App, open_app
from bot.store import Look
from bot.work.attend import AWAY, SIGNED_OUT, attend, attended, is_due
from bot.work.doors import Doors
from tests.making import write
from tests.publishing.stage import own_folders
from tests.servers.fixtures import Running
from tests.servers.mastodon import TOKENS, Mastodon
from tests.work.stage import at

TOWN = '[accounts.town]\nnetwork = "mastodon"\nserver = "{url}"\ntoken_env = "TOKEN"\n'
NINE = '[[schedule]]\ncampaign = "air"\naccounts = ["town"]\ntimes = ["09:00"]\n'


def opened(folder: Path, url: str, *, more: str = NINE, environ: Mapping[str, str] | None = None) -> App:
    files = {"posts/air/campaign.toml": 'title = "Air"\n', "posts/air/a.txt": "Hello."}
    write(folder, {"config.toml": TOWN.format(url=url) + more, **files})
    told = {"TOKEN": TOKENS["campaign"]} if environ is None else environ
    return replace(open_app(folder / "config.toml"), environ={**own_folders(folder), **told})


def looked(app: App, now: datetime) -> Look:
    attend(app, Doors(app), now)
    return app.store.looks().get("town", Look())


def test_an_account_is_looked_at_once_a_day(tmp_path: Path, mastodon_server: Running[Mastodon]) -> None:
    app = opened(tmp_path, mastodon_server.url)
    assert looked(app, at("12:00")) == Look(at=at("12:00"))
    assert looked(app, at("23:00")).at == at("12:00")
    assert looked(app, at("12:00", day=2)).at == at("12:00", day=2)


@pytest.mark.parametrize(("clock", "is_looked_at"), [("07:59", False), ("08:01", True), ("09:30", False)])
def test_it_is_looked_at_within_the_hour_before_the_days_first_slot(
    tmp_path: Path, clock: str, is_looked_at: bool
) -> None:
    app = opened(tmp_path, "https://town.social")
    assert is_due(app, "town", Look(at=at("18:00")), at(clock, day=2)) is is_looked_at


def test_a_dead_key_is_told_once_and_tried_again_until_it_works(
    tmp_path: Path, mastodon_server: Running[Mastodon]
) -> None:
    app = opened(tmp_path, mastodon_server.url, environ={"TOKEN": "worn out"})
    found = looked(app, at("12:00"))
    assert "no longer accepts the key" in found.trouble and found.again == at("12:00") + SIGNED_OUT
    assert looked(app, at("12:20")).again == at("12:20") + SIGNED_OUT
    (notice,) = app.store.notices()
    assert (notice.kind, notice.account, notice.words) == ("account", "town", found.trouble)
    well = opened(tmp_path, mastodon_server.url)
    assert looked(well, at("12:40")) == Look(at=at("12:40"))
    assert len(well.store.notices()) == 1


def test_a_missing_key_is_found_too(tmp_path: Path, mastodon_server: Running[Mastodon]) -> None:
    assert "TOKEN is not set" in looked(opened(tmp_path, mastodon_server.url, environ={}), at("12:00")).trouble


def test_a_server_that_is_away_is_asked_again_later_and_told_of_when_it_is_for_long(tmp_path: Path) -> None:
    app = opened(tmp_path, "http://127.0.0.1:9")
    app.store.looked("town", Look(at=at("12:00")), at("12:00"))
    found = looked(app, at("12:00", day=2))
    assert found == Look(at=at("12:00"), again=at("12:00", day=2) + AWAY) and app.store.notices() == []
    assert not is_due(app, "town", found, at("12:05", day=2))
    assert "cannot be reached" in looked(app, at("00:00", day=3)).trouble
    assert [notice.kind for notice in app.store.notices()] == ["account"]


def test_a_server_that_was_never_reached_is_told_at_once(tmp_path: Path) -> None:
    assert "cannot be reached" in looked(opened(tmp_path, "http://127.0.0.1:9"), at("12:00")).trouble


def test_an_account_whose_keys_are_anothers_is_told(tmp_path: Path, mastodon_server: Running[Mastodon]) -> None:
    app = opened(tmp_path, mastodon_server.url)
    app.store.looked("town", Look(identity="somebody else"), at("11:00"))
    assert "belong to another one now" in looked(app, at("12:00")).trouble


def test_a_clock_that_was_ahead_lets_nobody_wait(tmp_path: Path) -> None:
    app = opened(tmp_path, "https://town.social")
    assert is_due(app, "town", Look(again=at("12:00", day=20)), at("12:00"))


def test_what_another_run_is_at_work_on_is_left_to_it(tmp_path: Path, mastodon_server: Running[Mastodon]) -> None:
    app = opened(tmp_path, mastodon_server.url)
    with app.store.leased("town", "another run", 60):
        assert looked(app, at("12:00")) == Look()


@pytest.mark.parametrize(
    ("more", "found"),
    [
        (NINE, ["town"]),
        ("", []),
        (f'publish = "by hand"\n{NINE}', []),
        ('[accounts.box]\nnetwork = "outbox"\n' + NINE.replace('"town"', '"box"'), []),
    ],
    ids=["with times", "without times", "by hand", "an outbox"],
)
def test_only_accounts_that_speak_by_themselves_are_looked_at(tmp_path: Path, more: str, found: list[str]) -> None:
    assert attended(opened(tmp_path, "https://town.social", more=more)) == found


def test_looking_keeps_what_is_known_of_the_newest_post(tmp_path: Path, mastodon_server: Running[Mastodon]) -> None:
    app = opened(tmp_path, mastodon_server.url)
    app.store.looked("town", Look(newest="7"), at("11:00"))
    assert looked(app, at("12:00")) == Look(at=at("12:00"), newest="7")
    assert looked(app, at("12:00") + timedelta(days=1)).newest == "7"
