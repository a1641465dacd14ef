"""The timetable at the desk: shown as it would become, saved as it was shown, and nothing else touched."""

import re
from collections.abc import Mapping
from datetime import timedelta

import pytest

from bot.core.timetable import DAYS
from bot.pages import catalog
from bot.work import control, people
from tests.making import library, write
from tests.web.conftest import CONFIG, Page, Stage, Visitor
from tests.web.words import ROOMS, TEMPLATES, of_room, of_template

NOON: dict[str, str | list[str]] = {
    "campaign": "air",
    "account": ["town"],
    "day": ["mon", "tue", "wed"],
    "time": ["12:00", ""],
}


def text(stage: Stage) -> str:
    return (stage.folder / "config.toml").read_text()


def seen(visitor: Visitor) -> str:
    return visitor.get("/schedule/new").forms["/schedule/new"]["seen"]


def sent(visitor: Visitor, path: str, status: int, fields: Mapping[str, str | list[str]]) -> Page:
    answer = visitor.post(path, {"seen": seen(visitor), **fields})
    assert answer.status_code == status, answer.text
    return Page(answer.text)


def saved(visitor: Visitor, path: str, fields: Mapping[str, str | list[str]]) -> Page:
    """What somebody filled in, looked at and saved."""
    return visitor.press(sent(visitor, path, 200, fields), path)


def test_the_timetable_is_read_in_words(organizer: Visitor) -> None:
    shown = organizer.get("/schedule").words
    assert "Every day at 09:00 and 17:30" in shown and "Clean air" in shown and "town" in shown


def test_the_timetable_is_read_in_spanish(organizer: Visitor) -> None:
    organizer.client.cookies.set("handbill-language", "es")
    shown = organizer.get("/schedule").words
    assert "Todos los días a las 09:00 y 17:30" in shown and "Horas de silencio" in shown


def test_every_word_of_the_timetable_is_translated() -> None:
    words = {word for file in TEMPLATES.glob("schedule*.html") for word in of_template(file)}
    assert words | of_room(ROOMS / "arrange.py") <= set(catalog("es"))


def test_times_at_which_nothing_could_be_said_are_counted_before_they_are_saved(
    stage: Stage, organizer: Visitor
) -> None:
    write(stage.folder, {"posts/air/campaign.toml": 'title = "Clean air"\nuntil = 2026-11-01\n'})
    assert "of these times nothing could be said" in sent(organizer, "/schedule/new", 200, NOON).words


def test_new_times_are_shown_with_the_fortnight_and_saved_as_shown(stage: Stage, organizer: Visitor) -> None:
    shown = sent(organizer, "/schedule/new", 200, NOON)
    assert "Monday to Wednesday at 12:00" in shown.words and "new: 6" in shown.words
    assert text(stage) == CONFIG
    after = organizer.press(shown, "/schedule/new")
    assert "Saved." in after.words and "Monday to Wednesday at 12:00" in after.words
    row = 'campaign = "air"\naccounts = ["town"]\ndays = ["mon", "tue", "wed"]\ntimes = ["12:00"]\n'
    assert text(stage) == f"{CONFIG}\n[[schedule]]\n{row}"


@pytest.mark.parametrize(
    "days", [{"day": []}, {"day": [*DAYS]}, {"every": "yes", "day": ["mon"]}], ids=["none", "all seven", "every"]
)
def test_every_day_is_one_tap_said_in_words_and_written_without_days(
    stage: Stage, organizer: Visitor, days: dict[str, str | list[str]]
) -> None:
    assert 'name="every" value="yes" checked>' in organizer.client.get("/schedule/new").text
    shown = sent(organizer, "/schedule/new", 200, {**NOON, **days})
    assert "Every day at 12:00" in shown.words
    organizer.press(shown, "/schedule/new")
    assert text(stage) == f'{CONFIG}\n[[schedule]]\ncampaign = "air"\naccounts = ["town"]\ntimes = ["12:00"]\n'


def test_single_days_that_become_every_day_are_taken_out_of_the_file(stage: Stage, organizer: Visitor) -> None:
    saved(organizer, "/schedule/new", NOON)
    after = saved(organizer, "/schedule/1", {**NOON, "every": "yes"})
    assert "days" not in text(stage)
    organizer.press(after, "/schedule/1")
    assert 'days = ["mon", "tue", "wed"]' in text(stage)


def test_whether_a_person_approves_is_asked_in_sight(organizer: Visitor) -> None:
    form = organizer.client.get("/schedule/new").text
    assert 0 < form.index('name="approval"') < form.index("<details", form.index("<form", form.index("<main")))


def test_what_goes_out_later_than_its_time_says_when(stage: Stage, organizer: Visitor) -> None:
    gap = {"campaign": "air", "account": ["town"], "every": "yes", "time": ["09:00", "09:20"]}
    write(stage.folder, {"config.toml": CONFIG.replace('folder = "out"', 'folder = "out"\ngap = "1h"')})
    shown = sent(organizer, "/schedule/0", 200, gap).words
    assert "09:20 goes out at 10:00" in " ".join(shown.split()) and "said at" not in shown


def test_what_a_person_says_now_goes_out_at_its_time(stage: Stage, organizer: Visitor) -> None:
    control.do(stage.app, control.say_now(stage.app, "town/2026-11-22/09:00"))
    stage.hours.now += timedelta(seconds=30)
    shown = sent(organizer, "/schedule/new", 200, NOON).words
    assert f"{stage.hours.now.astimezone(stage.app.config.zone):%H:%M}" in shown and "goes out" not in shown


def test_what_was_saved_can_be_undone_while_nothing_else_has_changed(stage: Stage, organizer: Visitor) -> None:
    after = saved(organizer, "/schedule/new", NOON)
    assert "Saved." in organizer.press(after, "/schedule/1/remove").words
    assert text(stage) == CONFIG
    after = saved(organizer, "/schedule/0", {**NOON, "day": [*DAYS]})
    organizer.press(after, "/schedule/0")
    assert text(stage) == CONFIG


def test_times_are_changed_and_taken_out(stage: Stage, organizer: Visitor) -> None:
    saved(organizer, "/schedule/0", {**NOON, "day": [*DAYS], "tag": "#facts, hope", "late": "1h", "approval": "yes"})
    assert text(stage) == CONFIG.replace(
        '"09:00", "17:30"]', '"12:00"]\ntags = ["facts", "hope"]\nlate = "1h"\napproval = "post"'
    )
    shown = organizer.get("/schedule")
    assert "facts, hope" in shown.words and "Late by up to 1 hour." in shown.words
    gone = organizer.press(organizer.get("/schedule/0"), "/schedule/0/remove")
    assert "No longer:" in gone.words
    assert "No times are set" in organizer.press(gone, "/schedule/0/remove").words
    assert "[[schedule]]" not in text(stage)


def test_quiet_hours_are_set_and_taken_away(stage: Stage, organizer: Visitor) -> None:
    after = saved(organizer, "/schedule/quiet", {"from": "22:00", "to": "07:00"})
    assert 'quiet = "22:00-07:00"' in text(stage)
    undone = organizer.press(after, "/schedule/quiet", **{"from": "", "to": ""})
    assert text(stage) == CONFIG and "Saved." in undone.words


def test_the_first_quiet_hours_take_the_place_of_nothing(stage: Stage, organizer: Visitor) -> None:
    first = sent(organizer, "/schedule/quiet", 200, {"from": "22:00", "to": "07:00"})
    assert "New: 22:00-07:00" in first.words and "No longer:" not in first.words


def test_whose_clocks_the_times_are_is_changed_and_taken_back(stage: Stage, organizer: Visitor) -> None:
    after = saved(organizer, "/schedule/zone", {"zone": "Europe/Madrid"})
    assert 'timezone = "Europe/Madrid"' in text(stage) and "Europe/Madrid" in after.words
    undone = organizer.press(after, "/schedule/zone")
    assert text(stage) == CONFIG and "Saved." in undone.words
    wrong = organizer.press(organizer.get("/schedule"), "/schedule/zone", status=400, zone="Springfield")
    assert "unknown time zone" in wrong.words and text(stage) == CONFIG


def test_what_bounds_an_account_is_shown_with_the_fortnight_saved_and_taken_back(
    stage: Stage, organizer: Visitor
) -> None:
    assert "town: nothing but the timetable" in organizer.get("/schedule").words
    form = organizer.get("/schedule/pace/town")
    shown = organizer.press(form, "/schedule/pace/town", gap="12h", per_day="1")
    assert "New: town: at least 12 hours between two posts, at most one post a day" in shown.words
    assert "with other words or at another time:" in shown.words and text(stage) == CONFIG
    after = organizer.press(shown, "/schedule/pace/town")
    assert text(stage) == CONFIG.replace('folder = "out"\n', 'folder = "out"\ngap = "12h"\nper_day = 1\n')
    assert people.audit(stage.app, 1)[0].about == "town: gap 12h, per_day 1"
    organizer.press(after, "/schedule/pace/town")
    assert text(stage) == CONFIG


def test_only_where_posts_cost_money_a_budget_is_asked_for(stage: Stage, organizer: Visitor) -> None:
    paid = CONFIG + '\n[accounts.paid]\nnetwork = "x"\nbudget = 5.00  # agreed\n'
    (stage.folder / "config.toml").write_text(paid)
    assert "US dollars" not in organizer.get("/schedule/pace/town").words
    form = organizer.get("/schedule/pace/paid")
    organizer.press(organizer.press(form, "/schedule/pace/paid", budget="7,50"), "/schedule/pace/paid")
    assert text(stage) == paid.replace("5.00  # agreed", "7.5  # agreed")
    assert "at most 7.50 USD a month" in organizer.get("/schedule").words


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("gap", "soon", "must be a length of time"),
        ("gap", "2d", "must lie between nothing and a day"),
        ("per_day", "none", "must be a number from 1 to 100"),
        ("per_day", "0", "must be a number from 1 to 100"),
        ("budget", "-1", "must be a number of US dollars"),
        ("budget", '1\n[accounts.evil]\nnetwork = "outbox"', "must be a number of US dollars"),
    ],
)
def test_a_bound_that_cannot_be_is_told(stage: Stage, organizer: Visitor, field: str, value: str, words: str) -> None:
    form = organizer.get("/schedule/pace/town")
    assert words in organizer.press(form, "/schedule/pace/town", 400, **{field: value}).words
    assert text(stage) == CONFIG


def test_an_account_that_is_not_there_has_no_bounds(organizer: Visitor) -> None:
    for name in ("nobody", "%7B%7B7*7%7D%7D", "remove"):
        assert "There is no account" in organizer.get(f"/schedule/pace/{name}", 400).words


def test_an_act_is_in_the_list_of_who_did_what(stage: Stage, organizer: Visitor) -> None:
    saved(organizer, "/schedule/new", NOON)
    deed = people.audit(stage.app, 1)[0]
    assert (deed.person, deed.deed, deed.about) == ("Ana", "added to the timetable", "air town mon,tue,wed 12:00")


def test_what_is_missing_is_told_and_what_was_filled_in_stays(stage: Stage, organizer: Visitor) -> None:
    for name, words in (("time", "one time of day"), ("account", "one account")):
        shown = sent(organizer, "/schedule/new", 400, {**NOON, name: []})
        assert words in shown.words
        assert shown.forms["/schedule/new"]["seen"]
    wrong = organizer.post("/schedule/new", {"seen": seen(organizer), **NOON, "time": ["12:00", "25:00"]})
    assert wrong.status_code == 400 and "must be a time of day" in wrong.text and 'value="12:00"' in wrong.text
    assert "must say from when to when" in sent(organizer, "/schedule/quiet", 400, {"from": "22:00", "to": ""}).words
    assert text(stage) == CONFIG


def test_of_two_organizers_the_second_is_told(stage: Stage, organizer: Visitor) -> None:
    first = sent(organizer, "/schedule/new", 200, NOON)
    second = sent(organizer, "/schedule/0", 200, {**NOON, "day": [*DAYS]})
    organizer.press(first, "/schedule/new")
    after = text(stage)
    told = organizer.press(second, "/schedule/0", 409).words
    assert "was changed by somebody else" in told
    assert "At 07:00 Ana added to the timetable: air town mon,tue,wed 12:00." in told
    assert text(stage) == after


def test_what_an_editor_changed_meanwhile_is_not_lost(stage: Stage, organizer: Visitor) -> None:
    shown = sent(organizer, "/schedule/new", 200, NOON)
    (stage.folder / "config.toml").write_text(theirs := CONFIG.replace("17:30", "18:00"))
    assert "was changed by somebody else" in organizer.press(shown, "/schedule/new", 409).words
    assert text(stage) == theirs
    assert "18:00" in organizer.get("/schedule").words


def test_a_reviewer_reads_it_and_changes_nothing(stage: Stage, organizer: Visitor, reviewer: Visitor) -> None:
    assert "Every day at 09:00" in reviewer.get("/schedule").words
    assert "/schedule/new" not in reviewer.get("/schedule").links
    form = {"seen": seen(organizer), **NOON, "sure": "yes"}
    for path in ("/schedule/new", "/schedule/0", "/schedule/0/remove", "/schedule/quiet", "/schedule/pace/town"):
        assert reviewer.post(path, form).status_code == 403
    assert text(stage) == CONFIG


HOSTILE = [
    pytest.param('"]\n[accounts.evil]\nnetwork = "outbox"\n[[schedule]]\ncampaign = "air', id="TOML"),
    pytest.param("'''\n\"\"\"\\", id="quotes"),
    pytest.param("a" * 10_000, id="ten thousand letters"),
    pytest.param("\x00\x1b[31m\x7f\u202e", id="control characters"),
    pytest.param("<script>alert(1)</script>{{ 7*7 }}", id="a script"),
    pytest.param("../../etc/passwd", id="a path"),
    pytest.param("%s %(days)s {0}", id="places to fill"),
]


FIELDS = ("campaign", "account", "day", "time", "tag", "late", "approval", "seen", "from", "to")


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_in_any_field_change_no_more_than_that_field(
    stage: Stage, organizer: Visitor, words: str
) -> None:
    for name in FIELDS:
        (stage.folder / "config.toml").write_text(CONFIG)
        path = "/schedule/quiet" if name in ("from", "to") else "/schedule/new"
        fields = {**NOON, "seen": seen(organizer), "from": "22:00", "to": "07:00", "sure": "yes", name: words}
        answer = organizer.client.post(path, data={"key": organizer.key, **fields}, follow_redirects=True)
        assert answer.status_code in (200, 400, 409), (name, answer.text)
        assert "<script>alert" not in answer.text and "49" not in re.sub(r'value="[0-9a-f]+"', "", answer.text), name
        assert text(stage).startswith(CONFIG) or text(stage).replace('quiet = "22:00-07:00"\n', "") == CONFIG, name
        assert "[accounts.evil]" not in text(stage).splitlines(), name
        assert "Every day at 09:00 and 17:30" in organizer.get("/schedule").words, name


def test_a_row_that_is_not_there_is_told(organizer: Visitor) -> None:
    for number in ("9", "-1", "x", "99999999999", "²", "%00"):
        assert "no such row" in organizer.get(f"/schedule/{number}", 400).words
        answer = organizer.post(f"/schedule/{number}/remove", {"seen": seen(organizer), "sure": "yes"})
        assert answer.status_code == 400 and "no such row" in answer.text


def test_a_campaign_that_went_away_is_told_and_can_be_taken_out(stage: Stage, organizer: Visitor) -> None:
    (stage.folder / "posts" / "air").rename(stage.folder / "posts" / "_air")
    library(stage.folder, {"a.txt": "Water."}, 'title = "Clean water"\n', "water")
    assert "no such campaign" in organizer.get("/schedule").words
    saved(organizer, "/schedule/0", {**NOON, "campaign": "water"})
    assert "Clean water" in organizer.get("/schedule").words
