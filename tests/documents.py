"""Documents for tests, as word processors write them, and as attackers do."""

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

W = nsdecls("w", "r")
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"


def docx(*paragraphs: tuple[str, str], tables: tuple[tuple[tuple[str, ...], ...], ...] = ()) -> bytes:
    """A document of (style, text), then tables; a style that begins with "<" is XML to put inside, $1 for its link."""
    document = Document()
    for style, text in paragraphs:
        if not style.startswith("<"):
            document.add_paragraph(text, style or None)
            continue
        key = document.part.relate_to(text, LINKS, is_external=True)
        made = parse_xml(f"<w:p {W}>{style.replace('$1', key)}</w:p>")
        document.element.body.insert(len(document.element.body) - 1, made)
    for rows in tables:
        table = document.add_table(rows=0, cols=len(rows[0]))
        for row in rows:
            for cell, text in zip(table.add_row().cells, row, strict=True):
                cell.text = text
    return saved(document)


def saved(document: Document) -> bytes:  # type: ignore[valid-type]
    out = BytesIO()
    document.save(out)  # type: ignore[attr-defined]
    return out.getvalue()


def packed(parts: dict[str, bytes]) -> bytes:
    """A zip file of these parts."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return out.getvalue()


def with_part(raw: bytes, name: str, content: bytes) -> bytes:
    """The document with another content in one of its parts."""
    with ZipFile(BytesIO(raw)) as file:
        return packed({part: file.read(part) for part in file.namelist()} | {name: content})


def zip_bomb() -> bytes:
    """A small file that says it holds half a gigabyte."""
    return packed({f"word/media/{number}.bin": b"\0" * 50_000_000 for number in range(3)})


def lying_bomb() -> bytes:
    """A part far larger than the directory of the file says."""
    raw = with_part(docx(("", "Hi.")), "word/document.xml", b"<a>" + b" " * 30_000_000 + b"</a>")
    return raw.replace((30_000_007).to_bytes(4, "little"), (100).to_bytes(4, "little"))


ENTITIES = (
    '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "' + "ha" * 50 + '">'
    + "".join(f'<!ENTITY {new} "{f"&{old};" * 50}">' for old, new in zip("abcde", "bcdef", strict=True))
    + f"]><w:document {W}><w:body><w:p><w:r><w:t>&f;</w:t></w:r></w:p></w:body></w:document>"
)  # fmt: skip


def entity_bomb(encoding: str = "utf-8") -> bytes:
    """A document whose one word is 30 GB of laughter."""
    return with_part(docx(("", "Hi.")), "word/document.xml", ENTITIES.encode(encoding))
