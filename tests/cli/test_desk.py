"""desk invite: a link for an organizer, from whoever runs commands on the machine."""

from contextlib import closing
from pathlib import Path

import httpx
import pytest

from bot.app import open_app
from bot.web.desk import start
from bot.work import people
from bot.work.people import Role
from tests.cli.conftest import Say
from tests.making import write


@pytest.mark.parametrize(
    ("config", "begin"),
    [("", "http://127.0.0.1:8001/welcome/"), ('[desk]\nurl = "https://desk.example.org/"\n', "https://desk.example.org/welcome/")],
    ids=["on this machine", "where others reach it"],
)  # fmt: skip
def test_the_link_stands_alone_on_stdout_and_what_to_do_beside(
    tmp_path: Path, say: Say, config: str, begin: str
) -> None:
    write(tmp_path, {"config.toml": config})
    done = say("desk", "invite")
    (link,) = done.out.splitlines()
    assert done.code == 0 and link.startswith(begin) and len(link.removeprefix(begin)) == 43
    assert "Open it within the hour." in done.err and "handbill up" in done.err
    assert ("another address" in done.err) == (not config)


def test_whoever_lost_the_password_comes_in_by_it(tmp_path: Path, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDBILL_KEY_FILE", str(tmp_path / "state" / "key"))
    write(tmp_path, {"config.toml": ""})
    with closing(open_app(tmp_path / "config.toml")) as app:
        ana, _ = people.accept(app, people.begin(app), "Ana", "a password that is lost")
        (link,) = say("desk", "invite").out.splitlines()
        address, stop = start(app, 0)
        typed = {"name": "ana", "password": "one that is on paper"}
        came = httpx.post(f"{address}welcome/{link.rpartition('/')[2]}", data=typed)
        stop()
        assert came.status_code == 303
        assert [(one.id, one.role) for one in people.everybody(app)] == [(ana.id, Role.ORGANIZER)]
        assert people.sign_in(app, "Ana", "one that is on paper", "")
