"""python -m tests.bench [NAMES]: how much slower than a bare loop the heaviest work is, measured in one run.

The names: start, check, share, deliver, late, past, memory, pages, desk; all, if none is named. Each figure is a
ratio of medians, both sides measured in turn on the same machine; aims are goals, not tests.
"""

import csv
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from urllib.parse import quote

import click
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.app import App, open_app
from bot.cli.share import show_json
from bot.core.render import compile_words
from bot.core.timetable import local_day
from bot.work.deal import share_with
from bot.work.review import review
from bot.work.share import Wanted
from tests.bench import deliveries, ledger
from tests.bench.desk import desk
from tests.bench.memory import memory
from tests.bench.pages import pages
from tests.servers import postgres

ROOT = Path(__file__).parents[2]
NETWORKS = ("x", "bluesky", "mastodon", "threads", "whatsapp", "telegram")


@click.command()
@click.argument("names", nargs=-1)
@click.option("--posts", default=10_000, show_default=True, help="How many posts check reads.")
@click.option("--rows", default=100_000, show_default=True, help="How many supporters get links.")
@click.option("--rounds", default=7, show_default=True, help="How often the start is measured.")
@click.option("--hours", default=8, show_default=True, help="How often each of 50 accounts speaks.")
@click.option("--past", default=1_000_000, show_default=True, help="How many deliveries lie behind a look.")
def main(names: tuple[str, ...], posts: int, rows: int, rounds: int, hours: int, past: int) -> None:
    """Measure what is named, or all, and print a line for each."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        measures: dict[str, Callable[[], None]] = {
            "start": lambda: report("start of plan", start(rounds), 1.5, f"median of {rounds}"),
            "check": lambda: report("check", check(folder / "check", posts), 10, f"{posts:,} posts"),
            "share": lambda: shares(folder / "share", rows),
            "deliver": lambda: deliver(folder / "deliver", hours),
            "late": lambda: late(folder / "late"),
            "past": lambda: long_past(folder / "past", past, rounds),
            "memory": lambda: click.echo(
                f"{'up, memory':20} {memory(folder / 'memory'):6.0f} MB, three networks connected"
            ),
            "pages": lambda: click.echo(f"{'pages, against bare':20} {pages(5, 2000):6.2f} (aim 0.80)"),
            "desk": lambda: pages_of_desk(folder / "desk", rounds),
        }
        for name in names or measures:
            measures[name]()


def shares(folder: Path, rows: int) -> None:
    """Share links for many supporters, and the memory they take."""
    report("share", share(folder, rows), 1.5, f"{rows:,} rows x {len(NETWORKS)} networks")
    small, large = (peak(folder, number) for number in (rows // 10, rows))
    click.echo(f"{'share, peak memory':20} {small:6.0f} MB for {rows // 10:,} rows, {large:.0f} MB for {rows:,}")


def deliver(folder: Path, hours: int) -> None:
    """Deliveries of 50 accounts to a network that takes 50 ms, by one and four workers, on both databases."""
    with postgres.serving() as server:
        for workers in (1, 4):
            for kind, url in (("SQLite", ""), ("PostgreSQL", server.fresh())):
                place = deliveries.stage(folder / f"{kind}-{workers}", hours, url)
                posts = hours * deliveries.ACCOUNTS
                sides = deliveries.bare(workers, posts), deliveries.engine(place, workers, hours)
                report(f"{kind}, {workers} at work", sides, 1.3, f"{posts / sides[1]:.0f} posts a second")


def late(folder: Path) -> None:
    """How late posts are of which a hundred are due in the same second."""
    middle, last = deliveries.lateness(deliveries.stage(folder, 2))
    click.echo(f"{'lateness':20} {middle:6.2f} s the median, {last:.2f} s the 99th of 100 due in one second")


def long_past(folder: Path, past: int, rounds: int) -> None:
    """What a look costs with many old deliveries against an empty ledger, SQLite and PostgreSQL."""
    files = [f"sqlite:///{folder}-{name}.db" for name in ("short", "long")]
    told = {"SQLite": ledger.compared(folder / "file", files[0], files[1], past, rounds)}
    with postgres.serving() as server:
        told["PostgreSQL"] = ledger.compared(folder / "server", server.fresh(), server.fresh(), past, rounds)
    for database, found in told.items():
        for what, without, with_past in found:
            click.echo(
                f"{f'look, {what}':20} {with_past / without:6.2f} times one at an empty ledger "
                f"({with_past * 1000:.1f} ms : {without * 1000:.1f} ms; aim 1.2; {past:,} old deliveries, {database})"
            )


def pages_of_desk(folder: Path, rounds: int) -> None:
    """What the pages and forms of the desk cost, the dearest first."""
    for one in sorted(desk(folder, 100_000, rounds), key=lambda one: -one.seconds):
        click.echo(f"{'desk':20} {one.seconds:6.2f} s  {one.what} (aim 1; first time {one.first:.2f})")


def report(what: str, sides: tuple[float, float], aim: float, how: str) -> None:
    """One line: the ratio, its two sides, the aim."""
    bare, ours = sides
    click.echo(f"{what:20} {ours / bare:6.2f} times a bare loop ({ours:.2f} s : {bare:.2f} s; aim {aim:g}; {how})")


def start(rounds: int) -> tuple[float, float]:
    """A bare import of the three libraries against a whole `handbill plan --days 7` of the sample library."""
    bare = [sys.executable, "-c", "import click, jinja2, sqlalchemy"]
    ours = [sys.executable, "-m", "bot", "plan", "--days", "7"]
    times = [(timed(lambda: quiet(bare)), timed(lambda: quiet(ours))) for _ in range(rounds)]
    return median(time for time, _ in times), median(time for _, time in times)


def quiet(command: list[str]) -> None:
    """Run a command, its output thrown away."""
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


def timed(act: Callable[[], object]) -> float:
    """How many seconds an act takes."""
    begun = perf_counter()
    act()
    return perf_counter() - begun


def check(folder: Path, posts: int) -> tuple[float, float]:
    """Reading and rendering every post against all that `check` does."""
    write_library(folder, posts)
    bare = timed(lambda: bare_check(folder))
    compile_words.cache_clear()
    ours = timed(lambda: review(app_in(folder)))
    return bare, ours


def bare_check(folder: Path) -> None:
    """Read each file, render each wording."""
    environment = ImmutableSandboxedEnvironment()
    for path in sorted(folder.rglob("*.txt")):
        for wording in path.read_text(encoding="utf-8").split("+++")[2].split("\n---\n"):
            environment.from_string(wording).render(me={}, campaign={"title": "Clean air"})


def write_library(folder: Path, posts: int) -> None:
    """A campaign with many posts of two wordings, one with a place for the supporter's town."""
    campaign = folder / "posts" / "clean-air"
    campaign.mkdir(parents=True)
    (folder / "config.toml").write_text(
        '[accounts.outbox]\nnetwork = "outbox"\n'
        '[[schedule]]\ncampaign = "clean-air"\naccounts = ["outbox"]\ntimes = ["09:00"]\n'
    )
    (campaign / "campaign.toml").write_text(
        'title = "Clean air"\nlinks.sign = "https://example.org/sign"\nhashtags.always = ["#CleanAir"]\n'
        '[ask.city]\nlabel = "Town"\n'
    )
    for number in range(posts):
        (campaign / f"post-{number}.en.txt").write_text(
            f'+++\nlink = "sign"\nhashtags = ["#BusLanes"]\n+++\n'
            f'Street {number}: {{{{ me.city or "my town" }}}} wants a bus every four minutes, and air that children '
            f"can breathe. {number * 7} neighbours have signed so far.\n---\n"
            f"Number {number} on our list for {{{{ campaign.title }}}}: a lane for buses, trees beside it, "
            f"and quiet nights for all.\n"
        )


def app_in(folder: Path) -> App:
    """The app that a config in `folder` opens."""
    return open_app(folder / "config.toml")


def share(folder: Path, rows: int) -> tuple[float, float]:
    """Rendering and quoting for each row and network against `share --supporters --json`."""
    if not folder.exists():
        write_library(folder, 20)
    file = write_supporters(folder, rows)
    words = (
        "{{ me.city or 'my town' }} wants a bus every four minutes, and air that children can breathe. "
        "140 neighbours have signed so far. #CleanAir\nhttps://example.org/sign"
    )
    bare = timed(lambda: bare_share(file, words))
    ours = timed(lambda: whole_share(folder, file))
    return bare, ours


def bare_share(file: Path, words: str) -> None:
    """Render a compiled template and quote it, for each row and network."""
    template = ImmutableSandboxedEnvironment().from_string(words)
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            for _ in NETWORKS:
                quote(template.render(me=row), safe="")


def whole_share(folder: Path, file: Path) -> None:
    """What the command does, its JSON lines thrown away."""
    app = app_in(folder)
    today = local_day(app.clock(), app.config.zone)
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        show_json(share_with(app, Wanted(networks=NETWORKS), file, today, print, print))


def write_supporters(folder: Path, rows: int) -> Path:
    """A file of supporters, every third of them with a town that nobody else has."""
    file = folder / f"supporters-{rows}.csv"
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(("name", "city"))
        writer.writerows((f"Ana {number}", f"Peña {number}" if number % 3 else "Springfield") for number in range(rows))
    return file


def peak(folder: Path, rows: int) -> float:
    """The most memory, in megabytes, that a process of its own takes for so many rows."""
    file = write_supporters(folder, rows)
    command = [
        sys.executable,
        "-m",
        "bot",
        "--config",
        str(folder / "config.toml"),
        "share",
        "--json",
        "--supporters",
        str(file),
    ]
    command += [part for name in NETWORKS for part in ("--network", name)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, _, usage = os.wait4(process.pid, 0)
    assert isinstance(usage, resource.struct_rusage)
    return usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
