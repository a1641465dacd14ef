"""plan and rehearse: what will be said, and the same tried out."""

import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from bot.cli.show import INSTANT, begin, complain, indented, left_out, lines, opened, span, watched
from bot.core.calendar import Event, calendar
from bot.core.delivery import Delivery
from bot.core.post import Variant
from bot.core.timetable import local_day
from bot.work.plan import Bill, Planned, bills, moved_from, plan
from bot.work.report import plan_line

COLOURS = {"planned": "green", "waiting": "yellow", "skipped": "red"}


@click.command("plan")
@click.option("--from", "start", type=INSTANT, help="Begin at this instant (2026-12-01T09:00); else now.")
@click.option("--days", type=float, default=7, show_default=True, help="How many times 24 hours.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines.")
@click.option("--ics", "as_calendar", is_flag=True, help="A calendar file.")
@click.pass_context
def plan_command(ctx: click.Context, start: datetime | None, days: float, as_json: bool, as_calendar: bool) -> None:
    """Show what will be said, where, when: the exact text."""
    app = opened(ctx)
    coming = plan(app, begin(app, start), span(days))
    left_out(app.library.problems)
    if as_json:
        lines(plan_line(planned, app.config.zone) for planned in coming)
        return
    if as_calendar:
        show_calendar(coming, app.clock())
        return
    shown = list(coming)
    show_plan(shown, app.config.zone)
    for bill in bills(app, shown, app.clock()):
        show_bill(bill)


def show_calendar(coming: Iterable[Planned], now: datetime) -> None:
    """What will be said as a calendar file; slots at which nothing is said are left out."""
    for line in calendar("Handbill", (event(one) for one in coming if one.choice.variant), now):
        click.echo(line, nl=False)


def event(planned: Planned) -> Event:
    """One slot as an event; its key is that of the slot as the timetable writes it."""
    slot, variant, network = planned.choice.slot, planned.choice.variant, planned.choice.speaker.network
    assert variant is not None
    return Event(
        key=f"{slot.account}/{slot.campaign}/{slot.day}/{slot.clock}@handbill",
        at=slot.at,
        title=f"{network.label}: {slot.account}" + (f" ({planned.state})" if planned.state != "planned" else ""),
        text=variant.text,
        link=variant.link,
    )


def show_bill(bill: Bill) -> None:
    """What posts cost, for a person."""
    limit = "" if bill.budget is None else f" of {bill.budget:.2f} (`budget`)"
    click.echo(f"{bill.account}: this would cost {bill.coming:.2f} USD; so far this month {bill.spent:.2f}{limit}")


def show_plan(coming: Iterable[Planned], zone: ZoneInfo) -> None:
    """A plan as a person reads it: day by day."""
    day, counts, told = "", dict.fromkeys(COLOURS, 0), set[str]()
    for planned in coming:
        at = planned.choice.slot.at.astimezone(zone)
        if f"{at:%A, %Y-%m-%d}" != day:
            day = f"{at:%A, %Y-%m-%d}"
            click.secho(f"{day}  ({zone.key})", bold=True)
        counts[planned.state] += 1
        why = _shortly(planned.reason) if planned.reason in told else planned.reason
        told.add(planned.reason)
        _show_slot(planned, f"{at:%H:%M}{_moved(planned, zone)}", why)
    if not any(counts.values()):
        complain("Nothing is planned in this time. Times stand under [[schedule]] in config.toml.")
        return
    click.echo(", ".join(f"{count} {state}" for state, count in counts.items() if count))


def _moved(planned: Planned, zone: ZoneInfo) -> str:
    """From where a person has moved a slot, in brackets; "" where none has."""
    before = moved_from(planned.delivery, zone) if planned.delivery else None
    if before is None:
        return ""
    is_same = local_day(before, zone) == local_day(planned.choice.slot.at, zone)
    return f" (moved from {before.astimezone(zone):{'%H:%M' if is_same else '%Y-%m-%d %H:%M'}})"


def _shortly(why: str) -> str:
    """A reason that stands above in full already."""
    short = re.split(r"[:;(]", why)[0].strip()
    return why if short == why else f"{short} (as above)"


def _show_slot(planned: Planned, clock: str, why: str) -> None:
    choice, slot = planned.choice, planned.choice.slot
    head = f"{clock}  {slot.account}"
    if choice.variant is None or choice.post is None:
        click.echo(f"  {head}  {click.style(planned.state, fg=COLOURS[planned.state])}: {why}\n")
        return
    line = plan_line(planned, ZoneInfo("UTC"))
    state = f"  {click.style('waiting', fg=COLOURS['waiting'])}: {why}" if why else ""
    length = f"{line['length']} of {line['limit']}"
    about = f"{slot.campaign}/{choice.post.name} (wording {choice.wording}, {choice.variant.language}; {length})"
    click.echo(f"  {head}  {click.style(about, dim=True)}{state}")
    show_words(choice.variant, 6)
    click.echo()


def show_words(variant: Variant, by: int) -> None:
    """The exact words, moved to the right, with a row for what stands before or beside them."""
    if variant.warning:
        click.secho(indented(f"[content warning: {variant.warning}]", by), dim=True)
    click.echo(indented(variant.text, by))
    if variant.image:
        click.secho(indented(f"[picture: {variant.image.alt}]", by), dim=True)


@click.command("rehearse")
@click.option("--from", "start", type=INSTANT, help="Begin at this instant; else now.")
@click.option("--days", type=float, default=7, show_default=True, help="How many times 24 hours.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("rehearsal"),
    show_default=True,
    help="The folder that takes the posts.",
)
@click.pass_context
def rehearse_command(ctx: click.Context, start: datetime | None, days: float, out: Path) -> None:
    """Try it out: the engine on a simulated clock, into a folder.

    Nothing leaves this machine, and the ledger stays as it is.
    """
    from bot.work.rehearse import LINES, rehearse

    app = opened(ctx)
    left_out(app.library.problems)
    begun = begin(app, start)
    deliveries = rehearse(app, begun, span(days), out, watched("Rehearsing"))
    show_deliveries(deliveries, app.config.zone)
    sent = sum(one.state == "sent" for one in deliveries)
    others = len(deliveries) - sent
    since = f"{begun.astimezone(app.config.zone):%Y-%m-%d %H:%M}"
    click.echo(f"{sent} posts said, {others} not, from {since} for {days:g} {'day' if days == 1 else 'days'}.")
    click.echo(f"Each post is a file below {out}; all of them in a row: {out / LINES}")
    if any(one.state not in ("sent", "skipped") for one in deliveries):
        ctx.exit(1)


def show_deliveries(deliveries: Iterable[Delivery], zone: ZoneInfo) -> None:
    """What was said, as a person reads it."""
    for one in deliveries:
        at = one.at.astimezone(zone)
        about = f"{one.campaign}/{one.post}" if one.post else one.campaign
        ended = f"{one.state}: {one.reason}" if one.reason else one.state
        click.echo(f"{at:%a %Y-%m-%d %H:%M}  {one.account}  {click.style(about, dim=True)}  {ended}")
        if one.variant and one.state == "sent":
            show_words(one.variant, 4)
        click.echo()
