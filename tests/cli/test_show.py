"""How results are shown to people and to programs."""

import os
from pathlib import Path

import pytest

from bot.cli.show import complain, indented, left_out, span, table, watched
from bot.core.problem import AskedWrongly, Problem
from tests.making import environment
from tests.publishing.terminal import Person


def test_rows_of_words_move_together_and_empty_rows_stay_empty() -> None:
    assert indented("one\n\ntwo", 2) == "  one\n\n  two"


def test_a_table_is_tab_separated_for_a_program(capsys: pytest.CaptureFixture[str]) -> None:
    table(("a", "b"), [("1\t2", "x\ny")])
    assert capsys.readouterr().out == "1 2\tx y\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such terminals")
def test_on_a_narrow_terminal_nothing_of_a_table_is_cut(tmp_path: Path) -> None:
    url = "https://town.social/@" + "families-in-one-home/" * 5
    code = f"from bot.cli.show import table; table(('id', 'where'), [('1', {url!r})])"
    rows = Person(tmp_path, environment(COLUMNS="80"), ["-c", code]).types().splitlines()[1:]
    assert max(map(len, rows)) <= 80
    assert "".join(row.split()[-1] for row in rows) == url


def test_what_is_watched_comes_through_whole() -> None:
    assert list(watched("Reading")([1, 2, 3])) == [1, 2, 3]
    assert list(watched("Reading")((n for n in range(3)), 3)) == [0, 1, 2]


def test_many_faults_are_told_in_short(capsys: pytest.CaptureFixture[str]) -> None:
    left_out([Problem(f"a.txt:{n}", "is broken") for n in range(9)] + [Problem("b.txt", "is odd", "", "warning")])
    rows = capsys.readouterr().err.splitlines()
    assert rows[4:] == ["a.txt:4: is broken", "… and 4 more.", rows[-1]] and "handbill check" in rows[-1]


def test_a_complaint_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    complain("Look.")
    assert capsys.readouterr() == ("", "Look.\n")


@pytest.mark.parametrize("days", [0, -1, float("nan"), float("inf"), 1e9])
def test_days_that_make_no_sense_are_refused(days: float) -> None:
    with pytest.raises(AskedWrongly):
        span(days)
