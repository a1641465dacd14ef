"""The pages' own words: each is translated, and none is left over."""

import re

import pytest

from bot import networks
from bot.pages import LOCALE, catalog, html, instead, messages, translator, untranslated
from bot.pages.values import Told
from tests.web.words import is_said

TRANSLATED = [folder.name for folder in LOCALE.iterdir() if folder.is_dir()]


def test_what_is_translated_is_whole() -> None:
    assert "es" in TRANSLATED
    for language in (*TRANSLATED, "es-MX", "en"):
        assert untranslated(language) == [] and instead(language) == ""


def test_no_translation_is_of_words_that_are_gone() -> None:
    assert [one for one in catalog("es") if one not in messages() and not is_said(one)] == []


def test_a_place_in_words_stands_in_the_translation_too() -> None:
    place = re.compile(r"%\(\w+\)s|%s")
    for english, spanish in catalog("es").items():
        assert set(place.findall(spanish)) == set(place.findall(english)), english
        assert "%" not in place.sub("", spanish), english


def test_a_language_without_translation_speaks_english_and_that_is_known() -> None:
    assert translator("fr")("Copy") == "Copy" and "Copy" in untranslated("fr") and instead("fr") == "en"


def test_what_networks_ask_a_supporter_is_among_the_words() -> None:
    asked = {field.help for network in networks.load().values() for field in network.share_fields}
    assert asked <= set(messages())


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_words_of_others_cannot_become_html(language: str) -> None:
    page = html(
        "door.html", language, title=Told(words="<b>&"), links=[(Told(words="<i>", language="<u>"), "a/", "en")],
        root="", language=language, direction="ltr", absolute="", colours="",
    )  # fmt: skip
    assert not {"<b>", "<i>", "<u>"} & set(re.findall("<.*?>", page)) and "&lt;b&gt;&amp;" in page
