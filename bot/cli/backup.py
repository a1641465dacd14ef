"""backup, restore: the ledger as one file, and back from it."""

from pathlib import Path

import click

from bot.app import App
from bot.cli.show import complain, opened
from bot.work import backup


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Write over FILE if it is there.")
@click.pass_context
def backup_command(ctx: click.Context, file: Path, force: bool) -> None:
    """Write the ledger into FILE, while the engine may go on."""
    app = opened(ctx)
    found = backup.backup(app, file, force=force)
    click.echo(f"The ledger is in {file}: {_shown(app, found)}.")
    complain(f"The key to the secrets in it is not: that lies in {app.key_file}. Keep a copy of both, apart.")


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def restore_command(ctx: click.Context, file: Path, yes: bool) -> None:
    """Put the backup in FILE in the place of the ledger.

    The ledger as it was is kept beside. What was said since the backup is not said again.
    """
    app = opened(ctx)
    with backup.opened(app, file) as source:
        click.echo(f"{file} holds {_shown(app, backup.extent(source))}.")
        click.echo(f"The ledger holds {_shown(app, backup.extent(app.ledger))}. It is kept in a file, and replaced.")
        if not yes:
            click.confirm("Restore?", abort=True)
        old = backup.restore(app, source)
    click.echo("Restored." + (f" The ledger as it was is in {old}." if old else ""))
    if paused := app.store.pauses():
        complain(f"Paused: {', '.join(sorted(name or 'everything' for name in paused))}. To go on: handbill resume")
    complain("Look at what comes next: handbill plan")


def _shown(app: App, found: backup.Extent) -> str:
    many = f"{found.deliveries:,} {'delivery' if found.deliveries == 1 else 'deliveries'}"
    if found.until is None:
        return many
    return f"{many}, last brought up to date {found.until.astimezone(app.config.zone):%Y-%m-%d %H:%M}"
