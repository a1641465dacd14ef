"""up, run, pause, resume: the engine."""

import logging
import signal
import sys
from collections.abc import Iterable
from types import FrameType
from typing import NoReturn

import click

from bot.app import App
from bot.cli.show import complain, left_out, opened
from bot.core.delivery import Delivery
from bot.core.problem import AskedWrongly, HandbillError
from bot.work.plan import plan

SECONDS = 15
AHEAD = 28


@click.command("run")
@click.option("--once", is_flag=True, help="Do what is due now, then end; for cron.")
@click.pass_context
def run_command(ctx: click.Context, once: bool) -> None:
    """Run the engine: say what is due, when it is due."""
    app = opened(ctx)
    left_out(app.library.problems)
    if once:
        changed = beat(app)
        if not changed and sys.stdout.isatty():  # cron mails whatever is written
            click.echo("Nothing is due.")
            tell_next(app)
        ctx.exit(1 if any(went_wrong(app, one) for one in changed) else 0)
    click.echo("The engine runs. Ctrl-C stops it, and nothing is lost.")
    keep_time(app)


def went_wrong(app: App, one: Delivery) -> bool:
    """Whether a person must hear of it: not what is said, meant, or theirs to post by hand."""
    account = app.config.accounts.get(one.account)
    by_hand = account is not None and account.by_hand and one.state == "uncertain"
    return one.state not in ("sent", "skipped", "waiting") and not by_hand


@click.command("up")
@click.pass_context
def up_command(ctx: click.Context) -> None:
    """Run everything in one process, and say where to look."""
    app = opened(ctx)
    left_out(app.library.problems)
    click.echo("Handbill runs. Leave this window open; Ctrl-C stops it, and nothing is lost.\n")
    for folder, account in practice_folders(app):
        click.echo(f'The posts of "{account}" go into the folder {folder}')
    click.echo(
        "To look at it, type in another window, in this folder:\n"
        "  handbill plan            what will be said\n"
        "  handbill delivery list   what was said, and what was not\n"
    )
    keep_time(app)


def practice_folders(app: App) -> list[tuple[str, str]]:
    """Where the posts of accounts go that nobody outside reads: (folder, account)."""
    return [
        (folder, account.name)
        for account in app.config.accounts.values()
        if app.networks[account.network].practice and (folder := app.answers(account).get("folder"))
    ]


def keep_time(app: App) -> None:
    """Look at once and then every few seconds, until somebody stops it.

    APScheduler is only the clock; the ledger knows what is due.
    """
    from apscheduler.schedulers.blocking import BlockingScheduler

    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
    signal.signal(signal.SIGTERM, _end)
    beat(app)
    tell_next(app)
    scheduler = BlockingScheduler(timezone="UTC")
    engine = Engine(app)
    ended: list[Exception] = []

    def look() -> None:
        try:
            engine.look()
        except Exception as error:
            ended.append(error)
            scheduler.shutdown(wait=False)

    scheduler.add_job(look, "interval", seconds=SECONDS, coalesce=True, max_instances=1, misfire_grace_time=None)
    scheduler.start()
    if ended:
        raise ended[0]


def _end(number: int, frame: FrameType | None) -> NoReturn:
    click.echo("Stopped. Nothing was lost.", err=True)
    raise SystemExit(0)


class Engine:
    """One look after the other. Trouble that may pass, such as a full disk, is said once and does not end it."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._trouble = ""

    def look(self) -> None:
        """Do what is due, with the files as they stand now."""
        try:
            app = self._app.fresh()
            if beat(app):
                left_out(app.library.problems)
                tell_next(app)
        except BrokenPipeError:
            raise
        except (HandbillError, OSError) as error:
            self._say(f"{error}\nHandbill goes on trying.")
            return
        self._trouble = ""

    def _say(self, trouble: str) -> None:
        if trouble != self._trouble:
            complain(trouble)
        self._trouble = trouble


def tell_next(app: App) -> None:
    """When the next post is due, so that nobody sits before a silent window."""
    coming = (planned for planned in plan(app, app.clock(), AHEAD) if planned.state != "skipped")
    planned = next(coming, None)
    if planned is None:
        complain(f"Nothing will be said in the next {AHEAD} days. To see why: handbill plan --days {AHEAD}")
        return
    choice, zone = planned.choice, app.config.zone
    at = choice.slot.at.astimezone(zone)
    about = f"{choice.slot.account}: {choice.slot.campaign}/{choice.post.name if choice.post else '?'}"
    waits = f" ({planned.reason})" if planned.reason else ""
    click.echo(f"Next: {at:%A, %Y-%m-%d %H:%M} ({zone.key})  {about}{waits}")


def beat(app: App) -> list[Delivery]:
    """One tick, and a word on each delivery that changed."""
    from bot.work.deliver import tick  # with the database; help and pause words need none

    changed = tick(app, app.clock())
    tell(changed, app)
    return changed


def tell(changed: Iterable[Delivery], app: App) -> None:
    """What became of deliveries: what was said to stdout, the rest as a complaint."""
    for one in changed:
        at = one.at.astimezone(app.config.zone)
        about = f"{at:%Y-%m-%d %H:%M}  {one.account}  {one.campaign}/{one.post or '?'}  {one.state}"
        if one.state == "sent":
            click.echo(f"{about}  {one.receipt.url if one.receipt else ''}".rstrip())
        else:
            look = f"; see: handbill delivery show {one.id}" if one.state == "uncertain" else ""
            complain(f"{about}: {one.reason}{look}")


@click.command("pause")
@click.argument("campaign", default="")
@click.pass_context
def pause_command(ctx: click.Context, campaign: str) -> None:
    """Say nothing until resume, for one CAMPAIGN or for all."""
    app = opened(ctx)
    _known(app, campaign)
    app.store.pause(campaign, app.clock())
    click.echo(
        f"Paused {_named(campaign)}. What comes due meanwhile is skipped. To go on: handbill resume {campaign}".rstrip()
    )


@click.command("resume")
@click.argument("campaign", default="")
@click.pass_context
def resume_command(ctx: click.Context, campaign: str) -> None:
    """End a pause."""
    app = opened(ctx)
    was = app.store.resume(campaign)
    if not was:
        _known(app, campaign)
    click.echo(f"Resumed {_named(campaign)}." if was else f"There was no pause of {_named(campaign)}.")
    if app.library.paused:
        complain(f"A file named PAUSE in {app.config.library} still pauses everything. Take it away to go on.")
    elif still := sorted(app.store.pauses() - {campaign}):
        complain(f"Still paused: {', '.join(_named(name) for name in still)}.")


def _named(campaign: str) -> str:
    return f'"{campaign}"' if campaign else "everything"


def _known(app: App, campaign: str) -> None:
    if campaign and campaign not in app.library.campaigns and not (app.config.library / campaign).is_dir():
        known = ", ".join(sorted(app.library.campaigns)) or "none"
        raise AskedWrongly(f'There is no campaign "{campaign}". There are: {known}.')
