"""Attend: look at each account daily, and before its first slot of a day, so that no dead key is found by a post."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.app import App
from bot.core.problem import NetworkError, SignedOut, TryLater
from bot.core.timetable import local_day, slots
from bot.store import Look
from bot.work.doors import Doors, another, side_by_side, told

DAILY = timedelta(days=1)
# So long before a day's first slot there is still time to connect an account again.
BEFORE = timedelta(hours=1)
# So long an account is left alone that could not be looked at.
AWAY, SIGNED_OUT = timedelta(minutes=10), timedelta(minutes=15)
# Whoever could not be reached for so long, or never yet, is told of.
LONG = timedelta(hours=36)


def attend(app: App, doors: Doors, now: datetime) -> None:
    """Look at the accounts whose turn it is; what is wrong with one is kept, and told once.

    Looking renews sessions and keys ahead of time: the account is leased meanwhile.
    """
    looks = app.store.looks()
    due = [name for name in attended(app) if is_due(app, name, looks.get(name, Look()), now)]
    side_by_side(lambda name: _look(app, doors, name, now), due)


def attended(app: App) -> list[str]:
    """The accounts that speak by themselves, on networks where anybody reads it."""
    planned = {name for schedule in app.config.schedules for name in schedule.accounts}
    return [
        account.name
        for account in app.config.accounts.values()
        if account.name in planned and not (account.by_hand or app.networks[account.network].practice)
    ]


def is_due(app: App, name: str, look: Look, now: datetime) -> bool:
    """Whether an account is to be looked at now."""
    # One that lies further off comes from a clock that was ahead.
    if look.again and now < look.again <= now + SIGNED_OUT:
        return False
    if look.at is None or look.trouble or now - look.at >= DAILY:
        return True
    zone = app.config.zone
    if local_day(look.at, zone) == local_day(now, zone):
        return False
    mine = (one for one in app.config.schedules if name in one.accounts)
    return bool(slots(mine, zone, now, now + BEFORE))


def _look(app: App, doors: Doors, name: str, now: datetime) -> None:
    with app.store.leased(name, app.owner, app.lease) as lease:
        if lease is None:
            return  # somebody is at work on it, and will find out
        look = app.store.looks().get(name, Look())
        app.store.looked(name, _found(doors, name, look, now), now)


def _found(doors: Doors, name: str, look: Look, now: datetime) -> Look:
    try:
        found = told(doors.publisher(name).whoami, TryLater)
        told(doors.publisher(name).look, TryLater)
    except SignedOut as error:
        return replace(look, again=now + SIGNED_OUT, trouble=str(error))
    except NetworkError as error:
        is_long = look.at is None or now - look.at >= LONG
        return replace(look, again=now + AWAY, trouble=str(error) if is_long else look.trouble)
    if look.identity not in ("", found):
        return replace(look, again=now + SIGNED_OUT, trouble=another(name))
    return replace(look, at=now, again=None, trouble="")
