"""Who comes to the desk, what each may do, and how long a wrong password makes others wait."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# Somebody is signed in for so long without doing anything, and for so long at most.
IDLE, AT_MOST = timedelta(hours=12), timedelta(days=14)
# A link that lets somebody in is good for so long: one that a person sends, and one that a terminal shows.
SENT_LINK, SHOWN_LINK = timedelta(days=7), timedelta(hours=1)
# A wrong password costs at most this; after so long without one, the earlier ones are forgotten.
LONGEST, FORGOTTEN = timedelta(minutes=5), timedelta(days=1)


class Role(StrEnum):
    """What somebody may do: each role may do all that the one before may."""

    ANYONE = "anyone"
    REVIEWER = "reviewer"
    ORGANIZER = "organizer"

    def may(self, needed: "Role") -> bool:
        """Whether it is enough where `needed` is asked for."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who may sign in; `id` is theirs for as long as they may."""

    id: int
    name: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody who is signed in, from `begun` to `until`; each form they send holds `key`."""

    person: Person
    key: str
    begun: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One device where somebody is signed in: since when, and when last seen. `mark` finds it, and tells nothing."""

    mark: str
    begun: datetime
    seen: datetime

    @property
    def until(self) -> datetime:
        """When it ends if nobody comes any more."""
        return min(self.seen + IDLE, self.begun + AT_MOST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One line of the list of who did what; `person` is the name at that time."""

    id: int
    at: datetime
    person: str
    deed: str
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """How often a password was tried of late, and when last."""

    count: int
    last: datetime


def wait(tries: Tries | None, free: int, now: datetime) -> timedelta:
    """How long until a password may be tried again; after the `free` tries the pause doubles, from a second on."""
    if tries is None or tries.count < free or tries.last > now + LONGEST:  # of a clock that was ahead
        return timedelta()
    pause: timedelta = min(timedelta(seconds=2 ** min(tries.count - free, 20)), LONGEST)
    return max(tries.last + pause - now, timedelta())


def one_more(tries: Tries | None, now: datetime) -> Tries:
    """The tries, with one made now."""
    is_known = tries is not None and now < tries.last + FORGOTTEN
    return Tries(count=tries.count + 1 if tries and is_known else 1, last=now)
