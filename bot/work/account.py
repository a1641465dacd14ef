"""Account: connect one, look how it stands, let it begin."""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import tomlkit

from bot.app import TYPED, App
from bot.config import FILE, SUFFIXES, Account
from bot.core.limits import month
from bot.core.network import Field, Network, SignIn, Standing, Talk
from bot.core.problem import AskedWrongly, HandbillError, NetworkError, SignedOut
from bot.core.schema import NAME, locate
from bot.core.text import CONTROL
from bot.http import one_line
from bot.work.doors import take_over
from bot.work.plan import has_begun, spent
from bot.work.put import rewrite
from bot.work.settle import leased

if TYPE_CHECKING:
    from bot.store import Lease

# What is kept of an account under this name: its lasting id.
IDENTITY = "identity"
# And whether it is marked as automated, as its network last said.
LABEL = "label"
# Before anything was said.
EVER = datetime(1970, 1, 1, tzinfo=UTC)
# So many seconds somebody who has typed all that was asked waits for the engine.
PATIENCE = 60
# More letters than a name on any network has.
LONGEST_HANDLE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """How an account stands: who it is by its lasting id, and what its network says.

    `cost`: what its posts have cost so far, in US dollars; `month`: what they and looking at them have in this month.
    """

    account: Account
    identity: str
    standing: Standing
    begun: bool
    cost: float = 0.0
    month: float = 0.0


def known(app: App, name: str) -> Account:
    """The account of this name; raises AskedWrongly."""
    if name in app.config.accounts:
        return app.config.accounts[name]
    there = ", ".join(sorted(app.config.accounts)) or "none yet"
    raise AskedWrongly(f'There is no account "{name}" in config.toml. There are: {there}.')


def connect(app: App, name: str, network: Network, talk: Talk, server: str = "") -> Checked:
    """Ask a person for all that an account needs, try it out, and only then keep it."""
    known = may_connect(app, name, network)
    if server and "server" not in {asked.name for asked in network.fields}:
        raise AskedWrongly(f"{network.label} has one server only; leave --server out.")
    known = {**known, **({"server": server} if server else {})}
    told = _signed_in(network.sign_in, talk, known) if network.sign_in else _ask(questions(network, known), talk)
    return keep(app, name, network, {**({"server": server} if server else {}), **told})


def may_connect(app: App, name: str, network: Network) -> dict[str, str]:
    """What config.toml tells of an account already; raises HandbillError where no such account can be connected."""
    there = app.config.accounts.get(name)
    if why := _obstacle(name, network, there):
        raise AskedWrongly(why)
    if missing := app.missing(network):
        raise HandbillError(missing)
    return dict(there.answers) if there else {}


def questions(network: Network, known: Mapping[str, str]) -> list[Field]:
    """What a person must tell before an account can be connected, with what is known of it already."""
    fields = network.sign_in.asks if network.sign_in else network.fields
    asked = [replace(one, default=known.get(one.name, one.default)) for one in fields]
    return [one for one in asked if one.required or one.default]


def keep(app: App, name: str, network: Network, told: Mapping[str, str]) -> Checked:
    """Try what was told of an account out, and only if it works keep it.

    Secrets go encrypted into the ledger; the rest goes into config.toml, whose comments stay.
    """
    there = app.config.accounts.get(name)
    plain = {asked.name: told[asked.name] for asked in network.fields if not asked.secret and told.get(asked.name)}
    secrets = {asked.name: told[asked.name] for asked in network.fields if asked.secret and told.get(asked.name)}
    if odd := [name for name, value in plain.items() if CONTROL.search(value)]:
        raise AskedWrongly(f"There is a sign that nobody can see in: {', '.join(odd)}. Type it anew.")
    account = Account(name=name, network=network.name, handle=plain.get("handle", ""), answers=plain)
    account = replace(there, answers={**there.answers, **plain}) if there else account
    again, before = _with(app, account), _identity(app, account)
    with leased(app, name, PATIENCE) as lease:
        with _kept(again, account, secrets):
            found = _checked(again, account)
            _only_here(app, account, found.identity)
            again.memory(account)[IDENTITY] = found.identity
        if before != found.identity:
            app.store.stop(name)  # its week is another account's week now
            found = replace(found, begun=False)
        _resume(again, account, found.identity, lease)
    write_account(app.source or app.config.folder / FILE, account, found.standing.handle)
    return found


def _only_here(app: App, account: Account, identity: str) -> None:
    """Make sure that no other account of the config is the same one there; two would not know of each other."""
    noted = app.store.names(account.network, identity, besides=account.name)
    for one in app.config.accounts.values():
        if one.name == account.name or one.network != account.network:
            continue
        before = _identity(app, one)
        if before == identity or (not before and one.name in noted):
            raise AskedWrongly(
                f'This is the account that "{one.name}" is connected to already. Sign in as another one, '
                f'or take "{one.name}" out of config.toml first.'
            )


def _resume(app: App, account: Account, identity: str, lease: "Lease") -> None:
    """Let what was held be tried at the engine's next look, and what was said under an older name be known."""
    take_over(app, account.name, identity)
    for one in app.store.deliveries(("held",)):
        if one.account == account.name and one.not_before:
            app.store.save(replace(one, not_before=None), lease)
    _is_now(app, account, identity)


def _is_now(app: App, account: Account, identity: str) -> None:
    """Keep who an account is; what was wrong with it is over, and its newest post known only if it stays the one."""
    from bot.store import Look

    look = app.store.looks().get(account.name, Look())
    newest = look.newest if look.identity in ("", identity) else ""
    app.store.looked(account.name, Look(at=look.at, identity=identity, newest=newest), app.clock())


def _identity(app: App, account: Account) -> str:
    """Who the account was when it was last connected; "" if nobody can know."""
    try:
        return app.memory(account).get(IDENTITY, "")
    except SignedOut:
        return ""


def _obstacle(name: str, network: Network, there: Account | None) -> str:
    """Why no such account can be connected, in words; "" if it can. `there`: what config.toml says of it."""
    if not re.fullmatch(NAME, name):
        return f'"{name}" cannot be the name of an account. Use letters, digits, - and _.'
    if network.connect is None:
        return f'Handbill cannot post to {network.label}. Write publish = "by hand" into config.toml instead.'
    if there is None:
        return ""
    if there.network != network.name:
        return f'"{name}" is an account on {there.network} already. Choose another name.'
    if there.by_hand:
        return f'"{name}" is posted to by hand. Take `publish` out of its section in config.toml first.'
    secrets = (f"{asked.name}{where}" for asked in network.fields if asked.secret for where in SUFFIXES)
    if row := next((one for one in secrets if one in there.answers), ""):
        return (
            f'`{row}` in config.toml says where a secret of "{name}" is. Change it there, or take that row out first.'
        )
    return ""


def _ask(asked: Iterable[Field], talk: Talk) -> dict[str, str]:
    """Ask for each thing; Enter takes what is known already."""
    return {one.name: talk.ask(one) for one in asked}


def _signed_in(way: SignIn, talk: Talk, known: Mapping[str, str]) -> dict[str, str]:
    """Let a person give a key to an account on a page of its network; what is known is not asked again."""
    begun = way.begin({**known, **_ask((one for one in way.asks if not known.get(one.name)), talk)})
    talk.tell(f"Sign in to {begun.site} as the account that is to post, open this page, and say yes:\n{begun.page}")
    return way.finish(begun.kept, talk.ask(way.code))


def _with(app: App, account: Account) -> App:
    config = replace(app.config, accounts={**app.config.accounts, account.name: account})
    again = replace(app, config=config)
    again.__dict__["store"] = app.store
    return again


@contextmanager
def _kept(app: App, account: Account, secrets: Mapping[str, str]) -> Iterator[None]:
    """Keep these secrets in place of all that is kept of an account; what was there comes back if this fails."""
    before = app.store.memory(account.name)
    try:
        _forget(app, account)
        app.memory(account).update({f"{TYPED}{name}": value for name, value in secrets.items()})
        yield
    except BaseException:
        _forget(app, account)
        for name, value in before.items():
            app.store.remember(account.name, name, value)
        raise


def _forget(app: App, account: Account) -> None:
    for name in app.store.memory(account.name):
        app.store.remember(account.name, name, None)


def write_account(path: Path, account: Account, handle: str) -> None:
    """Write an account's section into config.toml, made if it is not there; all else stays as it is."""
    told = {"network": account.network, "handle": handle.lstrip("@"), **account.answers}
    told = {name: value for name, value in told.items() if value}
    try:
        rewrite(path, lambda raw: _with_section(raw.decode(), account.name, told).encode())
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "its [accounts] are written in a way of their own"
        section = "".join(f"\n  {row}" for row in (f"[accounts.{_key(account.name)}]", *_rows(told)))
        raise HandbillError(
            f"{path} cannot be written ({why}). The account's secrets are kept; add its section by hand:{section}"
        ) from error


def _with_section(text: str, account: str, told: Mapping[str, str]) -> str:
    """A config's text with what is told of an account in its section; raises ValueError where that cannot be done."""
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    written = text.removeprefix(mark)
    if account in tomllib.loads(written).get("accounts", {}):
        written = _changed(written, account, told)
    else:
        # At the end, for a comment above a section that is there already belongs to that.
        rows = [f"[accounts.{_key(account)}]", *_rows(told)]
        written = "\n".join([*([written.rstrip("\r\n"), ""] if written.strip() else []), *rows, ""])
    written = written.replace("\r\n", "\n").replace("\n", "\r\n") if "\r\n" in text else written
    section = tomllib.loads(written)["accounts"][account]
    if {**section, **told} != section:
        raise ValueError("the section did not come out as it was meant")
    return mark + written


def _changed(text: str, account: str, told: Mapping[str, str]) -> str:
    """The text with other values in an account's section, and new ones below its `network`."""
    document = tomlkit.parse(text)
    section = document["accounts"][account]
    for name, value in told.items():
        if section.get(name, value) != value:
            section[name] = value
    rows = tomlkit.dumps(document).split("\n")
    at = locate("\n".join(rows), ("accounts", account, "network"))
    rows[at:at] = _rows({name: value for name, value in told.items() if name not in section})
    return "\n".join(rows)


def _rows(told: Mapping[str, str]) -> list[str]:
    return [f"{name} = {_quoted(value)}" for name, value in told.items()]


def _key(name: str) -> str:
    return name if re.fullmatch("[A-Za-z0-9_-]+", name) else _quoted(name)


def _quoted(value: str) -> str:
    # What JSON escapes, TOML reads alike.
    return json.dumps(value, ensure_ascii=False)


def check(app: App, account: Account) -> Checked:
    """Ask an account's network how it stands; raises one of the four network errors.

    Looking may renew its keys, so that nobody else may speak for it meanwhile: raises HandbillError while one does.
    """
    with leased(app, account.name):
        return _checked(app, account)


def _checked(app: App, account: Account) -> Checked:
    store, network, now = app.store, app.networks[account.network], app.clock()
    publisher = app.publisher(account)
    identity, standing = publisher.whoami(), publisher.look()
    # A server's own words: they stand in config.toml and on pages, and break neither.
    standing = replace(standing, handle=one_line(standing.handle, LONGEST_HANDLE))
    _note_label(app, account, standing.labelled)
    is_paid = network.price is not None and not account.by_hand
    said = store.variants(account.name, EVER) if is_paid else []
    return Checked(
        account=account,
        identity=identity,
        standing=standing,
        begun=has_begun(app, account.name, store.starts()),
        cost=sum(network.price(variant) for _, variant in said) if network.price else 0.0,
        month=spent(app, store, [account.name], now)[account.name, month(now, app.config.zone)],
    )


def labelled(app: App, account: Account) -> bool | None:
    """Whether its network last said that an account is marked as automated; None where nobody knows."""
    try:
        return {"yes": True, "no": False}.get(app.memory(account).get(LABEL, ""))
    except SignedOut:
        return None


def _note_label(app: App, account: Account, said: bool | None) -> None:
    if said is not None and said != labelled(app, account):
        app.memory(account)[LABEL] = "yes" if said else "no"


def label(app: App, account: Account) -> bool:
    """Mark an account as automated; False where only a person can."""
    with leased(app, account.name):  # its session may be renewed
        set_label = app.publisher(account).label
        if set_label is None:
            return False
        set_label()
        _note_label(app, account, True)
    return True


def start(app: App, account: Account) -> bool:
    """Let a real account begin, its coming week seen; False if it had begun already.

    It is this account, by its lasting id, that is let begin: slots said with another's keys are held.
    Raises HandbillError while somebody else speaks for it.
    """
    with leased(app, account.name):  # its session may be renewed
        begun = app.store.start(account.name, app.clock())
        with suppress(NetworkError):  # who cannot be asked now is taken at the first slot
            _is_now(app, account, app.publisher(account).whoami())
    return begun


def stop(app: App, account: Account) -> None:
    """Make an account quiet again, until somebody lets it begin anew."""
    app.store.stop(account.name)
