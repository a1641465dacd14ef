"""Health: whether the engine lives is known to whoever asks, and to a monitor no more than that."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import App
from bot.work.health import SILENT, health, is_well
from bot.work.notify import works
from tests.servers.mail import Mail
from tests.work.stage import CONFIG, START, opened


def looked(folder: Path) -> App:
    """The app of an engine that has just looked."""
    app = replace(opened(folder), owner="town-hall-17-ab/3")
    works(app)
    return app


def test_an_engine_that_looks_is_well(tmp_path: Path) -> None:
    app = looked(tmp_path)
    assert is_well(app) and health(app).is_alive
    assert health(app).workers == (("town-hall-17-ab", START),)


def test_an_engine_that_has_not_looked_for_long_is_not(tmp_path: Path) -> None:
    later = replace(looked(tmp_path), clock=lambda: START + SILENT)
    assert not is_well(later) and not health(later).is_alive and health(later).last == START


def test_without_an_engine_nothing_is_well(tmp_path: Path) -> None:
    app = opened(tmp_path)
    assert not is_well(app) and health(app).last is None


def test_a_ledger_that_cannot_be_read_is_not_well(tmp_path: Path) -> None:
    app = opened(tmp_path)
    (tmp_path / "handbill.db").write_text("This is no database, whatever its name may say. " * 9)
    assert not is_well(app)


def test_what_it_stands_on_is_told(tmp_path: Path) -> None:
    found = health(looked(tmp_path))
    assert found.kind == "SQLite" and found.size > 4096 and found.free > 0 and found.deliveries == 0
    assert found.version and "/" not in found.version
    assert found.next and found.next.choice.slot.at == START + timedelta(hours=5, minutes=30)


@pytest.mark.parametrize("free", [0, 10**12])
def test_a_disk_that_is_nearly_full_is_told(tmp_path: Path, free: int) -> None:
    assert replace(health(opened(tmp_path)), free=free).is_full == (free == 0)


def test_addresses_of_notices_are_named_without_their_secrets(tmp_path: Path) -> None:
    told = 'notify = ["mailto://town:secret@example.org"]\n' + CONFIG
    found = health(opened(tmp_path, told=told))
    assert found.addresses == ("mailto://example.org",) and found.told is None


def test_whether_a_trial_notice_was_taken_is_known(tmp_path: Path, mail: Mail) -> None:
    pytest.importorskip("apprise")
    from bot.work.notify import try_out

    app = opened(tmp_path, told='notify_env = "NOTIFY"\n' + CONFIG)
    app = replace(app, environ={"NOTIFY": mail.address()})
    try_out(app)
    assert health(app).told == START and not health(app).faults
    mail.refuses = True
    try_out(app)
    assert health(app).faults and "s3cr3t" not in str(health(app).faults)
