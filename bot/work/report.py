"""Report: values as the JSON lines that others build on. Keys are stable; absent values are None."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.core.delivery import Delivery
from bot.core.measure import measure
from bot.core.problem import Problem
from bot.core.timetable import local
from bot.core.typeset import File
from bot.work.plan import Planned


def instant(at: datetime) -> str:
    """An instant in UTC, ending in Z: 2026-12-01T14:00:00Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def plan_line(planned: Planned, zone: ZoneInfo) -> dict[str, Any]:
    """One slot of a plan."""
    choice = planned.choice
    slot, variant, network = choice.slot, choice.variant, choice.speaker.network
    return {
        "at": instant(slot.at),
        "local": local(slot.at, zone),
        "campaign": slot.campaign,
        "account": slot.account,
        "network": network.name,
        "post": choice.post.name if choice.post else None,
        "wording": choice.wording or None,
        "language": variant.language if variant else None,
        "text": variant.text if variant else None,
        "link": (variant.link or None) if variant else None,
        "hashtags": list(variant.hashtags) if variant else [],
        "length": measure(variant.text, network.counting) if variant else None,
        "limit": network.counting.limit,
        "state": planned.state,
        "reason": planned.reason or None,
    }


def delivery_line(delivery: Delivery) -> dict[str, Any]:
    """One delivery of the ledger."""
    return {
        "id": delivery.id,
        "at": instant(delivery.at),
        "campaign": delivery.campaign,
        "account": delivery.account,
        "network": delivery.network,
        "post": delivery.post or None,
        "wording": delivery.wording or None,
        "text": delivery.variant.text if delivery.variant else None,
        "state": delivery.state,
        "tries": delivery.tries,
        "url": (delivery.receipt.url or None) if delivery.receipt else None,
        "reason": delivery.reason or None,
    }


def problem_line(problem: Problem) -> dict[str, Any]:
    """One fault that `check` found."""
    return {"where": problem.where, "what": problem.what, "hint": problem.hint or None, "severity": problem.severity}


def file_line(file: File) -> dict[str, Any]:
    """One file that an import would make; `row` is where its words begin in the document."""
    return {
        "post": file.post,
        "language": file.language,
        "file": file.name,
        "row": min(file.rows),
        "text": file.text,
    }
