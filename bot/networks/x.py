"""X: a share link, and X's own way to count."""

from collections.abc import Iterator
from urllib.parse import quote

import regex

from bot.core.links import links
from bot.core.measure import without_overlaps
from bot.core.network import Answers, Counting, Entity, Network
from bot.core.post import Variant


def share(variant: Variant, answers: Answers) -> str:
    # <https://docs.x.com/x-for-websites/post-button/guides/web-intent>
    return "https://x.com/intent/tweet?text=" + quote(variant.text, safe="")


# What may stand in a hashtag besides letters, marks and digits, and what a hashtag, a mention or
# a cashtag may touch: <https://github.com/twitter/twitter-text/tree/master/js/src/regexp>.
SPECIAL = "_\u200c\u200d\ua67e\u05be\u05f3\u05f4\uff5e\u301c\u309b\u309c\u30a0\u30fb\u3003\u0f0b\u0f0c\u00b7"
TAG_LETTER = rf"[\p{{L}}\p{{M}}\p{{Nd}}{SPECIAL}]"
HASHTAG = regex.compile(
    rf"(?<![\p{{L}}\p{{M}}\p{{Nd}}{SPECIAL}&])[#＃](?![\uFE0F\u20E3])"
    rf"(?=[\p{{Nd}}{SPECIAL}]*+[\p{{L}}\p{{M}}]){TAG_LETTER}++(?![#＃]|://)"
)
LATIN = "\xc0-\xd6\xd8-\xf6\xf8-\u024f\u0300-\u036f\u1e00-\u1eff"
MENTION = regex.compile(
    r"(?:(?<![A-Za-z0-9_!#$%&*@＠])|(?<=(?<![A-Za-z0-9_+~.-])[Rr][Tt]))"
    rf"[@＠][A-Za-z0-9_]{{1,20}}+(?![@＠{LATIN}]|://)"
)
CASHTAG = regex.compile(
    r"(?<![^\s\u200e\u200f\u202a-\u202e\u061c\u2066-\u2069])"
    r"\$[A-Za-z]{1,6}+(?:[._][A-Za-z]{1,2}+)?+(?![^\s!'#%&()*+,\\\-./:;<=>?@\[\]^_{|}~$])"
)


def entities(text: str) -> list[Entity]:
    """The links, hashtags, mentions and cashtags of a text."""
    return without_overlaps(_found(text))


def _found(text: str) -> Iterator[Entity]:
    for start, end in links(text):
        yield Entity(kind="link", text=text[start:end], start=start, end=end)
    for match in HASHTAG.finditer(text):
        yield Entity(kind="hashtag", text=match[0], start=match.start(), end=match.end())
    for match in MENTION.finditer(text):
        yield Entity(kind="mention", text=match[0], start=match.start(), end=match.end())
    for match in CASHTAG.finditer(text):
        yield Entity(kind="cashtag", text=match[0], start=match.start(), end=match.end())


NETWORK = Network(
    name="x",
    label="X",
    # <https://github.com/twitter/twitter-text/blob/master/config/v3.json>
    counting=Counting(limit=280, unit="weighted", link=23, bare_links=True),
    share=share,
    # One or two are advised: <https://help.x.com/en/using-x/how-to-use-hashtags>.
    hashtags=2,
    entities=entities,
    may_mention=1,
)
