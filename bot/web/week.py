"""The week: what was said, will be said and was missed; one entry whole, and what a person says of it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote, urlencode

from starlette.responses import Response

from bot.core.delivery import Delivery
from bot.core.problem import AskedWrongly, HandbillError
from bot.core.timetable import local_day
from bot.web.frame import Ask, Door, Undo, go, own, page, picture
from bot.work import control, people, settle
from bot.work import week as weeks
from bot.work.control import Wish
from bot.work.live import steps
from bot.work.people import Role
from bot.work.plan import BY_PERSON
from bot.work.week import Entry, which

CALENDAR, LIST = "calendar", "list"
# So many of the newest deeds stand beside an entry.
DEEDS = 20


def week(ask: Ask) -> Response:
    """Seven days from the one that ?from names, as a calendar or a list."""
    today = local_day(ask.app.clock(), ask.app.config.zone)
    first = _day(ask.query.get("from", "")) or weeks.monday(today)
    view = LIST if ask.query.get("view") == LIST else CALENDAR
    account, campaign = ask.query.get("account", ""), ask.query.get("campaign", "")
    days = weeks.week(ask.app, first, 7, account, campaign)

    to_do = steps(ask.app) if ask.who.role.may(Role.ORGANIZER) else []

    def link(to: object, shown: str) -> str:
        asked = {"from": str(to), "view": shown, "account": account, "campaign": campaign}
        return "/week?" + urlencode({name: value for name, value in asked.items() if value})

    return page(
        ask,
        "week.html",
        days=days,
        first=first,
        last=first + timedelta(days=6),
        before=first - timedelta(days=7),
        after=first + timedelta(days=7),
        view=view,
        link=link,
        account=account,
        campaign=campaign,
        accounts=sorted(ask.app.config.accounts),
        campaigns={name: ask.title(name) for name in sorted(ask.app.library.campaigns)},
        to_approve=weeks.waiting(days),
        to_do=to_do if not all(step.is_done for step in to_do) else [],
    )


def _day(written: str) -> date | None:
    if not written:
        return None
    try:
        found = date.fromisoformat(written)
    except ValueError as error:
        raise AskedWrongly(f'"{written}" is no day. Write it like 2026-12-01.') from error
    if not 2000 <= found.year < 2200:
        raise AskedWrongly(f"The year {found.year} is out of reach.")
    return found


# --- one entry ------------------------------------------------------------------------------------


def entry(ask: Ask) -> Response:
    """One entry with its exact words, and what can be done about it."""
    one = weeks.entry(ask.app, ask.path["which"])
    name = control.slot_name(one.delivery)
    deeds = people.audit(ask.app, DEEDS, about=name)
    return page(
        ask,
        "entry.html",
        entry=one,
        card=weeks.card(one) if "card" in ask.query else None,
        asked_for_card="card" in ask.query,
        deeds=deeds,
        cost=_cost(ask, one),
        can=_can(ask, one),
        at=f"{one.at.astimezone(ask.app.config.zone):%Y-%m-%dT%H:%M}",
    )


def _cost(ask: Ask, one: Entry) -> float:
    """What its network takes for it, in US dollars; what a person posts by hand costs nothing."""
    account = ask.app.config.accounts.get(one.delivery.account)
    if account is None or account.by_hand or one.variant is None:
        return 0.0
    price = ask.app.networks[account.network].price
    return price(one.variant) if price else 0.0


def waiting(ask: Ask) -> Response:
    """To the next entry that waits for approval, of those of the coming week."""
    today = local_day(ask.app.clock(), ask.app.config.zone)
    found = weeks.waiting(weeks.week(ask.app, today, 7))
    if not found:
        return go("/week", ask.say("Nothing of the coming seven days waits for approval."))
    return go(f"/entry/{found[0].which}")


def _can(ask: Ask, one: Entry) -> set[str]:
    """What can be done about an entry, by its door."""
    late = one.delivery.is_late(ask.app.clock())
    is_by_person = one.delivery.reason == BY_PERSON
    ways = {
        "skip": one.state in ("waiting", "planned", "held"),
        "move": one.state in ("waiting", "planned", "held", "missed"),
        "now": one.state in ("waiting", "planned", "held", "missed"),
        "approve": one.state == "waiting" and one.delivery.approval and one.variant is not None,
        "take-back": one.state == "skipped" and is_by_person and not late,
        "withdraw": one.state == "sent"
        and one.delivery.receipt is not None
        and not settle.is_by_person(one.delivery.receipt),
    }
    may = {door.path.split("/")[1] for door in DOORS if ask.who.role.may(door.who)}
    return {way for way, is_open in ways.items() if is_open and way in may}


def shown(ask: Ask) -> Response:
    """The picture of an entry."""
    one = weeks.entry(ask.app, ask.path["which"])
    return picture(ask, one.variant.image.file if one.variant and one.variant.image else "")


# --- what a person says of it -----------------------------------------------------------------------


def skip(ask: Ask) -> Response:
    """Let an entry be passed over."""
    done = _do(ask, control.skip, "skipped")
    return _back(ask, done, ask.say("Skipped. Nothing is said at this time."), "take-back")


def take_back(ask: Ask) -> Response:
    """Let an entry that was skipped have its turn after all."""
    done = _do(ask, control.take_back, "took back the skip")
    return _back(ask, done, ask.say("It has its turn again."), "skip")


def move(ask: Ask) -> Response:
    """Let an entry come at another time, told in the config's zone."""
    before = weeks.entry(ask.app, ask.path["which"])
    at = _instant(ask, ask.form.get("at", ""))
    done = _do(
        ask,
        lambda app, name: control.move(app, name, at),
        f"moved to {at.astimezone(ask.app.config.zone):%Y-%m-%d %H:%M}",
    )
    after = weeks.entry(ask.app, which(done))
    is_same = (after.variant, after.state) == (before.variant, before.state)
    return _moved(
        ask, before, done, ask.say("Moved.") if is_same else ask.say("Moved. Read what it says at that time.")
    )


def now(ask: Ask) -> Response:
    """Let an entry have its turn at the engine's next look; words that were not shown yet are shown first."""
    before = weeks.entry(ask.app, ask.path["which"])
    wish = _wish(ask, control.say_now)
    assert wish.planned is not None  # say_now sees to that
    if wish.planned.choice.variant != before.variant and ask.form.get("words") != wish.planned.choice.words:
        return page(ask, "say-now.html", 409, wish=wish, before=before)
    done = _done(ask, wish, "said now")
    if wish.planned.state == "waiting":
        return _moved(ask, before, done, ask.say("It goes out as soon as somebody approves these words."))
    return _moved(ask, before, done, ask.say("It goes out within seconds, if Handbill runs."))


def _moved(ask: Ask, before: Entry, done: Delivery, said: str) -> Response:
    """Back to an entry that comes at another time now; the way back is open while its old time is to come."""
    if before.at < ask.app.clock() or before.state == "missed":
        return _back(ask, done, said)
    old = before.at.astimezone(ask.app.config.zone)
    return _back(ask, done, said, "move", at=f"{old:%Y-%m-%dT%H:%M}")


def approve(ask: Ask) -> Response:
    """Approve the exact words that the page showed."""
    wish = _wish(ask, control.approve)
    control.approved(ask.app, wish)
    people.note(ask.app, ask.who, "approved", control.slot_name(wish.before))
    return _back(ask, wish.before, ask.say("Approved: these exact words go out, and no others."), "disapprove")


def disapprove(ask: Ask) -> Response:
    """Take an approval back."""
    wish = _wish(ask, control.approve)
    control.disapproved(ask.app, wish)
    people.note(ask.app, ask.who, "took back the approval", control.slot_name(wish.before))
    return _back(ask, wish.before, ask.say("It waits for approval again."), "approve")


def withdraw(ask: Ask) -> Response:
    """Take a post back from its network."""
    one = _as_seen(ask)
    done = settle.withdraw(ask.app, _number(one))
    people.note(ask.app, ask.who, "withdrew", control.slot_name(done))
    return _back(ask, done, ask.say("Withdrawn: it no longer stands there."))


def _do(ask: Ask, verb: Callable[..., Wish], deed: str) -> Delivery:
    """Do what somebody wants of an entry that is still as they saw it, and note who did."""
    return _done(ask, _wish(ask, verb), deed)


def _done(ask: Ask, wish: Wish, deed: str) -> Delivery:
    done = control.do(ask.app, wish)
    people.note(ask.app, ask.who, deed, control.slot_name(done))
    return done


def _wish(ask: Ask, verb: Callable[..., Wish]) -> Wish:
    return verb(ask.app, _as_seen(ask).which)


def _as_seen(ask: Ask) -> Entry:
    """The entry, if it is still what the person saw; else HandbillError tells what somebody else did."""
    one = weeks.entry(ask.app, ask.path["which"])
    if one.seen == ask.form.get("seen"):
        return one
    name = control.slot_name(one.delivery)
    last = next(iter(people.audit(ask.app, 1, about=name)), None)
    who = ""
    if last:
        at = last.at.astimezone(ask.app.config.zone)
        who = f" At {at:%H:%M} {last.person} {last.deed}."
    raise HandbillError(f"This has changed since you opened the page: it is {one.state} now.{who} Look at it again.")


def _back(ask: Ask, one: Delivery, said: str, undo: str = "", **fields: str) -> Response:
    """To the entry as it is now, with a button that takes back what was done, if `undo` names a door for it."""
    name = quote(which(one))
    seen = weeks.entry(ask.app, which(one)).seen if undo else ""
    return go(
        f"/entry/{which(one)}", said, Undo(to=f"/{undo}/{name}", fields={"seen": seen, **fields}) if undo else None
    )


def _number(one: Entry) -> int:
    if one.delivery.id is None:
        raise AskedWrongly("Only what was said can be withdrawn.")
    return one.delivery.id


def _instant(ask: Ask, written: str) -> datetime:
    try:
        return datetime.fromisoformat(written).replace(tzinfo=ask.app.config.zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise AskedWrongly(f'"{written}" is no time. Write it like 2026-12-01T09:00.') from error


# --- pause ------------------------------------------------------------------------------------------


def pause(ask: Ask) -> Response:
    """Say nothing until somebody resumes, for one campaign or for all."""
    campaign = _campaign(ask)
    ask.app.store.pause(campaign, ask.app.clock())
    people.note(ask.app, ask.who, "paused", campaign or "everything")
    return go(own(ask.form.get("back", ""), "/week"))


def resume(ask: Ask) -> Response:
    """End a pause; a file named PAUSE only its owner can take away."""
    campaign = ask.form.get("campaign", "")
    was = ask.app.store.resume(campaign)
    if was:
        people.note(ask.app, ask.who, "resumed", campaign or "everything")
    if ask.app.library.paused and not campaign:
        raise HandbillError(
            f"A file named PAUSE in {ask.app.config.library}, or in {ask.app.config.folder}, still pauses everything. "
            "Take it away to go on."
        )
    return go(own(ask.form.get("back", ""), "/week"), ask.say("Resumed.") if was else "")


def _campaign(ask: Ask) -> str:
    campaign = ask.form.get("campaign", "")
    if campaign and campaign not in ask.app.library.campaigns:
        raise AskedWrongly(f'There is no campaign "{campaign}".')
    return campaign


DOORS: tuple[Door, ...] = (
    Door("GET", "/week", week),
    Door("GET", "/entry/{which:path}", entry),
    Door("GET", "/waiting", waiting),
    Door("GET", "/picture/{which:path}", shown),
    Door("POST", "/skip/{which:path}", skip),
    Door("POST", "/take-back/{which:path}", take_back),
    Door("POST", "/approve/{which:path}", approve),
    Door("POST", "/disapprove/{which:path}", disapprove),
    Door("POST", "/move/{which:path}", move, Role.ORGANIZER),
    Door("POST", "/now/{which:path}", now, Role.ORGANIZER),
    Door("POST", "/withdraw/{which:path}", withdraw, Role.ORGANIZER),
    Door("POST", "/pause", pause),
    Door("POST", "/resume", resume),
)
