"""Serve: let the machine's own manager of services begin the engine, and begin it again."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bot.app import App
from bot.core.problem import AskedWrongly, HandbillError

MARK = "# Made by `handbill service install`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A unit of the user's own systemd: where it stands, its text, and where its secrets may stand."""

    file: Path
    text: str
    environment: Path


def service(app: App, python: Path, verb: Literal["run", "up"] = "run") -> Service:
    """The unit that runs the engine with this Python on this config; raises AskedWrongly without a config.

    `verb`: "up" serves the share pages and the desk, too.

    <https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html>
    """
    if app.source is None:
        raise AskedWrongly("There is no config.toml here yet. Make one with: handbill init")
    home = _config_home(app)
    environment = home / "handbill" / "environment"
    command = " ".join(_word(word) for word in (str(python), "-P", "-m", "bot", "--config", str(app.source), verb))
    text = f"""\
{MARK} It holds no secrets, and must not.

[Unit]
Description=Handbill says what is due, when it is due

[Service]
WorkingDirectory={_path(app.source.parent)}
ExecStart={command}
# Secrets, one NAME=value a row, in a file that only you can read.
EnvironmentFile=-{_path(environment)}
Environment=PYTHONUNBUFFERED=1
Restart=on-failure
RestartSec=30
# A post that is just being said is finished first.
TimeoutStopSec=120

[Install]
WantedBy=default.target
"""
    return Service(file=home / "systemd" / "user" / "handbill.service", text=text, environment=environment)


def _config_home(app: App) -> Path:
    """Where this user's settings are: https://specifications.freedesktop.org/basedir-spec/latest/"""
    named = Path(app.environ.get("XDG_CONFIG_HOME", ""))
    return named if named.is_absolute() else Path.home() / ".config"


def _path(path: Path) -> str:
    return _plain(str(path)).replace("%", "%%")


def _word(word: str) -> str:
    """A word of a command as systemd reads it: % and $ stand for other things there unless they are doubled."""
    told = _plain(word).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return told if re.fullmatch(r"[\w./:-]+", told) else f'"{told}"'


def _plain(path: str) -> str:
    if path.isprintable() and path == path.strip() and not path.endswith("\\"):
        return path
    raise HandbillError(f"{path!r} has signs in its name that no service can have. Rename it, then try again.")


def install(wanted: Service, *, force: bool) -> bool:
    """Write the unit; False if it stands there already. Raises HandbillError where another one would be lost."""
    there = _read(wanted.file)
    if there == wanted.text:
        return False
    if there is not None and not force:
        raise HandbillError(
            f"{wanted.file} is there already and says something else. "
            "Look at it; to replace it: handbill service install --force"
        )
    try:
        wanted.file.parent.mkdir(parents=True, exist_ok=True)
        passing = wanted.file.with_name(f".{wanted.file.name}.part")
        passing.write_text(wanted.text, encoding="utf-8")
        passing.replace(wanted.file)
    except OSError as error:
        raise HandbillError(f"{wanted.file} cannot be written ({error.strerror}). Check its folder.") from error
    return True


def remove(wanted: Service, *, force: bool) -> bool:
    """Take the unit away, and what begins it with the machine; False if there is none. Raises HandbillError."""
    there = _read(wanted.file)
    if there is None:
        return False
    if not there.startswith(MARK) and not force:
        raise HandbillError(
            f"{wanted.file} was not made by Handbill, so it stays. To take it away all the same: "
            "handbill service remove --force"
        )
    try:
        (wanted.file.parent / "default.target.wants" / wanted.file.name).unlink(missing_ok=True)
        wanted.file.unlink()
    except OSError as error:
        raise HandbillError(f"{wanted.file} cannot be taken away ({error.strerror}).") from error
    return True


def _read(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise HandbillError(f"{file} is there already and cannot be read. Look at it first.") from error
