"""The README and the manual say what is so: examples run, tables and picture are drawn, keys are complete."""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bot import config, networks
from bot.core.delivery import STEPS
from bot.core.facts import UTM, known
from bot.core.post import Ask, Campaign, Target
from bot.core.render import FILTERS
from bot.core.schema import Fault, Kind
from bot.library import campaign, post
from tests.house import manual, picture
from tests.house.manual import HELP, PAGES, ROOT

NETWORKS = networks.load()
NAMES = sorted(NETWORKS)
unix = pytest.mark.skipif(sys.platform == "win32", reason="the pages are typed into a Unix shell; run them on one")
TEXTS = {page.stem: page.read_text(encoding="utf-8") for page in PAGES}


# --- examples ---------------------------------------------------------------------------------------


@unix
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_examples_of_a_page_say_what_it_promises(page: Path, tmp_path: Path) -> None:
    wrong = [
        f"{page.name}:{example.line} $ {example.command}\n{said}"
        for example, said in manual.replay(page, tmp_path)
        if not manual.agrees(example.output, said)
    ]
    assert not wrong, "\n".join([*wrong, "If that reads well: python -m tests.house.manual"])


def test_no_page_promises_that_the_program_breaks() -> None:
    assert [name for name, text in TEXTS.items() if manual.BROKEN.search(text)] == []


def test_three_dots_stand_for_anything_and_nothing_else_does() -> None:
    assert manual.agrees("Made ... .\n...\nEnd", "Made this .\none\ntwo\nEnd\n")
    assert not manual.agrees("Made this", "Made that")
    assert not manual.agrees("", "Something")


def test_a_page_says_at_what_time_its_commands_run(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- now: 2026-12-01T09:00Z -->\n```console\n$ handbill plan --days 0.5 | head -n 1\n```\n")
    [(_, said)] = manual.replay(page, tmp_path)
    assert said.endswith("Tuesday, 2026-12-01  (UTC)\n")


def test_a_server_of_a_page_ends_with_it(tmp_path: Path) -> None:
    with manual.Shell(tmp_path) as shell:
        shell.start("python -m tests.servers x")
        assert "posts" in shell.run("curl -s http://127.0.0.1:8977/_control")
    assert [server.returncode for server in shell.servers] == [0]


def test_a_command_ends_where_its_heredoc_does() -> None:
    found = manual.examples("$ cat > a <<'END'\nb\nEND\nsaid\n$ ls\n", 1)
    assert [(one.command, one.output) for one in found] == [("cat > a <<'END'\nb\nEND", "said"), ("ls", "")]


def test_the_network_of_the_manual_passes_its_tests(tmp_path: Path) -> None:
    for block in manual.blocks(HELP / "networks.md"):
        if block["file"]:
            (tmp_path / block["file"]).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / block["file"]).write_text(block["text"], encoding="utf-8")
    code = (
        "import sys, pytest, bot.networks; bot.networks.__path__.append('bot/networks')\n"
        "assert bot.networks.load()['murmur'].label == 'Murmur'\n"
        "sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', '-p', 'no:xdist', '--rootdir=.', 'tests']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=manual.environ(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_python_block_is_one_of_the_files_that_run() -> None:
    blocks = [block for page in PAGES for block in manual.blocks(page) if block["kind"] == "python"]
    assert [block["text"] for block in blocks if not block["file"]] == []


# --- the README -------------------------------------------------------------------------------------


def test_the_two_commands_are_there() -> None:
    named = re.findall(r"^python3 (\S+)$", TEXTS["README"], re.M)
    assert named == [".ci/try.py", ".ci/test.py"]
    assert all((ROOT / name).is_file() for name in named)


@unix
def test_the_picture_shows_what_the_program_says() -> None:
    tree = ElementTree.parse(picture.FILE)
    screen = tree.find(".//*[@id='screen']")
    assert screen is not None
    shown = " ".join("".join(row.itertext()) for row in screen if row.tag.endswith("text"))
    said = picture.said().split()
    assert shown.split() == ["$", *picture.COMMAND.split(), *said], "Run: python -m tests.house.picture"


def test_the_picture_needs_nothing_from_elsewhere_and_speaks_to_those_who_cannot_see_it() -> None:
    drawn = picture.FILE.read_text(encoding="utf-8")
    root = ElementTree.fromstring(drawn)
    assert not re.search(r"href|url\((?!#)|@import|@font-face|<script", drawn)
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "title description"
    assert all(root.findtext(f".//*[@id='{name}']") for name in ("title", "description"))


LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"], ids=lambda page: page.stem)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for address in LINK.findall(text):
        if not address.startswith("http"):
            file, _, part = address.partition("#")
            target = page.parent / file if file else page
            assert target.is_file(), address
            assert not part or part in _anchors(target), address


def _anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


# --- tables -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", manual.TABLES)
def test_a_drawn_table_is_up_to_date(name: str) -> None:
    there, wanted = manual.drawn(name)
    assert there == wanted, "Run: python -m tests.house.manual"


# --- keys -------------------------------------------------------------------------------------------


def documented(page: str) -> set[str]:
    """The keys in the tables of a page: what stands in code in a first column."""
    return set(re.findall(r"^\| `([\w.]+)` \|", TEXTS[page], re.M))


def inside(kind: Kind, *path: str, **told: str) -> set[str]:
    """The keys of a table that a kind reads: it names them all to whoever writes one it does not know.

    `told` is what stands there besides.
    """
    faults: list[Fault] = []
    value: object = {"?": 0, **told}
    for name in reversed(path):
        value = {name: value}
    kind(value, (), faults)
    hints = [fault.hint for fault in faults if "unknown key" in fault.what]
    assert len(hints) == 1, faults
    return set(hints[0].removeprefix("Known here: ").removesuffix(".").split(", "))


def dotted(kinds: dict[str, Kind], tables: dict[str, Callable[[Kind], set[str]]]) -> Iterator[str]:
    """Every key, and those of the tables below it."""
    yield from kinds
    for name, keys in tables.items():
        yield from (f"{name}.{key}" for key in keys(kinds[name.partition(".")[0]]))


def test_every_key_of_a_post_and_of_a_campaign_is_in_the_manual_and_no_other() -> None:
    of_posts = dotted(post.keys(NAMES), {"image": inside, "source": inside})
    of_campaigns = dotted(
        campaign.keys(NAMES),
        {
            "hashtags": inside,
            "ask.NAME": lambda kind: inside(kind, "name"),
            "targets.NAME": lambda kind: (inside(kind, "name") - set(NAMES)) | {"NETWORK"},
            "utm": lambda kind: set(UTM),
        },
    )
    assert documented("posts") == {*of_posts, *of_campaigns}


def test_every_key_of_the_config_is_in_the_manual_and_no_other() -> None:
    kinds = config.keys(NETWORKS)
    wanted = {
        *kinds,
        *(f"site.{key}" for key in config.SITE),
        *(f"desk.{key}" for key in config.DESK),
        *(f"heartbeat.{key}" for key in config.HEARTBEAT),
        *(f"schedule.{key}" for key in config.SCHEDULE),
        *(f"accounts.NAME.{key}" for key in inside(kinds["accounts"], "name")),
    }
    assert documented("config") == wanted


def test_every_fact_is_in_the_manual_and_no_other() -> None:
    title = {"": "A"}
    full = Campaign(
        name="a", title=title, languages=("en",), where="", organizer="B", paid_by="C", goal=1, until=date(2027, 1, 1),
        links={"sign": title}, asks={"city": Ask(label=title)}, targets={"mayor": Target(name=title)},
    )  # fmt: skip
    assert set(re.findall(r"^\| `\{\{ ([\w.]+)", TEXTS["posts"], re.M)) == set(known(full))


def test_every_filter_is_in_the_manual() -> None:
    assert all(f"`{name}`" in TEXTS["posts"] for name in FILTERS)


def test_every_state_of_a_delivery_is_in_the_manual() -> None:
    assert documented("plan") == set(STEPS)


@unix
def test_every_key_of_the_json_lines_is_in_the_manual_in_its_order(tmp_path: Path) -> None:
    shell = manual.Shell(tmp_path)
    shell.write("posts/a/campaign.toml", 'title = "A"')
    shell.write("posts/a/b.en.txt", "Words.\n---\n***")
    shell.write("posts/a/c.en.txt", "Words.")
    span = "--from 2026-12-01T00:00Z --days 1"
    shell.run(f"handbill rehearse {span} --out out")
    said = {
        "plan": shell.run(f"handbill plan {span} --json 2> errors"),
        "share": shell.run("handbill share --network sms --json 2> errors"),
        "check": shell.run("handbill check --json 2> errors"),
        "delivery": shell.run("cat out/deliveries.jsonl"),
        "measure": shell.run("echo a | handbill measure --network sms"),
        "account": shell.run("handbill account check --json 2> errors"),
    }
    found = re.findall(r"^## (\w+).*?\n(.*?)(?=^## |\Z)", TEXTS["json"], re.M | re.S)
    keys = {head: re.findall(r"^\| `(\w+)` \|", body, re.M) for head, body in found}
    assert {name: list(json.loads(lines.splitlines()[0])) for name, lines in said.items()} == {
        name: keys[name] for name in said
    }


# --- commands and options ---------------------------------------------------------------------------


def test_every_option_in_the_manual_exists() -> None:
    known = {
        name
        for command in [manual.handbill, *manual.commands().values()]
        for one in command.params
        for name in (*one.opts, *one.secondary_opts)
    }
    for page, text in TEXTS.items():
        typed = " ".join(re.findall(r"(?:^\$ |`)(handbill[^`\n|]*)", text, re.M))
        used = {option for option in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", typed)}
        assert used <= known | {"-h", "--help", "--no-ensure-ascii"}, page


def test_every_command_in_the_manual_exists() -> None:
    verbs = {tuple(name.split()) for name in manual.commands()}
    heads = {verb[0] for verb in verbs}
    for page, text in TEXTS.items():
        for typed in re.findall(r"(?:^\$ |`)handbill (?:--config \S+ |-c \S+ )?([a-z][\w ]*)", text, re.M):
            words = tuple(typed.split())
            assert words[0] in heads, (page, typed)
            assert words[:1] in verbs or words[:2] in verbs, (page, typed)


# --- the example of a config --------------------------------------------------------------------------

EXAMPLE = ROOT / "config.example.toml"
SWITCHED_OFF = re.compile(r"^# (?=\w+ = |\[)", re.M)


def test_every_row_of_the_example_config_can_be_switched_on(tmp_path: Path) -> None:
    every = tmp_path / "config.toml"
    every.write_text(SWITCHED_OFF.sub("", EXAMPLE.read_text(encoding="utf-8")), encoding="utf-8")
    for file in (EXAMPLE, every):
        found, problems = config.read(file, NETWORKS, file.name)
        assert found is not None, problems
    assert SWITCHED_OFF.search(EXAMPLE.read_text(encoding="utf-8"))


def test_the_example_config_has_every_key_there_is_also_those_of_each_network() -> None:
    kinds = config.keys(NETWORKS)
    there = tomllib.loads(SWITCHED_OFF.sub("", EXAMPLE.read_text(encoding="utf-8")))
    accounts = list(there["accounts"].values())
    missing = {
        *(kinds.keys() - there.keys()),
        *(f"{name}.{key}" for name in ("heartbeat", "site") for key in inside(kinds[name]) - there[name].keys()),
        *(config.SCHEDULE.keys() - there["schedule"][0].keys()),
        *(inside(kinds["accounts"], "name") - {key for account in accounts for key in account}),
    }
    for name in (name for name, network in NETWORKS.items() if network.connect):
        own = inside(kinds["accounts"], "name", network=name) - inside(kinds["accounts"], "name")
        mine = {key for account in accounts if account["network"] == name for key in account}
        missing |= {f"{name}: {key}" for key in own - mine}
    assert missing == set()
