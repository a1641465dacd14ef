"""Notify: tell people what the ledger says they are to be told, once, all of it in one message."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot import notices
from bot.app import App
from bot.config import Account
from bot.core.delivery import Delivery
from bot.core.notice import Message, News, Notice, Place, Trouble, failed, is_over, may_try, message, shown
from bot.core.problem import AskedWrongly, HandbillError

# Who holds this lease may send. No account can have such a name.
LEASE = "(notices)"
# From one message to the next, in seconds.
PAUSE = 60.0
# The engine, among what has troubles.
ENGINE = "engine"
WRITE = 'Name one on the desk\'s page "Settings", or at the top of config.toml: notify = ["mailto://…"]'


@dataclass(frozen=True, slots=True)
class Told:
    """One address by the name that may be shown, and why it did not take a message; "" if it did."""

    name: str
    why: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.why}" if self.why else self.name


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where notices go, and in words what is wrong with where config.toml says that the addresses are."""

    all: tuple[str, ...] = field(default=(), repr=False)
    faults: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """The names by which they may be shown."""
        return shown(self.all)


def addresses(app: App) -> Addresses:
    """The addresses in config.toml, and those in the environment and the file that it names."""
    config = app.config
    lines, faults = app.kept_lines("notify", config.notify_env, config.notify_file)
    return Addresses(tuple(dict.fromkeys((*config.notify, *lines))), tuple(faults))


def real(app: App) -> list[Account]:
    """The accounts whose posts others read."""
    accounts = app.config.accounts.values()
    return [one for one in accounts if one.by_hand or not app.networks[one.network].practice]


def unwatched(app: App) -> Account | None:
    """A real account of which nobody is told when something goes wrong; None if there is none."""
    to = addresses(app)
    return None if to.all or to.faults else next(iter(real(app)), None)


def notify(app: App, now: datetime) -> list[Told]:
    """Send what nobody was told yet to every address, if a minute has passed since the last message.

    Those that did not take it now, whatever became of the message elsewhere. It counts as told if one
    address took it; else it is tried again, after longer and longer pauses.
    """
    to = addresses(app)
    if not to.all or not app.store.notices() or not _is_time(app, to.names, now):
        return []
    # An owner of its own: whoever sends gives way to nobody, not even to itself.
    owner = f"{app.owner}/{uuid.uuid4().hex[:8]}"
    lease = app.store.lease(LEASE, owner, PAUSE + notices.DEADLINE)
    if lease is None:
        return []
    untold = app.store.notices()
    news, over = _sorted(app, untold)
    app.store.was_told(over, now)
    if not news:
        app.store.release(lease)
        return []
    told = _to_all(app, to, message(news, app.config.zone, _place(app)), now)
    trouble = "" if any(not one.why for one in told) else "; ".join(map(str, told))
    app.store.was_told([one.notice for one in news], now, trouble)
    app.store.lease(LEASE, owner, PAUSE)
    return [one for one in told if one.why]


def _is_time(app: App, names: Iterable[str], now: datetime) -> bool:
    """Whether at least one address may be tried again."""
    troubles = app.store.troubles()
    return any(may_try(troubles.get(name), now) for name in names)


def _sorted(app: App, untold: Iterable[Notice]) -> tuple[list[News], list[Notice]]:
    """What is to be told, and what nobody needs to hear any more."""
    deliveries = app.store.noticed()
    found = [_news(app, notice, deliveries.get(notice.delivery)) for notice in untold]
    return [one for one in found if not is_over(one)], [one.notice for one in found if is_over(one)]


def _place(app: App) -> Place:
    return Place(folder=str(app.config.folder), desk=app.desk)


def _news(app: App, notice: Notice, delivery: Delivery | None) -> News:
    account = app.config.accounts.get(notice.account)
    by_hand = account is not None and account.by_hand and notice.kind == "uncertain"
    return News(
        notice=notice,
        delivery=delivery,
        by_hand=app.networks[account.network].label if account and by_hand else "",
    )


def _to_all(app: App, to: Addresses, told: Message, now: datetime) -> list[Told]:
    """Send a message to each address, and keep what is wrong with it; what came of it, in their order."""
    found = send(to, told)
    before = app.store.troubles()
    for one in found:
        if one.why or one.name in before:
            app.store.trouble(one.name, failed(before.get(one.name), one.why, now) if one.why else None)
    return found


def send(to: Addresses, told: Message) -> list[Told]:
    """Send a message to each address; what came of it, in their order."""
    if notices.is_missing():
        return [Told(name, notices.MISSING) for name in to.names]
    return [Told(name, why) for name, why in zip(to.names, notices.send(to.all, told), strict=True)]


def wrong(app: App) -> list[str]:
    """What is wrong with the way to people at present, in words: addresses that did not take the last message."""
    to = addresses(app)
    troubles = app.ledger.troubles() if app.ledger and to.all else {}
    return [*to.faults, *(str(Told(name, troubles[name].words)) for name in to.names if name in troubles)]


def try_out(app: App) -> list[Told]:
    """Send a message to every address to see whether it comes; raises AskedWrongly if there is none."""
    to = addresses(app)
    if not to.all:
        raise AskedWrongly(to.faults[0] if to.faults else f"There is no address for notices yet. {WRITE}")
    test = Message(title="Handbill: a test", body="If you can read this, notices of Handbill reach you here.")
    found, now = _to_all(app, to, test, app.clock()), app.clock()
    if any(not one.why for one in found):
        app.store.tell(Notice(kind="test", words=test.body, at=now), told=now)
    return found


def tell_now(app: App, words: str) -> list[Told]:
    """Tell at once what the ledger cannot hold: that it cannot be used, or that the engine has ended."""
    notice = Notice(kind="engine", words=words, at=app.clock())
    told = message([News(notice=notice)], app.config.zone, _place(app))
    return send(addresses(app), told)


def ended(app: App, words: str) -> None:
    """Tell that the engine has ended by a fault of its own; the same fault once, until it has worked again."""
    try:
        before = app.store.troubles().get(ENGINE)
        if before and before.words == words:
            return
        app.store.trouble(ENGINE, Trouble(words=words))
    except HandbillError:
        pass  # without the ledger it may be told again
    tell_now(app, words)


def works(app: App) -> None:
    """Note that the engine works, in this process."""
    app.store.working(app.owner.partition("/")[0], app.clock())
    if ENGINE in app.store.troubles():
        app.store.trouble(ENGINE, None)


def unheard(found: Sequence[str]) -> str:
    """What to say of addresses that do not work."""
    return f"Notices do not arrive. {'; '.join(found)}. Put it right, then try it: handbill account check --notify"
