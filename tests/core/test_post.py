"""Texts in several languages, and values that nobody can change."""

from dataclasses import FrozenInstanceError

import pytest

from bot.core.post import Texts, Variant, say


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        pytest.param({"en": "air", "es": "aire"}, "aire", id="the language itself"),
        pytest.param({"en": "air", "": "*"}, "*", id="else the one for all"),
        pytest.param({"en": "air", "fr": "l'air"}, "air", id="else the first"),
        pytest.param({"es": "", "en": "air"}, "", id="an empty one if it was meant so"),
        pytest.param({}, "", id="else nothing"),
    ],
)
def test_a_text_is_said_in_a_language(texts: Texts, said: str) -> None:
    assert say(texts, "es") == said


def test_nobody_changes_the_words_of_a_variant() -> None:
    variant = Variant(text="Clean air now.")
    with pytest.raises(FrozenInstanceError):
        variant.text = "Something else."  # type: ignore[misc]
