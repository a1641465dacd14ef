"""What a person is to be told."""

from dataclasses import dataclass
from datetime import datetime

from bot.core.delivery import Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing to be told, once: about a delivery (`kind` is its state then), or an account ("account").

    `words`: the reason, as the ledger has it. `trouble`: why it could not be told so far.
    """

    kind: str
    words: str
    at: datetime
    account: str = ""
    delivery: int | None = None
    id: int | None = None
    trouble: str = ""


def notice_of(delivery: Delivery) -> Notice:
    """The notice of a delivery's end."""
    return Notice(
        kind=delivery.state,
        words=delivery.reason,
        at=delivery.said or delivery.at,
        account=delivery.account,
        delivery=delivery.id,
    )
