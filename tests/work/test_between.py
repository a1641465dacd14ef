"""Between decision and call: whatever changes meanwhile is seen before anything is said."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from bot.app import App
from bot.config import Account
from bot.core.choice import approval_of
from bot.core.delivery import Delivery
from bot.core.network import Payload, Publisher
from bot.core.post import Receipt
from bot.core.problem import TryLater
from bot.work.deliver import tick
from tests.work.stage import CONFIG, Moody, at, opened, out

Deed = Callable[[], object]


@dataclass
class Door(Moody):
    """An outbox in whose calls something else happens: `first` in the first of its name."""

    calls: list[str] = field(default_factory=list)
    first: dict[str, Deed] = field(default_factory=dict)

    def _meanwhile(self, call: str) -> None:
        self.calls.append(call)
        if deed := self.first.pop(call, None):
            deed()

    def whoami(self) -> str:
        self._meanwhile("whoami")
        return str(self.inner.whoami())

    def prepare(self, *told: Any) -> Payload:
        self._meanwhile("prepare")
        return self.inner.prepare(*told)

    def publish(self, payload: Payload, key: str) -> Receipt:
        self._meanwhile("publish")
        return super().publish(payload, key)


def doors(app: App, **first: dict[str, Deed]) -> tuple[App, dict[str, Door]]:
    """The app, whose accounts post into the folder outbox, and the door of each; `first`: deeds by account."""
    opening = app.networks["outbox"].connect
    assert opening is not None
    told = {"folder": str(app.config.folder / "outbox")}
    found = {
        name: Door(opening({"account": name, **told}, {}), iter(()), first=first.get(name, {}))
        for name in app.config.accounts
    }

    def connect(_: App, account: Account) -> Publisher:
        return found[account.name]

    again = replace(app, connect=connect)
    again.__dict__["store"] = app.store
    return again, found


def states(changed: list[Delivery]) -> list[str]:
    return [f"{one.state}: {one.reason}" if one.reason else one.state for one in changed]


# --- files and pauses -------------------------------------------------------------------------------

CHANGES: dict[str, tuple[Callable[[Path, App], object], list[str], list[str]]] = {
    "its post edited": (
        lambda folder, _: (folder / "posts/air/one.txt").write_text("One!", encoding="utf-8"), ["sent"], ["One!"],
    ),
    "its post taken away": (
        lambda folder, _: (folder / "posts/air/one.txt").unlink(), ["skipped: the campaign has no posts"], [],
    ),
    "its campaign taken away": (
        lambda folder, _: (folder / "posts/air").rename(folder / "air"),
        ['planned: the library has no whole campaign "air"'], [],
    ),
    "its campaign ended": (
        lambda folder, _: (folder / "posts/air/campaign.toml").write_text('title = "Air"\nuntil = 2026-11-30\n'),
        ["skipped: no post can be said: 1 outside the days of its campaign"], [],
    ),
    "a file PAUSE": (lambda folder, _: (folder / "posts/PAUSE").touch(), ["skipped: paused"], []),
    "a file PAUSE beside config.toml": (lambda folder, _: (folder / "PAUSE").touch(), ["skipped: paused"], []),
    "a pause": (lambda _, app: app.store.pause("", at("09:00")), ["skipped: paused"], []),
    "a pause of its campaign": (lambda _, app: app.store.pause("air", at("09:00")), ["skipped: paused"], []),
}  # fmt: skip


@pytest.mark.parametrize(("change", "then", "said"), CHANGES.values(), ids=CHANGES)
def test_what_was_decided_is_not_said_if_it_does_not_stand_any_more(
    tmp_path: Path, change: Callable[[Path, App], object], then: list[str], said: list[str]
) -> None:
    app = opened(tmp_path, {"one.txt": "One."})
    tick(app, at("08:00"))
    app, found = doors(app, town={"prepare": lambda: change(tmp_path, app)})
    assert tick(app, at("09:00")) == [] and found["town"].calls.count("publish") == 0
    assert states(tick(app.fresh(), at("09:01"))) == then
    assert out(tmp_path) == said


def test_a_pause_of_something_else_stops_nothing(tmp_path: Path) -> None:
    app = opened(tmp_path, {"one.txt": "One."})
    app, _ = doors(app, town={"prepare": lambda: app.store.pause("water", at("09:00"))})
    assert states(tick(app, at("09:00"))) == ["sent"]


TWO = CONFIG + '[[schedule]]\ncampaign = "water"\naccounts = ["town"]\ntimes = ["09:00"]\n'


@pytest.mark.parametrize("pause", ["command", "file"])
def test_a_pause_stops_what_comes_after_the_post_that_is_going_out(tmp_path: Path, pause: str) -> None:
    app = opened(tmp_path, {"one.txt": "One.", "water/two.txt": "Two."}, told=TWO)

    def paused() -> object:
        return app.store.pause("", at("09:00")) if pause == "command" else (tmp_path / "posts/PAUSE").touch()

    app, _ = doors(app, town={"publish": paused})
    assert states(tick(app, at("09:00"))) == ["sent"] and out(tmp_path) == ["One."]
    assert states(tick(app.fresh(), at("09:01"))) == ["skipped: paused"]


def test_an_approval_holds_for_the_words_that_go_out_and_no_others(tmp_path: Path) -> None:
    app = opened(tmp_path, {"one.txt": "One."}, told=CONFIG + 'approval = "post"\n')
    file = tmp_path / "posts/air/one.txt"
    app, _ = doors(app, town={"prepare": lambda: file.write_text("Another.", encoding="utf-8")})
    (waiting,) = tick(app, at("09:00"))
    assert waiting.variant and waiting.variant.text == "One."
    app.store.approve(approval_of("outbox", "One."), at("09:01"))
    assert tick(app, at("09:02")) == []
    assert states(tick(app.fresh(), at("09:03"))) == ["waiting: a person must approve it"] and out(tmp_path) == []


# --- several workers --------------------------------------------------------------------------------

SHOP = CONFIG.replace('["town"]', '["town", "shop"]') + '[accounts.shop]\nnetwork = "outbox"\n'


def test_two_workers_do_not_let_two_accounts_say_the_same(tmp_path: Path) -> None:
    """Each decides for its account before the other has spoken."""
    tick(opened(tmp_path, {"one.txt": "One."}, told=SHOP), at("08:00"))
    other = opened(tmp_path, {}, told=SHOP.replace('["town", "shop"]', '["shop"]'))  # it works for the shop alone
    mine = opened(tmp_path, {}, told=SHOP.replace('["town", "shop"]', '["town"]'))
    mine, _ = doors(mine, town={"prepare": lambda: tick(other, at("09:00"))})
    assert tick(mine, at("09:00")) == [] and out(tmp_path) == ["One."]
    (ended,) = states(tick(mine, at("09:01")))
    assert ended.startswith("skipped: no post can be said: 1 said by another account of this network within 7 days")
    assert out(tmp_path) == ["One."]


@pytest.mark.parametrize("call", ["whoami", "prepare", "publish"])
def test_a_silent_network_delays_no_other_account(tmp_path: Path, call: str) -> None:
    """The shop's server answers only when the town's has: in a queue, where the shop is first, that would be never."""
    app = opened(tmp_path, {"one.txt": "One.", "two.txt": "Two."}, told=SHOP)
    town_is_through, came = threading.Event(), []
    app, _ = doors(app, shop={call: lambda: came.append(town_is_through.wait(20))}, town={call: town_is_through.set})
    assert sorted(states(tick(app, at("09:00")))) == ["sent", "sent"]
    assert came == [True]


def test_an_account_that_takes_long_to_say_who_it_is_holds_up_no_other(tmp_path: Path) -> None:
    app = opened(tmp_path, {f"{name}.txt": f"{name}." for name in ("one", "two", "three", "four")}, told=SHOP)
    tick(app, at("09:00"))
    town_is_through, came = threading.Event(), []
    slow = {"whoami": lambda: came.append(town_is_through.wait(5))}
    app, _ = doors(app, shop=slow, town={"publish": town_is_through.set})
    assert states(tick(app, at("17:30"))) == ["sent", "sent"]
    assert came == [True]


def test_what_is_too_late_when_all_is_prepared_is_not_said(tmp_path: Path) -> None:
    app = opened(tmp_path, {"one.txt": "One."}, told=CONFIG + 'late = "1m"\n')
    tick(app, at("08:00"))
    app, _ = doors(app, town={"prepare": lambda: sleep(2)})
    assert tick(app, at("09:00") + timedelta(seconds=59)) == [] == out(tmp_path)
    (ended,) = tick(app, at("09:01") + timedelta(seconds=1))
    assert ended.state == "missed"


def test_what_fails_for_one_account_fails_for_no_other(tmp_path: Path) -> None:
    def away() -> None:
        raise TryLater("the network is down", 60)

    app = opened(tmp_path, {"one.txt": "One.", "two.txt": "Two."}, told=SHOP)
    app, _ = doors(app, town={"prepare": away})
    assert sorted(states(tick(app, at("09:00")))) == ["planned: the network is down", "sent"]
