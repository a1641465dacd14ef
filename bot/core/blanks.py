"""Blanks of a document, however they are spelled, become places that a supporter may fill."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import regex

from bot.core.links import links_with_scheme
from bot.core.post import Texts, say
from bot.core.tongue import words_of

Kind = Literal["place", "link", "note"]


class Blank(NamedTuple):
    """A stretch of a text to be filled: by a supporter's fact, an address, or a person who reads the note."""

    start: int
    end: int
    kind: Kind
    fact: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What blanks often ask for: the words that name it, what to call it, and what stands there if nobody tells.

    `alone` stands where "my" or "a" goes before it already.
    """

    name: str
    names: frozenset[str]
    label: Texts
    otherwise: Texts
    alone: Texts


def _fact(name: str, names: str, en: str, es: str) -> Fact:
    """Each language: label, what stands there otherwise, the same without its article, split by "|"."""
    (label, otherwise, alone), (etiqueta, si_no, sola) = en.split("|"), es.split("|")
    return Fact(
        name=name, names=words_of(names), label={"en": label, "es": etiqueta},
        otherwise={"en": otherwise, "es": si_no}, alone={"en": alone, "es": sola},
    )  # fmt: skip


# The first whose name stands in a blank: "NAME OF YOUR SENATOR" asks for a senator.
FACTS = (
    _fact(
        "senator", "senator senators senador senadora",
        "Your senator|my senator|senator",
        "Tu senador o senadora|mi senador o senadora|senador o senadora",
    ),
    _fact(
        "representative", "representative rep congressperson congressman congresswoman congressmember mp representante",
        "Your representative|my representative|representative",
        "Tu representante|mi representante|representante",
    ),
    _fact(
        "governor", "governor gobernador gobernadora",
        "Your governor|my governor|governor",
        "Tu gobernador o gobernadora|mi gobernador o gobernadora|gobernador o gobernadora",
    ),
    _fact(
        "mayor", "mayor alcalde alcaldesa",
        "Your mayor|my mayor|mayor",
        "Tu alcalde o alcaldesa|mi alcalde o alcaldesa|alcalde o alcaldesa",
    ),
    _fact(
        "organization", "organization organisation org group chapter union organización grupo sindicato",
        "Your organization|our group|group",
        "Tu organización|nuestra organización|organización",
    ),
    _fact(
        "school", "school university college campus escuela universidad colegio",
        "Your school|my school|school",
        "Tu escuela|mi escuela|escuela",
    ),
    _fact(
        "district", "district distrito",
        "Your district|my district|district",
        "Tu distrito|mi distrito|distrito",
    ),
    _fact(
        "county", "county condado",
        "Your county|my county|county",
        "Tu condado|mi condado|condado",
    ),
    _fact(
        "city", "city town village hometown location place ciudad pueblo municipio localidad lugar",
        "Your city or town|my town|town",
        "Tu ciudad o pueblo|mi ciudad|ciudad",
    ),
    _fact(
        "state", "state estado provincia",
        "Your state|my state|state",
        "Tu estado|mi estado|estado",
    ),
    _fact(
        "country", "country país pais",
        "Your country|my country|country",
        "Tu país|mi país|país",
    ),
    _fact(
        "profession", "profession job occupation title role profesión profesion trabajo oficio cargo",
        "Your profession|a neighbor|neighbor",
        "Tu profesión|una persona de aquí|persona de aquí",
    ),
    _fact(
        "name", "name nombre firstname fname",
        "Your name|a neighbor|neighbor",
        "Tu nombre|una persona de aquí|persona de aquí",
    ),
)  # fmt: skip
ANSWER = "answer"
NOBODY_KNOWS = "…"
MINE = {"your": "my", "tu": "mi"}

LINK = words_of("link url website petition enlace petición peticion")
NOTE = words_of(
    "photo picture image graphic video gif meme screenshot foto imagen gráfico vídeo captura attach adjunta"
)
ASKS = words_of("your insert enter fill tu su inserta inserte insertar escribe escriba pon ponga")
VERBS = ASKS | words_of(
    "add in write type my the of a an here sus añade el la los las de del un una mi aquí with con link"
)
# What stands between < and > in a page; these are no blanks.
TAGS = words_of("a b i u p br em strong span div ul ol li h1 h2 h3 img table tr td th html body head")

OURS = (
    r"\{\{[^{}]*?\b(?:me|target|campaign|links)\.\w[^{}]*\}\}|\{\{\s*today\s*\}\}"
    r"|\{%-?\s*(?:if|elif|else|endif)\b[^{}]*?%\}"
)
INSIDE = r"[\p{L}\p{M}\p{N} \t_'’/.,:&-]"
SPELLED = regex.compile(
    rf"(?P<ours>{OURS})"
    rf"|\{{\{{\s*(?P<twice>{INSIDE}{{1,60}}?)\s*\}}\}}"
    rf"|\{{\s*(?P<curly>\p{{L}}{INSIDE}{{0,59}}?)\s*\}}"
    rf"|<<?\s*(?P<angle>\p{{L}}{INSIDE}{{0,59}}?)\s*>>?"
    r"|\*\|(?P<merged>\w{1,40})\|\*"
    rf"|[\[(]?(?P<rule>_{{3,}}+)[\])]?"
    rf"|\[\s*(?P<square>\p{{L}}{INSIDE}{{0,79}}?)\s*\]"
    rf"|\(\s*(?P<round>(?:your|insert|enter|fill in|tu|su|inserta|inserte|escribe)\s{INSIDE}{{1,59}}?)\s*\)",
    regex.I,
)
WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")
# What goes before a blank that does not say what it asks for.
HINTS = (
    ("name", regex.compile(r"\b(?:name is|i['’]?m|i am|me llamo|mi nombre es|soy)\s*$", regex.I)),
    ("profession", regex.compile(r"\b(?:as an?|como)\s*$", regex.I)),
    ("city", regex.compile(r"\b(?:in|from|of|en|de|desde)\s*$", regex.I)),
)
ARTICLE = regex.compile(
    r"(?:\b(?:my|our|your|the|an?|mi|tu|su|el|la|un|una|nuestro|nuestra)|\b(?:i['’]m an?|como)) $", regex.I
)
# An office before a blank that asks for a name: nobody but the supporter knows whose.
OFFICE = regex.compile(
    r"\b(governor|senator|representative|mayor|gobernadora?|senadora?|representante|alcalde|alcaldesa) $", regex.I
)
BEGINS = regex.compile(r"[.!?\n][\s¿¡\"“]*$")
# What may stand before the first word; and how many letters before a blank tell what it means.
OPENS, NEAR = '¿¡"“ \n', 40


def find_blanks(text: str) -> Iterator[Blank]:
    """Every blank of a text, in order; places that are filled already are none."""
    taken = links_with_scheme(text)
    for match in SPELLED.finditer(text):
        if match["rule"] and any(start <= match.start() < end for start, end in taken):
            continue
        if match["rule"]:
            yield Blank(*match.span(), "place", _hinted(text[max(0, match.start() - NEAR) : match.start()]), match[0])
        elif not match["ours"] and (found := _kind(match)):
            office = OFFICE.search(text[max(0, match.start() - NEAR) : match.start()]) if found[1] == "name" else None
            yield Blank(*match.span(), found[0], _known([office[1].casefold()]) if office else found[1], match[0])


def _kind(match: regex.Match[str]) -> tuple[Kind, str] | None:
    """What a spelled blank asks for; None if it is none."""
    said = next(value for name, value in match.groupdict().items() if value and name != "ours")
    words = [word.casefold() for word in WORD.findall(said.replace("_", " "))]
    if match["angle"] and words[:1] and words[0] in TAGS:
        return None
    if NOTE & set(words):
        return "note", ""
    if LINK & set(words):
        return "link", ""
    known = _known(words)
    if match["square"] and not known and not (ASKS & set(words) or (said.isupper() and len(said) > 2)):
        return None
    if match["square"] and not (ASKS & set(words) or said.isupper() or len(words) <= 4):
        return None
    return "place", known or _own(words)


def _known(words: Iterable[str]) -> str:
    """The fact that one of the words names, "" if none does."""
    return next((fact.name for fact in FACTS if fact.names & set(words)), "")


def _own(words: list[str]) -> str:
    """A name made of the blank's own words, such as a template can write."""
    telling = [word for word in words if word not in VERBS]
    plain = unicodedata.normalize("NFKD", "_".join(telling[:3])).encode("ascii", "ignore").decode()
    return plain if regex.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", plain) else ANSWER


def _hinted(before: str) -> str:
    return next((fact for fact, pattern in HINTS if pattern.search(before)), ANSWER)


def label_of(fact: str) -> Texts:
    """What to call a fact, by language."""
    for known in FACTS:
        if known.name == fact:
            return known.label
    if fact == ANSWER:
        return {"en": "Your own words", "es": "Tus propias palabras"}
    return {"": fact.replace("_", " ").capitalize()}


def place(blank: Blank, before: str, language: str) -> str:
    """The place to fill that a template writes for a blank that stands behind the words `before`."""
    near = before[-NEAR:]
    otherwise = _otherwise(blank, near, language)
    if not before.strip(OPENS) or BEGINS.search(near):
        otherwise = otherwise[:1].upper() + otherwise[1:]
    return f'{{{{ me.{blank.fact} or "{otherwise}" }}}}'


def _otherwise(blank: Blank, before: str, language: str) -> str:
    for known in FACTS:
        if known.name == blank.fact and not OFFICE.search(before):
            return say(known.alone if ARTICLE.search(before) else known.otherwise, language)
    whose, *what = WORD.findall(blank.said.casefold()) or [""]
    return " ".join([MINE[whose], *what]) if whose in MINE and what else NOBODY_KNOWS


class Said(NamedTuple):
    """A stretch of a template as a person reads it; `fact` names what supporters fill in there, "" if nothing."""

    text: str
    fact: str = ""


WRITTEN = regex.compile(
    r'\{\{ (?:me\.(?P<fact>\w+) or "(?P<otherwise>[^"{}]*)"|links\.(?P<link>\w+)|"(?P<plain>[^"]*)") \}\}'
)


def as_read(template: str, links: Mapping[str, Texts], language: str) -> list[Said]:
    """What a template says while nobody fills anything in; what `place` and `plain` do not write stays as it is."""
    said: list[Said] = []
    at = 0
    for match in WRITTEN.finditer(template):
        link = say(links.get(match["link"] or "", {}), language) if match["link"] else ""
        words = match["otherwise"] or link or match["plain"] or match[0]
        said += [Said(template[at : match.start()]), Said(words, match["fact"] or "")]
        at = match.end()
    return [one for one in (*said, Said(template[at:])) if one.text]


# What a template would read as its own, also together with the place that follows.
SIGNS = regex.compile(r"\{(?:[{%#]+|$)")


def plain(text: str) -> str:
    """The text as a template that says just this."""
    return SIGNS.sub(lambda found: f'{{{{ "{found[0]}" }}}}', text)


def with_places(text: str, language: str, fill: Callable[[Blank, str], str]) -> str:
    """The text as a template: `fill` writes what stands for each blank, told the words before it."""
    parts, at = [], 0
    for blank in find_blanks(text):
        parts += [_kept(text[at : blank.start]), fill(blank, text[: blank.start])]
        at = blank.end
    return "".join([*parts, _kept(text[at:])])


def _kept(text: str) -> str:
    """A stretch without blanks: its own places stay, all else is said as it is."""
    parts, at = [], 0
    for match in regex.finditer(OURS, text):
        parts += [plain(text[at : match.start()]), match[0]]
        at = match.end()
    return "".join([*parts, plain(text[at:])])
