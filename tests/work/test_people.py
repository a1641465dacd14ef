"""Sign in and out, let somebody in or take them off the list: what whoever comes to the desk may rely on."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from unicodedata import normalize

import pytest

from bot.app import App
from bot.core.person import AT_MOST, IDLE, SENT_LINK, SHOWN_LINK
from bot.core.problem import AskedWrongly, HandbillError
from bot.work import people
from bot.work.people import Person, Role, TooEarly
from tests import making
from tests.making import NOW

PASSWORD = "four words and a half"
HERE, THERE = "192.0.2.1", "192.0.2.2"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with closing(making.app(tmp_path, environ={"HANDBILL_KEY_FILE": str(tmp_path / "state" / "key")})) as found:
        yield found


def later(app: App, **time: float) -> App:
    """The same app when so much time has gone by."""
    at = app.clock() + timedelta(**time)
    return app.fresh(clock=lambda: at)


def first(app: App, name: str = "Ana") -> Person:
    """The organizer who comes by the link of the terminal."""
    return people.accept(app, people.begin(app), name, PASSWORD)[0]


def joined(app: App, by: Person, role: Role, name: str) -> Person:
    return people.accept(app, people.invite(app, by, role), name, PASSWORD)[0]


def wrong(app: App, name: str, times: int, address: str = HERE) -> list[str]:
    """What is said to whoever gives a wrong password so many times."""
    said = []
    for _ in range(times):
        with pytest.raises(AskedWrongly) as told:
            people.sign_in(app, name, "not the password", address)
        said.append(str(told.value))
    return said


# --- coming and going -------------------------------------------------------------------------------


def test_the_first_organizer_comes_by_the_link_of_the_terminal_and_is_signed_in(app: App) -> None:
    assert people.is_new(app)
    person, token = people.accept(app, people.begin(app), " Ana  García ", PASSWORD)
    session = people.signed_in(app, token)
    assert (person.name, person.role) == ("Ana García", Role.ORGANIZER)
    assert session and session.person == person and not people.is_new(app)


def test_the_link_of_the_terminal_holds_for_an_hour_and_once(app: App) -> None:
    secret = people.begin(app)
    with pytest.raises(AskedWrongly, match=r"used already, or is too old\. Ask whoever sent it for a new one"):
        people.accept(later(app, seconds=SHOWN_LINK.total_seconds()), secret, "Ana", PASSWORD)
    assert people.invited(app, secret) is Role.ORGANIZER
    people.accept(app, secret, "Ana", PASSWORD)
    for name in ("Ana", "Bo"):
        with pytest.raises(AskedWrongly, match="used already"):
            people.accept(app, secret, name, PASSWORD)
    assert [one.name for one in people.everybody(app)] == ["Ana"]


def test_an_invitation_holds_for_a_week_and_gives_the_role_it_was_made_for(app: App) -> None:
    ana = first(app)
    secret = people.invite(app, ana, Role.REVIEWER)
    with pytest.raises(AskedWrongly, match="too old"):
        people.invited(later(app, seconds=SENT_LINK.total_seconds()), secret)
    assert people.accept(app, secret, "Bo", PASSWORD)[0].role is Role.REVIEWER


def test_no_secret_but_one_that_was_made_lets_anybody_in(app: App) -> None:
    people.begin(app)
    for secret in ("", "x" * 43, "\ud800", "%00"):
        with pytest.raises(AskedWrongly, match="used already"):
            people.accept(app, secret, "Eve", PASSWORD)


@pytest.mark.parametrize("name", ["", "   ", "a" * 41, "two\x00words", "upside \u202e down", "\ud800"])
def test_a_name_that_nobody_can_read_is_not_taken(app: App, name: str) -> None:
    secret = people.begin(app)
    with pytest.raises(AskedWrongly, match="Write a name of 1 to 40 letters"):
        people.accept(app, secret, name, PASSWORD)
    people.accept(app, secret, "Ana", PASSWORD)


@pytest.mark.parametrize("password", ["", "nine lets", "a" * 201])
def test_a_password_is_long_enough_and_no_book(app: App, password: str) -> None:
    with pytest.raises(AskedWrongly, match=r"A password needs 10 to 200 letters or signs\. Three or four words"):
        people.accept(app, people.begin(app), "Ana", password)


def test_names_that_look_the_same_are_the_same(app: App) -> None:
    ana = first(app, "José")
    for name in ("josé", "JOSÉ", normalize("NFD", "José"), " José "):
        assert people.sign_in(app, name, PASSWORD, HERE)
        with pytest.raises(AskedWrongly, match="Somebody has this name"):
            joined(app, ana, Role.REVIEWER, name)


def test_a_password_may_be_typed_on_any_keyboard(app: App) -> None:
    people.accept(app, people.begin(app), "Ana", "contraseña en español 🗝")
    assert people.sign_in(app, "ana", normalize("NFD", "contraseña en español 🗝"), HERE)


def test_a_password_longer_than_any_is_wrong_even_if_it_begins_right(app: App) -> None:
    longest = "word " * 40
    people.accept(app, people.begin(app), "Ana", longest)
    assert people.sign_in(app, "Ana", longest, HERE)
    with pytest.raises(AskedWrongly, match="not right"):
        people.sign_in(app, "Ana", f"{longest}x", HERE)


def test_signing_out_ends_the_session_on_the_server(app: App) -> None:
    first(app)
    here, there = people.sign_in(app, "Ana", PASSWORD, HERE), people.sign_in(app, "Ana", PASSWORD, THERE)
    people.sign_out(app, here)
    assert people.signed_in(app, here) is None and people.signed_in(app, there)


def test_each_sign_in_has_a_token_and_a_key_of_its_own(app: App) -> None:
    first(app)
    tokens = [people.sign_in(app, "Ana", PASSWORD, HERE) for _ in range(3)]
    sessions = [people.signed_in(app, token) for token in tokens]
    assert len(set(tokens)) == len({one.key for one in sessions if one}) == 3


def test_a_token_that_we_did_not_sign_is_none(app: App, tmp_path: Path) -> None:
    first(app)
    token = people.sign_in(app, "Ana", PASSWORD, HERE)
    plain, _, signature = token.rpartition(".")
    for other in ("", plain, f"{plain}.", f"{plain}x.{signature}", f"{token}x", "\ud800", "é.é", "." * 4000):
        assert people.signed_in(app, other) is None
    other_key = app.fresh(environ={"HANDBILL_KEY_FILE": str(tmp_path / "another" / "key")})
    assert people.signed_in(other_key, token) is None


def test_a_session_goes_on_while_somebody_comes_and_ends_after_half_a_day_without(app: App) -> None:
    first(app)
    token = people.sign_in(app, "Ana", PASSWORD, HERE)
    for hours in (0, 8, 16, 24):
        found = people.signed_in(later(app, hours=hours), token)
        assert found and found.until == NOW + timedelta(hours=hours) + IDLE
    assert people.signed_in(later(app, hours=36), token) is None


def test_a_session_holds_where_the_ledger_can_only_be_read(app: App, tmp_path: Path) -> None:
    _, token = people.accept(app, people.begin(app), "Ana", PASSWORD)
    (file,) = tmp_path.rglob("*.db")
    with closing(sqlite3.connect(file)) as ledger:
        ledger.execute(
            "CREATE TRIGGER no_room BEFORE UPDATE ON sessions BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END"
        )
    after = later(app, hours=1)
    with pytest.raises(HandbillError, match="disk is full"):
        after.store.people.seen(people.mark(after, token), after.clock())
    assert people.signed_in(after, token) is not None


def test_a_session_ends_after_two_weeks_even_if_somebody_always_comes(app: App) -> None:
    first(app)
    token = people.sign_in(app, "Ana", PASSWORD, HERE)
    for hours in range(0, 14 * 24, 11):
        assert people.signed_in(later(app, hours=hours), token)
    assert people.signed_in(later(app, seconds=AT_MOST.total_seconds() - 1), token)
    assert people.signed_in(later(app, seconds=AT_MOST.total_seconds()), token) is None


def test_a_changed_password_ends_every_session_and_begins_one(app: App) -> None:
    ana = first(app)
    before = [people.sign_in(app, "Ana", PASSWORD, HERE) for _ in range(2)]
    token = people.change_password(app, ana, PASSWORD, "quite another one", HERE)
    assert [people.signed_in(app, one) for one in before] == [None, None]
    assert people.signed_in(app, token) and len(people.sessions(app, ana)) == 1
    assert wrong(app, "Ana", 1) == [people.WRONG]
    assert people.sign_in(app, "Ana", "quite another one", HERE)


def test_who_found_a_device_signed_in_can_neither_change_the_password_nor_try_many(app: App) -> None:
    ana = first(app)
    for _ in range(people.FREE_FOR_NAME):
        with pytest.raises(AskedWrongly, match="is not right"):
            people.change_password(app, ana, "not the password", "a password of mine", HERE)
    with pytest.raises(TooEarly):
        people.change_password(app, ana, PASSWORD, "a password of mine", HERE)


def test_somebody_can_sign_out_everywhere_else(app: App) -> None:
    ana = first(app)
    tokens = [people.sign_in(later(app, minutes=number), "Ana", PASSWORD, HERE) for number in range(3)]
    people.sign_out_elsewhere(app, ana, tokens[1])
    assert [bool(people.signed_in(app, token)) for token in tokens] == [False, True, False]
    assert [stay.begun for stay in people.sessions(app, ana)] == [NOW + timedelta(minutes=1)]
    assert people.sessions(later(app, hours=13), ana) == []


def test_who_is_taken_off_the_list_is_signed_out_at_once_and_invites_nobody(app: App) -> None:
    ana = first(app)
    bo = joined(app, ana, Role.ORGANIZER, "Bo")
    token, secret = people.sign_in(app, "Bo", PASSWORD, HERE), people.invite(app, bo, Role.ORGANIZER)
    assert people.revoke(app, bo.id) == bo
    assert people.signed_in(app, token) is None and wrong(app, "Bo", 1) == [people.WRONG]
    with pytest.raises(AskedWrongly, match="used already"):
        people.accept(app, secret, "Eve", PASSWORD)


def test_the_last_organizer_cannot_be_taken_off(app: App) -> None:
    ana = first(app)
    joined(app, ana, Role.REVIEWER, "Bo")
    with pytest.raises(AskedWrongly, match=r"This is the only organizer\. Invite another organizer first"):
        people.revoke(app, ana.id)
    assert people.sign_in(app, "Ana", PASSWORD, HERE)


def test_a_lost_password_is_made_anew_by_a_link_of_the_terminal(app: App) -> None:
    ana = first(app)
    token = people.sign_in(app, "Ana", PASSWORD, HERE)
    again, _ = people.accept(app, people.begin(app), "ana", "this time on paper")
    assert again.id == ana.id and people.signed_in(app, token) is None
    assert people.sign_in(app, "Ana", "this time on paper", HERE)


# --- wrong passwords --------------------------------------------------------------------------------


def test_a_wrong_password_and_an_unknown_name_are_told_alike(app: App) -> None:
    first(app)
    assert wrong(app, "Ana", 1) == wrong(app, "Nobody", 1) == wrong(app, "", 1) == [people.WRONG]


def test_an_unknown_name_costs_as_many_hashes_as_a_wrong_password(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    first(app)
    done: list[str] = []
    low_level = "argon2._password_hasher"
    for name, does in (("hash_secret", "hash"), ("verify_secret", "hash")):
        monkeypatch.setattr(f"{low_level}.{name}", _counted(f"{low_level}.{name}", does, done))
    wrong(app, "Ana", 1)
    known, done[:] = list(done), []
    wrong(app, "Nobody", 1)
    assert known == done == ["hash"]


def _counted(name: str, does: str, done: list[str]) -> object:
    module, _, function = name.rpartition(".")
    real = getattr(__import__(module, fromlist=[function]), function)

    def counted(*given: object, **named: object) -> object:
        done.append(does)
        return real(*given, **named)

    return counted


def test_many_wrong_passwords_for_a_name_make_the_next_wait_wherever_it_comes_from(app: App) -> None:
    first(app)
    assert wrong(app, "Ana", 5) == [people.WRONG] * 5
    assert wrong(app, "ANA", 1, THERE) == ["Too many wrong passwords. Seconds until the next try: 1."]
    with pytest.raises(TooEarly) as told:
        people.sign_in(app, "Ana", PASSWORD, THERE)
    assert told.value.seconds == 1
    assert people.sign_in(later(app, seconds=1), "Ana", PASSWORD, THERE)
    assert wrong(app, "Ana", 1) == [people.WRONG], "the right one has made up for the wrong ones"


def test_the_wait_grows_up_to_five_minutes(app: App) -> None:
    first(app)
    said, at = [], app
    wrong(at, "Ana", 5)
    for _ in range(12):
        with pytest.raises(TooEarly) as told:
            people.sign_in(at, "Ana", PASSWORD, HERE)
        said.append(told.value.seconds)
        at = later(at, seconds=told.value.seconds)
        with suppress(TooEarly):
            wrong(at, "Ana", 1)
    assert said == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    assert wrong(at, "Ana", 1) == ["Too many wrong passwords. Seconds until the next try: 300."]


def test_many_names_from_one_address_make_it_wait_and_no_other(app: App) -> None:
    first(app)
    assert [said for number in range(20) for said in wrong(app, f"name {number}", 1)] == [people.WRONG] * 20
    assert "next try: 1." in wrong(app, "another name", 1)[0]
    assert people.sign_in(app, "Ana", PASSWORD, THERE)


def test_one_household_counts_as_one_address(app: App) -> None:
    for number in range(4):
        wrong(app, f"name {number}", 5, f"2001:db8:1:2::{number:x}")
    assert "Too many" in wrong(app, "another name", 1, "2001:db8:1:2:ffff::1")[0]
    assert wrong(app, "another name", 1, "2001:db8:1:3::1") == [people.WRONG]
    assert wrong(app, "another name", 1, "no address: at all") == [people.WRONG]


def test_a_right_password_lets_nobody_try_those_of_others_more_often(app: App) -> None:
    ana = first(app)
    joined(app, ana, Role.REVIEWER, "Eve")
    for number in range(4):
        assert people.sign_in(app, "Eve", PASSWORD, HERE)
        assert wrong(app, f"name {number}", 5) == [people.WRONG] * 5
    assert "Too many" in wrong(app, "Ana", 1)[0]


def test_a_password_of_what_no_keyboard_writes_is_only_wrong(app: App) -> None:
    first(app)
    with pytest.raises(AskedWrongly, match="not right"):
        people.sign_in(app, "\ud800", "\ud800" * 30, HERE)


def test_all_who_serve_the_desk_count_together(app: App) -> None:
    first(app)
    with closing(replace(app, owner="another worker")) as other:
        for _ in range(2):
            wrong(app, "Ana", 1), wrong(other, "Ana", 1)
        wrong(other, "Ana", 1)
        assert "Too many" in wrong(app, "Ana", 1)[0] and "Too many" in wrong(other, "Ana", 1)[0]


# --- who did what -----------------------------------------------------------------------------------


def test_deeds_are_told_newest_first_with_the_name_of_that_time(app: App) -> None:
    ana = first(app)
    bo = joined(app, ana, Role.REVIEWER, "Bo")
    people.note(app, bo, "skipped", "town, Monday 09:00")
    people.note(later(app, hours=1), ana, "took off the list", "Bo")
    people.revoke(app, bo.id)
    newest, older = people.audit(app)
    assert (newest.person, newest.deed, newest.about) == ("Ana", "took off the list", "Bo")
    assert (older.person, older.deed, older.at) == ("Bo", "skipped", NOW)
    assert people.audit(app, 1) == [newest] and people.audit(app, 1, before=newest.id) == [older]
    assert people.audit(app, about="town, Monday 09:00") == [older] and people.audit(app, about="town") == []


# --- nothing in clear -------------------------------------------------------------------------------


def test_no_file_holds_a_password_a_token_a_secret_a_typed_name_or_an_address(app: App, tmp_path: Path) -> None:
    ana, token = people.accept(app, people.begin(app), "Ana", PASSWORD)
    tokens = [token, people.sign_in(app, "Ana", PASSWORD, HERE)]
    secrets = [people.begin(app), people.invite(app, ana, Role.REVIEWER)]
    session = people.signed_in(app, token)
    wrong(app, "typed into the wrong field", 1)
    wrong(app, "Ana", 1)
    assert session
    said = [PASSWORD, "not the password", "typed into the wrong field", HERE, session.key, *secrets, *tokens]
    said += [token.rpartition(".")[0] for token in tokens]
    app.close()
    written = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert b"Ana" in written and [one for one in said if one.encode() in written] == []


def test_a_strangers_wrong_tries_do_not_keep_out_whoever_signed_in_there_before(app: App) -> None:
    first(app)
    device = people.known_device(app, "Ana")
    wrong(app, "Ana", 30)
    with pytest.raises(people.TooEarly):
        people.sign_in(app, "Ana", PASSWORD, HERE)
    assert people.sign_in(app, "ana", PASSWORD, HERE, device)


@pytest.mark.parametrize("device", ["", "forged", "forged.signature", "ünsigned"])
def test_a_device_that_we_do_not_know_changes_nothing(app: App, device: str) -> None:
    first(app)
    wrong(app, "Ana", 30)
    with pytest.raises(people.TooEarly):
        people.sign_in(app, "Ana", PASSWORD, HERE, device)


def test_a_known_device_guesses_no_faster_and_for_one_name_only(app: App) -> None:
    joined(app, first(app), Role.REVIEWER, "Bo")
    device = people.known_device(app, "Ana")
    for name in ("Ana", "Bo"):
        said = []
        for _ in range(8):
            with pytest.raises(AskedWrongly) as told:
                people.sign_in(app, name, "not the password", HERE, device)
            said.append(isinstance(told.value, people.TooEarly))
        assert said == [False] * 5 + [True] * 3
