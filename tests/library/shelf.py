"""A library folder written from text, and what comes of it."""

from collections.abc import Mapping
from pathlib import Path

from bot.library import Library, load

NETWORKS = ("bluesky", "linkedin", "mastodon", "outbox", "x")


def shelf(folder: Path, files: Mapping[str, str | bytes]) -> Library:
    """The library of these files (text by path below posts/, LF as written)."""
    (folder / "posts").mkdir(exist_ok=True)
    for name, text in files.items():
        path = folder / "posts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load(folder / "posts", NETWORKS, folder)


def air(folder: Path, files: Mapping[str, str | bytes], campaign: str = "") -> Library:
    """The library of one campaign, "air", with these post files."""
    texts = {f"air/{name}": text for name, text in files.items()}
    return shelf(folder, {"air/campaign.toml": f'title = "Clean air"\n{campaign}', **texts})


def told(library: Library) -> list[str]:
    """Every problem in one row."""
    return [str(problem).replace("\n    ", " | ") for problem in library.problems]


def names(library: Library) -> list[str]:
    """The whole posts: name and languages."""
    posts = [post for posts in library.posts.values() for post in posts]
    return [f"{post.name} {' '.join(post.words)}" for post in posts]
