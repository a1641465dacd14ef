"""The fate of a slot: its states, the only steps between them, and what decides on each step.

A slot is *waiting* for a person's word or *planned*; when its turn comes (`turn`) its words are
chosen and prepared, and it is committed as *sending* before the network is called. What the call's
end means stands in `after_error`; what is done about a call whose end nobody saw, in `after_look`
and `after_failed_look`. Whatever ends otherwise than *sent* is told to a person, unless a person
wanted it so.

The steps are all here. On these, others decide:

- which words, and *skipped* or *waiting* instead of them (nothing fits, all rests, a limit, a pause,
  a word of a person is missing): bot.work.plan.decide; whether that is told: bot.work.plan.is_silence;
- *sent*, or *skipped*, because the post stands on the account already: bot.work.adopt.adopt;
- *held* because the account's keys are another's now: bot.work.doors.stranger;
- *planned* again, because a refused post was mended or a clock was ahead: bot.work.plan.reopened;
- *missed* or *uncertain* when it is late, because its account has left config.toml: bot.work.plan.gone;
- that an account waits while one of its posts is *sending*, that a campaign's files are waited for
  until it is late, that nothing is said if files, pauses or hours have changed while it was
  prepared: bot.work.deliver.tick;
- what a person wants: bot.work.control (skip, move, now, approve), bot.work.settle (posted or not,
  taken back: it stays *sent*).
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Literal

from bot.core.post import Receipt, Variant
from bot.core.problem import NetworkError, Refused, SignedOut, TryLater, Uncertain

State = Literal["waiting", "planned", "sending", "sent", "refused", "held", "uncertain", "missed", "skipped"]

STEPS: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        # For a person: to approve the words, or to let the account begin.
        "waiting": frozenset({"planned", "skipped", "missed"}),
        # To waiting where the words were edited after a person approved them; to refused or held
        # where that shows while they are prepared, before the network is asked to publish. One that
        # could not be prepared just now stays planned, to be tried again.
        "planned": frozenset({"sending", "missed", "skipped", "waiting", "refused", "held"}),
        # To planned only if it surely was not posted. Whoever dies here leaves it; the next looks for it.
        "sending": frozenset({"sent", "refused", "held", "planned", "uncertain"}),
        "sent": frozenset(),
        # Its file was changed.
        "refused": frozenset({"planned"}),
        # It is tried again: a while later, or because the account was connected again.
        "held": frozenset({"planned", "missed"}),
        # A person said which, or that nobody will post it by hand; or the post was seen on the account later.
        "uncertain": frozenset({"sent", "planned", "skipped"}),
        # A person said: now. Or a clock that was ahead had let it be missed.
        "missed": frozenset({"planned"}),
        # Whoever had let it be skipped takes that back.
        "skipped": frozenset({"planned"}),
    }
)
# A delivery in one of these has been said, or may have been.
USED: frozenset[State] = frozenset({"sending", "sent", "uncertain"})
# Those that still have their turn before them.
OPEN: frozenset[State] = frozenset({"waiting", "planned", "held"})
# Ends of which a person is told. Of "skipped" where nobody wanted it so, and seldom: see bot.core.notice.is_known.
TOLD: frozenset[State] = frozenset({"refused", "held", "uncertain", "missed"})

MOST_TRIES = 8
SHORTEST, LONGEST = timedelta(seconds=30), timedelta(hours=1)
# How long an account that must be connected again is left alone before the next try.
LEFT_ALONE = timedelta(minutes=15)
# Between two looks for a post that may have arrived: what was just posted is not shown everywhere at once.
SECOND_LOOK = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One slot's fate. Its key is (network, identity, campaign, day, clock) and never changes.

    `at`: when it is due, `late`: how much later it may still be said; `not_before`: when it is
    tried, or looked for, again; `said`: when the network was first called with these words.
    """

    network: str
    identity: str
    campaign: str
    day: date
    clock: str
    account: str
    at: datetime
    late: timedelta
    id: int | None = None
    state: State = "planned"
    post: str = ""
    digest: str = ""
    wording: int = 0
    variant: Variant | None = None
    share: int = 0
    sameness: str = ""
    tries: int = 0
    not_before: datetime | None = None
    said: datetime | None = None
    payload: Mapping[str, Any] | None = None
    receipt: Receipt | None = None
    reason: str = ""
    approval: bool = False
    tags: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What names this delivery to the network, the same at every try and on every machine."""
        return "/".join((self.network, self.identity, self.campaign, self.day.isoformat(), self.clock))

    def is_late(self, now: datetime) -> bool:
        """Whether its time has passed."""
        return now > self.at + self.late


class NoSuchStep(Exception):
    """A defect in the program: a step that the table of states does not know."""


def step(delivery: Delivery, to: State, **changes: Any) -> Delivery:
    """The delivery after one step; raises NoSuchStep for any that is not in STEPS.

    What is planned again is prepared anew: its payload is dropped, its key stays.
    """
    if to not in STEPS[delivery.state]:
        raise NoSuchStep(f"{delivery.state} -> {to}")
    if to == "planned":
        changes = {"payload": None, "not_before": None, **changes}
    return replace(delivery, state=to, **changes)


# --- whose turn it is -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Of the open deliveries at one instant: those that speak, that wait on, and that are missed, with the reason.

    `wakes`: the instants at which those that wait for a time may have their turn.
    """

    speak: list[Delivery] = field(default_factory=list)
    wait: list[Delivery] = field(default_factory=list)
    missed: list[tuple[Delivery, str]] = field(default_factory=list)
    wakes: set[datetime] = field(default_factory=set)


def turn(due: Iterable[Delivery], now: datetime, free: Callable[[str], datetime]) -> Turn:
    """Decide which of the deliveries that have come due speak now.

    What came too late, or was tried too often, is missed. One that is to be tried again, or of
    which a person has said "now", goes first: its account's later ones wait for it. Of the rest
    only each account's newest speaks: after an outage nothing floods out. Several that are due at
    one instant may: whoever has spoken in between is to be asked for again. `free` tells from when
    on an account may speak.
    """
    found = Turn()
    in_order = in_time(due)
    newest = _newest(one for one in in_order if not _goes_first(one) and not _is_over(one, now))
    first = {one.account for one in in_order if _goes_first(one)}
    stuck: set[str] = set()
    for one in in_order:
        if why := _is_over(one, now, first) or _is_overtaken(one, newest, stuck):
            found.missed.append((one, why))
            continue
        at = max(free(one.account), one.not_before or now)
        if one.account in stuck:
            found.wait.append(one)
        elif at <= now:
            found.speak.append(one)
        elif at > one.at + one.late:
            found.missed.append((one, _why_never(one)))
        else:
            found.wait.append(one)
            found.wakes.add(at)
            stuck |= {one.account} if _goes_first(one) else set()
    return found


def in_time(deliveries: Iterable[Delivery]) -> list[Delivery]:
    """The deliveries in the order of their turns."""
    return sorted(deliveries, key=lambda one: (one.at, one.account, one.campaign, one.day, one.clock))


def _goes_first(delivery: Delivery) -> bool:
    """Whether it is to be tried again, or a person wants it now."""
    return delivery.state != "held" and delivery.not_before is not None


def _newest(deliveries: Iterable[Delivery]) -> dict[str, datetime]:
    latest: dict[str, datetime] = {}
    for one in deliveries:
        latest[one.account] = max(one.at, latest.get(one.account, one.at))
    return latest


def _is_over(one: Delivery, now: datetime, first: Collection[str] = ()) -> str:
    """Why a delivery's time is over by itself, in words; "" if it is not.

    `first`: the accounts of which one goes first.
    """
    if _goes_first(one) and one.tries >= MOST_TRIES:
        return f"it was tried {one.tries} times; the last time: {one.reason}"
    if _goes_first(one) and one.not_before and one.not_before > one.at + one.late:
        return f"it could not be said in time: {one.reason}"
    if not one.is_late(now):
        return ""
    if one.state == "waiting" and one.variant:
        return f"{unheard(one)} in time"
    if one.reason and one.state != "waiting":
        return f"it could not be said in time: {one.reason}"
    if one.account in first and not _goes_first(one):
        return "it waited for an earlier one of this account, and now it is too late for it (`late` in config.toml)"
    return "nobody was running at its time, and now it is too late for it (`late` in config.toml)"


def _is_overtaken(one: Delivery, newest: Mapping[str, datetime], stuck: set[str]) -> str:
    """Why a newer delivery of the account takes its place, in words; "" if none does."""
    if one.account in stuck or _goes_first(one) or one.at >= newest[one.account]:
        return ""
    if one.state == "waiting" and one.variant:
        return f"{unheard(one)} before this account's next time came"
    if one.state == "held":
        return f"this account's next time has come; before: {one.reason}"
    return "it was not said at its time, and a newer one of this account goes out"


def _why_never(one: Delivery) -> str:
    return (
        one.reason or "quiet hours, or the gap between posts, last longer than it may be late (`late` in config.toml)"
    )


def unheard(delivery: Delivery) -> str:
    """Which word of a person a waiting delivery never got."""
    if delivery.approval and "account start" not in delivery.reason:
        return "nobody approved it"
    return f"nobody let this account begin (handbill account start {delivery.account})"


# --- what the end of a call means -------------------------------------------------------------------


def after_error(delivery: Delivery, error: NetworkError, now: datetime) -> Delivery:
    """What becomes of a delivery whose call ended in `error`; of one in "planned", that could not be prepared."""
    said = str(error)
    if isinstance(error, Refused):
        return step(delivery, "refused", reason=said)
    if isinstance(error, SignedOut):
        # The account was not let in: this was no try.
        tries = max(0, delivery.tries - 1)
        return step(delivery, "held", reason=said, payload=None, not_before=now + LEFT_ALONE, tries=tries)
    if isinstance(error, TryLater) or delivery.state == "planned":
        ready = delivery if delivery.state == "planned" else step(delivery, "planned")
        return replace(ready, reason=said, not_before=now + _wait(ready, error))
    return step(delivery, "uncertain", reason=said)


def _wait(delivery: Delivery, error: NetworkError) -> timedelta:
    """As long as the network says itself, else longer after each try."""
    seconds = error.seconds if isinstance(error, TryLater) else None
    return backoff(delivery) if seconds is None else timedelta(seconds=seconds)


def backoff(delivery: Delivery) -> timedelta:
    """How long to wait after a try that surely posted nothing, where the network names no time.

    Twice as long after each try, from half a minute to an hour; up to a quarter less, by the
    delivery's key, so that not all that failed together come again together.
    """
    before = min(max(0, delivery.tries - 1), MOST_TRIES)
    longest: timedelta = min(SHORTEST * 4 / 3 * 2**before, LONGEST)
    chance = sha256(f"{delivery.key} {delivery.tries}".encode()).digest()[0] / 255
    return longest * (1 - chance / 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What can be found out about a post that may have arrived.

    `finds`: one can look for it, and `finds_surely` what is not there never came; `repeats`: it
    can be posted again harmlessly, `repeat_within` so long after its slot (always, if None).
    """

    finds: bool = False
    finds_surely: bool = False
    repeats: bool = False
    repeat_within: timedelta | None = None


Next = Literal["planned", "repeat", "look again", "uncertain"]


def after_look(delivery: Delivery, can: Abilities, now: datetime) -> Next:
    """What to do about a delivery in `sending` that was looked for, if one can look, and not found.

    It is planned again only where it surely never came, and repeated only where that is harmless
    and in time. Else a second look decides, where one can look; then a person.
    """
    if can.finds_surely:
        return "planned"
    if _may_repeat(delivery, can, now):
        return "repeat"
    if can.finds and delivery.not_before is None:
        return "look again"
    return "uncertain"


def _may_repeat(delivery: Delivery, can: Abilities, now: datetime) -> bool:
    in_time = can.repeat_within is None or now <= delivery.at + can.repeat_within
    return can.repeats and in_time and not delivery.is_late(now)


def after_failed_look(delivery: Delivery, error: NetworkError, can: Abilities, now: datetime) -> Delivery:
    """What becomes of a delivery in `sending` whose look, or repeat, ended in `error`.

    It stays open while it is in time and nothing speaks against asking once more; then, and no
    later than that, it is a person's. A refusal of the repeat tells nothing of the first call, so
    it is a person's at once.
    """
    said = str(error)
    is_open = isinstance(error, TryLater | SignedOut) and not delivery.is_late(now)
    if is_open or (isinstance(error, Uncertain) and _may_repeat(delivery, can, now)):
        seconds = error.seconds if isinstance(error, TryLater) else None
        # The longer it has been open, the longer it is left alone.
        longer = min((now - (delivery.said or delivery.at)) / 2, LONGEST)
        pause = longer if seconds is None else timedelta(seconds=seconds)
        again = min(now + pause, delivery.at + delivery.late)
        return replace(delivery, not_before=max(now + SECOND_LOOK, again))
    why = f"nobody can look whether it was posted: {said}" if isinstance(error, TryLater | SignedOut) else said
    return step(delivery, "uncertain", reason=why)
