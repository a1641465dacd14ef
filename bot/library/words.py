"""One file of a post: its facts, its wordings, and every fault in it by its line."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import regex

from bot.core import schema
from bot.core.post import Wording, Words
from bot.core.problem import Problem
from bot.core.schema import Fault
from bot.library.files import language_of, name_of, read_text, shown, told_text

FENCE, BETWEEN = "+++", "---"
# What mail programs and word processors make of a row of three dashes, and what people type instead.
RULE = regex.compile(r"\s*+(?:[\p{Pd}\u2212_*]\s*+)++|\s*+(?:[=~]\s*+){2,}+")
NAME = re.compile(r"\w[\w -]*(\.[\w -]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of a post as read: its parsed facts, its words, and where the facts stand."""

    path: Path
    where: str
    language: str
    facts: Mapping[str, Any]
    head: str
    words: Words
    raw: bytes
    written: float
    problems: tuple[Problem, ...]

    def at(self, fault: Fault) -> Problem:
        """The fault with its line."""
        return schema.placed(fault, self.head, self.where, 2)


def read_file(path: Path, first: str, keys: schema.Schema, base: Path, instead: bytes | None = None) -> File:
    """Read one file; without a language in its name it is in the campaign's `first`.

    `instead`: the bytes it would hold, of a file that is just being written.
    """
    where = shown(path, base)
    text, raw, written, problems = read_text(path, where) if instead is None else told_text(instead, where)
    head, body, begins, faults = _split(text, where)
    facts: dict[str, Any] = {}
    if head:
        facts, found = schema.read(head, keys, where, 2)
        faults += found
    wordings: list[Wording] = []
    if text or not problems:
        wordings, found = _wordings(body, begins, where) if begins else ([], [])
        faults += found
    return File(
        path=path, where=where, language=language_of(path) or first, facts=facts, head=head, raw=raw,
        written=written, words=_words(wordings, facts, head, where), problems=(*_name(path, where), *problems, *faults),
    )  # fmt: skip


def _name(path: Path, where: str) -> list[Problem]:
    """What is wrong with a file's name."""
    if Path(path.stem).suffix.lower() == ".txt":
        return [Problem(where, "this file's name ends in .txt twice", f"Rename it: {Path(path.stem).name}")]
    name, _, last = name_of(path).rpartition(".")
    if name and not language_of(path) and re.fullmatch(schema.LANGUAGE, last, re.IGNORECASE):
        hint = "Write it like court-date.es.txt or court-date.pt-BR.txt"
        return [Problem(where, f'"{last}" is no language', hint)]
    if not NAME.fullmatch(name_of(path)):
        hint = "Use letters, digits and -: court-date.en.txt"
        return [Problem(where, "this file's name cannot be a post's name", hint)]
    return []


def _split(text: str, where: str) -> tuple[str, str, int, list[Problem]]:
    """(facts, words, the line where the words begin or 0 if nobody can tell, problems)."""
    if not text.startswith(FENCE):
        return "", text, 1, []
    rows = text.split("\n")
    if rows[0].rstrip() != FENCE:
        hint = "Put the facts on rows of their own."
        return "", "", 0, [Problem(f"{where}:1", "the first row must be +++ alone", hint)]
    for number, row in enumerate(rows[1:], 1):
        if row.rstrip() == FENCE:
            return "\n".join(rows[1:number]), "\n".join(rows[number + 1 :]), number + 2, []
    hint = "Write a second row +++ between facts and words."
    return "", "", 0, [Problem(f"{where}:1", "the facts have no end", hint)]


def _wordings(body: str, begins: int, where: str) -> tuple[list[Wording], list[Problem]]:
    wordings: list[Wording] = []
    problems: list[Problem] = []
    rows: list[str] = []
    for number, row in enumerate([*body.split("\n"), BETWEEN], begins):
        if row.rstrip() != BETWEEN:
            problems += _row(row, f"{where}:{number}")
            rows.append(row)
            continue
        first = number - len(rows) + next((place for place, words in enumerate(rows) if words.strip()), 0)
        if words := "\n".join(rows).strip():
            wordings.append(Wording(text=words, where=f"{where}:{first}"))
        else:
            hint = "Write some, or take the row --- out."
            problems.append(Problem(f"{where}:{min(first, number)}", "there are no words here", hint))
        rows = []
    return wordings, problems


def _row(row: str, where: str) -> list[Problem]:
    if row.rstrip() == FENCE:
        return [Problem(where, "a row +++ among the words", "Facts stand at the very top of the file.")]
    if RULE.fullmatch(row):
        return [Problem(where, f'"{row.strip()}" does not separate wordings', "Write exactly three dashes: ---")]
    return []


def _words(wordings: list[Wording], facts: Mapping[str, Any], head: str, where: str) -> Words:
    def wording(text: str | None, *path: str) -> Wording | None:
        return Wording(text=text, where=f"{where}:{1 + schema.locate(head, path)}") if text else None

    own = {name: wording(text, "text", name) for name, text in (facts.get("text") or {}).items()}
    return Words(
        wordings=tuple(wordings),
        short=wording(facts.get("short"), "short"),
        own={name: found for name, found in own.items() if found},
        title=wording(facts.get("title"), "title"),
        alt=(facts.get("image") or {}).get("alt") or "",
    )
