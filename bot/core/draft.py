"""Draft: what a document that somebody shares is made of, and the posts found in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

Kind = Literal["words", "bullet", "heading", "rule", "cells", "blank"]


class Row(NamedTuple):
    """A row of a document, with its number (from 1) there; `cells` where it belongs to a table.

    `level`: of a heading; 0 is the title of the whole.
    """

    number: int
    text: str
    kind: Kind = "words"
    cells: tuple[str, ...] = ()
    level: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One wording as it stands in the document, and in which row; `tail`: links and hashtags of other columns."""

    number: int
    text: str
    tail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One post of a document: its wordings by language ("": nobody can tell), what it is called there, and its tags."""

    words: Mapping[str, tuple[Piece, ...]]
    name: str = ""
    tags: tuple[str, ...] = ()

    @property
    def number(self) -> int:
        """The first row where it stands."""
        return min(piece.number for pieces in self.words.values() for piece in pieces)


class Remark(NamedTuple):
    """Something a person should know of a row of the document: what, and what to do."""

    number: int
    what: str
    hint: str


class Aside(NamedTuple):
    """What of a document is in no post, and why it is none."""

    number: int
    text: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What was found in a document: its title ("" if it has none), drafts, what is left aside, remarks."""

    title: str = ""
    drafts: tuple[Draft, ...] = ()
    aside: tuple[Aside, ...] = ()
    remarks: tuple[Remark, ...] = ()
