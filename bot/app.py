"""Everything opened once: config, library, networks, ledger. The only reader of clock and environment."""

import os
import platform
import re
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot import config, library, networks
from bot.config import Account, Config
from bot.core.by_hand import ByHand
from bot.core.choice import Speaker
from bot.core.measure import in_a_row
from bot.core.network import Field, Memory, Network, Publisher
from bot.core.problem import AskedWrongly, HandbillError, Problem, SignedOut
from bot.core.render import tidy
from bot.core.rotate import Voice
from bot.core.schema import locate
from bot.library import Library

if TYPE_CHECKING:
    from bot.store import Store

Clock = Callable[[], datetime]
# A file that is just being written is given so long to be whole, in seconds.
SETTLED = 2.0
# Before the names of what a person typed, among what is kept of an account.
TYPED = "typed:"


def now() -> datetime:
    """The present instant, in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def wants_colour() -> bool | None:
    """False where the environment asks for none (https://no-color.org), else None: as the terminal likes."""
    return False if os.environ.get("NO_COLOR") else None


def new_token() -> str:
    """256 bits of chance, in letters that stand in any address."""
    return secrets.token_urlsafe(32)


class ConfigBroken(HandbillError):
    """config.toml has errors; `problems` are all of them."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True)
class App:
    """What was opened, for one command; `source` is the config file. Verbs take it as their first argument."""

    config: Config
    networks: Mapping[str, Network]
    problems: tuple[Problem, ...] = ()
    source: Path | None = None
    clock: Clock = now
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)  # holds secrets
    connect: Callable[["App", Account], Publisher] | None = None
    owner: str = field(default_factory=lambda: f"{platform.node()}-{os.getpid()}-{uuid.uuid4().hex[:8]}")
    new_token: Callable[[], str] = new_token
    # A call may take a minute; whoever speaks for an account may do so for twice that, in seconds.
    lease: float = 120.0
    ends: Callable[[], bool] = lambda: False  # whether the engine is to begin nothing new
    served: str = ""  # where this process serves the desk, if it does

    @cached_property
    def library(self) -> Library:
        """The library as it stands now, read once; `fresh` reads it again."""
        return library.load(self.config.library, sorted(self.networks), beside=self.config.folder)

    def is_paused(self) -> bool:
        """Whether a file pauses everything at this moment."""
        return library.is_paused(self.config.library, self.config.folder)

    def fresh(self, **changes: Any) -> "App":
        """The same app, changed in this, with the library read anew; the ledger stays open if it is still the one."""
        again = replace(self, **changes)
        before, after = self.config, again.config
        is_same = (before.database, before.database_env) == (after.database, after.database_env)
        if "store" in self.__dict__ and is_same:
            again.__dict__["store"] = self.__dict__["store"]
        return again

    def under(self, owner: str) -> "App":
        """The same app with all that was opened, under another name for what it leases."""
        other = replace(self, owner=owner)
        other.__dict__.update({name: self.__dict__[name] for name in ("library", "store") if name in self.__dict__})
        return other

    def anew(self) -> "App":
        """The same app with the config read anew, too; raises HandbillError if that cannot be.

        A file that was written a moment ago may be half of it: until it is older, what was read before holds.
        """
        if self._is_written_now():
            return self.fresh()
        found = open_app(self.source, self.clock)
        if self._is_written_now():
            return self.fresh()
        return self.fresh(config=found.config, problems=found.problems, source=found.source)

    def _is_written_now(self) -> bool:
        try:
            written = self.source.stat().st_mtime if self.source else 0.0
        except OSError:
            return False
        return 0 <= self.clock().timestamp() - written < SETTLED

    @cached_property
    def store(self) -> "Store":
        """The ledger, made or brought up to date first."""
        from bot.store import open_store

        return open_store(self.database)

    @cached_property
    def ledger(self) -> "Store | None":
        """The ledger for reading only: None where there is no file yet, and no file is written."""
        file = self.database.removeprefix("sqlite:///")
        if "store" in self.__dict__ or file == self.database:
            return self.store
        if not Path(file).exists():
            return None
        from bot.store import open_store

        return open_store(self.database, write=False)

    def close(self) -> None:
        """Let go of the ledger, if it was opened."""
        for name in ("store", "ledger"):
            if found := self.__dict__.get(name):
                found.close()

    @property
    def database(self) -> str:
        """The ledger's address, which may hold a password: it is for opening only. Raises HandbillError."""
        variable = self.config.database_env
        if not variable:
            return self.config.database
        value = self.environ.get(variable, "").strip()
        if not value:
            raise HandbillError(f"{_variable(variable, 'database')} is not set: config.toml says the ledger is there")
        if found := config.database(value):
            return config.beside(self.config.folder, found)
        raise HandbillError(
            f"{_variable(variable, 'database')} holds no address of a database. "
            "Write it like postgresql://user:password@host/handbill, its signs @ and % as %40 and %25"
        )

    @property
    def desk(self) -> str:
        """Where organizers reach the desk, with / at its end; "" if nobody knows."""
        found = self.config.desk or self.served
        return f"{found.rstrip('/')}/" if found else ""

    def where(self, *path: str | int) -> str:
        """The place of a key in the config file, with its line: config.toml:12."""
        if self.source is None:
            return config.FILE
        shown = _shown(self.source)
        try:
            return f"{shown}:{locate(self.source.read_text(encoding='utf-8-sig'), path)}"
        except (OSError, ValueError):
            return shown

    def speaker(self, name: str) -> Speaker:
        """An account as rotation and fitting see it."""
        account = self.config.accounts[name]
        me = {fact: told for fact, value in account.me.items() if (told := tidy(value))}
        network = self._as_it_counts(account)
        voice = Voice(
            account=name,
            network=account.network,
            handle=account.handle or name,
            language=account.language,
            knows=frozenset(me),
        )
        return Speaker(voice=voice, network=network, me=me, warning=in_a_row(account.answers.get("warning", "")))

    def _as_it_counts(self, account: Account) -> Network:
        """The account's network with what its own server, plan and answers allow, as far as that is known."""
        network = self.networks[account.network]
        if account.answers.get("mentions") == "yes":
            network = replace(network, may_mention=max(1, network.may_mention))
        if network.adapt is None:
            return network
        try:
            return replace(network, counting=network.adapt(self.memory(account), account.answers))
        except SignedOut:  # without the key nobody can read its memory; the account is held anyway
            return replace(network, counting=network.adapt({}, account.answers))

    def memory(self, account: Account) -> Memory:
        """What its network remembers of an account: kept in the ledger if that is open for writing."""
        store = self.__dict__.get("store") or self.ledger
        if store is None:
            return {}
        from bot.store.vault import Vault

        return Vault(store, account.name, self.key_file)

    @property
    def key_file(self) -> Path:
        """The file with the key to what is kept of accounts; never beside the ledger."""
        if named := self.environ.get("HANDBILL_KEY_FILE"):
            return Path(named)
        return self._user_folder("XDG_STATE_HOME", ".local/state") / "key"

    def _user_folder(self, variable: str, otherwise: str) -> Path:
        """A folder of this user: https://specifications.freedesktop.org/basedir-spec/latest/"""
        base = self.environ.get(variable) or self.environ.get("LOCALAPPDATA")
        return (Path(base) if base else Path.home() / otherwise) / "handbill"

    def publisher(self, account: Account) -> Publisher:
        """An open door to an account; raises SignedOut with what is missing."""
        if self.connect:
            return self.connect(self, account)
        network = self.networks[account.network]
        if account.by_hand:
            return ByHand(account.name, network)
        if network.connect is None:
            raise SignedOut(
                f"Handbill cannot post to {network.label}. "
                f'Write publish = "by hand" for account "{account.name}", and a person is told when it is time.'
            )
        if missing := self.missing(network):
            raise SignedOut(missing)
        return network.connect(self.answers(account), self.memory(account))

    def missing(self, network: Network) -> str:
        """What must be installed before an account on a network can be opened, in words; "" if nothing."""
        if not network.client or find_spec(network.client):
            return ""
        return f"posting to {network.label} needs one more part: pip install 'handbill[{network.name}]'"

    def answers(self, account: Account) -> dict[str, str]:
        """An account's answers with its secrets fetched from where the config says; raises SignedOut."""
        found = {"account": account.name, "cache": str(self._user_folder("XDG_CACHE_HOME", ".cache"))}
        for asked in self.networks[account.network].fields:
            value = self._secret(account, asked) if asked.secret else account.answers.get(asked.name, asked.default)
            if asked.path and value:
                value = str(self.config.folder / value)
            if value:
                found[asked.name] = value
        return found

    def _secret(self, account: Account, asked: Field) -> str:
        name = asked.name
        if variable := account.answers.get(f"{name}_env"):
            if value := self.environ.get(variable):
                return value
            raise SignedOut(f'{_variable(variable, name)} is not set; account "{account.name}" needs it')
        if file := account.answers.get(f"{name}_file"):
            return self._secret_in(account, name, self.config.folder / file)
        if kept := self.memory(account).get(f"{TYPED}{name}"):
            return kept
        if not asked.required:
            return ""
        raise SignedOut(
            f'account "{account.name}" has no {name}. Run: handbill account connect {account.name}; '
            f'or write {name}_env = "…" or {name}_file = "…" in config.toml'
        )

    def _secret_in(self, account: Account, name: str, file: Path) -> str:
        try:
            value = file.read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no text"
            raise SignedOut(
                f'the file that {name}_file names cannot be read ({why}); account "{account.name}" needs it'
            ) from error
        if not value:
            raise SignedOut(f'the file that {name}_file names is empty; account "{account.name}" needs it')
        return value

    def kept_lines(self, key: str, variable: str, file: str) -> tuple[list[str], list[str]]:
        """The rows in the variable and the file that KEY_env and KEY_file of config.toml name; and what is wrong.

        Blank rows and those that begin with # do not count.
        """
        text, faults = "", []
        if variable:
            text += self.environ.get(variable, "") + "\n"
            faults += [f"{_variable(variable, key)} is not set"] if not self.environ.get(variable) else []
        try:
            text += (self.config.folder / file).read_text(encoding="utf-8") if file else ""
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no text"
            faults.append(f"the file that {key}_file names cannot be read ({why})")
        rows = [row.strip() for row in text.splitlines()]
        return [row for row in rows if row and not row.startswith("#")], faults


def _variable(name: str, key: str) -> str:
    """An environment variable in words. Somebody may have written the secret itself: only a name is shown."""
    return f"the environment variable {name if re.fullmatch(r'[A-Z_][A-Z0-9_]*', name) else f'that {key}_env names'}"


def open_app(path: Path | None = None, clock: Clock = now) -> App:
    """Open what a config file says, or the built-in default where there is none.

    Raises ConfigBroken with every error in the file, AskedWrongly if a named file is not there.
    """
    known = networks.load()
    chosen = path or here() / config.FILE
    if not chosen.exists():
        if path is not None:
            raise AskedWrongly(f"There is no file {path}. Make one with: handbill init")
        return App(config=_default(here()), networks=known, clock=clock)
    if chosen.is_dir():
        raise HandbillError(f"{_shown(chosen)} is a folder, not a file. Rename it, or name a file with --config.")
    try:
        found, problems = config.read(chosen, known, _shown(chosen))
    except OSError as error:
        raise HandbillError(f"{_shown(chosen)} cannot be read ({error.strerror}). Check its permissions.") from error
    if found is None:
        raise ConfigBroken(problems)
    return App(config=found, networks=known, problems=tuple(problems), source=chosen.absolute(), clock=clock)


def here() -> Path:
    """The folder that the command runs in; HandbillError if somebody has taken it away."""
    try:
        return Path.cwd()
    except OSError as error:
        raise HandbillError("The folder you are in is gone. Go to another one with cd, then try again.") from error


def _shown(path: Path) -> str:
    """A path as a person in this folder would write it."""
    try:
        return path.relative_to(here()).as_posix()
    except ValueError:
        return str(path)


def _default(folder: Path) -> Config:
    here = folder / "posts"
    place = here if here.is_dir() else sample_library()
    campaigns = sorted(path.parent.name for path in place.glob("[!._]*/campaign.toml"))
    return config.default(folder, place, dict.fromkeys(campaigns))


def sample_library() -> Path:
    """The sample posts: inside the installed package, or beside it in a checkout."""
    return _shipped("posts")


def example_config() -> Path:
    """The commented example of a config.toml."""
    return _shipped("config.example.toml")


def _shipped(name: str) -> Path:
    inside = Path(__file__).parent / "shipped" / name
    return inside if inside.exists() else Path(__file__).parent.parent / name
