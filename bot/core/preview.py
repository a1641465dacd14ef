"""Preview: a text in the pieces that a network will show: plain words, and what it makes tappable there."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bot.core.links import short_link
from bot.core.network import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of a text: `text` as written, `shown` as readers see it (links without scheme, long ones cut)."""

    kind: Literal["words", "link", "hashtag", "mention", "cashtag"] = "words"
    text: str

    @property
    def shown(self) -> str:
        """The stretch as readers see it."""
        return short_link(self.text) if self.kind == "link" else self.text


def pieces(text: str, network: Network) -> Iterator[Piece]:
    """The pieces of a text, in order; joined by their `text` they are the text."""
    after = 0
    for one in network.entities(text) if network.entities else ():
        if one.start < after:
            continue
        if text[after : one.start]:
            yield Piece(text=text[after : one.start])
        yield Piece(kind=one.kind, text=text[one.start : one.end])
        after = one.end
    if text[after:]:
        yield Piece(text=text[after:])
