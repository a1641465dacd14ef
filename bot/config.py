"""config.toml becomes a Config, or every problem in it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from bot.core import schema
from bot.core.network import Network
from bot.core.problem import Problem
from bot.core.schema import Bad, Fault, Faults, Kind
from bot.core.text import decode
from bot.core.timetable import DAYS, LATEST, Schedule

FILE = "config.toml"
SECRET = re.compile(r"(?i)(password|passwd|secret|token|api_?key|credential)(?!.*_(env|file)$)")
SECRET_ROW = re.compile(r"(?i)password|passwd|secret|token|key|credential|notify|://")
SUFFIXES = ("_env", "_file")
FILE_ADDRESS = re.compile(r"sqlite:///[^?]+")
# As in https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS, with the name of a database.
SERVER_ADDRESS = re.compile(
    r"postgres(?:ql)?(?:\+psycopg)?://"
    r"((?:[^:/@]*(?P<password>:[^@]*)?@)?(?:\[[^\]]+\]|[^/:?@]*)(?::\d+)?/[^?/]+(?P<more>\?.*)?)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One of the organization's own doors on a network; `answers` name where secrets are, not what."""

    name: str
    network: str
    handle: str = ""
    language: str = "en"
    by_hand: bool = False
    gap: timedelta = timedelta()
    per_day: int | None = None
    budget: float | None = None
    me: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """Where a monitor outside sees that the engine lives: an address to ask, or where that is; a file to touch."""

    url: str = field(default="", repr=False)
    url_env: str = ""
    url_file: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What config.toml says; `folder` is where it stands, and paths in it count from there."""

    folder: Path
    library: Path
    database: str
    zone: ZoneInfo
    database_env: str = ""
    accounts: Mapping[str, Account]
    schedules: tuple[Schedule, ...]
    quiet: tuple[time, time] | None = None
    notify: tuple[str, ...] = field(default=(), repr=False)
    notify_env: str = ""
    notify_file: str = ""
    heartbeat: Heartbeat = Heartbeat()
    site: str = ""
    desk: str = ""
    is_default: bool = False


def _zone(value: Any) -> ZoneInfo:
    if not isinstance(value, str):
        raise Bad("must be the name of a time zone", 'Write it like "America/New_York".')
    try:
        return ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        close = schema.near(value, sorted(available_timezones()))
        hint = close if close.startswith("Did") else 'Write it like "America/New_York" or "Europe/Madrid".'
        raise Bad(f'names an unknown time zone "{value}"', hint) from None


def _database(value: Any) -> str:
    # Somebody may have written a password, in whatever form, so no message may repeat this.
    if isinstance(value, str) and re.search(r"://[^/@]*:.*@|[?&]\w*password=", value):
        raise Bad(
            "holds a password, and secrets do not stand in this file",
            "Take it out, and put it into PGPASSWORD or ~/.pgpass; or the whole address into an environment variable, "
            'and write database_env = "DATABASE_URL".',
        )
    if isinstance(value, str) and (found := database(value)):
        return found
    raise Bad(
        "must be the address of a database",
        'Write it like "sqlite:///handbill.db" or "postgresql://user@host/handbill".',
    )


def database(address: str) -> str:
    """The address of a database as SQLAlchemy reads it; "" if it is none. postgres:// is postgresql:// here."""
    if FILE_ADDRESS.fullmatch(address):
        return address
    server = SERVER_ADDRESS.fullmatch(address)
    return f"postgresql+psycopg://{server[1]}" if server else ""


def _named_variable(value: Any) -> str:
    # Where somebody wrote the secret itself, no message may repeat it.
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
        return value
    raise Bad("must be the name of an environment variable", 'Write the name, not the secret: "TOWN_PASSWORD".')


_variable = schema.leaf(_named_variable)


def _notify(value: Any, path: schema.Path, faults: Faults) -> tuple[str, ...]:
    # These addresses can hold passwords, so no message may repeat one.
    if isinstance(value, list) and all(isinstance(item, str) and item.strip() for item in value):
        return tuple(value)
    faults.append(Fault(path, "`notify` must be a list of addresses", 'Write it like ["mailto://…"].'))
    return ()


def _ping(value: Any) -> str:
    # Whoever knows this address can say that all is well, so no message may repeat it.
    try:
        parts = urlsplit(value if isinstance(value, str) else "")
        if parts.scheme in ("http", "https") and parts.hostname and not re.search(r"\s", parts.geturl()):
            return str(value)
    except ValueError:
        pass
    raise Bad("must be a whole address", 'Write it like "https://monitor.example.org/ping".')


def _approval(value: Any) -> bool:
    if value not in ("none", "post"):
        raise Bad("must be none or post", 'Write approval = "post" if a person is to approve the words first.')
    return bool(value == "post")


def _publish(value: Any) -> bool:
    if value not in ("itself", "by hand"):
        raise Bad("must be itself or by hand", 'Write publish = "by hand" if a person is to post it.')
    return bool(value == "by hand")


def _late(value: Any) -> timedelta:
    late: timedelta = schema.as_duration(value)
    if not timedelta(minutes=1) <= late <= LATEST:
        raise Bad("must lie between a minute and a week", 'Write it like "6h".')
    return late


def _gap(value: Any) -> timedelta:
    gap: timedelta = schema.as_duration(value)
    if not timedelta() <= gap <= timedelta(days=1):
        raise Bad("must lie between nothing and a day", 'Write it like "30m".')
    return gap


def _per_day(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= 100:
        raise Bad("must be a number from 1 to 100", "Write it like 4.")
    return value


def _budget(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100_000:
        raise Bad("must be a number of US dollars", "Write it like 5.00.")
    return float(value)


def _quiet(value: Any) -> tuple[time, time]:
    found = re.fullmatch(r"([0-9:]+)\s*-\s*([0-9:]+)", value) if isinstance(value, str) else None
    if found is None:
        raise Bad("must say from when to when", 'Write it like "22:00-07:00".')
    begin, end = (schema.as_clock(part) for part in found.groups())
    if begin == end:
        raise Bad("begins when it ends", 'Write it like "22:00-07:00".')
    return begin, end


SCHEDULE: Mapping[str, Kind] = {
    "campaign": schema.text,
    "accounts": schema.many(schema.text),
    "days": schema.many(schema.one_of(DAYS, "day")),
    "times": schema.many(schema.clock),
    "tags": schema.many(schema.text),
    "late": schema.leaf(_late),
    "approval": schema.leaf(_approval),
}
SITE: Mapping[str, Kind] = {"url": schema.address}
DESK: Mapping[str, Kind] = {"url": schema.origin}
HEARTBEAT: Mapping[str, Kind] = {
    "url": schema.leaf(_ping),
    "url_env": _variable,
    "url_file": schema.text,
    "file": schema.text,
}


def _account(networks: Mapping[str, Network]) -> Kind:
    common = {
        "network": schema.one_of(sorted(networks), "network"),
        "handle": schema.text,
        "language": schema.language,
        "publish": schema.leaf(_publish),
        "gap": schema.leaf(_gap),
        "per_day": schema.leaf(_per_day),
        "budget": schema.leaf(_budget),
        "me": schema.named(schema.text, r"[A-Za-z]\w*"),
    }

    def kind(value: Any, path: schema.Path, faults: Faults) -> Account:
        network = networks.get(str(value.get("network"))) if isinstance(value, Mapping) else None
        asked = _answers(network)
        told = _without_secrets(value, network, path, faults)
        found = schema.table({**common, **asked}, required=["network"])(told, path, faults)
        faults += [] if found.get("publish") else _unanswered(network, found, path)
        return Account(
            name=str(path[-1]),
            network=found.get("network") or "",
            handle=found.get("handle") or "",
            language=found.get("language") or "en",
            by_hand=bool(found.get("publish")),
            gap=found.get("gap") or timedelta(),
            per_day=found.get("per_day"),
            budget=found.get("budget"),
            me=found.get("me") or {},
            answers={key: found[key] for key in asked if found.get(key)},
        )

    return kind


def _without_secrets(value: Any, network: Network | None, path: schema.Path, faults: Faults) -> Any:
    if not isinstance(value, Mapping):
        return value
    secrets = [name for name in value if _is_secret(name, network)]
    faults += [_secret_fault((*path, name)) for name in secrets]
    return {name: value[name] for name in value if name not in secrets}


def _unanswered(network: Network | None, found: Mapping[str, object], path: schema.Path) -> list[Fault]:
    return [
        Fault(path, f"`{asked.name}` is missing", f'Write {asked.name} = "{asked.example}" ({asked.help}).')
        for asked in (network.fields if network else ())
        if asked.required and not asked.secret and asked.name not in found
    ]


def _answers(network: Network | None) -> dict[str, Kind]:
    keys: dict[str, Kind] = {}
    for asked in network.fields if network else ():
        keys |= {f"{asked.name}_env": _variable, f"{asked.name}_file": schema.text} if asked.secret else {}
        keys |= {} if asked.secret else {asked.name: schema.text}
    return keys


def _is_secret(name: str, network: Network | None) -> bool:
    declared = {asked.name for asked in network.fields if asked.secret} if network else set()
    return name in declared or (SECRET.search(name) is not None and not name.endswith(SUFFIXES))


def _secret_fault(path: schema.Path) -> Fault:
    name, variable = path[-1], re.sub(r"\W", "_", f"{path[-2]}_{path[-1]}").upper()
    return Fault(
        path,
        f"`{name}` is a secret, and secrets do not stand in this file",
        f'Take it out, put it into an environment variable, and write {name}_env = "{variable}", '
        f'or into a file of its own: {name}_file = "/path".',
    )


def keys(networks: Mapping[str, Network]) -> dict[str, Kind]:
    """Every key of config.toml."""
    return {
        "library": schema.text,
        "database": schema.leaf(_database),
        "database_env": _variable,
        "timezone": schema.leaf(_zone),
        "quiet": schema.leaf(_quiet),
        "notify": _notify,
        "notify_env": _variable,
        "notify_file": schema.text,
        "heartbeat": schema.table(HEARTBEAT),
        "site": schema.table(SITE),
        "desk": schema.table(DESK),
        "accounts": schema.named(_account(networks)),
        "schedule": schema.many(schema.table(SCHEDULE, required=["campaign", "accounts", "times"])),
    }


def read(path: Path, networks: Mapping[str, Network], where: str) -> tuple[Config | None, list[Problem]]:
    """The Config in a file, or None if there is an error in it; and every problem. OSError if unreadable."""
    return understand(path.read_bytes(), path.absolute().parent, networks, where)


def understand(
    raw: bytes, folder: Path, networks: Mapping[str, Network], where: str
) -> tuple[Config | None, list[Problem]]:
    """What these bytes would say as the config file of a folder, as `read`."""
    text, problems = decode(raw, where)
    if problems:
        return None, [_hushed(problem, text) for problem in problems]
    values, problems = schema.parse(text, where)
    if problems:
        return None, problems
    faults: Faults = []
    found = schema.table(keys(networks))(values, (), faults)
    faults += _cross(found)
    problems = [schema.placed(fault, text, where) for fault in faults]
    if any(problem.severity == "error" for problem in problems):
        return None, problems
    return _config(folder, found), problems


def _hushed(problem: Problem, text: str) -> Problem:
    """The fault, without the words around it where they may belong to a secret."""
    number = int(problem.where.rpartition(":")[2])
    if not text or not SECRET_ROW.search(text.split("\n")[number - 1]):
        return problem
    return replace(problem, what="a sign that nobody can see, or that looks like another")


def _cross(found: Mapping[str, Any]) -> list[Fault]:
    accounts = found.get("accounts") or {}
    faults = [
        Fault(
            ("schedule", number, "accounts"),
            f'`accounts` names "{name}", which is not among [accounts]',
            schema.near(name, sorted(accounts)),
        )
        for number, schedule in enumerate(found.get("schedule") or ())
        for name in schedule.get("accounts") or ()
        if name and name not in accounts
    ]
    for number, schedule in enumerate(found.get("schedule") or ()):
        faults += [
            Fault(("schedule", number, name), f"`{name}` is an empty list", "Name at least one.")
            for name in ("accounts", "days", "times")
            if schedule.get(name) == ()
        ]
    if found.get("database") and found.get("database_env"):
        told = "`database` does not count, for `database_env` says where the ledger is"
        faults.append(Fault(("database",), told, "Take one of the two away.", "warning"))
    return faults


def _config(folder: Path, found: Mapping[str, Any]) -> Config:
    return Config(
        folder=folder,
        library=folder / (found.get("library") or "posts"),
        database=beside(folder, found.get("database") or "sqlite:///handbill.db"),
        database_env=found.get("database_env") or "",
        zone=found.get("timezone") or ZoneInfo("UTC"),
        accounts=found.get("accounts") or {},
        schedules=tuple(_schedule(entry) for entry in found.get("schedule") or ()),
        quiet=found.get("quiet"),
        notify=found.get("notify") or (),
        notify_env=found.get("notify_env") or "",
        notify_file=found.get("notify_file") or "",
        heartbeat=Heartbeat(**{name: value or "" for name, value in (found.get("heartbeat") or {}).items()}),
        site=(found.get("site") or {}).get("url") or "",
        desk=(found.get("desk") or {}).get("url") or "",
    )


def beside(folder: Path, database: str) -> str:
    """The address of a database; a file's path counts from `folder`."""
    file = database.removeprefix("sqlite:///")
    return database if file == database else f"sqlite:///{(folder / file).as_posix()}"


def _schedule(entry: Mapping[str, Any]) -> Schedule:
    return Schedule(**{key: value for key, value in entry.items() if value is not None})


def default(folder: Path, library: Path, campaigns: Mapping[str, Any]) -> Config:
    """What holds without a config.toml: one outbox account, twice a day, the database beside."""
    accounts = {"outbox": Account(name="outbox", network="outbox")}
    times = tuple(schema.as_clock(clock) for clock in ("09:00", "17:30"))
    return Config(
        folder=folder,
        library=library,
        database=beside(folder, "sqlite:///handbill.db"),
        zone=ZoneInfo("UTC"),
        accounts=accounts,
        schedules=tuple(Schedule(campaign=name, accounts=("outbox",), times=times) for name in campaigns),
        is_default=True,
    )
