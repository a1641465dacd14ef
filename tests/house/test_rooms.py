"""The rules of the house: each module has its test, each network its place, and imports look down."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from bot import networks

ROOT = Path(__file__).parents[2]
BOT, TESTS = ROOT / "bot", ROOT / "tests"
NETWORKS = sorted(path.stem for path in (BOT / "networks").glob("[!_]*.py"))
# Values and tables that the tests of others read line by line.
UNTESTED = {"__init__", "env", "m0001_first"}
MODULES = [path for path in sorted(BOT.rglob("*.py")) if path.stem not in UNTESTED and "shipped" not in path.parts]


def tool(*arguments: str) -> str:
    """Run a tool of this environment over the project; what it complains of."""
    command = [str(Path(sys.executable).with_name(arguments[0])), *arguments[1:]]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(BOT)))
def test_a_module_has_a_test(module: Path) -> None:
    place = (TESTS / module.relative_to(BOT)).parent
    assert (place / f"test_{module.stem.strip('_')}.py").exists()


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_is_named_after_its_file_and_can_do_something(name: str) -> None:
    network = networks.load()[name]
    assert network.name == name
    assert network.share or network.connect


def test_no_network_is_named_outside_its_file() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.value}"
        for path in BOT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in NETWORKS and node.value != "outbox"
        if path != BOT / "networks" / f"{node.value}.py"
    ]
    assert not found


def test_loading_every_network_loads_no_client_library() -> None:
    code = "import sys, bot.networks as n; n.load(); print({*LIBRARIES} & set(sys.modules))"
    code = code.replace("LIBRARIES", str(["tweepy", "atproto", "mastodon", "httpx", "requests", "sqlalchemy", "PIL"]))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "set()"


def test_imports_look_down() -> None:
    assert not tool("lint-imports", "--no-cache")


def test_the_code_is_formatted_and_clean() -> None:
    assert not tool("ruff", "format", "--check", "bot", "tests", ".ci")
    assert not tool("ruff", "check", "bot", "tests", ".ci")


def test_the_types_hold() -> None:
    assert not tool("mypy")
