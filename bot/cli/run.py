"""up, run, pause, resume: the engine."""

import logging
import os
import shlex
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from time import sleep

import click

from bot.app import App
from bot.cli.ending import STOPPED
from bot.cli.init import begun
from bot.cli.show import complain, left_out, opened
from bot.core.delivery import Delivery
from bot.core.problem import AskedWrongly
from bot.work.engine import Ear, Engine, beat, telling_of_defects, went_wrong
from bot.work.notify import WRITE, addresses, unheard, unwatched, wrong
from bot.work.plan import plan

# Between two looks. One with nothing due is a few small questions to the ledger.
SECONDS = 5
# So many looks may go on at once; each that waits for a server holds its own accounts only.
LOOKS = 4
AHEAD = 28
Refresh = Callable[[App], None]


@click.command("run")
@click.option("--once", is_flag=True, help="Do what is due now, then end; for cron.")
@click.pass_context
def run_command(ctx: click.Context, once: bool) -> None:
    """Run the engine: say what is due, when it is due."""
    app = opened(ctx)
    left_out(app.library.problems)
    if once:
        ctx.exit(_once(app))
    click.echo("The engine runs. Ctrl-C stops it, and nothing is lost.")
    keep_time(app)


def _once(app: App) -> int:
    """Do what is due now; the exit code."""
    with telling_of_defects(app):
        beaten = beat(app, ALOUD, ask=True)
    if not beaten.changed and sys.stdout.isatty():  # cron mails whatever is written
        click.echo("Nothing is due.")
        tell_next(app)
    silent = wrong(app)
    if beaten.untold or addresses(app).faults:
        complain(unheard(silent))
    is_wrong = any(went_wrong(app, one) for one in beaten.changed)
    if is_wrong and (alone := unwatched(app)):
        complain(f'Nobody else is told what goes wrong with "{alone.name}". {WRITE}')
    return 1 if silent or is_wrong else 0


@click.command("up")
@click.option("--port", type=click.IntRange(0, 65535), help="Where the share pages are served; usually 8000.")
@click.option("--desk-port", type=click.IntRange(0, 65535), help="Where the desk is served; usually 8001.")
@click.option("--desk-host", default="127.0.0.1", help="The address at which the desk listens; usually this machine's.")
@click.option("--plain-http", is_flag=True, help="Let others reach the desk without https: in a trusted network.")
@click.pass_context
def up_command(ctx: click.Context, port: int | None, desk_port: int | None, desk_host: str, plain_http: bool) -> None:
    """Run everything in one process, and say where to look.

    The share pages and the desk are served on this machine only. What makes them public stands
    before them: see the pages online.md and desk.md of the manual. In a folder without a
    config.toml it makes one first, and a folder with posts.
    """
    if not ctx.find_root().obj and (made := begun()):
        click.echo(f"{made}\n")
    app = opened(ctx)
    left_out(app.library.problems)
    click.echo("Handbill runs. Leave this window open; Ctrl-C stops it, and nothing is lost.\n")
    for folder, account in practice_folders(app):
        click.echo(f'The posts of "{account}" go into the folder {folder}')
    with pages_served(app, port) as refresh, desk_served(app, desk_port, desk_host, is_plain=plain_http) as desk:
        if not desk:
            click.echo(
                "To look at it, type in another window, in this folder:\n"
                "  handbill plan            what will be said\n"
                "  handbill delivery list   what was said, and what was not\n"
            )
        keep_time(app.fresh(served=desk), refresh)


@contextmanager
def pages_served(app: App, port: int | None) -> Iterator[Refresh]:
    """Serve the share pages meanwhile; what it gives keeps them up to date."""
    if not find_spec("uvicorn"):
        complain("The share pages are not served: that needs one more part: pip install 'handbill[site]'", dim=True)
        yield lambda app: None
        return
    from bot.web.pages import Served, start

    served = Served(lambda problem: None)  # what does not fit is for `check` to say
    served.refresh(app)
    address, stop = start(served, port)
    click.echo(f"The share pages: {address}")
    try:
        yield served.refresh
    finally:
        stop()


def has_desk() -> bool:
    """Whether the parts that the desk is made of are installed."""
    return all(map(find_spec, ("starlette", "argon2", "itsdangerous", "python_multipart")))


@contextmanager
def desk_served(app: App, port: int | None, host: str, *, is_plain: bool) -> Iterator[str]:
    """Serve the desk meanwhile, and say how to come in; its address, "" where its parts are not installed."""
    if not has_desk():
        complain("The desk is not served: that needs one more part: pip install 'handbill[desk]'", dim=True)
        yield ""
        return
    from bot.web.desk import start
    from bot.work import people

    address, stop = start(app, port, host, is_plain=is_plain)
    click.echo(f"The desk:        {address}")
    if people.is_new(app):
        click.echo(f"  Nobody is an organizer yet. Open this within the hour: {address}welcome/{people.begin(app)}")
    click.echo()
    try:
        yield address
    finally:
        stop()


def practice_folders(app: App) -> list[tuple[str, str]]:
    """Where the posts of accounts go that nobody outside reads: (folder, account)."""
    return [
        (folder, account.name)
        for account in app.config.accounts.values()
        if app.networks[account.network].practice and (folder := app.answers(account).get("folder"))
    ]


def keep_time(app: App, beside: Refresh = lambda app: None) -> None:
    """Look at once and then every few seconds, until somebody stops it; `beside` gets the newest app each time.

    APScheduler is only the clock; the ledger knows what is due. Looks overlap, so that a silent
    server holds up its own account alone.
    """
    from apscheduler.schedulers.background import BackgroundScheduler

    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
    engine = Engine(app, ALOUD)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop(engine))
    scheduler = BackgroundScheduler(timezone="UTC")
    engine.look()
    scheduler.add_job(
        engine.look, "interval", seconds=SECONDS, coalesce=True, max_instances=LOOKS, misfire_grace_time=None
    )
    scheduler.add_job(lambda: beside(engine.app), "interval", seconds=SECONDS, coalesce=True, max_instances=1)
    scheduler.start()
    while not engine.ends:
        sleep(0.3)  # not longer: Windows wakes nobody for a signal
    if engine.at_work:
        complain("Stopping: what is being said just now is finished first. Ctrl-C again ends at once.")
    scheduler.shutdown(wait=True)
    if engine.defect:
        raise engine.defect
    complain("Stopped. Nothing was lost.")


def stop(engine: Engine) -> None:
    """What a signal does: nothing new begins; a second one does not wait for what is being said now."""
    if engine.ends:
        os._exit(STOPPED)
    engine.end()


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


def tell_changed(app: App, changed: Iterable[Delivery]) -> None:
    """What became of deliveries: what was said to stdout, the rest as a complaint."""
    for one in changed:
        at = one.at.astimezone(app.config.zone)
        about = f"{at:%Y-%m-%d %H:%M}  {one.account}  {one.campaign}/{one.post or '?'}  {one.state}"
        if one.state == "sent":
            click.echo(f"{about}  {one.receipt.url if one.receipt else ''}".rstrip())
        else:
            look = f"; see: handbill delivery show {one.id}" if one.state == "uncertain" else ""
            complain(f"{about}: {one.reason}{look}")


def tell_looked(app: App, changed: Sequence[Delivery]) -> None:
    """What is said next; where something changed, first what the program goes on without."""
    if changed:
        left_out(app.library.problems)
    tell_next(app)


ALOUD = Ear(changed=tell_changed, looked=tell_looked, trouble=complain)


@click.command("pause")
@click.argument("campaign", default="")
@click.pass_context
def pause_command(ctx: click.Context, campaign: str) -> None:
    """Say nothing until resume, for one CAMPAIGN or for all."""
    app = opened(ctx)
    _known(app, campaign)
    app.store.pause(campaign, app.clock())
    again = shlex.join(["handbill", "resume", *([campaign] if campaign else [])])
    click.echo(f"Paused {_named(campaign)}. What comes due meanwhile is skipped. To go on: {again}")
    if app.config.site:
        from bot.work.site import entrances

        click.echo(
            "Share pages that `handbill up` serves follow by themselves. Elsewhere build them again "
            "(handbill site build FOLDER), upload at least the files below, and take away the pages of single posts, "
            "which the build names:"
        )
        for one in app.library.campaigns.values():
            if campaign in ("", one.name):
                click.echo("\n".join(f"  {name}" for name in entrances(one)))


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
        complain(
            f"A file named PAUSE, in {app.config.library} or {app.config.folder}, still pauses everything. "
            "Take it away to go on."
        )
    elif still := sorted(app.store.pauses() - {campaign}):
        complain(f"Still paused: {', '.join(_named(name) for name in still)}.")


def _named(campaign: str) -> str:
    return f'"{campaign}"' if campaign else "everything"


def _known(app: App, campaign: str) -> None:
    if campaign and campaign not in app.library.campaigns and not (app.config.library / campaign).is_dir():
        known = ", ".join(sorted(app.library.campaigns)) or "none"
        raise AskedWrongly(f'There is no campaign "{campaign}". There are: {known}.')
