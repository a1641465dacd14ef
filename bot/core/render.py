"""A template and facts become words; what a supporter may tell stays a mark until it is known."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import pairwise
from typing import Any

import regex
from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.environment import Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.core.measure import CAP
from bot.core.schema import near
from bot.core.text import faults

SPACES = ("me", "target", "campaign", "links", "today")
FILTERS = ("upper", "lower", "capitalize")
# No loop, call, arithmetic or subscript: nothing that can run long or grow large.
ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Const, nodes.Name, nodes.Getattr,
    nodes.Or, nodes.And, nodes.Not, nodes.If, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.Filter, nodes.Concat,
)  # fmt: skip

ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
ENVIRONMENT.globals.clear()
ENVIRONMENT.tests.clear()
ENVIRONMENT.filters = {name: ENVIRONMENT.filters[name] for name in FILTERS}

MARKS = 0xE000
MARK = re.compile("[\ue000-\uf8ff]")
# Beside a mark stands nothing that would join with a typed value to a link, a tag, a mention or another word,
# and before it, up to the last space, nothing that begins one of these.
BEFORE = regex.compile(r"[\p{L}\p{N}\p{M}_@#/.\\&=%+$:-]\Z|[@＠#＃]|://|[\p{L}\p{N}]\.\p{L}{2}")
AFTER = regex.compile(r"[\p{L}\p{N}\p{M}_@＠#＃/\\&=%+$-]|:\S|\.[\p{L}\p{N}]|[\u200c\u200d]")
# Counts most wherever a letter can count more than one: three bytes, no GSM-7, yet one for X.
WIDEST = "\u0e01"


class BadTemplate(ValueError):
    """A template says something it may not: what, what to do, and in which of its lines (from 1)."""

    def __init__(self, what: str, hint: str = "", line: int = 1) -> None:
        super().__init__(what)
        self.what, self.hint, self.line = what, hint, line


@dataclass(frozen=True, slots=True)
class Compiled:
    """A checked template, and the facts it uses by dotted name with the line of each."""

    template: Template
    uses: Mapping[str, int]

    def asks(self) -> tuple[str, ...]:
        """The supporter's facts it has room for."""
        return tuple(name.removeprefix("me.") for name in self.uses if name.startswith("me."))


@dataclass(frozen=True, slots=True)
class Words:
    """Text in which each supporter's fact is one mark; `fields` holds (fact, fallback) by mark."""

    text: str
    fields: tuple[tuple[str, str], ...] = ()

    def fill(self, me: Mapping[str, str]) -> str:
        """The text with each mark replaced by the fact, or by its fallback."""
        return self._replace(lambda name, fallback: me.get(name) or fallback)

    def _replace(self, choose: Any) -> str:
        if not self.fields:
            return self.text
        return MARK.sub(lambda mark: choose(*self.fields[ord(mark[0]) - MARKS]), self.text)


@lru_cache(maxsize=20_000)
def compile_words(source: str) -> Compiled:
    """Check and compile a template; raise BadTemplate."""
    if len(source) > CAP:
        raise BadTemplate(
            f"these words are longer than {CAP:,} characters", "No network takes that much; shorten them."
        )
    try:
        tree = ENVIRONMENT.parse(source)
        _judge(tree)
        uses = dict(_uses(tree))
        _mark_fields(tree)
        return Compiled(ENVIRONMENT.from_string(tree), uses)
    except TemplateSyntaxError as error:
        raise BadTemplate(
            _syntax(error.message or ""), 'A place to fill is written {{ me.city or "my town" }}.', error.lineno
        ) from error
    except BadTemplate:
        raise
    except (RecursionError, MemoryError, SyntaxError, ValueError) as error:
        # Nested beyond what Python compiles, or a number of thousands of digits.
        raise BadTemplate("a place to fill is nested too deeply or too long", "Write it more simply.") from error


def _syntax(message: str) -> str:
    return f"a place to fill cannot be read: {message.rstrip('.')}"


def _judge(tree: nodes.Template) -> None:
    for node in _all(tree):
        if not isinstance(node, ALLOWED):
            raise BadTemplate(
                f"{_name(node)} cannot stand in a post", "Places to fill, `or` and `if` are all there is.", node.lineno
            )
        if isinstance(node, nodes.Filter):
            _judge_filter(node)
        if isinstance(node, nodes.Const):
            _judge_value(node.value, node.lineno)
        if isinstance(node, nodes.TemplateData):
            _judge_value(node.data, node.lineno)


def _judge_filter(node: nodes.Filter) -> None:
    if node.name not in FILTERS:
        hint = near(node.name, FILTERS)
        raise BadTemplate(f"no filter named '{node.name}'; these exist: {', '.join(FILTERS)}", hint, node.lineno)
    if node.args or node.kwargs or node.dyn_args or node.dyn_kwargs:
        raise BadTemplate(f"the filter {node.name} takes nothing in brackets", f"Write |{node.name}.", node.lineno)


def _judge_value(value: object, line: int) -> None:
    if isinstance(value, float):
        raise BadTemplate("a number with a fraction cannot stand here", "Write it as words, outside the braces.", line)
    # An escape in quotes, such as "\u202e", hides from whoever reads the file.
    if isinstance(value, str) and (bad := faults(value, "")):
        raise BadTemplate(bad[0].what, bad[0].hint, line)


def _name(node: nodes.Node) -> str:
    names = {
        "For": "a loop",
        "Call": "a call",
        "Getitem": "a subscript",
        "Assign": "an assignment",
        "Test": "a test",
        "Filter": "this filter",
    }
    return names.get(type(node).__name__, f"`{type(node).__name__.lower()}`")


def _all(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from _all(child)


def _uses(tree: nodes.Template) -> Iterator[tuple[str, int]]:
    inner = set()
    for node in _all(tree):
        if isinstance(node, nodes.Getattr):
            if not isinstance(node.node, nodes.Name):
                raise BadTemplate(f'"{node.attr}" asks too deep', "A fact has two parts: campaign.title.", node.lineno)
            inner.add(id(node.node))
            yield f"{node.node.name}.{node.attr}", node.lineno
        elif isinstance(node, nodes.Name) and id(node) not in inner:
            yield node.name, node.lineno


def _mark_fields(tree: nodes.Template) -> None:
    for output in tree.find_all(nodes.Output):
        output.nodes = [_marked(node) for node in output.nodes]
    for name in tree.find_all(nodes.Name):
        if name.name == "me":
            raise BadTemplate(
                "a supporter's fact stands alone, with words for those who do not tell it",
                'Write it {{ me.city or "my town" }}, with nothing else inside the braces.',
                name.lineno,
            )


def _marked(node: nodes.Expr) -> nodes.Expr:
    """{{ me.city or words }} becomes field("city", words)."""
    first, others = node, list[nodes.Expr]()
    while isinstance(first, nodes.Or):
        others.insert(0, first.right)
        first = first.left
    if not (others and isinstance(first, nodes.Getattr)):
        return node
    if not (isinstance(first.node, nodes.Name) and first.node.name == "me"):
        return node
    fallback = reduce(lambda left, right: nodes.Or(left, right, lineno=node.lineno), others)
    call = nodes.Call(nodes.Name("field", "load"), [nodes.Const(first.attr), fallback], [], None, None)
    call.set_lineno(node.lineno)
    return call


def unknown(compiled: Compiled, known: Mapping[str, object]) -> list[BadTemplate]:
    """Every fact the template uses that is not among the `known` dotted names."""
    return [
        BadTemplate(f'unknown fact "{name}"', _hint(name, known), line)
        for name, line in compiled.uses.items()
        if name not in known
    ]


# Where facts are written that a template may name, and campaign.toml may lack.
WRITTEN = {"me": "[ask.{}]", "links": "{} = … below [links]", "target": "a target below [targets]"}
WRITTEN_CAMPAIGN = ("organizer", "paid_by", "goal", "until")


def _hint(name: str, known: Mapping[str, object]) -> str:
    space, _, attribute = name.partition(".")
    if space == "campaign" and attribute in (*WRITTEN_CAMPAIGN, "days_to_go"):
        return f"Write {'until' if attribute == 'days_to_go' else attribute} = … into campaign.toml first."
    alike = [other for other in known if other.startswith(f"{space}.")]
    if not alike and space in WRITTEN:
        return f"Write {WRITTEN[space].format(attribute)} into campaign.toml first."
    return near(name, sorted(known))


def render(compiled: Compiled, facts: Mapping[str, Any]) -> Words:
    """Fill a template; raise BadTemplate if it cannot be, or if a supporter's fact touches other words."""
    fields: list[tuple[str, str]] = []

    def field(name: str, fallback: object) -> str:
        fields.append((name, clean(str(fallback))))
        return chr(MARKS + len(fields) - 1)

    try:
        text = clean(_bounded(compiled.template.generate(facts, field=field)))
    except (TemplateError, TypeError) as error:
        raise BadTemplate(
            f"a place to fill cannot be worked out: {error}", "Compare numbers only with numbers."
        ) from error
    if fields:
        _judge_fields(text, fields)
    return Words(text, tuple(fields))


def _bounded(pieces: Iterable[str]) -> str:
    found, length = [], 0
    for piece in pieces:
        found.append(piece)
        length += len(piece)
        if length > CAP:
            raise BadTemplate(
                f"these words come to more than {CAP:,} letters", "No network takes that much; shorten them."
            )
    return "".join(found)


def _judge_fields(text: str, fields: list[tuple[str, str]]) -> None:
    for name, fallback in fields:
        if not fallback:
            raise BadTemplate(
                f"there are no words for those who do not tell me.{name}", f'Write {{{{ me.{name} or "my town" }}}}.'
            )
    for word in text.split():
        if _touches(MARK.split(word)):
            shown = MARK.sub("{…}", word)
            raise BadTemplate(f'a supporter\'s fact touches other signs in "{shown}"', "Put a space between them.")


def _touches(pieces: list[str]) -> bool:
    """Whether a mark between two of the pieces of a word joins with what stands there."""
    before = ""
    for number, (piece, after) in enumerate(pairwise(pieces)):
        before += piece
        if (number and not piece) or BEFORE.search(before) or AFTER.match(after):
            return True
    return False


def clean(text: str) -> str:
    """NFC, no space at either end of a row, at most one empty row between paragraphs."""
    rows = "\n".join(row.strip() for row in unicodedata.normalize("NFC", text).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", rows).strip()


DROP = regex.compile(
    "[\\p{Cs}\\p{Co}\\p{NChar}\ufffd\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffc@＠#＃]"
)
SPACE = regex.compile(r"[\p{Cc}\s]+")
DOTTED = regex.compile(r"\.(?=[\p{L}\p{N}][\p{L}\p{N}\p{M}])")
CASHTAG = regex.compile(r"[$＄]+(?=\p{L})")
# What joins with the letter before or after it has none at either end.
LOOSE = regex.compile("^[\\p{M}\\s\u200c\u200d]+|[\\s\u200c\u200d]+$")


def tidy(value: str) -> str:
    """A typed fact as one short row of plain words: nothing unseen, no @ or #, nothing that makes a link."""
    if value.isascii() and value.isalnum():
        return value
    words = CASHTAG.sub("", unicodedata.normalize("NFC", DROP.sub("", value)))
    return LOOSE.sub("", SPACE.sub(" ", DOTTED.sub(". ", words.replace("://", ": "))))
