"""A person at a terminal: reads what is shown, types what is asked for."""

import os
import re
import select
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

# What is typed, or a function of all that was shown so far.
Answer = str | Callable[[str], str]


@dataclass
class Person:
    """Works in a folder; `seen` is all that ever stood on the screen."""

    folder: Path
    environ: Mapping[str, str]
    program: list[str] = field(default_factory=lambda: ["-m", "bot"])
    seen: str = ""

    def types(self, *words: str, **answers: Answer) -> str:
        """Run a command and answer each question by its name; what was shown. It must end well."""
        screen, there = os.openpty()
        process = subprocess.Popen(
            [sys.executable, *self.program, *words],
            cwd=self.folder, env=dict(self.environ), stdin=there, stdout=there, stderr=there, start_new_session=True,
        )  # fmt: skip
        os.close(there)
        try:
            shown = self._watched(screen, answers)
        finally:
            os.close(screen)
            code = process.wait(60)
        self.seen += shown
        assert code == 0, f"{' '.join(words)}: {code}\n{shown}"
        return shown

    def _watched(self, screen: int, answers: Mapping[str, Answer]) -> str:
        shown, answered = "", 0
        while piece := _read(screen):
            shown += piece
            # The space comes when the terminal is ready, and shows what is typed no more if it must not.
            asked = re.search(r"^([\w ]+) \([^\n]*: $", shown[answered:], re.MULTILINE)
            if asked and shown.endswith(": "):
                answer = answers[asked[1].replace(" ", "_")]
                answered = len(shown)
                os.write(screen, (answer if isinstance(answer, str) else answer(shown)).encode() + b"\n")
        return shown.replace("\r\n", "\n")


def _read(screen: int) -> str:
    """What came next on the screen; nothing at the end."""
    assert select.select([screen], [], [], 60)[0], "nothing comes any more"
    try:
        return os.read(screen, 65536).decode()
    except OSError:  # Linux says so when the last writer has gone
        return ""


def page(shown: str) -> str:
    """The address of the page that was last told."""
    return re.findall(r"https?://\S+", shown)[-1]
