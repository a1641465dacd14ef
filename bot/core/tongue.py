"""Which language a text is in, and which language a heading names."""

from collections.abc import Mapping
from functools import cache

import regex


def words_of(text: str) -> frozenset[str]:
    """The words of a text, each once."""
    return frozenset(text.split())


# Words that are common in one of these languages and in none of the others.
COMMON: Mapping[str, frozenset[str]] = {
    "en": words_of(
        "the and of to in is are for that with our we you this their your have has not from they it be will can at by "
        "who what when my them been must should about all there i us was were how more than every its or"
    ),
    "es": words_of(
        "el los las del y es son con una nuestra nuestro nuestros nuestras su sus al lo más esta este están ser hay mi "
        "tu tus sin pero cuando hoy todos todas cada ya muy sobre donde quién cómo qué también ellos nosotros desde han"
    ),
    "fr": words_of("le les des du et est sont pour avec une notre nos qui dans sur pas ce cette vous nous ne au"),
    "pt": words_of("os dos das em são com uma nossa nosso não nas ao mais você também pelo pela seu sua"),
}
# Letters that are a language's own.
OWN = {
    "es": regex.compile("[ñ¿¡]", regex.I),
    "pt": regex.compile("[ãõ]", regex.I),
    "fr": regex.compile("[èêœù]", regex.I),
}
WORD = regex.compile(r"[\p{L}\p{M}]+")
NOT_WORDS = ("://", "#", "＃", "@", "＠")

# Languages that a heading may name, in their own words, in English, or in Spanish.
TONGUES = words_of(
    "en es fr pt de it pl nl sv ro ru uk bg el tr ar fa he ur hi bn pa gu ta te ne my th vi lo km id ms tl ceb haw sm "
    "zh ja ko am om so ti sw yo ig ha rw ht hmn nv qu ay gn sq hy ka ps ku mn lt lv et fi da no hu cs sk hr sr bs"
)
# What else stands in a heading that names a language and says nothing more.
FILLERS = words_of(
    "in en de for para the la el los las a version versión text texts texto textos post posts tweet tweets toot toots "
    "tuit tuits message messages mensaje mensajes publicación publicaciones sample samples ejemplo ejemplos muestra "
    "language idioma lengua copy social media redes sociales wording wordings translation translations traducción only"
)
SHORT, LONGEST = 8, 100
"""Headings of more words, or letters, name something else."""


def guess(text: str) -> str:
    """The language of a text as far as its common words and letters tell; "" where they do not."""
    found = _found(text)
    # Inside of a sentence words with a capital are rather names, in whatever language.
    is_loud = text.isupper()
    words = [word.casefold() for at, word in enumerate(found) if not at or word[0].islower() or is_loud]
    scores = {
        language: sum(word in common for word in words) + (language in OWN and bool(OWN[language].search(text)))
        for language, common in COMMON.items()
    }
    (best, most), (_, second) = sorted(scores.items(), key=lambda score: -score[1])[:2]
    return best if most >= 2 and most > second * 1.5 else ""


def words_in(text: str) -> list[str]:
    """The words of a text in small letters, without its links, hashtags and mentions."""
    return [word.casefold() for word in _found(text)]


def _found(text: str) -> list[str]:
    return WORD.findall(" ".join(word for word in text.split() if not any(sign in word for sign in NOT_WORDS)))


def named(heading: str) -> str:
    """The language that a heading, a label or the head of a column names and nothing else; else ""."""
    if len(heading) > LONGEST:
        return ""
    words: list[str] = [word.casefold() for word in WORD.findall(heading)]
    if not words or len(words) > SHORT:
        return ""
    if len(words) == 1 and words[0] in TONGUES:
        return words[0]
    if words[-1] in COMMON and all(word in FILLERS for word in words[:-1]):
        return words[-1]
    return _names().get(" ".join(word for word in words if word not in FILLERS), "")


@cache
def _names() -> dict[str, str]:
    """Languages by name, in small letters."""
    from babel import Locale, UnknownLocaleError

    names = {"espanol": "es", "castellano": "es", "ingles": "en", "creole": "ht", "tagalog": "tl", "filipino": "tl"}
    for language in TONGUES:
        for other in (language, "en", "es"):
            try:
                name = Locale.parse(language).get_display_name(other)
            except UnknownLocaleError:
                continue
            if name:
                names.setdefault(" ".join(WORD.findall(name.casefold())), language)
    return names
