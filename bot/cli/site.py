"""site: the supporter's pages."""

from pathlib import Path

import click

from bot.cli.share import Told
from bot.cli.show import Noun, complain, left_out, opened
from bot.core.timetable import local_day


@click.group("site", cls=Noun)
def site_command() -> None:
    """The share pages that supporters open."""


@site_command.command("build", short_help="Write the share pages into a folder.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.pass_context
def build_command(ctx: click.Context, folder: Path) -> None:
    """Write the share pages into FOLDER, to be put on any web server or opened from disk.

    Files that are there already and stay the same are not touched; what Handbill put there before
    and is no longer needed is taken away.
    """
    from bot.drawing import can_draw
    from bot.work.lay import lay
    from bot.work.site import paused, site

    app = opened(ctx)
    left_out(app.library.problems)
    told = Told()
    files = site(app, local_day(app.clock(), app.config.zone), told.tell, paused(app))
    laid = lay(files, folder)
    click.echo(f"{folder}: {len(laid.written)} files written, {len(laid.removed)} removed, {laid.same} as before.")
    if laid.same and (again := [*laid.written, *laid.removed]):
        click.echo("To upload again, or to take away:\n" + "\n".join(f"  {name}" for name in again))
    if laid.written:
        click.echo(f"Look at them: {(folder / 'index.html').absolute().as_uri()}")
    if not app.config.site:
        complain(
            "Previews of links, QR codes and feeds are left out until config.toml says where the pages will stand:\n"
            '  [site]\n  url = "https://share.example.org"',
            dim=True,
        )
    elif not can_draw():
        complain("Previews of links and QR codes need two more parts: pip install 'handbill[site]'")
    ctx.exit(1 if told.errors else 0)
