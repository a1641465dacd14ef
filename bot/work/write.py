"""Write: new files in the library; nothing existing is ever overwritten."""

import re
from contextlib import suppress
from pathlib import Path

from bot.app import App, sample_library
from bot.core.problem import AskedWrongly, HandbillError
from bot.core.schema import LANGUAGE
from bot.core.typeset import WINDOWS
from bot.library.campaign import FILE

SKELETON = """\
+++
# tags = ["facts"]
# link = "sign"                  # a name from campaign.toml
# hashtags = ["#CleanAir"]
# image = { file = "images/lane.png", alt = "What the picture shows" }
# source = { text = "Where the facts come from", url = "https://example.org", date = 2026-01-31 }
# until = 2027-01-31
# short = 'Fewer words, for where these do not fit.'
+++
"""

# Bytes of a name. File systems take 255, and language and ending come behind it.
LONGEST = 200


def new_post(app: App, campaign: str, name: str, language: str | None, text: str) -> Path:
    """Make a post's file, and its campaign if there is none; where it stands. Raises AskedWrongly."""
    for given in (campaign, name):
        check_name(given)
    whole = app.library.campaigns.get(campaign)
    chosen = language or (whole.languages[0] if whole else "en")
    check_language(chosen)
    folder = app.config.library / campaign
    path = folder / f"{name}.{chosen}.txt"
    try:
        words = text.replace("\r\n", "\n").strip()
        written = (f"{words}\n" if words else SKELETON).encode()
    except UnicodeEncodeError as error:
        raise AskedWrongly(
            "These words are not UTF-8. Save them in a file as UTF-8, and give it with < FILE."
        ) from error
    if path.exists():
        raise AskedWrongly(f"{path} is there already and stays as it is. Choose another name.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        begin_campaign(folder)
        _put(path, written)
    except OSError as error:
        raise HandbillError(
            f"{path} cannot be written ({error.strerror}). See that there is room, and that you may write there."
        ) from error
    return path


def own_library(app: App) -> None:
    """Raise AskedWrongly where the library is the one that came with Handbill: nobody writes there."""
    if app.config.is_default and app.config.library == sample_library():
        raise AskedWrongly("There is no library of your own here yet. Make one with: handbill init")


def check_name(given: str) -> None:
    """Raise AskedWrongly for what can be no new post's or campaign's name."""
    if not re.fullmatch(r"\w[\w-]*", given):
        raise AskedWrongly(f'"{given}" is no usable name. Use letters, digits and -.')
    if len(given.encode()) > LONGEST:
        raise AskedWrongly(f'"{given[:20]}…" is too long for a name. Use a few words.')
    if WINDOWS.fullmatch(given):
        raise AskedWrongly(
            f'Windows has no files named "{given}", and the library may be used there. Take another name.'
        )


def check_language(given: str) -> None:
    """Raise AskedWrongly for what is no language."""
    if not re.fullmatch(LANGUAGE, given):
        raise AskedWrongly(f'"{given}" is no language. Write it like en, es or pt-BR.')


def _put(path: Path, content: bytes) -> None:
    """Write a new file whole, or leave none behind; FileExistsError if there is one."""
    with path.open("xb") as file:
        try:
            file.write(content)
            file.flush()
        except BaseException:
            path.unlink()
            raise


def begin_campaign(folder: Path) -> None:
    """Write a campaign's own file where there is none."""
    with suppress(FileExistsError):
        _put(folder / FILE, f'title = "{folder.name.replace("-", " ").capitalize()}"\n'.encode())
