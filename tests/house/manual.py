"""The manual as something to run: pages are read, their examples executed, their tables drawn.

`python -m tests.house.manual` writes into the pages what the program says now; read the difference before you keep it.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from bot import networks
from bot.cli.root import handbill
from bot.core.network import Counting, Network

ROOT = Path(__file__).parents[2]
HELP = ROOT / "bot" / "help"
PAGES = [ROOT / "README.md", *sorted(HELP.glob("*.md"))]
TRANSLATED = sorted(HELP.glob("*/*.md"))
HOME = "/home/ana"
"""How the pages name the folder in which they run."""

MARK = r"(?:^<!-- (?:file: (?P<file>\S+)|now: (?P<now>\S+)|(?P<server>server)) -->\n\n?)?"
BLOCK = re.compile(MARK + r"^```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.M | re.S)
DRAWN = re.compile(r"^<!-- (\w+) -->\n.*?^<!-- /\1 -->$", re.M | re.S)
BROKEN = re.compile(r"Traceback \(most|Something is wrong in Handbill itself")
"""What no page may ever promise."""
SERVERS = {"x": "127.0.0.1:8977", "proxy": "127.0.0.1:8978", "mastodon": "127.0.0.1:8979"}
"""Where the pages say that a test server answers; here it takes any free port."""
AT_A_TIME = """
import functools, os, sys
from datetime import datetime
from bot.cli import main, show
if now := os.environ.get("NOW"):
    show.open_app = functools.partial(show.open_app, clock=lambda: datetime.fromisoformat(now))
main()
"""
HEREDOC = re.compile(r"<<-?\s*'?(\w+)'?")


@dataclass(frozen=True)
class Example:
    """One command of a page with the output that the page promises; `line` is where it stands."""

    command: str
    output: str
    line: int


def blocks(page: Path) -> Iterator[re.Match[str]]:
    """Every fenced block of a page, and the mark before it.

    `file`: what the block is to be written to; `now`: what its commands take for the present; `server`: it
    starts a test server.
    """
    return BLOCK.finditer(page.read_text(encoding="utf-8"))


def examples(block: str, line: int) -> list[Example]:
    """The commands of a console block."""
    found: list[Example] = []
    rows = list(enumerate(block.splitlines(), line))
    while rows:
        at, row = rows.pop(0)
        assert row.startswith("$ "), f"line {at}: a console block begins with a command"
        command = [row.removeprefix("$ ")]
        while command[-1].endswith("\\"):
            command.append(rows.pop(0)[1])
        if match := HEREDOC.search(command[0]):
            while command[-1] != match[1]:
                command.append(rows.pop(0)[1])
        output = []
        while rows and not rows[0][1].startswith("$ "):
            output.append(rows.pop(0)[1])
        found.append(Example("\n".join(command), "\n".join(output), at))
    return found


def agrees(promised: str, said: str) -> bool:
    """Whether output is as promised; "..." stands for anything."""
    wanted = ".*".join(map(re.escape, promised.rstrip("\n").split("...")))
    return re.fullmatch(wanted, said.rstrip("\n"), re.S) is not None


def environ() -> dict[str, str]:
    """What a program of these pages finds around it: this checkout, and nothing of the person who runs it."""
    kept = ("PATH", "SYSTEMROOT", "TEMP", "TMPDIR")
    here = {name: value for name in kept if (value := os.getenv(name))}
    return {**here, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}


class Shell:
    """A fresh folder in which the commands of one page run, one after the other."""

    def __init__(self, home: Path) -> None:
        self.home = self.folder = home.resolve() / "ana"
        self.folder.mkdir()
        tools = home.resolve() / "bin"
        tools.mkdir()
        (tools / "handbill.py").write_text(AT_A_TIME, encoding="utf-8")
        for name, runs in (("handbill", f'"{tools}/handbill.py"'), ("python3", "")):
            (tools / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {runs} "$@"\n', encoding="utf-8")
            (tools / name).chmod(0o755)
        self.servers: list[subprocess.Popen[str]] = []
        self.swaps: dict[str, str] = {}
        self.environ = {
            **environ(),
            "PATH": f"{tools}{os.pathsep}{os.getenv('PATH')}",
            "HOME": str(self.folder),
            "COLUMNS": "100",
            "NO_COLOR": "1",
            "TZ": "Pacific/Auckland",  # no output may depend on where it is read
        }

    def write(self, file: str, text: str) -> None:
        """Write a file that a page shows."""
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.really(text), encoding="utf-8", newline="\n")

    def run(self, command: str) -> str:
        """What a command says, on both of its ways out."""
        if command.startswith("cd "):
            self.folder /= command.removeprefix("cd ")
            assert self.folder.is_dir(), f"there is no folder for: {command}"
            return ""
        done = subprocess.run(
            ["sh", "-c", self.really(command)], cwd=self.folder, env=self.environ, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", timeout=60, check=False,
        )  # fmt: skip
        said = done.stdout.replace(str(self.home), HOME)
        for shown, real in self.swaps.items():
            said = said.replace(real, shown)
        return said

    def at(self, now: str | None) -> None:
        """Let the program take this instant for the present; without one the clock is the machine's."""
        self.environ["NOW"] = now or ""

    def start(self, command: str) -> None:
        """Start a test server, by the command that a page shows; it ends with this shell."""
        _, *arguments = shlex.split(self.really(command))
        running = subprocess.Popen(
            [sys.executable, *arguments, "--port", "0", "--with-stdin"],
            cwd=ROOT, env=environ(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.servers.append(running)
        assert running.stdout
        self.swaps[SERVERS[arguments[2]]] = running.stdout.readline().rpartition("//")[2].strip()

    def really(self, text: str) -> str:
        """The text with the addresses at which the test servers really answer."""
        for shown, real in self.swaps.items():
            text = text.replace(shown, real)
        return text

    def __enter__(self) -> "Shell":
        return self

    def __exit__(self, *_: object) -> None:
        for server in self.servers:
            server.communicate()  # they end with their standard input


def replay(page: Path, home: Path) -> Iterator[tuple[Example, str]]:
    """Every example of a page with what the program really says."""
    text = page.read_text(encoding="utf-8")
    with Shell(home) as shell:
        for block in blocks(page):
            shell.at(block["now"])
            if block["server"]:
                shell.start(block["text"])
            elif block["file"]:
                shell.write(block["file"], block["text"])
            elif block["kind"] == "console":
                for example in examples(block["text"], text[: block.start("text")].count("\n") + 1):
                    yield example, shell.run(example.command)


# --- what is drawn from the program -----------------------------------------------------------------


UNITS = {
    "characters": "letters and signs",
    "graphemes": "letters and signs as people see them; any emoji is one",
    "weighted": "most letters 1; Chinese, Japanese, Korean and any emoji 2",
    "emoji bytes": "letters and signs; an emoji is 4 or more",
    "utf16": "letters and signs; most emoji are 2 or more",
    "segments": "parts of a message: 160 plain letters are one part, or 70 where one of them is unusual (á, 🚍)",
}


def counts(counting: Counting) -> str:
    """How a network counts, in words."""
    words = [UNITS[counting.unit]]
    if isinstance(counting.link, int):
        words.append(f"any link {counting.link}")
    elif counting.link == "shortened":
        words.append("a link as it is shown, shortened")
    if counting.local_mentions:
        words.append("@ana@example.org as @ana")
    if counting.bytes:
        words.append(f"and at most {counting.bytes:,} bytes")
    return "; ".join(words)


def network_rows() -> str:
    """The table of networks."""
    rows = ["| network | name | limit | how it counts | words travel | hashtags |", "|---|---|---:|---|---|---:|"]
    found = sorted((one for one in networks.load().values() if one.share), key=lambda one: one.label.casefold())
    for one in found:
        cells = (
            one.label,
            f"`{one.name}`",
            f"{one.counting.limit:,}",
            counts(one.counting),
            _carries(one),
            one.hashtags,
        )
        rows.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(rows)


def _carries(network: Network) -> str:
    words = "yes" if network.carries_text else "no: copy them first"
    return words + ("; needs a link" if network.needs_link else "")


def account_rows() -> str:
    """What each network asks of an account, beside what all of them ask."""
    rows = ["| network | key | what it holds | if left out |", "|---|---|---|---|"]
    for network in sorted(networks.load().values(), key=lambda one: one.label.casefold()):
        for asked in network.fields:
            keys = f"`{asked.name}_env` or `{asked.name}_file`" if asked.secret else f"`{asked.name}`"
            usual = f'`"{asked.default}"`' if asked.default else "needed" if asked.required else "nothing"
            rows.append(f"| {network.label} | {keys} | {asked.help} | {usual} |")
    return "\n".join(rows)


def commands() -> dict[str, click.Command]:
    """Every command by the words that call it."""
    found: dict[str, click.Command] = {}
    ctx = click.Context(handbill)
    for name in handbill.list_commands(ctx):
        command = handbill.get_command(ctx, name)
        assert command is not None
        if isinstance(command, click.Group):
            found |= {f"{name} {verb}": one for verb, one in sorted(command.commands.items())}
        else:
            found[name] = command
    return found


def options(command: click.Command) -> Iterator[tuple[str, str]]:
    """Each option of a command as one types it, with its help."""
    for option in command.params:
        if isinstance(option, click.Option):
            names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
            value = "" if option.is_flag else f" {option.make_metavar(click.Context(command))}"
            usual = f" Usually {option.default}." if option.show_default else ""
            yield names.replace("`, `", ", ").removesuffix("`") + value + "`", (option.help or "") + usual


def command_rows() -> str:
    """Every command with its options."""
    rows = []
    for name, command in {"": handbill, **commands()}.items():
        arguments = [
            one.make_metavar(click.Context(command)) for one in command.params if isinstance(one, click.Argument)
        ]
        rows.append(f"## {' '.join(['handbill', name, *arguments]).replace('  ', ' ').strip()}\n")
        rows.append("\n".join(textwrap.dedent("    " + (command.help or "")).strip().splitlines()) + "\n")
        if found := list(options(command)):
            rows += ["| option | |", "|---|---|", *(f"| {names} | {words} |" for names, words in found), ""]
    return "\n".join(rows).strip()


TABLES = {
    "networks": (HELP / "share.md", network_rows),
    "accounts": (HELP / "config.md", account_rows),
    "commands": (HELP / "commands.md", command_rows),
}


def drawn(name: str) -> tuple[str, str]:
    """(the page, the page with the table as the program has it now)."""
    page, rows = TABLES[name]
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(f"<!-- {name} -->\n")
    _, end, after = rest.partition(f"<!-- /{name} -->")
    assert begin and end, f"{page.name} has no place for the table"
    return text, f"{before}{begin}\n{rows()}\n\n{end}{after}"


def followed(page: Path) -> str:
    """A translated page with the examples and tables of the English one; ValueError if it has more or fewer."""
    text, english = (one.read_text(encoding="utf-8") for one in (page, HELP / page.name))
    for what in (BLOCK, DRAWN):
        theirs = [match[0] for match in what.finditer(english)]
        if len(list(what.finditer(text))) != len(theirs):
            raise ValueError(f"{page.relative_to(ROOT)} has not as many examples or tables as {page.name}")
        coming = iter(theirs)
        text = what.sub(lambda _, coming=coming: next(coming), text)
    return text


def redraw(pages: list[str]) -> None:
    """Write every table and every output anew (of these pages, or of all); what still agrees stays as it is."""
    for name, (page, _) in TABLES.items():
        page.write_text(drawn(name)[1], encoding="utf-8", newline="\n")
    for page in [page for page in PAGES if not pages or page.stem in pages]:
        rows = page.read_text(encoding="utf-8").split("\n")
        with TemporaryDirectory() as home:
            played = list(replay(page, Path(home)))
        for example, said in reversed(played):
            if BROKEN.search(said):
                print(f"{page.relative_to(ROOT)}:{example.line} left as it is, for the program broke: {said}")
            elif not agrees(example.output, said):
                first = example.line + example.command.count("\n")
                count = len(example.output.split("\n")) if example.output else 0
                rows[first : first + count] = said.rstrip("\n").split("\n") if said else []
                print(f"{page.relative_to(ROOT)}:{example.line} $ {example.command.splitlines()[0]}")
        page.write_text("\n".join(rows), encoding="utf-8", newline="\n")
    for page in TRANSLATED:
        page.write_text(followed(page), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    shutil.which("sh") or sys.exit("This needs a Unix shell.")
    redraw(sys.argv[1:])
