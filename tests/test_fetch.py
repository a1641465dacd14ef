"""Which pages are visited, within which bounds, and what a card shows of them."""

import gzip
import logging
from contextlib import suppress

import pytest

from bot.fetch import Page, is_public, page
from tests.servers.site import (
    HTML,
    Handler,
    Reply,
    Site,
    drips,
    drips_body,
    gibberish,
    half,
    hangs_up,
    never_begins,
    serving,
    silent,
)


def see(site: Site, path: str = "/", **options: object) -> Page | None:
    return page(f"http://{site.door}{path}", allowed={site.door}, **options)  # type: ignore[arg-type]


def titled(site: Site, body: str | bytes, headers: dict[str, str] | None = None) -> str:
    site.says("/", body, headers)
    found = see(site)
    assert found
    return found.title


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
        "2606:4700::1111%eth0",
        "2606:4700::5efe:127.0.0.1",
        "2606:4700::200:5efe:10.0.0.1",
        "2606:4700::5efe:808:808",
        "2002:808:808::5efe:7f00:1",
        "::ffff:8.8.8.8%lo",
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
        "[2606:4700::5efe:7f00:1]",
        "[fe80::1%25eth0]",
        "[fe80::1%eth0]",
        "[2606:4700::1111%25eth0]",
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
    def reply(handler: Handler) -> None:
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
