"""init: a folder of one's own to begin with."""

import shutil
from pathlib import Path

import click

from bot.app import example_config, sample_library
from bot.config import FILE
from bot.core.problem import AskedWrongly


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
def init_command(folder: Path) -> None:
    """Make config.toml and a copy of the sample library, in FOLDER or here."""
    config, posts = folder / FILE, folder / "posts"
    for there in (config, posts):
        if there.exists():
            raise AskedWrongly(f"{there} is there already and stays as it is. Name another folder: handbill init NAME")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(sample_library(), posts)
    shutil.copyfile(example_config(), config)
    click.echo(f"Made {config} and {posts}, with a sample campaign that goes to an outbox only.")
    click.echo("Next:" + ("" if folder == Path() else f"\n  cd {folder}"))
    click.echo(
        "  handbill check      find problems\n"
        "  handbill plan       see what will be said this week\n"
        "  handbill up         begin"
    )
