"""Ready: whether config, accounts and library suit each other."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot import notices
from bot.app import App
from bot.config import Account
from bot.core.choice import PRACTICE
from bot.core.fit import width
from bot.core.post import Campaign
from bot.core.problem import Problem, Severity, SignedOut
from bot.core.schema import near
from bot.core.timetable import Schedule, local_day
from bot.work.look import warning
from bot.work.notify import WRITE, addresses, real, unwatched
from bot.work.plan import Planned, is_silence, plan

# How the addresses of each service are written.
KINDS = "https://appriseit.com/services/"
# How many days ahead the timetable is tried.
AHEAD = 28


def ready(app: App) -> Iterator[Problem]:
    """What in config.toml asks for more than library, networks or environment have."""
    yield from suits(app)
    yield from rhythm(app)


def suits(app: App) -> Iterator[Problem]:
    """The same as far as it shows without a look at the weeks ahead."""
    for number, schedule in enumerate(app.config.schedules):
        yield from _schedule(app, number, schedule)
    for account in app.config.accounts.values():
        yield from _account(app, account)
    yield from _notices(app)
    yield from _heartbeat(app)


def _schedule(app: App, number: int, schedule: Schedule) -> Iterator[Problem]:
    campaign = app.library.campaigns.get(schedule.campaign)
    if campaign is None:
        # A campaign whose own file is broken is told of already.
        if not (app.config.library / schedule.campaign).is_dir():
            yield Problem(
                app.where("schedule", number, "campaign"),
                f'a [[schedule]] names the campaign "{schedule.campaign}", which the library does not have',
                near(schedule.campaign, sorted(app.library.campaigns)) or "Write one: handbill post new CAMPAIGN NAME",
            )
        return
    today = local_day(app.clock(), app.config.zone)
    wrote_it = app.source and not campaign.sample  # the built-in timetable and the sample come as they are
    if wrote_it and campaign.until and campaign.until < today:
        yield warning(
            app.where("schedule", number, "campaign"),
            f'the campaign "{campaign.name}" ended on {campaign.until}',
            "Take its [[schedule]] out, or move `until` in campaign.toml.",
        )
    for name in schedule.accounts:
        yield from _language(app, app.config.accounts[name], campaign)


def _language(app: App, account: Account, campaign: Campaign) -> Iterator[Problem]:
    spoken = dict.fromkeys(language for post in app.library.posts[campaign.name] for language in post.words)
    if spoken and account.language not in spoken:
        yield Problem(
            app.where("accounts", account.name, "language"),
            f'account "{account.name}" speaks {account.language}, and "{campaign.name}" has no posts in it',
            f"It has: {', '.join(spoken)}.",
        )


def _account(app: App, account: Account) -> Iterator[Problem]:
    asks = [(name, ask) for campaign in app.library.campaigns.values() for name, ask in campaign.asks.items()]
    for name, ask in asks:
        if not ask.choices and width(account.me.get(name, "")) > ask.longest:
            yield Problem(
                app.where("accounts", account.name, "me"),
                f'account "{account.name}": me.{name} is longer than {ask.longest} letters',
                "Shorten it, or raise `longest` in campaign.toml.",
            )
    where = app.where("accounts", account.name)
    try:
        app.publisher(account)
    except SignedOut as error:
        yield warning(where, str(error), "Until then the account stays silent.")


def _notices(app: App) -> Iterator[Problem]:
    """Whether somebody is told when something goes wrong; a must where an account is real."""
    severity: Severity = "error" if real(app) else "warning"
    to, where = addresses(app), app.where("notify")
    for fault in to.faults:
        key = "notify_file" if "notify_file" in fault else "notify_env"
        yield Problem(app.where(key), f"{fault}; notices go to the addresses in it", WRITE, severity)
    if alone := unwatched(app):
        what = f'nobody is told when something goes wrong with account "{alone.name}"'
        yield Problem(app.where("accounts", alone.name), what, f"{WRITE} Then: handbill account check --notify")
    if to.all and notices.is_missing():
        yield Problem(where, notices.MISSING, "", severity)
        return
    for name, address in zip(to.names, to.all, strict=True):
        if not notices.understood(address):
            what = f"{name} is no address that notices can go to"
            yield Problem(where, what, f"How each kind is written: {KINDS}", severity)


def _heartbeat(app: App) -> Iterator[Problem]:
    told = app.config.heartbeat
    for fault in app.kept_lines("url", told.url_env, told.url_file)[1]:
        yield warning(app.where("heartbeat"), fault, "Until then that monitor is not asked.")


@dataclass(slots=True)
class Silence:
    """How often an account says nothing for a campaign, and why at first."""

    why: str
    count: int = 0


def rhythm(app: App) -> Iterator[Problem]:
    """Whether the library, and the limits of accounts, leave each time of the timetable something to say."""
    silences: dict[tuple[str, str, bool], Silence] = {}
    rows = {(name, one.campaign): number for number, one in enumerate(app.config.schedules) for name in one.accounts}
    for planned in plan(app, app.clock(), AHEAD):
        slot = planned.choice.slot
        # What the ledger still holds of a row that was taken out is no matter of the timetable.
        if (slot.account, slot.campaign) in rows and _is_silent(app, planned):
            key = (slot.account, slot.campaign, planned.reason.startswith("no post"))
            silences.setdefault(key, Silence(planned.reason)).count += 1
    for (account, campaign, is_short), silence in silences.items():
        times = "1 of its times" if silence.count == 1 else f"{silence.count} of its times"
        yield warning(
            app.where("schedule", rows[account, campaign]),
            f'account "{account}" {"has nothing to say" if is_short else "is silent"} for "{campaign}" at {times} '
            f"in the next four weeks ({silence.why})",
            _more(silence.why) if is_short else "Take times out of the timetable, or widen what bounds the account.",
        )


def _more(why: str) -> str:
    if PRACTICE in why:
        return "Write posts of your own: handbill post new CAMPAIGN NAME"
    return "Write more posts, shorten `rest`, or take times out of the timetable."


def _is_silent(app: App, planned: Planned) -> bool:
    """Whether a time passes with nothing said, though the campaign has posts in the account's language."""
    if not is_silence(app, planned):
        return False
    language = planned.choice.speaker.voice.language
    return any(language in post.words for post in app.library.posts[planned.choice.slot.campaign])
