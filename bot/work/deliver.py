"""Deliver: one tick of the engine. What is due is decided, committed as `sending`, and only then said."""

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from time import monotonic, sleep
from typing import Any

from bot.app import SETTLED, App
from bot.core.choice import Choice
from bot.core.delivery import (
    OPEN,
    SECOND_LOOK,
    STEPS,
    Abilities,
    Delivery,
    State,
    after_error,
    after_failed_look,
    after_look,
    backoff,
    in_time,
    step,
    turn,
)
from bot.core.network import Publisher
from bot.core.problem import HandbillError, NetworkError, SignedOut, TryLater, Uncertain
from bot.core.rotate import sameness
from bot.core.timetable import LATEST
from bot.library import stamp
from bot.store import FenceLost, Lease, Look
from bot.work.adopt import adopt, seen
from bot.work.attend import attend
from bot.work.doors import Doors, another, side_by_side, stranger, take_over, told
from bot.work.plan import (
    MOMENT,
    PAUSED,
    REOPENED,
    Planned,
    decide,
    delivery_of,
    gone,
    is_silence,
    note,
    pace,
    read_ledger,
    reopened,
    rows,
    slot_of,
    standstill,
    unnoted,
)

DAY = timedelta(days=1)
# A row of the timetable that nobody has had for so long begins anew when it comes back.
TAKEN_OUT = timedelta(minutes=15)

# One deed on one delivery, done by the holder of its account's lease.
Deed = Callable[[Delivery, Lease], list[Delivery]]


@dataclass(frozen=True, slots=True)
class Tick:
    """One look of the engine. `granted`: approvals count as given; `clock`: monotonic seconds when it began."""

    app: App
    doors: Doors
    began: datetime
    granted: bool
    clock: float

    @property
    def now(self) -> datetime:
        """The instant, as time goes by during a tick, in steps of ten seconds."""
        return self.began + timedelta(seconds=(monotonic() - self.clock) // 10 * 10)

    @property
    def exactly(self) -> datetime:
        """The instant to the second."""
        return self.began + timedelta(seconds=int(monotonic() - self.clock))


def tick(app: App, now: datetime, *, granted: bool = False) -> list[Delivery]:
    """Do all that is due at `now`; the deliveries that changed, in order. `granted`: approvals count as given."""
    run = Tick(app, Doors(app), now, granted, monotonic())
    note_due(app, run.doors, now)
    attend(app, run.doors, now)
    changed = settle(run) + reopen(run) + _due_said(run)
    return in_time(changed)


def _due_said(run: Tick) -> list[Delivery]:
    """Let those whose turn has come speak, and end those whose time is over."""
    app, now = run.app, run.began
    due = [(one, gone(app, one)) for one in app.store.deliveries(OPEN, until=now)]
    # One whose account is gone waits for it as long as it may be late.
    over = [(one, why) for one, why in due if why and one.is_late(now)]
    there = [one for one, why in due if not why]
    if not over and not there:
        return []
    ledger = read_ledger(app, app.store, there, now)
    found = turn(there, now, pace(app, ledger, now))
    missed = {one.id: step(one, "missed", reason=why) for one, why in (*over, *found.missed)}
    changed = _put(run, [one for one, _ in (*over, *found.missed)], missed)
    # While one waits to be tried or looked for again, its account's later ones wait.
    stuck = {one.account for one in app.store.deliveries(("sending",))}
    decided: dict[int | None, Planned] = {}
    for one in found.speak:
        rests = pace(app, ledger, now)(one.account) > now  # after another that speaks now
        if one.account not in stuck and not rests:
            decided[one.id] = planned = decide(app, slot_of(one), ledger, now)
            if planned.state == "planned" or run.granted:
                note(app, ledger, planned, now)
    speaking = [one for one in found.speak if one.id in decided]
    return changed + each(run, speaking, lambda one, lease: _take(run, one, decided[one.id], lease), in_turn=True)


def wakes(app: App, now: datetime) -> set[datetime]:
    """When those that have come due by `now` and wait for a time may have their turn."""
    due = [one for one in app.store.deliveries(OPEN, until=now) if not gone(app, one)]
    if not due:
        return set()
    return turn(due, now, pace(app, read_ledger(app, app.store, due, now), now)).wakes


def each(run: Tick, deliveries: Iterable[Delivery], deed: Deed, *, in_turn: bool = False) -> list[Delivery]:
    """Do a deed on each delivery with its account leased, accounts side by side; the deliveries that changed.

    Where another run is at work on an account, the account is left to it until the next tick.
    `in_turn`: after one that is to be tried or looked for again, its account's later ones wait.
    """
    groups: dict[str, list[Delivery]] = {}
    for delivery in deliveries:
        groups.setdefault(delivery.account, []).append(delivery)
    done = side_by_side(lambda group: _of_account(run, group, deed, in_turn), groups.values())
    return [one for changed in done for one in changed]


def _of_account(run: Tick, group: list[Delivery], deed: Deed, in_turn: bool) -> list[Delivery]:
    changed: list[Delivery] = []
    store = run.app.store
    with store.leased(group[0].account, run.app.owner, run.app.lease) as lease:
        for delivery in group if lease else ():
            # Another run may have dealt with it between our look and our lease.
            if lease is None or run.app.ends() or store.delivery(delivery.id) != delivery:
                break
            try:
                ended = deed(delivery, lease)
            except FenceLost:
                break
            changed += [one for one in ended if one != delivery]
            if in_turn and (len(ended) != 1 or _comes_again(ended[0])):
                break
    return changed


def _comes_again(delivery: Delivery) -> bool:
    """Whether it is to be tried, or looked for, again."""
    return delivery.state == "sending" or (delivery.state == "planned" and delivery.not_before is not None)


def note_due(app: App, doors: Doors, now: datetime) -> None:
    """Put every slot that has come due into the ledger; rows of the timetable never seen before begin now.

    Those of an account that cannot be asked for its lasting id just now are left for a later tick.
    """
    known = app.store.sightings()
    kept = {name for name, _ in rows(app)}
    if out := {name for name, until in known.items() if name not in kept and until < now - TAKEN_OUT}:
        app.store.forget(out)
    due = unnoted(app, app.store, now, now + MOMENT)
    speaking = {slot.account for slot in due}
    ids = _identities(app, doors, speaking, now)
    away = speaking - set(ids)
    new = [delivery_of(app, slot, ids[slot.account]) for slot in due if slot.account in ids]
    theirs = {name for name, schedule in rows(app) if away.intersection(schedule.accounts)}
    app.store.note(new, kept - theirs, known, now)
    app.store.note([], theirs - set(known), {}, now - 2 * MOMENT)


def _identities(app: App, doors: Doors, accounts: Set[str], now: datetime) -> dict[str, str]:
    """The lasting ids of accounts, as they are known since somebody let them begin; others are asked now.

    Left out are those of which nobody can know just now. Where an account's keys belong to another
    one by now, its slots are noted all the same, and held when they come to speak.
    """
    ids = {name: look.identity for name, look in app.store.looks().items() if name in accounts and look.identity}
    asked = sorted(accounts - set(ids))
    # One after the other: of two names for one account only the first speaks.
    for name, says in zip(asked, side_by_side(lambda name: _says(doors, name), asked), strict=True):
        if found := _identity(app, name, says, now):
            ids[name] = found
    return ids


def _says(doors: Doors, account: str) -> str:
    """Who an account says it is; "" while nobody can ask."""
    try:
        return doors.identity(account)
    except TryLater:
        return ""


def _identity(app: App, account: str, says: str, now: datetime) -> str:
    """The lasting id of an account that says so for the first time; "" while nobody can know.

    One that another name of config.toml stands for is told, and says nothing.
    """
    if not says or says.startswith("("):
        return says
    looks = app.store.looks()
    look = looks.get(account, Look())
    if twin := _twin(app, looks, account, says):
        why = f'"{account}" and "{twin}" in config.toml are one and the same account. Take one of them out.'
        app.store.looked(account, replace(look, trouble=why), now)
        return ""
    take_over(app, account, says)
    app.store.looked(account, replace(look, identity=says), now)
    return says


def _twin(app: App, looks: Mapping[str, Look], account: str, identity: str) -> str:
    """Another account of config.toml that is the same one; "" if there is none."""
    accounts = app.config.accounts
    same = (name for name, look in looks.items() if look.identity == identity and name != account and name in accounts)
    return next((name for name in same if accounts[name].network == accounts[account].network), "")


def reopen(run: Tick) -> list[Delivery]:
    """Let each delivery that ended too soon have its turn again."""
    app, now = run.app, run.began
    ended = app.store.deliveries(REOPENED, since=now - LATEST)
    again = {one.id: ready for one in ended if (ready := reopened(app, one, now))}
    return _put(run, [one for one in ended if one.id in again], again)


def _put(run: Tick, before: Iterable[Delivery], after: Mapping[int | None, Delivery]) -> list[Delivery]:
    """Write what becomes of deliveries, by their ids."""
    return each(run, before, lambda one, lease: [run.app.store.save(after[one.id], lease)])


def _take(run: Tick, delivery: Delivery, planned: Planned, lease: Lease) -> list[Delivery]:
    """Take one delivery whose turn has come as far as it goes now."""
    if planned.state == "skipped" and planned.reason != PAUSED and delivery.campaign not in run.app.library.campaigns:
        # Its files may be on their way: it waits for them as long as it may be late.
        told_why = replace(delivery, reason=planned.reason)
        return [delivery if told_why == delivery else run.app.store.save(told_why, lease)]
    if planned.state == "skipped":
        tells = is_silence(run.app, planned)
        return [_walked(run, delivery, "skipped", lease, seldom=tells, reason=planned.reason)]
    if planned.state == "waiting" and not run.granted:
        # Also where words once approved have changed since: the edit voids the approval.
        kept = _words(planned.choice)
        if delivery.state == "waiting" and replace(delivery, **kept, reason=planned.reason) == delivery:
            return [delivery]
        return [_walked(run, delivery, "waiting", lease, not_before=None, **kept, reason=planned.reason)]
    ready = delivery if delivery.state == "planned" else run.app.store.save(step(delivery, "planned"), lease)
    return _say(run, ready, replace(ready, tries=delivery.tries + 1, reason="", **_words(planned.choice)), lease)


def _walked(
    run: Tick, delivery: Delivery, to: State, lease: Lease, *, seldom: bool = False, **changes: Any
) -> Delivery:
    """The delivery in another state, over "planned" where there is no shorter way."""
    if to == delivery.state:
        return run.app.store.save(replace(delivery, **changes), lease)
    if to not in STEPS[delivery.state]:
        delivery = run.app.store.save(step(delivery, "planned"), lease)
    return run.app.store.save(step(delivery, to, **changes), lease, seldom=seldom)


def _words(choice: Choice) -> dict[str, Any]:
    """What a delivery keeps of a choice."""
    if choice.variant is None or choice.post is None:
        return {}
    return {
        "post": choice.post.name,
        "digest": choice.post.digest,
        "wording": choice.wording,
        "variant": choice.variant,
        "share": choice.share,
        "sameness": sameness(choice.variant.text),
    }


def _say(run: Tick, delivery: Delivery, chosen: Delivery, lease: Lease) -> list[Delivery]:
    """Prepare, commit, call. Nothing is said, and nothing changes, if the choice no longer stands when all is prepared.

    `chosen` is the delivery with the words it is to say.
    """
    assert chosen.variant is not None
    try:
        publisher = run.doors.publisher(chosen.account)
        if stranger(run.doors, chosen):
            raise SignedOut(another(chosen.account))
        if adopted := adopt(run.app, run.doors, delivery, lease, run.now):
            return adopted  # the next tick decides anew, knowing these
        payload = told(partial(publisher.prepare, chosen.variant, chosen.key, chosen.at), TryLater)
    except NetworkError as error:
        return [run.app.store.save(after_error(chosen, error, run.now), lease)]
    sending = step(chosen, "sending", payload=payload, not_before=None, said=run.now)
    if not _stands(run, sending) or not run.app.store.begin(sending, lease, run.app.lease):
        return []
    try:
        receipt = told(partial(publisher.publish, payload, sending.key), Uncertain)
    except Uncertain as lost:
        return [_kept(run, _looked_for(run, replace(sending, reason=str(lost))), lease)]
    except NetworkError as error:
        return [_kept(run, after_error(sending, error, run.now), lease)]
    ended = _kept(run, step(sending, "sent", receipt=receipt), lease)
    if publisher.recent:
        seen(run.app, chosen.account, receipt.id, run.now)
    return [ended]


def _stands(run: Tick, sending: Delivery) -> bool:
    """Whether what was decided still stands: nothing edited, nothing paused, not too late."""
    folder = run.app.config.library
    found, youngest = stamp(folder / sending.campaign)
    if 0 <= run.app.clock().timestamp() - youngest < SETTLED:
        sleep(SETTLED)  # somebody is writing just now
        found, _ = stamp(folder / sending.campaign)
    is_same = run.app.library.stamps.get(sending.campaign) == found
    return is_same and not run.app.is_paused() and not sending.is_late(run.exactly)


def _looked_for(run: Tick, sending: Delivery) -> Delivery:
    """What became of a call whose answer was lost; where nobody can be asked now, a later tick asks."""
    try:
        return _looked(run, sending)
    except NetworkError as error:
        ended = after_failed_look(sending, error, _abilities(run, sending), run.now)
        # What was lost tells more than why nobody can look.
        return ended if ended.state == "uncertain" else replace(ended, reason=sending.reason)


def settle(run: Tick) -> list[Delivery]:
    """Find out what became of deliveries whose call was broken off, or its answer lost."""

    def find_out(delivery: Delivery, lease: Lease) -> list[Delivery]:
        # One that lies further off comes from a clock that was ahead.
        if delivery.not_before and run.now < delivery.not_before <= run.now + DAY:
            return [delivery]
        ended = _settled(run, delivery)
        if ended != delivery:
            _kept(run, ended, lease)
        return [delivery if ended.state == "sending" else ended]  # that it is asked for again tells nobody anything

    return each(run, run.app.store.deliveries(("sending",)), find_out)


def _settled(run: Tick, delivery: Delivery) -> Delivery:
    is_late = delivery.is_late(run.now)
    if why := gone(run.app, delivery):
        return step(delivery, "uncertain", reason=f"{why}; look there yourself") if is_late else delivery
    try:
        return _looked(run, delivery)
    except NetworkError as error:
        return after_failed_look(delivery, error, _abilities(run, delivery), run.now)


def _abilities(run: Tick, delivery: Delivery) -> Abilities:
    """What can be found out about a post of an account; nothing where its door cannot be opened."""
    network = run.app.networks[delivery.network]
    try:
        publisher = run.doors.publisher(delivery.account)
    except NetworkError:
        return Abilities()
    return Abilities(
        finds=publisher.find is not None,
        finds_surely=network.finds_surely,
        repeats=publisher.repeat is not None,
        repeat_within=network.repeat_within,
    )


def _looked(run: Tick, delivery: Delivery) -> Delivery:
    """Look for a post that may have arrived, and do what `after_look` says; raises what the network says."""
    payload, publisher = delivery.payload or {}, run.doors.publisher(delivery.account)
    if stranger(run.doors, delivery):
        return step(delivery, "uncertain", reason=f"{another(delivery.account)} Look yourself whether it was posted.")
    if publisher.find and (receipt := told(partial(publisher.find, payload, delivery.key), Uncertain)):
        return step(delivery, "sent", receipt=receipt, reason="")
    match after_look(delivery, _abilities(run, delivery), run.now):
        case "planned":
            ready = step(delivery, "planned", reason=delivery.reason or "the run before ended in the middle of it")
            return replace(ready, not_before=run.now + backoff(ready)) if delivery.reason else ready
        case "look again":
            return replace(delivery, not_before=run.now + SECOND_LOOK)
        case "repeat":
            return _repeated(run, publisher, delivery)
    return step(delivery, "uncertain", reason=delivery.reason or _perhaps(run, delivery))


def _repeated(run: Tick, publisher: Publisher, delivery: Delivery) -> Delivery:
    pauses = run.app.store.pauses() | ({""} if run.app.is_paused() else set())
    if why := standstill(run.app, delivery.campaign, pauses):
        raise TryLater(why)
    assert publisher.repeat is not None
    receipt = told(partial(publisher.repeat, delivery.payload or {}, delivery.key), Uncertain)
    return step(delivery, "sent", receipt=receipt, reason="")


def _perhaps(run: Tick, delivery: Delivery) -> str:
    account = run.app.config.accounts[delivery.account]
    if account.by_hand:
        return f"a person is to post this to {run.app.networks[account.network].label} by hand"
    return "it may have been posted; look at the account"


def _kept(run: Tick, ended: Delivery, lease: Lease) -> Delivery:
    """Write what a call came to. While the database is away it is tried on, as long as the lease surely lasts."""
    until = monotonic() + run.app.lease / 2
    while True:
        try:
            return run.app.store.save(ended, lease)
        except FenceLost:
            if ended.state != "sent" or not _late_receipt(run, ended):
                raise
            return ended
        except HandbillError:
            if monotonic() > until:
                raise
            sleep(1)


def _late_receipt(run: Tick, ended: Delivery) -> bool:
    """Write that a post is up of which another worker, meanwhile, could not know; whether that could be done."""
    store = run.app.store
    with store.leased(ended.account, f"{run.app.owner} late", run.app.lease) as lease:
        one = store.delivery(ended.id)
        if lease is None or one is None or one.state not in ("sending", "uncertain"):
            return False
        store.save(step(one, "sent", receipt=ended.receipt, reason=""), lease)
        return True
