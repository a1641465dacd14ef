"""Paper: a document that somebody shares becomes drafts of posts; what is none is left aside, never lost."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

import regex

from bot.core.blocks import blocks_of
from bot.core.draft import Aside, Draft, Paper, Piece, Remark, Row
from bot.core.mend import cleaned, joined
from bot.core.schema import LANGUAGE
from bot.core.sheet import drafts_of
from bot.core.sift import HEADING, OR, names_language, sift, title
from bot.core.tongue import COMMON, guess, named

ORDER = r"(?P<order>\d{1,2}|[A-Ha-h]|I{1,3}|IV|V)"
ANOTHER = regex.compile(
    rf"(?:(?:version|option|wording|versión|opción|variante|variant)\s*#?{ORDER}|(?:alternative|alternativa)(?:\s*#?{ORDER})?)"
    r"\s*[:.)–—-]\s*",
    regex.I,
)
FIRST = ("1", "a", "i")
LABELLED = "it says for which network the words are"
NUMBERED = regex.compile(
    r"(?:sample\s+)?(?:post|tweet|toot|message|mensaje|publicación|tuit|sample|example|ejemplo)\s*#?\d{0,3}\s*[:)–—-]\s+",
    regex.I,
)
LABEL = regex.compile(r"[(\[]\s*([\p{L} ]{2,24}?)\s*[)\]]\s*[:–—-]?\s*|([\p{L} ]{2,24}?)\s*(?::|\s[–—-])\s+")


class _Found(NamedTuple):
    """A block that may be a post: its section, its language there, and whether it words the one before anew."""

    section: int
    language: str
    row: Row
    is_another: bool


def read(rows: Sequence[Row], *, everything: bool = False, language: str = "", networks: Collection[str] = ()) -> Paper:
    """The drafts in a document's rows.

    `everything`: all of it is posts, whatever it looks like. `language`: of the whole document, where it does
    not say. `networks`: names that may stand before the words, to say where they are meant for.
    """
    blocks, mended = _mended(blocks_of(rows))
    tables, rest = _split(blocks)
    parts = [drafts_of(table, language) for table in tables]
    bare, labels = _unlabelled([block for block in rest if block.kind != "rule"], networks)
    sure = {block.number for block in bare if _is_labelled(block)} | {label.number for label in labels}
    chosen, aside = sift(bare, sure, networks, is_tabled=any(part.drafts for part in parts))
    called = title(bare, {block.number for block in chosen}, networks)
    called = called or next((one.text for part in parts for one in part.aside if one.why == HEADING), "")
    if everything or not (any(part.drafts for part in parts) or _may_stay(chosen, aside)):
        chosen, aside = bare, []
    found, notes = _sections(chosen, language)
    drafts, apart_ = _paired(found)
    drafts = sorted([*drafts, *(draft for part in parts for draft in part.drafts)], key=lambda draft: draft.number)
    return Paper(
        title=called,
        drafts=tuple(drafts),
        aside=tuple(sorted([*aside, *labels, *(row for part in parts for row in part.aside)])),
        remarks=tuple(sorted([*mended, *notes, *apart_, *(one for part in parts for one in part.remarks)])),
    )


def _may_stay(chosen: Iterable[Row], aside: Iterable[Aside]) -> bool:
    """Whether posts were chosen, or what was left aside is more than short rows that look like headings."""
    return any(not names_language(block) for block in chosen) or any(one.why != HEADING for one in aside)


def _mended(blocks: Iterable[Row]) -> tuple[list[Row], list[Remark]]:
    """The blocks with nothing unseen in them and with whole addresses; and what was mended so."""
    whole: list[Row] = []
    notes: list[Remark] = []
    for block in blocks:
        (text, *cells), addresses = _joined([block.text, *block.cells])
        whole.append(block._replace(text=text, cells=tuple(cells)))
        what, hint = (
            "this address was cut by a space or a new row, and is joined: ",
            "Open it, to see whether it is right.",
        )
        notes += [Remark(block.number, what + address, hint) for address in addresses]
    return whole, notes


def _joined(texts: Iterable[str]) -> tuple[list[str], list[str]]:
    found = [joined(cleaned(text)) for text in texts]
    return [text for text, _ in found], [address for _, addresses in found for address in addresses]


def _split(blocks: Iterable[Row]) -> tuple[list[list[Row]], list[Row]]:
    """(the tables, all else)."""
    tables: list[list[Row]] = []
    rest: list[Row] = []
    for is_table, group in groupby(blocks, lambda block: block.kind == "cells"):
        if is_table:
            tables.append(list(group))
        else:
            rest += group
    return tables, rest


def _unlabelled(blocks: Iterable[Row], networks: Collection[str]) -> tuple[list[Row], list[Aside]]:
    """The blocks without the names of networks before their words, and these names."""
    names = "|".join(regex.escape(name) for name in networks)
    label = regex.compile(
        rf"(?:{names})(?:\s*[/&,+]\s*(?:{names}))*+(?:\s+(?:post|caption|message))?\s*:\s+(?=\S)", regex.I
    )
    found = [(block, label.match(block.text) if names else None) for block in blocks]
    bare = [block._replace(text=block.text[match.end() :]) if match else block for block, match in found]
    return bare, [Aside(block.number, match[0].strip(), LABELLED) for block, match in found if match]


def _is_labelled(block: Row) -> bool:
    """Whether a block says before its words that it is a post, or another wording of one."""
    return _unnumbered(block.text) != (block.text, False)


def _sections(blocks: Iterable[Row], language: str) -> tuple[list[_Found], list[Remark]]:
    """Each post with its section; a section begins where a heading or a label names a language."""
    found: list[_Found] = []
    notes: list[Remark] = []
    section, here, another = 0, language, False
    for block in blocks:
        if names_language(block):
            section, here = section + 1, named(block.text)
            continue
        if OR.fullmatch(block.text):
            another = bool(found)
            continue
        text, is_another = _unnumbered(block.text)
        label, text = _labelled(text)
        if label:
            section += 1
        said = label or here
        spoken = _spoken(text, said)
        if said and spoken != said:
            notes.append(_misnamed(block.number, said, spoken))
        found.append(_Found(section, spoken, block._replace(text=text), bool(found) and (another or is_another)))
        another = False
    return [one for _, group in groupby(found, lambda one: one.section) for one in _told(list(group))], notes


def _spoken(text: str, said: str) -> str:
    """The language of a text of which it is `said` to be in one; what it reads like goes before that."""
    like = guess(text)
    return like if like and (not said or _differs(like, said)) else said


def _told(section: list[_Found]) -> list[_Found]:
    """Posts of which nobody can tell the language are in the one that the rest of their section is in."""
    languages = {one.language for one in section} - {""}
    rest = languages.pop() if len(languages) == 1 else ""
    return [one._replace(language=one.language or rest) for one in section]


def _differs(said: str, here: str) -> bool:
    """Whether two languages differ, neither of them a kind of the other, and both can be told."""
    kind, *_ = here.split("-")
    return kind in COMMON and said != kind


def _misnamed(number: int, here: str, spoken: str) -> Remark:
    return Remark(
        number, f'this is said to be in "{here}", and reads like "{spoken}"', "Look whether the language is right."
    )


def _unnumbered(text: str) -> tuple[str, bool]:
    """The text without "Post 3:" or "Version 2:" before it; whether it words the post before it anew."""
    if (match := ANOTHER.match(text)) and text[match.end() :].strip():
        return text[match.end() :], (match["order"] or "").casefold() not in FIRST
    match = NUMBERED.match(text)
    return (text[match.end() :], False) if match and text[match.end() :].strip() else (text, False)


def _labelled(text: str) -> tuple[str, str]:
    """(the language that a label before the words names or "", the words)."""
    match = LABEL.match(text)
    name = (match[1] or match[2]).strip() if match else ""
    language = named(name) if match and text[match.end() :].strip() else ""
    is_code = regex.fullmatch(LANGUAGE, name.lower()) and len(name) <= 3
    if not match or not language or (is_code and not name.isupper()):
        return "", text
    return language, text[match.end() :]


def _paired(found: Sequence[_Found]) -> tuple[list[Draft], list[Remark]]:
    """Drafts; sections of different languages that follow each other and are equally long are translations."""
    drafts: list[Draft] = []
    notes: list[Remark] = []
    for run in _runs([_in_turn(_worded(list(group))) for _, group in groupby(found, lambda one: one.section)]):
        lengths = {len(section) for section in run}
        if len(run) > 1 and len(lengths) == 1 and all(_language(section) is not None for section in run):
            drafts += [
                Draft(words={language: words for each in same for language, words in each.words.items()})
                for same in zip(*run, strict=True)
            ]
            continue
        drafts += [draft for section in run for draft in section]
        if len(run) > 1:
            counts = ", ".join(f"{len(section)} in {_language(section) or 'several languages'}" for section in run)
            what = f"nobody can tell which of these posts are translations of each other ({counts})"
            notes.append(
                Remark(run[0][0].number, what, "Give both languages the same number of posts, in the same order.")
            )
    return drafts, notes


def _worded(section: Sequence[_Found]) -> list[Draft]:
    """The drafts of a section, each with its wordings."""
    drafts: list[Draft] = []
    for one in section:
        piece = Piece(number=one.row.number, text=one.row.text)
        if drafts and one.is_another and one.language in drafts[-1].words:
            words = drafts[-1].words[one.language]
            drafts[-1] = replace(drafts[-1], words={one.language: (*words, piece)})
        else:
            drafts.append(Draft(words={one.language: (piece,)}))
    return drafts


def _in_turn(section: list[Draft]) -> list[Draft]:
    """The drafts of a section; two languages that take turns throughout, at least twice, are translations."""
    spoken = [language for draft in section for language in draft.words]
    first = spoken[:2]
    if len(section) < 4 or len(set(first)) < 2 or "" in first or spoken != first * (len(section) // 2):
        return section
    return [
        replace(one, words={**one.words, **other.words}) for one, other in zip(section[::2], section[1::2], strict=True)
    ]


def _language(section: Iterable[Draft]) -> str | None:
    """The one language of all drafts of a section, None if there are several."""
    languages = {language for draft in section for language in draft.words}
    return languages.pop() if len(languages) == 1 else None


def _runs(sections: Iterable[list[Draft]]) -> Iterator[list[list[Draft]]]:
    """Sections that follow each other, no language twice."""
    run: list[list[Draft]] = []
    for section in sections:
        if _language(section) in {_language(other) for other in run}:
            yield run
            run = []
        run.append(section)
    if run:
        yield run
