"""Import: a document, sent or pasted, becomes posts; all of it is seen and may be changed before it is written."""

import json
import re
import sys
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path, PurePath
from secrets import token_urlsafe
from typing import NamedTuple
from urllib.parse import urlencode

from starlette.responses import Response

from bot.core.blanks import Said, as_read, plain
from bot.core.mend import cleaned
from bot.core.post import Texts, say
from bot.core.problem import AskedWrongly, HandbillError, Problem
from bot.core.tongue import guess
from bot.core.typeset import File, Needs, free, slug
from bot.library.campaign import WORD
from bot.library.facts import keys
from bot.library.words import read_file
from bot.web.frame import Ask, Door, Undo, go, page
from bot.work import people
from bot.work.bring import (
    PASTED,
    Brought,
    Noted,
    Source,
    Written,
    bring,
    facts_for,
    look_over,
    take_back,
    taken,
    write,
)
from bot.work.people import Role
from bot.work.review import all_campaigns, place
from bot.work.write import check_language, check_name, own_library

MOST, FIELDS = 500, 1_900
"""Parts of a document on one page, and fields in its form: more are not read."""
FILE = Path("post.txt")
ANEW = "This page cannot be read any more. Import the document anew."


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A post as the form has it: whether it is to be written, its words by language, why it is rather none.

    `faults`: what is wrong, each with the name of the file and the row there that it is about.
    """

    keep: bool
    name: str
    words: Mapping[str, str]
    why: str = ""
    faults: tuple[tuple[str, int, Problem], ...] = ()

    @property
    def files(self) -> list[File]:
        """Its files."""
        made = [(language, f"{text.strip()}\n") for language, text in self.words.items() if text.strip()]
        return [
            File(post=self.name, language=language, text=text, rows=(0,) * text.count("\n")) for language, text in made
        ]


class Wording(NamedTuple):
    """A wording as a person reads it, and what is wrong with it."""

    said: Sequence[Said]
    faults: Sequence[Problem]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An entry as a person reads it: its wordings by language, its link and hashtags, what it asks supporters for."""

    entry: Entry
    wordings: Mapping[str, Sequence[Wording]]
    tail: tuple[str, ...]
    asks: tuple[str, ...]


def start(ask: Ask) -> Response:
    """A form for a document."""
    own_library(ask.app)
    return _form(ask, ask.query)


def _form(ask: Ask, told: Mapping[str, str], fault: HandbillError | None = None) -> Response:
    campaigns = {name: say(one.title, ask.language) for name, one in sorted(all_campaigns(ask.app).items())}
    return page(ask, "import.html", 400 if fault else 200, campaigns=campaigns, told=told, fault=fault)


def read(ask: Ask) -> Response:
    """What a document would become."""
    form = ask.form
    title = cleaned(form.get("begun", "")).replace("\n", " ")
    campaign = (slug(title) or title) if title else form.get("campaign", "")
    try:
        found = bring(
            ask.app, campaign, _source(ask), language=form.get("language", "").strip(), everything="all" in form
        )
        entries = [*_entries(found), *_spare(ask, found)]
        if len(entries) > MOST or sum(3 + 2 * len(entry.words) for entry in entries) > FIELDS:
            raise AskedWrongly("This document has more parts than one page holds. Cut it, or use: handbill post import")
    except HandbillError as error:
        return _form(ask, form, error)
    rows = {row for file in found.files for row in file.rows} | {spare.number for spare in found.aside}
    about = [one.problem for one in found.problems if one.number not in rows]
    needs = found.needs if title in ("", campaign) else replace(found.needs, title=title)
    return _shown(ask, found.campaign, entries, needs, about)


def _source(ask: Ask) -> Source:
    """What was sent or pasted; raises AskedWrongly if nothing was."""
    sent = ask.files.get("document")
    if sent and sent.content:
        return Source(name=PurePath(sent.name.replace("\\", "/")).name[:100] or "document", content=sent.content)
    pasted = ask.form.get("words", "")
    if not pasted.strip():
        raise AskedWrongly(ask.say("Choose a file, or paste its words into the box."))
    return Source(name=PASTED, content=pasted.encode(errors="replace"))


def _entries(found: Brought) -> list[Entry]:
    """The posts of a document."""
    posts: dict[str, list[File]] = {}
    for file in found.files:
        posts.setdefault(file.post, []).append(file)
    return [
        Entry(
            keep=True,
            name=name,
            words={file.language: file.text for file in files},
            faults=tuple(place for one in found.problems if (place := _placed(one, files))),
        )
        for name, files in posts.items()
    ]


def _placed(one: Noted, files: Sequence[File]) -> tuple[str, int, Problem] | None:
    """A problem with the file and the row of it that it is about, None if it is in none of these files."""
    if one.file:
        return (one.file, one.row, one.problem) if one.file in {file.name for file in files} else None
    where = ((file.name, file.rows.index(one.number) + 1) for file in files if one.number in file.rows)
    return next(((*found, one.problem) for found in where), None)


def _spare(ask: Ask, found: Brought) -> list[Entry]:
    """What was left aside, to be taken by whoever wants it."""
    names = {*taken(ask.app, found.campaign), *(file.post for file in found.files)}
    first = next((file.language for file in found.files), "en")
    entries = []
    for spare in found.aside:
        name = free(slug(spare.words) or "post", names)
        names.add(name)
        language = guess(spare.words) or first
        here = f"{name}.{language}.txt"
        faults = tuple((here, 1, one.problem) for one in found.problems if one.number == spare.number and not one.file)
        words = {language: plain(spare.words) + "\n"}
        entries.append(Entry(keep=False, name=name, words=words, why=spare.why, faults=faults))
    return entries


def _shown(
    ask: Ask, campaign: str, entries: Sequence[Entry], needs: Needs, about: Iterable[Problem] = (),
    *, fault: HandbillError | None = None,
) -> Response:  # fmt: skip
    files = [file for entry in entries if entry.keep for file in entry.files]
    try:
        check_name(campaign)
        before, after = facts_for(ask.app, campaign, files, needs)
    except HandbillError as error:
        before, after, fault = "", "", fault or error
    there = all_campaigns(ask.app).get(campaign)
    links = {**(there.links if there else {}), **needs.links}
    labels = {**needs.facts, **({name: one.label for name, one in there.asks.items()} if there else {})}
    return page(
        ask,
        "import-look.html",
        400 if fault else 200,
        campaign=campaign,
        campaigns=sorted(all_campaigns(ask.app)),
        title=needs.title or campaign.replace("-", " ").capitalize(),
        posts=[_read(ask, entry, links, labels) for entry in entries],
        kept=sum(entry.keep for entry in entries),
        needs=json.dumps({"links": _plain(needs.links), "facts": _plain(needs.facts)}),
        added=[row for row in after.splitlines() if row.strip() and row not in before.splitlines()],
        is_new=not before,
        after=after.strip(),
        about=list(about),
        fault=fault,
    )


def _read(ask: Ask, entry: Entry, links: Mapping[str, Texts], labels: Mapping[str, Texts]) -> Shown:
    """An entry as a person reads it."""
    wordings: dict[str, list[Wording]] = {}
    tail: dict[str, None] = {}
    for language, text in entry.words.items():
        file = read_file(FILE, language, keys(sorted(ask.app.networks)), FILE.parent, text.encode(errors="replace"))
        faults = [(row, problem) for name, row, problem in entry.faults if name == f"{entry.name}.{language}.txt"]
        starts = [int(one.where.rpartition(":")[2]) for one in file.words.wordings]
        texts = [as_read(one.text, links, language) for one in file.words.wordings] or [[]]
        tail |= dict.fromkeys(_tail(file.facts, links, language, texts))
        wordings[language] = [
            Wording(said, [problem for row, problem in faults if first <= row < last])
            for said, (first, last) in zip(texts, pairwise([0, *starts[1:], sys.maxsize]), strict=True)
        ]
    facts = dict.fromkeys(said.fact for some in wordings.values() for one in some for said in one.said if said.fact)
    asks = tuple(say(labels.get(name, {"": name}), ask.language) for name in facts)
    return Shown(entry=entry, wordings=wordings, tail=tuple(tail), asks=asks)


def _tail(
    facts: Mapping[str, object], links: Mapping[str, Texts], language: str, texts: Iterable[Sequence[Said]]
) -> list[str]:
    """What comes behind the words: the address, unless it stands in each wording, and the hashtags."""
    link, hashtags = facts.get("link"), facts.get("hashtags")
    address = say(links[link], language) if isinstance(link, str) and link in links else ""
    return [
        *([address] if not all(address in "".join(said.text for said in text) for text in texts) else []),
        *([str(tag) for tag in hashtags] if isinstance(hashtags, list | tuple) else []),
    ]


def _plain(named: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    return {name: dict(texts) for name, texts in named.items()}


def look(ask: Ask) -> Response:
    """The same posts as they were changed, looked over again."""
    campaign, entries, needs = _sent(ask)
    try:
        entries, about = _looked_over(ask, campaign, entries, needs)
    except HandbillError as error:
        return _shown(ask, campaign, entries, needs, fault=error)
    return _shown(ask, campaign, entries, needs, about)


def _looked_over(ask: Ask, campaign: str, entries: Sequence[Entry], needs: Needs) -> tuple[list[Entry], list[Problem]]:
    """The entries with every problem that they would have in the library; and those of the campaign's file."""
    files = _kept(ask, entries)
    check_name(campaign)
    for file in files:
        check_name(file.post)
        check_language(file.language)
    _, after = facts_for(ask.app, campaign, files, needs)
    problems = look_over(ask.app, campaign, files, after)
    mine = {file.name for file in files}
    found = [
        replace(
            entry,
            faults=tuple(
                (*place(one), one) for one in problems if place(one)[0] in {file.name for file in entry.files}
            ),
        )
        if entry.keep
        else entry
        for entry in entries
    ]
    return found, [problem for problem in problems if place(problem)[0] not in mine]


def _kept(ask: Ask, entries: Iterable[Entry]) -> list[File]:
    """The files that are to be written; raises AskedWrongly if there are none."""
    files = [file for entry in entries if entry.keep for file in entry.files]
    if not files:
        raise AskedWrongly(ask.say("No post is ticked. Tick those that you want."))
    return files


def save(ask: Ask) -> Response:
    """Write the posts that are ticked."""
    campaign, entries, needs = _sent(ask)
    try:
        files = _kept(ask, entries)
        written = write(ask.app, campaign, files, needs)
    except HandbillError as error:
        return _shown(ask, campaign, entries, needs, fault=error)
    number = len({file.post for file in files})
    people.note(ask.app, ask.who, f"imported {number} posts", campaign)
    ticket = token_urlsafe(16)
    LATELY[ticket] = written
    while len(LATELY) > MOST_LATELY:
        LATELY.popitem(last=False)
    words = ask.say("These posts are in the library now.")
    return go(
        f"/import/done?{urlencode({'campaign': campaign})}", words, Undo(to="/import/undo", fields={"of": ticket})
    )


# What was imported of late: it can be taken back as long as the desk runs.
LATELY: OrderedDict[str, Written] = OrderedDict()
MOST_LATELY = 20


def done(ask: Ask) -> Response:
    """What may come after an import."""
    campaign = all_campaigns(ask.app).get(ask.query.get("campaign", ""))
    if campaign is None:
        return go("/import")
    is_timed = any(row.campaign == campaign.name for row in ask.app.config.schedules)
    title = say(campaign.title, ask.language)
    return page(ask, "import-done.html", campaign=campaign.name, title=title, is_timed=is_timed)


def undo(ask: Ask) -> Response:
    """Take an import back, as long as nobody has built on it."""
    ticket = ask.form.get("of", "")
    written = LATELY.get(ticket)
    if written is None:
        raise HandbillError("This import can no longer be taken back. Take out what you do not want in the library.")
    take_back(ask.app, written)
    LATELY.pop(ticket, None)
    people.note(ask.app, ask.who, "took back the import of", written.campaign)
    return go("/import", ask.say("Taken back: these posts are out of the library again."))


# --- what the page sends back ---------------------------------------------------------------------------


def _sent(ask: Ask) -> tuple[str, list[Entry], Needs]:
    """The campaign, the posts and what they need, as a form of this room has them; raises AskedWrongly."""
    form = ask.form
    written = form.get("count", "")
    if not (written.isascii() and written.isdigit() and len(written) < 4 and int(written) <= MOST):
        raise AskedWrongly(ANEW)
    entries = [_entry(form, number) for number in range(int(written))]
    title = cleaned(form.get("title", "")).replace("\n", " ")
    return form.get("campaign", "").strip(), entries, replace(_needs(form.get("needs", "")), title=title)


def _entry(form: Mapping[str, str], number: int) -> Entry:
    words: dict[str, str] = {}
    for place_ in range(10):
        language = form.get(f"language-{number}-{place_}", "").strip()
        if language and language not in words:
            words[language] = form.get(f"words-{number}-{place_}", "").replace("\r\n", "\n").replace("\r", "\n")
    name, why = form.get(f"name-{number}", "").strip(), form.get(f"why-{number}", "")
    return Entry(keep=f"keep-{number}" in form, name=name, words=words, why=why)


def _needs(written: str) -> Needs:
    try:
        found = json.loads(written)
        json.dumps(found, ensure_ascii=False).encode()  # JSON can name halves of letters, and no file can hold them
        links, facts = (_named(found[key]) for key in ("links", "facts"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise AskedWrongly(ANEW) from error
    return Needs(links=links, facts=facts)


def _named(found: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Texts by language by name; ValueError for anything else."""
    named = {name: {language: text for language, text in texts.items()} for name, texts in found.items()}
    for name, texts in named.items():
        if not re.fullmatch(WORD, name) or not all(isinstance(text, str) for text in texts.values()):
            raise ValueError(name)
        for language in filter(None, texts):
            check_language(language)
    return named


DOORS: tuple[Door, ...] = (
    Door("GET", "/import", start, Role.ORGANIZER),
    Door("POST", "/import", read, Role.ORGANIZER),
    Door("POST", "/import/look", look, Role.ORGANIZER),
    Door("POST", "/import/save", save, Role.ORGANIZER),
    Door("GET", "/import/done", done, Role.ORGANIZER),
    Door("POST", "/import/undo", undo, Role.ORGANIZER),
)
