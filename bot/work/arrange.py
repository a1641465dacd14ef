"""Arrange: change what config.toml says, with the fortnight that would come of it shown before."""

import re
import tomllib
from codecs import BOM_UTF8
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import unified_diff
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import SplitResult, urlsplit
from zoneinfo import available_timezones

from bot.app import App
from bot.config import FILE, Config, understand
from bot.core.problem import AskedWrongly, HandbillError, Problem
from bot.core.schema import near
from bot.core.sections import Told, Value, with_keys, with_new_row, with_row, with_section, without_row
from bot.core.timetable import DAYS
from bot.work.plan import Planned, plan, slot_key
from bot.work.put import Changed, digest, put

SCHEDULE, ACCOUNTS = "schedule", "accounts"
ODD = f"{FILE} is written in a way of its own, which cannot be changed here."
AHEAD = 14
"""So many days are shown as they would become."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the timetable as config.toml writes it; no `days` are all, and no `late` is the usual one."""

    campaign: str
    accounts: tuple[str, ...]
    times: tuple[str, ...]
    days: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    late: str = ""
    approval: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What bounds one account, as config.toml writes it: "30m", "4", "5.00"; "" where nothing does."""

    account: str
    gap: str = ""
    per_day: str = ""
    budget: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """When everybody speaks, as config.toml says just now; `seen` names the bytes that say so."""

    path: Path
    seen: str
    raw: bytes
    config: Config
    rows: tuple[Row, ...]
    quiet: str
    paces: tuple[Pace, ...]


@dataclass(frozen=True, slots=True)
class Add:
    """One more row."""

    row: Row


@dataclass(frozen=True, slots=True)
class Alter:
    """Another row in place of the one with this number (the first is 0)."""

    number: int
    row: Row


@dataclass(frozen=True, slots=True)
class Remove:
    """No such row any more."""

    number: int


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours in which nobody speaks: "22:00-07:00"; "" for none."""

    hours: str


@dataclass(frozen=True, slots=True)
class Zone:
    """Whose clocks all times are: "Europe/Madrid"."""

    key: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where the share pages stand ("site"), or organizers reach the desk ("desk"); "" for nowhere else."""

    section: Literal["site", "desk"]
    url: str


@dataclass(frozen=True, slots=True)
class NoticeFile:
    """The file with the addresses that notices go to, its path from the folder of config.toml."""

    path: str


Timing = Add | Alter | Remove | Quiet | Zone | Pace
"""What changes when somebody speaks."""
Change = Timing | Place | NoticeFile
Mark = Literal["same", "new", "gone", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A slot of the coming fortnight, and how it differs: `other` is said or done than `before`."""

    planned: Planned
    mark: Mark
    before: Planned | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A changed config.toml, not saved yet: its bytes, and the lines that differ; each as config before and after."""

    path: Path
    seen: str
    raw: bytes
    diff: tuple[str, ...]
    before: Config
    after: Config


def arrangement(app: App) -> Arrangement:
    """What config.toml says now, or the built-in default would; HandbillError where it cannot be read."""
    path = app.source or app.config.folder / FILE
    try:
        seen = digest(path)
        raw = path.read_bytes() if seen else _beginning(app).encode()
    except OSError as error:
        raise HandbillError(f"{path.name} cannot be read ({error.strerror}). Check its permissions.") from error
    config = _understood(app, raw, HandbillError)
    values = _values(raw)
    return Arrangement(
        path=path,
        seen=seen,
        raw=raw,
        config=config,
        rows=tuple(_row(row) for row in values.get(SCHEDULE, ())),
        quiet=values.get("quiet", ""),
        paces=tuple(_pace(name, told) for name, told in values.get(ACCOUNTS, {}).items()),
    )


@cache
def zones() -> tuple[str, ...]:
    """The time zones that are named for a place, and the one of none."""
    named = sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
    return (*named, "UTC")


def begin(app: App) -> None:
    """Write a first config.toml where there is none, with what holds without one."""
    there = arrangement(app)
    if not there.seen:
        put(there.path, there.raw, "")


def _beginning(app: App) -> str:
    """A first config.toml, which says what holds without one."""
    config = app.config
    if not config.is_default or config.library != config.folder / "posts":
        raise HandbillError(f"There is no {FILE} in {config.folder} yet. Make one there with: handbill init")
    text = f'timezone = "{config.zone.key}"\n'
    for account in config.accounts.values():
        text += f'\n[accounts.{account.name}]\nnetwork = "{account.network}"\n'
    for one in config.schedules:
        times = [f"{clock:%H:%M}" for clock in one.times]
        text = with_new_row(text, SCHEDULE, {"campaign": one.campaign, "accounts": [*one.accounts], "times": times})
    return text


def _understood(app: App, raw: bytes, otherwise: type[HandbillError]) -> Config:
    config, problems = understand(raw, app.config.folder, app.networks, FILE)
    if config is None:
        raise otherwise("\n".join(_words(problems, otherwise)))
    return config


def _words(problems: Iterable[Problem], otherwise: type[HandbillError]) -> list[str]:
    """Faults in words; of what somebody has just filled in the line of the file is of no use to them."""
    if otherwise is not AskedWrongly:
        return [str(one) for one in problems]
    return [f"{one.what}. {one.hint}".strip() for one in problems if one.severity == "error"]


def _values(raw: bytes) -> Mapping[str, Any]:
    try:
        return tomllib.loads(_text(raw))
    except ValueError as error:  # lines that end as on very old machines, which the program itself forgives
        raise HandbillError(f"{ODD} Save it again with any text editor.") from error


def _text(raw: bytes) -> str:
    return raw.decode("utf-8-sig")


def _row(told: Mapping[str, Any]) -> Row:
    lists = {name: tuple(told.get(name, ())) for name in ("accounts", "times", "days", "tags")}
    approval = told.get("approval") == "post"
    return Row(campaign=told["campaign"], late=told.get("late", ""), approval=approval, **lists)


def _pace(account: str, told: Mapping[str, Any]) -> Pace:
    bounds = {name: told.get(name, "") for name in ("gap", "per_day", "budget")}
    written = {name: f"{one:.2f}" if isinstance(one, float) else str(one) for name, one in bounds.items()}
    return Pace(account=account, **written)


def proposed(app: App, change: Change, seen: str) -> Proposal:
    """What config.toml would be; nothing is written.

    `seen`: that of the arrangement which the person had before them. Raises Changed if it is another
    one now, AskedWrongly with every fault in what they filled in.
    """
    there = arrangement(app)
    if there.seen != seen:
        raise Changed(f"{there.path.name} was changed by somebody else meanwhile. Look at it again.")
    _check(app, there, change)
    raw = _rewritten(there, change)
    after = _understood(app, raw, AskedWrongly)
    lines = unified_diff(_text(there.raw).splitlines(), _text(raw).splitlines(), n=0, lineterm="")
    return Proposal(
        path=there.path,
        seen=seen,
        raw=raw,
        diff=tuple(line for line in lines if not line.startswith(("---", "+++", "@@"))),
        before=there.config,
        after=after,
    )


def outlook(app: App, proposal: Proposal) -> list[Turn]:
    """The coming fortnight as it would become: each slot in order of time, with how it differs from what it is."""
    now = app.clock()
    before, after = (plan(_with(app, one), now, AHEAD) for one in (proposal.before, proposal.after))
    old, new = ({_key(one): one for one in some} for some in (before, after))
    turns = [Turn(planned=one, mark=_mark(old.get(key), one), before=old.get(key)) for key, one in new.items()]
    turns += [Turn(planned=one, mark="gone") for key, one in old.items() if key not in new]
    return sorted(turns, key=lambda turn: (turn.planned.choice.slot.at, _key(turn.planned)))


def save(app: App, proposal: Proposal) -> None:
    """Write a proposed config.toml, whole or not at all; raises Changed if somebody was faster."""
    put(proposal.path, proposal.raw, proposal.seen)


def _check(app: App, there: Arrangement, change: Change) -> None:
    """Whether a change is about what is there, and says what can be; raises AskedWrongly."""
    if isinstance(change, Place):
        _check_place(change)
    if isinstance(change, Alter | Remove) and change.number not in range(len(there.rows)):
        raise AskedWrongly("There is no such row in the timetable any more. Look at it again.")
    old = there.rows[change.number].campaign if isinstance(change, Alter) else ""
    if isinstance(change, Add | Alter) and change.row.campaign not in (old, *app.library.campaigns):
        name = change.row.campaign[:80]
        raise AskedWrongly(f'There is no campaign "{name}". {near(name, sorted(app.library.campaigns))}')


def _check_place(change: Place) -> None:
    """What an address needs beside being one: people and links must be able to follow it as it stands."""
    parts = _parts(change.url)
    if parts.query or parts.fragment or parts.username is not None:
        raise AskedWrongly("An address like this ends with its name and path: nothing after ? or #, nobody before @.")
    if change.section == "desk" and change.url and parts.scheme != "https":
        raise AskedWrongly("The desk's address begins with https://, for on the way there passwords must stay unread.")
    if change.section == "desk" and parts.path not in ("", "/"):
        raise AskedWrongly("The desk needs a name of its own, like https://desk.example.org, with nothing behind it.")


def _parts(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:
        raise AskedWrongly('This is no address. Write it like "https://share.example.org".') from error


def _rewritten(there: Arrangement, change: Change) -> bytes:
    """The bytes of config.toml with a change; HandbillError where they are written in a way of their own."""
    try:
        mark = BOM_UTF8 if there.raw.startswith(BOM_UTF8) else b""
        return mark + _changed(_text(there.raw), there, change).encode()
    except UnicodeEncodeError as error:
        raise AskedWrongly("Some of these letters are no letters. Type them anew.") from error
    except ValueError as error:
        raise HandbillError(f"{ODD} Change it there, with any text editor.") from error


def _changed(text: str, there: Arrangement, change: Change) -> str:
    match change:
        case Add(row):
            return with_new_row(text, SCHEDULE, _told(row))
        case Alter(number, row):
            return with_row(text, SCHEDULE, number, _difference(there.rows[number], row))
        case Remove(number):
            return without_row(text, SCHEDULE, number)
        case Quiet(hours):
            return with_keys(text, {"quiet": hours or None})
        case Zone(key):
            return with_keys(text, {"timezone": key})
        case Pace(account=name):
            return with_section(text, (ACCOUNTS, name), _bounds(pace_of(there, name), change))
        case Place(section, url):
            return with_section(text, (section,), {"url": url or None})
        case NoticeFile(path):
            return with_keys(text, {"notify_file": path})


def pace_of(there: Arrangement, account: str) -> Pace:
    """What bounds an account; raises AskedWrongly where there is none of this name."""
    if found := next((one for one in there.paces if one.account == account), None):
        return found
    raise AskedWrongly(f'There is no account "{account[:80]}" any more. Look at the timetable again.')


def _bounds(old: Pace, new: Pace) -> Told:
    """What must be written anew; what nobody can read as a number stays as it was typed, for the checks to say so."""
    told = {"gap": new.gap or None, "per_day": _number(new.per_day), "budget": _number(new.budget)}
    return {name: value for name, value in told.items() if getattr(old, name) != getattr(new, name)}


def _number(typed: str) -> Value | None:
    if re.fullmatch(r"[0-9]{1,9}", typed):
        return int(typed)
    return float(typed.replace(",", ".")) if re.fullmatch(r"[0-9]{1,9}[.,][0-9]{1,4}", typed) else typed or None


def _told(row: Row) -> Told:
    """A row as TOML has it, in the order in which people read it."""
    return {
        "campaign": row.campaign,
        "accounts": [*row.accounts],
        "days": None if set(row.days) in (set(), set(DAYS)) else [*row.days],
        "times": [*row.times],
        "tags": [*row.tags] or None,
        "late": row.late or None,
        "approval": "post" if row.approval else None,
    }


def _difference(old: Row, new: Row) -> Told:
    """What must be written anew: what means the same stays as somebody wrote it."""
    before, after = _meaning(old), _meaning(new)
    return {name: value for name, value in _told(new).items() if before[name] != after[name]}


def _meaning(row: Row) -> Mapping[str, object]:
    return {name: sorted(value) if isinstance(value, list) else value for name, value in _told(row).items()}


def _with(app: App, config: Config) -> App:
    """The same app, library and ledger, with another config."""
    again = replace(app, config=config)
    again.__dict__.update(library=app.library, ledger=app.ledger)
    return again


def _key(planned: Planned) -> tuple[object, ...]:
    assert planned.delivery is not None  # a plan has one for each slot
    return slot_key(planned.delivery)


def _mark(before: Planned | None, after: Planned) -> Mark:
    if before is None:
        return "new"
    return "same" if _outcome(before) == _outcome(after) else "other"


def _outcome(planned: Planned) -> tuple[object, ...]:
    return planned.state, planned.reason, planned.choice.variant, planned.turn
