"""Texts in several languages, and values that nobody can change."""

from dataclasses import FrozenInstanceError

import pytest

from bot.core.post import Texts, Variant, language_of, say


@pytest.mark.parametrize(
    ("texts", "said", "language"),
    [
        pytest.param({"en": "air", "es": "aire"}, "aire", "es", id="the language itself"),
        pytest.param({"en": "air", "": "*"}, "*", "pt", id="else the one for all"),
        pytest.param({"en": "air", "fr": "l'air"}, "air", "en", id="else the first"),
        pytest.param({"es": "", "en": "air"}, "", "es", id="an empty one if it was meant so"),
        pytest.param({}, "", "es", id="else nothing"),
    ],
)
def test_a_text_is_said_in_a_language(texts: Texts, said: str, language: str) -> None:
    assert say(texts, "es") == said
    assert language_of(texts, "es", first="pt") == language


def test_nobody_changes_the_words_of_a_variant() -> None:
    variant = Variant(text="Clean air now.")
    with pytest.raises(FrozenInstanceError):
        variant.text = "Something else."  # type: ignore[misc]
