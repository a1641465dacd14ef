"""Commands run in this process, where only words and exit codes matter."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from bot.cli.root import run


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    code: int
    out: str
    err: str


Say = Callable[..., Said]


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Run a command in `tmp_path`, or in a folder below it."""

    def said(*words: str | Path, stdin: str | bytes = "", below: str = "") -> Said:
        monkeypatch.chdir(tmp_path / below)
        given = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(given)))
        capsys.readouterr()
        code = run([str(word) for word in words])
        shown = capsys.readouterr()
        assert "Traceback" not in shown.err and "wrong in Handbill itself" not in shown.err, shown.err
        return Said(code, shown.out, shown.err)

    return said
