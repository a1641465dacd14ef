"""Which parts of a text are links, to twitter-text and to a composer, and how they are shown."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import quote

from bot.core.tlds import TLDS


class Link(NamedTuple):
    """A link; `counted` is where twitter-text goes on counting, seldom another place than `end`."""

    start: int
    end: int
    counted: int


# --- links as twitter-text finds them, on which X and Mastodon agree ----------------------------
# <https://github.com/twitter/twitter-text/tree/master/js/src/regexp>
# Its own patterns take quadratic time on texts full of dots; this looks at each letter once or twice.

MARKS = "\u202a-\u202e\u061c\u200e\u200f\u2066-\u2069"
BLANKS = "\t-\r \x85\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
BANNED = "\ufffe\ufeff\uffff"
LATIN = (
    "\xc0-\xd6\xd8-\xf6\xf8-\xff\u0100-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f\u0272"
    "\u0289\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
)
CYRILLIC = "\u0400-\u04ff"
ENDS_HOST = rf"!'#%&()*+,\\/:;<=>?@\[\]^{{|}}~${BLANKS}{BANNED}{MARKS}"
BEFORE = rf"[^A-Za-z0-9@＠$#＃{BANNED}]"

OUTSIDE = frozenset(re.findall(f"[{ENDS_HOST}]", "".join(map(chr, range(0x10000)))))
DOT = re.compile(r"\.(?=\w)")
RUN = re.compile(f"[^{ENDS_HOST}]*+")
FIRST_LETTER = re.compile(rf"(?<={BEFORE})[^._\-{ENDS_HOST}]", re.IGNORECASE)
ENDS_TLD = re.compile("(?![0-9a-z@+-])", re.IGNORECASE).match
ALNUM = re.compile("[A-Za-z0-9]*+")
PUNYCODE = re.compile("xn--[-0-9a-z]++", re.IGNORECASE)
LATIN_LABELS = re.compile(rf"(?:[-a-z0-9{LATIN}]++\.)++", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What differs between networks: the schemes, what may follow a host, and whether a bare host is a link."""

    scheme: re.Pattern[str]
    tail: re.Pattern[str]
    bare: bool


def _scheme(names: str) -> re.Pattern[str]:
    return re.compile(rf"(?:(?<![\s\S])|(?<={BEFORE}))(?:{names})://\Z", re.IGNORECASE)


def _brackets(letter: str) -> str:
    """A pair of brackets around such letters, and perhaps around one more pair."""
    return rf"(?:\((?:{letter}++\)|{letter}*+\({letter}++\){letter}*+\)))"


# Letters of a path with which it may not end, and those with which it may; the same for a query.
INSIDE, LAST = r"[!*';:,.$%\[\]\u2013~@|&]", rf"(?i:[+\-a-z{CYRILLIC}0-9=_#/{LATIN}])"
QUERY, QUERY_LAST = r"[!?*'@();:+$%\[\].,~|]", r"(?i:[a-z0-9\-_&=#/])"
BRACKETS = _brackets(f"(?:{INSIDE}|{LAST})")


def _tail(inside: str, last: str, query: str, query_last: str) -> re.Pattern[str]:
    """Port, path and query after a host; a path may also end with BRACKETS."""
    path = rf"(?:{inside}*+(?:{last}++|{BRACKETS}))*+"
    return re.compile(rf"(?::[0-9]++)?+(/{path})?+(?:\?(?:{query}*+{query_last}++)++)?+")


BARE = Kind(scheme=_scheme("https?"), tail=_tail(INSIDE, LAST, QUERY, QUERY_LAST), bare=True)

# Mastodon takes more schemes, and nearly any letter in a path, in brackets or in a query.
# <https://github.com/mastodon/mastodon/blob/main/config/initializers/twitter_regex.rb>
WHITE = "\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
MARKS_INSIDE = r"!*\"'「」;:=,.$%\[\]~&|@"
LETTERS = "\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\uffef\U00010000-\U0010fffd"
WITH_SCHEME = Kind(
    scheme=_scheme("https?|dat|dweb|ipfs|ipns|ssb|gopher|gemini"),
    tail=_tail(
        rf"(?:[{MARKS_INSIDE}]|(?!{BRACKETS}){_brackets(f'[^{WHITE}<>()?]')})",
        rf"[^{WHITE}<>()?{MARKS_INSIDE}]",
        r"[!?*'@();:+$%\[\].,~|\^]",
        rf"[a-zA-Z0-9\-_&=#/{LETTERS}]",
    ),
    bare=False,
)

LONGEST_LINK = 4096
LONGEST_TLD = max(map(len, TLDS))
LONGEST_T_CO = 40
T_CO = re.compile(rf"https?://t\.co/([a-z0-9]++)(?:\?(?:{QUERY}*+{QUERY_LAST}++)++)?+", re.IGNORECASE)
# Letters that a search without regard to case takes for others, as twitter-text's does.
SAME = str.maketrans("\u0130\u0131\u017f\u212a\u03f5\u1c80\u1c81\u1c82\u1c83\u1c84\u1c85", "iiskεвдостт")


def links(text: str) -> list[tuple[int, int]]:
    """Where X sees links, with or without a scheme, as twitter-text 3 finds them."""
    return [(link.start, link.end) for link in find_links(text, BARE)]


def links_with_scheme(text: str) -> list[tuple[int, int]]:
    """Where Mastodon sees links: by the same rules, but with a scheme only."""
    return [(link.start, link.end) for link in find_links(text, WITH_SCHEME)]


def find_links(text: str, kind: Kind) -> Iterator[Link]:
    """The links of one kind, in order."""
    if not kind.bare and "://" not in text:
        return
    after = look = 0
    while dot := DOT.search(text, look):
        start, stop = _run(text, after, dot.start())
        look = stop
        if host := _first_host(text, after, start, stop, kind):
            tail = kind.tail.match(text, host.end)
            assert tail
            after = look = tail.end()
            yield from _of_host(text, host, tail, kind)


class Host(NamedTuple):
    """A host, its last dot, and where its link starts: before the host if there is a scheme."""

    link: int
    start: int
    dot: int
    end: int


class Label(NamedTuple):
    """A part of a host, up to `dot`; the host ends at `own` after this dot, or goes on to `far`."""

    start: int
    dot: int
    own: int | None
    far: tuple[int, int] | None


def _run(text: str, after: int, dot: int) -> tuple[int, int]:
    """The letters around a dot that could be a host, none of them before `after`."""
    start = dot
    while start > after and text[start - 1] not in OUTSIDE:
        start -= 1
    run = RUN.match(text, dot)
    assert run
    return start, run.end()


def _first_host(text: str, after: int, start: int, stop: int, kind: Kind) -> Host | None:
    """The first host in a run, as long as can be."""
    labels = _labels(text, start, stop)
    if not labels:
        return None
    first = labels[0]
    if first.start == start and text[start] not in "-_" and text.endswith("://", after, start):
        scheme = kind.scheme.search(text, max(start - 10, after + 1 if after else 0), start)
        if scheme and (first.far or "_" not in text[start : first.dot]):
            return Host(scheme.start(), start, *_reach(first))
    for label in labels:
        begin = _beginning(text, after, label)
        if begin is not None:
            return Host(begin, begin, *_reach(label))
    return None


def _labels(text: str, start: int, stop: int) -> list[Label]:
    """The labels of a run from which some host can be reached."""
    found: list[Label] = []
    far: tuple[int, int] | None = None
    dot = text.rfind(".", start, stop)
    while dot >= 0:
        own = _tld(text, dot + 1, stop)
        before = text.rfind(".", start, dot)
        begin = max(before + 1, start)
        ends_well = begin < dot and text[dot - 1] not in "-_"
        if ends_well and (far or own):
            found.append(Label(begin, dot, own, far))
        if not ends_well or text[begin] in "-_":
            far = None
        elif not far and own and "_" not in text[begin:dot]:
            far = dot, own
        dot = before
    found.reverse()
    return found


def _reach(label: Label) -> tuple[int, int]:
    if label.far:
        return label.far
    assert label.own
    return label.dot, label.own


def _beginning(text: str, after: int, label: Label) -> int | None:
    """Where in its first label a host begins: after a sign or a letter other than A to Z or 0 to 9."""
    low = label.start
    if not label.far:
        # The last label before the ending has no "_".
        low = max(low, text.rfind("_", low, label.dot) + 1)
    if after and low == after:
        low += 1
    match = FIRST_LETTER.search(text, max(low, 1), label.dot)
    found = match.start() if match else None
    # twitter-text looks for a host after the first letter of a text before it looks at its start.
    if low == 0 and found != 1 and text[0] not in "-_":
        return 0
    return found


def _tld(text: str, at: int, stop: int) -> int | None:
    """Where the ending of a domain that starts here ends."""
    word = ALNUM.match(text, at, stop)
    assert word
    end = word.end()
    if end < stop and not text[end].isascii():
        return _odd_tld(text, at, stop) or _punycode(text, at, stop)
    if word[0].lower() in TLDS and text[end : end + 1] not in {"@", "+", "-"}:
        return end
    return _punycode(text, at, stop)


def _odd_tld(text: str, at: int, stop: int) -> int | None:
    """The same for other letters, which may follow an ending without a space."""
    word = text[at : min(stop, at + LONGEST_TLD)].translate(SAME).lower()
    for end in range(len(word), 0, -1):
        if word[:end] in TLDS and ENDS_TLD(text, at + end):
            return at + end
    return None


def _punycode(text: str, at: int, stop: int) -> int | None:
    match = PUNYCODE.match(text, at, stop)
    return match and match.end()


def _of_host(text: str, host: Host, tail: re.Match[str], kind: Kind) -> Iterator[Link]:
    """The links that a host and what follows it make: one, or none, or several in a bare host."""
    scheme, domain = text[host.link : host.start], text[host.start : host.end]
    as_ascii, end = _ascii(domain), tail.end()
    if not as_ascii:
        return
    length = len(scheme or "https://") + end - host.link + len(as_ascii) - len(domain)
    if length > LONGEST_LINK:
        return
    if not scheme:
        if kind.bare and (host.start == 0 or text[host.start - 1] not in "-_./"):
            yield from _of_bare_host(text, host, tail)
        return
    if short := T_CO.match(text, host.link, end):
        if len(short[1]) > LONGEST_T_CO:
            return
        end = short.end()
    yield Link(host.link, end, end)


def _of_bare_host(text: str, host: Host, tail: re.Match[str]) -> Iterator[Link]:
    """Without a scheme only Latin letters make a link, and a path belongs to the last of them."""
    domain = text[host.start : host.end]
    found = list(_latin_hosts(domain, host.dot + 1 - host.start))
    for number, (low, high) in enumerate(found, 1):
        start, end = host.start + low, host.start + high
        counted = end
        if tail[1] and number == len(found):
            # twitter-text counts on from where the link would end if its host were this part alone.
            counted = start + len(text[host.start : tail.end()].replace(domain, domain[low:high]))
            end = tail.end()
        yield Link(start, end, counted)


def _latin_hosts(domain: str, last: int) -> Iterator[tuple[int, int]]:
    """The parts of a domain, whose ending starts at `last`, that are hosts in Latin letters."""
    if LATIN_LABELS.fullmatch(domain, 0, last):
        yield 0, len(domain)
        return
    at = 0
    while labels := LATIN_LABELS.search(domain, at):
        start, at = labels.span()
        dot = at - 1
        while dot > start and (end := _tld(domain, dot + 1, len(domain))) is None:
            dot = domain.rfind(".", start, dot)
        if dot > start and end:
            yield start, end
            at = end


# Letters that do not count in the name of a host: <https://www.rfc-editor.org/rfc/rfc3454#appendix-B.1>.
NOTHING = dict.fromkeys(
    [
        0xAD,
        0x34F,
        0x1806,
        *range(0x180B, 0x180E),
        *range(0x200B, 0x200E),
        0x2060,
        *range(0xFE00, 0xFE10),
        0xFEFF,
    ]
)
LONGEST_LABEL = 63
MOST_COMPOSED = 4
"""No more letters than these become one by composition: <https://www.unicode.org/reports/tr15/>."""


def _ascii(domain: str) -> str | None:
    """The domain in ASCII, labels in other letters as "xn--..."; None if there can be no such domain."""
    labels = domain.translate(NOTHING).split(".")
    longest = max(map(len, labels))
    if domain.isascii():
        return domain if all(labels) and longest <= LONGEST_LABEL else None
    # This is hard work for long labels, and in vain.
    if longest > MOST_COMPOSED * LONGEST_LABEL:
        return None
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return None


# --- links as a composer shows them --------------------------------------------------------------

SPACE = "\t\n\v\f\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
# <https://github.com/bluesky-social/atproto/blob/main/packages/api/src/rich-text/detection.ts>
COMPOSED = re.compile(
    rf"(?<![^{SPACE}(])(?:(https?://)[^{SPACE}]++|([a-z][a-z0-9]*+(?:\.[a-z0-9]++)++)[^{SPACE}]*+)", re.I | re.A
)
ADDRESS = re.compile(r"(http[sS]?)://(?:[^/?#\\]*@)?([^/?#\\@:]+)(?::(\d*))?([/?#\\].*)?", re.DOTALL)
DEFAULT_PORT = {"http": "80", "https": "443"}
LONGEST_PATH, KEPT_OF_PATH = 15, 13


def shorten(text: str) -> str:
    """The text with its links as a composer shows them: no scheme, a long path cut.

    <https://github.com/bluesky-social/social-app/blob/main/src/lib/strings/url-helpers.ts>
    """
    if "://" not in text:
        return text
    parts, after = [], 0
    for start, end in composer_links(text):
        parts += [text[after:start], short_link(text[start:end])]
        after = end
    return "".join(parts) + text[after:]


def composer_links(text: str) -> Iterator[tuple[int, int]]:
    """Where a composer sees links, in order: with a scheme, or bare with an ending that exists."""
    for match in COMPOSED.finditer(text):
        # As in the library, "HTTPS://" in capitals is none.
        if match[0].startswith("http") if match[1] else is_domain(match[2]):
            yield match.start(), match.start() + len(_without_punctuation(match[0]))


def is_domain(name: str) -> bool:
    """Whether a name has an ending that exists, in small letters."""
    before, _, ending = name.rpartition(".")
    return bool(before) and ending in TLDS


def _without_punctuation(address: str) -> str:
    """The address without one closing mark, and without a bracket that it did not open."""
    if address[-1] in ".,;:!?":
        address = address[:-1]
    if address[-1] == ")" and "(" not in address:
        address = address[:-1]
    return address


def short_link(link: str) -> str:
    """The link without scheme, its path and what follows cut to 13 characters and "..." when over 15.

    A bare one stays as it is.
    """
    match = ADDRESS.fullmatch(link)
    host = match and _host(match[2])
    if not match or not host:
        return link
    scheme, _, port, path = match.groups("")
    if port and port != DEFAULT_PORT[scheme.lower()]:
        host += ":" + port
    path = quote(path, safe="/?#%!$&'()*+,;=:@[]|~\\^`{}-._", errors="replace") if path != "/" else ""
    path = path if path[:1] in ("", "/") else "/" + path
    if len(path) > LONGEST_PATH:
        path = path[:KEPT_OF_PATH] + "..."
    return host + path


def _host(name: str) -> str | None:
    """The name as the web writes it, "xn--..." for other letters; None if there can be none."""
    if name.isascii():
        return name.lower()
    return _ascii(name.lower())


# --- addresses --------------------------------------------------------------------------------------


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there; false for names other than localhost."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
