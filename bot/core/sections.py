"""One part of a TOML text changed; all else stays as it stands, byte for byte."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import tomlkit

Value = str | int | float | list[str]
Told = Mapping[str, Value | None]
"""Keys with the values they shall have; None: the key shall not stand there."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole lines of a TOML text that mean one thing: a heading, a key with its value; or nothing."""

    text: str
    says: Mapping[str, Any] = field(default_factory=dict)
    is_heading: bool = False


def pieces(text: str) -> list[Piece]:
    """A text cut up so that its pieces, joined, are the text; ValueError where that is not TOML."""
    return list(_pieces(re.findall(r"[^\n]*\n|[^\n]+", text)))


def _pieces(lines: Sequence[str]) -> Iterator[Piece]:
    rest = iter(lines)
    for line in rest:
        start = line.lstrip(" \t")[:1]
        if start in ("", "#", "\n", "\r"):
            yield Piece(line)
        else:
            whole = line
            while (says := _said(whole)) is None:
                whole += next(rest, "") or _raise(whole)
            yield Piece(whole, says, start == "[")


def _said(text: str) -> dict[str, Any] | None:
    """What lines say; None while their value goes on below them."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _raise(text: str) -> str:
    raise ValueError(f"this is no TOML: {text[:40]}")


def with_keys(text: str, told: Told) -> str:
    """The text with these keys at its top, above all headings."""
    parts = pieces(text)
    end = _next_heading(parts, 0)
    return _sure(text, _joined(_kept(parts[:end], told, _newline(text)), parts[end:]), {**tomllib.loads(text), **told})


def with_row(text: str, heading: str, number: int, told: Told) -> str:
    """The text with other values in a row of `[[heading]]` (the first is 0); ValueError where that cannot be done."""
    parts = pieces(text)
    changed = _below(parts, _heading(parts, heading, number), told, _newline(text))
    values = tomllib.loads(text)
    values[heading][number].update(told)
    return _sure(text, changed, values)


def with_section(text: str, path: Sequence[str], told: Told) -> str:
    """The text with other values in the section `[a.b]`, made at the end if it is missing; ValueError as `with_row`."""
    parts, newline, values = pieces(text), _newline(text), tomllib.loads(text)
    says = _nested(path)
    at = next((number for number, one in enumerate(parts) if one.is_heading and one.says == says), len(parts))
    if at == len(parts):
        if all(value is None for value in told.values()):
            return text
        parts = [*_ended(parts, newline), *([Piece(newline)] if parts else [])]
        at = len(parts)
        parts.append(Piece(f"[{'.'.join(path)}]{newline}", says, is_heading=True))
    section = values
    for name in path:
        section = section.setdefault(name, {})
    section.update(told)
    return _sure(text, _below(parts, at, told, newline), values)


def _nested(path: Sequence[str]) -> dict[str, Any]:
    return {path[0]: _nested(path[1:])} if path else {}


def _below(parts: Sequence[Piece], heading: int, told: Told, newline: str) -> str:
    """The text of all pieces, with other values below the heading that stands at this place among them."""
    start = heading + 1
    end = _next_heading(parts, start)
    return _joined(_ended(parts[:start], newline), _kept(parts[start:end], told, newline), parts[end:])


def with_new_row(text: str, heading: str, told: Told) -> str:
    """The text with one more row of `[[heading]]`, below the others or at the end; ValueError as `with_row`."""
    parts, newline = pieces(text), _newline(text)
    there = _headings(parts, heading)
    at = _own(parts, there[-1])[1] if there else len(parts)
    before = _ended(parts[:at], newline)
    row = [
        Piece(f"[[{heading}]]{newline}"),
        *(_key(name, value, newline) for name, value in told.items() if value is not None),
    ]
    changed = _joined(before, [Piece(newline)] if before else [], row, parts[at:])
    values = tomllib.loads(text)
    return _sure(text, changed, {**values, heading: [*values.get(heading, []), dict(told)]})


def without_row(text: str, heading: str, number: int) -> str:
    """The text without a row of `[[heading]]` and the comments that touch it; ValueError as `with_row`."""
    parts = pieces(text)
    start, end = _own(parts, _heading(parts, heading, number))
    if start and _is_blank(parts[start - 1]) and (end == len(parts) or _is_blank(parts[end])):
        start -= 1
    values = tomllib.loads(text)
    rows = [row for at, row in enumerate(values[heading]) if at != number]
    return _sure(text, _joined(parts[:start], parts[end:]), {**values, heading: rows or None})


def _headings(parts: Sequence[Piece], heading: str) -> list[int]:
    """Where each row of `[[heading]]` begins."""
    return [at for at, one in enumerate(parts) if one.is_heading and one.says == {heading: [{}]}]


def _heading(parts: Sequence[Piece], heading: str, number: int) -> int:
    there = _headings(parts, heading)
    if number not in range(len(there)):
        raise ValueError(f"this text has no [[{heading}]] of that number")
    return there[number]


def _next_heading(parts: Sequence[Piece], start: int) -> int:
    return next((at for at in range(start, len(parts)) if parts[at].is_heading), len(parts))


def _own(parts: Sequence[Piece], at: int) -> tuple[int, int]:
    """From where to where (excluded) a row goes whose heading is `at`: with the comments that touch it.

    A comment above it that touches the lines before is theirs.
    """
    start, last = at, _next_heading(parts, at + 1)
    while start and _is_comment(parts[start - 1]):
        start -= 1
    start = at if start and not _is_blank(parts[start - 1]) else start
    end = max((number + 1 for number in range(at, last) if parts[number].says), default=at + 1)
    while end < last and _is_comment(parts[end]):
        end += 1
    return start, end


def _is_blank(piece: Piece) -> bool:
    return not piece.text.strip()


def _is_comment(piece: Piece) -> bool:
    return not piece.says and not _is_blank(piece)


def _kept(parts: Sequence[Piece], told: Told, newline: str) -> list[Piece]:
    """These lines with other values; keys that are new stand below the last one."""
    dropped = {name for name, value in told.items() if value is None}
    kept = [_changed(one, told) for one in parts if not dropped & one.says.keys()]
    there = {name for one in parts for name in one.says}
    at = max((number + 1 for number, one in enumerate(kept) if one.says), default=0)
    new = [_key(name, value, newline) for name, value in told.items() if value is not None and name not in there]
    return [*(_ended(kept[:at], newline) if new else kept[:at]), *new, *kept[at:]]


def _changed(piece: Piece, told: Told) -> Piece:
    """A key with another value, if it is to have one; the comment beside it stays."""
    name = next(iter(piece.says), "")
    if name not in told or told[name] == piece.says[name]:
        return piece
    document = tomlkit.parse(piece.text)
    document[name] = told[name]
    return Piece(tomlkit.dumps(document), piece.says)


def _key(name: str, value: Value | None, newline: str) -> Piece:
    return Piece(tomlkit.dumps({name: value}).rstrip("\n") + newline, {name: value})


def _ended(parts: Sequence[Piece], newline: str) -> list[Piece]:
    """These lines, the last one ended."""
    if not parts or parts[-1].text.endswith("\n"):
        return list(parts)
    return [*parts[:-1], Piece(parts[-1].text + newline, parts[-1].says, parts[-1].is_heading)]


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _joined(*parts: Sequence[Piece]) -> str:
    return "".join(one.text for some in parts for one in some)


def _sure(before: str, after: str, values: Mapping[str, Any]) -> str:
    """The text after, which must say these values; ValueError where its writer has a way of their own."""
    if tomllib.loads(after) != _without_none(values):
        raise ValueError("this did not come out as it was meant")
    return after


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_none(one) for name, one in value.items() if one is not None}
    return [_without_none(one) for one in value] if isinstance(value, list) else value
