"""delivery: what was said, and what was not."""

import click

from bot.cli.show import Noun, complain, lines, opened, table
from bot.core.choice import approval_of
from bot.core.delivery import STEPS, Delivery
from bot.core.problem import AskedWrongly
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
    if one is None or one.variant is None:
        raise AskedWrongly(f"No delivery {number} waits for approval. See: handbill delivery list --state waiting")
    app.store.approve(approval_of(one.network, one.variant.text), app.clock())
    click.echo(one.variant.text)
    click.echo(f"\nApproved for {one.account}: these words go out at the engine's next look, if nothing has changed.")
