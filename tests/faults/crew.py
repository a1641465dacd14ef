"""A crew of workers: lanes on which one lives after the other, several lanes at once."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.worker import RESULT, Life

ROOT = Path(__file__).parents[2]
KILLED = -signal.SIGKILL


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a life ended: the steps it went through, and what it saw change if it came to its own end."""

    status: int
    steps: tuple[str, ...]
    changed: tuple[str, ...] = ()

    @property
    def was_killed(self) -> bool:
        """Whether it came to no end of its own."""
        return self.status == KILLED

    @property
    def leaves_a_lease(self) -> bool:
        """Whether it could not give back what it had leased."""
        return self.was_killed or bool(self.troubles)

    @property
    def troubles(self) -> tuple[str, ...]:
        """What it complained of."""
        return tuple(row for row in self.changed if row.startswith("trouble: "))


class Lane:
    """One worker after the other."""

    def __init__(self, line: socket.socket) -> None:
        self._talk = line.makefile("rw")

    def run(self, life: Life, born: Callable[[int], None] = lambda number: None) -> Ended:
        """Let a worker live to its end; `born` hears its number first. A fault of the worker's own fails the test."""
        self._talk.write(json.dumps(asdict(life)) + "\n")
        self._talk.flush()
        born(int(self._heard()["pid"]))
        heard = self._heard()
        rows = str(heard["told"]).splitlines()
        if heard["status"] not in (0, KILLED):
            log = Path(life.folder, "worker.log").read_text(encoding="utf-8", errors="replace")
            raise AssertionError(f"a worker broke ({heard['status']}): {log[-4000:]}")
        changed = json.loads(rows.pop().removeprefix(RESULT)) if rows and rows[-1].startswith(RESULT) else ()
        return Ended(status=heard["status"], steps=tuple(rows), changed=tuple(changed))

    def _heard(self) -> dict[str, object]:
        row = self._talk.readline()
        assert row, "the process that bears the workers is gone"
        return dict(json.loads(row))


class Crew:
    """Gives out lanes."""

    def __init__(self, path: str) -> None:
        self._path = path

    @contextmanager
    def lane(self) -> Iterator[Lane]:
        """A lane for one thread."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.connect(self._path)
            yield Lane(line)


@contextmanager
def crew() -> Iterator[Crew]:
    """A process that has loaded everything, for as long as this lasts."""
    with TemporaryDirectory() as folder:
        path = os.path.join(folder, "door")
        command = [sys.executable, "-m", "tests.faults.worker", path]
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None and process.stdin is not None
            assert process.stdout.readline().strip() == b"ready"
            yield Crew(path)
            process.stdin.close()
