"""desk: who may come to the organizers' pages."""

import click

from bot.cli.run import has_desk
from bot.cli.show import Noun, complain, opened
from bot.core.problem import HandbillError
from bot.work import people


@click.group("desk", cls=Noun)
def desk_command() -> None:
    """Let somebody in to the desk, the organizers' pages."""


@desk_command.command("invite")
@click.pass_context
def invite_command(ctx: click.Context) -> None:
    """Make a link that lets an organizer in.

    It holds once, for an hour. It is for the first organizer, and for one who lost the password:
    whoever opens it and writes a name that is known already gets a new one.
    """
    app = opened(ctx)
    if not has_desk():
        raise HandbillError("The desk needs one more part: pip install 'handbill[desk]'")
    from bot.web.desk import PORT

    address = app.config.desk or f"http://127.0.0.1:{PORT}"
    click.echo(f"{address.rstrip('/')}/welcome/{people.begin(app)}")
    complain("Open it within the hour. The desk itself runs as long as this does: handbill up")
    if not app.config.desk:
        complain("If that names another address for the desk, put it in the place of this one's beginning.")
