"""account: the organization's own accounts."""

import click

from bot.app import App
from bot.cli.plan import show_plan
from bot.cli.show import Noun, complain, lines, opened, table
from bot.core.network import Field, Network
from bot.core.problem import AskedWrongly, HandbillError, NetworkError
from bot.work.account import Checked, check, connect, known, label, start
from bot.work.notify import WRITE, addresses, try_out, wrong
from bot.work.report import instant
from bot.work.stand import Stand, first_week, states


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
            "account": one.account.name,
            "network": one.account.network,
            "handle": one.account.handle or None,
            "language": one.account.language,
            "needs": needs(one),
        }
        for one in states(app, app.ledger)
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


def needs(one: Stand) -> str | None:
    """What an account still needs before it can speak, in words; None if nothing."""
    if one.state == "quiet":
        return f"to be let begin: handbill account start {one.account.name}"
    return one.why or None


class Conversation:
    """Asks and tells on the terminal."""

    def ask(self, asked: Field) -> str:
        """Ask for one thing; Enter takes the default."""
        example = f", for example {asked.example}" if asked.example and not asked.secret else ""
        default = asked.default or (None if asked.required else "")
        question = f"{asked.name.replace('_', ' ')} ({asked.help}{example})"
        value: str = click.prompt(question, default=default, hide_input=asked.secret, err=True)
        return value.strip()

    def tell(self, words: str) -> None:
        """Say something."""
        click.echo(words, err=True)


@account_command.command("connect", short_help="Connect an account, or connect it again.")
@click.argument("name")
@click.option("--network", "wanted", help="The network; asked for if NAME is new and this is left out.")
@click.option("--server", default="", help="The account's server, where its network has many, or to try things out.")
@click.pass_context
def connect_command(ctx: click.Context, name: str, wanted: str | None, server: str) -> None:
    """Connect account NAME, or connect it again: you are asked for what its network needs.

    Secrets are kept encrypted in the ledger; the rest goes into config.toml. An account that is
    new stays quiet until `handbill account start NAME`.
    """
    app = opened(ctx)
    if app.config.is_default:
        raise AskedWrongly("There is no config.toml here yet. Make one with: handbill init")
    talk = Conversation()
    there = app.config.accounts.get(name)
    names = sorted(known for known, network in app.networks.items() if network.connect and not network.practice)
    chosen = wanted or (there.network if there else talk.ask(Field(name="network", help=f"one of {', '.join(names)}")))
    if chosen not in app.networks:
        raise AskedWrongly(f'There is no network "{chosen}". Accounts can be on: {", ".join(names)}.')
    show(connect(app, name, app.networks[chosen], talk, server), app.networks[chosen])
    click.echo("Kept. Now give it times under [[schedule]] in config.toml, and look at its week: handbill plan")
    click.echo(f"If you like what you see: handbill account start {name}")
    click.echo(_who_is_told(app))


def _who_is_told(app: App) -> str:
    """What to do so that somebody hears of it when a post fails."""
    trial = "handbill account check --notify"
    to = addresses(app)
    if to.all or to.faults:
        return f"When something goes wrong you are told. Try whether it arrives: {trial}"
    return f"Nobody is told yet when something goes wrong. {WRITE} Then: {trial}"


@account_command.command("check", short_help="How do the accounts stand?")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--json", "as_json", is_flag=True, help="JSON lines.")
@click.option("--notify", "with_notice", is_flag=True, help="Only send a test message to whom notices go.")
@click.pass_context
def check_command(ctx: click.Context, names: tuple[str, ...], as_json: bool, with_notice: bool) -> None:
    """Ask each account's network how it stands: who it is, its label, its limits, its cost so far.

    With --notify no network is asked: every address in `notify` gets a test message, and you see which took it.
    """
    app = opened(ctx)
    if with_notice:
        ctx.exit(_notice_tried(app))
    failed = False
    for account in [known(app, name) for name in names] or list(app.config.accounts.values()):
        try:
            found = check(app, account)
        except NetworkError as error:
            failed = True
            complain(f"{account.name}: {error}")
            continue
        if as_json:
            lines([as_line(found)])
        else:
            show(found, app.networks[account.network])
    ctx.exit(1 if failed else 0)


def _notice_tried(app: App) -> int:
    """Send a test message to every address; the exit code."""
    told = try_out(app)
    for one in told:
        if one.why:
            complain(f"{one.name} did not take it: {one.why}.")
        else:
            click.echo(f"{one.name} took it. Look whether it is there.")
    for fault in addresses(app).faults:
        complain(f"{fault}.")
    return 1 if wrong(app) else 0


def as_line(found: Checked) -> dict[str, object]:
    """How an account stands, as a JSON line."""
    standing = found.standing
    return {
        "account": found.account.name,
        "network": found.account.network,
        "identity": found.identity,
        "handle": standing.handle,
        "url": standing.url or None,
        "labelled": standing.labelled,
        "ends": instant(standing.ends) if standing.ends else None,
        "begun": found.begun,
        "cost": round(found.cost, 3),
        "month": round(found.month, 3),
        "rules": list(standing.rules),
        "notes": list(standing.notes),
    }


def show(found: Checked, network: Network) -> None:
    """How an account stands, for a person."""
    account, standing = found.account, found.standing
    who = f"{standing.handle} on {network.label}" if standing.handle != account.name else network.label
    click.secho(f"{account.name}: {who}", bold=True)
    said = {None: "only you can see it", True: "yes", False: f"no. Set it: handbill account label {account.name}"}
    if not (account.by_hand or network.practice):
        click.echo(f"  marked as automated: {said[standing.labelled]}")
    if standing.ends:
        click.echo(f"  access ends: {instant(standing.ends)}; before that: handbill account connect {account.name}")
    if found.cost or found.month:
        limit = "" if account.budget is None else f" of {account.budget:.2f} (`budget`)"
        click.echo(f"  its posts so far cost: {found.cost:.2f} USD; this month, with looking: {found.month:.2f}{limit}")
    if not found.begun:
        click.echo(
            f"  quiet until you have seen its week (handbill plan) and say: handbill account start {account.name}"
        )
    for note in standing.notes:
        click.echo(f"  {note}")
    for number, rule in enumerate(standing.rules, 1):
        click.echo(f"  rule {number} of its server: {rule}")


@account_command.command("label", short_help="Mark an account as automated.")
@click.argument("name")
@click.pass_context
def label_command(ctx: click.Context, name: str) -> None:
    """Mark account NAME as automated, where its network lets a program do so."""
    app = opened(ctx)
    account = known(app, name)
    if not label(app, account):
        raise HandbillError(f"{app.networks[account.network].label} lets only you do this, in the account's settings.")
    click.echo(f"{name} is marked as automated.")


@account_command.command("start")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def start_command(ctx: click.Context, name: str, yes: bool) -> None:
    """Let account NAME begin, after a look at its coming week."""
    app = opened(ctx)
    account = known(app, name)
    now, week = app.clock(), first_week(app, name)
    show_plan(week, app.config.zone)
    at_once = ", the first of it at once" if week and week[0].choice.slot.at <= now else ""
    if not yes:
        click.confirm(f"Shall {name} say this by itself{at_once}?", abort=True, err=True)
    click.echo(f"{name} begins." if start(app, account) else f"{name} had begun already.")
