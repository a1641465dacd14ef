"""Documents of any format are read; what is dangerous or damaged is refused with a sentence."""

from collections.abc import Callable
from io import BytesIO
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.problem import AskedWrongly
from bot.reading import Reading, read, read_text
from tests.documents import docx, entity_bomb, lying_bomb, packed, with_part, zip_bomb


def full(found: Reading) -> list[tuple[str, str]]:
    return [(row.kind, row.text) for row in found.rows if row.kind != "blank"]


RUN = "<w:r><w:t>{}</w:t></w:r>"
LINK = '<w:hyperlink r:id="$1"><w:r><w:t xml:space="preserve">{}</w:t></w:r></w:hyperlink>'


def test_a_word_document_keeps_headings_bullets_and_paragraphs() -> None:
    found = read(
        docx(("Title", "Buses"), ("Heading 1", "Facts"), ("List Bullet", "Two."), ("", "• Three."), ("", "Four.")),
        "a.docx",
    )
    assert full(found) == [
        ("heading", "Buses"),
        ("heading", "Facts"),
        ("bullet", "Two."),
        ("bullet", "Three."),
        ("words", "Four."),
    ]
    assert found.unit == "paragraph" and [row.number for row in found.rows if row.kind != "blank"] == [1, 2, 3, 4, 5]


def test_a_link_in_a_word_document_stands_behind_its_words() -> None:
    found = read(docx((RUN.format("Please ") + LINK.format("sign here"), "https://example.org/sign")), "a.docx")
    assert full(found) == [("words", "Please sign here https://example.org/sign")] and not found.remarks


def test_a_link_that_leads_nowhere_is_told() -> None:
    found = read(docx((LINK.format("sign here"), "file:///C:/sign.html")), "a.docx")
    assert full(found) == [("words", "sign here")]
    assert found.remarks[0].what == 'the link behind "sign here" leads to no web page'


def test_changes_that_are_not_accepted_yet_count_as_made() -> None:
    deleted = "<w:del><w:r><w:delText>cars</w:delText></w:r></w:del>"
    xml = RUN.format("Two ") + deleted + "<w:ins>" + RUN.format("buses") + "</w:ins><w:r><w:br/><w:t>today</w:t></w:r>"
    assert full(read(docx((xml, "https://example.org")), "a.docx")) == [("words", "Two buses\ntoday")]


def test_a_table_in_a_word_document_is_rows_of_cells() -> None:
    found = read(docx(tables=((("English", "Español"), ("Two.", "Dos.")),)), "a.docx")
    assert [row.cells for row in found.rows if row.cells] == [("English", "Español"), ("Two.", "Dos.")]


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (zip_bomb, "huge when unpacked"),
        (lambda: packed({f"{number}.bin": b"" for number in range(2_001)}), "huge when unpacked"),
        (lambda: packed({"word/document.xml": b" " * 20_000_001}), "huge when unpacked"),
        (entity_bomb, "no word processor writes"),
        (lambda: entity_bomb("utf-16"), "no word processor writes"),
        (lying_bomb, "damaged"),
        (lambda: b"PK\x03\x04 and no more", "damaged"),
        (lambda: packed({"a.txt": b"Hi."}), "damaged"),
        (lambda: with_part(docx(("", "Hi.")), "word/document.xml", b"<open>"), "damaged"),
        (lambda: with_part(docx(("", "Hi.")), "word/document.xml", b"<w/>" * 3), "damaged"),
        (lambda: docx(("", "Hi."))[:-40], "damaged"),
        (lambda: b"x" * 10_000_001, "larger than 10 MB"),
    ],
    ids=["bomb", "many files", "large part", "entities", "entities in UTF-16", "lies", 
        "no zip", "no document", "no XML", "two roots", "cut", "large"],
)  # fmt: skip
def test_a_dangerous_or_damaged_document_is_refused(made: Callable[[], bytes], why: str) -> None:
    with pytest.raises(AskedWrongly, match=why):
        read(made(), "a.docx")


@pytest.mark.parametrize("name", ["a.pdf", "a.odt", "a.doc", "a.pages", "a.xlsx", "a.html"])
def test_another_kind_of_file_is_refused_with_what_to_do(name: str) -> None:
    with pytest.raises(AskedWrongly, match=r"Save it as a \.docx, \.md, \.txt or \.csv file, or paste the words"):
        read(b"Hi.", name)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_a_text_is_read_in_the_encodings_that_people_save(encoding: str) -> None:
    assert full(read("¿Firmas? “Sí”".encode(encoding), "a.txt")) == [("words", "¿Firmas? “Sí”")]


def test_what_is_no_text_is_told() -> None:
    for raw in (b"abc\x00\x01\x02", b"\x81\x8d\xff\xfe"):
        with pytest.raises(AskedWrongly, match="is no text"):
            read(raw, "a.txt")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_table_is_read_with_any_separator(separator: str) -> None:
    text = f'English{separator}Español\n"Two\nbuses{separator} ""now"""{separator}Dos\n\nOne{separator}Uno\n'
    found = read(text.encode(), "a.csv")
    assert [row.cells for row in found.rows] == [
        ("English", "Español"),
        (f'Two\nbuses{separator} "now"', "Dos"),
        ("One", "Uno"),
    ]
    assert [row.number for row in found.rows] == [1, 2, 5]


def test_a_table_copied_from_a_spreadsheet_is_one() -> None:
    assert [row.cells for row in read_text("English\tEspañol\nTwo\tDos\n").rows] == [
        ("English", "Español"),
        ("Two", "Dos"),
    ]
    assert not any(row.cells for row in read_text("Two\tbuses\nand more words").rows)


def test_marks_of_markdown_are_no_words() -> None:
    text = "> We *really* ride \\#Air\\_now, _you_ too: [sign](https://example.org/a), ![bus](bus.png), "
    text += "<https://example.org/b>, [no](#top)"
    found = read(text.encode(), "a.md")
    expected = "We really ride #Air_now, you too: sign https://example.org/a, bus, https://example.org/b, no"
    assert full(found) == [("words", expected)]
    assert [remark.number for remark in found.remarks] == [1]


def test_a_text_beyond_measure_is_refused() -> None:
    for text in ("a" * 1_000_001, "a\n" * 20_001):
        with pytest.raises(AskedWrongly, match="is too long"):
            read(text.encode(), "a.txt")


@given(st.binary(max_size=200), st.sampled_from(["a.docx", "a.csv", "a.md", "a.txt", "a"]))
def test_any_bytes_are_read_or_refused_with_a_sentence(raw: bytes, name: str) -> None:
    try:
        read(raw, name)
    except AskedWrongly as error:
        assert str(error)


def test_a_title_and_headings_of_a_word_document_have_their_levels() -> None:
    found = read(docx(("Title", "Buses"), ("Heading 2", "Facts"), ("", "Four.")), "a.docx")
    assert [(row.kind, row.level) for row in found.rows if row.text] == [("heading", 0), ("heading", 2), ("words", 0)]


def field_link(address: str, words: str) -> str:
    """A link as some programs write it: a field that begins, says what it does, and ends."""
    mark = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    code = f'<w:r><w:instrText xml:space="preserve"> HYPERLINK "{address}" </w:instrText></w:r>'
    return mark.format("begin") + code + mark.format("separate") + RUN.format(words) + mark.format("end")


def test_a_link_that_is_a_field_is_one_too() -> None:
    found = read(docx((field_link("https://example.org/sign", "Sign"), "https://example.org")), "a.docx")
    assert full(found) == [("words", "Sign https://example.org/sign")]


def test_a_link_that_says_another_address_than_it_leads_to_is_told() -> None:
    found = read(docx((LINK.format("https://example.com/x"), "https://example.org/sign")), "a.docx")
    assert full(found) == [("words", "https://example.org/sign")]
    assert "leads to https://example.org/sign, which is taken" in found.remarks[0].what


def test_a_link_inside_of_the_document_is_not_told() -> None:
    xml = '<w:hyperlink w:anchor="facts">' + RUN.format("Facts") + "</w:hyperlink>"
    assert not read(docx((xml, "https://example.org")), "a.docx").remarks


def test_a_row_of_a_table_that_was_taken_out_is_not_read() -> None:
    raw = docx(tables=((("English",), ("Two.",), ("Three.",)),))
    with ZipFile(BytesIO(raw)) as file:
        xml = file.read("word/document.xml").decode()
    first, *rest = xml.split("<w:tr>")
    cut = "<w:tr>".join([first, *rest[:-1], '<w:trPr><w:del w:id="9"/></w:trPr>' + rest[-1]])
    found = read(with_part(raw, "word/document.xml", cut.encode()), "a.docx")
    assert [row.cells for row in found.rows if row.cells] == [("English",), ("Two.",)]


def test_a_list_item_whose_number_was_taken_away_is_a_paragraph() -> None:
    xml = '<w:pPr><w:numPr><w:numId w:val="{}"/></w:numPr></w:pPr>' + RUN.format("Two.")
    kinds = [full(read(docx((xml.format(number), "https://example.org")), "a.docx"))[0][0] for number in "01"]
    assert kinds == ["words", "bullet"]


def test_facts_above_a_markdown_file_are_no_words() -> None:
    text = '---\ntitle: "Clean air"\nauthor: Jo\nlang: es\ntags:\n  - air\n---\n\nDos autobuses.\n'
    found = read(text.encode(), "a.md")
    assert full(found) == [("heading", "Clean air"), ("words", "Dos autobuses.")] and found.language == "es"
    assert [remark.what for remark in found.remarks] == ["what stands above the words is not read: author, tags"]
    assert [row.number for row in found.rows if row.text] == [1, 9]


def test_a_rule_at_the_top_of_a_markdown_file_is_only_a_rule() -> None:
    found = full(read(b"---\nTwo buses are: good.\n\nOne car is not.\n---\n", "a.md"))
    assert [text for _, text in found] == ["---", "Two buses are: good.", "One car is not.", "---"]
