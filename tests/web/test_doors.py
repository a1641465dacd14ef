"""Every door of every room, walked by those for whom it is not: a new door is tried as soon as it is there."""

import re

import httpx
import pytest

from bot.web.desk import HEADERS, doors
from bot.web.frame import Door
from bot.work.people import Role
from tests.web.conftest import Stage, Visitor

# Whatever else is open to everybody must be weighed, and then written down here.
OPEN = {
    ("GET", "/sign-in"), ("POST", "/sign-in"), ("GET", "/welcome/{secret}"), ("POST", "/welcome/{secret}"),
    ("POST", "/language"), ("GET", "/desk.css"), ("GET", "/desk.js"), ("GET", "/icon.svg"),
    ("GET", "/favicon.ico"), ("GET", "/healthz"), ("GET", "/healthz.json"),
}  # fmt: skip
ALL = doors()
CLOSED = [door for door in ALL if door.who is not Role.ANYONE]
FORMS = [door for door in CLOSED if door.method == "POST"]


def path(door: Door) -> str:
    """A path that the door answers, about something that is there or not."""
    return re.sub(r"\{[^}]+\}", "1", door.path)


def knock(visitor: Visitor, door: Door, **more: dict[str, str]) -> httpx.Response:
    return visitor.client.request(door.method, path(door), **more)  # type: ignore[arg-type]


def traces(stage: Stage) -> list[object]:
    """What an act leaves behind: files, people, deeds, pauses."""
    store = stage.app.store
    files = {file: file.read_bytes() for file in stage.folder.rglob("*") if file.is_file() and ".db" not in file.name}
    return [files, store.people.all(), store.people.deeds(9), store.pauses(), store.starts(), store.deliveries()]


def test_only_these_doors_are_open_to_everybody() -> None:
    assert {(door.method, door.path) for door in ALL if door.who is Role.ANYONE} == OPEN


def test_nothing_is_changed_by_reading() -> None:
    assert {door.method for door in ALL} == {"GET", "POST"}


def test_nobody_passes_a_door_without_signing_in(stage: Stage, organizer: Visitor) -> None:
    before, stranger = traces(stage), stage.visitor()
    for door in CLOSED:
        answer = knock(stranger, door, **({"data": {"key": organizer.key}} if door.method == "POST" else {}))
        if door.method == "POST":
            assert answer.status_code == 401, door.path
        else:
            assert answer.status_code == 303 and answer.headers["location"].startswith("/sign-in?next="), door.path
    assert traces(stage) == before


def test_no_reviewer_passes_a_door_of_the_organizers(stage: Stage, reviewer: Visitor) -> None:
    before = traces(stage)
    theirs = [door for door in ALL if door.who is Role.ORGANIZER]
    for door in theirs:
        answer = knock(reviewer, door, **({"data": {"key": reviewer.key}} if door.method == "POST" else {}))
        assert answer.status_code == 403 and "Only organizers may do this." in answer.text, door.path
    assert traces(stage) == before and len(theirs) > 15


def test_a_former_organizer_passes_no_door(stage: Stage, organizer: Visitor) -> None:
    other = stage.signed_in("Cy", Role.ORGANIZER)
    stage.app.store.people.remove(next(one.id for one in stage.app.store.people.all() if one.name == "Cy"))
    passed = [door.path for door in CLOSED if knock(other, door).status_code not in (303, 401)]
    assert passed == []


@pytest.mark.parametrize(
    "headers, key",
    [
        ({}, ""),
        ({}, "another's"),
        ({"Origin": "https://evil.example"}, "own"),
        ({"Origin": "null"}, "own"),
        ({"Sec-Fetch-Site": "cross-site"}, "own"),
    ],
    ids=["no key", "the key of another session", "from another site", "from nowhere", "as the browser tells it"],
)
def test_no_form_of_another_page_is_taken(
    stage: Stage, organizer: Visitor, reviewer: Visitor, headers: dict[str, str], key: str
) -> None:
    data = {"key": {"own": organizer.key, "another's": reviewer.key}.get(key, "")}
    before = traces(stage)
    for door in FORMS:
        assert knock(organizer, door, data=data, headers=headers).status_code == 403, door.path
    assert traces(stage) == before and len(FORMS) > 20


def test_not_even_an_open_form_is_taken_from_another_site(stage: Stage, organizer: Visitor) -> None:
    for door in (door for door in ALL if door.who is Role.ANYONE and door.method == "POST"):
        answer = knock(stage.visitor(), door, headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403 and "set-cookie" not in answer.headers, door.path


def test_whoever_answers_says_that_nobody_may_frame_keep_or_guess_it(stage: Stage, organizer: Visitor) -> None:
    for visitor in (organizer, stage.visitor()):
        for door in ALL:
            if door.path == "/sign-out":
                continue
            answer = knock(visitor, door)
            said = {name: answer.headers.get(name) for name in HEADERS if name != "Cache-Control"}
            assert said == {name: value for name, value in HEADERS.items() if name != "Cache-Control"}, door.path
            kept = answer.headers["Cache-Control"]
            assert kept == "no-store" or door.path in ("/desk.css", "/desk.js", "/icon.svg"), door.path
            assert answer.status_code != 500, door.path
