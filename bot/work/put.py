"""Put: new bytes in a file's place, whole or not at all, and only where it still is what somebody saw."""

import errno
import os
import secrets
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from threading import Lock

from bot.core.problem import HandbillError

# What others may do with a new file: as this user has it elsewhere, or nothing.
USUAL, SECRET = 0o666, 0o600
# Windows would change line ends otherwise: https://docs.python.org/3/library/os.html#os.O_BINARY
BINARY = getattr(os, "O_BINARY", 0)
# Of two people at one desk the second is told; a program elsewhere has only the instant before the renaming.
_ONE_AT_A_TIME = Lock()


class Changed(HandbillError):
    """Somebody else has changed the file since it was read; nothing was written."""


def digest(path: Path) -> str:
    """What names the bytes of a file, "" where there is none; OSError if it cannot be read."""
    try:
        return sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""


def put(path: Path, raw: bytes, seen: str) -> None:
    """Put bytes in a file's place; who may read it stays as it is, and a link to it stays a link.

    `seen`: the digest of what the writer had before them ("": no file). Raises Changed if something
    else stands there now, HandbillError where it cannot be written; then all is as it was.
    """
    real = path.resolve()
    try:
        with _ONE_AT_A_TIME:
            if digest(real) != seen:
                raise Changed(
                    f"{path.name} was changed by somebody else meanwhile. Nothing was saved; look at it again."
                )
            _replace(real, raw)
    except OSError as error:
        raise HandbillError(
            f"{path} cannot be written ({error.strerror}). Nothing was saved. See that there is room, "
            "and that you may write there."
        ) from error


def take_away(files: Mapping[Path, str]) -> None:
    """Delete files, as long as each still is what its digest says; Changed if one is not, and then none is deleted."""
    with _ONE_AT_A_TIME:
        for path, seen in files.items():
            if digest(path) != seen:
                raise Changed(f"{path.name} was changed meanwhile. Nothing was taken back.")
        for path in files:
            path.unlink()


def rewrite(path: Path, change: Callable[[bytes], bytes], *, is_secret: bool = False) -> None:
    """Put what `change` makes of a file's bytes, b"" without a file, in their place, while nobody else here writes.

    OSError where it cannot be written; then all is as it was, as it is where `change` raises. A file that
    `is_secret` only its owner can read, if it is new.
    """
    real = path.resolve()
    with _ONE_AT_A_TIME:
        _replace(real, change(real.read_bytes() if real.exists() else b""), SECRET if is_secret else USUAL)


def _replace(path: Path, raw: bytes, permissions: int = USUAL) -> None:
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else None
    if mode is not None and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "it is read-only")
    passing = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with open(os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY, permissions), "wb") as new:
            new.write(raw)
            new.flush()
            os.fsync(new.fileno())
        if mode is not None:
            passing.chmod(mode)
        passing.replace(path)
    except BaseException:
        passing.unlink(missing_ok=True)
        raise
    _settle(path.parent)


def _settle(folder: Path) -> None:
    """Let the renaming outlive a power cut, where the system can promise that of a folder."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
