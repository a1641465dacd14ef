"""Settle: what a person says became of a delivery, and taking a post back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.app import App
from bot.core.delivery import Delivery, step
from bot.core.post import Receipt
from bot.core.problem import AskedWrongly, HandbillError
from bot.work.plan import gone

if TYPE_CHECKING:
    from bot.store import Lease

# Long enough for one call.
LEASE = 120.0
# How the receipt of a post begins that a person told of: no network gave it, none can take it back.
PERSON = "by a person"
WITHDRAWN = "withdrawn"


def delivery(app: App, number: int) -> Delivery:
    """The delivery of this number; raises AskedWrongly."""
    found = app.ledger.delivery(number) if app.ledger else None
    if found is None:
        raise AskedWrongly(f"There is no delivery {number}. See: handbill delivery list")
    return found


def posted(app: App, number: int, url: str) -> Delivery:
    """A person says that an uncertain delivery is up, at `url` if they know it."""
    one = _uncertain(app, number)
    if url and not url.startswith(("https://", "http://")):
        raise AskedWrongly(f'"{url}" is no address of a post. It begins with https://; or leave it out.')
    with _leased(app, one) as lease:
        return _saved(app, step(one, "sent", receipt=Receipt(id=f"{PERSON} {number}", url=url), reason=""), lease)


def not_posted(app: App, number: int) -> Delivery:
    """A person says that an uncertain delivery is not up: it has its turn again while it is in time."""
    one = _uncertain(app, number)
    with _leased(app, one) as lease:
        return _saved(app, step(one, "planned", payload=None, not_before=None, reason=""), lease)


def _uncertain(app: App, number: int) -> Delivery:
    one = delivery(app, number)
    if one.state != "uncertain":
        raise AskedWrongly(f"Delivery {number} is {one.state}, not uncertain: there is nothing to settle.")
    return one


def is_by_person(receipt: Receipt) -> bool:
    """Whether a receipt stands for a post that a person told of."""
    return receipt.id.startswith(PERSON)


def is_withdrawn(one: Delivery) -> bool:
    """Whether a post was taken back from here already."""
    return one.state == "sent" and one.reason.startswith(WITHDRAWN)


def withdraw(app: App, number: int) -> Delivery:
    """Take a sent post back from its network; raises HandbillError with what to do where that cannot be done."""
    one = delivery(app, number)
    if one.state != "sent" or one.receipt is None:
        raise AskedWrongly(f"Delivery {number} is {one.state}: only what was sent can be withdrawn.")
    if is_withdrawn(one):
        return one
    if why := gone(app, one):
        raise HandbillError(f"{why}. Delete it yourself: {_place(one)}")
    with _leased(app, one) as lease:
        _delete(app, one, one.receipt)
        return _saved(app, replace(one, reason=f"{WITHDRAWN} {app.clock():%Y-%m-%d %H:%M} UTC"), lease)


def _delete(app: App, one: Delivery, receipt: Receipt) -> None:
    publisher = app.publisher(app.config.accounts[one.account])
    delete, label = publisher.delete, app.networks[one.network].label
    if delete is None:
        raise HandbillError(f"{label} lets nobody but a person delete this. Do it there: {_place(one)}")
    if is_by_person(receipt):
        raise HandbillError(f"A person posted this, so a person must delete it. Do it there: {_place(one)}")
    # An account that could not be opened at its slot is noted by its name, in brackets.
    if publisher.whoami() != one.identity and one.identity != f"({one.account})":
        raise HandbillError(
            f'"{one.account}" is connected to another account now than the one that said this. '
            f"Delete it yourself: {_place(one)}"
        )
    delete(receipt)


def _place(one: Delivery) -> str:
    return (one.receipt.url if one.receipt else "") or f"{one.network}, {one.account}"


@contextmanager
def _leased(app: App, one: Delivery) -> "Iterator[Lease]":
    """The account is ours to speak for meanwhile; raises HandbillError while the engine is at it."""
    with app.store.leased(one.account, app.owner, LEASE) as lease:
        if lease is None:
            raise HandbillError(f'The engine speaks for "{one.account}" right now. Try again in a minute.')
        yield lease


def _saved(app: App, ended: Delivery, lease: "Lease") -> Delivery:
    app.store.save(ended, lease)
    return ended
