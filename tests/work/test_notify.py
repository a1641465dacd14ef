"""People are told once, all in one message, at most one a minute; and a way to them that fails is told, too."""

import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert

from bot.app import App
from bot.core.notice import Notice
from bot.core.problem import AskedWrongly, SignedOut
from bot.store.tables import NOTICES
from bot.work import notify as room
from bot.work.deliver import tick
from bot.work.notify import Told, addresses, ended, notify, tell_now, try_out, works, wrong
from tests.servers.mail import Mail, words
from tests.servers.site import Site
from tests.work.stage import CONFIG, START, at, opened, outboxes

SECRET = "s3cr3t-hunter2"
BY_HAND = CONFIG.replace('"outbox"', '"instagram"\npublish = "by hand"')


def app_with(folder: Path, *to: str, told: str = CONFIG) -> App:
    """An app whose notices go to these addresses."""
    return opened(folder, told=f"notify = {list(to)}\n{told}")


def hook(site: Site) -> str:
    return f"json://me:{SECRET}@{site.door}/hook"


def trouble(app: App, why: str = "its key no longer works", when: datetime = START) -> None:
    """Something that a person is to be told."""
    app.store.tell(Notice(kind="account", words=why, at=when, account="town"))


def in_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the minute between two messages be over at once."""
    monkeypatch.setattr(room, "PAUSE", 0.0)


# --- what is told -----------------------------------------------------------------------------------


def test_who_posts_by_hand_is_told_when_it_is_time_once(tmp_path: Path, mail: Mail) -> None:
    app = app_with(tmp_path, mail.address(), told=BY_HAND)
    tick(app, at("08:00"))
    tick(app, at("09:00"))
    assert notify(app, at("09:00")) == [] and notify(app, at("09:02")) == []
    (letter,) = mail.letters
    assert letter["Subject"] == "Handbill: please post this to Instagram"
    said = words(letter)
    assert "Two." in said or "One." in said
    assert "Post it here: https://www.instagram.com/" in said and "handbill delivery settle 1 --posted" in said
    assert app.store.notices() == []


def test_times_are_those_of_the_organizers_zone(tmp_path: Path, mail: Mail) -> None:
    app = app_with(tmp_path, mail.address(), told=CONFIG.replace("UTC", "America/New_York"))
    trouble(app)
    notify(app, START)
    assert "Tuesday 2026-12-01 07:00 America/New_York" in words(mail.letters[0])


def test_nothing_is_told_where_there_is_nothing_to_tell(tmp_path: Path, mail: Mail) -> None:
    assert notify(app_with(tmp_path, mail.address()), START) == [] and mail.letters == []


def test_all_that_comes_together_is_one_message(tmp_path: Path, mail: Mail) -> None:
    app = app_with(tmp_path, mail.address())
    for number in range(30):
        app.store.tell(Notice(kind="account", words=f"reason {number}", at=START, account=f"town{number}"))
    notify(app, START)
    (letter,) = mail.letters
    assert letter["Subject"] == "Handbill: 30 things to look at" and "And 10 more" in words(letter)


def test_after_years_without_an_address_all_is_told_in_one_message(tmp_path: Path, mail: Mail) -> None:
    app = app_with(tmp_path, mail.address())
    many = [{"at": START, "account": "town", "kind": "account", "words": str(n), "trouble": ""} for n in range(40_000)]
    assert app.store.notices() == []
    with create_engine(app.config.database).begin() as connection:
        connection.execute(insert(NOTICES), many)
    notify(app, START)
    assert len(mail.letters) == 1 and app.store.notices() == []


def test_what_has_come_right_by_itself_meanwhile_is_not_told(tmp_path: Path, mail: Mail) -> None:
    app = outboxes(app_with(tmp_path, mail.address()), [SignedOut("the key is dead")])
    for clock in ("08:00", "09:00", "09:30"):
        tick(app, at(clock))
    assert [one.state for one in app.store.deliveries()] == ["sent"] and len(app.store.notices()) == 1
    assert notify(app, at("09:30")) == [] and mail.letters == [] and app.store.notices() == []
    trouble(app)
    notify(app, at("09:30"))
    assert len(mail.letters) == 1, "and keeps nothing else waiting"


# --- one message a minute ---------------------------------------------------------------------------


def test_no_second_message_goes_out_within_a_minute_by_whomever(tmp_path: Path, mail: Mail) -> None:
    app = app_with(tmp_path, mail.address())
    others = [app.fresh(owner="another"), app.fresh(), app]
    trouble(app)
    notify(app, START)
    trouble(app, "something else")
    for other in others:
        assert notify(other, START) == []
    assert len(mail.letters) == 1 and len(app.store.notices()) == 1


def test_what_comes_meanwhile_is_told_when_the_minute_is_over(
    tmp_path: Path, mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_a_minute(monkeypatch)
    app = app_with(tmp_path, mail.address())
    for why in ("one thing", "another thing"):
        trouble(app, why)
        notify(app, START)
    assert ["another thing" in words(letter) for letter in mail.letters] == [False, True]


# --- what does not arrive ---------------------------------------------------------------------------


def test_what_nobody_took_is_kept_and_tried_again_after_longer_and_longer_pauses(
    tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_a_minute(monkeypatch)
    app = app_with(tmp_path, hook(site))
    site.says("/hook", "", status=503)
    trouble(app)
    tried = []
    for minute in range(20):
        if notify(app, START + timedelta(minutes=minute)):
            tried.append(minute)
    assert tried == [0, 1, 3, 7, 15] and len(site.requests) == len(tried)
    (kept,) = app.store.notices()
    assert kept.trouble == "json://127.0.0.1: it answered 503" == wrong(app)[0]
    site.says("/hook", "")
    assert notify(app, START + timedelta(minutes=31)) == []
    assert app.store.notices() == [] and wrong(app) == []


def test_one_address_that_took_it_is_enough_and_the_other_is_named_until_it_works_again(
    tmp_path: Path, mail: Mail, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_a_minute(monkeypatch)
    app = app_with(tmp_path, hook(site), mail.address())
    site.says("/hook", "", status=404)
    trouble(app)
    assert notify(app, START) == [Told("json://127.0.0.1", "it answered 404")]
    assert len(mail.letters) == 1 and app.store.notices() == []
    app.store.close()
    again = app_with(tmp_path, hook(site), mail.address())
    assert wrong(replace(again)) == ["json://127.0.0.1: it answered 404"], "after a restart, too"
    site.says("/hook", "")
    trouble(again, "something else")
    assert notify(again, START) == [] and wrong(again) == []


def test_an_address_that_is_taken_out_is_no_trouble_any_more(tmp_path: Path, mail: Mail, site: Site) -> None:
    site.says("/hook", "", status=404)
    trouble(app := app_with(tmp_path, hook(site), mail.address()))
    notify(app, START)
    assert wrong(app) and not wrong(app_with(tmp_path, mail.address()))


def test_a_new_address_does_not_wait_for_the_pause_of_a_dead_one(
    tmp_path: Path, mail: Mail, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_a_minute(monkeypatch)
    site.says("/hook", "", status=404)
    trouble(app := app_with(tmp_path, hook(site)))
    assert notify(app, START)
    app.store.close()
    notify(app_with(tmp_path, hook(site), mail.address()), START)
    assert len(mail.letters) == 1


def test_without_the_library_that_sends_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble(app := app_with(tmp_path, "json://127.0.0.1"))
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "apprise", raising=False)
    (told,) = notify(app, START)
    assert told.why == "notices need one more part: pip install 'handbill[publish]'"


def test_without_an_address_nothing_is_lost(tmp_path: Path, mail: Mail) -> None:
    trouble(app := opened(tmp_path))
    assert notify(app, START) == [] and wrong(app) == []
    app.store.close()
    notify(app_with(tmp_path, mail.address()), START)
    assert "its key no longer works" in words(mail.letters[0])


def test_no_word_of_an_address_is_ever_kept(tmp_path: Path, mail: Mail, site: Site) -> None:
    site.says("/hook", SECRET, status=401)
    app = app_with(tmp_path, hook(site), mail.address(SECRET), f"nonsense://{SECRET}")
    trouble(app)
    notify(app, START)
    app.store.close()
    kept = [file for file in tmp_path.rglob("*") if file.is_file() and file.name != "config.toml"]
    assert kept and not [file for file in kept if SECRET.encode() in file.read_bytes()]


# --- where the addresses are ------------------------------------------------------------------------


def test_addresses_stand_in_the_config_in_the_environment_and_in_a_file_each_once(tmp_path: Path) -> None:
    (tmp_path / "people").write_text("# ours\n\n json://c.example\njson://a.example\n", encoding="utf-8")
    told = 'notify_env = "TOWN_NOTIFY"\nnotify_file = "people"\n' + CONFIG
    app = replace(app_with(tmp_path, "json://a.example", told=told), environ={"TOWN_NOTIFY": "json://b.example\n"})
    assert addresses(app).all == ("json://a.example", "json://b.example", "json://c.example")
    assert addresses(app).faults == ()


def test_where_an_address_should_be_and_is_not_is_told_and_the_others_hold(tmp_path: Path) -> None:
    told = 'notify_env = "TOWN_NOTIFY"\nnotify_file = "people"\n' + CONFIG
    app = replace(app_with(tmp_path, "json://a.example", told=told), environ={})
    assert addresses(app).all == ("json://a.example",)
    assert wrong(app) == [
        "the environment variable TOWN_NOTIFY is not set",
        "the file that notify_file names cannot be read (No such file or directory)",
    ]


def test_a_secret_written_where_its_variable_should_be_named_is_not_shown(tmp_path: Path) -> None:
    app = replace(opened(tmp_path, told=f'notify_env = "hunter2_secret"\n{CONFIG}'), environ={})
    assert wrong(app) == ["the environment variable that notify_env names is not set"]


# --- to try it, and when the ledger is gone ---------------------------------------------------------


def test_a_test_message_goes_to_every_address_and_clears_what_was_wrong(tmp_path: Path, mail: Mail, site: Site) -> None:
    app = app_with(tmp_path, hook(site), mail.address())
    site.says("/hook", "", status=404)
    assert try_out(app) == [Told("json://127.0.0.1", "it answered 404"), Told("mailto://127.0.0.1")]
    assert wrong(app) == ["json://127.0.0.1: it answered 404"]
    site.says("/hook", "")
    assert [one.why for one in try_out(app)] == ["", ""] and wrong(app) == []
    assert mail.letters[0]["Subject"] == "Handbill: a test"


def test_without_an_address_there_is_nothing_to_try(tmp_path: Path) -> None:
    with pytest.raises(AskedWrongly, match=r'There is no address for notices yet\. Name one .* notify = \["mailto'):
        try_out(opened(tmp_path))


def test_what_the_ledger_cannot_hold_is_told_at_once(tmp_path: Path, mail: Mail) -> None:
    app = app_with(tmp_path, mail.address())
    (tmp_path / "handbill.db").mkdir()
    tell_now(app, "The disk is full.")
    assert mail.letters[0]["Subject"] == "Handbill: the engine is in trouble"
    assert "Why: The disk is full." in words(mail.letters[0])


def test_an_engine_that_ends_again_and_again_by_one_fault_tells_it_once(tmp_path: Path, mail: Mail) -> None:
    app = app_with(tmp_path, mail.address())
    for fault in ("a fault", "a fault", "another fault"):
        ended(app, fault)
    assert len(mail.letters) == 2
    works(app)
    ended(app, "another fault")
    assert len(mail.letters) == 3


def test_an_engine_that_ends_without_its_ledger_is_told_all_the_same(tmp_path: Path, mail: Mail) -> None:
    app = app_with(tmp_path, mail.address())
    (tmp_path / "handbill.db").mkdir()
    ended(app, "a fault")
    assert len(mail.letters) == 1
