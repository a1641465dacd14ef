"""Sheet: a table whose rows are posts, its columns languages, wordings, links and hashtags."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import regex

from bot.core.draft import Aside, Draft, Paper, Piece, Remark, Row
from bot.core.mend import cleaned
from bot.core.tongue import WORD, guess, named, words_of

Use = Literal["words", "language", "name", "tags", "tail", "nothing"]


class Column(NamedTuple):
    """What a column of a table holds, and in which language, as far as its head says."""

    use: Use
    language: str = ""


# What the head of a column may say, in small letters; the first that has one of its words.
HEADS: tuple[tuple[Use, frozenset[str]], ...] = (
    ("language", words_of("language lang idioma lengua locale")),
    ("tail", words_of("hashtag hashtags link links url urls enlace enlaces etiqueta etiquetas")),
    ("tags", words_of("tag tags topic topics theme category tema temas categoría")),
    ("name", words_of("name title slug id nombre título titulo")),
    (
        "words",
        words_of(
            "text texts post posts tweet tweets toot copy message messages words wording wordings caption content body "
            "alternative version option variant draft texto mensaje mensajes publicación tuit contenido alternativa "
            "versión"
        ),
    ),
)
NUMBERS = regex.compile(r"\d+[.)]?")
MOST_ABOVE = 5
"""So far down the head of a table is looked for."""
ABOVE = "a heading"
NO_POST = "a row of the table without words of a post"
LONG = 20
"""A column whose cells have fewer letters, taken together, holds no posts."""


def drafts_of(rows: Sequence[Row], language: str = "") -> Paper:
    """The drafts in a table's rows; its first one is left aside if it is the head. `language`: where none is named."""
    above, rows = _headed(rows)
    columns = _heads(rows[0].cells) if rows else []
    has_head = any(column.use == "words" for column in columns)
    body = rows[1:] if has_head else rows
    if not has_head:
        columns = _guessed(body)
    drafts = [draft for row in body if (draft := _draft(row, columns, language))]
    aside = [row for row in body if any(row.cells) and not _draft(row, columns, language)]
    return Paper(
        drafts=tuple(drafts),
        aside=(
            *(Aside(row.number, " ".join(filter(None, row.cells)), ABOVE) for row in above),
            *(Aside(row.number, " | ".join(filter(None, row.cells)), NO_POST) for row in aside),
        ),
        remarks=tuple(_unread(rows[0], body, columns)) if has_head else (),
    )


def _headed(rows: Sequence[Row]) -> tuple[Sequence[Row], Sequence[Row]]:
    """(rows above the head of the table that hold one cell each, such as its title; the table)."""
    for at, row in enumerate(rows[:MOST_ABOVE]):
        if sum(map(bool, row.cells)) > 1:
            is_head = any(column.use == "words" for column in _heads(row.cells))
            return (rows[:at], rows[at:]) if is_head else ((), rows)
    return (), rows


def _heads(cells: Sequence[str]) -> list[Column]:
    return [_head(cell) for cell in cells]


def _head(cell: str) -> Column:
    words = {word.casefold() for word in WORD.findall(cell.replace("_", " "))}
    if len(cell) > 2 * LONG:
        return Column("nothing")
    if language := named(cell.replace("_", " ")):
        return Column("words", language)
    inside = next((found for word in words if (found := named(word)) and len(word) > 2), "")
    return next((Column(use, inside) for use, heads in HEADS if heads & words), Column("nothing"))


def _guessed(rows: Sequence[Row]) -> list[Column]:
    """The columns of a table without a head: those with sentences hold words, each in the language they are in."""
    width = max((len(row.cells) for row in rows), default=0)
    columns = []
    for at in range(width):
        cells = [row.cells[at] for row in rows if at < len(row.cells) and row.cells[at]]
        is_long = sum(map(len, cells)) >= LONG * len(cells) > 0
        columns.append(Column("words", guess(" ".join(cells))) if is_long or width == 1 else Column("nothing"))
    return columns


def _draft(row: Row, columns: Sequence[Column], language: str) -> Draft | None:
    cells = [(column, text) for column, cell in zip(columns, row.cells, strict=False) if (text := cleaned(cell))]
    here = next((named(text) or text for column, text in cells if column.use == "language"), language)
    tail = " ".join(_tail(text) for column, text in cells if column.use == "tail")
    words: dict[str, tuple[Piece, ...]] = {}
    for column, text in cells:
        if column.use == "words":
            spoken = column.language or here or guess(text)
            pieces = (Piece(number=row.number, text=one, tail=tail) for one in _wordings(text))
            words[spoken] = (*words.get(spoken, ()), *pieces)
    words = {spoken: pieces for spoken, pieces in words.items() if pieces}
    if not words:
        return None
    name = next((text for column, text in cells if column.use == "name" and not NUMBERS.fullmatch(text)), "")
    tags = [tag for column, text in cells if column.use == "tags" for tag in regex.split(r"[,;\n]+", text)]
    return Draft(words=words, name=name, tags=tuple(dict.fromkeys(filter(None, map(str.strip, tags)))))


def _wordings(text: str) -> list[str]:
    """The wordings in a cell, which rows of three dashes separate."""
    return [one.strip() for one in regex.split(r"^---$", text, flags=regex.M) if one.strip()]


def _tail(text: str) -> str:
    """What a column of hashtags or links adds, each hashtag with its #."""
    words = regex.split(r"[\s,;]+", text)
    return " ".join(word if "://" in word or word.startswith(("#", "＃")) else f"#{word}" for word in words if word)


def _unread(head: Row, body: Sequence[Row], columns: Sequence[Column]) -> list[Remark]:
    """The columns that hold something and are not read."""
    return [
        Remark(head.number, f'the column "{name}" is not read', "What stands there is left aside.")
        for at, (name, column) in enumerate(zip(head.cells, columns, strict=False))
        if column.use == "nothing" and any(at < len(row.cells) and row.cells[at].strip() for row in body)
    ]
