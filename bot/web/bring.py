"""Import: a document, sent or pasted, becomes posts; all of it is seen and may be changed before it is written."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from urllib.parse import urlencode

from starlette.responses import Response

from bot.core.blanks import plain
from bot.core.post import say
from bot.core.problem import AskedWrongly, HandbillError, Problem
from bot.core.tongue import guess
from bot.core.typeset import File, Needs, free, slug
from bot.library.campaign import WORD
from bot.web.frame import Ask, Door, go, page
from bot.work import people
from bot.work.bring import PASTED, Brought, Source, bring, facts_for, look_over, taken, write
from bot.work.people import Role
from bot.work.review import all_campaigns, place
from bot.work.write import check_language, check_name, own_library

MOST = 250
"""Posts on one page; a form has only so many fields."""
ANEW = "This page cannot be read any more. Import the document anew."


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A post as the page shows it: whether it is to be written, its words by language, what is wrong with it."""

    keep: bool
    name: str
    words: Mapping[str, str]
    problems: tuple[Problem, ...] = ()

    @property
    def files(self) -> list[File]:
        """Its files."""
        made = [(language, f"{text.strip()}\n") for language, text in self.words.items() if text.strip()]
        return [
            File(post=self.name, language=language, text=text, rows=(0,) * text.count("\n")) for language, text in made
        ]


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
    campaign = form.get("begun", "").strip() or form.get("campaign", "")
    try:
        found = bring(
            ask.app, campaign, _source(ask), language=form.get("language", "").strip(), everything="all" in form
        )
        entries = [*_entries(found), *_spare(ask, found)]
        if len(entries) > MOST:
            raise AskedWrongly(f"This document has more than {MOST} parts. Cut it, or use: handbill post import")
    except HandbillError as error:
        return _form(ask, form, error)
    rows = {row for file in found.files for row in file.rows}
    about = [problem for row, problem in found.problems if row not in rows]
    return _shown(ask, found.campaign, entries, found.needs, about)


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
            problems=tuple(problem for row, problem in found.problems if any(row in file.rows for file in files)),
        )
        for name, files in posts.items()
    ]


def _spare(ask: Ask, found: Brought) -> list[Entry]:
    """What was left aside, to be taken by whoever wants it."""
    names = {*taken(ask.app, found.campaign), *(file.post for file in found.files)}
    first = found.files[0].language
    entries = []
    for _, words in found.aside:
        name = free(slug(words) or "post", names)
        names.add(name)
        entries.append(Entry(keep=False, name=name, words={guess(words) or first: plain(words) + "\n"}))
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
    return page(
        ask,
        "import-look.html",
        400 if fault else 200,
        campaign=campaign,
        campaigns=sorted(all_campaigns(ask.app)),
        entries=entries,
        kept=sum(entry.keep for entry in entries),
        needs=json.dumps({"links": _plain(needs.links), "facts": _plain(needs.facts)}),
        added=[row for row in after.splitlines() if row.strip() and row not in before.splitlines()],
        is_new=not before,
        after=after.strip(),
        about=list(about),
        fault=fault,
    )


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
        replace(entry, problems=tuple(one for one in problems if place(one)[0] in {file.name for file in entry.files}))
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
        write(ask.app, campaign, files, needs)
    except HandbillError as error:
        return _shown(ask, campaign, entries, needs, fault=error)
    number = len({file.post for file in files})
    people.note(ask.app, ask.who, f"imported {number} posts", campaign)
    words = ask.say("These posts are in the library now. They are said once a timetable names their campaign.")
    return go("/library?" + urlencode({"campaign": campaign}), words)


# --- what the page sends back ---------------------------------------------------------------------------


def _sent(ask: Ask) -> tuple[str, list[Entry], Needs]:
    """The campaign, the posts and what they need, as a form of this room has them; raises AskedWrongly."""
    form = ask.form
    written = form.get("count", "")
    if not (written.isascii() and written.isdigit() and len(written) < 4 and int(written) <= MOST):
        raise AskedWrongly(ANEW)
    entries = [_entry(form, number) for number in range(int(written))]
    return form.get("campaign", "").strip(), entries, _needs(form.get("needs", ""))


def _entry(form: Mapping[str, str], number: int) -> Entry:
    words: dict[str, str] = {}
    for place_ in range(10):
        language = form.get(f"language-{number}-{place_}", "").strip()
        if language and language not in words:
            words[language] = form.get(f"words-{number}-{place_}", "").replace("\r\n", "\n").replace("\r", "\n")
    return Entry(keep=f"keep-{number}" in form, name=form.get(f"name-{number}", "").strip(), words=words)


def _needs(written: str) -> Needs:
    try:
        found = json.loads(written)
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
)
