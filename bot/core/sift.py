"""Sift: what of a document may be a post, and of all else why it is none; nothing is lost on the way."""

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import regex

from bot.core.blocks import ENDS
from bot.core.draft import Aside, Row
from bot.core.says import (
    ANNOUNCES,
    CONTENTS,
    FAREWELL,
    GREETING,
    LETTER,
    MORE,
    NAMES,
    OPEN,
    SPEAKS_OF_POSTS,
    says,
    says_of_rest,
)
from bot.core.tail import apart
from bot.core.tongue import FILLERS, WORD, named, words_of

# Why something is no post, as a person reads it.
HEADING = "a heading"
AROUND = "it stands around the list of posts"
OUTSIDE = "it stands outside of what the document calls sample posts"
LEADS = "it leads to what follows"
GOES_ON = "it ends the sentence above it"
LONG = "more than 400 letters, so rather part of an article"
NO_WORDS = "no words"

SHORT, LONGEST = 60, 400
"""Letters: of a heading without a mark at its end, and of a paragraph that may be a post though nothing says so."""
PLAIN = 9
"""The level of a heading that is one by its look alone."""
NEVER = -1

OR = regex.compile(r"\W*(?:or|o|alternative|alternatively|alternativa|otra opción)\W*", regex.I)


class _Place(NamedTuple):
    """A block with the stretch of the document that it stands in.

    `part`: which of the announced lists of posts it is in, 0 if none. `below`: what a heading above it says it is.
    """

    block: Row
    part: int
    below: str


def sift(
    blocks: Sequence[Row], sure: Collection[int] = (), networks: Collection[str] = (), *, is_tabled: bool = False
) -> tuple[list[Row], list[Aside]]:
    """(what may be posts, with the rows that name languages or part wordings; all else, with why it is none).

    `sure`: numbers of blocks that say that they are posts. `is_tabled`: there are posts in a table.
    """
    known = _known(networks)
    places = list(_places([part for block in blocks for part in _headed(block, known)], known))
    whys = _whys(places, sure)
    is_announced = any(place.part for place in places)
    chosen: list[Row] = []
    aside: list[Aside] = []
    for part, group in groupby(zip(places, whys, strict=True), lambda one: one[0].part):
        some = list(group)
        is_listed = is_tabled or sum(place.block.kind == "bullet" and not why for place, why in some) > 1
        is_outside = is_announced and not part
        for (block, _, _), why in some:
            reason = why if why or block.number in sure or parts(block) else _elsewhere(block, is_listed, is_outside)
            if reason:
                aside.append(Aside(block.number, block.text, reason))
            else:
                chosen.append(block)
    return chosen, aside


def parts(block: Row) -> bool:
    """Whether a block is no post for it names the language of those below it, or parts two wordings of one."""
    return names_language(block) or bool(OR.fullmatch(block.text))


def names_language(block: Row) -> bool:
    """Whether a block names a language and nothing else."""
    return block.kind in ("words", "heading") and bool(named(block.text))


def _elsewhere(block: Row, is_listed: bool, is_outside: bool) -> str:
    """Why a block that could be a post stands in the wrong place for one, "" if it does not."""
    if apart(block.text).has_tail:
        return ""
    if is_outside:
        return OUTSIDE
    return AROUND if is_listed and block.kind != "bullet" else ""


# --- where a block stands ------------------------------------------------------------------------


def _known(networks: Collection[str]) -> frozenset[str]:
    """The words, in small letters, of a heading that says no more than that posts follow."""
    return FILLERS | MORE | {word.casefold() for name in networks for word in WORD.findall(name)}


def _headed(block: Row, known: frozenset[str]) -> Iterator[Row]:
    """A paragraph apart from the heading that stands right above it, where that says what follows."""
    head, sign, rest = block.text.partition("\n")
    first = block._replace(text=head)
    if sign and block.kind == "words" and _is_heading(first) and (says_of_rest(first.text) or _announces(first, known)):
        yield from (first, block._replace(number=block.number + 1, text=rest))
    else:
        yield block


def _places(blocks: Sequence[Row], known: frozenset[str]) -> Iterator[_Place]:
    """Each block in its place; a heading ends what a heading of its level, or of a lower one, has begun."""
    part, ends, is_new = 0, NEVER, False
    below, below_ends = "", NEVER
    for at, block in enumerate(blocks):
        level = _level(block)
        told = says_of_rest(block.text) if level is not None else ""
        is_announcing = not told and _announces(block, known)
        if level is not None and level <= below_ends:
            below, below_ends = "", NEVER
        if is_announcing:
            # The first row of a document speaks for all of it.
            part, ends, is_new = part + 1, 0 if not at else PLAIN if level is None else level, True
        elif level is not None:
            # What stands right below the announcement is a part of it, and so are its like.
            ends = min(ends, level - 1) if is_new else ends if level > ends else NEVER
        elif not parts(block):
            is_new = False
        yield _Place(block, part if ends > NEVER and not is_announcing else 0, below)
        if told and level is not None:
            below, below_ends = told, level


def _announces(block: Row, known: frozenset[str]) -> bool:
    """Whether a block says that sample posts follow; a heading may say so by naming posts or a network alone."""
    if block.kind == "bullet":
        return False
    if _is_heading(block) or parts(block):
        words = {word.casefold() for word in WORD.findall(block.text)}
        is_bare = words <= known and (bool(SPEAKS_OF_POSTS.search(block.text)) or not words <= FILLERS | MORE)
        return (bool(words) and is_bare) or bool(ANNOUNCES.search(block.text))
    last = regex.split(r"(?<=[.!?])[\s*]+", block.text)[-1]
    return last.endswith(":") and bool(ANNOUNCES.search(last))


def _level(block: Row) -> int | None:
    """The level of a heading, None for all that is none."""
    if names_language(block) or not _is_heading(block) or says(block.text):
        return None
    return block.level if block.kind == "heading" else PLAIN


def _is_heading(block: Row) -> bool:
    """Whether a block is a heading by its mark or by its look."""
    if block.kind != "words":
        return block.kind == "heading"
    text = block.text
    is_whole = "\n" in text or len(text) > SHORT or ENDS.search(text[-20:].rstrip(":"))
    return not is_whole and bool(WORD.search(text)) and not apart(text).has_tail


def title(blocks: Sequence[Row], posts: Collection[int], networks: Collection[str] = ()) -> str:
    """What the document calls itself: its first heading above all `posts` (their numbers), "" if there is none."""
    known = _known(networks)
    found: list[Row] = []
    for block in blocks:
        if _level(block) is not None:
            found += [block] if _may_name(block, known) else []
        elif block.number in posts:
            break
    return next((block for block in found if not _level(block)), *found[:1]).text if found else ""


def _may_name(block: Row, known: frozenset[str]) -> bool:
    """Whether a heading may be the name of a whole document: not "Sample posts", and nothing unfinished."""
    words = [word.casefold() for word in WORD.findall(block.text)]
    is_unfinished = block.text.endswith(":") or block.text[:1].islower() or words[-1] in SMALL
    return len(block.text) <= 2 * SHORT and not (is_unfinished or says_of_rest(block.text) or _announces(block, known))


# --- why it is none ------------------------------------------------------------------------------

DOTTED = regex.compile(r"(?:\.{3,}|…{2,}|(?: \.){3,})\s*\d{1,3}$")
LEADER = regex.compile(r"\s+\d{1,3}$")
NUMBER = regex.compile(r"^\d{1,2}(?:\.\d{1,2})*[.)]?\s+")
SMALL = words_of("of the and for in on at to a an your our my de la el los las del y e en por para al tu su con")
PICTURE = regex.compile(r"\p{Extended_Pictographic}")


def _whys(places: Sequence[_Place], sure: Collection[int]) -> list[str]:
    """Why each block is no post, "" where it may be one."""
    headings = {_bare(place.block.text) for place in places if _is_heading(place.block)}
    whys = ["" if one.block.number in sure or parts(one.block) else _why(one, headings) for one in places]
    for first, last, why in (*_lists(places), *_letters(places)):
        for at in range(first, last):
            is_free = not (places[at].block.number in sure or parts(places[at].block))
            if is_free and (why == LETTER or not whys[at]):
                whys[at] = why
    return whys


def _why(place: _Place, headings: Collection[str]) -> str:
    """Why a block is no post by what it says and looks like, and by the heading above it."""
    block, has_tail = place.block, apart(place.block.text).has_tail
    if not has_tail and not WORD.search(block.text):
        return NO_WORDS
    if said := says(block.text):
        return said
    if DOTTED.search(block.text) or (block.kind == "bullet" and _bare(block.text) in headings):
        return CONTENTS
    if _is_heading(block):
        return HEADING
    if block.text.endswith(":") and not has_tail:
        return LEADS
    if place.below:
        return place.below
    if has_tail or place.part or block.kind != "words":
        return ""
    return NAMES if "\n" in block.text and _is_name(block.text) else LONG if len(block.text) > LONGEST else ""


def _bare(text: str) -> str:
    """The words of a heading without its number, and without the page where it stands."""
    return NUMBER.sub("", LEADER.sub("", text)).strip(" :").casefold()


def _lists(places: Sequence[_Place]) -> Iterator[tuple[int, int, str]]:
    """(from, to, why) of lists that nobody announced as posts: of names, and of ends of the sentence above them."""
    for first, last in _runs(places):
        texts = [place.block.text for place in places[first:last]]
        if not places[first].part and sum(map(_is_name, texts)) * 2 >= len(texts):
            yield first, last, NAMES
        if first and not places[first].part and OPEN.search(places[first - 1].block.text):
            yield first, last, GOES_ON


def _runs(places: Sequence[_Place]) -> Iterator[tuple[int, int]]:
    """(from, to) of the lists in a document: bullets, and rows that begin with a picture as if it were one."""
    at = 0
    for is_item, group in groupby(places, lambda place: _is_item(place.block)):
        first, at = at, at + sum(1 for _ in group)
        if is_item:
            yield first, at


def _is_item(block: Row) -> bool:
    return block.kind == "bullet" or (block.kind == "words" and bool(PICTURE.match(block.text)))


def _is_name(text: str) -> bool:
    """Whether a text is no sentence, and nearly all its words begin with a capital."""
    if ENDS.search(text[-20:]) or text.isupper() or apart(text).has_tail:
        return False
    words = [word for word in WORD.findall(text) if word.casefold() not in SMALL]
    return len(words) > 1 and sum(word[0].isupper() for word in words) >= 0.8 * len(words)


def _letters(places: Sequence[_Place]) -> Iterator[tuple[int, int, str]]:
    """(from, to, why) of letters: from the greeting up to the farewell, or else to the next heading or list."""
    first: int | None = None
    for at, (block, _, _) in enumerate(places):
        if first is None:
            first = at if block.kind == "words" and GREETING.fullmatch(block.text) else None
        elif block.kind != "words" or _is_heading(block):
            yield first, at, LETTER
            first = None
        if first is not None and FAREWELL.search(block.text):
            yield first, at + 1, LETTER
            first = None
    if first is not None:
        yield first, len(places), LETTER
