"""The share pages as HTML, made of values; knows no network, no file of a campaign, no request."""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bot.pages.at_desk import at_desk
from bot.pages.values import Told

LOCALE = Path(__file__).parents[1] / "locale"
ASSETS = ("page.css", "page.js", "icon.svg")
# What the page's script says; "%s" stands for a name or a number.
SAID = {
    "copied": "Copied.",
    "opened": "Copied. If the words are missing over there, paste them.",
    "steps": "Copied. Now: 1. Go to %s, which opens. 2. Paste the words. 3. Post.",
    "failed": "This browser does not let us copy. Press and hold the marked words, then choose Copy.",
    "missing": "Opened, but this browser does not let us copy. If the words are missing there, copy the marked ones.",
    "shared": "Passed on.",
    "unshared": "Nothing was shared. You can copy the words instead.",
    "left": "%s left",
    "over": "%s too many for this network",
    "long": "This is longer than %s letters, so the usual words stay.",
    "server": "This is not the name of a server. Such names look like this: mastodon.social",
    "one": "One day to go",
    "days": "%s days to go",
    "today": "Last day",
    "ended": "This campaign has ended. Thank you to all who spoke up.",
    "gone": "This post is no longer current.",
    "empty": "There is nothing to share here just now. Please come back later.",
    "unkept": "This browser does not let us remember it.",
}
# Words that stand in no template: a page of all campaigns, and what a network asks a supporter.
ELSEWHERE = ("Our campaigns", "Your server, if you know it")
# Written from right to left: <https://www.w3.org/International/questions/qa-scripts>.
RIGHT_TO_LEFT = ("ar", "fa", "he", "ur", "ps", "yi", "dv", "ckb")


def html(template: str, language: str, /, **values: Any) -> str:
    """A page; the interface speaks `language` if it can, else English."""
    return _environment(language).get_template(template).render(values)


def direction(language: str) -> str:
    """How a language runs, as HTML says it."""
    return "rtl" if language.partition("-")[0] in RIGHT_TO_LEFT else "ltr"


def asset(name: str) -> str:
    """A file that all pages load, as text."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def translator(language: str) -> Callable[[str], str]:
    """The pages' own words in a language, by their English ones."""
    words = catalog(language)
    return lambda message: words.get(message) or message


def untranslated(language: str) -> list[str]:
    """The pages' own words that a language lacks; they stand there in English."""
    return [] if language.partition("-")[0] == "en" else [one for one in messages() if one not in catalog(language)]


def instead(language: str) -> str:
    """The language of the pages' own words where it is another than `language`, else ""."""
    return "" if language.partition("-")[0] == "en" or catalog(language) else "en"


@lru_cache
def messages(folder: str = "") -> tuple[str, ...]:
    """All the share pages' own words in English; of the desk's templates, if that `folder` is named."""
    found = {} if folder else dict.fromkeys([*SAID.values(), *ELSEWHERE])
    environment = _environment("en")
    for template in sorted((Path(__file__).parent / folder).glob("*.html")):
        for _, _, one in environment.extract_translations(template.read_text(encoding="utf-8")):  # type: ignore[attr-defined]
            found |= dict.fromkeys([one] if isinstance(one, str) else filter(None, one))
    return tuple(found)


@lru_cache
def catalog(language: str) -> dict[str, str]:
    """What is translated: {English words: the language's}."""
    file = LOCALE / language.partition("-")[0] / "LC_MESSAGES" / "handbill.po"
    if not file.exists():
        return {}
    from babel.messages.pofile import read_po

    with file.open("rb") as source:
        return {str(one.id): str(one.string) for one in read_po(source) if one.id and one.string}


def day(value: date, skeleton: str, language: str) -> str:
    """A day as people write it there, with the parts that a CLDR skeleton names: "MMMMd" is "December 1".

    <https://unicode.org/reports/tr35/tr35-dates.html#availableFormats_appendItems>
    """
    from babel.dates import format_skeleton

    return str(format_skeleton(skeleton, datetime.combine(value, time()), locale=language.replace("-", "_")))


def span(first: date, last: date, language: str) -> str:
    """Two days and what lies between, as people write it there: "November 16 – 22, 2026"."""
    from babel.dates import format_interval

    return str(format_interval(first, last, "yMMMd", locale=language.replace("-", "_")))


def number(value: int, language: str) -> str:
    """A whole number as people write it there: "5,000", "5.000"."""
    from babel import UnknownLocaleError
    from babel.numbers import format_decimal

    try:
        return str(format_decimal(value, locale=language.replace("-", "_")))
    except (UnknownLocaleError, ValueError):
        return str(value)


@lru_cache
def _environment(language: str) -> Environment:
    made = Environment(
        loader=PackageLoader("bot", "pages"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.i18n"],
    )  # fmt: skip
    speak = translator(language)

    def say(message: str) -> str:
        return (
            _isolated(Told(words=speak(message), language=instead(language))) if instead(language) else speak(message)
        )

    made.filters["web"] = _on_the_web
    made.filters["lang"] = _lang
    made.filters["bdi"] = _isolated
    made.filters["told"] = lambda words: _told(str(words), language)
    made.filters["sentence"] = lambda words: _sentence(_told(str(words), language))
    made.filters["day"] = lambda value, skeleton: day(value, skeleton, language)
    made.filters["span"] = lambda first, last: span(first, last, language)
    made.filters["clock"] = lambda value, zone: f"{value.astimezone(zone):%H:%M}"
    made.filters["number"] = lambda value: number(value, language)
    # The extension brings this method; its types do not say so.
    made.install_gettext_callables(say, lambda one, many, count: say(one if count == 1 else many), newstyle=True)  # type: ignore[attr-defined]
    return made


def _on_the_web(address: str) -> str:
    """An address that others gave, if a browser may go there; else "", so that nothing is a link that could run."""
    return address if address.lower().startswith(("https://", "http://")) else ""


def _lang(told: Told) -> str:
    """The attribute that says whose words these are, where they are not the page's."""
    return Markup(' lang="{}"').format(told.language) if told.language else Markup("")


def _told(words: str, language: str) -> Told:
    """Words that may be English: in the page's language if they are ours and translated, else known to be English."""
    said = translator(language)(words)
    if said == words:
        said = _filled(words, language)
    is_ours = said != words or language.partition("-")[0] == "en" or _ours(language).fullmatch(words)
    return Told(words=said, language="" if is_ours else "en")


def _filled(words: str, language: str) -> str:
    """A sentence whose %s were filled in already, in another language with the same in their places."""
    for pattern, other in _fillable(language):
        if found := pattern.fullmatch(words):
            return other % found.groups()
    return words


@lru_cache
def _fillable(language: str) -> list[tuple[re.Pattern[str], str]]:
    known = [(one.split("%s"), other) for one, other in catalog(language).items() if "%s" in one]
    return [
        (re.compile("(.+)".join(map(re.escape, parts))), other) for parts, other in known if len("".join(parts)) > 20
    ]


def _sentence(told: Told) -> str:
    """A sentence that comes from below, as the desk says it."""
    words = at_desk(told.words)
    return Markup("<span{}>{}</span>").format(_lang(told), words) if words and told.language else words


@lru_cache
def _ours(language: str) -> re.Pattern[str]:
    """What is translated, with whatever its places are filled with."""
    parts = [re.split(r"%\(\w+\)s|%s", one) for one in catalog(language).values()]
    return re.compile(
        "|".join(".+".join(map(re.escape, some)) for some in parts if len("".join(some)) > 20 or len(some) == 1)
    )


def _isolated(told: Told | str) -> str:
    """Words that run their own way inside of others, and say their language where it is another."""
    return Markup("<bdi{}>{}</bdi>").format(_lang(told) if isinstance(told, Told) else "", str(told))
