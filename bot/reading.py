"""Reading: a document that somebody hands in, in whatever format, becomes rows. Nothing in it is trusted."""

import codecs
import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import PurePath
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile
from zlib import error as ZlibError

import regex

from bot.core.blocks import rows_of
from bot.core.draft import Kind, Remark, Row
from bot.core.mend import is_elsewhere, target, unlinked, with_address
from bot.core.problem import AskedWrongly, HandbillError
from bot.core.tongue import named as tongue

if TYPE_CHECKING:
    from lxml.etree import _Element

LARGEST = 10_000_000
"""Bytes of a document."""
LONGEST = 1_000_000
"""Letters of its text."""
MOST_ROWS = 20_000
# What a document may hold when unpacked, in bytes, and in how many files.
UNPACKED, MOST_FILES = 100_000_000, 2_000
XML_LARGEST = 20_000_000
DOCX, CSV = (".docx",), (".csv", ".tsv")
TEXT = (".txt", ".md", ".markdown", ".text", "")
KINDS = "a .docx, .md, .txt or .csv file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The rows of a document, what its `unit` of counting is called, and what was noticed while it was read.

    `language`: of all of it, where it says so, else "".
    """

    rows: tuple[Row, ...]
    unit: str = ""
    remarks: tuple[Remark, ...] = ()
    text: str = ""
    language: str = ""


def read(raw: bytes, name: str) -> Reading:
    """Read a document by the ending of its name; raises AskedWrongly if it cannot be."""
    suffix = PurePath(name).suffix.lower()
    if len(raw) > LARGEST:
        raise AskedWrongly(f"{name} is larger than 10 MB. Take the pictures out, or paste the words.")
    if suffix in DOCX or raw.startswith(b"PK\x03\x04"):
        found = _docx(raw, name)
    elif suffix in CSV:
        found = Reading(rows=tuple(_csv(_decoded(raw, name), name)))
    elif suffix in TEXT:
        found = read_text(_decoded(raw, name), is_markdown=suffix in (".md", ".markdown"))
    else:
        raise AskedWrongly(f'Handbill cannot read "{suffix}" files. Save it as {KINDS}, or paste the words.')
    if len(found.rows) > MOST_ROWS or sum(len(row.text) + sum(map(len, row.cells)) for row in found.rows) > LONGEST:
        raise AskedWrongly(f"{name} is too long: more than a million letters, or 20,000 rows. Cut it into parts.")
    return found


def read_text(text: str, *, is_markdown: bool = False) -> Reading:
    """Read a plain or Markdown text, or a table that was copied out of a spreadsheet."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    if cells := _pasted_table(plain):
        return Reading(rows=tuple(cells), text=plain)
    front = FRONT.match(plain) if is_markdown else None
    facts, remarks = _facts(front[1] if front else "")
    lines: list[str] = []
    for number, line in enumerate(plain.split("\n"), 1):
        words, dead = unlinked(line)
        remarks += [_dead(number, one) for one in dead]
        lines.append(_unmarked(words) if is_markdown else words)
    rows = rows_of("\n".join(lines))
    if front:
        named = [Row(1, facts["title"], "heading")] if "title" in facts else []
        rows = [*named, *rows[front[0].count("\n") :]]
    language = next((found for name in SPOKEN if (found := tongue(facts.get(name, "")))), "")
    return Reading(rows=tuple(rows), remarks=tuple(remarks), text=plain, language=language)


# What may stand above the words of a Markdown file: <https://jekyllrb.com/docs/front-matter/>.
FRONT = regex.compile(
    r"---[ \t]*\n((?:[ \t]*[\w-]+:.*\n|[ \t]*-[ \t].*\n|[ \t]+\S.*\n|[ \t]*#.*\n|[ \t]*\n){1,100})---[ \t]*(?:\n|\Z)"
)
FACT = regex.compile(r"([\w-]+):[ \t]*(.*)")
SPOKEN = ("lang", "language", "idioma")


def _facts(front: str) -> tuple[dict[str, str], list[Remark]]:
    """What stands above the words of a Markdown file; and which of it is not read."""
    found = [match.groups() for line in front.split("\n") if (match := FACT.match(line))]
    facts = {name.casefold(): value.strip().strip("\"'") for name, value in found}
    unread = [name for name, value in facts.items() if name not in ("title", *SPOKEN)]
    what = f"what stands above the words is not read: {', '.join(unread)}"
    return facts, [Remark(1, what, "Write it into the posts where you need it.")] if unread else []


def _dead(number: int, words: str) -> Remark:
    return Remark(
        number, f'the link behind "{words[:60]}" leads to no web page', "Write the whole address, with https://."
    )


ESCAPED = regex.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>~])")
QUOTED = regex.compile(r"^\s{0,3}>\s?")
EMPHASIS = regex.compile(
    r"(?<![\w*\\])\*(?![\s*])([^*\n]{1,500}?)(?<![\s*\\])\*(?![\w*])"
    r"|(?<![\w\\])_(?![\s_])([^_\n]{1,500}?)(?<![\s\\])_(?!\w)"
)


def _unmarked(line: str) -> str:
    """A row of Markdown without the marks of emphasis and quotation."""
    plain = EMPHASIS.sub(lambda match: match[1] or match[2], QUOTED.sub("", line))
    return ESCAPED.sub(r"\1", plain)


# --- text ----------------------------------------------------------------------------------------

MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def _decoded(raw: bytes, name: str) -> str:
    """The text of a file in UTF-8, UTF-16, or what Windows writes in western Europe and America."""
    try:
        text = raw.decode(_encoding(raw))
    except UnicodeDecodeError as error:
        raise AskedWrongly(f"{name} is no text that Handbill can read. Save it as UTF-8 text.") from error
    if "\0" in text:
        raise AskedWrongly(f"{name} is no text. Save it as {KINDS}.")
    return text


def _encoding(raw: bytes) -> str:
    for mark, name in MARKS:
        if raw.startswith(mark):
            return name
    high, low = raw[:400:2], raw[1:400:2]
    if 3 * max(high.count(0), low.count(0)) > 2 * len(low) and not (high.count(0) and low.count(0)):
        return "utf-16-be" if high.count(0) else "utf-16-le"
    try:
        raw.decode()
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


# --- tables --------------------------------------------------------------------------------------

SEPARATORS = ",;\t|"


def _csv(text: str, name: str) -> Iterator[Row]:
    try:
        yield from _cells(text, max(SEPARATORS, key=lambda separator: _columns(text, separator)))
    except csv.Error as error:
        raise AskedWrongly(f"{name} cannot be read as a table ({error}). Save it again as CSV.") from error


def _cells(text: str, separator: str) -> Iterator[Row]:
    rows = csv.reader(StringIO(text, newline=""), delimiter=separator)
    number = 1
    for cells in rows:
        if any(cell.strip() for cell in cells):
            yield Row(number, "", "cells", tuple(cell.strip() for cell in cells))
        number = rows.line_num + 1


def _columns(text: str, separator: str) -> int:
    """How many columns the first row has with this separator."""
    return len(next(csv.reader(StringIO(text, newline=""), delimiter=separator), ()))


def _pasted_table(text: str) -> list[Row]:
    """The rows of a table that a spreadsheet put into the clipboard; none if it is something else."""
    if "\t" not in text.split("\n", 1)[0].strip("\t"):
        return []
    try:
        rows = list(_cells(text, "\t"))
    except csv.Error:
        return []
    widths = {len(row.cells) for row in rows}
    return rows if len(rows) > 1 and len(widths) == 1 and widths != {1} else []


# --- .docx ---------------------------------------------------------------------------------------

SAVE_AGAIN = "Open it in a word processor and save it again."
XML = (".xml", ".rels")
# No word processor writes these; they are how a small file becomes a huge one, or reads another.
DECLARES = [
    word.encode(encoding) for word in ("<!DOCTYPE", "<!ENTITY") for encoding in ("utf-8", "utf-16-le", "utf-16-be")
]


def _docx(raw: bytes, name: str) -> Reading:
    _guard(raw, name)
    try:
        import docx
        from docx.opc.exceptions import OpcError
        from lxml.etree import LxmlError
    except ImportError as error:
        raise HandbillError("Reading .docx needs one more part: pip install 'handbill[desk]'") from error
    try:
        document = docx.Document(BytesIO(raw))
        links = {key: link.target_ref for key, link in document.part.rels.items() if link.is_external}
        styles = {style.style_id: style.name or "" for style in document.styles}
        return _read_body(document.element.body, links, styles)
    except (OpcError, LxmlError, BadZipFile, ZlibError, LookupError, ValueError, OSError, AttributeError) as error:
        raise AskedWrongly(f"{name} is damaged, or no .docx file. {SAVE_AGAIN}") from error


def _guard(raw: bytes, name: str) -> None:
    """Refuse what would be huge when unpacked, by what its directory says and by what really comes out."""
    try:
        with ZipFile(BytesIO(raw)) as packed:
            files = packed.infolist()
            if len(files) > MOST_FILES or sum(file.file_size for file in files) > UNPACKED:
                raise AskedWrongly(f"{name} would be huge when unpacked, and is not read. Paste the words instead.")
            for file in files:
                if file.filename.lower().endswith(XML):
                    _guard_xml(packed, file.filename, name)
    except (BadZipFile, ZlibError, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
        raise AskedWrongly(f"{name} is damaged, or no .docx file. {SAVE_AGAIN}") from error


def _guard_xml(packed: ZipFile, part: str, name: str) -> None:
    with packed.open(part) as source:
        content = source.read(XML_LARGEST + 1)
    if len(content) > XML_LARGEST:
        raise AskedWrongly(f"{name} would be huge when unpacked, and is not read. Paste the words instead.")
    if any(word in content for word in DECLARES):
        raise AskedWrongly(f"{name} holds what no word processor writes, and is not read. Paste the words instead.")


# What holds paragraphs without being one, what holds no words, and what stands for a sign.
HOLDS = ("sdt", "sdtContent", "ins", "moveTo", "customXml")
SILENT = ("pPr", "rPr", "sdtPr", "tblPr", "trPr", "tcPr", "del", "moveFrom", "delText", "Fallback")
SIGNS = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
LINKS_TO = regex.compile(r'\s*HYPERLINK\s+(?:\\\w\s+)*"([^"]+)"', regex.I)


def _read_body(body: "_Element", links: Mapping[str, str], styles: Mapping[str, str]) -> Reading:
    """The paragraphs and rows of tables in a document; `links`: addresses by key, `styles`: names by key."""
    rows: list[Row] = []
    remarks: list[Remark] = []
    for number, block in enumerate(_blocks(body), 1):
        remarks += _links_told(block, links, number)
        if _local(block) == "tr":
            rows.append(Row(number, "", "cells", tuple(_cells_of(block, links))))
            continue
        kind, level = _kind(block, styles)
        rows += [_paragraph(number, _text(block, links), kind)._replace(level=level), Row(number, "", "blank")]
    return Reading(rows=tuple(rows), unit="paragraph", remarks=tuple(remarks))


def _cells_of(row: "_Element", links: Mapping[str, str]) -> Iterator[str]:
    """The cells of a row; one that is as wide as several stands in the first of their places."""
    for cell in row:
        if _local(cell) in ("tc", *HOLDS):
            yield _text(cell, links).strip()
            width = _value(cell, "{*}tcPr/{*}gridSpan")
            yield from [""] * (min(int(width), 60) - 1 if width.isdigit() else 0)


def _paragraph(number: int, text: str, kind: Kind) -> Row:
    """A paragraph; one that only looks plain may still begin with the sign of a bullet."""
    if kind == "words" and "\n" not in text.strip():
        return rows_of(text.strip())[0]._replace(number=number)
    return Row(number, text.strip(), kind)


def _local(element: "_Element") -> str:
    """The name of an element without its namespace; "" for comments."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _value(element: "_Element", path: str) -> str:
    """What the first element on a path below another says, "" if there is none."""
    found = element.find(path)
    return next((str(value) for value in found.attrib.values()), "") if found is not None else ""


def _blocks(parent: "_Element") -> Iterator["_Element"]:
    """The paragraphs that are not empty, and the rows of tables that nobody took out, in order."""
    for child in parent:
        name = _local(child)
        if name == "tr":
            yield from [] if child.find("{*}trPr/{*}del") is not None else [child]
        elif name == "p" and _text(child, {}).strip():
            yield child
        elif name in (*HOLDS, "tbl"):
            yield from _blocks(child)


def _text(parent: "_Element", links: Mapping[str, str]) -> str:
    """The words of a paragraph or a cell, each link's address behind it."""
    parts: list[str] = []
    fields: list[tuple[int, str]] = []  # those that have begun: where their words do, and what they do
    for child in _leaves(parent):
        name = _local(child)
        if name == "t":
            parts.append(child.text or "")
        elif name == "hyperlink":
            parts.append(with_address(_text(child, links), _address(child, links)))
        elif name == "fldSimple":
            parts.append(with_address(_text(child, links), _led(_said(child, "instr"))))
        elif name == "p":
            parts.append(_text(child, links) + "\n")
        elif name == "instrText" and fields:
            fields[-1] = (len(parts), fields[-1][1] + (child.text or ""))
        elif name == "fldChar" and _said(child, "fldCharType") == "begin":
            fields.append((len(parts), ""))
        elif name == "fldChar" and fields and _said(child, "fldCharType") == "end":
            first, code = fields.pop()
            parts[first:] = [with_address("".join(parts[first:]), _led(code))]
        else:
            parts.append(SIGNS.get(name, ""))
    return "".join(parts)


WHOLE = ("t", "hyperlink", "fldSimple", "fldChar", "instrText", "p", *SIGNS)


def _leaves(parent: "_Element") -> Iterator["_Element"]:
    """What says something, in order."""
    for child in parent:
        name = _local(child)
        if name in WHOLE:
            yield child
        elif name not in SILENT:
            yield from _leaves(child)


def _said(element: "_Element", name: str) -> str:
    """The value of an attribute, whatever its namespace."""
    return next((str(value) for key, value in element.attrib.items() if str(key).endswith("}" + name)), "")


def _led(code: str) -> str:
    """Where a field leads that is a link."""
    found = LINKS_TO.match(code)
    return found[1] if found else ""


def _address(link: "_Element", links: Mapping[str, str]) -> str:
    return links.get(_said(link, "id"), "")


def _links_told(block: "_Element", links: Mapping[str, str], number: int) -> Iterator[Remark]:
    """What is odd about links: those that lead to no web page, or to another one than their words say."""
    for link in block.iter("{*}hyperlink"):
        words, address = _text(link, {}).strip(), _address(link, links)
        if words and not target(address) and _said(link, "id"):
            yield _dead(number, words)
        elif is_elsewhere(words, address):
            what = f'the link says "{words[:60]}" and leads to {target(address)}, which is taken'
            yield Remark(number, what, "Open it, to see whether it is right.")


def _kind(paragraph: "_Element", styles: Mapping[str, str]) -> tuple[Kind, int]:
    """What a paragraph is by its style, or by being numbered; and its level if it is a heading."""
    style = styles.get(_value(paragraph, "{*}pPr/{*}pStyle"), "").lower()
    if style == "title":
        return "heading", 0
    if style.startswith(("heading", "title", "subtitle")):
        return "heading", int(style[-1]) if style[-1:].isdigit() else 1
    number = _value(paragraph, "{*}pPr/{*}numPr/{*}numId")
    is_listed = number != "0" if number else style.startswith("list")
    return "bullet" if is_listed else "words", 0
