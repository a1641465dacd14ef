"""Hear: whom notices reach. Their addresses stand in a file that only its owner reads, never in config.toml.

Where others reach the desk, too, they may not let this machine knock at doors that only it can reach.
"""

import re
from base64 import b32encode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from urllib.parse import quote, urlencode

from bot import notices
from bot.app import App
from bot.core.notice import shown
from bot.core.problem import AskedWrongly, HandbillError
from bot.core.render import tidy
from bot.fetch import leads_outside
from bot.work.arrange import NoticeFile, arrangement, proposed, save
from bot.work.notify import addresses
from bot.work.put import rewrite

# Beside config.toml, where that names no other.
FILE = "notices.secret"
# No address of a service is longer, and no name of a person.
LONGEST, LONGEST_NAME = 2000, 60
# A topic of this server reaches every phone that knows its name: https://docs.ntfy.sh/publish/
PHONES = "https://ntfy.sh/"
PERSON = re.compile(r"[^\s@/?#:]+@[^\s@/?#:]+\.[^\s@/?#:]+")
SERVER = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearer:
    """Somebody whom notices reach.

    `name`: of the address, as it may be shown; `whose`: as an organizer called it. `mark`: by it `remove`
    knows the address; "" where config.toml or the environment holds it. `trouble`: why it did not take
    the last message, in words.
    """

    name: str
    whose: str = ""
    mark: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the file: an address, and the comment above it, which says whose it is."""

    address: str
    whose: str = ""


def hearers(app: App) -> list[Hearer]:
    """Everybody whom notices reach, wherever their address stands."""
    to, troubles = addresses(app), app.store.troubles()
    kept = {one.address: one for one in _rows(_text(app))}
    return [
        Hearer(
            name=name,
            whose=kept[address].whose if address in kept else "",
            mark=_mark(address) if address in kept else "",
            trouble=troubles[name].words if name in troubles else "",
        )
        for name, address in zip(to.names, to.all, strict=True)
    ]


def add(app: App, address: str, whose: str) -> Hearer:
    """Let notices go to one more address; raises AskedWrongly where it is none, or is there already."""
    new = Row(address.strip(), tidy(whose)[:LONGEST_NAME].strip())
    _check(app, new.address)
    _change(app, lambda text: _with(text, new))
    if not app.config.notify_file:
        save(app, proposed(app, NoticeFile(FILE), arrangement(app).seen))
    return Hearer(name=shown([new.address])[0], whose=new.whose, mark=_mark(new.address))


def remove(app: App, mark: str) -> Hearer:
    """Let notices go to an address no longer; raises AskedWrongly if it is not in the file."""
    gone = next((one for one in hearers(app) if mark and one.mark == mark), None)
    if gone is None:
        raise AskedWrongly("This address is not in the list any more.")
    _change(app, lambda text: _without(text, mark))
    return gone


def _check(app: App, address: str) -> None:
    if notices.is_missing():
        raise HandbillError(notices.MISSING)
    if address in addresses(app).all:
        raise AskedWrongly("Notices go there already.")
    if len(address) > LONGEST or not address.isprintable() or not notices.understood(address):
        raise AskedWrongly("Notices cannot go to this address. Look whether all of it is there, and how it is written.")
    if app.config.desk and any(map(_is_inside, notices.hosts(address))):
        raise AskedWrongly(
            "This address is not on the public internet. One like that can only be written into config.toml, "
            "by whoever looks after this machine."
        )


def _is_inside(host: str) -> bool:
    """Whether a host is this machine, or one beside it; of what names no host, nobody can say."""
    try:
        return not leads_outside(host, 443)
    except (OSError, ValueError):
        return False


# --- addresses of usual kinds -------------------------------------------------------------------------


def topic(app: App, secret: str) -> str:
    """A topic for a phone that nobody can guess who does not know `secret`; the same until notices go there."""
    known = addresses(app).all
    names = (_topic(f"{number} {secret}") for number in count())
    return next(name for name in names if f"{PHONES}{name}" not in known)


def phone(app: App, secret: str, chosen: str) -> str:
    """The address of a topic that `topic` gives, or has given; raises AskedWrongly for any other."""
    address = f"{PHONES}{chosen}"
    if chosen != topic(app, secret) and address not in addresses(app).all:
        raise AskedWrongly("This topic holds no more. Take the one that stands here now.")
    return address


def _topic(seed: str) -> str:
    """100 bits, in letters and digits that nobody takes for others."""
    letters = b32encode(sha256(seed.encode()).digest()).decode().lower()[:20]
    return "-".join(["handbill", *(letters[at : at + 5] for at in range(0, 20, 5))])


def mail(person: str, password: str, to: str, server: str) -> str:
    """The address by which mail goes out from a person's own mailbox, to themselves or to somebody else.

    Without a `server` it is found by the mailbox: https://appriseit.com/services/email/. Raises AskedWrongly.
    """
    for one in filter(None, (person, to)):
        if not PERSON.fullmatch(one):
            raise AskedWrongly(f'"{one[:80]}" is no e-mail address. Write it like ana@example.org.')
    if not person or not password:
        raise AskedWrongly("An e-mail address and its password are needed: notices are sent from there.")
    if server and not SERVER.fullmatch(server):
        raise AskedWrongly("This is no name of a mail server. Write it like smtp.example.org, or leave it out.")
    host, _, port = server.partition(":")
    name, _, domain = person.rpartition("@")
    asked = {"user": person, "from": person, "to": to or person, **({"smtp": host} if host else {})}
    asked |= {"mode": "ssl"} if port == "465" else {}  # https://www.rfc-editor.org/rfc/rfc8314#section-7.3
    door = f"{quote(name, safe='')}:{quote(password, safe='')}@{domain}{f':{port}' if port else ''}"
    return f"mailtos://{door}?{urlencode(asked)}"


# --- the file -----------------------------------------------------------------------------------------


def _text(app: App) -> str:
    """What stands in the file that config.toml names; "" where there is none that can be read."""
    if not app.config.notify_file:
        return ""
    try:
        return (app.config.folder / app.config.notify_file).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def _change(app: App, change: Callable[[str], str]) -> None:
    """Change the file; what did not work on the way to its addresses is looked at anew."""
    path = app.config.folder / (app.config.notify_file or FILE)
    before = addresses(app).names
    try:
        rewrite(path, lambda raw: change(raw.decode()).encode(), is_secret=True)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise HandbillError(f"The file {path} cannot be changed ({why}). Nothing was saved.") from error
    for name in before:
        app.store.trouble(name, None)


def _rows(text: str) -> list[Row]:
    """The addresses in a file's text, each with the comment that touches it from above."""
    found, above = list[Row](), ""
    for row in map(str.strip, text.splitlines()):
        if row and not row.startswith("#"):
            found.append(Row(row, above))
        above = row.lstrip("# ") if row.startswith("#") else ""
    return found


def _with(text: str, new: Row) -> str:
    whose = f"# {new.whose}\n" if new.whose else ""
    return f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}{whose}{new.address}\n"


def _without(text: str, mark: str) -> str:
    """The text without an address and the comment that touches it from above."""
    kept = list[str]()
    for row in text.splitlines(keepends=True):
        if _mark(row.strip()) != mark:
            kept.append(row)
        elif kept and kept[-1].startswith("#"):
            kept.pop()
    return "".join(kept)


def _mark(address: str) -> str:
    return sha256(address.encode("utf-8", "replace")).hexdigest()[:16]
