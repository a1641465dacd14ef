"""Control: what a person says of a slot holds in plan, rehearsal and engine, and in no other slot."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Timer

import pytest

from bot.app import App
from bot.core.delivery import Delivery
from bot.core.problem import AskedWrongly, HandbillError, NetworkError, Refused, SignedOut, TryLater
from bot.work.control import Wish, approve, approved, disapproved, do, move, named, say_now, skip, take_back
from bot.work.deliver import tick
from bot.work.plan import moved_from, plan
from bot.work.rehearse import rehearse
from tests.work.stage import CONFIG, Moody, at, opened, out, outboxes

APPROVED = CONFIG + 'approval = "post"\n'
NINE, EVENING = "town/2026-12-01/09:00", "town/2026-12-01/17:30"


def when(app: App, now: datetime) -> App:
    """The same app with the files as they stand, at another instant."""
    again = replace(app.fresh(), clock=lambda: now)
    again.__dict__["store"] = app.store
    return again


def said(app: App, now: datetime) -> list[str]:
    """A tick in a few words."""
    return [f"{one.clock} {one.state}" + (f": {one.reason}" if one.reason else "") for one in tick(app, now)]


def planned(app: App, start: datetime, days: float = 1) -> list[str]:
    """The plan in a few words."""
    rows = []
    for one in plan(app, start, days):
        words = one.choice.variant.text if one.choice.variant else one.reason
        rows.append(f"{one.choice.slot.at:%d %H:%M} {one.state}: {words}")
    return rows


@pytest.fixture
def morning(tmp_path: Path) -> App:
    """A timetable of 09:00 and 17:30 that was seen an hour before, with two posts."""
    app = opened(tmp_path, now=at("08:00"))
    tick(app, at("08:00"))
    return app


def after(app: App, *moods: NetworkError | None, now: datetime) -> App:
    """The app after its slot of nine o'clock met these moods."""
    tick(outboxes(app, moods), at("09:00"))
    return when(app, now)


# --- which one is meant -----------------------------------------------------------------------------


def test_a_slot_is_named_by_account_day_and_clock_or_by_its_number(morning: App) -> None:
    coming = named(morning, NINE)
    assert (coming.id, coming.at, coming.state) == (None, at("09:00"), "planned")
    done = do(morning, skip(morning, NINE))
    assert named(morning, NINE) == named(morning, str(done.id)) == done


TWO = CONFIG + '[[schedule]]\ncampaign = "water"\naccounts = ["town"]\ntimes = ["09:00"]\n'


def test_where_two_campaigns_have_a_time_the_campaign_is_named_too(tmp_path: Path) -> None:
    app = opened(tmp_path, {"one.txt": "One.", "water/two.txt": "Two."}, told=TWO, now=at("08:00"))
    tick(app, at("08:00"))
    with pytest.raises(AskedWrongly, match=f"Say which: {NINE}/air, {NINE}/water"):
        skip(app, NINE)
    do(app, skip(app, f"{NINE}/water"))
    assert planned(app, at("08:00"), 0.1) == ["01 09:00 skipped: by a person", "01 09:00 planned: One."]


@pytest.mark.parametrize(
    ("which", "words"),
    [
        ("7", "There is no delivery 7"),
        ("town", "names no delivery. Write the number"),
        ("town/2026-12-01", "names no delivery"),
        ("town/2026-13-01/09:00", '"2026-13-01" is no day'),
        ("town/2026-12-01/09:01", "The timetable has no"),
        ("shop/2026-12-01/09:00", "The timetable has no"),
        ("town/2026-12-01/09:00/water", "The timetable has no"),
        ("town/2026-11-30/09:00", "The timetable has no"),
        ("town/2027-12-01/09:00", "more than 92 days ahead"),
    ],
)
def test_a_name_that_names_nothing_is_told(morning: App, which: str, words: str) -> None:
    for ask in (skip, say_now, approve, lambda app, which: move(app, which, at("10:00"))):
        with pytest.raises(AskedWrongly, match=words):
            ask(morning, which)


def test_a_slot_that_is_named_beforehand_has_the_key_that_the_timetable_would_give_it(morning: App) -> None:
    done = do(morning, move(morning, NINE, at("11:00")))
    assert done.key == "outbox/town/air/2026-12-01/09:00"


class Away(Moody):
    """An account that cannot be asked who it is."""

    def whoami(self) -> str:
        raise TryLater("the network is down")


def away_from(app: App) -> App:
    away = replace(app, connect=lambda *_: Away(None, iter(())))
    away.__dict__["store"] = app.store
    return away


def test_a_slot_of_an_account_that_has_spoken_is_skipped_also_while_its_network_is_away(morning: App) -> None:
    tick(morning, at("09:00"))
    away = away_from(morning)
    assert do(away, skip(away, EVENING)).key == "outbox/town/air/2026-12-01/17:30"


def test_an_account_that_cannot_be_asked_who_it_is_changes_nothing(morning: App) -> None:
    away = away_from(morning)
    with pytest.raises(HandbillError, match=r'"town" cannot be asked who it is just now: the network is down'):
        do(away, skip(away, NINE))
    assert morning.store.deliveries() == []


# --- skip -------------------------------------------------------------------------------------------


def test_a_skipped_slot_is_not_said_and_the_plan_shows_it(morning: App, tmp_path: Path) -> None:
    wish = skip(morning, NINE)
    words = wish.planned and wish.planned.choice.variant
    do(morning, wish)
    assert planned(morning, at("08:00"), 0.5) == [
        "01 09:00 skipped: by a person",
        f"01 17:30 planned: {words.text if words else ''}",
    ]
    assert said(morning, at("09:00")) == [] and said(morning, at("17:30")) == ["17:30 sent"]
    assert out(tmp_path) == [words.text if words else ""], "its post has its turn at the next slot"


def test_a_skip_can_be_taken_back_while_the_slot_is_in_time(morning: App) -> None:
    done = do(morning, skip(morning, NINE))
    again = do(morning, take_back(morning, str(done.id)))
    assert again.state == "planned" and said(morning, at("09:00")) == ["09:00 sent"]


def test_a_skip_that_is_taken_back_still_needs_its_approval(tmp_path: Path) -> None:
    app = opened(tmp_path, told=APPROVED, now=at("08:00"))
    tick(app, at("08:00"))
    done = do(app, skip(app, NINE))
    assert do(app, take_back(app, str(done.id))).state == "waiting"
    assert said(app, at("09:00")) != ["09:00 sent"]


def test_what_nobody_skipped_and_what_came_too_late_cannot_be_taken_back(morning: App) -> None:
    with pytest.raises(AskedWrongly, match="nobody has skipped it"):
        take_back(morning, NINE)
    done = do(morning, skip(morning, NINE))
    with pytest.raises(AskedWrongly, match="no longer be said in time"):
        take_back(when(morning, at("23:59")), str(done.id))


def test_a_skip_is_kept_in_a_rehearsal(morning: App, tmp_path: Path) -> None:
    do(morning, skip(morning, NINE))
    assert [one.clock for one in rehearse(morning, at("08:00"), 0.5, tmp_path / "out")] == ["17:30"]


def test_what_waits_for_a_person_is_tried_again_or_is_held_can_be_skipped(tmp_path: Path) -> None:
    for number, (told, mood) in enumerate([(APPROVED, None), (CONFIG, TryLater("busy", 60)), (CONFIG, SignedOut("?"))]):
        folder = tmp_path / str(number)
        folder.mkdir()
        app = after(opened(folder, told=told), mood, now=at("09:00"))
        done = do(app, skip(app, "1"))
        assert (done.state, done.reason) == ("skipped", "by a person")
        assert said(app, at("10:00")) == []


@pytest.mark.parametrize(
    ("mood", "words"),
    [
        (None, "Delivery 1 is sent: to take it back: handbill delivery withdraw 1"),
        (Refused("no"), "Delivery 1 is refused: nothing of it is said unless the post is changed"),
    ],
)
def test_what_is_over_cannot_be_skipped_and_says_why(morning: App, mood: NetworkError | None, words: str) -> None:
    app = after(morning, mood, now=at("09:10"))
    with pytest.raises(AskedWrongly, match=words):
        skip(app, "1")


# --- move -------------------------------------------------------------------------------------------


def test_a_moved_slot_is_said_at_its_new_time_and_only_then(morning: App, tmp_path: Path) -> None:
    do(morning, move(morning, NINE, at("11:00")))
    rows = planned(morning, at("08:00"))
    assert [row[:8] for row in rows] == ["01 11:00", "01 17:30"]
    assert said(morning, at("09:00")) == [] == said(morning, at("10:59"))
    assert said(morning, at("11:00")) == ["09:00 sent"]
    assert rows[0] == f"01 11:00 planned: {out(tmp_path)[0]}", "word for word as planned"


def test_the_plan_says_from_where_a_slot_was_moved(morning: App) -> None:
    do(morning, move(morning, NINE, at("11:00")))
    first, second = (one.delivery for one in plan(morning, at("08:00"), 0.5))
    assert first and second
    assert moved_from(first, morning.config.zone) == at("09:00") and moved_from(second, morning.config.zone) is None


def test_a_slot_moved_to_another_day_is_not_said_on_its_own_day_too(morning: App) -> None:
    do(morning, move(morning, "town/2026-12-08/09:00", at("12:00")))
    do(morning, move(morning, "town/2026-12-02/09:00", at("12:00", 5)))
    said(morning, at("12:00"))
    rows = [row[:8] for row in planned(morning, at("12:30"), 10)]
    assert "02 09:00" not in rows and "08 09:00" not in rows and "05 12:00" in rows
    tick(morning, at("09:00", 2))
    tick(morning, at("18:00", 7))
    assert [row[:8] for row in planned(morning, at("18:30", 7), 1)] == ["08 17:30"]
    tick(morning, at("09:00", 8))
    assert [(one.day.day, one.clock) for one in morning.store.deliveries()].count((8, "09:00")) == 1


def test_what_is_said_on_another_day_is_right_for_that_day(tmp_path: Path) -> None:
    posts = {"one.txt": "{{ campaign.days_to_go }} days.", "two.txt": "+++\nfrom = 2026-12-03\n+++\nSoon."}
    (tmp_path / "posts/air").mkdir(parents=True)
    (tmp_path / "posts/air/campaign.toml").write_text('title = "Air"\nuntil = 2026-12-03\n', encoding="utf-8")
    app = opened(tmp_path, posts, told=CONFIG.replace(', "17:30"', ""), now=at("08:00"))
    tick(app, at("08:00"))
    do(app, move(app, NINE, at("12:00", 2)))
    do(app, move(app, "town/2026-12-02/09:00", at("12:00", 4)))
    assert planned(app, at("10:00", 2), 0.1) == ["02 12:00 planned: 1 days."]
    (row,) = planned(app, at("12:00", 4), 0.1)
    assert row == "04 12:00 skipped: no post can be said: 2 outside the days of its campaign"


@pytest.mark.parametrize(
    ("to", "words"),
    [
        (at("07:59"), "That time is past. To say it at once: handbill delivery now"),
        (at("09:01", 8), "moved by at most 7 days"),
    ],
)
def test_a_slot_is_moved_neither_into_the_past_nor_far_away(morning: App, to: datetime, words: str) -> None:
    with pytest.raises(AskedWrongly, match=words):
        move(morning, NINE, to)


def test_what_was_missed_has_another_turn_where_it_is_moved(morning: App) -> None:
    tick(morning, at("17:30"))
    app = when(morning, at("18:00"))
    assert [one.state for one in app.store.deliveries()] == ["missed", "sent"]
    do(app, move(app, "1", at("19:00")))
    assert said(app, at("19:00")) == ["09:00 sent"]


def test_a_moved_slot_that_is_late_keeps_its_lateness(morning: App) -> None:
    do(morning, move(morning, NINE, at("10:00")))
    assert said(morning, at("16:00")) == ["09:00 sent"]
    do(morning, move(morning, EVENING, at("18:00")))
    assert said(morning, at("01:00", 2))[0].startswith("17:30 missed")


# --- now --------------------------------------------------------------------------------------------


def test_a_slot_said_now_is_said_at_the_next_look_and_not_again(morning: App) -> None:
    wish = say_now(morning, EVENING)
    do(morning, wish)
    assert said(morning, at("08:00") + timedelta(seconds=15)) == ["17:30 sent"]
    assert said(morning, at("09:00")) == ["09:00 sent"] and said(morning, at("17:30")) == []


def test_a_slot_said_now_goes_before_its_accounts_next_one(morning: App) -> None:
    app = after(morning, TryLater("busy", 7 * 3600), now=at("17:29"))
    tick(app, at("09:01"))
    do(app, say_now(app, "1"))
    assert said(app, at("17:30")) == ["09:00 sent", "17:30 sent"]


def test_what_was_missed_can_be_said_now_however_long_ago(morning: App) -> None:
    tick(morning, at("17:30"))
    app = when(morning, at("12:00", 20))
    do(app, say_now(app, "1"))
    assert "09:00 sent" in said(app, at("12:00", 20))


def test_what_was_refused_can_be_said_now_once_its_file_has_changed(morning: App, tmp_path: Path) -> None:
    app = after(morning, Refused("no"), now=at("16:00"))
    with pytest.raises(AskedWrongly, match=r"Delivery 1 was refused: no\. Change air/"):
        say_now(app, "1")
    for name in ("one", "two"):
        (tmp_path / f"posts/air/{name}.txt").write_text(f"Mended {name}.", encoding="utf-8")
    app = when(app, at("16:00"))
    do(app, say_now(app, "1"))
    assert said(app, at("16:00")) == ["09:00 sent"]


def test_a_held_one_said_now_is_tried_at_once(morning: App) -> None:
    app = after(morning, SignedOut("no key"), now=at("09:01"))
    do(app, say_now(app, "1"))
    assert said(app, at("09:01")) == ["09:00 sent"]


def test_one_that_is_to_be_tried_again_later_is_tried_now(morning: App) -> None:
    app = after(morning, TryLater("busy", 3600), now=at("09:01"))
    assert said(app, at("09:01")) == []
    assert do(app, say_now(app, "1")).tries == 0
    assert said(app, at("09:01")) == ["09:00 sent"]


def test_what_no_try_brought_through_has_all_its_tries_anew(morning: App) -> None:
    app = after(morning, *[TryLater("busy", 0)] * 99, now=at("10:00"))
    busy = outboxes(app, [TryLater("busy", 0)] * 99)
    while app.store.deliveries()[0].state != "missed":
        tick(busy, at("09:30"))
    done = do(app, say_now(app, "1"))
    assert (done.state, done.tries, done.reason) == ("planned", 0, "")
    assert said(app, at("10:00")) == ["09:00 sent"]


def test_what_needs_approval_still_needs_it_now(tmp_path: Path) -> None:
    app = opened(tmp_path, told=APPROVED, now=at("08:00"))
    wish = say_now(app, NINE)
    assert wish.planned and wish.planned.reason == "a person must approve it"
    do(app, wish)
    assert said(app, at("08:00")) == ["09:00 waiting: a person must approve it"]


@pytest.mark.parametrize("rows", ['quiet = "07:00-08:30"\n', "per_day = 1\n", "pause"])
def test_saying_it_now_breaks_no_limit_and_no_pause(tmp_path: Path, rows: str) -> None:
    told = CONFIG.replace('[accounts.town]\nnetwork = "outbox"\n', f'[accounts.town]\nnetwork = "outbox"\n{rows}')
    told = f"{rows}{CONFIG}" if rows.startswith("quiet") else told if rows.startswith("per") else CONFIG
    app = opened(tmp_path, told=told, now=at("07:30"))
    tick(app, at("07:00"))
    do(app, say_now(app, NINE))
    if rows == "pause":
        app.store.pause("", at("07:30"))
    tick(app, at("07:30"))
    assert len(out(tmp_path)) == (1 if rows.startswith("per") else 0)
    later = when(app, at("07:40"))
    if not rows.startswith("quiet"):
        with pytest.raises(
            HandbillError, match=r"Nothing would be said now: (paused|this account has had its 1 posts)"
        ):
            say_now(later, EVENING)
        return
    assert said(later, at("08:30")) == ["09:00 sent"]


def test_a_slot_weeks_ahead_is_not_said_now(morning: App) -> None:
    with pytest.raises(AskedWrongly, match="more than 7 days ahead"):
        say_now(morning, "town/2026-12-20/09:00")


# --- approve ----------------------------------------------------------------------------------------


def test_words_can_be_approved_before_their_time(tmp_path: Path) -> None:
    app = opened(tmp_path, told=APPROVED, now=at("08:00"))
    tick(app, at("08:00"))
    rows = planned(app, at("08:00"), 0.5)
    assert [row.split()[2] for row in rows] == ["waiting:"] * 2
    for which in (NINE, EVENING):
        approved(app, approve(app, which))
    assert planned(app, at("08:00"), 0.5) == [row.replace("waiting", "planned") for row in rows]
    assert [said(app, at(clock)) for clock in ("09:00", "17:30")] == [["09:00 sent"], ["17:30 sent"]]
    assert out(tmp_path) == [row.rpartition(" ")[2] for row in rows]


def test_an_approval_holds_for_these_words_only(tmp_path: Path) -> None:
    app = opened(tmp_path, {"one.txt": "One."}, told=APPROVED, now=at("08:00"))
    approved(app, approve(app, NINE))
    (tmp_path / "posts/air/one.txt").write_text("One!", encoding="utf-8")
    assert said(app.fresh(), at("09:00")) == ["09:00 waiting: a person must approve it"]
    again = when(app, at("09:05"))
    wish = approve(again, "1")
    assert wish.planned and wish.planned.choice.variant and wish.planned.choice.variant.text == "One!"
    approved(again, wish)
    assert said(app.fresh(), at("09:06")) == ["09:00 sent"]


def test_what_nobody_has_to_approve_is_told(morning: App) -> None:
    with pytest.raises(AskedWrongly, match=r"nobody has to approve it \(`approval` in config.toml\)"):
        approve(morning, NINE)


def test_where_nothing_can_be_said_there_is_nothing_to_approve(tmp_path: Path) -> None:
    app = opened(tmp_path, told=APPROVED, now=at("08:00"))
    app.store.pause("", at("08:00"))
    with pytest.raises(HandbillError, match="There are no words to approve: paused"):
        approve(app, NINE)


# --- while it is done -------------------------------------------------------------------------------

WISHES: dict[str, Callable[[App], Wish]] = {
    "skip": lambda app: skip(app, "1"),
    "move": lambda app: move(app, "1", at("12:00")),
    "now": lambda app: say_now(app, "1"),
}


def test_what_the_engine_is_at_is_left_alone(morning: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.work.settle.PATIENCE", 0)
    app = after(morning, TryLater("busy", 600), now=at("09:01"))
    before, lease = app.store.deliveries(), app.store.lease("town", "another run", 60)
    with pytest.raises(HandbillError, match="Try again in a minute"):
        do(app, skip(app, "1"))
    assert lease and app.store.deliveries() == before


@pytest.mark.parametrize("wish", WISHES.values(), ids=WISHES)
def test_who_asks_while_the_engine_speaks_is_kept_waiting_for_it(morning: App, wish: Callable[[App], Wish]) -> None:
    app = after(morning, TryLater("busy", 600), now=at("09:01"))
    wanted, lease = wish(app), app.store.lease("town", "another run", 60)
    assert lease
    soon = Timer(0.5, app.store.release, [lease])
    soon.start()
    assert do(app, wanted) == wanted.after
    soon.join()


@pytest.mark.parametrize("wish", WISHES.values(), ids=WISHES)
def test_what_was_said_while_the_person_thought_about_it_is_left_alone(
    morning: App, tmp_path: Path, wish: Callable[[App], Wish]
) -> None:
    app = after(morning, TryLater("busy", 60), now=at("09:00"))
    wanted = wish(app)
    tick(outboxes(app), at("09:02"))
    with pytest.raises(HandbillError, match=r"Delivery 1 has changed meanwhile: it is sent\. Look at it again"):
        do(app, wanted)
    assert [one.state for one in app.store.deliveries()] == ["sent"]


def test_an_account_that_has_left_the_config_can_be_silenced_but_not_made_to_speak(tmp_path: Path) -> None:
    app = after(opened(tmp_path), TryLater("busy", 60), now=at("09:01"))
    without = opened(tmp_path, {}, told=CONFIG.replace("town", "shop"), now=at("09:01"))
    for ask in (say_now, lambda app, which: move(app, which, at("12:00"))):
        with pytest.raises(HandbillError, match=r'the account "town" is no longer in config\.toml'):
            ask(without, "1")
    assert app.store.deliveries()[0].state == "planned"
    done: Delivery = do(without, skip(without, "1"))
    assert done.state == "skipped"


def test_an_approval_can_be_taken_back(tmp_path: Path) -> None:
    app = opened(tmp_path, told=APPROVED, now=at("08:00"))
    tick(app, at("08:00"))
    wish = approve(app, NINE)
    approved(app, wish)
    assert [one.state for one in plan(app, at("08:00"), 0.1)] == ["planned"]
    disapproved(app, wish)
    assert [one.state for one in plan(app, at("08:00"), 0.1)] == ["waiting"]
