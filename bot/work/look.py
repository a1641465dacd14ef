"""Look: what networks would make of words that their writer did not mean."""

from collections.abc import Iterator

import regex

from bot.core.links import links
from bot.core.problem import Problem
from bot.core.schema import HASHTAG

CASHTAG = regex.compile(r"(?<![\w$])\$[A-Za-z]{1,6}\b")
TAG = regex.compile(r"(?<!\S)[#＃]\S+")
GLUED = regex.compile(r"(?<=[^\s\w&/#＃=?])[#＃]\p{L}[\p{L}\p{M}\p{N}_]*")
# What ends a sentence or a quotation ends a hashtag too, on every network.
AFTER = regex.compile(r"[\p{P}--_]++\Z", flags=regex.V1)
SHORT = 12  # letters: a hashtag of no more is read at a glance


def look(text: str, where: str) -> Iterator[Problem]:
    """Everything in a post's words that networks would read otherwise than a person."""
    if text.startswith(("@", "＠")):
        yield warning(where, "the words begin with a mention, so X shows them to few", "Put a word or a dot before it.")
    if "$" in text and len(CASHTAG.findall(text)) > 1:
        yield warning(where, "there is more than one $TAG, which X refuses", "Keep one.")
    if "." in text:
        yield from _bare_links(text, where)
    if "#" in text or "＃" in text:
        yield from _tags(text, where)


def _bare_links(text: str, where: str) -> Iterator[Problem]:
    for start, end in links(text):
        if not text[start:end].lower().startswith(("http://", "https://")):
            yield warning(
                where,
                f'networks take "{text[start:end]}" for a link',
                "Put a space after the full stop, or write the whole address with https://.",
            )


def _tags(text: str, where: str) -> Iterator[Problem]:
    for tag in TAG.findall(text):
        bare = AFTER.sub("", tag)
        # "#1" is a number to people and networks alike.
        if not regex.search(r"\p{L}", bare):
            continue
        if HASHTAG.fullmatch(bare):
            yield from tag_shape(bare, where)
            continue
        yield warning(
            where, f'"{bare}" is not linked whole on every network', "Use only letters, digits and _, a letter first."
        )
    for tag in GLUED.findall(text):
        yield warning(
            where, f'"{tag}" is not linked everywhere, for a sign stands right before it', "Put a space before the #."
        )


def tag_shape(tag: str, where: str) -> Iterator[Problem]:
    """A long hashtag in one case is one long word to a screen reader."""
    if len(tag) > SHORT and (tag.islower() or tag.isupper()):
        yield warning(
            where, f'"{tag}" is hard to read aloud', "Begin each word with a capital: #FamiliesBelongTogether."
        )


def warning(where: str, what: str, hint: str) -> Problem:
    """A fault that stops nothing."""
    return Problem(where, what, hint, "warning")
