"""A post's files, one for each language, become a Post."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

from bot.core import schema
from bot.core.post import Campaign, Post, Source, Wording, Words
from bot.core.problem import Problem
from bot.core.schema import Fault, Faults, Kind
from bot.library.files import read_text, shown

FENCE, BETWEEN = "+++", "---"
# What mail programs and word processors make of a row of three dashes, and what people type instead.
RULE = re.compile(r"\s*(?:[-–—_*=~]\s*){2,}|\s*[—–]\s*")
SUFFIX = re.compile(rf"(?P<name>.+)\.(?P<language>{schema.LANGUAGE})")
NAME = re.compile(r"\w[\w -]*(\.[\w -]+)*")
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp")
# A translation counts as older than its source from here on: files of one checkout differ by less.
STALE = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of a post as read: its parsed facts, its words, and where the facts stand."""

    path: Path
    where: str
    language: str
    facts: Mapping[str, Any]
    head: str
    words: Words
    raw: bytes
    problems: tuple[Problem, ...]

    def at(self, fault: Fault) -> Problem:
        """The fault with its line."""
        return schema.placed(fault, self.head, self.where, 2)


def language_of(path: Path) -> str:
    """The language in a file's name, "" if there is none."""
    match = SUFFIX.fullmatch(path.stem)
    return match["language"] if match else ""


def name_of(path: Path) -> str:
    """A post's name: the file's, without language and ending."""
    match = SUFFIX.fullmatch(path.stem)
    return match["name"] if match else path.stem


def _image(value: Any, path: schema.Path, faults: Faults) -> dict[str, str]:
    return dict(schema.table({"file": schema.text, "alt": schema.text})(value, path, faults))


def _source(value: Any, path: schema.Path, faults: Faults) -> Source | None:
    keys = {"text": schema.text, "url": schema.address, "date": schema.day}
    found = schema.table(keys, required=["text"])(value, path, faults)
    return Source(**found) if found.get("text") else None


def _own(networks: Sequence[str], facts: Sequence[str]) -> Kind:
    def kind(value: Any, path: schema.Path, faults: Faults) -> dict[str, str]:
        for name in [name for name in value if name in facts] if isinstance(value, Mapping) else ():
            faults.append(
                Fault(
                    (*path, name),
                    f"`{name}` stands below `[text]`, so it is read as a network",
                    "Move it up, above [text].",
                )
            )
        rest = (
            {name: words for name, words in value.items() if name not in facts} if isinstance(value, Mapping) else value
        )
        return dict(schema.table(dict.fromkeys(networks, schema.text))(rest, path, faults))

    return kind


def fact_keys(networks: Sequence[str]) -> dict[str, Kind]:
    """The keys that hold for a post in all its languages."""
    return {
        "tags": schema.many(schema.text),
        "hashtags": schema.many(schema.hashtag),
        "link": schema.text,
        "source": _source,
        "rest": schema.duration,
        "at_most": schema.whole(1, 10_000),
        "from": schema.day,
        "until": schema.day,
        "weight": schema.whole(1, 10),
        "only": schema.many(schema.one_of(networks, "network")),
        "except": schema.many(schema.one_of(networks, "network")),
    }


def keys(networks: Sequence[str]) -> dict[str, Kind]:
    """Every key between the +++ rows of a post."""
    facts = fact_keys(networks)
    words = {"short": schema.text, "title": schema.text, "image": _image}
    return {**facts, **words, "text": _own(networks, [*facts, *words])}


def read_posts(
    folder: Path, campaign: Campaign | None, networks: Sequence[str], base: Path
) -> tuple[list[Post], list[Problem]]:
    """The whole posts of a campaign's folder, and every problem in its files."""
    files: dict[str, list[File]] = {}
    problems: list[Problem] = []
    first = campaign.languages[0] if campaign else "en"
    schemas = keys(networks)
    for path in sorted(folder.iterdir()):
        if path.name[0] in "._" or path.is_dir():
            continue
        if path.suffix != ".txt":
            problems += _stray(path, base)
            continue
        files.setdefault(name_of(path), []).append(_read(path, first, schemas, base))
    posts = []
    for name, group in files.items():
        post, found = _join(name, group, campaign, networks, folder)
        problems += found
        if post:
            posts.append(post)
    if campaign and not files:
        problems.append(
            Problem(campaign.where, "this campaign has no posts", f"Write one: handbill post new {campaign.name} hello")
        )
    return posts, problems


def _stray(path: Path, base: Path) -> list[Problem]:
    if path.suffix.lower() not in (".md", ".docx", ".text", ".rtf", ".odt") or path.stem.lower() == "readme":
        return []
    return [
        Problem(
            shown(path, base), "this file is not read as a post", "Posts end in .txt; save it as plain text.", "warning"
        )
    ]


def _read(path: Path, first: str, schemas: schema.Schema, base: Path) -> File:
    where = shown(path, base)
    text, raw, problems = read_text(path, where)
    head, body, start, faults = _split(text, where)
    problems += faults
    facts: dict[str, Any] = {}
    if head:
        facts, faults = schema.read(head, schemas, where, 2)
        problems += faults
    wordings, faults = ([], []) if problems and not text else _wordings(body, start, where)
    problems += faults
    if not NAME.fullmatch(name_of(path)):
        problems.append(
            Problem(where, "this file's name cannot be a post's name", "Use letters, digits and -: court-date.en.txt")
        )
    return File(
        path=path, where=where, language=language_of(path) or first, facts=facts, head=head, raw=raw,
        words=_words(wordings, facts, head, where), problems=tuple(problems),
    )  # fmt: skip


def _split(text: str, where: str) -> tuple[str, str, int, list[Problem]]:
    """(facts, words, the line where the words begin, problems)."""
    if not text.startswith(FENCE):
        return "", text, 1, []
    rows = text.split("\n")
    if rows[0].rstrip() != FENCE:
        return (
            "",
            "",
            1,
            [Problem(f"{where}:1", "the first row must be +++ alone", "Put the facts on rows of their own.")],
        )
    for number, row in enumerate(rows[1:], 1):
        if row.rstrip() == FENCE:
            return "\n".join(rows[1:number]), "\n".join(rows[number + 1 :]), number + 2, []
    return (
        "",
        "",
        1,
        [Problem(f"{where}:1", "the facts have no end", "Write a second row +++ between facts and words.")],
    )


def _wordings(body: str, start: int, where: str) -> tuple[list[Wording], list[Problem]]:
    wordings, problems = [], []
    rows: list[str] = []
    begins = start
    for number, row in enumerate([*body.split("\n"), BETWEEN], start):
        if row.rstrip() == BETWEEN:
            words = "\n".join(rows)
            if words.strip():
                skipped = len(words) - len(words.lstrip())
                wordings.append(Wording(text=words.strip(), where=f"{where}:{begins + words[:skipped].count(chr(10))}"))
            else:
                problems.append(
                    Problem(
                        f"{where}:{min(begins, number)}",
                        "there are no words here",
                        "Write some, or take the row --- out.",
                    )
                )
            rows, begins = [], number + 1
            continue
        if row.rstrip() == FENCE:
            problems.append(
                Problem(f"{where}:{number}", "a row +++ among the words", "Facts stand at the very top of the file.")
            )
        elif RULE.fullmatch(row):
            problems.append(
                Problem(
                    f"{where}:{number}",
                    f'"{row.strip()}" does not separate wordings',
                    "Write exactly three dashes: ---",
                )
            )
        rows.append(row)
    return wordings, problems


def _words(wordings: list[Wording], facts: Mapping[str, Any], head: str, where: str) -> Words:
    def at(*path: str) -> str:
        return f"{where}:{1 + schema.locate(head, path)}"

    return Words(
        wordings=tuple(wordings),
        short=Wording(text=facts["short"], where=at("short")) if facts.get("short") else None,
        own={
            name: Wording(text=words, where=at("text", name))
            for name, words in (facts.get("text") or {}).items()
            if words
        },
        title=Wording(text=facts["title"], where=at("title")) if facts.get("title") else None,
        alt=(facts.get("image") or {}).get("alt") or "",
    )


def _join(
    name: str, group: list[File], campaign: Campaign | None, networks: Sequence[str], folder: Path
) -> tuple[Post | None, list[Problem]]:
    """One post of all its whole files, and every problem in them; None if the file with its facts is broken."""
    order = {language: place for place, language in enumerate(campaign.languages if campaign else ())}
    group = sorted(group, key=lambda file: (order.get(file.language, len(order)), file.language))
    problems = [problem for file in group for problem in file.problems]
    for earlier, later in pairwise(group):
        if earlier.language == later.language:
            problems.append(
                Problem(
                    later.where,
                    f"{earlier.path.name} holds this post in {later.language} already",
                    "Keep one of the two.",
                )
            )
    source, others = group[0], group[1:]
    for file in others:
        problems += _misplaced(file, source, networks)
    if campaign:
        problems += [file.at(fault) for file, fault in _against(group, campaign, folder)]
        problems += _unlisted(group, campaign)
    problems += _stale(source, others)
    whole = [file for file in group if not _is_broken(file, problems)]
    if campaign is None or source not in whole:
        return None, problems
    return _post(name, whole, campaign.name, folder), problems


def _is_broken(file: File, problems: Iterable[Problem]) -> bool:
    return any(
        problem.severity == "error" and (problem.where == file.where or problem.where.startswith(f"{file.where}:"))
        for problem in problems
    )


def _misplaced(file: File, source: File, networks: Sequence[str]) -> Iterable[Problem]:
    names = [name for name in file.facts if name in fact_keys(networks)]
    for name in names:
        yield file.at(Fault((name,), f"`{name}` holds for all languages", f"Move it to {source.path.name}."))
    if (file.facts.get("image") or {}).get("file"):
        yield file.at(
            Fault(
                ("image", "file"),
                "the picture holds for all languages",
                f"Name its file in {source.path.name}; here only alt.",
            )
        )


def _against(group: list[File], campaign: Campaign, folder: Path) -> Iterable[tuple[File, Fault]]:
    source = group[0]
    facts = source.facts
    if (link := facts.get("link")) and link not in campaign.links:
        yield (
            source,
            Fault(("link",), f'`link` names "{link}", which campaign.toml does not have', _link_hint(link, campaign)),
        )
    first, last = facts.get("from"), facts.get("until")
    if first and last and last < first:
        yield source, Fault(("until",), "`until` lies before `from`", "Put the later day into `until`.")
    if facts.get("only") and facts.get("except"):
        yield source, Fault(("except",), "`only` and `except` stand together", "Keep one of the two.")
    yield from _picture(group, folder)


def _link_hint(link: str, campaign: Campaign) -> str:
    if link.startswith("http"):
        return "Give the address a name under [links] in campaign.toml, and write the name here."
    return schema.near(link, sorted(campaign.links)) or "Add it under [links] in campaign.toml."


def _picture(group: list[File], folder: Path) -> Iterable[tuple[File, Fault]]:
    source = group[0]
    image = source.facts.get("image") or {}
    if not image and any(file.facts.get("image") for file in group[1:]):
        return
    if not image:
        return
    name = image.get("file")
    if not name:
        yield (
            source,
            Fault(("image",), "`image` names no file", 'Write image = { file = "images/court.png", alt = "…" }.'),
        )
        return
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        yield (
            source,
            Fault(("image",), f'the picture "{name}" lies outside the campaign\'s folder', "Copy it into images/."),
        )
    elif not path.is_file():
        yield source, Fault(("image",), f'there is no picture "{name}"', "Check the name, capital letters too.")
    elif path.suffix.lower() not in PICTURES:
        yield source, Fault(("image",), f'"{name}" is no picture that networks take', "Use .png, .jpg, .gif or .webp.")
    if not image.get("alt"):
        yield (
            source,
            Fault(("image",), "the picture has no words for those who cannot see it", 'Describe it: alt = "…"'),
        )
    for file in group[1:]:
        if not file.words.alt:
            yield (
                file,
                Fault(
                    ("image",),
                    f"the picture has no description in {file.language}",
                    'Write image = { alt = "…" }.',
                    "warning",
                ),
            )


def _unlisted(group: list[File], campaign: Campaign) -> Iterable[Problem]:
    for file in group:
        if file.language not in campaign.languages:
            yield Problem(
                file.where,
                f'campaign.toml does not list the language "{file.language}"',
                "Add it to `languages`, or rename the file.",
                "warning",
            )


def _stale(source: File, others: list[File]) -> Iterable[Problem]:
    written = source.path.stat().st_mtime if source.raw else 0.0
    for file in others:
        if file.raw and file.path.stat().st_mtime + STALE < written:
            yield Problem(
                file.where,
                f"this translation is older than {source.path.name}",
                "Look it over, then save it.",
                "warning",
            )


def _post(name: str, group: list[File], campaign: str, folder: Path) -> Post:
    facts = group[0].facts
    image = (facts.get("image") or {}).get("file") or ""
    alt = group[0].words.alt
    return Post(
        campaign=campaign,
        name=name,
        words={
            file.language: file.words if file.words.alt else replace(file.words, alt=alt)
            for file in group
            if file.words.wordings
        },
        where=group[0].where,
        digest=sha256(b"\0".join(file.raw for file in group)).hexdigest()[:32],
        tags=facts.get("tags") or (),
        hashtags=facts.get("hashtags") or (),
        link=facts.get("link") or "",
        image=str(folder / image) if image else "",
        source=facts.get("source"),
        rest=facts.get("rest"),
        at_most=facts.get("at_most"),
        starts=facts.get("from"),
        until=facts.get("until"),
        weight=facts.get("weight") or 1,
        only=facts.get("only") or (),
        never=facts.get("except") or (),
    )
