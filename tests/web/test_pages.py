"""The share pages over HTTP: the same files, compressed, and never older than the library."""

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bot.core.problem import HandbillError
from bot.web.pages import Served, start
from bot.work.site import site
from tests.making import NOW, app, library


@pytest.fixture
def served(tmp_path: Path) -> Served:
    found = Served(print)
    found.refresh(app(library(tmp_path, {"bus.en.txt": "Buses run.\n"})))
    return found


@pytest.fixture
def address(served: Served) -> Iterator[str]:
    found, stop = start(served, 0)
    yield found
    stop()


def get(address: str, path: str, method: str = "GET", **headers: str) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection(urlsplit(address).netloc, timeout=10)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def test_a_page_is_served_as_it_is_built(tmp_path: Path, served: Served, address: str) -> None:
    files = site(app(tmp_path), NOW.date(), print)
    for name in ("air/en/index.html", "page.js", "page.css", "icon.svg", "air/en/posts.json"):
        answer, body = get(address, f"/{name}")
        assert (answer.status, body) == (200, files[name])
    assert get(address, "/air/en/")[1] == files["air/en/index.html"]


def test_a_browser_that_can_gets_it_compressed(address: str) -> None:
    plain = get(address, "/air/en/")[1]
    answer, body = get(address, "/air/en/", Accept_Encoding="gzip, br")
    assert answer.headers["Content-Encoding"] == "gzip" and gzip.decompress(body) == plain
    assert len(body) < len(plain) / 2


@pytest.mark.parametrize("accepted", ["gzip", "br, GZIP ;q=0.5", "*", "deflate;q=0, gzip; q=1.0", "br;q=0,*;q=0.1"])
def test_whoever_takes_gzip_in_any_spelling_gets_it(address: str, accepted: str) -> None:
    assert get(address, "/air/en/", Accept_Encoding=accepted)[0].headers["Content-Encoding"] == "gzip"


@pytest.mark.parametrize(
    "accepted", ["identity", "gzip;q=0", "br, gzip; q=0.000", "*;q=0", "gzipped", "gzip;q=0, *", ""]
)
def test_whoever_refuses_gzip_gets_the_page_as_it_is(address: str, accepted: str) -> None:
    answer, body = get(address, "/air/en/", Accept_Encoding=accepted)
    assert answer.headers["Content-Encoding"] is None and body.startswith(b"<!doctype html>")


@pytest.mark.parametrize("known", ["{}", 'W/{}, "other"', '"other" ,{}', "*"])
def test_a_page_that_did_not_change_is_not_sent_again(address: str, known: str) -> None:
    tag = get(address, "/air/en/")[0].headers["ETag"].removeprefix("W/")
    answer, body = get(address, "/air/en/", If_None_Match=known.format(tag))
    assert (answer.status, body) == (304, b"")
    assert get(address, "/air/en/", If_None_Match='"other", W/"another"')[0].status == 200


def test_a_page_is_the_same_whether_packed_or_not_and_whoever_asks_for_its_head_gets_no_body(address: str) -> None:
    for accepted in ("gzip", "identity"):
        whole, body = get(address, "/air/en/", Accept_Encoding=accepted)
        head, nothing = get(address, "/air/en/", "HEAD", Accept_Encoding=accepted)
        assert (head.status, nothing) == (200, b"")
        for name in ("Content-Length", "Content-Type", "Content-Encoding", "ETag", "Vary"):
            assert head.headers[name] == whole.headers[name], name
        assert int(head.headers["Content-Length"]) == len(body)
    assert get(address, "/nothing", "HEAD")[0].status == 404


def test_no_answer_sets_a_cookie_or_tells_others_where_one_was(address: str) -> None:
    for path in ("/", "/air/en/", "/nothing", "/page.js"):
        headers = get(address, path)[0].headers
        assert "Set-Cookie" not in headers
        assert headers["Referrer-Policy"] == "no-referrer" and headers["X-Content-Type-Options"] == "nosniff"


def test_a_folder_without_its_slash_is_found_and_what_is_not_there_is_said(address: str) -> None:
    answer, _ = get(address, "/air/en")
    assert answer.status == 307 and answer.headers["Location"].endswith("/air/en/")
    answer, body = get(address, "/air/fr/")
    assert answer.status == 404 and b"no such page" in body
    assert get(address, "/../pyproject.toml")[0].status == 404
    answer, _ = get(address, "/air/en/", "POST")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_who_asks_for_a_web_socket_is_told_that_there_is_none(address: str) -> None:
    asked = {"Upgrade": "websocket", "Sec_WebSocket_Version": "13", "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    answer, body = get(address, "/air/en/", Connection="Upgrade", **asked)
    assert (answer.status, body) == (400, b"These pages can only be read. They know no WebSocket.\n")
    assert get(address, "/air/en/")[0].status == 200


def test_an_edit_a_pause_and_a_new_day_are_seen_and_nothing_else_is_made_anew(tmp_path: Path, served: Served) -> None:
    before = served.files
    served.refresh(app(tmp_path))
    assert served.files is before
    (tmp_path / "posts" / "air" / "bus.en.txt").write_text("Trams run.\n")
    served.refresh(app(tmp_path))
    assert b"Trams run." in served.files["air/en/index.html"].raw
    assert served.files["page.js"] is before["page.js"]
    (tmp_path / "posts" / "PAUSE").touch()
    served.refresh(app(tmp_path))
    assert b"nothing to share" in served.files["air/en/index.html"].raw
    tomorrow = datetime(2026, 11, 22, 12, tzinfo=UTC)
    served.refresh(app(tmp_path, now=tomorrow))
    assert b'data-day="2026-11-22"' in served.files["air/en/index.html"].raw


def test_a_port_that_is_asked_for_and_taken_is_named(address: str) -> None:
    port = urlsplit(address).port
    with pytest.raises(HandbillError, match=f"Port {port} is taken"):
        start(Served(print), port)
