"""What the ledger keeps of people: one row each, and of many at once who want the same, one gets it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bot.core.person import AT_MOST, FORGOTTEN, IDLE, SENT_LINK, SHOWN_LINK, Person, Role
from bot.core.problem import AskedWrongly
from bot.store import Store
from tests.store.test_database import NOW

LATER = NOW + timedelta(hours=1)


def join(store: Store, name: str, role: Role = Role.ORGANIZER) -> Person:
    """Somebody who was let in, whose password is "hidden"."""
    store.people.invite(f"for {name}", role, "Ana", NOW, SENT_LINK)
    found = store.people.accept(f"for {name}", name, name.lower(), "hidden", NOW)
    assert found
    return found


def test_whoever_is_let_in_is_found_by_name_with_what_is_kept_of_the_password(store: Store) -> None:
    ana, bo = join(store, "Ana"), join(store, "Bo", Role.REVIEWER)
    assert store.people.all() == [ana, bo]
    assert store.people.find("bo") == (Person(id=bo.id, name="Bo", role=Role.REVIEWER), "hidden")
    assert store.people.find("cy") is None


def test_an_invitation_holds_once_and_until_its_time(store: Store) -> None:
    store.people.invite("one", Role.REVIEWER, "Ana", NOW, SENT_LINK)
    assert store.people.invited("one", NOW) is Role.REVIEWER
    assert store.people.invited("one", NOW + SENT_LINK) is None
    assert store.people.accept("one", "Bo", "bo", "hidden", NOW + SENT_LINK) is None
    assert store.people.accept("one", "Bo", "bo", "hidden", NOW)
    assert store.people.accept("one", "Cy", "cy", "hidden", NOW) is None
    assert [one.name for one in store.people.all()] == ["Bo"]


def test_of_many_who_use_one_invitation_at_once_one_is_let_in(store: Store) -> None:
    store.people.invite("one", Role.REVIEWER, "Ana", NOW, SENT_LINK)
    names = [f"person {number}" for number in range(8)]
    with ThreadPoolExecutor(8) as crowd:
        found = list(crowd.map(lambda name: store.people.accept("one", name, name, "hidden", NOW), names))
    assert [one for one in found if one] == store.people.all() and len(store.people.all()) == 1


def test_a_name_is_taken_once_and_the_invitation_still_holds(store: Store) -> None:
    join(store, "Ana")
    store.people.invite("one", Role.REVIEWER, "Ana", NOW, SENT_LINK)
    with pytest.raises(AskedWrongly, match=r"Somebody has this name already\. Choose another one"):
        store.people.accept("one", "ANA", "ana", "theirs", NOW)
    assert store.people.find("ana") == (store.people.all()[0], "hidden")
    assert store.people.accept("one", "Bo", "bo", "hidden", NOW)


def test_a_link_of_the_machine_gives_somebody_a_new_password_and_ends_their_sessions(store: Store) -> None:
    bo = join(store, "Bo", Role.REVIEWER)
    assert store.people.begin("token", bo.id, "hidden", NOW)
    store.people.invite("shown", Role.ORGANIZER, "", NOW, SHOWN_LINK)
    again = store.people.accept("shown", "Bo", "bo", "new", NOW)
    assert again == Person(id=bo.id, name="Bo", role=Role.ORGANIZER)
    assert store.people.session("token") is None and store.people.find("bo") == (again, "new")


def test_of_the_links_of_the_machine_the_newest_alone_holds(store: Store) -> None:
    store.people.invite("sent", Role.REVIEWER, "Ana", NOW, SENT_LINK)
    for secret in ("older", "newer"):
        store.people.invite(secret, Role.ORGANIZER, "", NOW, SHOWN_LINK)
    assert store.people.invited("older", NOW) is None
    assert store.people.invited("newer", NOW) and store.people.invited("sent", NOW)


def test_who_is_taken_off_is_signed_out_and_so_are_their_invitations(store: Store) -> None:
    join(store, "Ana")
    bo = join(store, "Bo")
    assert store.people.begin("token", bo.id, "hidden", NOW)
    store.people.invite("of Bo", Role.ORGANIZER, "Bo", NOW, SENT_LINK)
    assert store.people.remove(bo.id) == bo
    assert store.people.session("token") is None and store.people.invited("of Bo", NOW) is None
    with pytest.raises(AskedWrongly, match="was taken off the list already"):
        store.people.remove(bo.id)


def test_invitations_end_with_whoever_made_them_also_under_a_name_that_is_spelled_anew(store: Store) -> None:
    join(store, "Bo")
    ana = join(store, "Ana")
    store.people.invite("one", Role.ORGANIZER, "Ana", NOW, SENT_LINK)
    store.people.invite("anew", Role.ORGANIZER, "", NOW, SHOWN_LINK)
    assert store.people.accept("anew", "ANA", "ana", "other", NOW)
    store.people.remove(ana.id)
    assert store.people.invited("one", NOW) is None


def test_the_last_organizer_stays_even_if_all_go_at_once(store: Store) -> None:
    people = [join(store, name) for name in ("Ana", "Bo", "Cy")]
    join(store, "Di", Role.REVIEWER)

    def leave(person: Person) -> str:
        try:
            return store.people.remove(person.id).name
        except AskedWrongly as error:
            return str(error)

    with ThreadPoolExecutor(3) as crowd:
        said = list(crowd.map(leave, people))
    assert len([one for one in said if one == "This is the only organizer. Invite another organizer first."]) == 1
    assert sorted(one.role for one in store.people.all()) == [Role.ORGANIZER, Role.REVIEWER]


def test_no_session_begins_with_a_password_that_was_just_changed(store: Store) -> None:
    ana = join(store, "Ana")
    store.people.change_password(ana.id, "hidden", "new")
    assert not store.people.begin("token", ana.id, "hidden", NOW)
    assert store.people.session("token") is None
    with pytest.raises(AskedWrongly, match="was changed meanwhile"):
        store.people.change_password(ana.id, "hidden", "theirs")
    assert store.people.begin("token", ana.id, "new", NOW)


def test_sessions_are_seen_again_ended_and_forgotten_when_their_time_is_over(store: Store) -> None:
    ana = join(store, "Ana")
    for number in range(3):
        assert store.people.begin(f"token {number}", ana.id, "hidden", NOW + timedelta(minutes=number))
    store.people.seen("token 0", LATER)
    assert [(one.mark, one.seen == LATER) for one in store.people.sessions(ana.id)] == [
        ("token 2", False), ("token 1", False), ("token 0", True),
    ]  # fmt: skip
    store.people.end("token 2")
    assert store.people.begin("later", ana.id, "hidden", NOW + IDLE + timedelta(minutes=30))
    assert [one.mark for one in store.people.sessions(ana.id)] == ["later", "token 0"]
    store.people.end_others(ana.id, "later")
    assert [one.mark for one in store.people.sessions(ana.id)] == ["later"]
    store.people.seen("later", NOW + AT_MOST + IDLE)
    assert store.people.begin("last", ana.id, "hidden", NOW + AT_MOST + IDLE + timedelta(hours=1))
    assert [one.mark for one in store.people.sessions(ana.id)] == ["last"]


def test_tries_count_for_each_and_the_longest_wait_holds(store: Store) -> None:
    def tried(name: str, address: str, seconds: int) -> float:
        return store.people.tried({name: 1, address: 3}, NOW + timedelta(seconds=seconds)).total_seconds()

    assert tried("ana", "here", 0) == 0
    assert tried("ana", "there", 0) == 1, "the name was tried before, wherever from"
    assert tried("bo", "here", 0) == tried("cy", "here", 0) == 0
    assert tried("di", "here", 0) == 1, "the address was used before, whatever the name"
    assert tried("ana", "here", 1) == 0
    assert tried("ana", "here", 1) == 2


def test_of_many_tries_at_once_only_the_free_ones_are_let_through(store: Store) -> None:
    with ThreadPoolExecutor(12) as crowd:
        waits = list(crowd.map(lambda _: store.people.tried({"ana": 3, "here": 9}, NOW), range(12)))
    assert waits.count(timedelta()) == 3


def test_a_right_password_frees_the_name_and_is_no_try_from_the_address(store: Store) -> None:
    for _ in range(5):
        assert not store.people.tried({"ana": 1, "here": 2}, NOW)
        store.people.forgive("ana", "here")
    assert not store.people.tried({"bo": 1, "here": 2}, NOW)
    assert not store.people.tried({"cy": 1, "here": 2}, NOW)
    assert store.people.tried({"ana": 1, "here": 2}, NOW)


def test_old_tries_leave_nothing_behind(store: Store) -> None:
    for number in range(5):
        store.people.tried({f"name {number}": 1, "here": 99}, NOW)
    store.people.tried({"ana": 1, "there": 1}, NOW + FORGOTTEN)
    with store._reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM tries").scalar() == 2


def test_deeds_are_read_newest_first_page_by_page(store: Store) -> None:
    for number in range(5):
        store.people.note("Ana", "skipped", f"post {number}", NOW if number < 3 else LATER)
    first = store.people.deeds(2)
    assert [one.about for one in first] == ["post 4", "post 3"]
    second = store.people.deeds(2, before=first[-1].id)
    assert [(one.person, one.deed, one.about, one.at) for one in second] == [
        ("Ana", "skipped", "post 2", NOW), ("Ana", "skipped", "post 1", NOW),
    ]  # fmt: skip
    assert [one.about for one in store.people.deeds(2, before=second[-1].id)] == ["post 0"]
