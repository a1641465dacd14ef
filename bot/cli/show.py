"""How results are shown: tables and colours where a person watches, plain rows elsewhere."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from time import monotonic
from typing import Any, Protocol, TypeVar

import click

from bot.app import App, open_app
from bot.core.problem import AskedWrongly, Problem

Item = TypeVar("Item")


def opened(ctx: click.Context, *, silent: bool = False) -> App:
    """The app for this command; unless it is a silent one, it says if it runs on the built-in default."""
    path: Path | None = ctx.find_root().obj
    app = open_app(path)
    ctx.call_on_close(app.close)
    if app.config.is_default and (sys.stderr.isatty() or not silent):
        complain("No config.toml here: using the built-in default (handbill init makes your own).", dim=True)
    return app


def complain(words: str, *, dim: bool = False) -> None:
    """Say something to the person, not to the next program."""
    click.secho(words, err=True, dim=dim)


def indented(text: str, by: int) -> str:
    """The rows of a text moved to the right."""
    return "\n".join(f"{' ' * by}{row}".rstrip() for row in text.split("\n"))


def lines(rows: Iterable[Mapping[str, Any]]) -> None:
    """Each row as one line of JSON."""
    for row in rows:
        click.echo(json.dumps(row, ensure_ascii=False))


def left_out(problems: Iterable[Problem]) -> None:
    """Say what the program goes on without."""
    if errors := [problem for problem in problems if problem.severity == "error"]:
        for problem in errors[:5]:
            complain(str(problem))
        if len(errors) > 5:
            complain(f"… and {len(errors) - 5} more.")
        complain("What stands there is left out until that is put right. See: handbill check")


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table for a person, tab-separated rows for a program."""
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join(cell.replace("\n", " ").replace("\t", " ") for cell in row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, header_style="bold", pad_edge=False)
    for head in heads:
        grid.add_column(head, overflow="fold")  # rather than cut
    for row in rows:
        grid.add_row(*map(Text, row))
    Console().print(grid)


class Noun(click.Group):
    """Commands about one thing; alone it shows which there are."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Show help where nothing is asked."""
        if not args:
            click.echo(ctx.get_help())
            ctx.exit()
        return super().parse_args(ctx, args)


class Watched(Protocol):
    """A way through items of which there are about `total`."""

    def __call__(self, items: Iterable[Item], total: int | None = None) -> Iterable[Item]:
        """Give each item on."""


def watched(label: str) -> Watched:
    """Go through items; after a second, show a bar if a person watches."""

    def through(items: Iterable[Item], total: int | None = None) -> Iterator[Item]:
        if not sys.stderr.isatty():
            yield from items
            return
        from rich.console import Console
        from rich.progress import Progress

        begun = monotonic()
        with Progress(console=Console(stderr=True), transient=True) as progress:
            expected = len(items) if isinstance(items, Sized) else total
            task = progress.add_task(label, total=expected, visible=False)
            for item in items:
                yield item
                progress.update(task, advance=1, visible=monotonic() - begun > 1)

    return through


class InstantType(click.ParamType[datetime]):
    """An instant as ISO 8601 writes it; without an offset it is read in the config's zone."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read what was typed, or say how to write it."""
        if isinstance(value, datetime):
            return value
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f'"{value}" names no day and time. Write it like 2026-12-01T09:00 or 2026-12-01T14:00Z.', param, ctx
            )


INSTANT = InstantType()


def begin(app: App, start: datetime | None, option: str = "--from") -> datetime:
    """The instant that was typed, in UTC: now, if none was."""
    if start is None:
        return app.clock()
    if not 1970 < start.year < 9000:
        raise AskedWrongly(f"{option} lies too far away. Write it like 2026-12-01T09:00.")
    return start.replace(tzinfo=start.tzinfo or app.config.zone).astimezone(UTC)


def span(days: float) -> float:
    """A number of days that makes sense; raises AskedWrongly."""
    if not 0 < days <= 3660:
        raise AskedWrongly("--days needs a number above 0, at most 3660.")
    return days


def typed() -> Iterable[str]:
    """The rows of standard input, each with its end; raises AskedWrongly if they are not UTF-8."""
    source = sys.stdin
    if source is None:
        return
    if isinstance(source, TextIOWrapper):
        source.reconfigure(encoding="utf-8", errors="strict", newline="")
    try:
        yield from source
    except UnicodeDecodeError as error:
        raise AskedWrongly("The text on standard input is not UTF-8. Save it as UTF-8 first.") from error
