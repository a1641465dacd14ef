"""The week at the desk: what will be said stands there word for word, and a person's word on it holds."""

from urllib.parse import quote

import pytest

from tests.web.conftest import Stage, Visitor

ENTRY = "town/2026-11-21/09:00/air"  # the stage's clock stands at 07:00 of that day


def test_the_week_shows_the_words_that_will_be_said(stage: Stage, organizer: Visitor) -> None:
    shown = organizer.get("/week")
    assert "Nov 16" in shown.words and "Buses run on time." in shown.words
    assert f"/entry/{ENTRY}" in shown.links
    stage.tick(hours=2)
    assert "said" in organizer.get("/week").words


def test_an_entry_shows_its_exact_words_its_count_and_where_it_stands(stage: Stage, organizer: Visitor) -> None:
    one = organizer.get(f"/entry/{ENTRY}")
    assert "planned" in one.words and " of 500" in one.words
    stage.tick(hours=2)
    text = next((stage.folder / "out").glob("*.txt")).read_text()
    assert text.strip() in organizer.get("/entry/1").words


def test_what_is_skipped_is_not_said_and_the_skip_can_be_undone(stage: Stage, organizer: Visitor) -> None:
    after = organizer.press(organizer.get(f"/entry/{ENTRY}"), f"/skip/{ENTRY}")
    assert "Skipped." in after.words and "skipped" in after.words
    undo = next(action for action in after.forms if action.startswith("/take-back/"))
    assert "It has its turn again." in organizer.press(after, undo).words
    stage.tick(hours=2)
    assert [one.state for one in stage.app.store.deliveries()] == ["sent"]


def test_a_move_holds_and_can_be_undone(stage: Stage, organizer: Visitor) -> None:
    after = organizer.press(organizer.get(f"/entry/{ENTRY}"), f"/move/{ENTRY}", at="2026-11-21T11:15")
    assert "11:15" in after.words
    undo = next(action for action in after.forms if action.startswith("/move/"))
    assert "9:00" in organizer.press(after, undo, at="2026-11-21T09:00").words
    assert "moved to 2026-11-21 11:15 Clean air, town" in organizer.get("/people/deeds").words
    stage.tick(hours=2)
    assert [one.state for one in stage.app.store.deliveries()] == ["sent"]


def test_a_post_that_is_said_before_its_time_with_other_words_shows_them_first(
    stage: Stage, organizer: Visitor
) -> None:
    evening = "town/2026-11-21/17:30/air"
    first = organizer.get(f"/entry/{ENTRY}").words
    asked = organizer.press(organizer.get(f"/entry/{evening}"), f"/now/{evening}", status=409)
    words = next(one for one in ("Buses run on time.", "Ride the bus.", "A tree is a lung.") if one in first)
    assert "Shall town say this now?" in asked.words and words in asked.words
    assert stage.app.store.deliveries() == []
    assert "within seconds" in organizer.press(asked, f"/now/{evening}").words
    stage.tick(seconds=1)
    assert words in next((stage.folder / "out").glob("*.txt")).read_text()


def test_a_post_that_is_said_now_with_the_words_that_were_shown_asks_nothing(organizer: Visitor) -> None:
    assert "within seconds" in organizer.press(organizer.get(f"/entry/{ENTRY}"), f"/now/{ENTRY}").words


def test_said_now_it_still_waits_for_whoever_approves_it(stage: Stage, organizer: Visitor) -> None:
    config = stage.folder / "config.toml"
    config.write_text(config.read_text() + 'approval = "post"\n')
    assert "as soon as somebody approves" in organizer.press(organizer.get(f"/entry/{ENTRY}"), f"/now/{ENTRY}").words


def test_a_move_that_changes_the_words_says_so(organizer: Visitor) -> None:
    moved = organizer.press(organizer.get(f"/entry/{ENTRY}"), f"/move/{ENTRY}", at="2026-11-21T18:15")
    assert "Read what it says at that time." in moved.words


def test_two_people_at_once_the_second_is_told_what_the_first_did(
    stage: Stage, organizer: Visitor, reviewer: Visitor
) -> None:
    seen = organizer.get(f"/entry/{ENTRY}")
    reviewer.press(reviewer.get(f"/entry/{ENTRY}"), f"/skip/{ENTRY}")
    told = organizer.press(seen, f"/move/{ENTRY}", status=409, at="2026-11-21T11:15")
    assert "At 07:00 Bo skipped. Look at it again." in told.words
    assert f"/entry/{quote(ENTRY)}" in told.links


def test_pausing_stops_everything_and_is_one_tap_away_on_every_page(stage: Stage, reviewer: Visitor) -> None:
    paused = reviewer.press(reviewer.get("/week"), "/pause")
    assert "Everything is paused." in paused.words
    stage.tick(hours=2)
    assert [one.state for one in stage.app.store.deliveries()] == ["skipped"]
    assert "Resumed." in reviewer.press(paused, "/resume").words


def test_an_approval_is_for_exact_words_and_an_edit_voids_it(stage: Stage, reviewer: Visitor) -> None:
    config = stage.folder / "config.toml"
    config.write_text(config.read_text() + 'approval = "post"\n')
    one = reviewer.get(f"/entry/{ENTRY}")
    assert "waits" in one.words
    assert "Approved" in reviewer.press(one, f"/approve/{ENTRY}").words
    assert "planned" in reviewer.get(f"/entry/{ENTRY}").words
    for file in (stage.folder / "posts" / "air").glob("*.txt"):
        file.write_text("Something else.\n")
    assert "waits" in reviewer.get(f"/entry/{ENTRY}").words


def test_from_one_approval_it_is_one_step_to_the_next(stage: Stage, reviewer: Visitor) -> None:
    config = stage.folder / "config.toml"
    config.write_text(config.read_text() + 'approval = "post"\n')
    approved = reviewer.press(reviewer.get("/waiting"), f"/approve/{ENTRY}")
    assert "/waiting" in approved.links
    assert "/approve/town/2026-11-21/17:30/air" in reviewer.get("/waiting").forms


def test_an_entry_tells_what_its_network_takes_for_it(stage: Stage, organizer: Visitor) -> None:
    config = stage.folder / "config.toml"
    config.write_text(config.read_text().replace('network = "outbox"\nfolder = "out"', 'network = "x"'))
    assert "0.015 USD" in organizer.get(f"/entry/{ENTRY}").words


def test_an_entry_that_was_missed_leads_to_what_helps(stage: Stage, organizer: Visitor) -> None:
    stage.tick(hours=9)  # 16:00, far too late for the morning
    one = organizer.get(f"/entry/{stage.app.store.deliveries()[0].id}")
    assert "missed" in one.words and "/troubles?account=town" in one.links


def test_where_nothing_waits_the_week_says_so(reviewer: Visitor) -> None:
    assert "Nothing of the coming seven days waits" in reviewer.get("/waiting").words


def test_what_nobody_can_read_as_a_time_is_told(organizer: Visitor) -> None:
    one = organizer.get(f"/entry/{ENTRY}")
    assert "is no time" in organizer.press(one, f"/move/{ENTRY}", status=400, at="tomorrow").words
    assert "is no day" in organizer.get("/week?from=tomorrow", status=400).words
    assert "names no delivery" in organizer.get("/entry/nothing", status=400).words


def test_the_card_of_a_link_is_asked_for_only_when_somebody_wants_to_see_it(stage: Stage, organizer: Visitor) -> None:
    campaign = stage.folder / "posts" / "air" / "campaign.toml"
    campaign.write_text(campaign.read_text() + '[links]\nsign = "http://127.0.0.1:9/private"\n')
    for file in (stage.folder / "posts" / "air").glob("*.txt"):
        file.write_text('+++\nlink = "sign"\n+++\nSign.\n')
    assert f"/entry/{ENTRY.replace(':', '%3A')}?card=1" in organizer.get(f"/entry/{ENTRY}").links
    assert "cannot be reached" in organizer.get(f"/entry/{ENTRY}?card=1").words  # and no address inside is ever asked


@pytest.mark.parametrize("folder", ["posts", "."])
def test_a_file_named_pause_is_shown_and_only_its_owner_takes_it_away(
    stage: Stage, organizer: Visitor, folder: str
) -> None:
    (stage.folder / folder / "PAUSE").touch()
    shown = organizer.get("/week")
    assert "Everything is paused." in shown.words
    assert "Take it away" in organizer.press(shown, "/resume", status=409).words
    (stage.folder / folder / "PAUSE").unlink()
    assert "Everything is paused." not in organizer.get("/week").words
