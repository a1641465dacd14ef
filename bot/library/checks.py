"""What is wrong between the files of a post, or between them and their campaign."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from bot.core import schema
from bot.core.post import Campaign
from bot.core.problem import Problem
from bot.core.schema import Fault
from bot.library.facts import fact_keys
from bot.library.words import File

PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp")
# A translation counts as older than its source from here on: files of one checkout differ by less.
STALE = 600.0
OLDER = "this translation is older than"


def between(group: Sequence[File], campaign: Campaign | None, networks: Sequence[str], folder: Path) -> list[Problem]:
    """Every fault that shows only when the files of a post (its source first) are seen together."""
    problems = [*_doubled(group), *_misplaced(group, networks)]
    if campaign:
        problems += [*_facts(group[0], campaign), *_picture(group, folder), *_unlisted(group, campaign)]
    return [*problems, *_stale(group)]


def _doubled(group: Sequence[File]) -> Iterator[Problem]:
    for earlier, later in pairwise(group):
        if earlier.language == later.language:
            what = f"{earlier.path.name} holds this post in {later.language} already"
            yield Problem(later.where, what, "Keep one of the two.")


def _misplaced(group: Sequence[File], networks: Sequence[str]) -> Iterator[Problem]:
    common, source = fact_keys(networks), group[0].path.name
    for file in group[1:]:
        for name in file.facts:
            if name in common:
                yield file.at(Fault((name,), f"`{name}` holds for all languages", f"Move it to {source}."))
        if (file.facts.get("image") or {}).get("file"):
            hint = f"Name its file in {source}; here only alt."
            yield file.at(Fault(("image", "file"), "the picture holds for all languages", hint))


def _facts(source: File, campaign: Campaign) -> Iterator[Problem]:
    facts = source.facts
    if (link := facts.get("link")) and link not in campaign.links:
        what = f'`link` names "{link}", which campaign.toml does not have'
        yield source.at(Fault(("link",), what, _link_hint(link, campaign)))
    first, last = facts.get("from"), facts.get("until")
    if first and last and last < first:
        yield source.at(Fault(("until",), "`until` lies before `from`", "Put the later day into `until`."))
    if facts.get("only") and facts.get("except"):
        yield source.at(Fault(("except",), "`only` and `except` stand together", "Keep one of the two."))


def _link_hint(link: str, campaign: Campaign) -> str:
    if link.startswith("http"):
        return "Give the address a name under [links] in campaign.toml, and write the name here."
    return schema.near(link, sorted(campaign.links)) or "Add it under [links] in campaign.toml."


def _picture(group: Sequence[File], folder: Path) -> Iterator[Problem]:
    source, image = group[0], group[0].facts.get("image")
    if not image:
        return
    if "file" not in image:
        hint = 'Write image = { file = "images/court.png", alt = "…" }.'
        yield source.at(Fault(("image",), "`image` names no file", hint))
    elif image["file"] and (fault := picture_fault(image["file"], folder)):
        yield source.at(Fault(("image",), *fault))
    if "alt" not in image:
        what = "the picture has no words for those who cannot see it"
        yield source.at(Fault(("image",), what, 'Describe it: alt = "…"'))
    for file in group[1:]:
        if not file.words.alt:
            what = f"the picture has no description in {file.language}"
            yield file.at(Fault(("image",), what, 'Write image = { alt = "…" }.', "warning"))


def picture_fault(name: str, folder: Path) -> tuple[str, str] | None:
    """What is wrong with a picture's file, and what to do."""
    path = folder / name
    try:
        inside, there = path.resolve().is_relative_to(folder.resolve()), path.is_file()
    except (OSError, RuntimeError):  # a name too long; a link that leads to itself
        inside = there = False
    if there and not inside:
        return f'the picture "{name}" lies outside the campaign\'s folder', "Copy it into images/."
    if not there:
        return f'there is no picture "{name}"', "Check the name, capital letters too."
    if path.suffix.lower() not in PICTURES:
        return f'"{name}" is no picture that networks take', "Use .png, .jpg, .gif or .webp."
    return None


def _unlisted(group: Sequence[File], campaign: Campaign) -> Iterator[Problem]:
    for file in group:
        if file.language not in campaign.languages:
            what = f'campaign.toml does not list the language "{file.language}"'
            yield Problem(file.where, what, "Add it to `languages`, or rename the file.", "warning")


def _stale(group: Sequence[File]) -> Iterator[Problem]:
    source, *others = group
    for file in others:
        if file.raw and source.raw and file.written + STALE < source.written:
            what = f"{OLDER} {source.path.name}"
            yield Problem(file.where, what, "Look it over, then save it.", "warning")
