"""Blocks: the rows of a text become bullets, paragraphs, headings, and rows of tables, each as one."""

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

import regex

from bot.core.draft import Row
from bot.core.mend import cleaned, joined
from bot.core.tail import apart, is_tail
from bot.core.tongue import named

MARK = r"[-*+•◦▪‣·●○■□–—➢✓]|\(?\d{1,3}[.)](?!\s*\d)"
BULLET = regex.compile(rf"\s*(?:{MARK})(?:\s+(?:\[[ xX]\]\s+)?(?=\S)|\s*$)")
RULE = regex.compile(r"\s*([-=*~_—–])(?:\s*\1){2,}\s*")
HEADING = regex.compile(r"\s{0,3}(#{1,6})\s+(?=\S)")
TABLE = regex.compile(r"\s*\|(.*)\|\s*")
DASHES = regex.compile(r"\s*:?-+:?\s*")
BOLD = regex.compile(
    r"(?<!\*)\*\*(?!\s)([^*]{1,500})(?<!\s)\*\*(?!\*)|(?<![\w_])__(?![\s_])([^_]{1,500})(?<![\s_])__(?![\w_])"
)


def rows_of(text: str) -> list[Row]:
    """The rows of a text: headings and bullets without their marks, tables cut into cells."""
    return [_row(number, line) for number, line in enumerate(text.split("\n"), 1)]


def _row(number: int, line: str) -> Row:
    if not line.strip():
        return Row(number, "", "blank")
    if RULE.fullmatch(line):
        return Row(number, line.strip(), "rule")
    if found := TABLE.fullmatch(line):
        cells = tuple(cell.strip() for cell in found[1].split("|"))
        is_rule = all(DASHES.fullmatch(cell) for cell in cells)
        return Row(number, line, "blank") if is_rule else Row(number, line, "cells", cells)
    bare = BOLD.sub(lambda match: match[1] or match[2], line)
    if found := HEADING.match(bare):
        return Row(number, bare[found.end() :].rstrip("# "), "heading", level=len(found[1]))
    if found := BULLET.match(bare):
        return Row(number, bare[found.end() :], "bullet")
    return Row(number, bare)


LONG = 40
"""A row of fewer letters was not broken for want of room."""
ENDS = regex.compile(r"[.!?…:;][\"”’»)\]]*$|\p{Extended_Pictographic}\uFE0F?$")


def blocks_of(rows: Sequence[Row]) -> Iterator[Row]:
    """Each bullet, paragraph, heading or row of a table as one; rows that were wrapped are joined.

    What is nothing but links and hashtags belongs to the words above it.
    """
    last: Row | None = None
    for block in _apart(rows):
        if last and last.kind in ("words", "bullet") and block.kind == "words" and is_tail(block.text):
            last = last._replace(text=f"{last.text}\n{block.text}")
            continue
        if last:
            yield last
        last = block
    if last:
        yield last


def _apart(rows: Sequence[Row]) -> Iterator[Row]:
    spaced = _is_spaced(rows)
    open_: list[Row] = []
    for row in rows:
        if open_ and _goes_on(open_, row, spaced):
            open_.append(row)
            continue
        yield from _closed(open_)
        open_ = [row] if row.kind in ("words", "bullet") else []
        if row.kind in ("heading", "cells", "rule"):
            yield row
    yield from _closed(open_)


def _is_spaced(rows: Sequence[Row]) -> bool:
    """Whether blank rows stand between paragraphs; else each row is one."""
    kinds = [kind for kind, _ in groupby(row.kind for row in rows)]
    return any(kinds[at : at + 3] == ["words", "blank", "words"] for at in range(len(kinds)))


def _goes_on(open_: Sequence[Row], row: Row, spaced: bool) -> bool:
    if row.kind != "words" or named(row.text) or _is_named(open_[-1]):
        return False
    first, last = open_[0], open_[-1]
    if _is_wrapped(last, row) or is_tail(row.text) or _joins(last, row):
        return True
    return not last.text.strip() or row.text[:1].isspace() if first.kind == "bullet" else spaced


def _is_named(row: Row) -> bool:
    return row.kind == "words" and bool(named(row.text))


def _joins(last: Row, row: Row) -> bool:
    """Whether the break between two rows cuts an address."""
    return "://" in last.text and bool(joined(f"{last.text.strip()}\n{row.text.strip()}")[1])


def _is_wrapped(last: Row, row: Row) -> bool:
    """Whether a row goes on in the next one only because it was full."""
    before, after = last.text.strip(), row.text.strip()
    if len(before) < LONG or ENDS.search(before[-20:]) or is_tail(after):
        return False
    return after[:1].islower()


def _closed(open_: Sequence[Row]) -> Iterator[Row]:
    """The block of these rows, or several where each row is a post of its own."""
    full = [row for row in open_ if row.text.strip()]
    if not full:
        return
    kind = open_[0].kind
    if kind == "words" and len(full) > 1 and all(apart(cleaned(row.text)).has_tail for row in full):
        yield from full
        return
    text = full[0].text.strip()
    for last, row in pairwise(full):
        text += (" " if _is_wrapped(last, row) and not _joins(last, row) else "\n") + row.text.strip()
    yield Row(full[0].number, text, kind)
