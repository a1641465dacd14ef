"""Week: what was said, what will be said, and what was missed, day by day."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from bot.app import App
from bot.core.delivery import OPEN, Delivery
from bot.core.measure import measure
from bot.core.post import Variant, say
from bot.core.preview import Piece, pieces
from bot.core.problem import AskedWrongly
from bot.core.timetable import local_day
from bot.fetch import Page, page
from bot.work.control import AHEAD, named, slot_name
from bot.work.plan import Planned, plan, slot_key
from bot.work.settle import is_withdrawn

# How far ahead the words of a slot are worked out.
FORESEEN = timedelta(days=35)
WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One slot as an organizer sees it: its delivery so far, the exact words, and what becomes of it.

    `state` is the delivery's, what the plan has for it, or "withdrawn". `which` names it to
    `bot.work.control`; `title` is its campaign's. `count`: the length of the words as the network
    counts, None where there are none. `picture`: whether the words go out with one.
    """

    which: str
    at: datetime
    state: str
    reason: str
    title: str
    label: str
    delivery: Delivery
    post: str = ""
    wording: int = 0
    variant: Variant | None = None
    pieces: tuple[Piece, ...] = ()
    count: int | None = None
    limit: int | None = None

    @property
    def seen(self) -> str:
        """Changes whenever something of it does that a person has seen: when, what, and its state."""
        text = self.variant.text if self.variant else ""
        return sha256(repr((self.which, self.at, self.state, text)).encode()).hexdigest()[:16]

    @property
    def address(self) -> str:
        """Where the published post stands; "" if nobody knows."""
        return self.delivery.receipt.url if self.delivery.receipt else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day with its entries, in order of time; `is_past`: it lies before today."""

    date: date
    entries: tuple[Entry, ...]
    is_today: bool
    is_past: bool


def week(app: App, first: date, days: int = 7, account: str = "", campaign: str = "") -> list[Day]:
    """The days from `first` on, with what was and will be said; of one account or campaign only, if named."""
    zone, today = app.config.zone, local_day(app.clock(), app.config.zone)
    begin, end = _midnight(first, zone), _midnight(first + timedelta(days=days), zone)
    by_day: dict[date, list[Entry]] = {first + timedelta(days=number): [] for number in range(days)}
    for one in entries(app, begin, end):
        if account in ("", one.delivery.account) and campaign in ("", one.delivery.campaign):
            by_day[local_day(one.at, zone)].append(one)
    return [
        Day(date=day, entries=tuple(found), is_today=day == today, is_past=day < today) for day, found in by_day.items()
    ]


def entries(app: App, begin: datetime, end: datetime) -> list[Entry]:
    """What was said or not from `begin` on, and what will be before `end`, in order of time."""
    coming = {slot_key(one.delivery): one for one in _coming(app, end) if one.delivery}
    past = app.store.deliveries(since=begin, until=end - timedelta(microseconds=1))
    kept = [_of_delivery(app, one) for one in past if slot_key(one) not in coming]
    shown = [_of_plan(app, one) for one in coming.values() if begin <= one.choice.slot.at < end]
    return sorted([*kept, *shown], key=lambda one: (one.at, one.delivery.account, one.delivery.campaign))


def entry(app: App, which: str) -> Entry:
    """One slot or delivery as a person names it; raises AskedWrongly where there is none."""
    one = named(app, which)
    if one.state not in OPEN:
        return _of_delivery(app, one)
    found = {slot_key(planned.delivery): planned for planned in _coming(app, one.at + one.late) if planned.delivery}
    planned = found.get(slot_key(one))
    return _of_plan(app, planned) if planned else _of_delivery(app, one)


def card(one: Entry) -> Page | None:
    """What the page that an entry leads to says of itself for a link card, asked now; None if it cannot be had."""
    has_room = one.variant is not None and one.variant.link and not one.variant.image
    return page(one.variant.link) if one.variant and has_room else None


def _coming(app: App, end: datetime) -> Iterator[Planned]:
    now = app.clock()
    if end - now > AHEAD:
        raise AskedWrongly(f"That is more than {AHEAD.days} days ahead. Come back to it later.")
    span = min(max(end, now + timedelta(minutes=1)), now + FORESEEN) - now
    return plan(app, now, span / timedelta(days=1))


def _of_plan(app: App, planned: Planned) -> Entry:
    assert planned.delivery is not None
    choice, state, reason = planned.choice, planned.state, planned.reason
    if planned.delivery.state == "held":
        state, reason = "held", planned.delivery.reason
    post, variant = choice.post.name if choice.post else "", choice.variant
    return _made(app, planned.delivery, state, reason, post, choice.wording or 0, variant)


def _of_delivery(app: App, one: Delivery) -> Entry:
    state = WITHDRAWN if is_withdrawn(one) else one.state
    return _made(app, one, state, one.reason, one.post, one.wording, one.variant)


def _made(app: App, one: Delivery, state: str, reason: str, post: str, wording: int, variant: Variant | None) -> Entry:
    network = app.speaker(one.account).network if one.account in app.config.accounts else app.networks.get(one.network)
    campaign = app.library.campaigns.get(one.campaign)
    return Entry(
        which=which(one),
        at=one.at,
        state=state,
        reason=reason,
        title=say(campaign.title, variant.language if variant else campaign.languages[0]) if campaign else one.campaign,
        label=network.label if network else one.network,
        delivery=one,
        post=post,
        wording=wording,
        variant=variant,
        pieces=tuple(pieces(variant.text, network)) if variant and network else (),
        count=measure(variant.text, network.counting) if variant and network else None,
        limit=network.counting.limit if network else None,
    )


def which(one: Delivery) -> str:
    """What names a delivery, or a slot that the ledger does not hold yet, to a person."""
    return str(one.id) if one.id is not None else slot_name(one)


def waiting(days: Iterable[Day]) -> list[Entry]:
    """The entries that wait for somebody's approval, in order of time."""
    return [one for day in days for one in day.entries if one.state == "waiting"]


def monday(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
