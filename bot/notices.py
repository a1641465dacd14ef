"""Notices to organizers: one message to each address, by apprise; no word of an address ever leaves this room."""

import logging
import re
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from threading import Thread, get_ident
from time import monotonic
from typing import TYPE_CHECKING

from bot.core.notice import Message

if TYPE_CHECKING:
    from apprise import NotifyBase

# For one message to all addresses, and for one step of it, in seconds.
DEADLINE, STEP = 40.0, 10.0
# Larger pictures, and more of them, not every service takes.
PICTURES, BYTES = 3, 4_000_000
MISSING = "notices need one more part: pip install 'handbill[publish]'"


def is_missing() -> bool:
    """Whether the library that sends is not installed."""
    return find_spec("apprise") is None


def understood(address: str) -> bool:
    """Whether an address is of a kind that can be sent to. Nothing is asked of it, and nothing is fetched."""
    return _door(address) is not None


def hosts(address: str) -> set[str]:
    """The hosts that an address names itself; a service's own host is not among them."""
    door = _door(address)
    named = (getattr(door, name, None) for name in ("host", "smtp_host"))
    return {host for host in named if host and isinstance(host, str)}


def send(addresses: Sequence[str], message: Message) -> list[str]:
    """Send to all addresses side by side; why each did not take it, in words, "" where it did."""
    ends = monotonic() + DEADLINE
    waiting = [_begun(partial(_sent, door, message)) for door in map(_door, addresses)]
    return [_answer(one, max(0.0, ends - monotonic())) for one in waiting]


def _begun(work: "partial[str]") -> "Future[str]":
    """Work in a thread that nobody has to wait for: a service may drip for ever."""
    answer: Future[str] = Future()

    def run() -> None:
        try:
            answer.set_result(work())
        except Exception as defect:  # of a service's module, of which there are more than a hundred
            answer.set_result(f"its answer could not be understood ({type(defect).__name__})")

    Thread(target=run, daemon=True).start()
    return answer


def _answer(waiting: "Future[str]", seconds: float) -> str:
    try:
        return waiting.result(timeout=seconds)
    except TimeoutError:
        return "it does not answer"


def _sent(door: "NotifyBase | None", message: Message) -> str:
    if door is None:
        return "this is no address of a kind that is known"
    pictures = [Path(file) for file in message.pictures]
    small = [file for file in pictures if file.is_file() and file.stat().st_size <= BYTES][:PICTURES]
    if small and door.attachment_support and not _tried(door, message, small):
        return ""
    return _tried(door, message, [])


def _tried(door: "NotifyBase", message: Message, pictures: Sequence[Path]) -> str:
    """Why a service did not take a message with these pictures; "" if it did."""
    from apprise import AppriseAttachment

    # Given as paths, names with odd signs would be taken for addresses.
    attach = AppriseAttachment([file.absolute().as_uri() for file in pictures]) if pictures else None
    took = door.notify(
        body=message.body, title=message.title, body_format="text", notify_type="info", overflow="split", attach=attach,
    )  # fmt: skip
    why = SILENCE.why()
    return "" if took else why


def _door(address: str) -> "NotifyBase | None":
    """The service behind an address, nothing kept on disk; None if there is none."""
    _hush()
    from apprise import Apprise, AppriseAsset

    asset = AppriseAsset(app_id="Handbill", storage_mode="memory", pgp_autogen=False, pem_autogen=False)
    door = Apprise.instantiate(address.strip(), asset=asset)
    if door is not None:
        door.socket_connect_timeout = door.socket_read_timeout = STEP
    return door


# --- what the library says ----------------------------------------------------------------------------

CODE = re.compile(r"\berror=(\d{3})\b")


class _Silence(logging.Filter):
    """Lets nothing through, for it may hold parts of an address; keeps, by thread, the number of an answer like 401."""

    def __init__(self) -> None:
        super().__init__()
        self.codes: dict[int, str] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the number; the rest ends here."""
        with suppress(TypeError, ValueError, KeyError):  # of what was logged amiss
            if code := CODE.search(record.getMessage()):
                self.codes[get_ident()] = code[1]
        return False

    def why(self) -> str:
        """Why a message of this thread was not taken."""
        code = self.codes.pop(get_ident(), "")
        return f"it answered {code}" if code else "it cannot be reached, or does not let us in"


SILENCE = _Silence()


def _hush() -> None:
    for name in ("apprise", "urllib3.connectionpool"):
        logging.getLogger(name).addFilter(SILENCE)
