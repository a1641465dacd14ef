"""Stand: what each account is waiting for, its coming week, and what it costs."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import App, open_app
from bot.work.account import check, known, label
from bot.work.deliver import tick
from bot.work.stand import Stand, stands
from tests.making import write
from tests.publishing.stage import X_KEYS, own_folders
from tests.servers.fixtures import Running
from tests.servers.mastodon import TOKENS, Mastodon
from tests.servers.x import X
from tests.work.stage import at

SCHEDULE = '[[schedule]]\ncampaign = "air"\naccounts = ["town"]\ntimes = ["09:00"]\n'


def opened(folder: Path, section: str, environ: Mapping[str, str] | None = None) -> App:
    """The app of a folder with one account, "town", that speaks at nine."""
    told = f'timezone = "UTC"\n[accounts.town]\n{section}\n{SCHEDULE}'
    write(folder, {"config.toml": told, "posts/air/campaign.toml": 'title = "Air"\n', "posts/air/a.txt": "Hello."})
    kept = {**own_folders(folder), **(environ or {})}
    return replace(open_app(folder / "config.toml"), environ=kept, clock=lambda: at("12:00"))


def on_mastodon(folder: Path, server: Running[Mastodon], token: str = TOKENS["campaign"]) -> App:
    return opened(folder, f'network = "mastodon"\nserver = "{server.url}"\ntoken_env = "TOKEN"', {"TOKEN": token})


def on_x(folder: Path, server: Running[X], more: str = "") -> App:
    rows = "".join(f'{name}_env = "{env}"\n' for name, env in zip(
        ("api_key", "api_secret", "access_token", "access_secret"), X_KEYS, strict=True
    ))  # fmt: skip
    return opened(folder, f'network = "x"\nserver = "{server.url}"\n{rows}{more}', X_KEYS)


def stand(app: App) -> Stand:
    (found,) = stands(app)
    return found


@pytest.mark.parametrize(
    ("section", "state", "connects"),
    [
        pytest.param('network = "outbox"', "practice", False, id="a folder"),
        pytest.param('network = "instagram"\npublish = "by hand"', "by hand", False, id="a person posts"),
        pytest.param('network = "mastodon"\nserver = "https://town.example"', "unconnected", True, id="no key yet"),
    ],
)
def test_an_account_says_what_it_waits_for(tmp_path: Path, section: str, state: str, connects: bool) -> None:
    found = stand(opened(tmp_path, section))
    assert (found.state, found.connects) == (state, connects)
    assert bool(found.why) == (state == "unconnected")


def test_an_account_is_quiet_until_somebody_lets_it_begin(tmp_path: Path, mastodon_server: Running[Mastodon]) -> None:
    app = on_mastodon(tmp_path, mastodon_server)
    assert stand(app).state == "quiet"
    app.store.start("town", at("12:00"))
    assert stand(app).state == "connected"


def test_an_account_that_is_not_let_in_says_why(tmp_path: Path, mastodon_server: Running[Mastodon]) -> None:
    app = on_mastodon(tmp_path, mastodon_server, token="no key of anybody")
    app.store.start("town", at("08:00"))
    tick(app, at("08:00"))
    tick(app, at("09:00"))
    found = stand(app)
    assert found.state == "held" and found.why and "no key of anybody" not in found.why


def test_its_coming_week_stands_there_word_by_word(tmp_path: Path) -> None:
    found = stand(opened(tmp_path, 'network = "outbox"'))
    assert [planned.choice.slot.at for planned in found.coming] == [at("09:00", day) for day in range(2, 9)]
    assert found.coming[0].choice.variant and found.coming[0].choice.variant.text == "Hello."


def test_only_the_accounts_that_are_asked_for_are_told(tmp_path: Path) -> None:
    app = opened(tmp_path, 'network = "outbox"\n[accounts.other]\nnetwork = "outbox"')
    assert [one.account.name for one in stands(app)] == ["town", "other"]
    assert [one.account.name for one in stands(app, ["other"])] == ["other"]


def test_looking_at_an_account_tells_whether_it_is_marked(tmp_path: Path, mastodon_server: Running[Mastodon]) -> None:
    mastodon_server.app.change(bot=False)
    app = on_mastodon(tmp_path, mastodon_server)
    assert stand(app).labelled is None and stand(app).sets_label
    check(app, known(app, "town"))
    assert stand(app).labelled is False
    assert label(app, known(app, "town")) and stand(app).labelled is True


def test_what_a_week_costs_and_a_month_has_cost_is_told(tmp_path: Path, x_server: Running[X]) -> None:
    app = on_x(tmp_path, x_server, "budget = 2.5\n")
    app.store.start("town", at("08:00"))
    for clock in ("08:00", "09:00"):
        tick(app, at(clock))
    bill = stand(replace(app, clock=lambda: at("09:30"))).bill
    assert bill and bill.spent > 0.01 and bill.coming == pytest.approx(7 * 0.015) and bill.budget == 2.5
    assert not stand(app).sets_label, "only a person can"


def test_where_nothing_costs_money_there_is_no_bill(tmp_path: Path) -> None:
    assert stand(opened(tmp_path, 'network = "outbox"')).bill is None
    assert stand(opened(tmp_path, 'network = "x"\npublish = "by hand"')).bill is None
