"""How long a text is, as a network counts it."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator

import regex

from bot.core.links import BARE, WITH_SCHEME, Link, find_links, shorten
from bot.core.network import Counting, Entity, Unit

CAP = 10_000
"""Longer texts are not counted at all."""


def measure(text: str, counting: Counting) -> int | None:
    """The length as this network counts it; None for a text of more than CAP code points."""
    if len(text) > CAP:
        return None
    return UNITS[counting.unit](_as_counted(tidy(text), counting))


def fits(text: str, counting: Counting) -> bool:
    """Whether the network would take a text of this length."""
    length = measure(text, counting)
    if length is None or length > counting.limit:
        return False
    # No code point takes more than four bytes.
    if counting.bytes is None or 4 * len(text) <= counting.bytes:
        return True
    shown = shorten(tidy(text)) if counting.link == "shortened" else tidy(text)
    return len(shown.encode(errors="surrogatepass")) <= counting.bytes


def tidy(text: str) -> str:
    """The text with plain line breaks and composed letters (NFC), as every network stores it."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def in_a_row(text: str) -> str:
    """The text in one row: plain, with single spaces, and none at its ends."""
    return " ".join(tidy(text).split())


def _as_counted(text: str, counting: Counting) -> str:
    """The text with its links and mentions replaced by what they cost."""
    if counting.link == "shortened":
        return shorten(text)
    found: list[tuple[int, int, str]] = []
    if isinstance(counting.link, int):
        kind = BARE if counting.bare_links else WITH_SCHEME
        found += [_cost(text, link, counting.link) for link in find_links(text, kind)]
    if counting.local_mentions and "@" in text:
        found += [(start, end, local) for start, end, local in _remote_mentions(text)]
        found.sort()
    return _replaced(text, found) if found else text


def _cost(text: str, link: Link, each: int) -> tuple[int, int, str]:
    """The stretch that a link stands for, and letters that cost as much."""
    at, cost = link.counted, each
    if link.counted < link.end:
        # What is left of an emoji of which twitter-text counts a part to the link.
        emoji = EMOJI.finditer(text, link.start, link.end)
        cut = [one.end() for one in emoji if one.start() < at < one.end()]
        cost += sum(_weight(text[at:end]) for end in cut)
        at = max([at, *cut])
    return link.start, at, "o" * cost


def _replaced(text: str, found: Iterable[tuple[int, int, str]]) -> str:
    """The text with each stretch exchanged; a stretch that begins inside the one before is left alone."""
    parts, at = [], 0
    for start, end, instead in found:
        if start >= at:
            parts += [text[at:start], instead]
            at = end
    return "".join(parts) + text[at:]


def without_overlaps(found: Iterable[Entity]) -> list[Entity]:
    """The entities in order; of two that share characters the one that begins first."""
    kept: list[Entity] = []
    for entity in sorted(found, key=lambda entity: (entity.start, -entity.end)):
        if not kept or entity.start >= kept[-1].end:
            kept.append(entity)
    return kept


# --- units ---------------------------------------------------------------------------------------

# Letters and signs that always stand alone, so that a text of these needs no search for graphemes.
SINGLE = re.compile("[\n -~\xa0-\xac\xae-\u02ff\u0370-\u0482\u048a-\u0590\u2010-\u2027\u20a0-\u20bf]*+").fullmatch
GRAPHEME = regex.compile(r"\X")
# Long rows of flags would take quadratic time.
FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")

# An emoji, however it is put together: <https://www.unicode.org/reports/tr51/#EBNF_and_Regex>.
_ONE = (
    r"(?:\p{Emoji_Modifier_Base}\p{Emoji_Modifier}"
    r"|\U0001F3F4[\U000E0020-\U000E007E]++\U000E007F"
    r"|(?![0-9#*\p{Regional_Indicator}\p{Emoji_Modifier}])\p{Emoji}\uFE0F?+)"
)
EMOJI = regex.compile(
    rf"\p{{Regional_Indicator}}{{2}}|[0-9#*]\uFE0F?\u20E3|{_ONE}(?:\u200D{_ONE})*+|\p{{Emoji_Presentation}}"
)
MAYBE_EMOJI = re.compile("[\xa9\xae\u200d\u203c-\u3299\ufe0f\U0001f000-\U0001faff]").search

# X: these count 1, all else 2. <https://github.com/twitter/twitter-text/blob/master/config/v3.json>
LIGHT = re.compile("[\0-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]+")


def _graphemes(text: str) -> int:
    if SINGLE(text):
        return len(text)
    return len(GRAPHEME.findall(FLAG.sub("o", text)))


def _weighted(text: str) -> int:
    if text.isascii():
        return len(text)
    if MAYBE_EMOJI(text):
        # Any emoji counts 2: <https://docs.x.com/fundamentals/counting-characters>.
        text = EMOJI.sub("oo", text)
    return _weight(text)


def _weight(text: str) -> int:
    return len(text) + len(LIGHT.sub("", text))


def _emoji_bytes(text: str) -> int:
    if text.isascii() or not MAYBE_EMOJI(text):
        return len(text)
    emoji = EMOJI.findall(text)
    return len(text) + sum(len(one.encode()) - len(one) for one in emoji)


def _utf16(text: str) -> int:
    return len(text) if text.isascii() else len(text) + sum(letter > "\uffff" for letter in text)


# The letters of plain SMS (3GPP TS 23.038), and those that it writes as two.
# <https://www.3gpp.org/dynareport/23038.htm>
GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_TWICE = frozenset("\f^{}\\[~]|€")


def segments(text: str) -> int:
    """How many SMS a text needs: 160 or 70 letters in one, 153 or 67 in each of several.

    <https://www.twilio.com/docs/glossary/what-sms-character-limit>
    """
    letters = set(text)
    if letters <= GSM | GSM_TWICE:
        return _parts([1 + (letter in GSM_TWICE) for letter in text], alone=160, joined=153)
    return _parts([1 + (letter > "\uffff") for letter in text], alone=70, joined=67)


def _parts(costs: list[int], *, alone: int, joined: int) -> int:
    """Into how many parts the letters go, none of them split across two."""
    if sum(costs) <= alone:
        return min(1, len(costs))
    parts, room = 1, joined
    for cost in costs:
        if cost > room:
            parts, room = parts + 1, joined
        room -= cost
    return parts


UNITS: dict[Unit, Callable[[str], int]] = {
    "characters": len,
    "graphemes": _graphemes,
    "weighted": _weighted,
    "emoji bytes": _emoji_bytes,
    "utf16": _utf16,
    "segments": segments,
}


# --- mentions ------------------------------------------------------------------------------------

_WORD = r"[\p{L}\p{M}\p{Nd}\p{Pc}]"
# <https://github.com/mastodon/mastodon/blob/main/app/models/account.rb>
FEDIVERSE_MENTION = regex.compile(
    rf"(?<![=/\p{{L}}\p{{M}}\p{{Nd}}\p{{Pc}}])(@[A-Za-z0-9_]++(?:[.-]++[A-Za-z0-9_]++)*+)"
    rf"(?:@({_WORD}++(?:[.-]++{_WORD}++)*+))?+(?![@＠]|://)"
)


def mentions(text: str) -> list[tuple[int, int]]:
    """Where a text mentions "@ana" or "@ana@example.org"."""
    return [match.span() for match in FEDIVERSE_MENTION.finditer(text)]


def _remote_mentions(text: str) -> Iterator[tuple[int, int, str]]:
    for match in FEDIVERSE_MENTION.finditer(text):
        # A longer domain cannot be: <https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4>.
        if match[2] and len(match[2]) <= 253:
            yield match.start(), match.end(), match[1]
