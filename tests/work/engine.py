"""A run of the engine in a process of its own, for tests that kill it or let two of them meet.

    python -m tests.work.engine FOLDER INSTANT DEED [LEASE]

DEED: "tick"; "die before" or "die after" the post lies in the outbox; "linger" a moment in each post.
"""

import os
import signal
import sys
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from time import sleep
from typing import Any

from bot.app import App, open_app
from bot.config import Account
from bot.core.network import Payload, Publisher
from bot.core.post import Receipt
from bot.work import deliver


@dataclass
class Faulty:
    """An outbox that counts how often it is told to post, and may kill its process in the middle of it."""

    inner: Any
    deed: str
    log: Path

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def publish(self, payload: Payload, key: str) -> Receipt:
        if self.deed == "die before":
            os.kill(os.getpid(), signal.SIGKILL)
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"{key}\n")
        if self.deed == "linger":
            sleep(0.02)
        receipt = self.inner.publish(payload, key)
        if self.deed == "die after":
            os.kill(os.getpid(), signal.SIGKILL)
        return receipt


def main(folder: Path, now: datetime, deed: str, lease: float) -> None:
    def connect(app: App, account: Account) -> Publisher:
        opening = app.networks["outbox"].connect
        assert opening is not None
        return Faulty(opening(app.answers(account), {}), deed, folder / "published.log")

    app = replace(open_app(folder / "config.toml"), connect=connect, lease=lease)
    for one in deliver.tick(app, now):
        print(one.account, one.clock, one.state)


if __name__ == "__main__":
    seconds = float(sys.argv[4]) if len(sys.argv) > 4 else 120.0
    main(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]), sys.argv[3], seconds)
