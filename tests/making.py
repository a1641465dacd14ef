"""Small libraries for tests, and the program run on them as people run it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

from bot import networks
from bot.app import App
from bot.config import Account, default
from bot.core.network import Network

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CAMPAIGN = 'title = "Clean air"\n'
POST = "Buses run on time when streets are free.\n"
NETWORKS = networks.load()


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files by their path below a folder; the folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def library(folder: Path, posts: Mapping[str, str], campaign: str = CAMPAIGN, name: str = "air") -> Path:
    """A library with one campaign; posts by file name. The folder it stands in."""
    write(folder, {f"posts/{name}/campaign.toml": campaign})
    return write(folder, {f"posts/{name}/{file}": text for file, text in posts.items()})


def app(
    folder: Path,
    *campaigns: str,
    now: datetime = NOW,
    known: Mapping[str, Network] = NETWORKS,
    accounts: Mapping[str, Account] | None = None,
    environ: Mapping[str, str] | None = None,
) -> App:
    """The app for a library, as without a config file, at a known instant."""
    config = default(folder, folder / "posts", dict.fromkeys(campaigns))
    if accounts is not None:
        config = replace(config, accounts=accounts)
    return App(config=config, networks=known, clock=lambda: now, environ=environ or {})


def until(is_so: Callable[[], object], seconds: float = 20) -> None:
    """Wait for what happens in another thread or process."""
    waited = Event()
    assert any(is_so() or waited.wait(0.05) for _ in range(int(seconds * 20))), "it did not come to be so"


def environment(**more: str) -> dict[str, str]:
    """What a command sees, with nothing of ours that changes words or colours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}  # noqa: TID251
    return kept | {"TERM": "dumb"} | more


def handbill(
    folder: Path, *arguments: str | Path, stdin: str | bytes = "", **more: str
) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder and wait for its end."""
    given = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(
        [sys.executable, "-m", "bot", *map(str, arguments)],
        cwd=folder, input=given, capture_output=True, env=environment(**more), timeout=60, check=False,
    )  # fmt: skip
    out, err = (raw.decode().replace("\r\n", "\n") for raw in (done.stdout, done.stderr))
    assert "Traceback" not in err, err
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


def stopped_at(
    folder: Path, *arguments: str | Path, word: str = "", by: int = signal.SIGINT
) -> subprocess.CompletedProcess[str]:
    """Run a command, send a signal once it has said `word` (or anything) on stdout, and wait for its end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", *map(str, arguments)],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", env=environment(),
    )  # fmt: skip
    assert process.stdout is not None
    said = ""
    for row in process.stdout:
        said += row
        if word in row:
            break
    process.send_signal(by)
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in err, err
    return subprocess.CompletedProcess(process.args, process.returncode, said + out, err)
