"""Whoever approves is told two days ahead, once, with the words and the place to say yes."""

from datetime import timedelta
from pathlib import Path

from bot.app import App
from bot.work.control import approve, approved
from bot.work.deliver import tick
from bot.work.digest import PAUSE, digest
from tests.work.stage import CONFIG, at, opened

APPROVED = CONFIG + 'approval = "post"\n'
TOLD = 'notify = ["json://127.0.0.1:9/"]\n' + APPROVED
POSTS = {f"{name}.txt": f"{name.capitalize()} is here.\n" for name in ("one", "two", "three", "four", "five", "six")}


def seen(app: App) -> App:
    tick(app, at("08:00"))
    return app


def words(app: App) -> list[str]:
    return [one.words for one in app.store.notices() if one.kind == "approval"]


def test_what_waits_is_told_once_with_its_words_and_the_command(tmp_path: Path) -> None:
    app = seen(opened(tmp_path, POSTS, told=TOLD, now=at("08:00")))
    digest(app, at("08:00"))
    (told,) = words(app)
    assert told.count("is here.") == 6  # two a day, three days
    assert "Approve it: handbill delivery approve town/2026-12-01/09:00/air" in told
    digest(app, at("08:00") + PAUSE)
    assert len(words(app)) == 1


def test_with_an_address_of_the_desk_the_message_leads_there(tmp_path: Path) -> None:
    told = TOLD + '[desk]\nurl = "https://desk.example.org/"\n'
    app = seen(opened(tmp_path, POSTS, told=told, now=at("08:00")))
    digest(app, at("08:00"))
    assert "https://desk.example.org/entry/town/2026-12-01/09%3A00/air" in words(app)[0]


def test_while_up_serves_a_desk_the_message_leads_there(tmp_path: Path) -> None:
    app = seen(opened(tmp_path, POSTS, told=TOLD, now=at("08:00"))).fresh(served="http://127.0.0.1:8001/")
    digest(app, at("08:00"))
    assert "Approve or skip it: http://127.0.0.1:8001/entry/town/2026-12-01/09%3A00/air" in words(app)[0]


def test_the_next_message_tells_only_what_is_new_and_comes_a_day_later(tmp_path: Path) -> None:
    app = seen(opened(tmp_path, POSTS, told=TOLD, now=at("08:00")))
    digest(app, at("08:00"))
    later = at("08:00")
    while len(words(app)) == 1:
        later += PAUSE
        digest(app, later)
    assert later - at("08:00") >= timedelta(hours=23)
    assert "town/2026-12-01" not in words(app)[1] and "town/2026-12-04" in words(app)[1]


def test_what_is_approved_or_needs_no_approval_is_told_to_nobody(tmp_path: Path) -> None:
    app = seen(opened(tmp_path, {"one.txt": "One is here.\n"}, told=TOLD, now=at("08:00")))
    approved(app, approve(app, "town/2026-12-01/09:00"))
    digest(app, at("08:00"))
    assert words(app) == []


def test_without_approvals_nothing_is_worked_out(tmp_path: Path) -> None:
    app = seen(opened(tmp_path, POSTS, told='notify = ["json://127.0.0.1:9/"]\n' + CONFIG, now=at("08:00")))
    digest(app, at("08:00"))
    assert words(app) == [] and app.store.memory("(digest)") == {}
