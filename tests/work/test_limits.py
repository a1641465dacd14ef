"""Limits: gap, per day, quiet hours and budget hold alike in plan, rehearsal and engine."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.app import App
from bot.core.choice import approval_of
from bot.core.problem import TryLater
from bot.work.deliver import tick, wakes
from bot.work.plan import plan
from bot.work.rehearse import rehearse
from tests.publishing.stage import X_KEYS, own_folders
from tests.servers.fixtures import Running
from tests.servers.x import X
from tests.work.stage import CONFIG, at, opened, out, outboxes

TOWN = '[accounts.town]\nnetwork = "outbox"\n'
MINUTE = timedelta(minutes=1)
POSTS = {f"{name}.txt": f"Words of {name}." for name in ("one", "two", "three", "four")}


def told(*times: str, account: str = "", top: str = "", schedule: str = "") -> str:
    """A config with these times, and rows for the account, for all, for the schedule."""
    rows = CONFIG.replace(TOWN, f"{TOWN}{account}\n").replace(
        '"09:00", "17:30"', ", ".join(f'"{one}"' for one in times)
    )
    return f"{top}\n{rows}{schedule}\n"


def planned(app: App, start: datetime, days: float = 1) -> list[str]:
    return [f"{one.choice.slot.at:%H:%M} {one.state}" + (f": {one.reason}" if one.reason else "")
            for one in plan(app, start, days)]  # fmt: skip


def engine(app: App, start: datetime, end: datetime, every: timedelta = MINUTE) -> list[str]:
    """What an engine that looks every minute says, as "clock said at"."""
    now, said = start, []
    while now < end:
        said += [f"{one.clock} {one.state} {now:%H:%M}" for one in tick(app, now)]
        now += every
    return said


def test_between_two_posts_an_account_rests_for_its_gap(tmp_path: Path) -> None:
    app = opened(tmp_path, POSTS, told=told("09:00", "09:10", "10:00", account='gap = "30m"'))
    assert planned(app, at("08:00"), 0.5) == ["09:00 planned", "09:10 planned", "10:00 planned"]
    assert engine(app, at("08:00"), at("10:40")) == ["09:00 sent 09:00", "09:10 sent 09:30", "10:00 sent 10:00"]


def test_what_waits_for_the_gap_gives_way_to_a_newer_one(tmp_path: Path) -> None:
    app = opened(tmp_path, POSTS, told=told("09:00", "09:10", "09:20", account='gap = "30m"'))
    why = "it was not said at its time, and a newer one of this account goes out"
    assert planned(app, at("08:00"), 0.5) == ["09:00 planned", f"09:10 skipped: {why}", "09:20 planned"]
    assert engine(app, at("08:00"), at("10:40")) == ["09:00 sent 09:00", "09:10 missed 09:20", "09:20 sent 09:30"]


BOTH = told("09:00", account='gap = "30m"') + (
    '[[schedule]]\ncampaign = "water"\naccounts = ["town"]\ntimes = ["09:00"]\n'
)


def test_two_campaigns_at_one_time_come_one_after_the_other(tmp_path: Path) -> None:
    app = opened(tmp_path, {"one.txt": "One.", "water/two.txt": "Two."}, told=BOTH)
    assert planned(app, at("08:00"), 0.5) == ["09:00 planned", "09:00 planned"]
    assert engine(app, at("08:00"), at("09:40")) == ["09:00 sent 09:00", "09:00 sent 09:30"]


def test_where_the_gap_outlasts_its_time_the_second_is_left_out(tmp_path: Path) -> None:
    short = BOTH.replace("[[schedule]]", '[[schedule]]\nlate = "10m"')
    app = opened(tmp_path, {"one.txt": "One.", "water/two.txt": "Two."}, told=short)
    first, second = planned(app, at("08:00"), 0.5)
    assert first == "09:00 planned" and second.startswith("09:00 skipped: quiet hours, or the gap between posts")
    assert engine(app, at("08:00"), at("09:40")) == ["09:00 sent 09:00", "09:00 missed 09:01"]


def test_one_that_waits_for_approval_lets_the_other_speak(tmp_path: Path) -> None:
    waiting = BOTH.replace("[[schedule]]", '[[schedule]]\napproval = "post"', 1)
    app = opened(tmp_path, {"one.txt": "One.", "water/two.txt": "Two."}, told=waiting)
    assert engine(app, at("08:00"), at("09:02")) == ["09:00 waiting 09:00", "09:00 sent 09:00"]
    app.store.approve(approval_of("outbox", "One."), at("09:02"))
    assert engine(app, at("09:02"), at("09:40")) == ["09:00 sent 09:30"], "and rests after it"


def test_a_try_that_posted_nothing_is_no_reason_to_rest(tmp_path: Path) -> None:
    app = opened(tmp_path, POSTS, told=told("09:00", account='gap = "5h"'))
    assert engine(outboxes(app, [TryLater("busy", 60)]), at("08:00"), at("09:03")) == [
        "09:00 planned 09:00", "09:00 sent 09:01",
    ]  # fmt: skip


def test_an_account_has_so_many_posts_a_day_and_the_next_day_again(tmp_path: Path) -> None:
    app = opened(tmp_path, POSTS, told=told("09:00", "12:00", "23:00", account="per_day = 2"))
    why = "this account has had its 2 posts of the day (`per_day` in config.toml)"
    expected = ["09:00 planned", "12:00 planned", f"23:00 skipped: {why}", "09:00 planned"]
    assert planned(app, at("08:00"), 1.1) == expected
    assert engine(app, at("08:00"), at("23:30"), 30 * MINUTE) == [
        "09:00 sent 09:00", "12:00 sent 12:00", "23:00 skipped 23:00",
    ]  # fmt: skip
    assert engine(app, at("09:00", 2), at("09:30", 2)) == ["09:00 sent 09:00"]


def test_what_a_clock_or_a_restart_delays_counts_on_the_day_it_is_said(tmp_path: Path) -> None:
    app = opened(tmp_path, POSTS, told=told("01:00", "23:30", account="per_day = 1"))
    tick(app, at("22:00"))
    assert engine(app, at("00:30", 2), at("00:31", 2)) == ["23:30 sent 00:30"]
    assert engine(app, at("01:00", 2), at("01:01", 2)) == ["01:00 skipped 01:00"]


QUIET = 'quiet = "22:00-07:00"'


def test_in_quiet_hours_nobody_speaks_and_what_is_still_in_time_comes_after_them(tmp_path: Path) -> None:
    app = opened(tmp_path, POSTS, told=told("06:30", "23:00", top=QUIET))
    tick(app, at("21:00"))
    why = "quiet hours, or the gap between posts, last longer than it may be late (`late` in config.toml)"
    assert planned(app, at("21:00"), 0.6) == [f"23:00 skipped: {why}", "06:30 planned"]
    assert engine(app, at("21:00"), at("08:00", 2)) == ["23:00 missed 23:00", "06:30 sent 07:00"]


def test_quiet_hours_end_when_the_clock_on_the_wall_says_so_also_when_it_changes(tmp_path: Path) -> None:
    rows = told("06:30", top=QUIET).replace('"UTC"', '"America/New_York"')
    app = opened(tmp_path, POSTS, told=rows)
    for day, hour in ((datetime(2026, 10, 31), 11), (datetime(2026, 11, 1), 12)):
        start = day.replace(hour=hour - 2, tzinfo=at("00:00").tzinfo)
        said = engine(app, start, start + timedelta(hours=3))
        assert said == [f"06:30 sent {hour:02}:00"], "07:00 in New York, before and after the clocks change"


@pytest.mark.parametrize(
    "rows",
    [{"account": 'gap = "7h"'}, {"account": "per_day = 1"}, {"top": QUIET}, {"top": QUIET, "account": 'gap = "90m"'}],
    ids=str,
)
def test_what_is_planned_is_rehearsed_and_then_said(tmp_path: Path, rows: dict[str, str]) -> None:
    times = ("05:00", "09:00", "09:45", "17:30", "21:50", "23:30")
    app = opened(tmp_path, POSTS, told=told(*times, **rows))
    tick(app, at("00:00"))
    expected = [one.choice.variant.text for one in plan(app, at("00:00"), 3) if one.choice.variant]
    sent = [one for one in rehearse(app, at("00:00"), 3, tmp_path / "rehearsal") if one.state == "sent"]
    assert [one.variant.text for one in sorted(sent, key=lambda one: one.at) if one.variant] == expected
    engine(app, at("00:00"), at("00:00", 4), 5 * MINUTE)
    assert out(tmp_path) == expected and 2 < len(expected) < 18


# --- money ------------------------------------------------------------------------------------------


@dataclass
class Spender:
    """An account on X with a budget, and posts with and without a link."""

    app: App
    server: Running[X]

    def taken(self) -> float:
        """What the server has taken for posts."""
        return float(sum(cost for what, cost in self.server.app.charged if what.startswith("POST")))


@pytest.fixture
def spender(tmp_path: Path, x_server: Running[X]) -> Callable[[float], Spender]:
    def of(budget: float) -> Spender:
        keys = "".join(f'{name}_env = "{env}"\n' for name, env in zip(
            ("api_key", "api_secret", "access_token", "access_secret"), X_KEYS, strict=True
        ))  # fmt: skip
        rows = told("09:00", "12:00", "15:00", account=f'server = "{x_server.url}"\nbudget = {budget}\n{keys}')
        posts = {f"{name}.txt": f'+++\nlink = "sign"\n+++\nWords of {name}.' for name in ("one", "two", "three")}
        (tmp_path / "posts/air").mkdir(parents=True)
        (tmp_path / "posts/air/campaign.toml").write_text(
            'title = "Air"\n[links]\nsign = "https://town.info/a"\n', encoding="utf-8"
        )
        app = opened(tmp_path, posts, told=rows.replace('"outbox"', '"x"'))
        app = replace(app, environ={**X_KEYS, **own_folders(tmp_path)})
        app.store.start("town", at("08:00"))
        tick(app, at("08:00"))
        return Spender(app, x_server)

    return of


def test_a_budget_ends_the_posts_of_a_month_and_says_so(spender: Callable[[float], Spender]) -> None:
    town = spender(0.45)
    coming = planned(town.app, at("08:30"), 0.5)
    assert [row.split(":")[1][3:] for row in coming] == ["planned", "planned", "skipped"]
    assert "it would cost 0.20 USD, and of this month's 0.45 only 0.0" in coming[-1]
    ended = [one for clock in ("09:00", "12:00", "15:00") for one in tick(town.app, at(clock))]
    assert [one.state for one in ended] == ["sent", "sent", "skipped"]
    assert ended[-1].reason.startswith("it would cost 0.20 USD") and town.taken() == pytest.approx(0.4)


def test_the_next_month_has_a_budget_of_its_own(spender: Callable[[float], Spender]) -> None:
    town = spender(0.21)
    rows = planned(town.app, at("08:30", 31), 1.1)
    assert [row.split(":")[1][3:] for row in rows[:4]] == ["planned", "skipped", "skipped", "planned"]


def test_what_reading_costs_is_counted_too(spender: Callable[[float], Spender]) -> None:
    town = spender(0.41)
    memory = town.app.memory(town.app.config.accounts["town"])
    memory["reads"] = '{"2026-12": {"posts": 4}}'
    assert [row.split(":")[1][3:] for row in planned(town.app, at("08:30"), 0.5)] == ["planned", "skipped", "skipped"]


def test_whoever_waits_wakes_when_the_account_is_free(tmp_path: Path) -> None:
    app = opened(tmp_path, POSTS, told=told("09:00", "09:10", account='gap = "30m"'))
    engine(app, at("08:59"), at("09:11"))
    assert wakes(app, at("09:11")) == {at("09:30")}
