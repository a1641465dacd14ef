"""A post's files, one for each language, become a Post."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from bot.core.post import Campaign, Post, Words
from bot.core.problem import Problem
from bot.library.checks import between
from bot.library.facts import keys
from bot.library.files import is_post, name_of, shown
from bot.library.words import File, read_file

# What people write in instead: named, for its words would else be missed in silence.
DOCUMENTS = (".md", ".doc", ".docx", ".text", ".rtf", ".odt", ".pages")


def read_posts(
    folder: Path, campaign: Campaign | None, networks: Sequence[str], base: Path
) -> tuple[list[Post], list[Words], list[Problem]]:
    """The whole posts of a campaign's folder, the words of files left out, and every problem in its files."""
    first = campaign.languages[0] if campaign else "en"
    groups: dict[str, list[File]] = {}
    posts: list[Post] = []
    broken: list[Words] = []
    problems: list[Problem] = []
    schema = keys(networks)
    for path in sorted(path for path in folder.iterdir() if path.name[0] not in "._~"):
        if is_post(path):
            groups.setdefault(name_of(path), []).append(read_file(path, first, schema, base))
        else:
            problems += _stray(path, base)
    for name, group in groups.items():
        post, rest, found = _join(name, group, campaign, networks, folder)
        posts += [post] if post else []
        broken += rest
        problems += found
    if campaign and not groups:
        hint = f"Write one: handbill post new {campaign.name} hello"
        problems.append(Problem(campaign.where, "this campaign has no posts", hint))
    return posts, broken, problems


def read_post(
    folder: Path,
    name: str,
    campaign: Campaign | None,
    networks: Sequence[str],
    base: Path,
    instead: Mapping[str, bytes],
) -> tuple[Post | None, list[Problem]]:
    """One post (None if the file with its facts is broken) and every problem in its files.

    `instead`: by name of file the bytes that some of them, or new ones, would hold.
    """
    first = campaign.languages[0] if campaign else "en"
    paths = {path.name: path for path in folder.iterdir()} if folder.is_dir() else {}
    paths |= {file: folder / file for file in instead}
    group = [
        read_file(path, first, keys(networks), base, instead.get(file))
        for file, path in sorted(paths.items())
        if file[0] not in "._~" and is_post(path) and name_of(path) == name
    ]
    post, _, problems = _join(name, group, campaign, networks, folder)
    return post, problems


def _stray(path: Path, base: Path) -> list[Problem]:
    if path.suffix.lower() not in DOCUMENTS or path.stem.lower() == "readme" or path.is_dir():
        return []
    hint = "Posts end in .txt; save it as plain text."
    return [Problem(shown(path, base), "this file is not read as a post", hint, "warning")]


def _join(
    name: str, group: list[File], campaign: Campaign | None, networks: Sequence[str], folder: Path
) -> tuple[Post | None, list[Words], list[Problem]]:
    """One post of all its whole files, the words of the others, and every problem in them.

    None if the file with the post's facts is broken.
    """
    order = {language: place for place, language in enumerate(campaign.languages if campaign else ())}
    group = sorted(group, key=lambda file: (order.get(file.language, len(order)), file.language))
    problems = [problem for file in group for problem in file.problems]
    problems += between(group, campaign, networks, folder)
    whole = [file for file in group if not _is_broken(file, problems)]
    if campaign is None or group[0] not in whole:
        return None, [file.words for file in group], problems
    return _post(name, whole, campaign.name, folder), [file.words for file in group if file not in whole], problems


def _is_broken(file: File, problems: Iterable[Problem]) -> bool:
    return any(
        problem.severity == "error" and (problem.where == file.where or problem.where.startswith(f"{file.where}:"))
        for problem in problems
    )


def _post(name: str, group: list[File], campaign: str, folder: Path) -> Post:
    facts, alt = group[0].facts, group[0].words.alt
    image = folder / facts["image"]["file"] if facts.get("image") else None
    return Post(
        campaign=campaign,
        name=name,
        words={file.language: file.words if file.words.alt else replace(file.words, alt=alt) for file in group},
        where=group[0].where,
        digest=_digest(group, image),
        tags=facts.get("tags") or (),
        hashtags=facts.get("hashtags") or (),
        link=facts.get("link") or "",
        image=str(image or ""),
        source=facts.get("source"),
        rest=facts.get("rest"),
        at_most=facts.get("at_most"),
        starts=facts.get("from"),
        until=facts.get("until"),
        weight=facts.get("weight") or 1,
        only=facts.get("only") or (),
        never=facts.get("except") or (),
    )


def _digest(group: Iterable[File], image: Path | None) -> str:
    """What tells whether a post was edited: all that stands in its files, and the size of its picture."""
    size = str(image.stat().st_size).encode() if image else b""
    return sha256(b"\0".join([*(file.raw for file in group), size])).hexdigest()[:32]
