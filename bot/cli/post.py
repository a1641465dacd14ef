"""post: the library's posts."""

import sys
from collections import Counter
from difflib import unified_diff
from pathlib import Path
from textwrap import shorten

import click

from bot.app import here
from bot.cli.show import Noun, complain, indented, left_out, lines, opened, table, typed
from bot.core.problem import AskedWrongly
from bot.core.timetable import local_day
from bot.library.campaign import FILE
from bot.library.files import shown
from bot.reading import LARGEST
from bot.work.bring import PASTED, Brought, Source, bring, write
from bot.work.report import file_line
from bot.work.shelf import standing
from bot.work.write import new_post, own_library


@click.group("post", cls=Noun)
def post_command() -> None:
    """The posts in the library."""


@post_command.command("new")
@click.argument("campaign")
@click.argument("name")
@click.option("--language", default=None, help="The language; else the campaign's first.")
@click.option("--text", help="The words; else they are read from standard input, or left for you to write.")
@click.pass_context
def new_command(ctx: click.Context, campaign: str, name: str, language: str | None, text: str | None) -> None:
    """Begin a post: a file NAME in the folder CAMPAIGN.

    A campaign that is not there yet is made too. NAME is in small words: court-date.
    """
    app = opened(ctx)
    own_library(app)
    if text is None:
        text = "" if sys.stdin is None or sys.stdin.isatty() else "".join(typed())
    path = new_post(app, campaign, name, language, text)
    click.echo(
        f"Made {shown(path, here())}." + ("" if text.strip() else " Write your words below the second row of +++.")
    )
    click.echo("Then: handbill check")
    if campaign not in {schedule.campaign for schedule in app.config.schedules}:
        click.echo(f'It is said by itself once a [[schedule]] in config.toml has campaign = "{campaign}".')


@post_command.command("import", short_help="Make posts of a document.")
@click.argument("file", metavar="FILE")
@click.option("--campaign", default="", help="The campaign they belong to; else one named after the title in FILE.")
@click.option("--language", default="", help="The language, where FILE does not tell.")
@click.option("--all", "everything", is_flag=True, help="Take each paragraph for a post, whatever it looks like.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines, one for each file.")
@click.pass_context
def import_command(
    ctx: click.Context, file: str, campaign: str, language: str, everything: bool, yes: bool, as_json: bool
) -> None:
    """Make posts of a document: .docx, .md, .txt, .csv, or - for text on standard input.

    Each bullet, paragraph or row of a table is a post. The files are shown first. Nothing that is
    there is overwritten.
    """
    app = opened(ctx)
    brought = bring(app, campaign, _source(file), language=language, everything=everything)
    folder = app.config.library / brought.campaign
    if as_json:
        lines(file_line(one) for one in brought.files)
    else:
        _show(brought, folder)
    for one in brought.problems:
        complain(f"{one.problem.where}: {one.problem.severity}: {one.problem.what}\n    {one.problem.hint}")
    if not brought.files:
        complain(f"Nothing in {file} looks like a post. To take all of it, add --all to the same command.")
        return
    if not yes:
        if file == "-" or sys.stdin is None or not sys.stdin.isatty():
            complain("Nothing is written yet. To write it, add --yes to the same command.")
            return
        click.confirm(f"Write {_files(len(brought.files))} into {shown(folder, here())}?", abort=True, err=True)
    write(app, brought.campaign, brought.files, brought.needs)
    if not as_json:
        click.echo(f"Made {_files(len(brought.files))} in {shown(folder, here())}. Then: handbill check")


def _source(file: str) -> Source:
    """The document that was named; raises AskedWrongly."""
    if file == "-":
        return Source(name=PASTED, content=sys.stdin.buffer.read(LARGEST + 1) if sys.stdin else b"")
    path = Path(file)
    if not path.is_file():
        raise AskedWrongly(f"{file} is no file, or not there. Name a .docx, .md, .txt or .csv file.")
    with path.open("rb") as opened_file:
        return Source(name=path.name, content=opened_file.read(LARGEST + 1))


def _show(brought: Brought, folder: Path) -> None:
    if brought.files and brought.after != brought.before:
        click.secho(f"{shown(folder, here())}/{FILE}", bold=True)
        rows = unified_diff(brought.before.splitlines(), brought.after.splitlines(), n=1, lineterm="")
        changes = [row for row in rows if not row.startswith(("---", "+++", "@@"))]
        click.echo(indented("\n".join(changes) if brought.before else brought.after.rstrip("\n"), 4))
    for file in brought.files:
        click.secho(f"{shown(folder, here())}/{file.name}", bold=True)
        click.echo(indented(file.text.rstrip("\n"), 4))
    if brought.aside:
        click.echo("Left aside, for it does not look like posts (--all takes it too):")
    for one in brought.aside:
        click.echo(f"    {one.where}: {shorten(one.words, 80, placeholder=' …')} ({one.why})")


def _files(number: int) -> str:
    return f"{number} file" + ("" if number == 1 else "s")


@post_command.command("list")
@click.option("--campaign", help="Only this campaign.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines.")
@click.pass_context
def list_command(ctx: click.Context, campaign: str | None, as_json: bool) -> None:
    """List the posts, and how each stands today."""
    app = opened(ctx)
    left_out(app.library.problems)
    if campaign and campaign not in app.library.campaigns:
        raise AskedWrongly(
            f'There is no whole campaign "{campaign}". There are: {", ".join(sorted(app.library.campaigns)) or "none"}.'
        )
    today = local_day(app.clock(), app.config.zone)
    uses = Counter[tuple[str, str]]()
    for said in app.ledger.spoken() if app.ledger else ():
        uses[said.campaign, said.post] += said.count
    rows = [
        {
            "campaign": name,
            "post": post.name,
            "languages": list(post.words),
            "wordings": max(len(words.wordings) for words in post.words.values()),
            "tags": list(post.tags),
            "state": standing(app.library.campaigns[name], post, today),
            "uses": uses[name, post.name],
        }
        for name, posts in app.library.posts.items()
        if campaign in (None, name)
        for post in posts
    ]
    if as_json:
        lines(rows)
        return
    if not rows:
        complain("There are no posts yet. Write one: handbill post new CAMPAIGN NAME")
    table(
        tuple(rows[0]) if rows else (),
        [tuple(", ".join(value) if isinstance(value, list) else str(value) for value in row.values()) for row in rows],
    )
