"""What a TOML file may hold, as data: every key with its kind, every fault with its line."""

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import regex

from bot.core.problem import Problem, Severity
from bot.core.text import faults as unseen_in

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong at `path` of a file, not yet knowing its line."""

    path: Path
    what: str
    hint: str = ""
    severity: Severity = "error"


class Bad(ValueError):
    """A value is not what its key needs: what is wrong, and what to write instead."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what, self.hint = what, hint


Faults = list[Fault]
# TOML values come as anything; each kind below turns one into the type its name says.
Kind = Callable[[Any, Path, Faults], Any]
Schema = Mapping[str, Kind]


# Reading a key takes time with the square of its dots, and Python writes no number that is longer.
DOTS = 1000
NUMBER = re.compile(r"(?<!\w)(?:\d|0[box])[\da-fA-F_]{999}")
# No fault stands deeper in a file.
DEEPEST = 9


def parse(text: str, where: str, first: int = 1) -> tuple[dict[str, Any], list[Problem]]:
    """Read TOML whose first line is line `first` of the file `where`."""
    for number, row in enumerate(text.split("\n"), first):
        if row.count(".") > DOTS or NUMBER.search(row):
            return {}, [Problem(f"{where}:{number}", "this row is far too long", "Write it with fewer signs.")]
    try:
        return tomllib.loads(text), []
    except tomllib.TOMLDecodeError as error:
        return {}, [_syntax_problem(text, str(error), where, first)]
    except RecursionError:
        return {}, [Problem(where, "too many brackets stand within each other", "Look where one was not closed.")]


def read(text: str, schema: Schema, where: str, first: int = 1) -> tuple[dict[str, Any], list[Problem]]:
    """Read TOML by `schema`: (values by key, every problem in it)."""
    values, problems = parse(text, where, first)
    if problems:
        return {}, problems
    faults: Faults = []
    found = table(schema)(values, (), faults)
    return found, [placed(fault, text, where, first) for fault in faults]


def placed(fault: Fault, text: str, where: str, first: int = 1) -> Problem:
    """The fault with the line of the file where its key stands."""
    return Problem(f"{where}:{first - 1 + locate(text, fault.path)}", fault.what, fault.hint, fault.severity)


KEY = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
DOTTED = rf"{KEY}(?:\s*\.\s*{KEY})*"
HEADER = re.compile(rf"\s*(\[\[?)\s*({DOTTED})\s*\]\]?\s*(?:#.*)?")
SETS = re.compile(rf"\s*({DOTTED})\s*=")


def locate(text: str, path: Path) -> int:
    """The line (from 1) of `text` where the key at `path` is written, or the closest above it."""
    lines = _lines(text)
    return next((lines[path[:depth]] for depth in range(len(path), 0, -1) if path[:depth] in lines), 1)


@lru_cache(maxsize=1)
def _lines(text: str) -> Mapping[Path, int]:
    """Each heading and key, and each that they are in, with the line where it is written first."""
    found: dict[Path, int] = {}
    for number, here in _written(text):
        for depth in range(1, min(len(here), DEEPEST) + 1):
            found.setdefault(here[:depth], number)
    return found


def _written(text: str) -> Iterator[tuple[int, Path]]:
    """Each heading and key of a TOML text with its line."""
    at: Path = ()
    seen: Counter[Path] = Counter()
    inside = ""
    for number, row in enumerate(text.split("\n"), 1):
        if not inside and (header := HEADER.fullmatch(row)):
            at = _names(header[2])
            if header[1] == "[[":
                seen[at] += 1
                at = (*at, seen[at] - 1)
            yield number, at
        elif not inside and (key := SETS.match(row)):
            yield number, (*at, *_names(key[1]))
        for quotes in re.findall("'''|\"\"\"", row):
            # Rows between threefold quotes are words, whatever they look like.
            inside = "" if inside == quotes else inside or quotes


def _names(dotted: str) -> Path:
    return tuple(part.strip("\"'") for part in re.findall(KEY, dotted))


def _syntax_problem(text: str, error: str, where: str, first: int) -> Problem:
    rows = text.rstrip().split("\n")
    number = _row(rows, error)
    return Problem(f"{where}:{first - 1 + number}", *_syntax_words(rows[number - 1], error))


def _row(rows: list[str], error: str) -> int:
    """The row (from 1) where a person would look for the fault: what was never closed is where it was opened."""
    place = re.search(r"at line (\d+)", error)
    number = min(int(place[1]), len(rows)) if place else len(rows)
    opened = None
    if quote := re.search("Unterminated|Expected \"(?=('))", error):
        opened = [row.count(quote[1] or '"') % 2 == 1 for row in rows[:number]]
    elif re.search("Unclosed array|Invalid value", error):
        opened = [re.search(r"=\s*\[[^\]]*$|=\s*\[\s*#\w", QUOTED.sub("", row)) is not None for row in rows[:number]]
    if not opened or opened[-1] or True not in opened or _is_value(rows[number - 1], error):
        return number
    return len(opened) - opened[::-1].index(True)


def _is_value(row: str, error: str) -> bool:
    """Whether the fault is in the value of this very row."""
    return (
        "Invalid value" in error
        and re.match(rf"{SETS.pattern}\s*[^\s\w\"'\[{{]|{SETS.pattern}\s*[^\W\d]", row) is not None
    )


QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|' + r"'[^']*'")
VALUE = r"=\s*(?:\[(?:[^\]]*,)?\s*)?"
CURLY = "[\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb]"
# What tomllib says, how the row looks with "" for each quoted text: what to tell a person. The first that matches.
SYNTAX = (
    ("overwrite|twice|Duplicate", "", "this key stands there twice", "Keep one of the two."),
    ("", VALUE + CURLY, "curly quotes around a value", "Use straight quotes: \"…\" or '…'."),
    ("", rf"[\"'][^\"']+{CURLY}[\s,\]}}]*$", "curly quotes around a value", "Use straight quotes: \"…\" or '…'."),
    (r"Unescaped|Invalid hex", "", "a \\ inside \"…\" has a meaning of its own", "Put '…' around this text."),
    (r"Illegal character '\\n'|Unterminated|Expected \"", "", "a quote is missing at the end of the text", "Add it."),
    (
        "", r'""[^\s,\]}#=.]', "a quote inside the text ends it",
        "Put \"…\" around text that holds ', and '…' around text that holds \".",
    ),
    ("", VALUE + r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}", "this is no day", "Write it like from = 2026-12-01."),
    ("", VALUE + r"\d{1,2}:\d\d", "a time of day needs quotes", 'Write it like times = ["09:00", "17:30"].'),
    ("", VALUE + r"\d+\s*[a-z]+\b", "a length of time needs quotes", 'Write it like rest = "14d".'),
    ("", VALUE + r"#\w", "a hashtag needs quotes, else it is read as a comment", 'Write hashtags = ["#CleanAir"].'),
    (
        "", r"=\s*(?i:true|false|yes|no)\s*(?:#.*)?$",
        "true and false are written in small letters", "Write true or false.",
    ),
    ("", VALUE + r"(?!(?:true|false)\b)(?:[^\W\d]|@)", "text needs quotes", 'Write it like title = "Clean air".'),
    ("", r'""\s+""', "a comma is missing between two values", 'Write them like ["one", "two"].'),
    ("Unclosed array", "", "this list has no end", "Close it with ]."),
    ("inline table|key part", r"\{", "these braces cannot be read", 'Write it on one row: { file = "…", alt = "…" }.'),
    (r"Expected '\]", "", "this heading has no end", "Write it like [links]."),
    ("Expected newline", r'""\s+[\w-]+\s*=', "two facts stand on one row", "Put each on a row of its own."),
    ("", r"=\s*(?:#.*)?$", "this key has no value", "Fill it in, or leave the row out."),
    ("", r"^\s*[\w-]+\s*:", "a key and its value are joined by =", 'Write it like title = "Clean air".'),
    ("Expected '='", "", "this is no fact", 'Each row is one word, =, and a value: title = "Clean air".'),
)  # fmt: skip


def _syntax_words(row: str, error: str) -> tuple[str, str]:
    bare = QUOTED.sub('""', row)
    for said, looks, what, hint in SYNTAX:
        if re.search(said, error) and re.search(looks, bare):
            return what, hint
    return f"this cannot be read: {error[0].lower()}{error[1:]}", "Look for a missing quote or bracket."


def near(name: str, names: Sequence[str]) -> str:
    """A hint that names the closest of `names`, or else lists them."""
    if close := get_close_matches(name, names, 1):
        return f'Did you mean "{close[0]}"?'
    return f"Known here: {', '.join(names)}." if names else ""


# Kinds. Each takes (value, path, faults), reports what is wrong, returns the parsed value or None.


def table(schema: Schema, *, required: Sequence[str] = ()) -> Kind:
    """A table whose keys are known."""

    def kind(value: Any, path: Path, faults: Faults) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            faults.append(Fault(path, f"`{_said(path)}` must be a table", "Write it like { key = value }."))
            return {}
        for name in value:
            if name not in schema:
                faults.append(Fault((*path, name), f"unknown key `{name}`", near(name, sorted(schema))))
        for name in required:
            if name not in value:
                faults.append(Fault(path, f"`{name}` is missing", f"Add a row {name} = …"))
        return {name: schema[name](value[name], (*path, name), faults) for name in value if name in schema}

    return kind


# A language as BCP 47 writes it, in the short forms people use: en, es, pt-BR, zh-Hant.
LANGUAGE = r"[a-z]{2,3}(-([A-Z][a-z]{3}|[A-Z]{2}))?"
NAME = r"[A-Za-z0-9][\w-]*"
HINTS = {
    NAME: "Use letters, digits, - and _.",
    LANGUAGE: 'Name a language, like "en", "es" or "pt-BR".',
}


def named(each: Kind, pattern: str = NAME, hint: str = "Begin with a letter; use only letters, digits and _.") -> Kind:
    """A table whose keys are names that the writer chose."""

    def kind(value: Any, path: Path, faults: Faults) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            faults.append(Fault(path, f"`{_said(path)}` must be a table", f"Write [{_said(path)}] above it."))
            return {}
        for name in value:
            if not re.fullmatch(pattern, name):
                faults.append(Fault((*path, name), f'"{name}" is no usable name', HINTS.get(pattern, hint)))
        return {name: each(item, (*path, name), faults) for name, item in value.items()}

    return kind


def many(each: Kind) -> Kind:
    """A list of values of one kind."""

    def kind(value: Any, path: Path, faults: Faults) -> tuple[Any, ...]:
        if not isinstance(value, list):
            faults.append(Fault(path, f"`{_said(path)}` must be a list", f"Write it in brackets: [{value!r}]."))
            return ()
        return tuple(each(item, (*path, number), faults) for number, item in enumerate(value))

    return kind


def leaf(check: Callable[[Any], Any]) -> Kind:
    """A single value, judged by `check`, which raises Bad."""

    def kind(value: Any, path: Path, faults: Faults) -> Any:
        try:
            return check(value)
        except Bad as bad:
            faults.append(Fault(path, f"`{_said(path)}` {bad.what}", bad.hint))
            return None

    return kind


def _said(path: Path) -> str:
    names = [str(part) for part in path if isinstance(part, str)]
    return ".".join(names)


LONGEST = 10_000


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Bad("must be text", f'Write it in quotes: "{value}".')
    if not value.strip():
        raise Bad("is empty", "Fill it in, or leave the row out.")
    if len(value) > LONGEST:
        raise Bad(f"is longer than {LONGEST:,} letters", "No network takes that much; shorten it.")
    if not (value.isascii() and value.isprintable()) and (unseen := unseen_in(value, "")):
        raise Bad(f"holds {unseen[0].what}", unseen[0].hint)
    return unicodedata.normalize("NFC", value.strip())


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Bad("must be true or false", "Write true or false without quotes.")
    return value


def _day(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise Bad("must be a day", "Write it without quotes: 2026-12-01.")


def as_clock(value: Any) -> time:
    """A time of day written "09:00"; raises Bad."""
    if isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        return time.fromisoformat(value)
    raise Bad("must be a time of day", 'Write hours and minutes: "09:00" or "17:30".')


UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def as_duration(value: Any) -> timedelta:
    """A length of time written "14d", "6h" or "30m"; raises Bad."""
    if isinstance(value, str) and (match := re.fullmatch(r"(\d{1,4})\s*([mhdw])", value.strip())):
        return timedelta(**{UNITS[match[2]]: int(match[1])})
    raise Bad("must be a length of time", 'Write it like "14d", "6h" or "30m".')


HOST = regex.compile(r"[^\s.]+(?:\.[^\s.]+)+")


def _address(value: Any) -> str:
    words = _text(value)
    try:
        parts = urlsplit(words)
        whole = parts.scheme in ("http", "https") and HOST.fullmatch(parts.hostname or "") and parts.port != 0
    except ValueError:
        whole = None
    if not whole or regex.search(r"\s", words):
        raise Bad("must be a whole address", f'Write it like "https://example.org/page"; this is "{words}".')
    return words


def _origin(value: Any) -> str:
    words = _address(value)
    parts = urlsplit(words)
    host = parts.hostname or ""
    if parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc or ":" in host:
        raise Bad(
            "must be a name of its own, not a page or a folder of a site",
            f'Write it like "https://desk.example.org"; this is "{words}".',
        )
    try:
        name = host.encode("idna").decode()  # as browsers ask for it
    except UnicodeError:
        raise Bad("must be a whole address", f'Write it like "https://desk.example.org"; this is "{words}".') from None
    is_usual = parts.port in (None, {"http": 80, "https": 443}[parts.scheme])
    return f"{parts.scheme}://{name}" + ("" if is_usual else f":{parts.port}")


# Written so, every network links it whole: X, Bluesky and Mastodon differ in all that is left out here.
HASHTAG = regex.compile(r"#[\p{L}\p{M}][\p{L}\p{M}\p{Nd}_]{0,49}(?<!_)")


def _hashtag(value: Any) -> str:
    words = _text(value)
    if words.startswith("＃"):
        words = "#" + words[1:]
    if HASHTAG.fullmatch(words):
        return words
    if not words.startswith("#"):
        raise Bad(f'"{words}" has no #', f'Write it like "#{words}".')
    raise Bad(
        f'"{words}" is not linked whole on every network',
        "Use only letters, digits and _, a letter first, at most 50, no _ at the end.",
    )


def whole(low: int, high: int) -> Kind:
    """A whole number between two bounds, both allowed."""

    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise Bad(f"must be a whole number from {low} to {high}", "Write it without quotes.")
        return value

    return leaf(check)


def one_of(names: Sequence[str], what: str) -> Kind:
    """One of the known names of a kind of thing."""

    def check(value: Any) -> str:
        words = _text(value)
        if words not in names:
            raise Bad(f'names an unknown {what} "{words}"', near(words, list(names)))
        return words

    return leaf(check)


text = leaf(_text)
flag = leaf(_flag)
day = leaf(_day)
clock = leaf(as_clock)
duration = leaf(as_duration)
address = leaf(_address)
origin = leaf(_origin)
hashtag = leaf(_hashtag)


def by_language(each: Kind = text) -> Kind:
    """One value for all languages, or a table of them by language: {"": …} or {"en": …, "es": …}."""

    def kind(value: Any, path: Path, faults: Faults) -> dict[str, Any]:
        if isinstance(value, Mapping):
            return dict(named(each, LANGUAGE)(value, path, faults))
        return {"": each(value, path, faults)}

    return kind


def _language(value: Any) -> str:
    words = _text(value)
    if not re.fullmatch(LANGUAGE, words):
        raise Bad(f'"{words}" is no language', 'Write it like "en", "es" or "pt-BR".')
    return words


language = leaf(_language)
