"""init: a folder of one's own to begin with."""

import os
import re
import shutil
from pathlib import Path

import click

from bot.app import example_config, here, open_app, sample_library
from bot.config import FILE
from bot.core.problem import AskedWrongly, HandbillError


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
def init_command(folder: Path) -> None:
    """Make a config.toml and a copy of the sample posts.

    They come into FOLDER, or into this one. What is there already stays as it is.
    """
    here()
    config, posts = folder / FILE, folder / "posts"
    for there in (config, posts):
        if there.exists():
            raise AskedWrongly(f"{there} is there already and stays as it is. Name another folder: handbill init NAME")
    make(config, posts)
    click.echo(f"Made {config} and {posts}, with a sample campaign that is posted into a folder only.")
    click.echo(
        "Next:" + ("" if folder == Path() else f'\n  cd "{folder}"' if " " in str(folder) else f"\n  cd {folder}")
    )
    click.echo(
        "  handbill check      find problems (it is silent if there are none)\n"
        "  handbill plan       see what will be said this week\n"
        "  handbill up         begin"
    )


def begun() -> str:
    """Make what the desk changes where there is no config.toml here yet: what was made, in words; "" if all is there.

    Posts that are here already stay, and are said as they were without it.
    """
    config, posts = here() / FILE, here() / "posts"
    if config.exists():
        return ""
    if not posts.exists():
        make(config, posts)
        return f"Made {FILE} and the folder posts, with a sample campaign that is posted into a folder only."
    from bot.work.arrange import begin

    begin(open_app())
    return f"Made {FILE}, which says when the campaigns in the folder posts speak: into a folder only, for now."


def make(config: Path, posts: Path) -> None:
    """Copy both, or leave neither behind; raises HandbillError."""
    copying = posts.with_name(f".{posts.name}.part")
    was_there = posts.parent.exists()
    try:
        posts.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(sample_library(), copying, dirs_exist_ok=True)
        shutil.copyfile(example_config(), config)
        copying.rename(posts)
    except BaseException as error:
        shutil.rmtree(copying, ignore_errors=True)
        config.unlink(missing_ok=True)
        if not was_there:
            shutil.rmtree(posts.parent, ignore_errors=True)
        if not isinstance(error, OSError):
            raise
        raise HandbillError(
            f"{posts.parent.absolute()} cannot be written, and is left as it was ({_reason(error)}). "
            "See that there is room and that you may write there, or name another folder: handbill init NAME"
        ) from error


def _reason(error: OSError) -> str:
    if isinstance(error, shutil.Error):
        # copytree gathers (from, to, words); the number among the words says what it was.
        number = re.search(r"\[Errno (\d+)\]", str(error.args[0][0][2]))
        return os.strerror(int(number[1])) if number else "it could not be copied"
    return error.strerror or str(error)
