"""The desk's own words: those of its templates, and those that its rooms say."""

import ast
from pathlib import Path

from bot import pages, web
from bot.pages import _environment

TEMPLATES = Path(pages.__file__).parent / "desk"
ROOMS = Path(web.__file__).parent


def of_template(file: Path) -> set[str]:
    """What stands in a template's {{ _("…") }} and {% trans %}."""
    found = _environment("en").extract_translations(file.read_text(encoding="utf-8"))
    return {word for _, _, words in found for word in ([words] if isinstance(words, str) else words) if word}


def of_room(file: Path) -> set[str]:
    """What a room says by ask.say("…")."""
    calls = (node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
    said = (call.args[0] for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "say")
    return {one.value for one in said if isinstance(one, ast.Constant)}


def everywhere() -> set[str]:
    """All of them; also texts of rooms that are said later, by a name."""
    words = {word for file in TEMPLATES.glob("*.html") for word in of_template(file)}
    for file in ROOMS.glob("*.py"):
        nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        words |= {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return words
