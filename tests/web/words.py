"""The desk's own words: those of its templates, and those that its rooms say."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from bot import pages, web
from bot.pages import _environment

TEMPLATES = Path(pages.__file__).parent / "desk"
ROOMS = Path(web.__file__).parent
# How a line of the list of who did what begins.
DEED = "%(who)s "


def of_template(file: Path) -> set[str]:
    """What stands in a template's {{ _("…") }} and {% trans %}."""
    found = _environment("en").extract_translations(file.read_text(encoding="utf-8"))
    return {word for _, _, words in found for word in ([words] if isinstance(words, str) else words) if word}


def of_room(file: Path) -> set[str]:
    """What a room says by ask.say("…"), or by ask.say(NAME)."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    named = {target.id: node.value for node in tree.body if isinstance(node, ast.Assign) for target in _names(node)}
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args)
    said = [call.args[0] for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "say"]
    texts = [named.get(one.id, one) if isinstance(one, ast.Name) else one for one in said]
    return {one.value for one in texts if isinstance(one, ast.Constant)}


def _names(node: ast.Assign) -> Iterator[ast.Name]:
    return (target for target in node.targets if isinstance(target, ast.Name))


def is_said(words: str) -> bool:
    """Whether they stand in a template, or anywhere in the program: as they are, or with values to be filled in."""
    whole, filled = _everywhere()
    if words.startswith(DEED):
        return any(f"{words} ".startswith(f"{DEED}{one} ") for one in whole if len(one) > 4)
    begins = words.removesuffix("%s")
    return bool({words, begins, begins.rstrip()} & whole) or any(one.fullmatch(words) for one in filled)


@cache
def _everywhere() -> tuple[set[str], list[re.Pattern[str]]]:
    whole = {word for file in TEMPLATES.glob("*.html") for word in of_template(file)}
    filled = []
    for file in ROOMS.parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole.add(node.value)
            if isinstance(node, ast.JoinedStr):
                parts = [str(part.value) if isinstance(part, ast.Constant) else "" for part in node.values]
                if len("".join(parts)) > 7:  # else it could be anything
                    filled.append(re.compile("".join(re.escape(part) or ".+" for part in parts)))
    return whole, filled
