"""The fate of a slot: its states, and the only steps between them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal

from bot.core.post import Receipt, Variant
from bot.core.problem import NetworkError, Refused, SignedOut, TryLater

State = Literal["waiting", "planned", "sending", "sent", "refused", "held", "uncertain", "missed", "skipped"]

STEPS: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        "waiting": frozenset({"planned", "skipped", "missed"}),
        "planned": frozenset({"sending", "missed", "skipped"}),
        "sending": frozenset({"sent", "refused", "held", "planned", "uncertain"}),
        "sent": frozenset(),
        "refused": frozenset({"planned"}),
        "held": frozenset({"planned", "missed"}),
        "uncertain": frozenset({"sent", "planned"}),
        "missed": frozenset({"planned"}),
        "skipped": frozenset(),
    }
)
# A delivery in one of these has been said, or may have been.
USED: frozenset[State] = frozenset({"sending", "sent", "uncertain"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One slot's fate. Its key is (network, identity, campaign, day, clock) and never changes."""

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
        changes = {"payload": None, **changes}
    return replace(delivery, state=to, **changes)


def after_error(delivery: Delivery, error: NetworkError, now: datetime) -> Delivery:
    """What becomes of a delivery whose call ended in `error`."""
    said = str(error)
    if isinstance(error, Refused):
        return step(delivery, "refused", reason=said)
    if isinstance(error, SignedOut):
        return step(delivery, "held", reason=said, payload=None)
    if isinstance(error, TryLater):
        again = now + timedelta(seconds=error.seconds or 60)
        return step(delivery, "planned", reason=said, not_before=again)
    return step(delivery, "uncertain", reason=said)
