"""account: what accounts there are, and what each still needs."""

import json
from pathlib import Path

from tests.cli.conftest import Say
from tests.making import write


def test_accounts_are_listed_with_what_they_need(tmp_path: Path, say: Say) -> None:
    write(tmp_path, {"config.toml": '[accounts.box]\nnetwork = "outbox"\n', "posts/.keep": ""})
    (row,) = (json.loads(row) for row in say("account", "list", "--json").out.splitlines())
    assert row == {"account": "box", "network": "outbox", "handle": None, "language": "en", "needs": None}
    assert say("account", "list").out == "box\toutbox\t-\ten\t-\n"


def test_no_accounts_is_said(tmp_path: Path, say: Say) -> None:
    write(tmp_path, {"config.toml": ""})
    done = say("account", "list")
    assert done.code == 0 and not done.out and "[accounts.NAME]" in done.err
