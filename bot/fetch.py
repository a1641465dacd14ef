"""Pages for link cards: fetched from the public web only, and what each says of itself."""

import codecs
import ipaddress
import logging
import re
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from bot.http import one_line
from bot.wire import Reply, Resolve, Way, exchange, faults, is_address, look_up, our_headers, web_door

if TYPE_CHECKING:
    import ssl

    import httpx

log = logging.getLogger(__name__)

PAGE_BYTES, IMAGE_BYTES = 1_000_000, 2_000_000
REDIRECTS = 5
LONGEST_TITLE, LONGEST_DESCRIPTION = 300, 1000


# --- which addresses are public -------------------------------------------------------------------

# Where an IPv6 address only wraps an IPv4 one: mapped, NAT64, 6to4.
# <https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5.2> <https://www.rfc-editor.org/rfc/rfc6052#section-2.1>
# <https://www.rfc-editor.org/rfc/rfc3056#section-2>; with how many bits follow the IPv4 address.
WRAPS = [
    (ipaddress.IPv6Network("::ffff:0:0/96"), 0),
    (ipaddress.IPv6Network("64:ff9b::/96"), 0),
    (ipaddress.IPv6Network("2002::/16"), 80),
]
# Only this much of IPv6 is given out: <https://www.iana.org/assignments/ipv6-address-space>.
PUBLIC_IPV6 = ipaddress.IPv6Network("2000::/3")
# A tunnel to the IPv4 address at its end: <https://www.rfc-editor.org/rfc/rfc5214#section-6.1>.
ISATAP = {0x00005EFE, 0x02005EFE}
# Not for a page's server, whatever the Python version thinks of them:
# <https://www.iana.org/assignments/iana-ipv4-special-registry>
# <https://www.iana.org/assignments/iana-ipv6-special-registry>, and a door inside Azure's machines,
# <https://learn.microsoft.com/en-us/azure/virtual-network/what-is-ip-address-168-63-129-16>.
NOT_PUBLIC: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = [
    *map(ipaddress.IPv4Network, ("100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "168.63.129.16")),
    *map(ipaddress.IPv6Network, ("2001::/23", "2001:db8::/32", "3fff::/20")),
]


def leads_outside(host: str, port: int, resolve: Resolve = look_up, seconds: float = 10.0) -> bool:
    """Whether a host's name leads to the public internet only; OSError or ValueError if it leads nowhere."""
    found = Way(ends=time.monotonic() + seconds, resolve=resolve).addresses(host, port)
    return bool(found) and all(map(is_public, found))


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet, for one host and not for many."""
    try:
        written = ipaddress.ip_address(address)
    except ValueError:
        return False
    # A zone, as in "fe80::1%eth0", is a door of this machine.
    if "%" in address or (written.version == 6 and int(written) >> 32 & 0xFFFFFFFF in ISATAP):
        return False
    ip = _unwrapped(written)
    if ip.version == 6 and ip not in PUBLIC_IPV6:
        return False
    if any(ip in network for network in NOT_PUBLIC):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


def _unwrapped(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    for network, bits in WRAPS:
        if ip.version == 6 and ip in network:
            return ipaddress.IPv4Address(int(ip) >> bits & 0xFFFFFFFF)
    return ip


def _is_odd(host: str) -> bool:
    """Whether a host is a number in disguise, as "2130706433", "0x7f.1" or "0177.0.0.1".

    <https://url.spec.whatwg.org/#ends-in-a-number-checker>
    """
    last = host.rstrip(".").rpartition(".")[2]
    return re.fullmatch(r"\d+|0[xX][0-9a-fA-F]*", last) is not None and not is_address(host)


class _NotVisited(ValueError):
    """Why we do not go to an address."""


@dataclass(frozen=True, slots=True)
class _Guard:
    """Lets us go to the public web only, and to the doors in `named`: hosts, or HOST:PORT."""

    named: frozenset[str]

    def admit(self, host: str, port: int, addresses: Sequence[str]) -> None:
        """Raise _NotVisited if any of a host's addresses is not on the public internet."""
        if not self._is_named(host, port) and not all(map(is_public, addresses)):
            raise _NotVisited("it leads into a private network")

    def check(self, address: "httpx.URL") -> None:
        """Raise _NotVisited for what no page of the public web stands behind."""
        if (door := web_door(address)) is None:
            raise _NotVisited("its address is not of the web")
        host, port = door
        if _is_odd(host):
            raise _NotVisited("its address is a number in disguise")
        if port not in (80, 443) and not self._is_named(host, port):
            raise _NotVisited(f"it asks for port {port}")

    def _is_named(self, host: str, port: int) -> bool:
        name = f"[{host}]" if ":" in host else host
        return f"{name}:{port}" in self.named or (port in (80, 443) and not self.named.isdisjoint((host, name)))


# --- the facts of a page --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a link card shows of a page; `image` is an address, `picture` what was found there."""

    url: str
    title: str
    description: str = ""
    image: str = ""
    picture: bytes = field(default=b"", repr=False)


def page(
    url: str,
    *,
    allowed: Collection[str] = (),
    resolve: Resolve = look_up,
    seconds: float = 10.0,
    trust: "ssl.SSLContext | None" = None,
) -> Page | None:
    """The facts of a page for a link card, or None if it cannot be fetched; the log says why.

    Only the public web is visited, but for the hosts in `allowed` ("example.org", or
    "example.org:8080" for another port than the usual). `seconds` is for all of it, redirects
    and picture too. A page without a title is titled by its address. Of a page only the first
    megabyte is read; a title beyond 300 characters and a description beyond 1000 are cut at a
    word, and end in "…". A picture over two megabytes is left out, not cut.
    """
    guard = _Guard(frozenset(name.lower() for name in allowed))
    way = Way(ends=time.monotonic() + seconds, resolve=resolve, admit=guard.admit, trust=trust)
    try:
        here, reply = _fetch(url, way, guard, PAGE_BYTES, "text/html,application/xhtml+xml")
        found = _facts_of(reply, way)
        image = _image_address(here, found)
    except faults() as fault:
        log.debug("no card: %s", _why(fault, url))
        return None
    return Page(
        url=url,
        title=_first(found, TITLES, LONGEST_TITLE) or url,
        description=_first(found, DESCRIPTIONS, LONGEST_DESCRIPTION),
        image=image,
        picture=_picture(image, way, guard) if image else b"",
    )


def _why(fault: Exception, url: str) -> str:
    """A host and our own words for why not; of another's only the name, since its words may quote an reply."""
    host = url.partition("//")[2].partition("/")[0].rpartition("@")[2]
    return f"{one_line(host, 100)}: {fault if isinstance(fault, _NotVisited) else type(fault).__name__}"


def _fetch(url: str, way: Way, guard: _Guard, most: int, accept: str) -> tuple["httpx.URL", Reply]:
    """Where the redirects lead, and the answer there."""
    import httpx

    here = httpx.URL(url)
    for _ in range(REDIRECTS + 1):
        guard.check(here)
        reply = exchange(httpx.Request("GET", here, headers=our_headers(accept)), way, most)
        if reply.status == 200:
            return here, reply
        if reply.status not in (301, 302, 303, 307, 308) or "location" not in reply.headers:
            raise _NotVisited(f"the answer was {reply.status}")
        here = here.join(reply.headers["location"])
    raise _NotVisited(f"more than {REDIRECTS} redirects")


def _picture(address: str, way: Way, guard: _Guard) -> bytes:
    try:
        _, reply = _fetch(address, way, guard, IMAGE_BYTES + 1, "image/jpeg,image/png,image/webp,image/gif")
    except faults() as fault:
        log.debug("no picture: %s", _why(fault, address))
        return b""
    return reply.body if len(reply.body) <= IMAGE_BYTES else b""


# <https://ogp.me/> <https://developer.x.com/en/docs/x-for-websites/cards/overview/markup>
TITLES = ("og:title", "twitter:title", "<title>")
DESCRIPTIONS = ("og:description", "twitter:description", "description")
IMAGES = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")


def _first(found: Mapping[str, str], names: Iterable[str], longest: int) -> str:
    lines = (one_line(found[name], longest) for name in names if name in found)
    return next(filter(None, lines), "")


def _image_address(here: "httpx.URL", found: Mapping[str, str]) -> str:
    """The picture's address, which a page may write in short; "" if it has none of the web."""
    import httpx

    for name in IMAGES:
        try:
            address = here.join(found.get(name, "").strip()).copy_with(fragment=None)
        except (httpx.InvalidURL, ValueError):
            continue
        if found.get(name, "").strip() and web_door(address):
            return str(address)
    return ""


def _facts_of(reply: Reply, way: Way) -> dict[str, str]:
    """What a page says of itself; nothing, if it is no page but a file."""
    kind = reply.headers.get("content-type", "")
    if kind and "html" not in kind.lower():
        return {}
    head, text = _Head(), _text(reply.body, kind)
    for start in range(0, len(text), 65536):
        try:
            head.feed(text[start : start + 65536])
        except AssertionError:  # html.parser, at a declaration it does not know
            break
        if way.is_over():
            raise _NotVisited("it takes too long to read")
    return head.found


class _Head(HTMLParser):
    """Gathers a page's <title> and <meta>; the first of each name holds."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._title: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "title" and "<title>" not in self.found:
            self._title = []
        elif tag == "meta":
            values = {name: value or "" for name, value in attrs}
            for name in (values.get("property", ""), values.get("name", "")):
                if values.get("content", "").strip():
                    self.found.setdefault(name.strip().lower(), values["content"])

    def handle_data(self, data: str) -> None:
        if self._title is not None:
            self._title.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "title" and self._title is not None:
            self.found.setdefault("<title>", "".join(self._title))
            self._title = None


# <https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding>
MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w:-]+)", re.IGNORECASE | re.ASCII)
META_CHARSET = re.compile(rb"<meta[^>]*charset\s*=\s*[\"']?\s*([\w:-]+)", re.IGNORECASE)
# Character sets of pages; Python also knows codecs that are none, and some that take very long.
CHARSETS = re.compile(r"utf-(?:8|16)|iso8859|cp\d|koi8|shift_jis|euc|gb|big5|mac|tis|iso2022", re.IGNORECASE)


def _text(body: bytes, kind: str) -> str:
    """A page's text: by its mark, its header, its own word, or else UTF-8."""
    for mark, name in MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    if match := CHARSET.search(kind):
        return body.decode(_codec(match[1]), "replace")
    if inside := META_CHARSET.search(body[:4096]):
        name = _codec(inside[1].decode("ascii"))
        # It could be read, so it is no UTF-16, whatever it says.
        return body.decode("utf-8" if name.startswith("utf-16") else name, "replace")
    return body.decode("utf-8", "replace")


def _codec(name: str) -> str:
    """Python's name for a character set; <https://encoding.spec.whatwg.org/#names-and-labels>."""
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return "utf-8"
    if found in ("ascii", "iso8859-1"):
        return "cp1252"
    return found if CHARSETS.match(found) else "utf-8"
