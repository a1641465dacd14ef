"""Files of a library: read as text, with every fault as a problem; and what their names say."""

import re
import unicodedata
from math import inf
from os import stat_result
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from bot.core.problem import Problem
from bot.core.schema import LANGUAGE
from bot.core.text import decode

LARGEST = 1_000_000
TOO_LARGE = ("this file is larger than a million bytes", "A post is a few hundred letters.")
SUFFIX = re.compile(rf"(?P<name>.+)\.(?P<language>{LANGUAGE})")


def is_post(path: Path) -> bool:
    """Whether a file's name says that it holds a post."""
    return path.suffix.lower() == ".txt"


def name_of(path: Path) -> str:
    """A post's name: the file's, without language and ending."""
    match = SUFFIX.fullmatch(path.stem)
    return unicodedata.normalize("NFC", match["name"] if match else path.stem)


def language_of(path: Path) -> str:
    """The language in a file's name, "" if there is none."""
    match = SUFFIX.fullmatch(path.stem)
    return match["language"] if match else ""


def read_text(path: Path, where: str) -> tuple[str, bytes, float, list[Problem]]:
    """The text of a file (empty if it cannot be read), its bytes, when it was written, what is wrong with it."""
    try:
        facts = path.stat()
        if fault := _unfit(facts):
            return "", b"", 0.0, [Problem(where, *fault)]
        raw = path.read_bytes()
    except OSError as error:
        return (
            "",
            b"",
            0.0,
            [Problem(where, f"cannot be read ({error.strerror})", "Check that the file is whole and may be read.")],
        )
    text, problems = decode(raw, where)
    return text, raw, facts.st_mtime, problems


def told_text(raw: bytes, where: str) -> tuple[str, bytes, float, list[Problem]]:
    """The same of bytes that are in no file yet: they are younger than any."""
    if len(raw) > LARGEST:
        return "", b"", inf, [Problem(where, *TOO_LARGE)]
    text, problems = decode(raw, where)
    return text, raw, inf, problems


def _unfit(facts: stat_result) -> tuple[str, str] | None:
    if S_ISDIR(facts.st_mode):
        return "this is a folder, not a file", "Rename it, or move it out of the library."
    if not S_ISREG(facts.st_mode):
        return "this is no file", "Move it out of the library."
    if facts.st_size > LARGEST:
        return TOO_LARGE
    return None


def shown(path: Path, base: Path) -> str:
    """A path as a person at `base` would write it."""
    try:
        return path.relative_to(base).as_posix()
    except ValueError:
        return path.as_posix()
