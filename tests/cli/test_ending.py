"""How a command ends: one sentence and an exit code."""

import errno

import pytest

from bot.cli.ending import code_of, complained
from bot.core.problem import AskedWrongly, HandbillError


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (HandbillError("It rains."), 1, "It rains.\n"),
        (AskedWrongly("There is no such thing."), 2, "There is no such thing.\n"),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 141, ""),
        (OSError(errno.ENOSPC, "No space left"), 1, "The disk is full. Make room, then run the same command again"),
        (PermissionError(errno.EACCES, "Permission denied", "a.txt"), 1, "a.txt cannot be used (Permission denied)."),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_error_has_its_sentence_and_code(
    capsys: pytest.CaptureFixture[str], error: Exception, code: int, said: str
) -> None:
    assert code_of(error) == code
    assert capsys.readouterr().err.startswith(said)


def test_a_complaint_that_cannot_be_written_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed:
        def write(self, words: str) -> int:
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr("sys.stderr", Closed())
    assert complained("Hello.", 7) == 7
