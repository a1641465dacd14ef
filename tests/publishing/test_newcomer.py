"""A newcomer at a terminal, from an empty folder to a post on each network and back."""

import json
import sys
from pathlib import Path

import pytest

from bot.app import example_config
from tests.making import environment, write
from tests.publishing.stage import Trio, own_folders, schedule
from tests.publishing.terminal import Person, page
from tests.servers.fixtures import approve

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")

MORNING, MINUTE_BEFORE = "2026-12-01T14:00:00+00:00", "2026-12-01T13:59:00+00:00"  # nine in New York
KEYS = ("x-consumer-key", "x-consumer-secret")
TOWNS = ("masto", "blue", "ex")
POST = "Hola, vecinas y vecinos 👋 Buses run on time."


class Newcomer(Person):
    """Knows the three servers, and what stands in their settings."""

    def __init__(self, folder: Path, trio: Trio) -> None:
        super().__init__(folder, environment(COLUMNS="300", **own_folders(folder.parent)))
        self.trio = trio
        self.comes(MINUTE_BEFORE)

    def comes(self, instant: str) -> None:
        """It is this instant now."""
        self.program = ["-m", "tests.publishing.program", instant]

    def connects(self) -> None:
        """Connect an account on each server."""
        town = self.trio.town
        self.types("account", "connect", "masto", "--network", "mastodon", **{
            "server": self.trio.mastodon.url, "code": lambda shown: approve(page(shown)),
        })  # fmt: skip
        self.types("account", "connect", "blue", "--network", "bluesky", **{
            "handle": town.handle, "password": town.password, "server": self.trio.pds.url,
        })  # fmt: skip
        self.types("account", "connect", "ex", "--network", "x", "--server", self.trio.x.url, **{
            "api_key": KEYS[0], "api_secret": KEYS[1], "pin": lambda shown: approve(page(shown)),
        })  # fmt: skip

    def writes_a_post(self) -> None:
        """A campaign with one post, and its times."""
        write(self.folder / "posts" / "streets", {"campaign.toml": 'title = "Our streets"\n', "buses.txt": POST})
        with (self.folder / "config.toml").open("a", encoding="utf-8") as settings:
            settings.write("\n" + schedule("streets", *TOWNS))

    def numbers(self) -> dict[str, int]:
        """The number of each account's delivery."""
        rows = [json.loads(row) for row in self.types("delivery", "list", "--json").splitlines()]
        assert {row["state"] for row in rows} == {"sent"}
        return {row["account"]: row["id"] for row in rows}

    def keeps_secrets(self) -> None:
        """What was typed or given in secret stands nowhere but encrypted."""
        pairs = self.trio.x.app.people.pairs.values()
        tokens = [*self.trio.mastodon.app.taken, *(one for pair in pairs for one in (pair.token, pair.secret))]
        secrets = [one for one in (*KEYS, self.trio.town.password, *tokens) if one]
        places = [self.seen.encode(), *(file.read_bytes() for file in self.folder.glob("*.*"))]
        assert not [secret for secret in secrets for place in places if secret.encode() in place]


@pytest.fixture
def newcomer(tmp_path: Path, trio: Trio) -> Newcomer:
    (tmp_path / "mine").mkdir()
    return Newcomer(tmp_path / "mine", trio)


def test_from_an_empty_folder_to_three_networks_and_back(newcomer: Newcomer, trio: Trio) -> None:
    newcomer.types("init", ".")
    newcomer.connects()
    standing = newcomer.types("account", "check", *TOWNS)
    assert all(f"handbill account start {name}" in standing for name in TOWNS)
    assert f"blue: {trio.town.handle} on Bluesky" in standing and "ex: @campaign on X" in standing

    newcomer.writes_a_post()
    newcomer.types("run", "--once")
    assert newcomer.types("plan").count("nobody has let this account begin") >= len(TOWNS)
    for name in TOWNS:
        assert f"{name} begins." in newcomer.types("account", "start", name, "--yes")

    newcomer.comes(MORNING)
    newcomer.types("run", "--once")
    assert trio.counts() == {"x": 1, "bluesky": 1, "mastodon": 1}
    numbers = newcomer.numbers()
    assert POST in newcomer.types("delivery", "show", str(numbers["ex"]))
    for name in TOWNS:
        assert "is withdrawn." in newcomer.types("delivery", "withdraw", str(numbers[name]), "--yes")
    assert trio.counts() == {"x": 0, "bluesky": 0, "mastodon": 0}
    assert "already" in newcomer.types("delivery", "withdraw", str(numbers["ex"]), "--yes")

    newcomer.keeps_secrets()
    comments = [row for row in example_config().read_text(encoding="utf-8").splitlines() if "#" in row]
    kept = (newcomer.folder / "config.toml").read_text(encoding="utf-8").splitlines()
    assert set(comments) <= set(kept) and 'network = "x"' in kept
