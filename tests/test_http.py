"""Which answer is which error, one call, and the requests of client libraries."""

import json
import logging
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from bot.core.problem import NetworkError, Refused, SignedOut, TryLater, Uncertain
from bot.http import Answer, Deadline, as_objects, as_response, call, carry, error_for, instant
from tests.servers.site import (
    Handler,
    Reply,
    Site,
    closed_port,
    drips,
    drips_body,
    gibberish,
    half,
    half_a_refusal,
    hangs_up,
    never_begins,
    silent,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


# --- which answer is which error ------------------------------------------------------------------

DATE = {"Date": format_datetime(NOW, usegmt=True)}
SOON = NOW + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, Uncertain),
        (400, Refused),
        (401, SignedOut),
        (403, Refused),
        (404, Refused),
        (408, TryLater),
        (422, Refused),
        (425, TryLater),
        (429, TryLater),
        (500, Uncertain),
        (503, Uncertain),
    ],
)
def test_an_answer_is_named_by_what_to_do_next(status: int, kind: type[NetworkError]) -> None:
    assert type(error_for(status, "", {})) is kind


@pytest.mark.parametrize("status", [302, 500, 503])
def test_a_request_that_posts_nothing_is_never_uncertain(status: int) -> None:
    assert type(error_for(status, repeatable=True)) is TryLater


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "300"},
        {"retry-after": format_datetime(SOON, usegmt=True), **DATE},
        {"x-rate-limit-reset": str(int(SOON.timestamp())), **DATE},
        {"ratelimit-reset": str(int(SOON.timestamp())), **DATE},
        {"ratelimit-reset": "300"},
        {"X-RateLimit-Reset": "2026-11-21T12:05:00.000000Z", **DATE},
        {"X-RateLimit-Reset": str(int(SOON.timestamp() * 1000)), **DATE},
        {"Retry-After": "soon", "x-rate-limit-reset": str(int(SOON.timestamp())), **DATE},
        {"Retry-After": "300", "x-rate-limit-reset": str(int(SOON.timestamp()) + 999), **DATE},
    ],
    ids=str,
)
def test_the_server_says_how_long_to_wait(headers: dict[str, str]) -> None:
    error = error_for(429, "", headers)
    assert isinstance(error, TryLater)
    assert error.seconds == 300


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "0"}, 1),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "999999999"}, 30 * 24 * 3600),
        ({"x-rate-limit-reset": "1000000000", **DATE}, 1),
        ({"x-rate-limit-reset": "1800000000"}, None),
        ({"Retry-After": "Mon, 99 Foo 2026"}, None),
    ],
    ids=str,
)
def test_a_wait_is_never_absurd_nor_made_up(headers: dict[str, str], seconds: int | None) -> None:
    error = error_for(429, "", headers)
    assert isinstance(error, TryLater)
    assert error.seconds == seconds


@pytest.mark.parametrize(("headers", "seconds"), [({"Retry-After": "120"}, 120), ({}, None)], ids=str)
@pytest.mark.parametrize("status", [408, 425, 503])
def test_a_server_that_is_down_may_say_when_it_is_back(
    status: int, headers: dict[str, str], seconds: int | None
) -> None:
    error = error_for(status, "", headers, repeatable=True)
    assert isinstance(error, TryLater) and error.seconds == seconds


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_header_breaks_the_mapping(value: str, date: str) -> None:
    error = error_for(429, "", {"Retry-After": value, "Date": date})
    assert isinstance(error, TryLater)
    assert error.seconds is None or 1 <= error.seconds <= 30 * 24 * 3600


def test_a_refusal_holds_the_networks_reason_on_one_line() -> None:
    error = error_for(422, "Text is\ntoo long\x1b[31m \u202e", {}, who="Mastodon")
    assert str(error) == "Mastodon refused this: Text is too long[31m"
    assert str(error.__cause__) == "Mastodon answered 422: Text is too long[31m"


# --- one request ----------------------------------------------------------------------------------


def test_a_call_brings_back_the_answer_and_tells_our_name(site: Site) -> None:
    url = site.says("/api", '{"id": "7"}', {"Content-Type": "application/json"})
    answer = call("POST", url, json={"text": "hello"}, headers={"Authorization": "Bearer k"})
    assert answer.checked().json() == {"id": "7"}
    name, headers, body = site.requests[0]
    assert (name, json.loads(body)) == ("POST /api", {"text": "hello"})
    assert headers["User-Agent"].startswith("Handbill")
    assert headers["Authorization"] == "Bearer k"
    assert "Cookie" not in headers


def test_an_answer_that_is_no_success_is_raised_when_checked(site: Site) -> None:
    answer = call("POST", site.says("/", "no", {"Retry-After": "30"}, status=429))
    with pytest.raises(TryLater) as caught:
        answer.checked()
    assert caught.value.seconds == 30


def test_a_redirect_of_a_call_is_not_followed(site: Site) -> None:
    site.says("/there", "stolen")
    answer = call("POST", site.says("/", "", {"Location": "/there"}, status=307), headers={"Authorization": "k"})
    assert answer.status == 307
    assert len(site.requests) == 1


def test_an_answer_shows_neither_headers_nor_body() -> None:
    shown = repr(Answer(status=200, host="example.org", headers={"set-cookie": "secret"}, body=b"secret"))
    assert "secret" not in shown


def test_a_closed_door_means_later() -> None:
    with pytest.raises(TryLater, match=r"127\.0\.0\.1 cannot be reached; nothing was posted"):
        call("POST", f"http://127.0.0.1:{closed_port()}/")


def test_an_unknown_name_means_later() -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(TryLater):
        call("POST", "https://town.example/", resolve=resolve)


def test_a_name_server_that_is_silent_means_later() -> None:
    waiting, waited = socket.socketpair()

    def resolve(host: str, port: int) -> list[str]:
        waited.recv(1)
        return []

    with pytest.raises(TryLater):
        call("POST", "https://town.example/", resolve=resolve, seconds=0.2)
    waiting.close()
    waited.close()


@pytest.mark.parametrize("reply", [hangs_up, half, gibberish, silent, drips, drips_body, never_begins])
def test_an_answer_lost_after_sending_is_uncertain(site: Site, reply: Reply) -> None:
    url = site.does("/", reply)
    with pytest.raises(Uncertain):
        call("POST", url, seconds=0.5)
    with pytest.raises(TryLater):
        call("GET", url, seconds=0.5)
    assert len(site.requests) == 2


def test_a_refusal_cut_short_is_still_a_refusal(site: Site) -> None:
    with pytest.raises(Refused):
        call("POST", site.does("/", half_a_refusal)).checked()


def test_a_success_without_json_is_uncertain(site: Site) -> None:
    url = site.says("/", "<html>")
    with pytest.raises(Uncertain):
        call("POST", url).json()
    with pytest.raises(TryLater):
        call("POST", url, repeatable=True).json()


@pytest.mark.parametrize("url", ["town.example", "ftp://town.example", "https://", "https://[", "\x00"])
def test_what_is_no_address_holds_the_account(url: str) -> None:
    with pytest.raises(SignedOut):
        call("GET", url)


@pytest.mark.parametrize("key", ["secret\n", "secret\u00e9", "\u202esecret"])
def test_a_key_with_a_foreign_letter_is_told_without_showing_it(key: str) -> None:
    with pytest.raises(SignedOut) as caught:
        call("POST", "https://town.example/", headers={"Authorization": f"Bearer {key}"})
    assert "secret" not in "".join(map(repr, (caught.value, caught.value.__cause__, caught.value.__context__)))


def test_nothing_secret_is_logged_or_told(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="bot")
    site.does("/botSECRET/send", gibberish)
    with pytest.raises(Uncertain) as caught:
        call("POST", f"http://{site.door}/botSECRET/send", headers={"Authorization": "SECRET"}, content=b"SECRET")
    call("GET", site.says("/botSECRET/me", "SECRET", {"Set-Cookie": "SECRET"}))
    told = caplog.text + repr(caught.value) + repr(caught.value.__cause__)
    assert "127.0.0.1 answered 200 after" in told
    assert "secret" not in told.lower()


def test_loading_the_module_loads_no_client() -> None:
    code = "import sys, bot.http; print({'httpx', 'httpcore', 'ssl'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def quotes(handler: Handler) -> None:
    """Refuse a request, and repeat all of it."""
    _, headers, body = handler.server.requests[-1]
    told = f"{headers['Authorization']} said ".encode() + body
    handler.send_response(400)
    handler.send_header("Content-Length", str(len(told)))
    handler.end_headers()
    handler.wfile.write(told)


def test_a_refusal_that_quotes_the_requests_secrets_is_read_without_them(site: Site) -> None:
    key, said = {"Authorization": "Bearer s3cret-token"}, {"password": "hunter22", "text": "Clean air"}
    body = call("POST", site.does("/", quotes), headers=key, json=said).body
    assert b"said" in body and b"Clean air" in body
    assert b"s3cret-token" not in body and b"hunter22" not in body


@pytest.mark.parametrize("body", ["", "<html>", "[]", "null", '"a"', "[" * 100_000], ids=lambda body: body[:9])
def test_an_answer_without_an_object_holds_nothing(body: str) -> None:
    assert Answer(status=200, host="town.example", headers={}, body=body.encode()).object() == {}


@pytest.mark.parametrize("body", [rb'{"a": "b\ud800c"}', b'{"a": "b\xed\xa0\x80c"}'], ids=["escaped", "raw"])
def test_half_a_letter_in_an_answer_goes_no_further(body: bytes) -> None:
    answer = Answer(status=200, host="town.example", headers={}, body=body)
    assert answer.json() == answer.object() == {"a": "b?c"}


def test_what_stands_in_an_answer_can_be_read() -> None:
    headers = {"date": format_datetime(NOW, usegmt=True)}
    answer = Answer(status=200, host="town.example", headers=headers, body=b'{"posts": [{"id": 1}, 2, null]}')
    assert as_objects(answer.object()["posts"]) == [{"id": 1}]
    assert as_objects(answer.object().get("likes")) == []
    assert answer.date() == NOW


@pytest.mark.parametrize(
    "told", ["2026-11-21T12:00:00Z", "2026-11-21T13:00:00.000+01:00", "2026-11-21T12:00", format_datetime(NOW)]
)
def test_an_instant_is_read_however_a_server_writes_it(told: str) -> None:
    assert instant(told) == NOW


@pytest.mark.parametrize("told", [None, "", "soon", 7, {}, "2026-13-01", "0001-01-01T00:00:00+14:00"], ids=str)
def test_what_is_no_instant_is_none(told: object) -> None:
    assert instant(told) is None


# --- the requests of client libraries -------------------------------------------------------------


def worded(library: str, url: str, body: str) -> Any:
    """A request as a library words it, with headers that are nobody's business."""
    headers = {"Authorization": "Bearer k", "Cookie": "a=b", "User-Agent": "library", "X-More": "1"}
    if library == "httpx":
        return httpx.Request("POST", url, headers=headers, content=body)
    return requests.Request("POST", url, headers=headers, data=body).prepare()


@pytest.mark.parametrize("library", ["httpx", "requests"])
def test_a_librarys_request_goes_out_as_ours(site: Site, library: str) -> None:
    url = site.says("/api?a=b", "{}")
    assert carry(worded(library, url, "é"), more={"X-Ours": "2"}, repeatable=True).repeatable
    name, headers, body = site.requests[0]
    assert (name, body.decode()) == ("POST /api?a=b", "é")
    assert headers["User-Agent"].startswith("Handbill")
    assert (headers["Authorization"], headers["X-Ours"]) == ("Bearer k", "2")
    assert not {"Cookie", "X-More"} & set(headers)


@pytest.mark.parametrize("library", ["httpx", "requests"])
def test_a_librarys_request_can_go_elsewhere_with_another_key(site: Site, library: str) -> None:
    url = site.says("/api", "{}")
    request = worded(library, "https://api.example/api", "")
    answer = carry(request, url=url, kept=(), more={"Authorization": "Bearer ours"}, repeatable=False)
    assert (answer.host, answer.repeatable) == ("127.0.0.1", False)
    assert site.requests[0][1]["Authorization"] == "Bearer ours"


def test_headers_that_a_library_writes_as_bytes_are_read(site: Site) -> None:
    request = worded("requests", site.says("/", "{}"), "")
    request.headers["Authorization"] = b"OAuth k"
    carry(request, repeatable=True)
    assert site.requests[0][1]["Authorization"] == "OAuth k"


def test_a_library_gets_the_answer_without_its_headers() -> None:
    request = worded("requests", "https://town.example/", "")
    response = as_response(429, b'{"a": "\xc3\xa9"}', request)
    assert (response.status_code, response.json(), dict(response.headers)) == (429, {"a": "é"}, {})
    assert response.url == "https://town.example/"


def test_several_calls_have_one_time_together() -> None:
    within = Deadline(60, "town.example")
    assert within.left(20) == 20
    assert 20 < within.left(90) <= 60
    over = Deadline(0, "town.example")
    for use in (over.left, lambda: over.wait(1)):
        with pytest.raises(TryLater, match=r"town\.example takes too long; nothing was posted"):
            use()
