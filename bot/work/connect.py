"""Connect: an account connected from a browser; what is known until its page has shown a code lies encrypted."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from bot.app import App
from bot.core.network import Answers, Field, Memory, Network
from bot.core.problem import AskedWrongly, HandbillError, SignedOut
from bot.fetch import leads_outside
from bot.http import address
from bot.wire import Resolve, look_up
from bot.work.account import Checked, keep, may_connect, questions

# What is known of accounts that are just being connected; no account can have such a name.
BETWEEN = "(connecting)"
# So long a network's code is waited for. Those of most are good for ten minutes.
PATIENCE = timedelta(minutes=30)
EXAMPLE = "https://town.example.org"
OVER = "This sign-in was finished already, or is too old. Start again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An account that waits for the code which the page of `site` shows; `ticket` names it, to one browser only."""

    ticket: str
    account: str
    network: Network
    page: str
    site: str
    told: Answers = field(repr=False)
    kept: Answers = field(repr=False)


def networks(app: App) -> list[Network]:
    """Those on which an account can be connected, by their labels."""
    found = (one for one in app.networks.values() if one.connect and not one.practice)
    return sorted(found, key=lambda one: one.label)


def ready(app: App, network: Network) -> None:
    """Make sure that accounts on a network can be connected here at all; raises HandbillError."""
    if app.config.is_default:
        raise AskedWrongly("There is no config.toml here yet. Make one with: handbill init")
    if missing := app.missing(network):
        raise HandbillError(missing)


def asked(app: App, name: str, network: Network) -> list[Field]:
    """What a person must tell, with what config.toml knows; raises HandbillError where nothing can be connected."""
    return questions(network, _known(app, name, network))


def begin(
    app: App, browser: str, name: str, network: Network, typed: Mapping[str, str], resolve: Resolve = look_up
) -> Checked | Waiting:
    """Connect an account with what a person typed, or name the page of its network on which they go on.

    `browser`: a secret of theirs, such as their session. Raises HandbillError, with nothing changed.
    """
    known = _known(app, name, network)
    told = {**known, **_complete(questions(network, known), typed)}
    if "server" in told:
        _check(app, told["server"], resolve)
    if network.sign_in is None:
        return keep(app, name, network, told)
    begun = network.sign_in.begin(told)
    ticket = app.new_token()
    found = Waiting(
        ticket=ticket, account=name, network=network, page=begun.page, site=begun.site, told=told, kept=begun.kept
    )
    memory = _between(app)
    _forget_old(memory, app.clock())
    memory[ticket] = _written(found, browser, app.clock())
    return found


def waiting(app: App, browser: str, ticket: str) -> Waiting:
    """What waits for a code; raises AskedWrongly if this browser has begun no such thing, or it is too old."""
    row = _read(_between(app), ticket, app.clock())
    if row is None or row["browser"] != _digest(browser) or row["network"] not in app.networks:
        raise AskedWrongly(OVER)
    return Waiting(
        ticket=ticket,
        account=row["account"],
        network=app.networks[row["network"]],
        page=row["page"],
        site=row["site"],
        told=row["told"],
        kept=row["kept"],
    )


def finish(app: App, browser: str, ticket: str, code: str) -> Checked:
    """Connect the account with the code that its network has shown; raises HandbillError, with nothing changed."""
    one = waiting(app, browser, ticket)
    if not code.strip():
        raise AskedWrongly(f"The code is missing. {one.site} shows it after you have said yes there.")
    assert one.network.sign_in is not None
    _known(app, one.account, one.network)
    del _between(app)[ticket]  # a code works once
    return keep(app, one.account, one.network, {**one.told, **one.network.sign_in.finish(one.kept, code)})


def _between(app: App) -> Memory:
    from bot.store.vault import Vault

    return Vault(app.store, BETWEEN, app.key_file)


def _known(app: App, name: str, network: Network) -> dict[str, str]:
    ready(app, network)
    return may_connect(app, name, network)


def _complete(fields: list[Field], typed: Mapping[str, str]) -> dict[str, str]:
    """What was typed for each; where nothing was, what is known."""
    told = {one.name: typed.get(one.name, "").strip() or one.default for one in fields}
    if missing := [one.name.replace("_", " ") for one in fields if one.required and not told[one.name]]:
        raise AskedWrongly(f"Something is missing: {', '.join(missing)}.")
    return told


def _check(app: App, server: str, resolve: Resolve) -> None:
    """Make sure that a server is one of the public internet, or one that config.toml names; raises HandbillError.

    That its name leads elsewhere a moment later is no way in: it is spoken to over https, by that name.
    """
    place = address(server, EXAMPLE)
    if place in {_address(account.answers.get("server", "")) for account in app.config.accounts.values()}:
        return
    parts = urlsplit(place)
    try:
        is_outside = leads_outside(parts.hostname or "", parts.port or 443, resolve)
    except (OSError, ValueError) as error:
        raise AskedWrongly(f"There is no server {parts.netloc}. Look how its name is spelled.") from error
    if not is_outside:
        raise AskedWrongly(
            f"{parts.netloc} is not on the public internet. A server like that can only be named in config.toml, "
            "by whoever looks after this machine."
        )


def _address(server: str) -> str:
    try:
        return address(server, EXAMPLE)
    except SignedOut:
        return ""


def _written(one: Waiting, browser: str, now: datetime) -> str:
    told = {"account": one.account, "network": one.network.name, "page": one.page, "site": one.site}
    return json.dumps(
        {**told, "told": dict(one.told), "kept": dict(one.kept), "browser": _digest(browser), "at": now.isoformat()}
    )


def _read(memory: Memory, ticket: str, now: datetime) -> dict[str, Any] | None:
    """What was written of a ticket; None if there is nothing, or it is too old, or nobody can read it any more."""
    try:
        row: dict[str, Any] = json.loads(memory[ticket])
    except (KeyError, SignedOut):
        return None
    return row if abs(now - datetime.fromisoformat(row["at"])) < PATIENCE else None


def _forget_old(memory: Memory, now: datetime) -> None:
    for ticket in list(memory):
        if _read(memory, ticket, now) is None:
            del memory[ticket]


def _digest(browser: str) -> str:
    return sha256(browser.encode()).hexdigest()
