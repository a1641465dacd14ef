"""Posts that say nearly the same are told."""

import pytest

from bot.core.alike import alike
from bot.core.draft import Draft, Piece

FIRST = "Two buses carry what a mile of cars does."


def told(*texts: str) -> list[int]:
    drafts = [Draft(words={"en": (Piece(number=number, text=text),)}) for number, text in enumerate(texts, 1)]
    return [remark.number for remark in alike(drafts)]


def test_a_word_exchanged_is_told_with_the_words_it_is_like() -> None:
    drafts = [
        Draft(words={"en": (Piece(number=1, text=FIRST),)}),
        Draft(words={"en": (Piece(number=2, text="Two trams carry what a mile of cars does!"),)}),
    ]
    assert [remark.what for remark in alike(drafts)] == [f'nearly the same words stand in "{FIRST}"']


@pytest.mark.parametrize(
    "other",
    [
        "Two buses carry what a mile of cars does #Air",
        "Ten trains move what any lorry on a street would.",
        "Two buses.",
    ],
    ids=["the same, told elsewhere", "other words", "fewer words"],
)
def test_what_is_the_same_or_other_is_not(other: str) -> None:
    assert told(FIRST, other) == []


def test_wordings_of_a_post_and_other_languages_may_be_alike() -> None:
    pieces = (Piece(number=1, text=FIRST), Piece(number=2, text=FIRST.replace("buses", "trams")))
    assert alike([Draft(words={"en": pieces})]) == []
    assert alike([Draft(words={"en": pieces[:1]}), Draft(words={"es": pieces[1:]})]) == []
