"""Typeset: drafts become the files of posts, with the links and facts that their campaign needs."""

import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import regex

from bot.core.blanks import NOBODY_KNOWS, Blank, find_blanks, label_of, place, with_places
from bot.core.draft import Draft, Piece, Remark
from bot.core.links import links_with_scheme
from bot.core.post import Campaign, Texts, say
from bot.core.tail import Tail, apart


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A post's words in one language as its file will hold them; `rows`: for each row of it, the document's row."""

    post: str
    language: str
    text: str
    rows: tuple[int, ...]

    @property
    def name(self) -> str:
        """The file's name."""
        return f"{self.post}.{self.language}.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a campaign must have for its posts: addresses of links, and labels of facts to ask for, by name.

    `title`: what to call it where it is new.
    """

    title: str = ""
    links: Mapping[str, Texts] = field(default_factory=dict)
    facts: Mapping[str, Texts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Typeset:
    """The files of posts, what their campaign needs in addition, and what a person should know."""

    files: tuple[File, ...]
    needs: Needs
    remarks: tuple[Remark, ...]


@dataclass(slots=True, kw_only=True)
class Case:
    """What grows from post to post: names that are taken, links and facts that are new, and remarks."""

    known: Mapping[str, Texts] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    links: dict[str, Texts] = field(default_factory=dict)
    facts: dict[str, Texts] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)


def typeset(
    drafts: Iterable[Draft], languages: Sequence[str], campaign: Campaign | None, taken: Iterable[str]
) -> Typeset:
    """The files of drafts, and what their campaign needs for them.

    `languages`: the campaign's, its first one also for words of which nobody can tell. `taken`: names of its posts.
    """
    case = Case(known=dict(campaign.links) if campaign else {}, names={name.casefold() for name in taken})
    files = [file for draft in drafts for file in _post(_told(draft, languages), case)]
    known = campaign.asks if campaign else {}
    new = {name: label for name, label in case.facts.items() if name not in known}
    return Typeset(files=tuple(files), needs=Needs(links=case.links, facts=new), remarks=tuple(case.remarks))


def _told(draft: Draft, languages: Sequence[str]) -> Draft:
    """The draft with a language for all its words, the campaign's first languages first."""
    words = {language: pieces for language, pieces in draft.words.items() if language}
    if "" in draft.words:
        first = languages[0]
        words[first] = (*words.get(first, ()), *draft.words[""])
    order = {language: at for at, language in enumerate(languages)}
    return replace(draft, words=dict(sorted(words.items(), key=lambda item: order.get(item[0], len(order)))))


def _post(draft: Draft, case: Case) -> list[File]:
    tails = {language: [_tail(piece) for piece in pieces] for language, pieces in draft.words.items()}
    every = [tail for each in tails.values() for tail in each]
    shared = [tag for tag in every[0].hashtags if all(_has(tail, tag) for tail in every)]
    link, addresses = _link(tails, case)
    _pair_links(tails, case)
    bodies = {
        language: [
            _words(_kept(tail, shared, link and tail.link == addresses[language]), language, piece, case)
            for tail, piece in zip(tails[language], pieces, strict=True)
        ]
        for language, pieces in draft.words.items()
    }
    link = link or _link_inside([body for each in bodies.values() for body, _ in each])
    if not link and any(ACT.search(tail.words) for tail in every):
        case.remarks.append(Remark(draft.number, "these words ask people to act, and hold no link", GIVE_LINK))
    name = _name(draft, next(iter(tails.values()))[0].words, case)
    notes = [note for each in bodies.values() for _, found in each for note in found]
    head = _head(draft.tags, link, shared, notes)
    return [
        _file(name, language, head if not at else [], [body for body, _ in bodies[language]], pieces)
        for at, (language, pieces) in enumerate(draft.words.items())
    ]


def _tail(piece: Piece) -> Tail:
    """The words of a piece and what follows them; a piece of nothing but links and hashtags is all words."""
    tail = apart(f"{piece.text}\n{piece.tail}")
    return tail if tail.words else Tail(words=piece.text)


def _has(tail: Tail, tag: str) -> bool:
    return tag.casefold() in {other.casefold() for other in tail.hashtags}


def _kept(tail: Tail, shared: Collection[str], is_linked: object) -> str:
    """The words with what follows them, but for what stands among the post's facts."""
    own = [tag for tag in tail.hashtags if tag.casefold() not in {one.casefold() for one in shared}]
    rest = " ".join([*own, *([] if is_linked or not tail.link else [tail.link])])
    return f"{tail.words}\n{rest}" if rest else tail.words


# --- links ---------------------------------------------------------------------------------------

# Words that ask for more than being read; with no link nobody can do it.
ACT = regex.compile(
    r"\b(?:sign (?:the|our|this|now|here|up|today|on)|petition|click|read more|learn more|donate|link in|"
    r"firm(?:a|e|en) (?:la|nuestra|esta|ahora|aquí|hoy)|petición|haz clic|más información|dona)\b|\b(?-i:SIGN|FIRMA)\b"
    r"|^(?:sign|firma)\W*$",
    regex.I,
)
GIVE_LINK = 'Give the post its link = "…", with the address under [links] in campaign.toml.'
NAMES = {
    "sign": r"\bsign|petition|firma|peticion|petici[oó]n",
    "donate": r"donat|\bdona\b|donar",
    "call": r"\bcall|llama",
    "volunteer": r"volunt|ayuda",
    "register": r"register|registr",
    "story": r"story|historia",
}
GENERIC = re.compile(r"(?:index|home|en|es|www|html?|php|node|page|p|a|posts?|news|\d+)$", re.IGNORECASE)
MISSING = "sign"
PLACE = re.compile(r"\{\{ links\.(\w+) \}\}")


def _link(tails: Mapping[str, Sequence[Tail]], case: Case) -> tuple[str, Mapping[str, str]]:
    """(the name of the link that all wordings have in their tails or "", its address by language)."""
    addresses: dict[str, str] = {}
    for language, each in tails.items():
        found = {tail.link for tail in each}
        if len(found) != 1:
            return "", {}
        addresses[language] = found.pop()
    if any(
        not addresses[language] and any(_addresses(tail.words) for tail in each) for language, each in tails.items()
    ):
        return "", {}  # what stands in one language's sentence must not follow it as another's address
    told = {language: address for language, address in addresses.items() if address}
    return (_link_name(told, case) if told else ""), addresses


def _pair_links(tails: Mapping[str, Sequence[Tail]], case: Case) -> None:
    """Give one name to the links that stand in the same place of a wording and its translation."""
    for same in zip(*tails.values(), strict=False):
        inside = [[*_addresses(tail.words), *filter(None, [tail.link])] for tail in same]
        if len(inside) > 1 and len({len(each) for each in inside}) == 1:
            for addresses in zip(*inside, strict=True):
                _link_name(dict(zip(tails, addresses, strict=True)), case)


def _addresses(text: str) -> list[str]:
    return [text[start:end] for start, end in links_with_scheme(text) if text[start:].lower().startswith("http")]


def _link_inside(bodies: Sequence[str]) -> str:
    """The name of the first link inside the words, if all wordings have one."""
    found = [PLACE.search(body) for body in bodies]
    first = found[0]
    return first[1] if first and all(found) else ""


def _link_name(addresses: Texts, case: Case) -> str:
    """The name under which a campaign has these addresses (by language); a new one if it has none."""
    for name, texts in (*case.known.items(), *case.links.items()):
        if all(say(texts, language) == address for language, address in addresses.items()):
            return name
    one = set(addresses.values())
    name = _new_name(next(iter(addresses.values())), {*case.known, *case.links})
    case.links[name] = {"": one.pop()} if len(one) == 1 else dict(addresses)
    return name


def _new_name(address: str, taken: Collection[str]) -> str:
    parts = urlsplit(address)
    name = next((name for name, said in NAMES.items() if re.search(said, parts.path, re.IGNORECASE)), "")
    words = [word for word in re.findall(r"[A-Za-z][A-Za-z0-9]{2,}", parts.path) if not GENERIC.match(word)]
    host = re.sub(r"^www\.", "", parts.hostname or "").split(".")[0]
    name = name or (words[-1].lower() if words else re.sub(r"\W", "_", host)) or "page"
    name = (name if re.match(r"[A-Za-z]", name) else f"page_{name}")[:30]
    return free(name, taken, "_")


def free(name: str, taken: Collection[str], sign: str = "-") -> str:
    """The name, or the next one with a number that is not taken."""
    return next(
        one for one in (name, *(f"{name}{sign}{number}" for number in range(2, len(taken) + 3))) if one not in taken
    )


# --- words ---------------------------------------------------------------------------------------


def _words(text: str, language: str, piece: Piece, case: Case) -> tuple[str, list[str]]:
    """(the words as a template, the notes that were taken out of them)."""
    notes: list[str] = []

    def fill(blank: Blank, before: str) -> str:
        if blank.kind == "link":
            return f"{{{{ links.{_only_link(case)} }}}}"
        if blank.kind == "note":
            notes.append(blank.said)
            hint = 'A picture is added by image = { file = "…", alt = "…" }.'
            case.remarks.append(Remark(piece.number, f'the note "{blank.said}" is left out of the words', hint))
            return ""
        case.facts.setdefault(blank.fact, label_of(blank.fact))
        written = place(blank, before, language)
        if f'"{NOBODY_KNOWS}"' in written:
            what = f'nobody can tell what stands for "{blank.said}" where a supporter leaves it empty'
            case.remarks.append(Remark(piece.number, what, f'Write words for "{NOBODY_KNOWS}" in {written}.'))
        return written

    case.remarks += [Remark(piece.number, f'the address "{one[:80]}" leads nowhere', WHOLE) for one in _dead(text)]
    named = _named_links(text, language, case)
    return regex.sub(r" +(?=\n|$)|(?<= ) +", "", with_places(named, language, fill)).strip(), notes


SCHEME = re.compile(r"https?://\S*", re.IGNORECASE)
WHOLE = 'Write the whole address, such as "https://example.org/page".'


def _dead(text: str) -> list[str]:
    """What begins like an address and is none."""
    starts = {start for start, _ in links_with_scheme(text)}
    return [
        match[0] for match in SCHEME.finditer(text) if not any(match.start() <= start < match.end() for start in starts)
    ]


def _only_link(case: Case) -> str:
    """The link that is meant where a document only says that one stands here."""
    links = {**case.known, **case.links}
    return MISSING if MISSING in links or len(links) != 1 else next(iter(links))


def _named_links(text: str, language: str, case: Case) -> str:
    """The text with a place for each address in it; one that holds a blank stays as it is."""
    blanks = [(blank.start, blank.end) for blank in find_blanks(text)]
    parts, at = [], 0
    for start, end in links_with_scheme(text):
        if any(low < end and start < high for low, high in blanks) or not text[start:end].lower().startswith("http"):
            continue
        if any(high == start or low == end for low, high in blanks):
            continue
        parts += [text[at:start], f"{{{{ links.{_link_name({language: text[start:end]}, case)} }}}}"]
        at = end
    return "".join([*parts, text[at:]])


# --- files ---------------------------------------------------------------------------------------

LONGEST_NAME = 40
MOST_WORDS = 5
# What Windows keeps for itself, whatever stands after a dot:
# <https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file#naming-conventions>
WINDOWS = re.compile(r"con|prn|aux|nul|(?:com|lpt)[1-9¹²³]", re.IGNORECASE)


def slug(text: str, most: int = MOST_WORDS) -> str:
    """A name for a file, made of the first words of a text: small letters, digits and -; "" if there are none."""
    plain = unicodedata.normalize("NFKD", text.replace("’", "").replace("'", "")).encode("ascii", "ignore").decode()
    name = ""
    for word in re.findall(r"[a-z0-9]+", plain.lower())[:most]:
        if len(name) + len(word) < LONGEST_NAME:
            name += f"-{word}" if name else word
    return name if not WINDOWS.fullmatch(name) else f"post-{name}"


def _name(draft: Draft, words: str, case: Case) -> str:
    said = with_places(words, "", lambda *_: "")
    bare = re.sub(r"https?://\S+|[{}]", " ", said)
    name = free(slug(draft.name) or slug(bare) or "post", case.names)
    case.names.add(name)
    return name


def quoted(value: str) -> str:
    """A text as TOML writes it."""
    # What JSON escapes, TOML reads alike; and one sign more.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _head(tags: Sequence[str], link: str, hashtags: Sequence[str], notes: Sequence[str]) -> list[str]:
    rows = [f"# {' '.join(note.split())}" for note in notes]
    if tags:
        rows.append(f"tags = [{', '.join(map(quoted, tags))}]")
    if link:
        rows.append(f"link = {quoted(link)}")
    if hashtags:
        rows.append(f"hashtags = [{', '.join(map(quoted, hashtags))}]")
    return rows


def _file(post: str, language: str, head: Sequence[str], bodies: Sequence[str], pieces: Sequence[Piece]) -> File:
    first = pieces[0].number
    needs_head = head or bodies[0].startswith("+++")
    rows = [(row, first) for row in ("+++", *head, "+++")] if needs_head else []
    for at, (body, piece) in enumerate(zip(bodies, pieces, strict=True)):
        rows += [("---", piece.number)] if at else []
        rows += [(row, piece.number) for row in body.split("\n")]
    text = "".join(f"{row}\n" for row, _ in rows)
    return File(post=post, language=language, text=text, rows=tuple(number for _, number in rows))
