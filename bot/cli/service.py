"""service: let the machine begin the engine by itself."""

import shlex
import shutil
import sys
from pathlib import Path

import click

from bot.app import App
from bot.cli.show import Noun, complain, opened
from bot.work import serve


@click.group("service", cls=Noun)
def service_command() -> None:
    """Let the machine begin the engine by itself."""


@service_command.command("install")
@click.option("--up", is_flag=True, help="Serve the share pages and the desk, too, as `handbill up` does.")
@click.option("--print", "only_print", is_flag=True, help="Show the unit, and write nothing.")
@click.option("--force", is_flag=True, help="Replace another one of this name.")
@click.pass_context
def install_command(ctx: click.Context, up: bool, only_print: bool, force: bool) -> None:
    """Make a systemd service for this folder.

    It belongs to your own user, and begins when you say so. Nothing in it is secret: what config.toml
    looks for in the environment stands in a file of its own.
    """
    app = opened(ctx)
    wanted = serve.service(app, Path(sys.executable), "up" if up else "run")
    if only_print:
        click.echo(wanted.text, nl=False)
        return
    if not shutil.which("systemctl", path=app.environ.get("PATH", "")):
        complain(otherwise(app))
        ctx.exit(1)
    made = serve.install(wanted, force=force)
    click.echo(f"Made {wanted.file}." if made else f"{wanted.file} is there already, and right.")
    click.echo(
        "Let it begin, now and whenever this machine starts:\n"
        "  systemctl --user daemon-reload\n"
        "  systemctl --user enable --now handbill\n"
        "  loginctl enable-linger\n"
        f"Secrets that config.toml looks for in the environment: one NAME=value a row in {wanted.environment}\n"
        "What it says: journalctl --user -u handbill"
        + ("\nThe first organizer comes to the desk by a link: handbill desk invite" if up else "")
    )


def otherwise(app: App) -> str:
    """What to do on a machine without systemd."""
    words = [sys.executable, "-P", "-m", "bot", "--config", str(app.source), "run", "--once"]
    begin = "This machine has no systemd, so there is nothing to install. "
    if sys.platform == "win32":
        return f"{begin}Let the Task Scheduler begin this every minute: {' '.join(words)}"
    # To cron a % is the end of the row unless it is escaped: https://man7.org/linux/man-pages/man5/crontab.5.html
    row = f"* * * * * {shlex.join(words)}".replace("%", "\\%")
    return f"{begin}Let cron begin it every minute. Type crontab -e, and add the row:\n  {row}"


@service_command.command("remove")
@click.option("--force", is_flag=True, help="Also one that Handbill has not made.")
@click.pass_context
def remove_command(ctx: click.Context, force: bool) -> None:
    """Take the service away. Your folder stays."""
    wanted = serve.service(opened(ctx), Path(sys.executable))
    if not serve.remove(wanted, force=force):
        complain(f"There is no {wanted.file}, so there is nothing to take away.")
        return
    click.echo(
        f"Took {wanted.file} away. To end what runs still:\n"
        "  systemctl --user stop handbill\n"
        "  systemctl --user daemon-reload"
    )
