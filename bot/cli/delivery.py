"""delivery: what was said, what was not, and a word on what is to come."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from bot.app import App
from bot.cli.plan import show_words
from bot.cli.show import INSTANT, Noun, begin, complain, indented, lines, opened, table
from bot.core.delivery import STEPS, Delivery
from bot.core.problem import AskedWrongly
from bot.core.timetable import local_day
from bot.work import control, settle
from bot.work.control import Wish
from bot.work.notify import unheard, wrong
from bot.work.report import delivery_line


@click.group("delivery", cls=Noun)
def delivery_command() -> None:
    """What was said, what was not, and why."""


@delivery_command.command("list")
@click.option("--state", "states", multiple=True, help="Only this state; may be given more than once.")
@click.option("--account", "accounts", multiple=True, help="Only this account; may be given more than once.")
@click.option("--since", type=INSTANT, help="Only what was due from this instant on (2026-12-01).")
@click.option("--json", "as_json", is_flag=True, help="JSON lines.")
@click.pass_context
def list_command(
    ctx: click.Context, states: tuple[str, ...], accounts: tuple[str, ...], since: datetime | None, as_json: bool
) -> None:
    """List the deliveries in the ledger, in order of time."""
    if unknown := [state for state in states if state not in STEPS]:
        raise AskedWrongly(f'There is no state "{unknown[0]}". There are: {", ".join(STEPS)}.')
    app = opened(ctx)
    first = begin(app, since, "--since") if since else None
    found = app.ledger.deliveries(states, since=first) if app.ledger else []
    found = [one for one in found if not accounts or one.account in accounts]
    if as_json:
        lines(map(delivery_line, found))
    else:
        listed(found, app.config.zone)
    if silent := wrong(app):
        complain(unheard(silent))
        ctx.exit(1)


def listed(found: Sequence[Delivery], zone: ZoneInfo) -> None:
    """Deliveries, a row each."""
    if not found:
        complain("Nothing was delivered yet. See what is coming: handbill plan")
    table(
        ("id", "when", "account", "campaign/post", "state", "why, or where"),
        [
            (
                str(one.id),
                f"{one.at.astimezone(zone):%Y-%m-%d %H:%M}",
                one.account,
                f"{one.campaign}/{one.post}" if one.post else one.campaign,
                "withdrawn" if settle.is_withdrawn(one) else one.state,
                one.reason or (one.receipt.url if one.receipt else ""),
            )
            for one in found
        ],
    )


WHICH = click.argument("which", metavar="WHICH")
YES = click.option("--yes", is_flag=True, help="Do not ask.")


@delivery_command.command("approve", short_help="Approve the exact words that wait for it.")
@WHICH
@YES
@click.pass_context
def approve_command(ctx: click.Context, which: str, yes: bool) -> None:
    """Approve the exact words of WHICH, as `handbill plan` has them.

    WHICH is the number of a delivery, or a time to come: ACCOUNT/DAY/HH:MM. If the words are edited
    later, they wait again.
    """
    app = opened(ctx)
    wish = control.approve(app, which)
    assert wish.planned is not None and wish.planned.choice.variant is not None
    if wish.planned.state == "planned":
        click.echo("These words are approved already.")
        return
    show_words(wish.planned.choice.variant, 0)
    click.echo()
    if not yes:
        click.confirm(f"Approve this for {wish.before.account}?", abort=True, err=True)
    control.approved(app, wish)
    if "account start" in wish.planned.reason:
        complain(f"Still, {wish.planned.reason}")
    due = wish.before.at <= app.clock()
    when = "at the engine's next look" if due else f"at {_instant(app, wish.before.at)}"
    click.echo(f"Approved for {wish.before.account}: these words go out {when}, if nothing has changed.")


@delivery_command.command("skip", short_help="Let one be passed over.")
@WHICH
@YES
@click.pass_context
def skip_command(ctx: click.Context, which: str, yes: bool) -> None:
    """Say nothing at WHICH: the number of a delivery, or a time to come: ACCOUNT/DAY/HH:MM."""
    app = opened(ctx)
    wish = control.skip(app, which)
    _show(app, wish)
    done = _done(app, wish, "Skip this, for good?", yes)
    click.echo(f"Delivery {done} is skipped.")


@delivery_command.command("move", short_help="Let one come at another time.")
@WHICH
@click.argument("instant", type=INSTANT)
@YES
@click.pass_context
def move_command(ctx: click.Context, which: str, instant: datetime, yes: bool) -> None:
    """Say WHICH at another INSTANT, as 2026-12-01T09:00; what is said then is shown.

    WHICH is the number of a delivery, or a time to come: ACCOUNT/DAY/HH:MM.
    """
    app = opened(ctx)
    at = begin(app, instant, "INSTANT")
    wish = control.move(app, which, at)
    _show(app, wish)
    done = _done(app, wish, f"Move it to {_instant(app, at)}?", yes)
    click.echo(f"Delivery {done} has its turn at {_instant(app, at)}.")


@delivery_command.command("now", short_help="Let one come at once.")
@WHICH
@YES
@click.pass_context
def now_command(ctx: click.Context, which: str, yes: bool) -> None:
    """Say WHICH at the engine's next look: the number of a delivery, or a time to come: ACCOUNT/DAY/HH:MM.

    Also what was missed, and what was refused once its file has changed.
    """
    app = opened(ctx)
    wish = control.say_now(app, which)
    _show(app, wish)
    done = _done(app, wish, "Say this now?", yes)
    click.echo(f"Delivery {done} has its turn at the engine's next look.")


def _show(app: App, wish: Wish) -> None:
    """What a wish is about: which time, and the words that the plan has for it."""
    one, planned = wish.before, wish.planned
    number = f"  (delivery {one.id}, {one.state})" if one.id else ""
    click.secho(f"{_instant(app, one.at)}  {one.account}  {one.campaign}{number}", bold=True)
    variant = planned.choice.variant if planned else one.variant
    if planned and planned.reason:
        click.echo(f"  {planned.state}: {planned.reason}")
    if variant:
        show_words(variant, 4)


def _done(app: App, wish: Wish, question: str, yes: bool) -> int | None:
    """Ask, unless that is not wanted, and do it; the delivery's number."""
    if not yes:
        click.confirm(question, abort=True, err=True)
    return control.do(app, wish).id


def _instant(app: App, at: datetime) -> str:
    zone = app.config.zone
    day = "" if local_day(at, zone) == local_day(app.clock(), zone) else f"{at.astimezone(zone):%A, %Y-%m-%d} "
    return f"{day}{at.astimezone(zone):%H:%M} ({zone.key})"


@delivery_command.command("show", short_help="Show one whole, with the link to post it by hand.")
@click.argument("number", type=int)
@click.pass_context
def show_command(ctx: click.Context, number: int) -> None:
    """Show delivery NUMBER whole: its words, its picture, the link to post it by hand."""
    app = opened(ctx)
    one = settle.delivery(app, number)
    about = f"{one.campaign}/{one.post}" if one.post else one.campaign
    click.secho(f"{one.at.astimezone(app.config.zone):%Y-%m-%d %H:%M}  {one.account}  {about}  {one.state}", bold=True)
    if one.reason:
        click.echo(f"  {one.reason}")
    if one.variant:
        show_words(replace(one.variant, image=None), 4)
        if one.variant.image:
            click.echo(f"  picture: {one.variant.image.file}\n  in words: {one.variant.image.alt}")
    if one.receipt and one.receipt.url and not one.reason:
        click.echo(f"  it stands at {one.receipt.url}")
    if one.state == "waiting" and one.approval:
        click.echo(f"  To approve these words: handbill delivery approve {number}")
    if one.state == "missed":
        click.echo(f"  To say it all the same: handbill delivery now {number}")
    if one.state == "uncertain":
        if link := (one.payload or {}).get("open"):
            click.echo(f"  post it here: {link}")
        click.echo(f"  If it is up:      handbill delivery settle {number} --posted [URL]")
        click.echo(f"  If it is not up:  handbill delivery settle {number} --not-posted")


@delivery_command.command("settle", short_help="Say whether an uncertain one is up.")
@click.argument("number", type=int)
@click.argument("url", required=False, default="")
@click.option("--posted/--not-posted", "is_posted", default=None, help="Whether the post is up.")
@click.option("--sure", is_flag=True, help="With --not-posted: do not look at the network first.")
@click.pass_context
def settle_command(ctx: click.Context, number: int, url: str, is_posted: bool | None, sure: bool) -> None:
    """Say what became of uncertain delivery NUMBER: --posted [URL], or --not-posted.

    Before --not-posted its network is asked, where it can be; if the post is found there, nothing changes.
    """
    if is_posted is None:
        raise AskedWrongly(f"Say which: handbill delivery settle {number} --posted [URL], or --not-posted")
    app = opened(ctx)
    ended = settle.posted(app, number, url) if is_posted else settle.not_posted(app, number, sure=sure)
    again = "" if ended.state == "sent" else ": it has its turn again while it is in time"
    click.echo(f"Delivery {number} is {ended.state}{again}.")


@delivery_command.command("withdraw", short_help="Delete a sent post from its network.")
@click.argument("number", type=int)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def withdraw_command(ctx: click.Context, number: int, yes: bool) -> None:
    """Delete sent post NUMBER from its network, where the network lets a program do so."""
    app = opened(ctx)
    one = settle.delivery(app, number)
    if settle.is_withdrawn(one):
        click.echo(f"Delivery {number} was {one.reason} already.")
        return
    if one.variant and not yes:
        click.echo(indented(one.variant.text, 4), err=True)
        click.confirm(f"Delete this from {one.account}?", abort=True, err=True)
    settle.withdraw(app, number)
    click.echo(f"Delivery {number} is withdrawn.")
