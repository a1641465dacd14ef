"""Queue: what a person is to post, until they say what became of it."""

from pathlib import Path

import pytest

from bot.app import App
from bot.core.problem import AskedWrongly
from bot.work import control
from bot.work.control import do
from bot.work.deliver import tick
from bot.work.queue import leave_out, queue
from bot.work.settle import posted
from tests.work.stage import CONFIG, at, opened

BY_HAND = CONFIG.replace('network = "outbox"', 'network = "whatsapp"\npublish = "by hand"')


def waiting(folder: Path, told: str = BY_HAND) -> App:
    """The app of a ledger whose slot of nine o'clock has come."""
    app = opened(folder, told=told)
    for clock in ("08:00", "09:00"):
        tick(app, at(clock))
    return app


def test_what_is_to_be_posted_waits_with_its_words_and_its_link(tmp_path: Path) -> None:
    (one,) = queue(waiting(tmp_path))
    assert one.variant and one.payload
    assert one.variant.text in ("One.", "Two.") and one.payload["open"].startswith("https://wa.me/?text=")


def test_what_was_posted_waits_no_more(tmp_path: Path) -> None:
    app = waiting(tmp_path)
    (one,) = queue(app)
    assert one.id and posted(app, one.id, "https://town.example/1").state == "sent"
    assert queue(app) == []


def test_what_nobody_will_post_is_left_out_for_good_unless_that_is_taken_back(tmp_path: Path) -> None:
    app = waiting(tmp_path)
    (one,) = queue(app)
    assert one.id and leave_out(app, one.id).state == "skipped"
    assert tick(app, at("09:10")) == [] and queue(app) == []
    do(app, control.take_back(app, str(one.id)))
    tick(app, at("09:20"))
    assert [again.id for again in queue(app)] == [one.id]


def test_what_is_no_longer_there_to_be_posted_is_told(tmp_path: Path) -> None:
    app = waiting(tmp_path)
    (one,) = queue(app)
    assert one.id
    leave_out(app, one.id)
    with pytest.raises(AskedWrongly, match="skipped, not uncertain"):
        leave_out(app, one.id)


def test_what_the_program_posts_itself_is_not_among_them(tmp_path: Path) -> None:
    assert queue(waiting(tmp_path, CONFIG)) == []
