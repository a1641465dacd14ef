"""The manual as HTML: its pages as they stand in bot/help, in Spanish where there is such a page, else in English."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

HELP = Path(__file__).parents[1] / "help"
FIRST = "index"
PICTURES = {".png": "image/png", ".svg": "image/svg+xml"}
# Above every page of the manual, where the desk serves it.
ROOT = "/manual/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A page of the manual; `language` is the one it is in, whatever was asked for."""

    name: str
    title: str
    language: str
    html: str


@lru_cache(maxsize=128)
def leaf(name: str, language: str) -> Leaf | None:
    """A page by its name, in a language if it is there in it; None where the manual has no such page."""
    if name not in names():
        return None
    own = HELP / language / f"{name}.md"
    file, spoken = (own, language) if language != "en" and own.is_file() else (HELP / f"{name}.md", "en")
    text, english = (one.read_text(encoding="utf-8") for one in (file, HELP / f"{name}.md"))
    return Leaf(name=name, title=title(text), language=spoken, html=html(text, english))


@lru_cache
def names() -> frozenset[str]:
    """The names of all pages."""
    return frozenset(file.stem for file in HELP.glob("*.md"))


def picture(name: str) -> tuple[bytes, str] | None:
    """A picture of the manual with its media type; None where it has none of that name."""
    there = {file.name: file for file in HELP.iterdir() if file.suffix in PICTURES}
    return (there[name].read_bytes(), PICTURES[there[name].suffix]) if name in there else None


def title(text: str) -> str:
    """What stands in the first heading."""
    found = re.search(r"^# (.+)$", text, re.M)
    return found[1] if found else ""


def html(text: str, english: str = "") -> str:
    """Markdown as HTML that loads nothing from elsewhere; HTML within it is left out.

    The headings of a translation can be reached by the `english` ones, too.
    """
    parser = _parser()
    tokens = parser.parse(text)
    theirs = iter([anchor(head) for head in _heads(parser.parse(english))])
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            own, other = anchor(tokens[at + 1].content), next(theirs, "")
            token.attrSet("id", own)
            _also(tokens[at + 1], other if other != own else "")
        if token.attrs.pop("style", "") == "text-align:right":
            token.attrSet("class", "number")
        _mend(token.children or ())
    return str(parser.renderer.render(tokens, parser.options, {}))


def _heads(tokens: "Sequence[Token]") -> list[str]:
    return [tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open"]


def _also(heading: "Token", name: str) -> None:
    """Let a heading be reached by another name as well."""
    from markdown_it.token import Token

    if name and heading.children is not None:
        heading.children.insert(0, Token("place", "span", 1, {"id": name}))
        heading.children.insert(1, Token("place", "span", -1))


def anchor(heading: str) -> str:
    """How a heading is named in links, as <https://docs.github.com/get-started/writing-on-github> has it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@lru_cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    # HTML is recognised in order to be left out: the manual has only notes to its tests in it.
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    parser.add_render_rule("html_block", _note)
    for kind, shown in (
        ("html_inline", ""),
        ("table_open", '<div class="scroll" tabindex="0"><table class="list">\n'),
        ("table_close", "</table></div>\n"),
    ):
        parser.add_render_rule(kind, _always(shown))
    return parser


def _note(_: object, tokens: "Sequence[Token]", at: int, *__: object) -> str:
    """The name of the file that a block below shows, where a note says it."""
    found = re.fullmatch(r"<!-- file: (\S+) -->\s*", tokens[at].content)
    return f'<p class="file small quiet">{escape(found[1])}</p>\n' if found else ""


def _always(shown: str) -> Any:
    # The renderer binds what it is given as a method of its own, and calls it with much that is not needed here.
    return lambda *_: shown


def _mend(tokens: "Sequence[Token]") -> None:
    """Let links and pictures lead to where the desk has them; a link to what it does not have is words alone."""
    close = ""
    for token in tokens:
        if token.type == "link_open":
            to = _address(str(token.attrGet("href") or ""))
            close = "a" if to else "span"
            token.tag, token.attrs = close, {"href": to} if to else {}
            if to.startswith("http"):
                token.attrSet("rel", "noopener noreferrer")
        if token.type == "link_close":
            token.tag = close
        if token.type == "image":
            token.attrSet("src", ROOT + str(token.attrGet("src") or "").rpartition("/")[2])


def _address(href: str) -> str:
    """Where a link of a page leads at the desk; "" for what is not there."""
    file, sign, part = href.partition("#")
    if href.startswith(("https://", "http://")) or not file:
        return href
    name = file.rpartition("/")[2].removesuffix(".md")
    return f"{ROOT}{name}{sign}{part}" if name in names() and file.endswith(".md") else ""
