"""Doors: the publishers of one tick, each opened once, and what they answer."""

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from bot.app import App
from bot.core.delivery import Delivery
from bot.core.network import Publisher
from bot.core.problem import HandbillError, NetworkError, TryLater, Uncertain

LOG = logging.getLogger(__name__)
Answer = TypeVar("Answer")
# One account a thread, so that a silent server delays only its own account.
THREADS = 8


class Doors:
    """The publishers of one tick, each opened once, and who each says it is."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._open: dict[str, Publisher] = {}
        self._ids: dict[str, str] = {}

    def publisher(self, account: str) -> Publisher:
        """The open door to an account; raises a NetworkError."""
        if account not in self._open:
            self._open[account] = self._app.publisher(self._app.config.accounts[account])
        return self._open[account]

    def whoami(self, account: str) -> str:
        """The account's lasting id; raises a NetworkError."""
        if account not in self._ids:
            self._ids[account] = told(self.publisher(account).whoami, TryLater)
        return self._ids[account]

    def identity(self, account: str) -> str:
        """The account's lasting id; its name in brackets where it must be connected first; raises TryLater."""
        try:
            return self.whoami(account)
        except TryLater:
            raise
        except NetworkError:
            return f"({account})"


def stranger(doors: Doors, delivery: Delivery) -> bool:
    """Whether the account is somebody else's than when the delivery's key was made; raises a NetworkError."""
    return not delivery.identity.startswith("(") and doors.whoami(delivery.account) != delivery.identity


def another(account: str) -> str:
    """What to say where an account's keys belong to another one than before."""
    return (
        f"the keys of this account belong to another one now. Put the right ones back; or, if it is meant, "
        f"look at its week and run: handbill account start {account}."
    )


def take_over(app: App, account: str, identity: str) -> None:
    """Let what an account has said under an older name of config.toml stand under its new one."""
    network = app.config.accounts[account].network
    older = app.store.names(network, identity, besides=account)
    if older and not older & set(app.config.accounts):
        app.store.rename(network, identity, account)


def told(ask: Callable[[], Answer], otherwise: type[TryLater | Uncertain]) -> Answer:
    """What a network answers; an answer that its module cannot read is `otherwise`, and stops nobody else."""
    try:
        return ask()
    except HandbillError:
        raise
    except Exception as defect:
        LOG.exception("an answer that could not be read")
        raise otherwise(f"its answer could not be understood ({type(defect).__name__})") from defect


Item = TypeVar("Item")


def side_by_side(do: Callable[[Item], Answer], items: Iterable[Item]) -> list[Answer]:
    """What `do` gives for each item, each in a thread of its own; the first error, when all are done."""
    waiting = list(items)
    if len(waiting) < 2:
        return [do(item) for item in waiting]
    with ThreadPoolExecutor(min(THREADS, len(waiting))) as pool:
        begun = [pool.submit(do, item) for item in waiting]
    return [one.result() for one in begun]
