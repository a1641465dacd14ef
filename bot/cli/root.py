"""The root of the command line: which commands there are. Each loads when it is used."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TextIO

import click

from bot.cli.ending import code_of, flushed, stopped

# Where each command stands: a module of this package, and the command's name in it.
COMMANDS = {
    "up": "run",
    "init": "init",
    "check": "check",
    "plan": "plan",
    "run": "run",
    "rehearse": "plan",
    "share": "share",
    "measure": "share",
    "site": "site",
    "post": "post",
    "account": "account",
    "delivery": "delivery",
    "desk": "desk",
    "backup": "backup",
    "restore": "backup",
    "service": "service",
    "pause": "run",
    "resume": "run",
}


class Failed(Exception):
    """An error on its way to the end of the program, past click, which has its own ideas of some."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


class Commands(click.Group):
    """Commands by name, each imported only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the manual."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"bot.cli.{COMMANDS[cmd_name]}"), f"{cmd_name}_command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is meant, or say which one may be."""
        from difflib import get_close_matches

        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            close = get_close_matches(args[0], COMMANDS, 1)
            ctx.fail(f'There is no command "{args[0]}".' + (f' Did you mean "{close[0]}"?' if close else ""))
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command. click would end a closed pipe with 1 and an interrupt with an empty row."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            raise Failed(error) from error


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "-c", "--config", type=click.Path(path_type=Path), help="The config file; else config.toml in this folder."
)
@click.version_option(package_name="handbill")
@click.pass_context
def handbill(ctx: click.Context, config: Path | None) -> None:
    """Sample posts, said by your organization's accounts or shared by your supporters.

    Without a config.toml everything runs on a built-in default: the sample library and an outbox, a
    folder that takes the posts.
    """
    ctx.obj = config
    from bot.app import wants_colour

    ctx.color = wants_colour()
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def run(arguments: Sequence[str]) -> int:
    """Run one command; its exit code. Errors become one sentence each."""
    speak_utf8()
    return flushed(_run(arguments))


def _run(arguments: Sequence[str]) -> int:
    try:
        code = handbill.main(list(arguments), prog_name="handbill", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as ended:
        code = ended.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except click.Abort:
        code = stopped()
    except Failed as failed:
        code = code_of(failed.error)
    except OSError as error:
        code = code_of(error)
    return code if isinstance(code, int) else 0


def speak_utf8() -> None:
    """Make the streams UTF-8, whatever the machine's own encoding is; one that is closed swallows all."""
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")
