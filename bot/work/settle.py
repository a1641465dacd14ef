"""Settle: what a person says became of a delivery, and taking a post back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from time import sleep
from typing import TYPE_CHECKING

from bot.app import App
from bot.core.delivery import Delivery, step
from bot.core.post import Receipt
from bot.core.problem import AskedWrongly, HandbillError, NetworkError, TryLater
from bot.work.doors import Doors, stranger, told
from bot.work.plan import gone

if TYPE_CHECKING:
    from bot.store import Lease

# So many seconds a person is kept waiting for the engine: in ten a post is mostly out.
PATIENCE = 10
# Numbers of deliveries are smaller than this.
MOST = 2**31
# How the receipt of a post begins that a person told of: no network gave it, none can take it back.
PERSON = "by a person"
WITHDRAWN = "withdrawn"


class StillThere(HandbillError):
    """A post that a person says is not up stands there, at `url`; "" if nobody knows where."""

    def __init__(self, words: str, url: str) -> None:
        super().__init__(words)
        self.url = url


class NobodyCanLook(HandbillError):
    """Whether a post is up cannot be found out just now."""


def number(written: str) -> int:
    """A number as a person writes it; raises AskedWrongly."""
    if written.isascii() and written.isdecimal() and len(written) < 10:
        return int(written)
    raise AskedWrongly(f'"{written}" is no number.')


def delivery(app: App, number: int) -> Delivery:
    """The delivery of this number; raises AskedWrongly."""
    found = app.ledger.delivery(number) if app.ledger and number < MOST else None
    if found is None:
        raise AskedWrongly(f"There is no delivery {number}. See: handbill delivery list")
    return found


def posted(app: App, number: int, url: str) -> Delivery:
    """A person says that an uncertain delivery is up, at `url` if they know it."""
    with leased(app, delivery(app, number).account) as lease:
        one = uncertain(app, number)
        if url and not url.startswith(("https://", "http://")):
            raise AskedWrongly(f'"{url}" is no address of a post. It begins with https://; or leave it out.')
        return app.store.save(step(one, "sent", receipt=Receipt(id=f"{PERSON} {number}", url=url), reason=""), lease)


def not_posted(app: App, number: int, *, sure: bool = False) -> Delivery:
    """A person says that an uncertain delivery is not up: it has its turn again while it is in time.

    Unless they are `sure`, its network is asked first where it can be: with nothing changed, raises
    StillThere if the post is up, NobodyCanLook if that cannot be known now.
    """
    with leased(app, delivery(app, number).account) as lease:
        one = uncertain(app, number)
        if not sure:
            _look(app, one)
        return app.store.save(step(one, "planned", reason=""), lease)


def uncertain(app: App, number: int) -> Delivery:
    """The delivery as it stands now that nobody else is at it."""
    one = app.store.delivery(number)
    if one is None or one.state != "uncertain":
        state = one.state if one else "gone"
        raise AskedWrongly(f"Delivery {number} is {state}, not uncertain: there is nothing to settle.")
    return one


def _look(app: App, one: Delivery) -> None:
    """Make sure that a post is not to be found; raises HandbillError if it is, or nobody can look."""
    try:
        receipt = _found(app, one)
    except NetworkError as error:
        raise NobodyCanLook(
            f"Nobody can look just now whether it is up: {error}. Try again later; "
            f"if you have looked yourself: handbill delivery settle {one.id} --not-posted --sure"
        ) from error
    if receipt:
        ways = (f"--posted {receipt.url}".rstrip(), "--not-posted --sure")
        raise StillThere(
            f"It is up: {receipt.url or receipt.id}. Nothing was changed.\n"
            f"If that is it:     handbill delivery settle {one.id} {ways[0]}\n"
            f"If that is not it: handbill delivery settle {one.id} {ways[1]}",
            receipt.url,
        )


def _found(app: App, one: Delivery) -> Receipt | None:
    """The receipt of a post that stands on its account; None where it does not, or where nobody but a person looks."""
    if gone(app, one) or one.payload is None:
        return None
    doors = Doors(app)
    find = doors.publisher(one.account).find
    if find is None:
        return None
    if stranger(doors, one):
        raise TryLater(f'"{one.account}" is connected to another account now')
    return told(partial(find, one.payload, one.key), TryLater)


def is_by_person(receipt: Receipt) -> bool:
    """Whether a receipt stands for a post that a person told of."""
    return receipt.id.startswith(PERSON)


def is_withdrawn(one: Delivery) -> bool:
    """Whether a post was taken back from here already."""
    return one.state == "sent" and one.reason.startswith(WITHDRAWN)


def withdraw(app: App, number: int) -> Delivery:
    """Take a sent post back from its network; raises HandbillError with what to do where that cannot be done."""
    with leased(app, delivery(app, number).account) as lease:
        one = app.store.delivery(number)
        if one is None or one.state != "sent" or one.receipt is None:
            state = one.state if one else "gone"
            raise AskedWrongly(f"Delivery {number} is {state}: only what was sent can be withdrawn.")
        if is_withdrawn(one):
            return one
        if why := gone(app, one):
            raise HandbillError(f"{why}. Delete it yourself: {_place(one)}")
        _delete(app, one, one.receipt)
        return app.store.save(replace(one, reason=f"{WITHDRAWN} {app.clock():%Y-%m-%d %H:%M} UTC"), lease)


def _delete(app: App, one: Delivery, receipt: Receipt) -> None:
    doors, label = Doors(app), app.networks[one.network].label
    delete = doors.publisher(one.account).delete
    if delete is None:
        raise HandbillError(f"{label} lets nobody but a person delete this. Do it there: {_place(one)}")
    if is_by_person(receipt):
        raise HandbillError(f"A person posted this, so a person must delete it. Do it there: {_place(one)}")
    if stranger(doors, one):
        raise HandbillError(
            f'"{one.account}" is connected to another account now than the one that said this. '
            f"Delete it yourself: {_place(one)}"
        )
    delete(receipt)


def _place(one: Delivery) -> str:
    return (one.receipt.url if one.receipt else "") or f"{one.network}, {one.account}"


@contextmanager
def leased(app: App, account: str, patience: int | None = None) -> "Iterator[Lease]":
    """An account is ours to speak for meanwhile; HandbillError if it is not within `patience` seconds, or PATIENCE."""
    for left in reversed(range((PATIENCE if patience is None else patience) + 1)):
        with app.store.leased(account, app.owner, app.lease) as lease:
            if lease:
                yield lease
                return
        sleep(1 if left else 0)
    raise HandbillError(f'The engine speaks for "{account}" right now. Try again in a minute.')
