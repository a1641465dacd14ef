"""Plan: what will be said, where, when; the engine later does exactly that."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from heapq import heappop, heappush
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.app import App
from bot.core.choice import Choice, Speaker, Suited, choose, suited
from bot.core.delivery import OPEN, Delivery, in_time, step, turn
from bot.core.limits import Limits, free, month, used_up
from bot.core.problem import SignedOut
from bot.core.rotate import NEAR, History, within
from bot.core.timetable import LATEST, Schedule, Slot, instant, local_day, slots

if TYPE_CHECKING:
    from bot.store import Store

PAUSED = "paused"
BY_PERSON = "by a person"
# Ends that may turn out to have come too soon.
REOPENED = ("refused", "missed")
MOMENT = timedelta(microseconds=1)
# A changed time zone moves a slot by no more than this, and a person by no more than that.
ZONES, FAR = timedelta(days=2), timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A slot with what will become of it: planned, waiting for approval, or skipped; and its delivery so far.

    `turn`: when a plan has it spoken, which is later than its slot where quiet hours or a gap hold it up.
    """

    choice: Choice
    state: str
    reason: str = ""
    delivery: Delivery | None = None
    turn: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What the ledger knows that a choice depends on, as values; `history` and `spent` grow as a plan goes on.

    `spent`: US dollars by account and month. `suited`: what each account may say of a campaign under
    which tags, looked up once for as long as it holds.
    """

    history: History
    barred: Collection[tuple[str, str, str]] = ()
    approvals: Collection[str] = ()
    starts: Collection[str] = ()
    pauses: Collection[str] = ()
    spent: dict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    suited: dict[tuple[str, str, tuple[str, ...]], Suited] = field(default_factory=dict)


def plan(app: App, start: datetime, days: float, instead: Collection[Delivery] = ()) -> Iterator[Planned]:
    """Every slot from `start` for `days` times 24 hours, in order, with the exact words.

    Before them those of the ledger that are still open. Goes through the same instants as the
    engine would, and lets the same `turn` decide who speaks. `instead`: deliveries as somebody
    might change them, in place of what they are.
    """
    end = start + timedelta(days=days)
    others = {slot_key(one) for one in instead}
    coming = [one for one in ahead(app, app.ledger, start, end) if slot_key(one) not in others] + list(instead)
    ledger = read_ledger(app, app.ledger, coming, start)
    agenda = Agenda(coming, start, end)
    still: list[Delivery] = []
    for now in agenda:
        come = list(agenda.come(now))
        yield from (_never(app, one, one.reason) for one in come if one.state == "skipped")
        still += [one for one in come if one.state != "skipped"]
        speaking = turn(still, now, pace(app, ledger, now))
        yield from (_never(app, one, why) for one, why in speaking.missed if one.at >= start)
        rests: list[Delivery] = []  # those that another of their account has spoken before
        for delivery in speaking.speak:
            if pace(app, ledger, now)(delivery.account) > now:
                rests.append(delivery)
                continue
            planned = decide(app, slot_of(delivery), ledger, now)
            note(app, ledger, planned, now)
            yield replace(planned, delivery=delivery, turn=now)
        resting = turn(rests, now, pace(app, ledger, now))
        still = speaking.wait + resting.wait
        agenda.add(speaking.wakes | resting.wakes)
        yield from (_never(app, one, why) for one, why in resting.missed if one.at >= start)


def _never(app: App, delivery: Delivery, why: str) -> Planned:
    """A slot that comes and goes with nothing said."""
    return replace(_left_out(app, slot_of(delivery), why), delivery=delivery)


def note(app: App, ledger: Ledger, planned: Planned, now: datetime) -> None:
    """Let what is planned count as said at `now`, for all that is decided after it."""
    choice = planned.choice
    if use := choice.use():
        ledger.history.add(replace(use, said=now))
    ledger.spent[choice.slot.account, month(now, app.config.zone)] += price(choice)


def price(choice: Choice) -> float:
    """What a choice costs, in US dollars."""
    asked = choice.speaker.network.price
    return asked(choice.variant) if asked and choice.variant else 0.0


class Agenda:
    """The instants from `start` to `end` (excluded) at which something can happen, in order, each once.

    Its length is how many are known so far.
    """

    def __init__(self, coming: Iterable[Delivery], start: datetime, end: datetime) -> None:
        self._coming = sorted(coming, key=lambda one: one.at, reverse=True)
        self._end = end
        self._heap: list[datetime] = []
        self.add({start, *(at for one in self._coming for at in (one.at, one.not_before) if at and at > start)})

    def add(self, moments: Iterable[datetime]) -> None:
        """Wake at these instants too."""
        for moment in moments:
            if moment < self._end:
                heappush(self._heap, moment)

    def come(self, now: datetime) -> Iterator[Delivery]:
        """The deliveries that have come due by `now`, each once."""
        while self._coming and self._coming[-1].at <= now:
            yield self._coming.pop()

    def __len__(self) -> int:
        return len(self._heap)

    def __iter__(self) -> Iterator[datetime]:
        """Give the instants; those added meanwhile have their place."""
        last = None
        while self._heap:
            if (now := heappop(self._heap)) != last:
                yield now
                last = now


def read_ledger(app: App, store: "Store | None", coming: Iterable[Delivery], now: datetime) -> Ledger:
    """What was said and decided so far, as far as it bears on what is coming; empty where there is no ledger yet."""
    if store is None:
        return Ledger(history=History(), pauses=paused_by_file(app))
    coming = list(coming)
    accounts = {one.account for one in coming}
    first = min((one.at for one in coming), default=now)
    return Ledger(
        history=History.of(store.spoken(accounts), store.uses(min(first, now) - NEAR)),
        barred=store.barred(),
        approvals=store.approvals(),
        starts=store.starts(),
        pauses=store.pauses() | paused_by_file(app),
        spent=spent(app, store, accounts, now),
    )


def spent(app: App, store: "Store", accounts: Iterable[str], now: datetime) -> dict[tuple[str, str], float]:
    """What each account's posts, and looking at them, have cost in this month, in US dollars."""
    zone, found = app.config.zone, defaultdict[tuple[str, str], float](float)
    local = now.astimezone(zone)
    begin = datetime.combine(local.date().replace(day=1), time(), tzinfo=zone).astimezone(UTC)
    for name in accounts:
        account = app.config.accounts.get(name)
        network = app.networks[account.network] if account and not account.by_hand else None
        if account is None or network is None or network.price is None:
            continue
        for at, variant in store.variants(name, begin):
            found[name, month(at, zone)] += network.price(variant)
        if network.reading_cost:
            with suppress(SignedOut):  # without the key nobody can read its memory; the account is held anyway
                found[name, month(now, zone)] += network.reading_cost(app.memory(account), month(now, zone))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What an account's coming posts would cost, and what it has spent in this month, in US dollars."""

    account: str
    coming: float
    spent: float
    budget: float | None = None


def bills(app: App, coming: Iterable[Planned], now: datetime) -> list[Bill]:
    """A bill for each account in a plan whose network takes money."""
    costs: dict[str, float] = {}
    for planned in coming:
        if planned.choice.speaker.network.price and not app.config.accounts[planned.choice.slot.account].by_hand:
            account = planned.choice.slot.account
            costs[account] = costs.get(account, 0.0) + price(planned.choice)
    so_far = spent(app, app.ledger, costs, now) if app.ledger else {}
    this = month(now, app.config.zone)
    return [
        Bill(account=name, coming=cost, spent=so_far.get((name, this), 0.0), budget=app.config.accounts[name].budget)
        for name, cost in sorted(costs.items())
    ]


def limits(app: App, account: str) -> Limits:
    """What bounds an account."""
    told = app.config.accounts[account]
    return Limits(zone=app.config.zone, gap=told.gap, per_day=told.per_day, budget=told.budget, quiet=app.config.quiet)


def pace(app: App, ledger: Ledger, now: datetime) -> Callable[[str], datetime]:
    """From when on each account is free to speak, after all that the ledger knows now."""

    def of(account: str) -> datetime:
        if account not in app.config.accounts:
            return now
        return free(limits(app, account), now, ledger.history.spoke(account))

    return of


def paused_by_file(app: App) -> set[str]:
    """What a file named PAUSE pauses: everything."""
    return {""} if app.library.paused else set()


def decide(app: App, slot: Slot, ledger: Ledger, now: datetime) -> Planned:
    """What becomes of one slot at `now`, as the world stands."""
    speaker = app.speaker(slot.account)
    slot = replace(slot, day=local_day(slot.at, app.config.zone))  # another day than the timetable's, if it was moved
    if why := standstill(app, slot.campaign, ledger.pauses):
        return _left_out(app, slot, why)
    choice = chosen(app, slot, speaker, ledger)
    if choice.variant is None:
        return Planned(choice=choice, state="skipped", reason=choice.reason)
    spoke, spent = ledger.history.spoke(slot.account), ledger.spent[slot.account, month(now, app.config.zone)]
    if why := used_up(limits(app, slot.account), now, spoke, spent, price(choice)):
        return _left_out(app, slot, why)
    if why := _waits(app, slot, choice, ledger):
        return Planned(choice=choice, state="waiting", reason=why)
    return Planned(choice=choice, state="planned")


def _left_out(app: App, slot: Slot, why: str) -> Planned:
    choice = Choice(slot=slot, speaker=app.speaker(slot.account), reason=why)
    return Planned(choice=choice, state="skipped", reason=why)


def is_silence(app: App, planned: Planned) -> bool:
    """Whether a time passes with nothing said that nobody wanted so: no pause, and within its campaign's days."""
    slot = planned.choice.slot
    campaign = app.library.campaigns.get(slot.campaign)
    if planned.state != "skipped" or planned.reason in (PAUSED, BY_PERSON) or campaign is None:
        return False
    return within(campaign.starts, campaign.until, slot.day)


def has_begun(app: App, name: str, starts: Collection[str]) -> bool:
    """Whether an account may speak: somebody let it begin, or nobody has to."""
    account = app.config.accounts[name]
    return account.by_hand or app.networks[account.network].practice or name in starts


def _waits(app: App, slot: Slot, choice: Choice, ledger: Ledger) -> str:
    """What a person must do before this is said, in words; "" if nothing."""
    if not has_begun(app, slot.account, ledger.starts):
        return f"nobody has let this account begin; if its week is right: handbill account start {slot.account}"
    if slot.approval and choice.words not in ledger.approvals:
        return "a person must approve it"
    return ""


def chosen(app: App, slot: Slot, speaker: Speaker, ledger: Ledger) -> Choice:
    """The choice for a slot from the library as it stands."""
    campaign, posts = app.library.campaigns[slot.campaign], app.library.posts[slot.campaign]
    asked = slot.account, slot.campaign, slot.tags
    may = ledger.suited.get(asked)
    if may is None or not may.first <= slot.day <= may.last:
        may = ledger.suited[asked] = suited(slot, speaker, campaign, posts)
    return choose(slot, speaker, campaign, may, ledger.history, ledger.barred)


def standstill(app: App, campaign: str, pauses: Iterable[str]) -> str:
    """Why nothing of a campaign is said at all, in words; "" if nothing stands against it."""
    if {"", campaign} & set(pauses):
        return PAUSED
    if campaign not in app.library.campaigns:
        return f'the library has no whole campaign "{campaign}"'
    return ""


def ahead(app: App, store: "Store | None", start: datetime, end: datetime) -> list[Delivery]:
    """The deliveries whose turn may come before `end`, in order: those still open, and those not noted yet.

    Among them are those that a person has let be skipped beforehand.
    """
    new = [delivery_of(app, slot) for slot in unnoted(app, store, start, end)]
    return in_time([*_unfinished(app, store, start), *_by_people(app, store, start, end), *new])


def _by_people(app: App, store: "Store | None", start: datetime, end: datetime) -> list[Delivery]:
    found = store.deliveries(("skipped",), since=start, until=end - MOMENT) if store else []
    return [one for one in found if one.reason == BY_PERSON and not gone(app, one)]


def _unfinished(app: App, store: "Store | None", now: datetime) -> list[Delivery]:
    """The ledger's deliveries that are still open, of accounts that can still speak."""
    if store is None:
        return []
    open_still = store.deliveries(OPEN)
    ended = store.deliveries(REOPENED, since=now - LATEST)
    open_still += [again for one in ended if (again := reopened(app, one, now))]
    return [one for one in open_still if not gone(app, one)]


def reopened(app: App, ended: Delivery, now: datetime) -> Delivery | None:
    """A delivery that ended too soon, ready to be decided anew.

    That is a refused one whose post has changed in time, or one that was missed before its time
    has come, by a clock that was ahead.
    """
    again = step(ended, "planned", reason="")
    if ended.state == "missed":
        return again if now < ended.at else None
    return again if changed(app, ended) and not ended.is_late(now) else None


def changed(app: App, refused: Delivery) -> bool:
    """Whether the post of a delivery is another one in the library now."""
    posts = app.library.posts.get(refused.campaign, ())
    return any(post.name == refused.post and post.digest != refused.digest for post in posts)


def gone(app: App, delivery: Delivery) -> str:
    """Why a delivery's account cannot speak any more, in words; "" if it can."""
    account = app.config.accounts.get(delivery.account)
    if account is None:
        return f'the account "{delivery.account}" is no longer in config.toml'
    if account.network != delivery.network:
        return f'the account "{delivery.account}" stands for another network now'
    return ""


def delivery_of(app: App, slot: Slot, identity: str = "") -> Delivery:
    """A new delivery for a slot."""
    return Delivery(
        network=app.config.accounts[slot.account].network,
        identity=identity,
        campaign=slot.campaign,
        day=slot.day,
        clock=slot.clock,
        account=slot.account,
        at=slot.at,
        late=slot.late,
        state="waiting" if slot.approval else "planned",
        approval=slot.approval,
        tags=slot.tags,
    )


def slot_key(delivery: Delivery) -> tuple[str, str, date, str]:
    """What names a slot of the timetable: account, campaign, day, clock."""
    return delivery.account, delivery.campaign, delivery.day, delivery.clock


def moved_from(delivery: Delivery, zone: ZoneInfo) -> datetime | None:
    """When the timetable has a delivery that a person has moved; None for one that is where it was."""
    at = instant(delivery.day, time.fromisoformat(delivery.clock), zone)
    return at if at != delivery.at else None


def slot_of(delivery: Delivery) -> Slot:
    """The slot whose fate a delivery is."""
    return Slot(
        at=delivery.at, campaign=delivery.campaign, account=delivery.account, day=delivery.day, clock=delivery.clock,
        tags=delivery.tags, late=delivery.late, approval=delivery.approval,
    )  # fmt: skip


def unnoted(app: App, store: "Store | None", start: datetime, end: datetime) -> list[Slot]:
    """The slots before `end` that the ledger does not hold yet, in order.

    A row of the timetable that was never seen begins at `start`; the others go on where they
    were left, be that before `start` or after it.
    """
    known: Mapping[str, datetime] = store.sightings() if store else {}
    found: dict[tuple[object, ...], Slot] = {}
    for name, schedule in rows(app):
        since = known[name] + MOMENT if name in known else start
        for slot in slots([schedule], app.config.zone, since, end):
            found.setdefault((slot.account, slot.campaign, slot.day, slot.clock), slot)
    if store and found:
        noted = store.noted(min(slot.at for slot in found.values()) - ZONES - FAR)
        found = {key: slot for key, slot in found.items() if key not in noted}
    return sorted(found.values(), key=lambda slot: (slot.at, slot.account, slot.campaign))


def rows(app: App) -> Sequence[tuple[str, Schedule]]:
    """Each row of the timetable (one account, one time of day) with the name it keeps from run to run."""
    return [
        (
            "\n".join((schedule.campaign, account, f"{clock:%H:%M}", ",".join(schedule.days))),
            replace(schedule, accounts=(account,), times=(clock,)),
        )
        for schedule in app.config.schedules
        for account in schedule.accounts
        for clock in schedule.times
    ]
