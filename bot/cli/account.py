"""account: the organization's own accounts."""

import click

from bot.app import App
from bot.cli.show import Noun, complain, lines, opened, table
from bot.core.problem import SignedOut


@click.group("account", cls=Noun)
def account_command() -> None:
    """The organization's own accounts."""


@account_command.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON lines.")
@click.pass_context
def list_command(ctx: click.Context, as_json: bool) -> None:
    """List the accounts in config.toml, and what each still needs."""
    app = opened(ctx)
    rows = [
        {
            "account": account.name,
            "network": account.network,
            "handle": account.handle or None,
            "language": account.language,
            "needs": needs(app, account.name),
        }
        for account in app.config.accounts.values()
    ]
    if as_json:
        lines(rows)
        return
    if not rows:
        complain("There are no accounts yet. They stand under [accounts.NAME] in config.toml.")
    table(
        ("account", "network", "handle", "language", "needs"),
        [tuple(str(value or "-") for value in row.values()) for row in rows],
    )


def needs(app: App, name: str) -> str | None:
    """What an account still needs before it can speak, in words; None if nothing."""
    account = app.config.accounts[name]
    try:
        app.publisher(account)
    except SignedOut as error:
        return str(error)
    return None
