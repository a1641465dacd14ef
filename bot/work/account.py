"""Account: connect one, look how it stands, let it begin."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import tomlkit

from bot.app import TYPED, App
from bot.config import FILE, Account
from bot.core.network import Network, Publisher, Standing, Talk
from bot.core.problem import AskedWrongly, HandbillError


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """How an account stands: who it is by its lasting id, what its network says, what its posts cost so far."""

    account: Account
    identity: str
    standing: Standing
    begun: bool
    cost: float = 0.0


def known(app: App, name: str) -> Account:
    """The account of this name; raises AskedWrongly."""
    if name in app.config.accounts:
        return app.config.accounts[name]
    there = ", ".join(sorted(app.config.accounts)) or "none yet"
    raise AskedWrongly(f'There is no account "{name}" in config.toml. There are: {there}.')


def connect(app: App, name: str, network: Network, talk: Talk) -> Checked:
    """Ask a person for all that an account needs, try it out, and only then keep it.

    Secrets go encrypted into the ledger; the rest goes into config.toml, whose comments stay.
    """
    there = app.config.accounts.get(name)
    if there and there.network != network.name:
        raise AskedWrongly(f'"{name}" is an account on {there.network} already. Choose another name.')
    if network.connect is None:
        raise AskedWrongly(
            f'Handbill cannot post to {network.label}. Write publish = "by hand" into config.toml instead.'
        )
    told = network.sign_in(talk) if network.sign_in else _ask(network, talk)
    plain = {asked.name: told[asked.name] for asked in network.fields if not asked.secret and told.get(asked.name)}
    secrets = {asked.name: told[asked.name] for asked in network.fields if asked.secret and told.get(asked.name)}
    account = Account(name=name, network=network.name, handle=plain.get("handle", ""), answers=plain)
    account = replace(there, answers={**there.answers, **plain}) if there else account
    again = _with(app, account)
    before = _keep(again, account, secrets)
    try:
        found = check(again, account)
    except HandbillError:
        _keep(again, account, before)
        raise
    write_account(app.source or app.config.folder / FILE, account, found.standing.handle)
    return found


def _ask(network: Network, talk: Talk) -> dict[str, str]:
    return {asked.name: talk.ask(asked) for asked in network.fields if asked.required or asked.default}


def _with(app: App, account: Account) -> App:
    config = replace(app.config, accounts={**app.config.accounts, account.name: account})
    again = replace(app, config=config)
    again.__dict__["store"] = app.store
    return again


def _keep(app: App, account: Account, secrets: Mapping[str, str]) -> dict[str, str]:
    """Keep these secrets in place of what is kept of the account; what was there before."""
    memory = app.memory(account)
    before = {name.removeprefix(TYPED): memory[name] for name in memory if name.startswith(TYPED)}
    for name in list(memory):
        del memory[name]
    for name, value in secrets.items():
        memory[f"{TYPED}{name}"] = value
    return before


def write_account(path: Path, account: Account, handle: str) -> None:
    """Write an account's section into config.toml, made if it is not there; all else stays as it is."""
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
        accounts = document.setdefault("accounts", tomlkit.table(is_super_table=True))
        is_new = account.name not in accounts
        section = accounts.setdefault(account.name, tomlkit.table())
        for name, value in {"network": account.network, "handle": handle.lstrip("@"), **account.answers}.items():
            if value and section.get(name) != value:
                section[name] = value
        if is_new:
            section.add(tomlkit.nl())
        passing = path.with_name(f"{path.name}.part")
        passing.write_text(tomlkit.dumps(document), encoding="utf-8", newline="\n")
        passing.replace(path)
    except OSError as error:
        raise HandbillError(
            f"{path} cannot be written ({error.strerror}). The account is kept; add its section by hand."
        ) from error


def check(app: App, account: Account) -> Checked:
    """Ask an account's network how it stands; raises one of the four network errors."""
    store = app.store
    publisher = app.publisher(account)
    identity = publisher.whoami()
    price = app.networks[account.network].price
    sent = [one.variant for one in store.deliveries(("sent", "uncertain")) if one.account == account.name]
    cost = sum(price(variant) for variant in sent if variant) if price else 0.0
    network = app.networks[account.network]
    begun = account.by_hand or network.practice or account.name in store.starts()
    return Checked(account=account, identity=identity, standing=_look(publisher), begun=begun, cost=cost)


def _look(publisher: Publisher) -> Standing:
    return publisher.look()


def label(app: App, account: Account) -> bool:
    """Mark an account as automated; False where only a person can."""
    app.store  # noqa: B018 the session is kept there
    set_label = app.publisher(account).label
    if set_label is None:
        return False
    set_label()
    return True


def start(app: App, account: Account) -> bool:
    """Let a real account begin, its coming week seen; False if it had begun already."""
    return app.store.start(account.name, app.clock())
