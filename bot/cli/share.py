"""share and measure: links with the words in them, and how long words are."""

import csv
import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from bot.app import App
from bot.cli.show import complain, indented, left_out, lines, opened, typed, watched
from bot.core.measure import fits, measure
from bot.core.network import Network
from bot.core.problem import AskedWrongly, Problem
from bot.core.timetable import local_day
from bot.work.deal import all_of, share_with
from bot.work.mailing import STYLES, mailing, personal
from bot.work.share import Shared, Wanted, offers, shared

COLUMNS = (
    "campaign",
    "post",
    "wording",
    "language",
    "network",
    "text",
    "url",
    "length",
    "limit",
    "carries_text",
    "supporter",
)


@click.command("share")
@click.option("--campaign", help="Only this campaign.")
@click.option("--network", "networks", multiple=True, help="Only this network; may be given more than once.")
@click.option("--language", help="Only this language.")
@click.option("--post", help="Only this post.")
@click.option("--server", help="For networks of many servers: make links to this one (example: mastodon.social).")
@click.option(
    "--supporters", type=click.Path(path_type=Path, dir_okay=False), help="A CSV file with one supporter a row."
)
@click.option(
    "--mailing",
    "style",
    type=click.Choice(list(STYLES)),
    help="A link to the share pages for a newsletter, with this program's places to fill; with --supporters, one each.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON lines: the exact form.")
@click.pass_context
def share_command(
    ctx: click.Context,
    campaign: str | None,
    networks: tuple[str, ...],
    language: str | None,
    post: str | None,
    server: str | None,
    supporters: Path | None,
    style: str | None,
    as_json: bool,
) -> None:
    """Make share links: supporters find the words prefilled.

    With --supporters each row gets one wording for each network, and without --json the result is CSV.
    """
    app = opened(ctx)
    left_out(app.library.problems)
    answers = {"server": server} if server else {}
    wanted = Wanted(campaign=campaign, networks=networks, language=language, post=post, answers=answers)
    told = Told()
    if style:
        ctx.exit(show_mailing(app, wanted, style, supporters, told, as_json=as_json))
    found = told.counted(links(app, wanted, supporters, told))
    if as_json:
        show_json(found)
    elif supporters:
        show_csv(found)
    else:
        show_links(found)
    if not told.links:
        complain("Nothing can be shared today. See: handbill post list")
    ctx.exit(1 if told.errors else 0)


def links(app: App, wanted: Wanted, supporters: Path | None, told: "Told") -> Iterator[Shared]:
    """The links asked for, one after the other."""
    today = local_day(app.clock(), app.config.zone)
    if supporters:
        watch = all_of if sys.stdout.isatty() else watched("Making links")
        return share_with(app, wanted, supporters, today, told.tell, told.tell_row, watch)
    return (shared(one, {}, wanted.answers) for one in offers(app, wanted, today, told.tell))


def show_mailing(app: App, wanted: Wanted, style: str, supporters: Path | None, told: "Told", *, as_json: bool) -> int:
    """Links to the share pages for a mailing; the exit code."""
    one_each = supporters and personal(app, wanted, supporters, told.tell, told.tell_row)
    found = one_each or mailing(app, wanted, style)
    if as_json:
        lines(one.line() for one in found)
    elif supporters:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(("campaign", "language", "url", "supporter"))
        writer.writerows(one.line().values() for one in found)
    else:
        for one in found:
            click.echo(one.url)
        complain(
            "Put it into your mailing as it is, and switch click tracking off for it: that would cut off or store "
            "what stands after the #."
        )
    return 1 if told.errors else 0


class Told:
    """What was complained of, each thing once, and how many links there were."""

    def __init__(self) -> None:
        self.errors = 0
        self.links = 0
        self._seen: set[Problem] = set()

    def tell(self, problem: Problem) -> None:
        """Say a problem, the first time."""
        if problem not in self._seen:
            self._seen.add(problem)
            self.errors += problem.severity == "error"
            complain(str(problem))

    def tell_row(self, number: int, what: str) -> None:
        """Say what is wrong with a supporter's row."""
        self.errors += 1
        complain(f"Row {number} is left out: {what.rstrip('?')}{'?' if what.endswith('?') else '.'}")

    def counted(self, found: Iterable[Shared]) -> Iterator[Shared]:
        """Give links on, and count them."""
        for one in found:
            self.links += 1
            yield one


def show_json(found: Iterable[Shared]) -> None:
    """JSON lines, written in large pieces: there may be many."""
    encode = json.JSONEncoder(ensure_ascii=False).encode
    write = sys.stdout.write
    for one in found:
        write(encode(one.line()) + "\n")


def show_csv(found: Iterable[Shared]) -> None:
    """CSV for spreadsheets; a cell that one would run as a formula gets an apostrophe before it."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in found:
        writer.writerow([guarded(value) for value in one.line().values()])


def guarded(value: object) -> object:
    """A cell that no spreadsheet takes for a formula: https://owasp.org/www-community/attacks/CSV_Injection"""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"):
        return "'" + value
    return "" if value is None else value


def show_links(found: Iterable[Shared]) -> None:
    """Each link under the words it carries."""
    for one in found:
        offer, network = one.offer, one.offer.network
        head = f"{offer.campaign.name}/{offer.post.name} (wording {offer.wording}, {offer.variant.language})"
        click.secho(f"{network.label}: {head}; {one.length} of {network.counting.limit}", bold=True)
        click.echo(indented(one.text, 4))
        if not network.carries_text:
            click.secho("    This link carries no words: copy them first, then open it.", dim=True)
        click.echo(f"    {one.url}\n")


@click.command("measure")
@click.option("--network", required=True, help="The network that counts.")
@click.option("--jsonl", is_flag=True, help="Read one JSON string a line.")
@click.pass_context
def measure_command(ctx: click.Context, network: str, jsonl: bool) -> None:
    """Count a text on standard input as a network counts it.

    Answers with JSON: its length, the limit, and whether it fits.
    """
    networks = open_networks()
    if network not in networks:
        raise AskedWrongly(f'There is no network "{network}". Known: {", ".join(sorted(networks))}.')
    for text in _texts(jsonl):
        click.echo(json.dumps(measured(text, networks[network])))


def open_networks() -> dict[str, Network]:
    """All networks; counting needs no config."""
    from bot import networks

    return networks.load()


def measured(text: str, network: Network) -> dict[str, object]:
    """A text's length, the limit, and whether it fits."""
    return {
        "length": measure(text, network.counting),
        "limit": network.counting.limit,
        "fits": fits(text, network.counting),
    }


def _texts(jsonl: bool) -> Iterable[str]:
    if not jsonl:
        yield re.sub(r"\r?\n\Z", "", "".join(typed()))
        return
    for number, row in enumerate(typed(), 1):
        yield _json_string(row, number)


def _json_string(row: str, number: int) -> str:
    try:
        text = json.loads(row)
    except (ValueError, RecursionError):
        text = None
    if not isinstance(text, str):
        raise AskedWrongly(f'Line {number} of the input is not a JSON string. Write it in quotes: "Clean air now".')
    return text
