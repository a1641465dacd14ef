"""The week as values: every slot once, with the words that go out, whatever became of it."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.app import App
from bot.core.problem import AskedWrongly, Refused
from bot.work.control import do, move, skip
from bot.work.deliver import tick
from bot.work.week import Day, entries, entry, monday, week
from tests.work.stage import at, opened, outboxes

FIRST = date(2026, 11, 30)
POSTS = {f"{name}.txt": f"{name.capitalize()} is here. #Air\n" for name in ("one", "two", "three")}


def when(app: App, clock: str, day: int = 1) -> App:
    """The same app at another instant."""
    again = replace(app.fresh(), clock=lambda: at(clock, day))
    again.__dict__["store"] = app.store
    return again


def said(days: list[Day]) -> list[str]:
    """A week in a few words."""
    return [f"{one.at:%d %H:%M} {one.state}" for day in days for one in day.entries]


@pytest.fixture
def app(tmp_path: Path) -> App:
    found = opened(tmp_path, POSTS, now=at("08:00"))
    tick(found, at("08:00"))
    return found


def test_a_week_has_what_was_said_and_what_will_be_each_once(app: App) -> None:
    tick(app, at("09:00"))
    days = week(when(app, "12:00"), FIRST)
    assert said(days)[:3] == ["01 09:00 sent", "01 17:30 planned", "02 09:00 planned"]
    assert len(said(days)) == 12  # nothing on Monday: the timetable was first seen on Tuesday
    assert [day.date for day in days if day.is_today] == [date(2026, 12, 1)]
    assert [day.is_past for day in days] == [True] + 6 * [False]


def test_the_words_of_a_slot_are_those_that_go_out(app: App, tmp_path: Path) -> None:
    planned = entry(app, "town/2026-12-01/09:00")
    tick(app, at("09:00"))
    sent = entry(when(app, "09:00"), "1")
    assert planned.variant == sent.variant is not None
    assert "".join(piece.text for piece in sent.pieces) == sent.variant.text
    assert (tmp_path / "outbox").joinpath(next((tmp_path / "outbox").iterdir()).name).exists()


def test_what_is_moved_stands_on_its_new_day_once(app: App) -> None:
    do(app, move(app, "town/2026-12-01/09:00", at("10:00", 2)))
    days = week(app, FIRST)
    assert said(days)[:3] == ["01 17:30 planned", "02 09:00 planned", "02 10:00 planned"]


def test_what_is_skipped_and_what_was_refused_stay_to_be_seen(app: App) -> None:
    do(app, skip(app, "town/2026-12-01/17:30"))
    tick(outboxes(app, [Refused("too rude")]), at("09:00"))
    shown = week(when(app, "10:00"), FIRST)[1].entries
    assert [(one.state, one.reason) for one in shown] == [("refused", "too rude"), ("skipped", "by a person")]


def test_one_account_or_campaign_can_be_looked_at_alone(app: App) -> None:
    assert said(week(app, FIRST, account="village")) == []
    assert said(week(app, FIRST, campaign="air")) == said(week(app, FIRST, account="town")) != []


def test_a_page_knows_whether_what_it_showed_is_still_so(app: App) -> None:
    before = entry(app, "town/2026-12-01/09:00").seen
    assert entry(app, "town/2026-12-01/09:00").seen == before
    do(app, move(app, "town/2026-12-01/09:00", at("10:00")))
    assert entry(app, "town/2026-12-01/09:00").seen != before


def test_too_far_ahead_nothing_is_worked_out(app: App) -> None:
    with pytest.raises(AskedWrongly, match="more than 92 days ahead"):
        entries(app, at("00:00"), at("00:00") + timedelta(days=200))


def test_a_week_begins_on_monday() -> None:
    assert {monday(FIRST + timedelta(days=number)) for number in range(7)} == {FIRST}
