"""How a command ends: one sentence and an exit code, whatever happened."""

import errno
import os
import signal
import sys
from contextlib import suppress

from bot.core.problem import AskedWrongly, HandbillError, place_of

DONE, COULD_NOT, ASKED_WRONGLY = 0, 1, 2
STOPPED = 130  # as shells say it: 128 + SIGINT
CLOSED = 141  # as Unix tools end whose reader has gone: 128 + SIGPIPE


def stopped() -> int:
    """What Ctrl-C ends in. What is being said at this moment is finished, unless Ctrl-C comes again."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(STOPPED))
    return complained("Stopped. Nothing was lost; the same command may be run again.", STOPPED)


def complained(words: str, code: int) -> int:
    """Say something to the person; the exit code."""
    with suppress(OSError):
        print(words, file=sys.stderr, flush=True)
    return code


def code_of(error: Exception) -> int:
    """Say what an error means; its exit code."""
    if isinstance(error, HandbillError):
        return complained(str(error), ASKED_WRONGLY if isinstance(error, AskedWrongly) else COULD_NOT)
    if isinstance(error, OSError):
        return _of_system(error)
    return _of_defect(error)


def _of_system(error: OSError) -> int:
    # Windows calls a closed pipe an invalid argument.
    if error.errno == errno.EPIPE or (os.name == "nt" and error.errno == errno.EINVAL):
        return CLOSED
    if error.errno == errno.ENOSPC:
        return complained("The disk is full. Make room, then run the same command again; nothing was lost.", COULD_NOT)
    place = f"{error.filename} cannot be used" if error.filename else "Something cannot be read or written"
    return complained(f"{place} ({error.strerror}). Check that it exists and may be written.", COULD_NOT)


def _of_defect(error: Exception) -> int:
    if sys.flags.dev_mode:
        raise error
    return complained(
        f"Something is wrong in Handbill itself, not with you: {type(error).__name__}: {error} ({place_of(error)}). "
        "Nothing was lost. Please pass this line on to whoever looks after the program.",
        COULD_NOT,
    )


def flushed(code: int) -> int:
    """Write out what is still to be written; the exit code, which is another one if that cannot be."""
    try:
        sys.stdout.flush()
    except OSError as error:
        # Whatever is left cannot go out; keep the interpreter from trying again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return code_of(error) if code == DONE else code
    return code
