"""The command line: words typed become calls, results become words shown. Each command loads when it is used."""

import errno
import os
import sys
from importlib import import_module
from pathlib import Path

import click

from bot.core.problem import AskedWrongly, HandbillError

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
    "post": "post",
    "account": "account",
    "delivery": "delivery",
    "pause": "run",
    "resume": "run",
}
CLOSED = 141  # as Unix tools end whose reader has gone: 128 + SIGPIPE


class Commands(click.Group):
    """Commands by name, each imported only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"bot.cli.{COMMANDS[cmd_name]}"), f"{cmd_name}_command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        from difflib import get_close_matches

        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            close = get_close_matches(args[0], COMMANDS, 1)
            ctx.fail(f'There is no command "{args[0]}".' + (f' Did you mean "{close[0]}"?' if close else ""))
        return super().resolve_command(ctx, args)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
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


def main() -> None:
    """Run the command line and end the process with its exit code."""
    _speak_utf8()
    try:
        code = handbill.main(standalone_mode=False) or 0
        sys.stdout.flush()
    except click.exceptions.Exit as ended:
        code = ended.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nStopped. Nothing was lost.", err=True)
        code = 130
    except AskedWrongly as error:
        code = _complain(str(error), 2)
    except HandbillError as error:
        code = _complain(str(error), 1)
    except OSError as error:
        code = _complain_of(error)
    sys.exit(_flushed(code if isinstance(code, int) else 0))


def _speak_utf8() -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")


def _complain(words: str, code: int) -> int:
    click.echo(words, err=True)
    return code


def _complain_of(error: OSError) -> int:
    if error.errno in (errno.EPIPE, errno.EINVAL):
        return CLOSED
    if error.errno == errno.ENOSPC:
        return _complain("The disk is full. Make room, then run the same command again; nothing was lost.", 1)
    place = f"{error.filename} cannot be used" if error.filename else "Something cannot be read or written"
    return _complain(f"{place} ({error.strerror}). Check that it exists and may be written.", 1)


def _flushed(code: int) -> int:
    try:
        sys.stdout.flush()
    except OSError as error:
        # Whatever is left cannot go out; keep the interpreter from trying again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _complain_of(error)
    return code
