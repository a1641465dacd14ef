"""What is checked before any door of the desk opens, and what every answer carries."""

import socket
import sqlite3
from contextlib import closing

import httpx
import pytest

from bot.core.problem import HandbillError
from bot.web.desk import HEADERS, LARGEST, doors, own_origins, start
from tests.web.conftest import Stage, Visitor


def test_every_answer_says_what_a_page_may_do(stage: Stage, organizer: Visitor) -> None:
    paths = ("/week", "/desk.css", "/nothing", "/sign-in", "/entry/nothing")
    for answer in (organizer.client.get(path) for path in paths):
        assert {name: answer.headers.get(name) for name in HEADERS if name != "Cache-Control"} == {
            name: value for name, value in HEADERS.items() if name != "Cache-Control"
        }
    policy = HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src 'self';" in policy and "unsafe" not in policy
    assert organizer.client.get("/week").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "", "127.0.0.1:1", "localhost.evil.example:{port}"])
def test_only_under_its_own_name_the_desk_answers(stage: Stage, organizer: Visitor, host: str) -> None:
    name = host.format(port=stage.address.rstrip("/").rpartition(":")[2])
    assert organizer.client.get("/week", headers={"host": name}).status_code == 400


def test_the_desk_answers_on_its_own_machine_under_every_name_of_it() -> None:
    assert own_origins("http://192.0.2.7:8001/") == {
        host: f"http://{host}" for host in ("localhost:8001", "127.0.0.1:8001", "[::1]:8001", "192.0.2.7:8001")
    }


@pytest.mark.parametrize(
    "headers",
    [{"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"},
     {"sec-fetch-site": "same-site"}],
    ids=str,
)  # fmt: skip
def test_no_other_page_can_send_a_form(stage: Stage, organizer: Visitor, headers: dict[str, str]) -> None:
    answer = organizer.post("/pause", {"campaign": ""}, headers=headers)
    assert answer.status_code == 403 and stage.app.store.pauses() == set()


@pytest.mark.parametrize("key", ["", "wrong", "é"])
def test_a_form_needs_the_key_of_its_own_session(stage: Stage, organizer: Visitor, reviewer: Visitor, key: str) -> None:
    assert organizer.client.post("/pause", data={"campaign": "", "key": key}).status_code == 403
    assert organizer.client.post("/pause", data={"campaign": "", "key": reviewer.key}).status_code == 403
    assert stage.app.store.pauses() == set()


def test_what_is_too_large_is_not_read(organizer: Visitor) -> None:
    answer = organizer.client.post("/pause", files={"file": b"x" * LARGEST})
    assert answer.status_code == 413 and "MB at once" in answer.text


def test_little_is_read_of_a_stranger(stage: Stage, organizer: Visitor, reviewer: Visitor) -> None:
    files = {"list": ("a.csv", b"name\n" * 5000)}
    for stranger in (stage.visitor(), reviewer):
        if stranger is reviewer:
            organizer.press(organizer.get("/people"), f"/people/{_number_of(stage, 'Bo')}/remove")
        for door in ("/sign-in", "/sharing/links", "/language"):
            answer = stranger.client.post(door, data={"key": "x", "name": "Ana"}, files=files)
            assert answer.status_code == 401 and "not signed in any more" in answer.text
    assert organizer.post("/sharing/links", files=files).status_code != 401


def _number_of(stage: Stage, name: str) -> int:
    return next(one.id for one in stage.app.store.people.all() if one.name == name)


def test_whoever_leaves_in_the_middle_of_a_form_is_no_defect(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    url = httpx.URL(stage.address)
    kind = "Content-Type: application/x-www-form-urlencoded"
    head = f"POST /sign-in HTTP/1.1\r\nHost: {url.netloc.decode()}\r\n{kind}\r\nContent-Length: 9\r\n\r\nname"
    with socket.create_connection((url.host, url.port)) as line:
        line.sendall(head.encode())
    assert stage.visitor().client.get("/sign-in").status_code == 200
    assert capfd.readouterr().err == ""


def test_a_browser_finds_an_icon(stage: Stage) -> None:
    visitor = stage.visitor().client
    for answer in (visitor.get("/icon.svg"), visitor.get("/favicon.ico", follow_redirects=True)):
        assert answer.headers["content-type"] == "image/svg+xml" and answer.text.startswith("<svg")
    assert '<link rel="icon" href="/icon.svg">' in visitor.get("/sign-in").text


def test_every_door_is_there_once() -> None:
    found = [(door.method, door.path) for door in doors()]
    assert len(found) == len(set(found)) > 30


def test_plain_http_for_other_machines_needs_a_word(stage: Stage) -> None:
    with pytest.raises(HandbillError, match="--plain-http"):
        start(stage.app, 0, "0.0.0.0")


def test_without_its_ledger_the_desk_says_so_and_comes_back(stage: Stage, organizer: Visitor) -> None:
    with closing(sqlite3.connect(stage.folder / "handbill.db", isolation_level=None)) as ledger:
        ledger.execute("ALTER TABLE sessions RENAME TO elsewhere")
        answer = organizer.client.get("/week")
        assert answer.status_code == 503 and "ledger" in answer.text and "Traceback" not in answer.text
        assert "handbill.db" not in answer.text and "sessions" not in answer.text, "strangers read this, too"
        assert organizer.client.post("/import", data={"words": "a" * 30_000}).status_code == 503
        assert organizer.client.get("/healthz").status_code == 503
        ledger.execute("ALTER TABLE elsewhere RENAME TO sessions")
    assert organizer.client.get("/week").status_code == 200


@pytest.mark.parametrize("field", ["name", "password"])
def test_marks_heaped_up_without_end_are_not_read_by_anybody(stage: Stage, organizer: Visitor, field: str) -> None:
    heap = "a" + "\u0315\u0300\u0327" * 100
    answer = stage.visitor().client.post("/sign-in", data={"name": "Ana", "password": "x", field: heap})
    assert answer.status_code == 400 and "too long" in answer.text


@pytest.mark.parametrize("letters", ["unicode_escape", "undefined", "utf-7", "punycode"])
def test_a_form_in_letters_that_no_browser_sends_is_no_defect(stage: Stage, letters: str) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\n\\ud800+2AA-\r\n--x--\r\n'
    headers = {"content-type": f"multipart/form-data; boundary=x; charset={letters}"}
    assert stage.visitor().client.post("/sign-in", content=body, headers=headers).status_code == 400
