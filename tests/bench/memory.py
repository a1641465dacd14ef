"""The memory of `handbill up` with an account on each of three networks, on the servers for tests."""

import subprocess
import sys
from pathlib import Path

from tests.making import environment, write
from tests.publishing.stage import Trio, schedule
from tests.servers import mastodon, pds
from tests.servers.fixtures import Running, running
from tests.servers.x import X

ROOT = Path(__file__).parents[2]
ACCOUNTS = ("town-x", "town-mastodon", "town-bluesky")


def memory(folder: Path) -> float:
    """The most megabytes that the program has held once it has looked at its three accounts."""
    with pds.serving() as bluesky, running(X()) as x, mastodon.served() as served:
        served.start()
        try:
            trio = Trio(x=x, mastodon=Running(served, served.app), pds=bluesky, town=bluesky.account())
            sections = "".join(trio.sections().values()) + schedule("air", *ACCOUNTS)
            posts = {"posts/air/campaign.toml": 'title = "Clean air"\n', "posts/air/one.txt": "We walk.\n"}
            write(folder, {"config.toml": f'timezone = "UTC"\n{sections}', **posts})
            return _held(folder, trio.environ(folder))
        finally:
            served.stop()


def _held(folder: Path, secrets: dict[str, str]) -> float:
    command = [sys.executable, "-m", "bot", "--config", str(folder / "config.toml"), "up"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(**secrets), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for row in process.stdout:
            if row.startswith(("Next:", "Nothing will be said")):
                break  # the first look is over
        found = Path(f"/proc/{process.pid}/status").read_text()
        process.terminate()
    (held,) = (row.split()[1] for row in found.splitlines() if row.startswith("VmHWM"))
    return int(held) / 1024
