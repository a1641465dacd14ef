"""The share pages as HTML, made of values; knows no network, no file of a campaign, no request."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

LOCALE = Path(__file__).parents[1] / "locale"
LANGUAGES = ("en", "es")
"""The languages in which the pages' own words exist; others read them in English."""
ASSETS = ("page.css", "page.js")


def html(template: str, language: str, /, **values: Any) -> str:
    """A page; the interface speaks `language` if it can, else English."""
    return _environment(language).get_template(template).render(values)


def asset(name: str) -> str:
    """A file that all pages load, as text."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def translator(language: str) -> Callable[[str], str]:
    """The pages' own words in a language, by their English ones."""
    words = catalog(language)
    return lambda message: words.get(message) or message


@lru_cache
def catalog(language: str) -> dict[str, str]:
    """What is translated: {English words: the language's}."""
    file = LOCALE / language.partition("-")[0] / "LC_MESSAGES" / "handbill.po"
    if not file.exists():
        return {}
    from babel.messages.pofile import read_po

    with file.open("rb") as source:
        return {str(one.id): str(one.string) for one in read_po(source) if one.id and one.string}


@lru_cache
def _environment(language: str) -> Environment:
    made = Environment(
        loader=PackageLoader("bot", "pages"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.i18n"],
    )  # fmt: skip
    say = translator(language)
    # The extension brings this method; its types do not say so.
    made.install_gettext_callables(say, lambda one, many, count: say(one if count == 1 else many), newstyle=True)  # type: ignore[attr-defined]
    return made
