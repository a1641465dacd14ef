"""Mastodon and servers that understand it: a share link, to one server or to a page that asks for it."""

import re
from collections.abc import Iterator
from urllib.parse import quote

import regex

from bot.core.links import links_with_scheme
from bot.core.measure import mentions, without_overlaps
from bot.core.network import Answers, Counting, Entity, Field, Network
from bot.core.post import Variant

LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
SERVER = re.compile(rf"(?=.{{1,253}}(?::|\Z)){LABEL}(?:\.{LABEL})*(?::[0-9]{{1,5}})?")


def share(variant: Variant, answers: Answers) -> str:
    text = quote(variant.text, safe="")
    if server := answers.get("server", "").strip():
        # <https://github.com/mastodon/mastodon/issues/33681>
        return f"https://{_host(server)}/share?text={text}"
    # <https://blog.joinmastodon.org/2026/03/a-new-share-button/>
    return f"https://share.joinmastodon.org/#text={text}"


def _host(server: str) -> str:
    """The server if it is a host name; ValueError says in one sentence what it should look like."""
    if not SERVER.fullmatch(server):
        raise ValueError(f'"{server}" is not the name of a server; it looks like "mastodon.social".')
    return server


# <https://github.com/mastodon/mastodon/blob/main/app/models/tag.rb>
SEPARATORS = "\xb7\u30fb\u200c"
HASHTAG = regex.compile(
    rf"(?<!\S)[#＃]([\p{{L}}\p{{M}}\p{{Nd}}\p{{Pc}}][\p{{L}}\p{{M}}\p{{Nd}}\p{{Pc}}{SEPARATORS}]*+)"
)
LETTER = regex.compile(r"\p{Alphabetic}")
SEPARATOR = regex.compile(f"[_{SEPARATORS}]")


def entities(text: str) -> list[Entity]:
    """The links, hashtags and mentions of a text."""
    return without_overlaps(_found(text))


def _found(text: str) -> Iterator[Entity]:
    for start, end in links_with_scheme(text):
        yield Entity(kind="link", text=text[start:end], start=start, end=end)
    for start, end in mentions(text):
        yield Entity(kind="mention", text=text[start:end], start=start, end=end)
    for match in HASHTAG.finditer(text):
        name = match[1].rstrip(SEPARATORS)
        # Digits alone are no hashtag, but a sign between them makes one.
        if LETTER.search(name) or SEPARATOR.search(name[1:-1]):
            start, end = match.start(), match.start() + 1 + len(name)
            yield Entity(kind="hashtag", text=text[start:end], start=start, end=end)


NETWORK = Network(
    name="mastodon",
    label="Mastodon",
    # What a server has unless it says otherwise: <https://docs.joinmastodon.org/entities/Instance/>.
    counting=Counting(limit=500, unit="graphemes", link=23, local_mentions=True),
    share=share,
    share_fields=(Field(name="server", help="Your server, if you know it", example="mastodon.social", required=False),),
    hashtags=4,
    entities=entities,
    may_mention=1,
)
