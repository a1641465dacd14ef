"""Health at the desk: whoever looks after it sees all, a monitor hears yes or no."""

from datetime import timedelta

import pytest

from bot.work.health import SILENT
from bot.work.notify import works
from tests.making import write
from tests.servers.mail import Mail
from tests.web.conftest import CONFIG, Stage, Visitor


def test_an_engine_that_runs_is_shown_with_what_comes_next(stage: Stage, organizer: Visitor) -> None:
    works(stage.app)
    shown = organizer.get("/health")
    assert "Handbill runs." in shown.words and "SQLite" in shown.words and "09:00, town" in shown.words


def test_an_engine_that_does_not_run_is_said_with_what_to_do(stage: Stage, organizer: Visitor) -> None:
    assert "handbill up" in organizer.get("/health").words
    works(stage.app)
    stage.hours.now += SILENT
    assert "Handbill does not run" in organizer.get("/health").words


@pytest.mark.parametrize("ending", ["", ".json"])
def test_a_monitor_hears_yes_or_no_and_nothing_else(stage: Stage, ending: str) -> None:
    stranger = stage.visitor().client
    assert stranger.get(f"/healthz{ending}").status_code == 503
    works(stage.app)
    answer = stranger.get(f"/healthz{ending}")
    assert answer.status_code == 200 and answer.text in ("ok\n", '{"ok":true}')
    stage.hours.now += timedelta(days=1)
    assert stranger.get(f"/healthz{ending}").status_code == 503


def test_nobody_else_sees_more_without_signing_in(stage: Stage, organizer: Visitor) -> None:
    answer = stage.visitor().client.get("/health")
    assert answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")


def test_a_test_notice_is_sent_and_who_took_it_is_shown(
    stage: Stage, organizer: Visitor, mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("apprise")
    monkeypatch.setenv("NOTIFY", mail.address())
    write(stage.folder, {"config.toml": 'notify_env = "NOTIFY"\n' + CONFIG})
    shown = organizer.press(organizer.get("/health"), "/health/notice")
    assert "took the test" in shown.words and "The last notice was taken" in shown.words and mail.letters
    mail.refuses = True
    again = organizer.press(shown, "/health/notice")
    assert "took the test" not in again.words and "s3cr3t" not in again.words


def test_where_nobody_is_told_that_is_said(stage: Stage, organizer: Visitor) -> None:
    assert "Nobody is told yet" in organizer.get("/health").words
    assert organizer.post("/health/notice").status_code == 400


def test_reviewers_send_no_test(reviewer: Visitor) -> None:
    assert reviewer.post("/health/notice").status_code == 403
