"""Problems are shown as where, what, and what to do."""

import pytest

from bot.core.problem import AskedWrongly, HandbillError, NetworkError, Problem, Refused, SignedOut, TryLater, Uncertain


def test_a_problem_reads_as_where_what_and_what_to_do() -> None:
    problem = Problem("a.txt:3", "unknown key `tag`", 'Did you mean "tags"?')
    assert str(problem) == 'a.txt:3: unknown key `tag`\n    Did you mean "tags"?'


def test_a_problem_without_a_hint_is_one_row() -> None:
    assert str(Problem("a.txt", "this is empty")) == "a.txt: this is empty"


def test_a_problem_is_an_error_unless_it_says_so() -> None:
    assert Problem("a", "b").severity == "error"


@pytest.mark.parametrize("kind", [Refused, SignedOut, TryLater, Uncertain])
def test_what_a_network_answers_is_shown_to_a_person(kind: type[NetworkError]) -> None:
    assert issubclass(kind, HandbillError)
    assert str(kind("it is closed")) == "it is closed"
    assert not issubclass(kind, AskedWrongly)


def test_a_later_try_says_when_if_the_network_does() -> None:
    assert TryLater("busy").seconds is None
    assert TryLater("busy", 5).seconds == 5
