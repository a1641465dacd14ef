"""posts/ becomes campaigns and posts, and every fault in them a problem with file and line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.core.post import Campaign, Post
from bot.core.problem import Problem
from bot.library.campaign import read_campaign
from bot.library.files import shown
from bot.library.post import read_posts

PAUSE = "PAUSE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """What is whole in a library folder, and what is wrong with the rest; `paused` by a file named PAUSE."""

    campaigns: Mapping[str, Campaign]
    posts: Mapping[str, tuple[Post, ...]]
    problems: tuple[Problem, ...] = ()
    paused: bool = False


def load(folder: Path, networks: Sequence[str], base: Path | None = None) -> Library:
    """Read a library folder; files are named in problems as seen from `base`."""
    base = base or Path.cwd()
    if not folder.is_dir():
        return Library(campaigns={}, posts={}, problems=(_no_folder(folder, base),))
    campaigns, posts, problems = {}, {}, []
    for place in _folders(folder):
        campaign, faults = read_campaign(place, networks, base)
        whole, more = read_posts(place, campaign, networks, base)
        problems += [*faults, *more]
        if campaign and not any(fault.severity == "error" for fault in faults):
            campaigns[campaign.name], posts[campaign.name] = campaign, tuple(whole)
    problems += _strays(folder, base)
    if not campaigns and not problems:
        problems.append(Problem(shown(folder, base), "this library is empty", "Write a first post: handbill post new."))
    paused = (folder / PAUSE).exists()
    return Library(campaigns=campaigns, posts=posts, problems=tuple(problems), paused=paused)


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and path.name[0] not in "._")


def _no_folder(folder: Path, base: Path) -> Problem:
    return Problem(
        shown(folder, base), "there is no such library folder", "Set `library` in config.toml, or run: handbill init"
    )


def _strays(folder: Path, base: Path) -> list[Problem]:
    return [
        Problem(
            shown(path, base),
            "this post belongs to no campaign and is left out",
            "Move it into a folder that has a campaign.toml.",
            "warning",
        )
        for path in sorted(folder.glob("*.txt"))
    ]
