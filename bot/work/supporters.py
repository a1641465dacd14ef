"""Supporters: a CSV file with one of them a row, read row by row."""

import codecs
import csv
import re
import unicodedata
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO, TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from bot.app import App
from bot.core.fit import width
from bot.core.post import Ask, Texts, say
from bot.core.problem import AskedWrongly, HandbillError, Problem
from bot.core.render import tidy
from bot.work.share import Tell, Wanted, campaigns

LANGUAGE, TARGET = "language", "target"
SAVE_AGAIN = 'Save it again as "CSV UTF-8".'
FIRST_ROW = (
    "Its first row counts as the header. If a supporter stands there, write a row with names above, such as: name"
)

TellRow = Callable[[int, str], None]
Cells = tuple[int, list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Supporter:
    """One row of a file: its number (the first below the header is 1), and the facts by campaign that asks."""

    number: int
    language: str
    target: str
    me: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that somebody sent: its name, and its bytes, which stand in memory and nowhere else."""

    name: str
    raw: bytes = field(repr=False)

    def __str__(self) -> str:
        return self.name


Source = Path | Sent


def _binary(source: Source) -> BinaryIO:
    return BytesIO(source.raw) if isinstance(source, Sent) else source.open("rb")


class BadRow(ValueError):
    """A supporter's row cannot be used, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """An opened file: where its columns stand, and what may stand in them. `rows` is about how many it has."""

    file: Source
    rows: int
    width: int
    columns: Mapping[str, int]
    asks: Mapping[str, Mapping[str, Ask]]
    languages: Sequence[str]
    targets: Mapping[str, str]

    def supporters(self, tell_row: TellRow) -> Iterator[Supporter]:
        """Each supporter, facts tidied and checked; rows that cannot be used are told by number."""
        for number, cells in _cells(self.file, tell_row):
            if number:
                try:
                    yield self._supporter(number, cells)
                except BadRow as bad:
                    tell_row(number, str(bad))

    def _supporter(self, number: int, cells: Sequence[str]) -> Supporter:
        if len(cells) != self.width:
            cell = "cell" if len(cells) == 1 else "cells"
            raise BadRow(f"it has {len(cells)} {cell}, and the header {self.width}")
        told = {name: cells[place].strip() for name, place in self.columns.items()}
        language = self._language(told.pop(LANGUAGE, ""))
        target = self._target(told.pop(TARGET, ""))
        me = {campaign: facts_of(told, asks, language) for campaign, asks in self.asks.items()}
        return Supporter(number=number, language=language, target=target, me=me)

    def _language(self, said: str) -> str:
        if not said:
            return self.languages[0]
        for language in self.languages:
            if said.casefold() == language.casefold():
                return language
        raise BadRow(f'no posts are wanted in "{_short(said)}", only in {", ".join(self.languages)}')

    def _target(self, said: str) -> str:
        if said and _same(said) not in self.targets:
            known = ", ".join(sorted(set(self.targets.values()))) or "none"
            raise BadRow(f'there is no target "{_short(said)}"; campaign.toml has: {known}')
        return self.targets[_same(said)] if said else ""


def open_supporters(app: App, wanted: Wanted, file: Source, tell: Tell) -> Sheet:
    """A CSV file, looked through once; `tell` hears of columns that nothing asks for.

    Raises HandbillError where the file as a whole cannot be used.
    """
    found = campaigns(app, wanted)
    asks = {campaign.name: campaign.asks for campaign in found}
    names = {target: one.name for campaign in found for target, one in campaign.targets.items()}
    languages = dict.fromkeys(language for campaign in found for language in campaign.languages)
    rows = _check_encoding(file)
    header = next(_cells(file, _stop), (0, []))[1]
    return Sheet(
        file=file,
        rows=rows,
        width=len(header),
        columns=_columns(file, header, {name for each in asks.values() for name in each}, tell),
        asks=asks,
        languages=[wanted.language] if wanted.language else list(languages) or ["en"],
        targets=_sayings(names),
    )


def _check_encoding(file: Source) -> int:
    """Read the whole file in pieces, and count its lines; raise HandbillError unless it is UTF-8 text."""
    if isinstance(file, Path) and not file.is_file():
        raise AskedWrongly(f"{file} is no file, or not there. Name a CSV file with one supporter a row.")
    decoder, lines = codecs.getincrementaldecoder("utf-8")(), 0
    try:
        with _binary(file) as source:
            while piece := source.read(1 << 20):
                if b"\0" in piece:
                    raise HandbillError(f"{file} is not a CSV file in UTF-8. {SAVE_AGAIN}")
                decoder.decode(piece)
                lines += piece.count(b"\n")
            decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise HandbillError(f"{file} is not in UTF-8. {SAVE_AGAIN}") from error
    except OSError as error:
        raise HandbillError(f"{file} cannot be read ({error.strerror}). Check its permissions.") from error
    return lines


def _cells(file: Source, tell_row: TellRow) -> Iterator[Cells]:
    """Each row that is not empty with its number; the header is row 0, and empty rows below it count."""
    with TextIOWrapper(_binary(file), encoding="utf-8-sig", newline="") as lines:
        first = next((line for line in lines if line.strip()), "")
        delimiter = max(",;\t", key=first.count)
        rows, across, number = deque([first]), 0, 0
        while rows or (line := next(lines, "")):
            rows = rows or deque([line])
            cells = _record(rows, lines, delimiter, across)
            if cells is None:
                tell_row(number, "a quotation mark in it is never closed, or a cell is far too long")
            elif any(cell.strip() for cell in cells):
                across = across or len(cells)
                yield number, cells
            number += 1


# A quoted cell with more lines than these counts as one whose closing mark was forgotten.
MOST_LINES = 50


def _record(rows: deque[str], lines: Iterator[str], delimiter: str, across: int) -> list[str] | None:
    """Take the next record of `across` cells from `rows`, and from `lines` while a quoted cell goes on.

    None if its quotation mark is not closed, or only in another supporter's row: then its first
    line alone is taken, and the others are read as rows of their own.
    """
    taken, marks = 1, rows[0].count('"')
    while marks % 2 and taken < MOST_LINES:
        if taken == len(rows) and (line := next(lines, "")):
            rows.append(line)
        if taken == len(rows):
            break
        marks += rows[taken].count('"')
        taken += 1
    cells = _parsed(list(islice(rows, taken)), delimiter)
    if cells is not None and any(_is_row(row, delimiter, across) for cell in cells for row in cell.splitlines()[1:]):
        cells = None
    for _ in range(taken if cells is not None else 1):
        rows.popleft()
    return cells


def _parsed(rows: list[str], delimiter: str) -> list[str] | None:
    try:
        records = list(csv.reader(rows, delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return records[0] if len(records) == 1 else [] if not records else None


def _is_row(row: str, delimiter: str, across: int) -> bool:
    """Whether a line within a quoted cell could be a supporter's row by itself."""
    return bool(row.strip()) and row.count(delimiter) + 1 == across


def _stop(number: int, what: str) -> None:
    raise HandbillError(f"The header cannot be used: {what}")


def _columns(file: Source, header: Sequence[str], asked: set[str], tell: Tell) -> dict[str, int]:
    """In which column each fact stands; tells once of those that nothing asks for."""
    if not header:
        raise HandbillError(
            f"{file} is empty. Its first row names the columns: {', '.join(sorted(asked)) or LANGUAGE}."
        )
    wanted = {name.casefold(): name for name in (TARGET, LANGUAGE, *asked)}
    named = [wanted.get(_fact_name(cell), "") for cell in header]
    if asked and not any(named):
        raise HandbillError(
            f"{file} has no header with a column that is asked for. "
            f"Its first row must name at least one of: {', '.join(sorted(wanted.values()))}."
        )
    if not any(named):
        tell(Problem(str(file), "no post asks for anything that stands in it", FIRST_ROW, "warning"))
        return {}
    if twice := [name for name, count in Counter(filter(None, named)).items() if count > 1]:
        raise HandbillError(f'{file} has two columns named "{twice[0]}". Rename or remove one.')
    if ignored := [_short(cell.strip()) for name, cell in zip(named, header, strict=True) if cell.strip() and not name]:
        tell(Problem(str(file), f"no post asks for {', '.join(ignored)}: ignored", severity="warning"))
    return {name: place for place, name in enumerate(named) if name}


def _fact_name(cell: str) -> str:
    return re.sub(r"\W+", "_", cell.strip().casefold().removeprefix("me."))


def facts_of(told: Mapping[str, str], asks: Mapping[str, Ask], language: str) -> dict[str, str]:
    """What a campaign asks for and a supporter told, as it will stand in the words; raises BadRow."""
    found = {}
    for name, ask in asks.items():
        if typed := told.get(name):
            value = _chosen(name, typed, ask, language) if ask.choices else _typed(name, typed, ask)
            if value:
                found[name] = value
    return found


def _typed(name: str, typed: str, ask: Ask) -> str:
    value = tidy(typed)
    # Nothing counts less than one, so that a value of a million letters need not be measured.
    if len(value) > ask.longest or width(value) > ask.longest:
        raise BadRow(f'{name} "{_short(value)}" is longer than {ask.longest} letters')
    return value


def _chosen(name: str, typed: str, ask: Ask, language: str) -> str:
    for key, phrases in ask.choices.items():
        if _same(typed) in map(_same, (key, *phrases.values())):
            return say(phrases, language)
    raise BadRow(f'{name} "{_short(typed)}" is not among the choices: {", ".join(ask.choices)}')


def _sayings(named: Mapping[str, Texts]) -> dict[str, str]:
    """The key behind everything that people may write for it: the key itself, or its words in any language."""
    return {_same(said): key for key, texts in named.items() for said in (*texts.values(), key)}


@lru_cache(maxsize=4096)
def _same(said: str) -> str:
    return unicodedata.normalize("NFC", said.strip()).casefold()


def _short(said: str) -> str:
    return said if len(said) <= 40 else f"{said[:40]}…"
