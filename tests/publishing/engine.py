"""A tick of the engine in a process of its own, killed in the middle of a post.

    python -m tests.publishing.engine FOLDER INSTANT DEED

DEED: "die before" or "die after" the network was told. Its lease is over at once.
"""

import os
import signal
import sys
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.app import App, open_app
from bot.config import Account
from bot.core.network import Payload, Publisher
from bot.core.post import Receipt
from bot.work import deliver


@dataclass
class Dying:
    """A publisher that kills its process."""

    inner: Any
    deed: str

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def publish(self, payload: Payload, key: str) -> Receipt:
        if self.deed == "die after":
            self.inner.publish(payload, key)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("unreachable")


def main(folder: Path, now: datetime, deed: str) -> None:
    def connect(app: App, account: Account) -> Publisher:
        opening = app.networks[account.network].connect
        assert opening is not None
        return Dying(opening(app.answers(account), app.memory(account)), deed)

    deliver.tick(replace(open_app(folder / "config.toml"), connect=connect, lease=0.0), now)


if __name__ == "__main__":
    main(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]), sys.argv[3])
