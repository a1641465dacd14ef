"""What can go wrong, said so that the right person can put it right."""

from dataclasses import dataclass
from traceback import extract_tb
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in something a person wrote: where, what, and what to do."""

    where: str
    what: str
    hint: str = ""
    severity: Severity = "error"

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f"\n    {self.hint}" if self.hint else "")


class HandbillError(Exception):
    """Base of every error that is shown to a person as one sentence; nothing was lost."""


class AskedWrongly(HandbillError):
    """The person asked for something that does not exist; exit code 2."""


class NetworkError(HandbillError):
    """A network did not take a post. The subclass says what to do next."""


class Refused(NetworkError):
    """The network says no to this post; a person must change it."""


class SignedOut(NetworkError):
    """The network no longer knows us; a person must connect the account again."""


class TryLater(NetworkError):
    """Surely nothing was posted; the same call may be made again after `seconds`.

    None: the network named no waiting time, so whoever tries again chooses it.
    """

    def __init__(self, message: str, seconds: int | None = None) -> None:
        super().__init__(message)
        self.seconds = seconds


class Uncertain(NetworkError):
    """It may have been posted; a machine must not try again."""


def place_of(error: BaseException) -> str:
    """Where in the program an error came up: deliver.py:12. Its words may hold anything, so a log has only this."""
    frame = extract_tb(error.__traceback__)[-1]
    return frame.filename.replace("\\", "/").rpartition("/")[2] + f":{frame.lineno}"
