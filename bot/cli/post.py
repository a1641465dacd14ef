"""post: the library's posts."""

import sys
from collections import Counter

import click

from bot.app import here
from bot.cli.show import Noun, complain, left_out, lines, opened, table, typed
from bot.core.problem import AskedWrongly
from bot.core.timetable import local_day
from bot.library.files import shown
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
