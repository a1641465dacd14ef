"""A delivery as a row of the ledger, and back."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from bot.core.delivery import Delivery
from bot.core.post import Image, Receipt, Variant

# What names a delivery: no two have the same.
KEY = ("network", "identity", "campaign", "day", "clock")
PLAIN = (
    *KEY,
    *("account", "at", "state", "post", "digest", "wording"),
    *("share", "sameness", "tries", "not_before", "said", "reason"),
)


def row_of(delivery: Delivery) -> dict[str, Any]:
    """The columns of a delivery, all but its id."""
    receipt = delivery.receipt or Receipt(id="")
    return {name: getattr(delivery, name) for name in PLAIN} | {
        "late": delivery.late.total_seconds(),
        "variant": asdict(delivery.variant) if delivery.variant else None,
        "payload": dict(delivery.payload) if delivery.payload is not None else None,
        "receipt_id": receipt.id,
        "receipt_url": receipt.url,
        "approval": int(delivery.approval),
        "tags": list(delivery.tags),
    }


def delivery_of(row: Row[Any]) -> Delivery:
    """The delivery that stands in a row."""
    return Delivery(
        id=row.id,
        late=timedelta(seconds=row.late),
        variant=_variant(row.variant) if row.variant else None,
        payload=row.payload,
        receipt=Receipt(id=row.receipt_id, url=row.receipt_url) if row.receipt_id else None,
        approval=bool(row.approval),
        tags=tuple(row.tags),
        **{name: getattr(row, name) for name in PLAIN},
    )


def _variant(kept: Mapping[str, Any]) -> Variant:
    image = Image(**kept["image"]) if kept["image"] else None
    return Variant(**{**kept, "image": image, "hashtags": tuple(kept["hashtags"]), "fields": ()})
