"""Bluesky: a share link, and what its official library would link."""

from collections.abc import Iterator
from urllib.parse import quote

import regex

from bot.core.links import SPACE, link_without_punctuation
from bot.core.measure import measure, without_overlaps
from bot.core.network import Answers, Counting, Entity, Network
from bot.core.post import Variant
from bot.core.tlds import TLDS


def share(variant: Variant, answers: Answers) -> str:
    # <https://docs.bsky.app/docs/advanced-guides/intent-links>
    return "https://bsky.app/intent/compose?text=" + quote(variant.text, safe="")


# <https://github.com/bluesky-social/atproto/tree/main/packages/api/src/rich-text>
OPEN = rf"(?<![^{SPACE}(])"
MENTION = regex.compile(rf"{OPEN}@([A-Za-z0-9.-]+)\b", regex.ASCII)
LINK = regex.compile(rf"{OPEN}(?:(https?://)[^{SPACE}]+|([a-z][a-z0-9]*+(?:\.[a-z0-9]++)++)[^{SPACE}]*+)", regex.I)
NOT_IN_TAG = rf"{SPACE}\xad\u2060\u200a-\u200d\u20e2"
HASHTAG = regex.compile(rf"(?<![^{SPACE}])[#＃](?!\ufe0f)([^{NOT_IN_TAG}]++)")
NAMING = regex.compile(r"[^0-9\p{P}]")
ENDING = regex.compile(r"\p{P}++\Z")
CASHTAG = regex.compile(rf"{OPEN}\$[A-Za-z][A-Za-z0-9]{{0,4}}+(?![^{SPACE}.,;:!?)\"'’])")
# <https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/richtext/facet.json>
LONGEST_TAG = Counting(limit=64, unit="graphemes")


def entities(text: str) -> list[Entity]:
    """The links, hashtags, mentions and cashtags of a text; whether a mention exists is not known here."""
    return without_overlaps([*_mentions(text), *_links(text), *_hashtags(text), *_cashtags(text)])


def _mentions(text: str) -> Iterator[Entity]:
    for match in MENTION.finditer(text):
        if _is_domain(match[1]) or match[1].endswith(".test"):
            yield Entity(kind="mention", text=match[0], start=match.start(), end=match.end())


def _links(text: str) -> Iterator[Entity]:
    for match in LINK.finditer(text):
        # As in the library, "HTTPS://" in capitals is none.
        if match[0].startswith("http") if match[1] else _is_domain(match[2]):
            link, start = link_without_punctuation(match[0]), match.start()
            yield Entity(kind="link", text=link, start=start, end=start + len(link))


def _hashtags(text: str) -> Iterator[Entity]:
    for match in HASHTAG.finditer(text):
        if not NAMING.search(match[1]):
            continue
        tag, start = match[0][0] + ENDING.sub("", match[1]), match.start()
        if (measure(tag[1:], LONGEST_TAG) or 0) <= LONGEST_TAG.limit and len(tag) > 1:
            yield Entity(kind="hashtag", text=tag, start=start, end=start + len(tag))


def _cashtags(text: str) -> Iterator[Entity]:
    for match in CASHTAG.finditer(text):
        yield Entity(kind="cashtag", text=match[0], start=match.start(), end=match.end())


def _is_domain(name: str) -> bool:
    before, _, ending = name.rpartition(".")
    return bool(before) and ending in TLDS


NETWORK = Network(
    name="bluesky",
    label="Bluesky",
    # <https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/post.json>
    counting=Counting(limit=300, unit="graphemes", link="shortened", bytes=3000),
    share=share,
    hashtags=3,
    entities=entities,
)
