"""Lay: files into a folder, each written aside and put in place whole; what we laid before and no longer have goes."""

import json
import os
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from bot.core.problem import AskedWrongly, HandbillError

LIST = ".handbill-files.json"
"""In the folder: which files are ours, and what was in them."""
PART = re.compile(r"\.[0-9a-f]{16}\.part")


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """What changed in a folder, as paths from it."""

    written: tuple[str, ...]
    removed: tuple[str, ...]
    same: int


def lay(files: Mapping[str, bytes], folder: Path) -> Laid:
    """Make a folder hold these files, beside what others put there.

    A file that is there already with the same bytes becomes ours: a build that ended early left it.
    Raises AskedWrongly where a file of somebody else would be lost, HandbillError where the folder
    cannot be written.
    """
    before = _before(folder)
    written = [name for name, raw in files.items() if not _holds(folder / name, raw)]
    if foreign := [name for name in written if name not in before and os.path.lexists(folder / name)]:
        raise AskedWrongly(
            f"{folder / foreign[0]} is there already, and Handbill did not make it. "
            "Name another folder, or take that file away."
        )
    digests = {name: sha256(raw).hexdigest() for name, raw in files.items()}
    removed = [name for name in before if name not in digests]
    try:
        _tidy({(folder / name).parent for name in (LIST, *files, *before)})
        # Pages come last, so that what they need is there already.
        for name in sorted(written, key=lambda name: (name.endswith(".html"), name)):
            _put(folder / name, files[name])
        for name in removed:
            _remove(folder, name)
        _put(folder / LIST, (json.dumps(digests, ensure_ascii=False, indent=0) + "\n").encode())
    except OSError as error:
        raise HandbillError(
            f"{error.filename or folder} cannot be written ({error.strerror}). See that there is room, "
            "and that you may write there."
        ) from error
    return Laid(written=tuple(written), removed=tuple(removed), same=len(digests) - len(written))


def _before(folder: Path) -> dict[str, str]:
    try:
        found = json.loads((folder / LIST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _holds(path: Path, raw: bytes) -> bool:
    """Whether a file, and no link to one, holds these bytes."""
    try:
        return not path.is_symlink() and path.stat().st_size == len(raw) and path.read_bytes() == raw
    except OSError:
        return False


def _put(path: Path, raw: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    passing = path.with_name(f".{secrets.token_hex(8)}.part")
    with passing.open("xb") as new:  # a name that nobody has; what somebody else put there is never written
        try:
            new.write(raw)
            new.close()
            passing.replace(path)
        except OSError:
            passing.unlink(missing_ok=True)
            raise


def _tidy(folders: Iterable[Path]) -> None:
    """Take away what a build that was ended halfway left unfinished."""
    for folder in folders:
        for path in folder.glob(".*.part"):
            if PART.fullmatch(path.name) and path.is_file() and not path.is_symlink():
                path.unlink(missing_ok=True)


def _remove(folder: Path, name: str) -> None:
    """Take a file away, and the folders that are empty then."""
    path = folder / name
    if folder.resolve() not in path.resolve().parents:
        return  # somebody else wrote the list
    path.unlink(missing_ok=True)
    for above in path.parents:
        if above == folder or any(above.iterdir()):
            return
        above.rmdir()
