"""Servers that answer badly, late or not at all: a post stands there once, or a person is told that nobody can know."""

from dataclasses import replace
from datetime import timedelta
from itertools import islice

import pytest

from tests.faults import answers
from tests.faults.conftest import Tell
from tests.faults.crew import Crew
from tests.faults.kills import scouted
from tests.faults.stage import stage
from tests.faults.story import play


@pytest.mark.parametrize("away", [False, True], ids=["", "then nobody there"])
def test_a_post_whose_answer_is_spoilt_is_found_and_not_said_again(tell: Tell, away: bool) -> None:
    # That nobody is there afterwards is told of every third: python -m tests.faults tells of all.
    assert tell(islice(answers.accepted(away=away), 0, None, 3 if away else 1)) == ()


@pytest.mark.parametrize("away", [False, True], ids=["", "then nobody there"])
def test_a_post_that_was_never_heard_is_said_where_that_is_harmless(tell: Tell, place: str, away: bool) -> None:
    assert tell(answers.unheard(place, away=away)) == ()


def test_a_post_that_its_owner_deleted_is_not_said_again(tell: Tell) -> None:
    assert tell(answers.deleted()) == ()


def test_a_post_that_its_owner_deleted_holds_up_no_other(workers: Crew, cards: str, place: str) -> None:
    with workers.lane() as lane, stage(lane, place, cards, times=("09:00", "10:00")) as found:
        story = replace(next(answers.deleted()), ends=("sent",), stands=1)
        assert play(found, story).wrong == ()
        _, last = found.ledger()
        assert last.state == "sent" and last.said and last.said - last.at < timedelta(hours=1)


def test_long_after_a_lost_answer_nothing_is_repeated(tell: Tell) -> None:
    assert tell(answers.long_after()) == ()


def test_while_a_server_cannot_be_reached_its_posts_wait(tell: Tell) -> None:
    assert tell(answers.unreachable(), secure=True) == ()


def test_whatever_other_request_goes_wrong_the_post_is_said_once(
    tell: Tell, workers: Crew, cards: str, place: str
) -> None:
    assert tell(answers.other_requests(scouted(workers, place, cards))) == ()
