"""One request and its errors, the address guard, and what a card shows of a page."""

import gzip
import json
import logging
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.problem import NetworkError, Refused, SignedOut, TryLater, Uncertain
from bot.http import Answer, Page, call, error_for, is_public, page

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HTML = {"Content-Type": "text/html; charset=utf-8"}
Reply = Callable[[BaseHTTPRequestHandler], None]


class Site(ThreadingHTTPServer):
    """A true server on loopback: a reply by path, and the requests that came."""

    daemon_threads = True

    def __init__(self) -> None:
        self.replies: dict[str, Reply] = {}
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def door(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hung up is no fault here."""

    def says(self, path: str, body: str | bytes, headers: dict[str, str] | None = None, status: int = 200) -> str:
        """Answer `path` with this; its address."""

        def reply(handler: BaseHTTPRequestHandler) -> None:
            content = body.encode() if isinstance(body, str) else body
            handler.send_response(status)
            for name, value in {**(HTML if headers is None else headers), "Content-Length": str(len(content))}.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(content)

        return self.does(path, reply)

    def does(self, path: str, reply: Reply) -> str:
        self.replies[path] = reply
        return f"http://{self.door}{path}"


class Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append((f"{self.command} {self.path}", dict(self.headers), body))
        self.server.replies[self.path](self)
        self.close_connection = True

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    thread = Thread(target=site.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        site.shutdown()
        thread.join()
        site.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(Site()) as site:
        yield site


def see(site: Site, path: str = "/", **options: object) -> Page | None:
    return page(f"http://{site.door}{path}", allowed={site.door}, **options)  # type: ignore[arg-type]


def titled(site: Site, body: str | bytes, headers: dict[str, str] | None = None) -> str:
    site.says("/", body, headers)
    found = see(site)
    assert found
    return found.title


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
        {"X-RateLimit-Reset": "2026-11-21T12:05:00.000Z"},
        {"X-RateLimit-Reset": str(int(SOON.timestamp() * 1000))},
        {"Retry-After": "soon", "x-rate-limit-reset": str(int(SOON.timestamp()))},
        {"Retry-After": "300", "x-rate-limit-reset": str(int(SOON.timestamp()) + 999), **DATE},
    ],
    ids=str,
)
def test_the_server_says_how_long_to_wait(headers: dict[str, str]) -> None:
    error = error_for(429, "", headers, now=NOW.timestamp())
    assert isinstance(error, TryLater)
    assert error.seconds == 300


def test_the_servers_clock_counts_and_not_ours() -> None:
    ours = (NOW - timedelta(days=3)).timestamp()
    error = error_for(429, "", {"x-rate-limit-reset": str(int(SOON.timestamp())), **DATE}, now=ours)
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
    error = error_for(429, "", {"Retry-After": value, "Date": date}, now=0.0)
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


def closed_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


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


def test_the_next_address_is_tried(site: Site) -> None:
    url = site.says("/", "yes").replace("127.0.0.1", "town.example")
    assert call("GET", url, resolve=lambda host, port: ["127.0.0.2", "127.0.0.1"]).body == b"yes"


def hangs_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def half(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")


def half_a_refusal(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 422 No\r\nContent-Length: 100\r\n\r\n{")


def gibberish(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"\x00\x01 Set-Cookie: secret\r\n\r\n")


def silent(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.settimeout(20)
    handler.rfile.read(1)


def drips(handler: BaseHTTPRequestHandler) -> None:
    from time import sleep

    with suppress(OSError):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while True:
            handler.wfile.write(b"a")
            sleep(0.05)


def never_begins(handler: BaseHTTPRequestHandler) -> None:
    with suppress(OSError):
        while True:
            handler.wfile.write(b"HTTP/1.1 102 Processing\r\n\r\n")


def drips_body(handler: BaseHTTPRequestHandler) -> None:
    from time import sleep

    with suppress(OSError):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<title>A</title>")
        while True:
            handler.wfile.write(b"a")
            sleep(0.05)


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


# --- the guard ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "168.63.129.16",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::8.8.8.8",
        "::ffff:127.0.0.1",
        "::ffff:a00:1",
        "64:ff9b::10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::8.8.8.8",
        "100::1",
        "2001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "2002:c0a8:101::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "no address",
        "",
        "127.1",
        "0177.0.0.1",
        "2130706433",
    ],
)
def test_an_address_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "2001:4860:4860::8888",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2002:808:808::1",
    ],
)
def test_an_address_is_public(address: str) -> None:
    assert is_public(address)


class Names:
    """A name server that remembers what it was asked, and gives each answer once."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers, self.asked = list(answers), list[str]()

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        return self.answers.pop(0)


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["10.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::1"], ["::ffff:127.0.0.1"], ["169.254.169.254"]],
    ids=str,
)
def test_a_name_that_leads_inside_is_not_visited(addresses: list[str], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="bot")
    assert page("http://inside.example/", resolve=Names(addresses)) is None
    assert "no card: inside.example: it leads into a private network" in caplog.text


def test_a_name_without_an_address_gives_no_card() -> None:
    assert page("http://nowhere.example/", resolve=Names([])) is None


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "134744072",
        "010.010.010.010",
        "8.8.2056",
        "[::1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "\uff11\uff12\uff17.0.0.1",
        "user:pass@127.0.0.1",
        "",
    ],
)
def test_an_address_written_as_a_number_is_never_looked_up(host: str) -> None:
    names = Names(["127.0.0.1"])
    assert page(f"http://{host}/", resolve=names) is None
    assert names.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://town.example/",
        "gopher://town.example/",
        "//town.example/",
        "http://town.example:22/",
        "https://town.example:8443/",
        "http://town.example:0/",
        "http://town.example:99999/",
        "javascript:alert(1)",
        "",
        "http://[/",
        "http://a b/",
        "http://" + "a" * 300 + ".example/",
    ],
)
def test_only_the_web_is_visited(url: str) -> None:
    def resolve(host: str, port: int) -> list[str]:
        return host.encode("idna") and ["127.0.0.1"]

    assert page(url, resolve=resolve) is None


def test_a_named_host_is_visited_only_at_its_door(site: Site) -> None:
    site.says("/", "<title>Inside</title>")
    assert see(site)
    assert page(f"http://{site.door}/", allowed={"127.0.0.1", "127.0.0.1:1"}) is None
    assert len(site.requests) == 1


def test_a_name_is_looked_up_once_and_its_address_kept(site: Site) -> None:
    site.says("/old", "", {"Location": "/new"}, status=302)
    site.says("/new", '<title>New</title><meta property="og:image" content="/a.png">')
    site.says("/a.png", b"picture", {"Content-Type": "image/png"})
    names, door = Names(["127.0.0.1"], ["127.0.0.9"]), f"town.example:{site.server_port}"
    found = page(f"http://{door}/old", allowed={door}, resolve=names)
    assert found == Page(url=f"http://{door}/old", title="New", image=f"http://{door}/a.png", picture=b"picture")
    assert names.asked == ["town.example"]
    assert {headers["Host"] for _, headers, _ in site.requests} == {door}


@pytest.mark.parametrize(
    "there",
    [
        "http://127.0.0.1:{other}/",
        "http://localhost:{other}/",
        "//127.0.0.1:{other}/",
        "http://inside.example/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://2130706433/",
        "file:///etc/passwd",
        "http://[",
    ],
)
def test_a_redirect_leads_nowhere_inside(site: Site, there: str) -> None:
    with serving(Site()) as other:
        other.says("/", "<title>Inside</title>")
        site.says("/", "", {"Location": there.format(other=other.server_port)}, status=302)
        assert see(site, resolve=lambda host, port: ["127.0.0.1"]) is None
        assert other.requests == []


def test_a_picture_inside_is_not_fetched(site: Site) -> None:
    with serving(Site()) as other:
        url = other.says("/a.png", b"picture", {"Content-Type": "image/png"})
        site.says("/", f'<title>A</title><meta property="og:image" content="{url}">')
        found = see(site)
        assert found
        assert (found.title, found.picture, other.requests) == ("A", b"", [])


@pytest.mark.parametrize(("redirects", "arrives"), [(5, True), (6, False)])
def test_five_redirects_are_followed(site: Site, redirects: int, arrives: bool) -> None:
    for number in range(redirects):
        site.says(f"/{number}", "", {"Location": f"/{number + 1}", "Set-Cookie": "a=b"}, status=301)
    site.says(f"/{redirects}", "<title>There</title>")
    assert (see(site, "/0") is not None) is arrives
    assert not any("Cookie" in headers for _, headers, _ in site.requests)


# --- bounds ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("reply", [hangs_up, half, gibberish, silent, drips, drips_body, never_begins])
def test_a_page_that_does_not_come_in_time_gives_no_card(site: Site, reply: Reply) -> None:
    site.does("/", reply)
    assert see(site, seconds=0.5) is None


@pytest.mark.parametrize("status", [204, 304, 401, 403, 404, 429, 500, 503])
def test_a_page_that_is_not_there_gives_no_card(site: Site, status: int) -> None:
    site.says("/", "<title>Not found</title>", status=status)
    assert see(site) is None


def endless(start: bytes, piece: bytes, *headers: bytes) -> Reply:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        with suppress(OSError):
            handler.wfile.write(b"\r\n".join([b"HTTP/1.1 200 OK", b"Content-Type: text/html", *headers, b"", start]))
            while True:
                handler.wfile.write(piece)

    return reply


def test_of_an_endless_page_the_beginning_is_read(site: Site) -> None:
    site.does("/", endless(b"<title>Endless</title>", b" " * 65536))
    found = see(site, seconds=60)
    assert found
    assert found.title == "Endless"


def test_a_packed_bomb_is_unpacked_only_as_far_as_it_is_read(site: Site) -> None:
    import tracemalloc

    bomb = gzip.compress(b"<title>Bomb</title>" + b" " * 300_000_000, compresslevel=1)
    site.says("/", bomb, {**HTML, "Content-Encoding": "gzip"})
    tracemalloc.start()
    found = see(site, seconds=60)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found
    assert found.title == "Bomb"
    assert most < 30_000_000


@pytest.mark.parametrize(
    ("coding", "body"),
    [("br", b"anything"), ("gzip, gzip", b"x"), ("gzip", b"no gzip"), ("zstd", b"x"), ("deflate", b"\xff\xff")],
)
def test_an_unknown_or_broken_packing_gives_no_card(site: Site, coding: str, body: bytes) -> None:
    site.says("/", body, {**HTML, "Content-Encoding": coding})
    assert see(site) is None


def test_a_picture_over_two_megabytes_is_left_out(site: Site) -> None:
    site.says("/", '<title>A</title><meta property="og:image" content="big.png">')
    site.says("/big.png", b"x" * 2_000_001, {"Content-Type": "image/png"})
    found = see(site)
    assert found
    assert (found.picture, found.image) == (b"", f"http://{site.door}/big.png")


def test_a_picture_that_never_ends_does_not_cost_the_card(site: Site) -> None:
    site.says("/", '<title>A</title><meta property="og:image" content="slow.png">')
    site.does("/slow.png", drips)
    found = see(site, seconds=1)
    assert found
    assert (found.title, found.picture) == ("A", b"")


@pytest.mark.parametrize(
    "piece", ["<a ", "<a x=", '<a "', "<", "<!--", "<![", "<!DOCTYPE [", "<title>", "&#", "</", "<?"]
)
def test_hostile_html_gives_a_card_with_the_address(site: Site, piece: str) -> None:
    site.says("/", (piece * 1_000_000)[:200_000])
    found = see(site, seconds=60)
    assert found
    assert found.title == f"http://{site.door}/"


# --- the facts of a page --------------------------------------------------------------------------


def test_a_card_shows_what_the_page_says_for_cards(site: Site) -> None:
    site.says(
        "/",
        """<!doctype html><html><head><title>Plain</title>
        <meta name="description" content="Plain words"><meta name="twitter:title" content="Twitter">
        <META PROPERTY="og:title" CONTENT="Families &amp; &quot;friends&quot;">
        <meta property="og:title" content="Second"><meta property="og:description" content=" Come
        all ">""",
    )
    url = f"http://{site.door}/"
    assert see(site) == Page(url=url, title='Families & "friends"', description="Come all")


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ('<title>A</title><meta name="twitter:title" content="T">', "T"),
        ('<title> A\n B </title><meta property="og:title" content="  ">', "A B"),
        ("<title>One</title><svg><title>Two</title></svg>", "One"),
        ("<title></title>", None),
        ("<p>No title", None),
        ("<title>Never closed", None),
        ("", None),
        ("<title>A\u202eB\x00\x1b</title>", "AB"),
        ("<title>&#xd800;&#x202e;&lt;b&gt;</title>", "\ufffd<b>"),
        ("<!-- <title>No</title> --><title>Yes</title>", "Yes"),
        ("<script>'<title>No</title>'</script><title>Yes</title>", "Yes"),
        ("<title>Before</title><![broken", "Before"),
        ("<meta property=og:title content>", None),
    ],
)
def test_a_title_is_found_or_falls_back_to_the_address(site: Site, body: str, title: str | None) -> None:
    assert titled(site, body) == (title or f"http://{site.door}/")


def test_a_huge_title_is_cut_at_a_word_and_says_so(site: Site) -> None:
    title = titled(site, f"<title>{'word ' * 50_000}</title>")
    assert title == "word " * 58 + "word…"
    assert titled(site, f"<title>{'w' * 500_000}</title>") == "w" * 299 + "…"
    assert titled(site, f"<title>{'w' * 300}</title>") == "w" * 300


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<title>Niño — €</title>".encode("cp1252"), "text/html; charset=ISO-8859-1"),
        ('<meta charset="windows-1252"><title>Niño — €</title>'.encode("cp1252"), "text/html"),
        (
            '<meta http-equiv="Content-Type" content="text/html; charset=latin1"><title>Niño — €</title>'.encode(
                "cp1252"
            ),
            "text/html",
        ),
        ("<title>Niño — €</title>".encode(), "text/html"),
        ("<title>Niño — €</title>".encode(), 'text/html; charset="UTF8"'),
        ("<title>Niño — €</title>".encode("utf-8-sig"), "text/html; charset=iso-8859-1"),
        ("\ufeff<title>Niño — €</title>".encode("utf-16-le"), "text/html"),
        ("\ufeff<title>Niño — €</title>".encode("utf-16-be"), "text/html"),
        ("<title>Niño — €</title>".encode("utf-16-le"), "text/html; charset=utf-16le"),
        ('<meta charset="utf-16"><title>Niño — €</title>'.encode(), "text/html"),
        ('<meta charset="nonsense"><title>Niño — €</title>'.encode(), "text/html"),
        ("<title>Niño — €</title>".encode(), "text/html; charset=punycode"),
        ("<title>Niño — €</title>".encode(), "application/xhtml+xml"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_character_set_is_read(site: Site, body: bytes, kind: str) -> None:
    assert titled(site, body, {"Content-Type": kind}) == "Niño — €"


def test_a_latin_1_page_that_does_not_say_so_is_read_as_utf_8(site: Site) -> None:
    assert titled(site, "<title>Niño</title>".encode("latin-1"), {"Content-Type": "text/html"}) == "Ni\ufffdo"


def test_a_file_is_shown_by_its_address(site: Site) -> None:
    site.says("/a.pdf", b"%PDF <title>No</title>", {"Content-Type": "application/pdf"})
    found = see(site, "/a.pdf")
    assert found == Page(url=f"http://{site.door}/a.pdf", title=f"http://{site.door}/a.pdf")


@pytest.mark.parametrize(
    ("image", "there"),
    [
        ("/a.png", "/a.png"),
        ("b.png#top", "/deep/b.png"),
        ("../c.png", "/c.png"),
        ("?d", "/deep/?d"),
        ("data:image/png;base64,xx", None),
        ("javascript:x", None),
        ("http://[", None),
        (" ", None),
    ],
)
def test_a_pictures_address_may_be_short(site: Site, image: str, there: str | None) -> None:
    site.says("/", "", {"Location": "/deep/"}, status=302)
    site.says("/deep/", f'<title>A</title><meta property="og:image" content="{image}">')
    site.says(there or "/none", b"picture", {"Content-Type": "image/png"})
    found = see(site)
    assert found
    assert found.image == (f"http://{site.door}{there}" if there else "")
    assert found.picture == (b"picture" if there else b"")


def test_a_picture_that_is_not_there_leaves_the_card(site: Site) -> None:
    site.says("/", '<title>A</title><meta name="twitter:image" content="gone.png">')
    site.says("/gone.png", "no", status=404)
    found = see(site)
    assert found
    assert (found.title, found.picture) == ("A", b"")


# --- https ----------------------------------------------------------------------------------------


def certificate(folder: Path, name: str) -> Path:
    """A certificate that signs itself, and its key, in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    start, end = datetime(2020, 1, 1, tzinfo=UTC), datetime(2120, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number(), start, end)
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / f"{name}.pem"
    file.write_bytes(secret + made.sign(key, hashes.SHA256()).public_bytes(pem))
    return file


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[Site, ssl.SSLContext, list[str]]]:
    """An https site for town.example, one who trusts it, and the names it was asked for by TLS."""
    file, asked = certificate(tmp_path, "town.example"), list[str]()
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(file)
    ours.sni_callback = lambda _, name, __: asked.append(name)
    site = Site()
    site.socket = ours.wrap_socket(site.socket, server_side=True)
    site.says("/", "<title>Secure</title>")
    with serving(site):
        yield site, ssl.create_default_context(cafile=file), asked


Secure = tuple[Site, ssl.SSLContext, list[str]]


def visit(site: Site, host: str, trust: ssl.SSLContext | None = None) -> Page | None:
    door = f"{host}:{site.server_port}"
    return page(f"https://{door}/", allowed={door}, resolve=lambda host, port: ["127.0.0.1"], trust=trust)


def test_tls_asks_for_the_name_and_not_for_its_address(secure: Secure) -> None:
    site, trust, asked = secure
    found = visit(site, "town.example", trust)
    assert found
    assert found.title == "Secure"
    assert asked == ["town.example"]
    assert site.requests[0][1]["Host"] == f"town.example:{site.server_port}"


def test_a_certificate_of_another_name_gives_no_card(secure: Secure) -> None:
    site, trust, _ = secure
    assert visit(site, "city.example", trust) is None
    assert visit(site, "127.0.0.1", trust) is None
    assert site.requests == []


def test_a_certificate_nobody_vouches_for_gives_no_card(secure: Secure) -> None:
    site, _, _ = secure
    assert visit(site, "town.example") is None


def test_a_call_to_a_false_certificate_posts_nothing(secure: Secure) -> None:
    site, _, _ = secure
    with pytest.raises(TryLater):
        call("POST", f"https://127.0.0.1:{site.server_port}/", content=b"key")
    assert site.requests == []


def test_a_refusal_that_quotes_the_requests_secrets_is_read_without_them() -> None:
    class Echo(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told = (self.headers["Authorization"] + " said ").encode() + body
            self.send_response(400)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        Thread(target=server.handle_request, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        answer = call("POST", url, headers={"Authorization": "Bearer s3cret-token"}, json={"password": "hunter22"})
    assert answer.status == 400 and b"said" in answer.body
    assert b"s3cret-token" not in answer.body and b"hunter22" not in answer.body
