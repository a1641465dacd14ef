"""posts/ becomes campaigns and posts, and every fault in them a problem with file and line."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from bot.core.post import Campaign, Post, Words
from bot.core.problem import Problem
from bot.library.campaign import FILE, read_campaign
from bot.library.files import is_post, shown
from bot.library.post import read_posts

# Any of these in the library folder, or beside config.toml, pauses everything; Windows adds an ending.
PAUSE = ("pause", "pause.txt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """What is whole in a library folder, and what is wrong with the rest; `paused` by a file named PAUSE.

    `stamps` tell by campaign whether anything in its folder has changed since.
    `broken` holds, with their campaign's name, the words of files that are left out, and `drafts`
    the campaigns that are, with their posts: for whoever looks for more faults in them.
    """

    campaigns: Mapping[str, Campaign]
    posts: Mapping[str, tuple[Post, ...]]
    broken: tuple[tuple[str, Words], ...] = ()
    drafts: tuple[tuple[Campaign, tuple[Post, ...]], ...] = ()
    problems: tuple[Problem, ...] = ()
    paused: bool = False
    stamps: Mapping[str, str] = field(default_factory=dict)


def load(folder: Path, networks: Sequence[str], base: Path | None = None, *, beside: Path | None = None) -> Library:
    """Read a library folder; files are named in problems as seen from `base`. `beside`: where a PAUSE counts, too."""
    base = base or Path.cwd()
    if not folder.is_dir():
        return Library(campaigns={}, posts={}, problems=(_no_folder(folder, base),))
    campaigns, posts, broken, drafts, problems = {}, {}, [], [], []
    seen = stamps(folder)
    for place in _folders(folder):
        campaign, faults = read_campaign(place, networks, base)
        whole, rest, more = read_posts(place, campaign, networks, base)
        broken += [(place.name, words) for words in rest]
        problems += [*faults, *more]
        if campaign and not any(fault.severity == "error" for fault in faults):
            campaigns[campaign.name], posts[campaign.name] = campaign, tuple(whole)
        elif campaign:
            drafts.append((campaign, tuple(whole)))
    problems += _strays(folder, base)
    if not campaigns and not problems:
        problems.append(
            Problem(
                shown(folder, base), "this library is empty", "Write a first post: handbill post new my-campaign hello"
            )
        )
    return Library(
        campaigns=campaigns,
        posts=posts,
        broken=tuple(broken),
        drafts=tuple(drafts),
        problems=tuple(problems),
        paused=is_paused(folder, beside or folder),
        stamps=seen,
    )


def is_paused(*folders: Path) -> bool:
    """Whether a file named PAUSE lies in one of these folders."""
    return any(path.name.lower() in PAUSE for folder in folders if folder.is_dir() for path in folder.iterdir())


def stamps(folder: Path) -> dict[str, str]:
    """By campaign what changes whenever a file in its folder does; empty where there is no library."""
    return {place.name: stamp(place)[0] for place in _folders(folder)} if folder.is_dir() else {}


def stamp(folder: Path) -> tuple[str, float]:
    """What changes whenever a file in a campaign's folder does; and when the youngest was written (seconds since 1970).

    It is made of the files' names, sizes, and times of writing.
    """
    try:
        with os.scandir(folder) as entries:
            facts = sorted((one.name, one.stat().st_size, one.stat().st_mtime_ns) for one in entries)
    except OSError:  # a file was taken away while we looked, or the folder
        return "", 0.0
    youngest = max((written for _, _, written in facts), default=0) / 1e9
    return sha256(repr(facts).encode()).hexdigest(), youngest


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and path.name[0] not in "._")


def _no_folder(folder: Path, base: Path) -> Problem:
    hint = "Set `library` in config.toml, or run: handbill init"
    return Problem(shown(folder, base), "there is no such library folder", hint)


def _strays(folder: Path, base: Path) -> list[Problem]:
    """Posts that stand beside the campaigns; all of them at once if the folder is a campaign itself."""
    if (folder / FILE).exists():
        hint = f'Write library = "{shown(folder.parent, base)}" in config.toml, the folder above it.'
        return [Problem(shown(folder, base), "this is a campaign's folder, not a library", hint)]
    hint = "Move it into a folder that has a campaign.toml."
    return [
        Problem(shown(path, base), "this post belongs to no campaign and is left out", hint, "warning")
        for path in sorted(folder.iterdir())
        if is_post(path) and path.name.lower() not in PAUSE
    ]
