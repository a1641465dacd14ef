"""Bring: a document becomes posts of a campaign. What is there already is never overwritten."""

import shutil
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any, NamedTuple

import regex
import tomlkit

from bot import library, reading
from bot.app import App
from bot.core.alike import alike
from bot.core.draft import Draft, Remark
from bot.core.network import Network
from bot.core.paper import read
from bot.core.post import Campaign, Post, Texts
from bot.core.problem import AskedWrongly, HandbillError, Problem
from bot.core.timetable import local_day
from bot.core.typeset import File, Needs, free, quoted, slug, typeset
from bot.library.campaign import FILE
from bot.library.files import is_post, language_of, name_of
from bot.reading import Reading
from bot.work.look import warning
from bot.work.put import digest, put, take_away
from bot.work.review import all_campaigns, all_networks, copies, place, review_post
from bot.work.write import check_language, check_name, own_library

# Of two people who import the same at once the second finds all that the first has written.
ONE_AT_A_TIME = Lock()
PASTED = "pasted text"
MOST = 1_000
"""Posts of one document."""


class Noted(NamedTuple):
    """A problem, and what it is about: a row of the document (0 if none), and a row of a file that it would become."""

    number: int
    problem: Problem
    file: str = ""
    row: int = 0


class Spare(NamedTuple):
    """What is in no post: its words, why, the row of the document, and how to say where that is."""

    words: str
    why: str
    number: int
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What a document would become, before anything is written.

    `needs`: what campaign.toml is to have in addition; `after`: its text as it would be then, and
    `before` as it is, "" if there is none. `aside`: what of the document is in no post.
    """

    campaign: str
    files: tuple[File, ...]
    needs: Needs
    after: str
    before: str = ""
    problems: tuple[Noted, ...] = ()
    aside: tuple[Spare, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A document: what to call it, and its bytes."""

    name: str
    content: bytes


def bring(app: App, campaign: str, source: Source, *, language: str = "", everything: bool = False) -> Brought:
    """Read a document into posts of a campaign, with every problem in them; nothing is written yet.

    An empty `campaign` is named after what the document calls itself, else after its file.
    `language`: what the document is in where it does not say. `everything`: each paragraph is a post.
    Raises AskedWrongly where nothing can be read.
    """
    own_library(app)
    if language:
        check_language(language)
    found = reading.read(source.content, source.name)
    if found.text.startswith("+++\n"):
        return _as_it_is(app, campaign or _named("", source), source, found, language)
    paper = read(found.rows, everything=everything, language=language or found.language, networks=_labels(app))
    campaign = campaign or _named(paper.title, source)
    check_name(campaign)
    there = _there(app, campaign)
    if not paper.drafts and not paper.aside:
        raise AskedWrongly(f"There are no words in {source.name} that could be posts.")
    if len(paper.drafts) > MOST:
        raise AskedWrongly(f"{source.name} has more than {MOST:,} posts. Cut it into parts.")
    languages = _languages(there, paper.drafts)
    made = typeset(paper.drafts, languages, there, taken(app, campaign))
    where = _places(source, found)
    remarks = [*found.remarks, *paper.remarks, *made.remarks, *alike(paper.drafts)]
    aside = tuple(Spare(one.text, one.why, one.number, where(one.number)) for one in paper.aside)
    needs = replace(made.needs, title=paper.title)
    return _brought(app, campaign, made.files, needs, where, remarks, aside)


def _named(title: str, source: Source) -> str:
    """A campaign's name for a document."""
    return slug(title) or slug(Path(source.name).stem) or "campaign"


def _labels(app: App) -> list[str]:
    """What people call the networks; some still call one by a name that it had before."""
    return [*(network.label for network in app.networks.values()), "Twitter"]


def _as_it_is(app: App, campaign: str, source: Source, found: Reading, language: str) -> Brought:
    """A document that is a post's file already."""
    check_name(campaign)
    path, language = Path(source.name), language or _languages(_there(app, campaign), ())[0]
    post, language = free(slug(name_of(path)) or "post", taken(app, campaign)), language_of(path) or language
    text = found.text.rstrip("\n") + "\n"
    file = File(post=post, language=language, text=text, rows=tuple(range(1, text.count("\n") + 1)))
    return _brought(app, campaign, [file], Needs(), _places(source, found), [], ())


def _brought(
    app: App, campaign: str, files: Sequence[File], needs: Needs,
    where: Callable[[int], str], remarks: Iterable[Remark], aside: tuple[Spare, ...],
) -> Brought:  # fmt: skip
    before, after = facts_for(app, campaign, files, needs)
    found = [Noted(number, warning(where(number), what, hint)) for number, what, hint in remarks]
    found += [_placed(problem, files, where) for problem in look_over(app, campaign, files, after)]
    problems = tuple(sorted(found, key=lambda one: one.number))
    return Brought(
        campaign=campaign, files=tuple(files), needs=needs, after=after, before=before, problems=problems, aside=aside
    )


def _places(source: Source, found: Reading) -> Callable[[int], str]:
    """How to say where in a document a row stands."""
    return lambda row: f"{source.name}, {found.unit} {row}" if found.unit else f"{source.name}:{row}"


def _there(app: App, campaign: str) -> Campaign | None:
    """The campaign if there is one; raises HandbillError if it cannot be read, or lies elsewhere."""
    folder = app.config.library / campaign
    if not folder.resolve().is_relative_to(app.config.library.resolve()):
        raise AskedWrongly(f"{folder} leads out of the library. Choose another campaign.")
    found = all_campaigns(app).get(campaign)
    if found is None and (folder / FILE).exists():
        raise HandbillError(f"{folder / FILE} has a fault. Put that right first: handbill check")
    return found


def _languages(there: Campaign | None, drafts: Iterable[Draft]) -> list[str]:
    """The languages of a campaign and of drafts, the one first in which words of no known language are."""
    found = [*(there.languages if there else ()), *(language for draft in drafts for language in draft.words)]
    return list(dict.fromkeys(filter(None, found))) or ["en"]


def taken(app: App, campaign: str) -> set[str]:
    """The names of a campaign's posts, in small letters."""
    folder = app.config.library / campaign
    return {name_of(path).casefold() for path in folder.iterdir() if is_post(path)} if folder.is_dir() else set()


# --- campaign.toml -------------------------------------------------------------------------------


def facts_for(app: App, campaign: str, files: Iterable[File], needs: Needs) -> tuple[str, str]:
    """The text of a campaign's file as it is ("" if there is none), and with all that these posts need."""
    path = app.config.library / campaign / FILE
    before = path.read_bytes().decode("utf-8-sig") if path.exists() else ""
    languages = list(dict.fromkeys(file.language for file in files))
    if not before:
        return "", _new_facts(campaign, needs, languages)
    return before, with_facts(before, needs, languages)


def with_facts(before: str, needs: Needs, languages: Iterable[str]) -> str:
    """The text of campaign.toml with new links, facts and languages; all that stands there stays as it is.

    Raises AskedWrongly where a link has another address there.
    """
    document, there = tomlkit.parse(before), tomllib.loads(before)
    listed: Any = document.get("languages")
    for language in languages if listed is not None else ():
        if language not in listed:
            listed.append(language)
    for name, texts in needs.links.items():
        found = there.get("links", {}).get(name)
        if found is None:
            document.setdefault("links", tomlkit.table())[name] = _value(texts)
        elif found != texts.get("", texts):
            raise AskedWrongly(
                f'The campaign has a link "{name}" that leads elsewhere. Import the document anew there.'
            )
    for name, label in needs.facts.items():
        if name not in there.get("ask", {}):
            document.setdefault("ask", tomlkit.table(is_super_table=True))[name] = _table({"label": _value(label)})
    return tomlkit.dumps(document)


def _new_facts(campaign: str, needs: Needs, languages: Sequence[str]) -> str:
    rows = [f"title = {quoted(needs.title or campaign.replace('-', ' ').capitalize())}"]
    if languages and list(languages) != ["en"]:
        rows.append(f"languages = [{', '.join(map(quoted, languages))}]")
    rows += ["", "[links]"] if needs.links else []
    rows += [f"{name} = {_written(texts)}" for name, texts in needs.links.items()]
    for name, label in needs.facts.items():
        told = {language: words for language, words in label.items() if language in ("", *languages)}
        rows += ["", f"[ask.{name}]", f"label = {_written(told or label)}"]
    return "\n".join(rows) + "\n"


def _written(texts: Texts) -> str:
    if "" in texts:
        return quoted(texts[""])
    return "{ " + ", ".join(f"{language} = {quoted(text)}" for language, text in texts.items()) + " }"


def _value(texts: Texts) -> Any:  # tomlkit's own kinds of values
    if "" in texts:
        return texts[""]
    table = tomlkit.inline_table()
    table.update(texts)
    return table


def _table(values: dict[str, Any]) -> Any:  # the same
    table = tomlkit.table()
    table.update(values)
    return table


# --- problems ------------------------------------------------------------------------------------


def look_over(app: App, campaign: str, files: Sequence[File], facts: str) -> list[Problem]:
    """Every problem that these files would have in the library, each named by its file alone."""
    if not files:
        return []
    names = {file.name for file in files}
    order = {file.post: number for number, file in enumerate(files)}
    with TemporaryDirectory() as folder:
        inside = Path(folder) / "library" / campaign
        _lay(app, inside, files, facts)
        found = library.load(inside.parent, sorted(app.networks), base=inside)
        problems = list(found.problems)
        both = [(one, posts) for one in found.campaigns.values() for posts in (found.posts[one.name],)] + [
            *found.drafts
        ]
        today, networks = local_day(app.clock(), app.config.zone), _networks(app)
        for one, posts in both:
            problems += [fault for post in posts for fault in review_post(one, post, networks, today)]
            problems += copies([*_posts(app, campaign), *sorted(posts, key=lambda post: order[post.name])])
    return [problem for problem in dict.fromkeys(problems) if place(problem)[0] in {*names, FILE}]


def _lay(app: App, folder: Path, files: Iterable[File], facts: str) -> None:
    folder.mkdir(parents=True)
    (folder / FILE).write_text(facts, encoding="utf-8", newline="\n")
    for file in files:
        (folder / file.name).write_text(file.text, encoding="utf-8", newline="\n")
    there = all_campaigns(app).get(folder.name)
    if there and there.logo:
        logo = folder / Path(there.logo).relative_to(app.config.library / folder.name)
        with suppress(OSError):
            logo.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(there.logo, logo)


def _posts(app: App, campaign: str) -> list[Post]:
    """The posts that are there."""
    drafts = [post for one, posts in app.library.drafts if one.name == campaign for post in posts]
    return [*app.library.posts.get(campaign, ()), *drafts]


def _networks(app: App) -> list[Network]:
    """The networks that accounts speak on; all, as long as there are none but an outbox."""
    spoken = [app.speaker(name).network for name, account in app.config.accounts.items() if account.network != "outbox"]
    return spoken or all_networks(app)


NAMED = regex.compile(r"([^\s:]+\.txt)(?::(\d+))?")


def _placed(problem: Problem, files: Iterable[File], where: Callable[[int], str]) -> Noted:
    """What a problem of a file is about, and the problem said with the rows of the document."""
    rows = {file.name: file.rows for file in files}

    def row(match: regex.Match[str] | None) -> int:
        if not match or match[1] not in rows:
            return 0
        known = rows[match[1]]
        return known[min(int(match[2] or 1), len(known)) - 1]  # where words are missing, the row behind the last

    def said(match: regex.Match[str]) -> str:
        return where(row(match)) if row(match) else match[0]

    words = replace(problem, where=NAMED.sub(said, problem.where), what=NAMED.sub(said, problem.what))
    return Noted(row(NAMED.fullmatch(problem.where)), words, *place(problem))


# --- writing -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What an import wrote: the files that were not there, with their digests, and what campaign.toml was before."""

    campaign: str
    made: Mapping[Path, str]
    before: str = ""
    after: str = ""


def write(app: App, campaign: str, files: Sequence[File], needs: Needs) -> Written:
    """Write the files, and into campaign.toml what they need; all or nothing.

    Raises AskedWrongly for names that cannot be or are taken.
    """
    with ONE_AT_A_TIME:
        return _write(app, campaign, files, needs)


def _write(app: App, campaign: str, files: Sequence[File], needs: Needs) -> Written:
    own_library(app)
    check_name(campaign)
    _there(app, campaign)
    _check_names(files, taken(app, campaign))
    folder = app.config.library / campaign
    seen = digest(folder / FILE)
    before, after = facts_for(app, campaign, files, needs)
    _check_facts(after)
    made: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if after != before:
            put(folder / FILE, after.encode(), seen)
            made += [] if before else [folder / FILE]
        for file in files:
            put(folder / file.name, file.text.encode(), "")
            made.append(folder / file.name)
    except OSError as error:
        _remove(folder, made)
        raise HandbillError(f"{folder} cannot be written ({error.strerror}). See that you may write there.") from error
    except BaseException:
        _remove(folder, made)
        raise
    return Written(campaign=campaign, made={path: digest(path) for path in made}, before=before, after=after)


def take_back(app: App, written: Written) -> None:
    """Take an import back; HandbillError where its files have changed since, or were said or put into the timetable."""
    folder = app.config.library / written.campaign
    posts = {name_of(path) for path in written.made}
    said = {one.post for one in app.store.spoken() if one.campaign == written.campaign}
    if posts & said:
        raise HandbillError("Some of these posts were said already. Take out what you do not want in the library.")
    if folder / FILE in written.made and any(row.campaign == written.campaign for row in app.config.schedules):
        raise HandbillError("The timetable names this campaign already. Take its times out first.")
    try:
        take_away(written.made)
        if written.before != written.after and folder / FILE not in written.made:
            put(folder / FILE, written.before.encode(), sha256(written.after.encode()).hexdigest())
        with suppress(OSError):
            folder.rmdir()
    except OSError as error:
        raise HandbillError(f"{folder} cannot be changed ({error.strerror}). See that you may write there.") from error


def _check_facts(text: str) -> None:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise AskedWrongly("campaign.toml would be broken by this. Nothing was written.") from error


def _check_names(files: Sequence[File], names: set[str]) -> None:
    for file in files:
        check_name(file.post)
        check_language(file.language)
        if file.post.casefold() in names:
            raise AskedWrongly(f'There is a post "{file.post}" already, and it stays as it is. Choose another name.')
    doubled = [file.name for file in files]
    if len({name.casefold() for name in doubled}) < len(doubled):
        raise AskedWrongly("Two posts have the same name. Give each its own.")


def _remove(folder: Path, made: Iterable[Path]) -> None:
    with suppress(OSError):
        for path in made:
            path.unlink()
        folder.rmdir()
