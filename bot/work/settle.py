"""Settle: what a person says became of a delivery, and taking a post back."""

from dataclasses import replace

from bot.app import App
from bot.core.delivery import Delivery, step
from bot.core.post import Receipt
from bot.core.problem import AskedWrongly, HandbillError
from bot.store import Lease

# Long enough for one call.
LEASE = 120.0


def delivery(app: App, number: int) -> Delivery:
    """The delivery of this number; raises AskedWrongly."""
    found = app.ledger.delivery(number) if app.ledger else None
    if found is None:
        raise AskedWrongly(f"There is no delivery {number}. See: handbill delivery list")
    return found


def posted(app: App, number: int, url: str) -> Delivery:
    """A person says that an uncertain delivery is up, at `url` if they know it."""
    one = _uncertain(app, number)
    return _saved(app, step(one, "sent", receipt=Receipt(id=url or f"by a person {number}", url=url), reason=""))


def not_posted(app: App, number: int) -> Delivery:
    """A person says that an uncertain delivery is not up: it has its turn again while it is in time."""
    return _saved(app, step(_uncertain(app, number), "planned", payload=None, not_before=None, reason=""))


def _uncertain(app: App, number: int) -> Delivery:
    one = delivery(app, number)
    if one.state != "uncertain":
        raise AskedWrongly(f"Delivery {number} is {one.state}, not uncertain: there is nothing to settle.")
    return one


def withdraw(app: App, number: int) -> Delivery:
    """Take a sent post back from its network; raises HandbillError with what to do where that cannot be done."""
    one = delivery(app, number)
    if one.state != "sent" or one.receipt is None:
        raise AskedWrongly(f"Delivery {number} is {one.state}: only what was sent can be withdrawn.")
    account = app.config.accounts.get(one.account)
    if account is None:
        raise HandbillError(
            f'The account "{one.account}" is no longer in config.toml. Delete it yourself: {one.receipt.url}'
        )
    app.store  # noqa: B018 the session is kept there
    delete = app.publisher(account).delete
    if delete is None:
        label = app.networks[one.network].label
        raise HandbillError(
            f"{label} lets nobody but a person delete this. Do it there: {one.receipt.url or account.handle}"
        )
    delete(one.receipt)
    return _saved(app, replace(one, reason=f"withdrawn {app.clock():%Y-%m-%d %H:%M} UTC"))


def _saved(app: App, ended: Delivery) -> Delivery:
    lease: Lease | None = app.store.lease(ended.account, app.owner, LEASE)
    if lease is None:
        raise HandbillError(f'The engine speaks for "{ended.account}" right now. Try again in a minute.')
    try:
        app.store.save(ended, lease)
    finally:
        app.store.release(lease)
    return ended
