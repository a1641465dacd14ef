"""delivery: what was said, and what was not."""

import click

from bot.cli.show import Noun, complain, indented, lines, opened, table
from bot.core.choice import approval_of
from bot.core.delivery import STEPS, Delivery
from bot.core.problem import AskedWrongly
from bot.work import settle
from bot.work.report import delivery_line


@click.group("delivery", cls=Noun)
def delivery_command() -> None:
    """What was said, what was not, and why."""


@delivery_command.command("list")
@click.option("--state", "states", multiple=True, help="Only this state; may be given more than once.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines.")
@click.pass_context
def list_command(ctx: click.Context, states: tuple[str, ...], as_json: bool) -> None:
    """List the deliveries in the ledger, in order of time."""
    if unknown := [state for state in states if state not in STEPS]:
        raise AskedWrongly(f'There is no state "{unknown[0]}". There are: {", ".join(STEPS)}.')
    app = opened(ctx)
    found = app.ledger.deliveries(states) if app.ledger else []
    if as_json:
        lines(map(delivery_line, found))
        return
    if not found:
        complain("Nothing was delivered yet. See what is coming: handbill plan")
    zone = app.config.zone
    table(
        ("id", "when", "account", "campaign/post", "state", "why, or where"),
        [
            (
                str(one.id),
                f"{one.at.astimezone(zone):%Y-%m-%d %H:%M}",
                one.account,
                f"{one.campaign}/{one.post}" if one.post else one.campaign,
                one.state,
                one.reason or (one.receipt.url if one.receipt else ""),
            )
            for one in found
        ],
    )


@delivery_command.command("approve")
@click.argument("number", type=int)
@click.pass_context
def approve_command(ctx: click.Context, number: int) -> None:
    """Approve the exact words of delivery NUMBER.

    The number stands in `handbill delivery list --state waiting`. If the words are edited later, they wait again.
    """
    app = opened(ctx)
    waiting: list[Delivery] = app.ledger.deliveries(("waiting",)) if app.ledger else []
    one = next((one for one in waiting if one.id == number), None)
    if one and not one.approval:
        raise AskedWrongly(f"Delivery {number} waits for something else: {one.reason}")
    if one is None or one.variant is None:
        raise AskedWrongly(f"No delivery {number} waits for approval. See: handbill delivery list --state waiting")
    app.store.approve(approval_of(one.network, one.variant.text), app.clock())
    click.echo(one.variant.text)
    click.echo(f"\nApproved for {one.account}: these words go out at the engine's next look, if nothing has changed.")


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
        click.echo(indented(one.variant.text, 4))
        if one.variant.image:
            click.echo(f"  picture: {one.variant.image.file}\n  in words: {one.variant.image.alt}")
    if one.receipt and one.receipt.url and not one.reason:
        click.echo(f"  it stands at {one.receipt.url}")
    if one.state == "uncertain":
        if link := (one.payload or {}).get("open"):
            click.echo(f"  post it here: {link}")
        click.echo(f"  If it is up:      handbill delivery settle {number} --posted [URL]")
        click.echo(f"  If it is not up:  handbill delivery settle {number} --not-posted")


@delivery_command.command("settle", short_help="Say whether an uncertain one is up.")
@click.argument("number", type=int)
@click.argument("url", required=False, default="")
@click.option("--posted/--not-posted", "is_posted", default=None, help="Whether the post is up.")
@click.pass_context
def settle_command(ctx: click.Context, number: int, url: str, is_posted: bool | None) -> None:
    """Say what became of uncertain delivery NUMBER: --posted [URL], or --not-posted."""
    if is_posted is None:
        raise AskedWrongly(f"Say which: handbill delivery settle {number} --posted [URL], or --not-posted")
    app = opened(ctx)
    ended = settle.posted(app, number, url) if is_posted else settle.not_posted(app, number)
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
