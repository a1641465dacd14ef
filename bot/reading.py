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
from bot.core.mend import target, unlinked, with_address
from bot.core.problem import AskedWrongly, HandbillError

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
    """The rows of a document, what its `unit` of counting is called, and what was noticed while it was read."""

    rows: tuple[Row, ...]
    unit: str = ""
    remarks: tuple[Remark, ...] = ()
    text: str = ""


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
    lines: list[str] = []
    remarks: list[Remark] = []
    for number, line in enumerate(plain.split("\n"), 1):
        words, dead = unlinked(line)
        remarks += [_dead(number, one) for one in dead]
        lines.append(_unmarked(words) if is_markdown else words)
    return Reading(rows=tuple(rows_of("\n".join(lines))), remarks=tuple(remarks), text=plain)


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
SILENT = ("pPr", "rPr", "sdtPr", "tblPr", "trPr", "tcPr", "del", "moveFrom", "instrText", "delText", "Fallback")
SIGNS = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}


def _read_body(body: "_Element", links: Mapping[str, str], styles: Mapping[str, str]) -> Reading:
    """The paragraphs and rows of tables in a document; `links`: addresses by key, `styles`: names by key."""
    rows: list[Row] = []
    remarks: list[Remark] = []
    for number, block in enumerate(_blocks(body), 1):
        if _local(block) == "tr":
            cells = tuple(_text(cell, links).strip() for cell in block if _local(cell) in ("tc", *HOLDS))
            rows.append(Row(number, "", "cells", cells))
            continue
        text = _text(block, links)
        remarks += [_dead(number, words) for words in _dead_links(block, links)]
        rows += [_paragraph(number, text, _kind(block, styles)), Row(number, "", "blank")]
    return Reading(rows=tuple(rows), unit="paragraph", remarks=tuple(remarks))


def _paragraph(number: int, text: str, kind: Kind) -> Row:
    """A paragraph; one that only looks plain may still begin with the sign of a bullet."""
    if kind == "words" and "\n" not in text.strip():
        return rows_of(text.strip())[0]._replace(number=number)
    return Row(number, text.strip(), kind)


def _local(element: "_Element") -> str:
    """The name of an element without its namespace; "" for comments."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _blocks(parent: "_Element") -> Iterator["_Element"]:
    """The paragraphs that are not empty, and the rows of tables, in order."""
    for child in parent:
        name = _local(child)
        if name == "tr" or (name == "p" and _text(child, {}).strip()):
            yield child
        elif name in (*HOLDS, "tbl"):
            yield from _blocks(child)


def _text(parent: "_Element", links: Mapping[str, str]) -> str:
    """The words of a paragraph or a cell, each link's address behind it."""
    parts: list[str] = []
    for child in parent:
        name = _local(child)
        if name == "t":
            parts.append(child.text or "")
        elif name == "hyperlink":
            parts.append(with_address(_text(child, links), _address(child, links)))
        elif name == "p":
            parts.append(_text(child, links) + "\n")
        elif name not in SILENT:
            parts.append(SIGNS.get(name) or _text(child, links))
    return "".join(parts)


def _address(link: "_Element", links: Mapping[str, str]) -> str:
    keys = [value for name, value in link.attrib.items() if str(name).endswith("}id")]
    return links.get(str(keys[0]), "") if keys else ""


def _dead_links(block: "_Element", links: Mapping[str, str]) -> list[str]:
    """The words of links that lead to no web page."""
    found = [(_text(link, {}), _address(link, links)) for link in block.iter("{*}hyperlink")]
    return [words for words, address in found if words.strip() and not target(address)]


def _kind(paragraph: "_Element", styles: Mapping[str, str]) -> Kind:
    """What a paragraph is by its style, or by being numbered."""
    style = next(
        (styles.get(str(value), "") for one in paragraph.iter("{*}pStyle") for value in one.attrib.values()), ""
    )
    if style.lower().startswith(("heading", "title", "subtitle")):
        return "heading"
    if style.startswith("List") or next(paragraph.iter("{*}numPr"), None) is not None:
        return "bullet"
    return "words"
