"""Files of a library: read as text, with every fault as a problem."""

from pathlib import Path

from bot.core.problem import Problem
from bot.core.text import decode

LARGEST = 1_000_000


def read_text(path: Path, where: str) -> tuple[str, bytes, list[Problem]]:
    """The text of a file (empty if it cannot be read), its bytes, and what is wrong with it."""
    try:
        if path.stat().st_size > LARGEST:
            return (
                "",
                b"",
                [Problem(where, "this file is larger than a million bytes", "A post is a few hundred letters.")],
            )
        raw = path.read_bytes()
    except OSError as error:
        return "", b"", [Problem(where, f"cannot be read ({error.strerror})", "Check the file's permissions.")]
    text, problems = decode(raw, where)
    return text, raw, problems


def shown(path: Path, base: Path) -> str:
    """A path as a person at `base` would write it."""
    try:
        return path.relative_to(base).as_posix()
    except ValueError:
        return path.as_posix()
