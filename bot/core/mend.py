"""Mend: what word processors, mail and web pages do to a text is undone."""

import unicodedata
from urllib.parse import parse_qs, urlsplit

import regex

from bot.core.links import is_domain, links_with_scheme
from bot.core.text import BIDI, CONTROL, NOISE

SPACES = regex.compile(r"[^\S\n]+")
ADDRESS = regex.compile(r"https?://", regex.I)
CUT = regex.compile(r"(https?://\S*+)([^\S\n]*+\n\s*+|[^\S\n]+)(\S+)", regex.I)
# A sign of these at its end, and an address goes on behind the space if what stands there can be a part of one.
UNDONE = tuple("/-_=&?%.")
GOES_ON = regex.compile(r"[A-Za-z0-9%~][A-Za-z0-9%~_.=&?/+-]*")
# A plain word is rather the next word of the sentence.
PART = regex.compile(r"[/_=&?%~]|\.[a-z]{2,5}$|-.*\d|\d.*-", regex.I)
SURE_PART = regex.compile(r"[A-Za-z0-9][\w.-]*(?:[/=&%]\S*|_\S+|\.html?\b\S*)", regex.I)


def cleaned(text: str) -> str:
    """The text composed (NFC), without signs nobody sees, its rows without spaces at their ends or doubled inside."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\v", "\n").replace("\u2028", "\n")
    for pattern in (CONTROL, BIDI, NOISE):
        plain = pattern.sub("", plain)
    rows = (SPACES.sub(" ", row).strip() for row in unicodedata.normalize("NFC", plain).split("\n"))
    return "\n".join(rows).strip("\n")


def joined(text: str) -> tuple[str, list[str]]:
    """The text with addresses whole again that a break of lines or a space had cut; and each of these."""
    mended: list[str] = []
    at = 0
    while match := CUT.search(text, at):
        is_new_row = "\n" in match[2]
        is_alone = is_new_row and text[match.end() : match.end() + 1] in ("", "\n")
        if not _goes_on(match[1], match[3], is_new_row, is_alone):
            at = match.end(1)
            continue
        text = text[: match.end(1)] + text[match.start(3) :]
        at = match.start()
        whole = text[at:].split(maxsplit=1)[0]
        mended = [*(one for one in mended if not whole.startswith(one)), whole]
    return text, mended


def _goes_on(before: str, after: str, is_new_row: bool, is_alone: bool) -> bool:
    """Whether an address that ends with `before` goes on with the word `after`, which may be `is_alone` on its row."""
    bare = after.rstrip(".,;:!?)\"'”’")
    host = ADDRESS.sub("", before).split("/")[0]
    if not GOES_ON.fullmatch(bare) or bare.lower().startswith(("http", "www.")):
        return False
    if before.endswith("."):
        return not is_domain(host.rstrip(".").lower()) and is_domain((host + bare.split("/")[0]).lower())
    if "." not in host:
        return False
    if not before.endswith(UNDONE):
        return is_new_row and bool(SURE_PART.fullmatch(bare)) and not is_domain(bare.split("/")[0].lower())
    if before[-1] in "=&%_-":
        return is_new_row or bool(PART.search(bare)) or not bare.isalpha()
    return bool(PART.search(bare)) or (is_alone and "-" in bare and bare.islower())


LINKED = regex.compile(
    r"(!?)\[([^\[\]\n]{1,300})\]\(\s*<?([^()\s<>]{0,2000}(?:\([^()\s]{0,200}\)[^()\s<>]{0,2000})?)>?(?:\s+\"[^\"\n]{0,300}\")?\s*\)"
)
POINTED = regex.compile(r"<(https?://[^\s<>]+)>", regex.I)


def unlinked(text: str) -> tuple[str, list[str]]:
    """The text with Markdown's links as words and address; and the words whose links lead nowhere."""
    dead: list[str] = []

    def words(match: regex.Match[str]) -> str:
        if not match[1] and not target(match[3]):
            dead.append(match[2])
        return match[2] if match[1] else with_address(match[2], match[3])

    return LINKED.sub(words, POINTED.sub(r"\1", text)), dead


def with_address(words: str, address: str) -> str:
    """The words of a link, and where it leads unless they say so; words that are an address give way to it."""
    leads = target(address)
    if not leads or leads in words.split():
        return words
    return leads if _typed(words) else f"{words} {leads}"


def is_elsewhere(words: str, address: str) -> bool:
    """Whether the words of a link are an address, and it leads to another one."""
    typed, leads = _typed(words), target(address)
    return bool(typed and leads) and _plainly(typed) not in (_plainly(leads), _plainly(leads).partition("?")[0])


def _typed(words: str) -> str:
    """The address that words are, "" if they are more than one, or something else."""
    bare = ADDRESS.sub("", words.strip())
    return words.strip() if target(f"https://{bare}") and is_domain(regex.split(r"[/?#:]", bare.lower())[0]) else ""


def _plainly(address: str) -> str:
    return regex.sub(r"^(?:https?://)?(?:www\.)?|[/…]+$", "", address, flags=regex.I)


def target(address: str) -> str:
    """Where a link leads, without the detour that some programs put before it; "" if nowhere."""
    try:
        parts = urlsplit(address.strip())
        inner = parse_qs(parts.query).get("q", [""])[0] if parts.path == "/url" else ""
    except ValueError:
        return ""
    # <https://docs.google.com> wraps the links of what it exports.
    if parts.hostname and parts.hostname.startswith("www.google.") and inner:
        return target(inner)
    whole = links_with_scheme(address.strip())
    return address.strip() if whole and parts.scheme in ("http", "https") else ""
