"""The timetable: who speaks when, in words; and a change of it, shown with its fortnight before it is saved."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import NamedTuple
from urllib.parse import quote

from starlette.responses import Response

from bot.core.problem import AskedWrongly, HandbillError
from bot.core.schema import UNITS
from bot.core.timetable import DAYS, local_day
from bot.web.frame import Ask, Door, Undo, go, page
from bot.work import people
from bot.work.arrange import (
    Add,
    Alter,
    Arrangement,
    Pace,
    Proposal,
    Quiet,
    Remove,
    Row,
    Timing,
    Turn,
    Zone,
    arrangement,
    outlook,
    pace_of,
    proposed,
    save,
    zones,
)
from bot.work.people import Role
from bot.work.put import Changed

PLACE = "/schedule"
LATE = ("30m", "1h", "3h", "6h", "12h", "1d", "2d")
"""What is offered as `late`, besides what a row has already."""
USUAL = "6h"
GAPS = ("15m", "30m", "1h", "2h", "3h", "6h", "12h", "1d")
"""What is offered as `gap`, besides what an account has already."""
# So many fields for times are there at least, and so many stay free.
CLOCKS, FREE = 4, 2
# How each change stands in the list of who did what, of which so many are looked through for the last one.
DEEDS = {
    Add: "added to the timetable",
    Alter: "changed in the timetable",
    Remove: "took out of the timetable",
    Quiet: "changed the quiet hours",
    Zone: "changed the time zone",
    Pace: "changed the bounds of",
}
LOOKED_AT = 100


class Shown(NamedTuple):
    """A row of the timetable as a sentence, its campaign by its title, and `late` in words; `known`: is it there?"""

    row: Row
    words: str
    title: str
    late: str
    known: bool


def timetable(ask: Ask, typed: str | None = None, faults: str = "") -> Response:
    """All rows in words, the quiet hours (or what somebody `typed` there), the zone, and what bounds each account."""
    there = arrangement(ask.app)
    begin, _, end = (there.quiet if typed is None else typed).partition("-")
    return page(
        ask,
        "schedule.html",
        400 if faults else 200,
        there=there,
        rows=[_shown(ask, row) for row in there.rows],
        hours=(begin.strip(), end.strip()),
        paces=[(one.account, _bounds(ask, one)) for one in there.paces],
        faults=faults,
        zones=zones(),
    )


def _shown(ask: Ask, row: Row) -> Shown:
    is_known = row.campaign in ask.app.library.campaigns
    return Shown(row, in_words(row, ask), ask.title(row.campaign), length(row.late, ask.language), is_known)


def in_words(row: Row, ask: Ask) -> str:
    """When a row has its turn: "Monday to Friday at 09:00 and 17:30"."""
    from babel.lists import format_list

    times = format_list(sorted(row.times), locale=ask.language)
    said = ask.say("%(days)s at %(times)s") % {"days": _days(row.days, ask), "times": times}
    return said[:1].upper() + said[1:]


def _days(days: Sequence[str], ask: Ask) -> str:
    from babel.dates import get_day_names
    from babel.lists import format_list

    names = get_day_names("wide", locale=ask.language)
    there = sorted({DAYS.index(day) for day in days if day in DAYS})
    if len(there) in (0, len(DAYS)):
        return ask.say("every day")
    if len(there) > 2 and there[-1] - there[0] == len(there) - 1:
        return ask.say("%(first)s to %(last)s") % {"first": names[there[0]], "last": names[there[-1]]}
    return format_list([names[number] for number in there], locale=ask.language)


def length(written: str, language: str) -> str:
    """A length of time in words: "6 hours" for "6h"; as it is written where it is none."""
    found = re.fullmatch(r"(\d{1,4})\s*([mhdw])", written.strip())
    return _length(timedelta(**{UNITS[found[2]]: int(found[1])}), language) if found else written


def _length(span: timedelta, language: str) -> str:
    from babel.units import format_unit

    minutes = int(span.total_seconds()) // 60
    for size, unit in ((1440, "duration-day"), (60, "duration-hour"), (1, "duration-minute")):
        if minutes and minutes % size == 0:
            return str(format_unit(minutes // size, unit, locale=language))
    return ""


# --- one row --------------------------------------------------------------------------------------


def new_row(ask: Ask) -> Response:
    """An empty form for one more row."""
    campaigns, accounts = tuple(ask.app.library.campaigns), tuple(ask.app.config.accounts)
    wanted = ask.query.get("campaign", "")
    only = Row(
        campaign=wanted if wanted in campaigns else campaigns[0] if len(campaigns) == 1 else "",
        accounts=accounts if len(accounts) == 1 else (),
        times=(),
    )
    return _form(ask, only, arrangement(ask.app).seen)


def one_row(ask: Ask) -> Response:
    """The form of a row that is there."""
    there, number = arrangement(ask.app), _number(ask)
    return _form(ask, _there(there, number), there.seen, number)


def _form(ask: Ask, row: Row, seen: str, number: int | None = None, missing: str = "", faults: str = "") -> Response:
    clocks = [*row.times, *[""] * max(FREE, CLOCKS - len(row.times))]
    lates = dict.fromkeys(["", *LATE, *([row.late] if row.late else [])])
    return page(
        ask,
        "schedule-row.html",
        400 if missing or faults else 200,
        row=row,
        seen=seen,
        number=number,
        here=_place(number),
        campaigns=_titles(ask, row),
        accounts=list(dict.fromkeys([*ask.app.config.accounts, *row.accounts])),
        days=_day_names(ask.language),
        clocks=clocks,
        lates=[(one, length(one, ask.language)) for one in lates],
        usual=length(USUAL, ask.language),
        missing=missing,
        faults=faults,
    )


def _place(number: int | None) -> str:
    return f"{PLACE}/{'new' if number is None else number}"


def _titles(ask: Ask, row: Row) -> list[tuple[str, str]]:
    """Each campaign with its title; that of the row, too, if the library has it no more."""
    known = [(name, ask.title(name)) for name in ask.app.library.campaigns]
    is_known = not row.campaign or row.campaign in ask.app.library.campaigns
    return known if is_known else [*known, (row.campaign, row.campaign)]


def _day_names(language: str) -> list[tuple[str, str]]:
    from babel.dates import get_day_names

    names = get_day_names("wide", context="stand-alone", locale=language)
    return [(day, names[number]) for number, day in enumerate(DAYS)]


def _number(ask: Ask) -> int:
    asked = ask.path["number"]
    if not re.fullmatch(r"[0-9]{1,4}", asked):
        raise AskedWrongly("There is no such row in the timetable.")
    return int(asked)


def _there(there: Arrangement, number: int) -> Row:
    if number >= len(there.rows):
        raise AskedWrongly("There is no such row in the timetable any more. Look at it again.")
    return there.rows[number]


# --- what bounds one account -----------------------------------------------------------------------


def one_pace(ask: Ask) -> Response:
    """The form for what bounds an account."""
    there = arrangement(ask.app)
    return _pace_form(ask, there, pace_of(there, ask.path["name"]), there.seen)


def _pace_form(ask: Ask, there: Arrangement, pace: Pace, seen: str, faults: str = "") -> Response:
    network = ask.app.networks[there.config.accounts[pace.account].network]
    gaps = dict.fromkeys(["", *GAPS, *([pace.gap] if pace.gap else [])])
    return page(
        ask,
        "schedule-pace.html",
        400 if faults else 200,
        pace=pace,
        seen=seen,
        here=_pace_place(pace.account),
        gaps=[(one, length(one, ask.language)) for one in gaps],
        costs=network.price is not None or bool(pace.budget),
        label=network.label,
        faults=faults,
    )


def _pace_place(account: str) -> str:
    return f"{PLACE}/pace/{quote(account, safe='')}"


def set_pace(ask: Ask) -> Response:
    """Other bounds for an account: shown first, then saved."""
    there = arrangement(ask.app)
    typed = {name: ask.form.get(name, "").strip() for name in ("gap", "per_day", "budget")}
    pace = replace(pace_of(there, ask.path["name"]), **typed)
    try:
        return _change(ask, pace)
    except AskedWrongly as wrong:
        return _pace_form(ask, there, pace, ask.form.get("seen", ""), str(wrong))


def _bounds(ask: Ask, pace: Pace) -> str:
    """What bounds an account, in words."""
    gap, many = length(pace.gap, ask.language), pace.per_day
    said = [ask.say("at least %(gap)s between two posts") % {"gap": gap}] if gap else []
    if many == "1":
        said.append(ask.say("at most one post a day"))
    elif many:
        said.append(ask.say("at most %(count)s posts a day") % {"count": many})
    said += [ask.say("at most %(budget)s USD a month") % {"budget": pace.budget}] if pace.budget else []
    return ", ".join(said) or ask.say("nothing but the timetable")


# --- what was filled in ---------------------------------------------------------------------------


def _filled(ask: Ask) -> Row:
    """The row that somebody filled in."""
    return Row(
        campaign=ask.form.get("campaign", ""),
        accounts=_many(ask, "account"),
        times=_many(ask, "time"),
        days=() if ask.form.get("every") else _many(ask, "day"),
        tags=tuple(tag.removeprefix("#") for tag in _many(ask, "tag") if tag != "#"),
        late=ask.form.get("late", ""),
        approval=bool(ask.form.get("approval")),
    )


def _many(ask: Ask, name: str) -> tuple[str, ...]:
    """What was chosen or typed under a name, each once: in fields of their own, or with commas between."""
    found = (one for value in ask.forms.get(name, ()) for one in re.split(r"[,\s]+", value))
    return tuple(dict.fromkeys(filter(None, found)))


def _fields(change: Timing) -> dict[str, str]:
    """What a form must hold to ask for a change."""
    if isinstance(change, Quiet):
        begin, _, end = change.hours.partition("-")
        return {"from": begin, "to": end}
    if isinstance(change, Zone):
        return {"zone": change.key}
    if isinstance(change, Pace):
        return {"gap": change.gap, "per_day": change.per_day, "budget": change.budget}
    if isinstance(change, Remove):
        return {}
    row = change.row
    lists = {"account": row.accounts, "time": row.times, "day": row.days, "tag": row.tags}
    fields = {name: ",".join(values) for name, values in lists.items()}
    return {**fields, "campaign": row.campaign, "late": row.late, **({"approval": "yes"} if row.approval else {})}


# --- changes --------------------------------------------------------------------------------------


def add(ask: Ask) -> Response:
    """One more row: shown first, then saved."""
    row = _filled(ask)
    return _row_change(ask, row, None)


def alter(ask: Ask) -> Response:
    """Another row in place of one: shown first, then saved."""
    return _row_change(ask, _filled(ask), _number(ask))


def _row_change(ask: Ask, row: Row, number: int | None) -> Response:
    if missing := _missing(ask, row):
        return _form(ask, row, ask.form.get("seen", ""), number, missing)
    try:
        return _change(ask, Add(row) if number is None else Alter(number, row))
    except AskedWrongly as wrong:
        return _form(ask, row, ask.form.get("seen", ""), number, faults=str(wrong))


def _missing(ask: Ask, row: Row) -> str:
    """What nobody has chosen yet, in the person's language; "" if nothing."""
    words = (
        (row.accounts, ask.say("Choose at least one account.")),
        (row.times, ask.say("Give at least one time of day.")),
    )
    return "\n".join(said for chosen, said in words if not chosen)


def remove(ask: Ask) -> Response:
    """A row less: shown first, then saved."""
    return _change(ask, Remove(_number(ask)))


def quiet(ask: Ask) -> Response:
    """Other quiet hours, or none: shown first, then saved."""
    hours = "-".join(ask.form.get(name, "").strip() for name in ("from", "to"))
    try:
        return _change(ask, Quiet("" if hours == "-" else hours))
    except AskedWrongly as wrong:
        return timetable(ask, hours, str(wrong))


def zone(ask: Ask) -> Response:
    """Another time zone: shown first, then saved."""
    return _change(ask, Zone(ask.form.get("zone", "").strip()))


def _change(ask: Ask, change: Timing) -> Response:
    there = arrangement(ask.app)
    try:
        proposal = proposed(ask.app, change, ask.form.get("seen", ""))
        if ask.form.get("sure") and proposal.diff:
            return _saved(ask, there, change, proposal)
    except Changed as error:
        raise HandbillError(f"{error} {_last(ask)}".strip()) from error
    turns = outlook(ask.app, proposal) if proposal.diff else []
    return page(
        ask,
        "schedule-change.html",
        proposal=proposal,
        fields=_fields(change),
        said=_said(ask, there, change),
        count=len(turns),
        out=_out,
        days=[(day, list(some)) for day, some in groupby(turns, key=lambda turn: _day(ask, turn))],
        silent=[one.planned for one in turns if one.mark in ("new", "other") and one.planned.state == "skipped"],
        counts={mark: sum(turn.mark == mark for turn in turns) for mark in ("new", "gone", "other", "same")},
        back=ask.here.removesuffix("/remove") if not isinstance(change, Quiet | Zone) else PLACE,
    )


def _out(turn: Turn) -> datetime | None:
    """When it goes out, where that is a minute or more after its time: held up by quiet hours or a gap."""
    planned = turn.planned
    is_later = planned.turn and planned.turn - planned.choice.slot.at >= timedelta(minutes=1)
    return planned.turn if is_later and planned.state != "skipped" and turn.mark != "gone" else None


def _day(ask: Ask, turn: Turn) -> date:
    return local_day(turn.planned.choice.slot.at, ask.app.config.zone)


def _said(ask: Ask, there: Arrangement, change: Timing) -> list[tuple[str, str]]:
    """A change in words: what holds now, and what would."""
    match change:
        case Quiet(hours):
            turns = ("gone", there.quiet), ("new", hours)
            return [(mark, span) for mark, span in turns if span]
        case Zone(key):
            return [("gone", there.config.zone.key), ("new", key)]
        case Pace(account=name):
            paces = ("gone", pace_of(there, name)), ("new", change)
            return [(mark, f"{name}: {_bounds(ask, pace)}") for mark, pace in paces]
        case Add(row):
            return [("new", _sentence(ask, row))]
        case Remove(number):
            return [("gone", _sentence(ask, _there(there, number)))]
        case Alter(number, row):
            return [("gone", _sentence(ask, _there(there, number))), ("new", _sentence(ask, row))]


def _sentence(ask: Ask, row: Row) -> str:
    """A row whole: when, what, who, and what else holds for it."""
    shown = _shown(ask, row)
    more = [f"#{tag}" for tag in row.tags]
    more += [ask.say("late by up to %s") % length(row.late, ask.language)] if row.late else []
    more += [ask.say("a person approves the words")] if row.approval else []
    return " · ".join([shown.words, shown.title, ", ".join(row.accounts), *more])


def _saved(ask: Ask, there: Arrangement, change: Timing, proposal: Proposal) -> Response:
    save(ask.app, proposal)
    deed, about = _deed(there, change)
    people.note(ask.app, ask.who, deed, about)
    return go(PLACE, ask.say("Saved. It holds from now on."), _undo(ask, there, change))


def _last(ask: Ask) -> str:
    """Who changed the timetable last at this desk, in words; "" if nobody has of late."""
    last = next((deed for deed in people.audit(ask.app, LOOKED_AT) if deed.deed in DEEDS.values()), None)
    return (
        f"At {last.at.astimezone(ask.app.config.zone):%H:%M} {last.person} {last.deed}: {last.about}." if last else ""
    )


def _deed(there: Arrangement, change: Timing) -> tuple[str, str]:
    deed = DEEDS[type(change)]
    match change:
        case Quiet(hours):
            return deed, hours or "none"
        case Zone(key):
            return deed, key
        case Pace(account=name, gap=gap, per_day=many, budget=budget):
            bounds = ("gap", gap), ("per_day", many), ("budget", budget)
            return deed, f"{name}: {', '.join(f'{one} {value}' for one, value in bounds if value) or 'none'}"
        case Add(row):
            return deed, _about(row)
        case Remove(number):
            return deed, _about(there.rows[number])
        case Alter(number, row):
            return deed, f"{_about(there.rows[number])} -> {_about(row)}"


def _about(row: Row) -> str:
    days = "" if set(row.days or DAYS) == set(DAYS) else f" {','.join(row.days)}"
    return f"{row.campaign} {','.join(row.accounts)}{days} {','.join(row.times)}"


def _undo(ask: Ask, there: Arrangement, change: Timing) -> Undo:
    """What takes a change back, as long as nothing else has changed since."""
    back = _inverse(there, change)
    return Undo(to=_way(back), fields={**_fields(back), "seen": arrangement(ask.app).seen, "sure": "yes"})


def _way(change: Timing) -> str:
    """Where a form for a change is sent to."""
    match change:
        case Quiet():
            return f"{PLACE}/quiet"
        case Zone():
            return f"{PLACE}/zone"
        case Pace(account=name):
            return _pace_place(name)
        case Add():
            return _place(None)
        case Alter(number):
            return _place(number)
        case Remove(number):
            return f"{_place(number)}/remove"


def _inverse(there: Arrangement, change: Timing) -> Timing:
    match change:
        case Quiet():
            return Quiet(there.quiet)
        case Zone():
            return Zone(there.config.zone.key)
        case Pace(account=name):
            return pace_of(there, name)
        case Add():
            return Remove(len(there.rows))
        case Remove(number):
            return Add(there.rows[number])
        case Alter(number):
            return Alter(number, there.rows[number])


DOORS: tuple[Door, ...] = (
    Door("GET", PLACE, timetable),
    Door("GET", f"{PLACE}/new", new_row, Role.ORGANIZER),
    Door("POST", f"{PLACE}/new", add, Role.ORGANIZER),
    Door("POST", f"{PLACE}/quiet", quiet, Role.ORGANIZER),
    Door("POST", f"{PLACE}/zone", zone, Role.ORGANIZER),
    Door("GET", f"{PLACE}/pace/{{name}}", one_pace, Role.ORGANIZER),
    Door("POST", f"{PLACE}/pace/{{name}}", set_pace, Role.ORGANIZER),
    Door("GET", f"{PLACE}/{{number}}", one_row, Role.ORGANIZER),
    Door("POST", f"{PLACE}/{{number}}", alter, Role.ORGANIZER),
    Door("POST", f"{PLACE}/{{number}}/remove", remove, Role.ORGANIZER),
)
