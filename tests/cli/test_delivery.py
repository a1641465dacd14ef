"""delivery: what was said, and the approval of what waits."""

import json
from datetime import timedelta
from pathlib import Path

from bot.app import now, open_app
from bot.work.deliver import tick
from tests.cli.conftest import Say
from tests.making import library, write

KEYS = ["id", "at", "campaign", "account", "network", "post", "wording", "text", "state", "tries", "url", "reason"]
CONFIG = """[accounts.box]
network = "outbox"
[[schedule]]
campaign = "air"
accounts = ["box"]
times = ["09:00"]
"""


def after_a_day(folder: Path, config: str) -> None:
    """The ledger as it stands when the engine has seen one slot."""
    write(library(folder, {"a.txt": "Hello."}), {"config.toml": config})
    app = open_app(folder / "config.toml")
    morning = now().replace(hour=8, minute=0)
    for hours in (0, 1.5):
        tick(app.fresh(), morning + timedelta(hours=hours))
    app.store.close()


def test_nothing_delivered_is_said(say: Say) -> None:
    done = say("delivery", "list")
    assert done.code == 0 and not done.out and "Nothing was delivered yet" in done.err


def test_json_has_the_documented_keys(tmp_path: Path, say: Say) -> None:
    after_a_day(tmp_path, CONFIG)
    (row,) = (json.loads(row) for row in say("delivery", "list", "--json").out.splitlines())
    assert list(row) == KEYS and row["state"] == "sent" and row["text"] == "Hello." and row["tries"] == 1
    assert row["at"].endswith("T09:00:00Z") and row["url"].startswith("file:") and row["reason"] is None
    assert "air/a\tsent\tfile:" in say("delivery", "list").out
    assert say("delivery", "list", "--state", "missed", "--json").out == ""


def test_what_waits_goes_out_once_approved(tmp_path: Path, say: Say) -> None:
    after_a_day(tmp_path, CONFIG + 'approval = "post"\nlate = "24h"\n')
    (row,) = (json.loads(row) for row in say("delivery", "list", "--state", "waiting", "--json").out.splitlines())
    done = say("delivery", "approve", str(row["id"]))
    assert done.code == 0 and done.out.startswith("Hello.\n\nApproved for box")
    app = open_app(tmp_path / "config.toml")
    assert [one.state for one in tick(app, now().replace(hour=10, minute=0))] == ["sent"]
    assert say("delivery", "approve", str(row["id"])).code == 2
