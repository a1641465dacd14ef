"""Hear: notices go where an organizer says, and the address stands in a file that nobody else reads."""

import stat
import sys
from pathlib import Path

import pytest

from bot.app import App, open_app
from bot.core.notice import Trouble
from bot.core.problem import AskedWrongly, HandbillError
from bot.notices import understood
from bot.work import hear
from bot.work.hear import FILE, add, hearers, mail, phone, remove, topic
from bot.work.notify import addresses
from tests.making import library, write
from tests.work.stage import CONFIG

pytest.importorskip("apprise")
SECRET = "s3cr3t-hunter2"
HOOK = f"json://me:{SECRET}@127.0.0.1:1/hook"
ODD = ("json://[", "json://a\ud800", "mailto://\x00", "\u202e", "json://" + "a" * 9000, "http://[::1", "://", "%")


def opened(folder: Path, told: str = CONFIG) -> App:
    """The app of a folder with a config.toml."""
    library(folder, {"a.txt": "Hello."})
    return again(write(folder, {"config.toml": told}))


def again(folder: Path) -> App:
    """The app as its files say now."""
    return open_app(folder / "config.toml")


def test_an_address_stands_in_a_file_of_its_own_that_only_its_owner_reads(tmp_path: Path) -> None:
    add(opened(tmp_path), HOOK, "Ana")
    assert (tmp_path / FILE).read_text() == f"# Ana\n{HOOK}\n"
    assert (tmp_path / "config.toml").read_text().startswith(CONFIG[: CONFIG.index("[")] + f'notify_file = "{FILE}"\n')
    assert addresses(again(tmp_path)).all == (HOOK,)
    assert sys.platform == "win32" or stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_several_are_told_apart_and_none_is_shown_whole(tmp_path: Path) -> None:
    opened(tmp_path)
    add(again(tmp_path), HOOK, "Ana")
    add(again(tmp_path), f"{HOOK}2", "")
    ana, other = hearers(again(tmp_path))
    assert (ana.name, ana.whose) == ("json://127.0.0.1", "Ana") and other.whose == ""
    assert ana.mark != other.mark and SECRET not in f"{ana}{other}"


def test_of_two_only_the_one_that_is_meant_is_removed(tmp_path: Path) -> None:
    opened(tmp_path)
    for number in range(3):
        add(again(tmp_path), f"{HOOK}{number}", f"{number}")
    remove(again(tmp_path), hearers(again(tmp_path))[1].mark)
    assert (tmp_path / FILE).read_text() == f"# 0\n{HOOK}0\n# 2\n{HOOK}2\n"
    with pytest.raises(AskedWrongly, match="not in the list"):
        remove(again(tmp_path), "")


def test_what_stands_elsewhere_is_shown_and_stays(tmp_path: Path) -> None:
    told = f'notify = ["json://elsewhere.example"]\nnotify_file = "kept/here"\n{CONFIG}'
    opened(tmp_path, told)
    write(tmp_path, {"kept/here": f"# All of us.\n\n{HOOK}"})
    add(again(tmp_path), f"{HOOK}2", "Bo")
    assert [(one.whose, bool(one.mark)) for one in hearers(again(tmp_path))] == [("", False), ("", True), ("Bo", True)]
    remove(again(tmp_path), hearers(again(tmp_path))[1].mark)
    assert (tmp_path / "kept/here").read_text() == f"# All of us.\n\n# Bo\n{HOOK}2\n"
    assert (tmp_path / "config.toml").read_text() == told and not (tmp_path / FILE).exists()


@pytest.mark.parametrize(
    "address",
    ["", "ana@example.org", f"nonsense://{SECRET}", "https://example.org/hook", f"{HOOK}\n{HOOK}", f"# {HOOK}", *ODD],
)
def test_what_is_no_address_is_told_and_nothing_is_written(tmp_path: Path, address: str) -> None:
    app = opened(tmp_path)
    with pytest.raises(AskedWrongly, match="cannot go to this address") as wrong:
        add(app, address, "Ana")
    assert SECRET not in str(wrong.value)
    assert not (tmp_path / FILE).exists() and (tmp_path / "config.toml").read_text() == CONFIG


def test_an_address_that_is_there_already_is_not_added_again(tmp_path: Path) -> None:
    add(opened(tmp_path), HOOK, "Ana")
    with pytest.raises(AskedWrongly, match="already"):
        add(again(tmp_path), f" {HOOK} ", "Bo")


def test_no_name_makes_an_address_of_itself(tmp_path: Path) -> None:
    add(opened(tmp_path), HOOK, "Ana\njson://evil.example\u2028json://evil.example")
    assert addresses(again(tmp_path)).all == (HOOK,)


def test_a_file_that_cannot_be_changed_is_told(tmp_path: Path) -> None:
    opened(tmp_path, f'notify_file = "folder"\n{CONFIG}')
    (tmp_path / "folder").mkdir()
    with pytest.raises(HandbillError, match="cannot be changed"):
        add(again(tmp_path), HOOK, "Ana")
    assert hearers(again(tmp_path)) == []


def test_what_did_not_work_before_a_change_is_tried_anew_after_it(tmp_path: Path) -> None:
    add(opened(tmp_path), HOOK, "Ana")
    app = again(tmp_path)
    app.store.trouble("json://127.0.0.1", Trouble(words="it answered 401"))
    assert hearers(app)[0].trouble == "it answered 401"
    remove(app, hearers(app)[0].mark)
    add(again(tmp_path), f"{HOOK}2", "Ana")
    assert hearers(again(tmp_path))[0].trouble == ""


def test_a_phones_topic_is_long_stays_until_it_is_kept_and_is_never_shown_again(tmp_path: Path) -> None:
    app = opened(tmp_path)
    first = topic(app, "key")
    assert first == topic(app, "key") != topic(app, "another") and len(first) > 30
    address = phone(app, "key", first)
    assert understood(address)
    add(app, address, "Ana")
    assert topic(again(tmp_path), "key") != first
    with pytest.raises(AskedWrongly, match="already"):
        add(again(tmp_path), phone(again(tmp_path), "key", first), "Ana")
    with pytest.raises(AskedWrongly, match="holds no more"):
        phone(again(tmp_path), "key", "handbill")


def test_mail_is_addressed_with_whatever_stands_in_a_password() -> None:
    address = mail("ana@gmail.com", "p@ss/w:o#r?d %41", "", "")
    assert understood(address) and hear.shown([address]) == ["mailtos://gmail.com"]
    assert understood(mail("ana@example.org", "x", "bo@example.org", "smtp.example.org:2525"))


@pytest.mark.parametrize(
    ("person", "password", "to", "server", "words"),
    [
        ("ana", "x", "", "", '"ana" is no e-mail address'),
        ("ana@example.org", "x", "bo@", "", '"bo@" is no e-mail address'),
        ("ana@example.org", "", "", "", "its password are needed"),
        ("", "x", "", "", "its password are needed"),
        ("ana@example.org", "x", "", "smtp.example.org/?to=evil", "no name of a mail server"),
    ],
)
def test_what_is_missing_for_mail_is_told(person: str, password: str, to: str, server: str, words: str) -> None:
    with pytest.raises(AskedWrongly, match=words):
        mail(person, password, to, server)


@pytest.mark.parametrize(
    "address", ["json://127.0.0.1:22", "json://localhost/x", "json://169.254.169.254/", "mailtos://a:b@c.org?smtp=::1"]
)
def test_where_others_reach_the_desk_they_let_it_knock_at_no_door_inside(tmp_path: Path, address: str) -> None:
    app = opened(tmp_path, CONFIG + '[desk]\nurl = "https://desk.example.org"\n')
    with pytest.raises(AskedWrongly, match=r"not on the public internet\. One like that can only be written"):
        add(app, address, "Ana")
    assert not (tmp_path / FILE).exists()


def test_where_others_reach_the_desk_notices_still_go_to_services(tmp_path: Path) -> None:
    app = opened(tmp_path, CONFIG + '[desk]\nurl = "https://desk.example.org"\n')
    assert add(app, "ntfys://a-long-topic-of-mine", "").name and add(again(tmp_path), "json://1.1.1.1/hook", "").name
