"""The Bluesky server of the tests: it starts, takes accounts and posts, and shows what it holds."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import pds as server
from tests.servers.pds import PACKAGE, Answered, Pds, or_skip, serving

pds = server.pds


def say(pds: Pds, text: str) -> list[str]:
    account = pds.account()
    record = {"$type": "app.bsky.feed.post", "text": text, "createdAt": "2026-12-01T09:00:00Z"}
    asked: dict[str, object] = {"repo": account.did, "collection": record["$type"], "record": record}
    pds.post("com.atproto.repo.createRecord", asked, account.token)
    return [one["value"]["text"] for one in pds.posts(account)]


def test_it_takes_a_post_of_an_account(pds: Pds) -> None:
    assert say(pds, "Hello") == ["Hello"]


def test_an_app_password_opens_the_account(pds: Pds) -> None:
    account = pds.account()
    asked: dict[str, object] = {"identifier": account.handle, "password": account.password}
    assert pds.post("com.atproto.server.createSession", asked)["did"] == account.did


def test_it_says_no_by_name(pds: Pds) -> None:
    with pytest.raises(Answered, match="grapheme") as said:
        say(pds, "a" * 301)
    assert (said.value.status, said.value.name) == (400, "InvalidRequest")


def test_it_is_there_for_this_computer_only(pds: Pds) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", pds.url)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", pds.plc)


def test_an_account_shows_no_secret(pds: Pds) -> None:
    account = pds.account()
    assert account.password not in repr(account) and account.token not in repr(account)
    assert pds.jwt_secret not in repr(pds)


def test_a_second_one_runs_beside_it_and_ends() -> None:
    with or_skip(), serving() as one, serving() as other:
        assert one.url != other.url
    with pytest.raises(OSError):
        one.get("com.atproto.server.describeServer")


def test_it_can_be_started_by_hand(pds: Pds) -> None:
    command = [sys.executable, "-m", "tests.servers.pds", "--port", "0", "--account", "village", "--with-stdin"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        asked: dict[str, object] = {"identifier": "village.test", "password": ready["password"]}
        server = Pds(url=ready["url"], plc="", jwt_secret="")
        assert server.post("com.atproto.server.createSession", asked)["did"] == ready["did"]


@pytest.mark.parametrize("name", ["package.json", "package-lock.json"])
def test_its_packages_are_pinned_without_an_address(name: str) -> None:
    text = (PACKAGE / name).read_text(encoding="utf-8")
    assert "://" not in text and "resolved" not in text


def test_each_package_has_one_version() -> None:
    wanted = json.loads((PACKAGE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    locked = json.loads((PACKAGE / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
