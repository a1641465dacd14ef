"""Languages told from words, and named by headings."""

import re

import pytest

from bot.core.schema import LANGUAGE
from bot.core.tongue import COMMON, TONGUES, guess, named


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Two buses carry what a mile of cars does, and our town has room.", "en"),
        ("Dos autobuses llevan lo que una milla de coches. ¿Firmas?", "es"),
        ("En nuestra ciudad cabe un carril bus.", ""),
        ("En nuestra ciudad hay sitio para los autobuses.", "es"),
        ("¡Firma hoy!", "es"),
        ("Deux bus portent ce que portent les voitures, et notre rue est pour vous.", "fr"),
        ("Os ônibus levam mais pessoas e não fazem fila nas ruas.", "pt"),
        ("#CleanAir https://example.org/the/and/of", ""),
        ("Sign now", ""),
        ("California: Al Otro Lado & Pueblo Sin Fronteras", ""),
        ("THE BUSES ARE FOR ALL", "en"),
        ("", ""),
    ],
)
def test_a_language_is_told_where_enough_words_are_its_own(text: str, language: str) -> None:
    assert guess(text) == language


@pytest.mark.parametrize(
    ("heading", "language"),
    [
        ("Español", "es"),
        ("espanol:", "es"),
        ("Spanish", "es"),
        ("En español:", "es"),
        ("Sample posts in Spanish", "es"),
        ("Ejemplos de tuits (inglés)", "en"),
        ("ENGLISH VERSION", "en"),
        ("ES", "es"),
        ("Text (es)", "es"),
        ("text_en", "en"),
        ("Text", ""),
        ("Tiếng Việt", "vi"),
        ("Haitian Creole", "ht"),
        ("中文", "zh"),
        ("Why English-only forms are wrong", ""),
        ("Sample posts", ""),
        ("", ""),
        ("The Spanish we speak at home is a gift to all of our children", ""),
    ],
)
def test_a_heading_names_a_language_only_if_it_says_no_more(heading: str, language: str) -> None:
    assert named(heading) == language


def test_no_common_word_counts_for_two_languages() -> None:
    words = [word for common in COMMON.values() for word in common]
    assert sorted(words) == sorted(set(words))


def test_every_language_can_stand_in_the_name_of_a_file() -> None:
    assert all(re.fullmatch(LANGUAGE, language) for language in TONGUES)


def test_a_row_of_a_hundred_thousand_capitals_is_looked_through_once() -> None:
    assert guess("[A] " * 100_000) == ""
