"""How results are shown: tables and colours where a person watches, plain rows elsewhere."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

import click

from bot.app import App, open_app
from bot.core.problem import AskedWrongly, Problem

Item = TypeVar("Item")


def opened(ctx: click.Context, *, silent: bool = False) -> App:
    """The app for this command; unless it is a silent one, it says if it runs on the built-in default."""
    path: Path | None = ctx.find_root().obj
    app = open_app(path)
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
        complain("The posts above are left out until that is put right. See: handbill check")


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table for a person, tab-separated rows for a program."""
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join(cell.replace("\n", " ").replace("\t", " ") for cell in row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(*heads, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        grid.add_row(*map(Text, row))
    Console().print(grid)


def watched(label: str) -> Callable[[Sequence[Item]], Iterable[Item]]:
    """Go through a sequence; after a second, show a bar if a person watches."""

    def through(items: Sequence[Item]) -> Iterator[Item]:
        if not sys.stderr.isatty():
            yield from items
            return
        from rich.console import Console
        from rich.progress import Progress

        begun = monotonic()
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task(label, total=len(items), visible=False)
            for item in items:
                yield item
                progress.update(task, advance=1, visible=monotonic() - begun > 1)

    return through


class InstantType(click.ParamType[datetime]):
    """An instant as ISO 8601 writes it; without an offset it is read in the config's zone."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            self.fail(f'"{value}" is no instant. Write it like 2026-12-01T09:00 or 2026-12-01T14:00Z.', param, ctx)


INSTANT = InstantType()


def begin(app: App, start: datetime | None) -> datetime:
    """The instant to begin at, in UTC: now, if none is given."""
    if start is None:
        return app.clock()
    return start.replace(tzinfo=start.tzinfo or app.config.zone).astimezone(UTC)


def span(days: float) -> float:
    """A number of days that makes sense; raises AskedWrongly."""
    if not 0 < days <= 3660:
        raise AskedWrongly("--days needs a number above 0, at most 3660.")
    return days
