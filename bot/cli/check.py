"""check: every problem in config and library."""

import sys

import click

from bot.app import ConfigBroken
from bot.cli.show import complain, lines, opened, watched
from bot.core.problem import Problem
from bot.work.report import problem_line
from bot.work.review import review


@click.command("check")
@click.option("--json", "as_json", is_flag=True, help="JSON lines.")
@click.pass_context
def check_command(ctx: click.Context, as_json: bool) -> None:
    """Find every problem in config and library; silent if none.

    Errors end with exit code 1; warnings are worth a look, and everything works.
    """
    try:
        app = opened(ctx, silent=True)
        problems = review(app, watched("Reading posts"))
    except ConfigBroken as broken:
        problems = broken.problems
    errors = sum(problem.severity == "error" for problem in problems)
    if as_json:
        lines(problem_line(problem) for problem in problems)
    else:
        show(problems)
    if problems:
        complain(f"{_count(errors, 'error')}, {_count(len(problems) - errors, 'warning')}.")
    elif sys.stderr.isatty():
        complain("No problems.", dim=True)
    ctx.exit(1 if errors else 0)


def show(problems: list[Problem]) -> None:
    """Each problem: where, what, what to do."""
    for problem in problems:
        severity = click.style(problem.severity, fg="red" if problem.severity == "error" else "yellow")
        click.echo(f"{problem.where}: {severity}: {problem.what}")
        if problem.hint:
            click.echo(f"    {problem.hint}")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
