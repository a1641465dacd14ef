"""up, run, pause, resume: the engine."""

import logging
import signal
from collections.abc import Iterable
from types import FrameType
from typing import Any

import click

from bot.app import App
from bot.cli.show import complain, left_out, opened
from bot.core.delivery import Delivery
from bot.core.problem import AskedWrongly, HandbillError
from bot.work.deliver import tick

SECONDS = 15


@click.command("run")
@click.option("--once", is_flag=True, help="Do what is due now, then end; for cron.")
@click.pass_context
def run_command(ctx: click.Context, once: bool) -> None:
    """Run the engine: say what is due, when it is due."""
    app = opened(ctx)
    left_out(app.library.problems)
    if once:
        changed = beat(app)
        ctx.exit(1 if any(one.state not in ("sent", "skipped", "waiting") for one in changed) else 0)
    keep_time(app)


@click.command("up")
@click.pass_context
def up_command(ctx: click.Context) -> None:
    """Run everything in one process, and say where to look."""
    app = opened(ctx)
    left_out(app.library.problems)
    click.echo("Handbill runs. Leave this window open; Ctrl-C stops it, and nothing is lost.")
    click.echo(
        "Look at it from another window:\n"
        "  handbill plan            what will be said\n"
        "  handbill delivery list   what was said, and what was not"
    )
    for account in app.config.accounts.values():
        if (
            folder := app.config.folder / account.answers.get("folder", "outbox")
            if app.networks[account.network].practice
            else None
        ):
            click.echo(f"  {folder}   the posts of {account.name}")
    keep_time(app)


def keep_time(app: App) -> None:
    """Tick until somebody stops it. APScheduler is only the clock; the ledger knows what is due."""
    from apscheduler.schedulers.blocking import BlockingScheduler

    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
    scheduler = BlockingScheduler(timezone="UTC")
    failed: list[HandbillError] = []

    def job() -> None:
        try:
            beat(app.fresh())
        except HandbillError as error:
            failed.append(error)
            scheduler.shutdown(wait=False)

    def stop(number: int, frame: FrameType | None) -> Any:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    app.store.prepare(write=True)
    job()
    if not failed:
        scheduler.add_job(job, "interval", seconds=SECONDS, coalesce=True, max_instances=1, misfire_grace_time=None)
        scheduler.start()
    if failed:
        raise failed[0]


def beat(app: App) -> list[Delivery]:
    """One tick, and a word on each delivery that changed."""
    changed = tick(app, app.clock())
    tell(changed, app)
    return changed


def tell(changed: Iterable[Delivery], app: App) -> None:
    """What became of deliveries: what was said to stdout, the rest as a complaint."""
    for one in changed:
        at = one.at.astimezone(app.config.zone)
        about = f"{at:%Y-%m-%d %H:%M}  {one.account}  {one.campaign}/{one.post or '?'}  {one.state}"
        if one.state == "sent":
            click.echo(f"{about}  {one.receipt.url if one.receipt else ''}")
        else:
            complain(f"{about}: {one.reason}")


@click.command("pause")
@click.argument("campaign", default="")
@click.pass_context
def pause_command(ctx: click.Context, campaign: str) -> None:
    """Stop saying anything, for one CAMPAIGN or for all, until resume."""
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
