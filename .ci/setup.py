"""Set up a private environment in .venv with nothing but Python: what .ci/try.py and .ci/test.py begin with."""

import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")


def ready(extras: str = "") -> None:
    """Make .venv if it is not there, and install Handbill into it with the versions that were tested."""
    if sys.version_info < (3, 11):
        sys.exit(f"Handbill needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    if not (BIN / "python").exists() and not (BIN / "python.exe").exists():
        say("Making .venv ...")
        try:
            venv.create(VENV, with_pip=True)
        except subprocess.CalledProcessError:
            sys.exit("This Python cannot make environments. On Debian or Ubuntu: apt install python3-venv")
    say("Installing Handbill and what it needs ...")
    constraints = str(ROOT / ".ci" / "constraints.txt")
    run(
        "python", "-m", "pip", "install", "--quiet", "--editable", f".{extras}", environ={"PIP_CONSTRAINT": constraints}
    )


def run(program: str, *arguments: str, environ: dict[str, str] | None = None, cwd: Path = ROOT) -> None:
    """Run a program of the environment; end with its exit code if it fails."""
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONUTF8": "1"}
    done = subprocess.run(
        [str(BIN / program), *arguments], cwd=cwd, env={**os.environ, **quiet, **(environ or {})}, check=False
    )
    if done.returncode:
        sys.exit(done.returncode)


def say(words: str) -> None:
    print(words, flush=True)
