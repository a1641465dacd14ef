"""Arrange: the timetable changes as it was shown, and nothing else in config.toml does."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import config
from bot.app import App, open_app
from bot.core.problem import AskedWrongly, HandbillError
from bot.work.arrange import (
    Add,
    Alter,
    Change,
    Proposal,
    Quiet,
    Remove,
    Row,
    Turn,
    arrangement,
    outlook,
    proposed,
    save,
)
from bot.work.put import Changed
from tests.making import app as default_app
from tests.making import library
from tests.work.stage import START, at, opened

CONFIG = """\
# Ours.
timezone = "America/New_York"   # whose clocks

[accounts.town]
network = "outbox"
gap = "30m"
per_day = 4
[accounts.far]
network = "outbox"
folder = "far"

# Agreed with the board.
[[schedule]]
campaign = 'air'
times = [
  "09:00",   # before work
  "17:30",
]
accounts = ["town"]
# late = "6h"

[site]
url = "https://share.example.org"
"""
ROW = Row(campaign="air", accounts=("town",), times=("09:00", "17:30"))
NOON = Row(
    campaign="air", accounts=("far",), times=("12:00",), days=("mon",), tags=("facts",), late="1h", approval=True
)


def propose(app: App, change: Change) -> Proposal:
    return proposed(app, change, arrangement(app).seen)


def saved(app: App, change: Change) -> str:
    save(app, propose(app, change))
    return (app.config.folder / "config.toml").read_text(encoding="utf-8")


def coming(app: App, change: Change) -> list[Turn]:
    return outlook(app, propose(app, change))


def marks(turns: list[Turn]) -> list[str]:
    return [turn.mark for turn in turns]


# --- reading ------------------------------------------------------------------------------------


def test_the_timetable_is_read_as_it_stands_in_the_file(tmp_path: Path) -> None:
    found = arrangement(opened(tmp_path, told=CONFIG))
    assert found.rows == (ROW,) and found.quiet == ""
    assert [(one.account, one.gap, one.per_day, one.budget) for one in found.paces] == [
        ("town", "30m", "4", ""), ("far", "", "", ""),
    ]  # fmt: skip


def test_what_was_saved_a_moment_ago_is_read_at_once(tmp_path: Path) -> None:
    app = opened(tmp_path, told=CONFIG)
    saved(app, Quiet("22:00-07:00"))
    assert arrangement(app).quiet == "22:00-07:00"


def test_a_file_that_is_broken_just_now_is_told_with_its_line(tmp_path: Path) -> None:
    app = replace(opened(tmp_path, told=CONFIG), source=tmp_path / "config.toml")
    (tmp_path / "config.toml").write_text(CONFIG.replace('"outbox"', "outbox", 1))
    with pytest.raises(HandbillError, match=r"config\.toml:5: text needs quotes"):
        arrangement(app)


# --- writing ------------------------------------------------------------------------------------


def test_a_new_row_stands_below_the_others_and_all_else_stays(tmp_path: Path) -> None:
    new = (
        '[[schedule]]\ncampaign = "air"\naccounts = ["far"]\ndays = ["mon"]\ntimes = ["12:00"]\n'
        'tags = ["facts"]\nlate = "1h"\napproval = "post"\n'
    )
    assert saved(opened(tmp_path, told=CONFIG), Add(NOON)) == CONFIG.replace("\n[site]", f"\n{new}\n[site]")
    assert arrangement(opened(tmp_path, told=(tmp_path / "config.toml").read_text())).rows == (ROW, NOON)


def test_of_a_changed_row_only_what_means_something_else_is_written(tmp_path: Path) -> None:
    app, days = opened(tmp_path, told=CONFIG), ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    again = replace(ROW, times=("17:30", "09:00"), days=days)
    assert saved(app, Alter(0, again)) == CONFIG
    assert saved(app, Alter(0, replace(again, accounts=("far",)))) == CONFIG.replace('s = ["town"]', 's = ["far"]')


def test_a_row_is_taken_out_with_the_comments_that_touch_it(tmp_path: Path) -> None:
    text = saved(opened(tmp_path, told=CONFIG), Remove(0))
    assert text == CONFIG[: CONFIG.index("\n# Agreed")] + CONFIG[CONFIG.index("\n[site]") :]


def test_quiet_hours_come_and_go(tmp_path: Path) -> None:
    app = opened(tmp_path, told=CONFIG)
    assert saved(app, Quiet("22:00-07:00")) == CONFIG.replace("clocks\n", 'clocks\nquiet = "22:00-07:00"\n')
    assert saved(app, Quiet("")) == CONFIG


def test_line_ends_and_the_mark_of_windows_stay(tmp_path: Path) -> None:
    app = opened(tmp_path, told=CONFIG)
    raw = b"\xef\xbb\xbf" + CONFIG.replace("\n", "\r\n").encode()
    (tmp_path / "config.toml").write_bytes(raw)
    save(app, propose(app, Alter(0, replace(ROW, late="1h"))))
    changed = (tmp_path / "config.toml").read_bytes()
    assert changed == raw.replace(b'["town"]\r\n', b'["town"]\r\nlate = "1h"\r\n')


def test_nothing_is_written_before_it_is_saved(tmp_path: Path) -> None:
    propose(opened(tmp_path, told=CONFIG), Remove(0))
    assert (tmp_path / "config.toml").read_text() == CONFIG


def test_who_was_second_is_told_and_changes_nothing(tmp_path: Path) -> None:
    app = opened(tmp_path, told=CONFIG)
    seen, mine = arrangement(app).seen, propose(app, Quiet("21:00-08:00"))
    theirs = saved(app, Remove(0))
    for late in (lambda: save(app, mine), lambda: proposed(app, Alter(0, NOON), seen)):
        with pytest.raises(Changed, match=r"config\.toml was changed by somebody else"):
            late()
    assert (tmp_path / "config.toml").read_text() == theirs


WORDS = st.text(max_size=8) | st.sampled_from(
    ['"]\n[accounts.town]\n', "'''", "\\", "#", "\x00", "\ud800", "a" * 11_000]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(WORDS, WORDS, WORDS, WORDS, st.booleans())
def test_whatever_is_filled_in_the_rest_of_the_file_stays(
    tmp_path: Path, tag: str, late: str, clock: str, day: str, is_new: bool
) -> None:
    app = opened(tmp_path, told=CONFIG)
    row = replace(ROW, tags=(tag,), late=late or "1h", times=(clock or "12:00",), days=(day,) if day else ())
    try:
        after = propose(app, Add(row) if is_new else Alter(0, row)).raw.decode()
    except AskedWrongly as wrong:
        assert str(wrong)
        return
    top, bottom = CONFIG[: CONFIG.index("[[schedule]]")], CONFIG[CONFIG.index("\n[site]") :]
    assert after.startswith(top) and after.endswith(bottom)


# --- what cannot be -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(Add(replace(ROW, times=("9",))), "must be a time of day. Write hours and minutes", id="time"),
        pytest.param(Add(replace(ROW, times=())), "`times` is an empty list. Name at least one", id="no time"),
        pytest.param(Add(replace(ROW, accounts=("twon",))), 'Did you mean "town"', id="an unknown account"),
        pytest.param(Add(replace(ROW, campaign="ari")), 'no campaign "ari". Did you mean "air"', id="campaign"),
        pytest.param(Add(replace(ROW, days=("Monday",))), 'unknown day "Monday"', id="day"),
        pytest.param(Add(replace(ROW, late="soon")), "must be a length of time", id="late"),
        pytest.param(Add(replace(ROW, tags=("\x07",))), "control character", id="a sign nobody sees"),
        pytest.param(Add(replace(ROW, tags=("\ud800",))), "no letters", id="half a letter"),
        pytest.param(Quiet("at night"), "must say from when to when", id="quiet"),
        pytest.param(Quiet("22:00-22:00"), "begins when it ends", id="quiet all day"),
        pytest.param(Remove(1), "no such row", id="a row that is not there"),
        pytest.param(Alter(-1, ROW), "no such row", id="a row before the first"),
    ],
)
def test_what_cannot_be_is_told_without_jargon(tmp_path: Path, change: Change, words: str) -> None:
    with pytest.raises(AskedWrongly) as wrong:
        propose(opened(tmp_path, told=CONFIG), change)
    assert words in str(wrong.value) and "config.toml" not in str(wrong.value)


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(AskedWrongly) as wrong:
        propose(opened(tmp_path, told=CONFIG), Add(replace(ROW, times=("9", "25:00"), late="x")))
    assert len(str(wrong.value).splitlines()) == 3


def test_a_timetable_written_in_a_way_of_its_own_is_left_to_its_writer(tmp_path: Path) -> None:
    told = (
        'schedule = [{ campaign = "air", accounts = ["town"], times = ["09:00"] }]\n[accounts.town]\nnetwork = "outbox"'
    )
    app = opened(tmp_path, told=told)
    assert len(arrangement(app).rows) == 1
    for change in (Add(NOON), Alter(0, NOON), Remove(0)):
        with pytest.raises(HandbillError, match=r"way of its own.*text editor"):
            propose(app, change)


# --- what would come of it ----------------------------------------------------------------------


def test_the_coming_fortnight_shows_what_is_new_and_what_becomes_of_the_rest(tmp_path: Path) -> None:
    posts = {f"{name}.txt": f"Words of {name}." for name in "abcdef"}
    turns = coming(opened(tmp_path, posts, told=CONFIG), Add(replace(ROW, times=("12:00",))))
    assert marks(turns).count("new") == 14 and marks(turns).count("gone") == 0
    assert marks(turns)[:2] == ["same", "new"] and "other" in marks(turns)
    days = [turn.planned.choice.slot.at for turn in turns]
    assert days == sorted(days) and (days[-1] - START).days < 14


def test_what_would_be_gone_stands_where_it_was(tmp_path: Path) -> None:
    turns = coming(opened(tmp_path, told=CONFIG), Alter(0, replace(ROW, times=("09:00",))))
    assert {turn.mark for turn in turns if turn.planned.choice.slot.clock == "17:30"} == {"gone"}
    assert len(turns) == 28


def test_what_waits_for_the_end_of_quiet_hours_is_another_turn(tmp_path: Path) -> None:
    morning, evening = coming(opened(tmp_path, told=CONFIG), Quiet("08:00-10:00"))[:2]
    assert (morning.mark, evening.mark) == ("other", "same")
    assert morning.before and morning.planned.choice.slot == morning.before.choice.slot
    assert (morning.before.turn, morning.planned.turn) == (at("14:00"), at("15:00"))  # 9 and 10 in New York


def test_the_file_alone_says_what_is_now_not_what_was_read_of_it_before(tmp_path: Path) -> None:
    app = opened(tmp_path, told=CONFIG)
    saved(app, Remove(0))
    assert set(marks(coming(app, Add(ROW)))) == {"new"}


def test_only_rows_that_differ_are_shown_of_the_file(tmp_path: Path) -> None:
    told = f'notify = ["mailto://ana:secret@example.org"]\n{CONFIG}'
    proposal = propose(opened(tmp_path, told=told), Quiet("22:00-07:00"))
    assert proposal.diff == ('+quiet = "22:00-07:00"',)


# --- without a config.toml ----------------------------------------------------------------------


def test_the_first_change_makes_a_config_that_says_what_held_before(tmp_path: Path) -> None:
    app = default_app(library(tmp_path, {"a.txt": "Hello."}), "air")
    save(app, propose(app, Add(Row(campaign="air", accounts=("outbox",), times=("12:00",)))))
    again = open_app(tmp_path / "config.toml").config
    assert again.schedules[:1] == app.config.schedules and len(again.schedules) == 2
    assert (again.zone, again.library, again.database) == (app.config.zone, app.config.library, app.config.database)
    assert set(again.accounts) == {"outbox"}


def test_with_the_sample_posts_alone_a_person_is_told_how_to_begin(tmp_path: Path) -> None:
    app = replace(default_app(tmp_path), config=config.default(tmp_path, tmp_path / "elsewhere", {}))
    with pytest.raises(HandbillError, match="handbill init"):
        arrangement(app)
