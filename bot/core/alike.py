"""Alike: posts of a document that say nearly the same."""

from collections.abc import Iterable
from textwrap import shorten

from bot.core.draft import Draft, Remark
from bot.core.rotate import sameness
from bot.core.tongue import words_in

FEW = 6
"""Texts of fewer different words are alike by chance."""
NEARLY = 0.8


def alike(drafts: Iterable[Draft]) -> list[Remark]:
    """A remark for each wording that shares four fifths of its words with an earlier one of another post.

    Those that differ in marks only are left to whoever compares the posts as a library has them.
    """
    seen: list[tuple[int, str, str, frozenset[str]]] = []
    remarks: list[Remark] = []
    for post, draft in enumerate(drafts):
        for language, pieces in draft.words.items():
            for piece in pieces:
                words = frozenset(words_in(piece.text))
                one = (post, language, piece.text, words)
                if len(words) >= FEW and (other := next((text for text in _like(one, seen)), "")):
                    remarks.append(Remark(piece.number, f'nearly the same words stand in "{_short(other)}"', REWORD))
                seen.append(one)
    return remarks


REWORD = "Reword one of them; networks count copies as spam."


def _like(
    one: tuple[int, str, str, frozenset[str]], seen: Iterable[tuple[int, str, str, frozenset[str]]]
) -> Iterable[str]:
    """The texts of `seen` that are like one, in the same language and of another post."""
    post, language, text, words = one
    for other_post, other_language, other, others in seen:
        if other_post == post or other_language != language or not _is_near(len(words), len(others)):
            continue
        if len(words & others) >= NEARLY * len(words | others) and sameness(text) != sameness(other):
            yield other


def _is_near(one: int, other: int) -> bool:
    return min(one, other) >= NEARLY * max(one, other)


def _short(text: str) -> str:
    return shorten(text, 50, placeholder=" …")
