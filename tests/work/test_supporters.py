"""A file of supporters: what its columns become, and what is said of rows that cannot be used."""

from pathlib import Path

import pytest

from bot.core.problem import HandbillError, Problem
from bot.work.share import Wanted
from bot.work.supporters import Supporter, open_supporters
from tests.making import app, library, write

CAMPAIGN = """title = "Clean air"
languages = ["en", "es"]
[ask.city]
label = { en = "City", es = "Ciudad" }
longest = 12
[ask.work]
label = "You speak as"
[ask.work.choices]
nurse = { en = "As a nurse", es = "Como enfermera" }
doctor = { en = "As a doctor", es = "Como médica" }
[targets.mayor]
name = { en = "the mayor", es = "la alcaldesa" }
[targets.council]
name = "the council"
"""
POSTS = {
    "a.en.txt": 'From {{ me.city or "town" }}. {{ me.work or "I ask" }}.',
    "a.es.txt": "Desde {{ me.city or 'aquí' }}.",
}


class Read:
    """A file read to its end: its supporters, and all that was said."""

    def __init__(self, folder: Path, content: str | bytes, **wanted: str) -> None:
        self.problems: list[Problem] = []
        self.bad: dict[int, str] = {}
        opened = app(library(folder, POSTS, CAMPAIGN))
        file = write(folder, {"s.csv": content}) / "s.csv"
        sheet = open_supporters(opened, Wanted(**wanted), file, self.problems.append)  # type: ignore[arg-type]
        self.rows: list[Supporter] = list(sheet.supporters(lambda number, what: self.bad.update({number: what})))

    @property
    def me(self) -> list[dict[str, str]]:
        return [dict(row.me["air"]) for row in self.rows]


@pytest.mark.parametrize("head", ["city", "City", " CITY ", "me.city", "Me.City", '"city"'])
def test_a_column_becomes_a_fact_however_it_is_headed(tmp_path: Path, head: str) -> None:
    assert Read(tmp_path, f"{head},email\nMiami,a@example.org\n").me == [{"city": "Miami"}]


@pytest.mark.parametrize("sign", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_files_of_every_spreadsheet_program_are_read(tmp_path: Path, sign: str, mark: str, end: str) -> None:
    rows = (("city", "language"), ("Köln", "en"), ('"A\nB"', "es"))
    read = Read(tmp_path, mark + "".join(sign.join(row) + end for row in rows))
    assert read.me == [{"city": "Köln"}, {"city": "A B"}]
    assert not read.problems and not read.bad


def test_columns_that_nothing_asks_for_are_named_once(tmp_path: Path) -> None:
    read = Read(tmp_path, "city,E-mail,Notes\nMiami,a,b\nRome,c,d\n")
    assert [problem.what for problem in read.problems] == ["no post asks for E-mail, Notes: ignored"]
    assert read.problems[0].severity == "warning" and len(read.rows) == 2


@pytest.mark.parametrize("typed", ["nurse", "NURSE", "As a nurse", "as a NURSE", "Como enfermera"])
def test_a_choice_is_named_by_its_key_or_its_phrase_in_any_language(tmp_path: Path, typed: str) -> None:
    read = Read(tmp_path, f"work,language\n{typed},en\n{typed},es\n")
    assert read.me == [{"work": "As a nurse"}, {"work": "Como enfermera"}]


def test_accents_may_be_composed_or_not(tmp_path: Path) -> None:
    assert Read(tmp_path, "work\nComo me\u0301dica\n").me == [{"work": "As a doctor"}]


def test_language_and_target_have_columns_of_their_own(tmp_path: Path) -> None:
    read = Read(tmp_path, "language,target,city\nes,council,A\nES,La Alcaldesa,B\n,,C\n")
    assert [(row.language, row.target) for row in read.rows] == [("es", "council"), ("es", "mayor"), ("en", "")]


def test_rows_that_cannot_be_used_are_told_by_number_and_the_rest_go_on(tmp_path: Path) -> None:
    read = Read(
        tmp_path,
        "city,work,language,target\nMiami,,,\nRome\nA,B,C,D,E\nLlanfairpwllgwyngyll,,,\n,pilot,,\n,,fr,\n,,,king\nOslo,,,\n",
    )
    assert [row.number for row in read.rows] == [1, 8]
    assert read.bad == {
        2: "it has 1 cell, and the header 4",
        3: "it has 5 cells, and the header 4",
        4: 'city "Llanfairpwllgwyngyll" is longer than 12 letters',
        5: 'work "pilot" is not among the choices: nurse, doctor',
        6: 'no posts are wanted in "fr", only in en, es',
        7: 'there is no target "king"; campaign.toml has: council, mayor',
    }


def test_empty_rows_are_passed_over_but_counted_as_a_spreadsheet_shows_them(tmp_path: Path) -> None:
    read = Read(tmp_path, "\ncity,work\n\nMiami,\n,\nRome,\n\n\n")
    assert [row.number for row in read.rows] == [2, 4] and not read.bad


def test_what_supporters_type_is_tidied(tmp_path: Path) -> None:
    read = Read(tmp_path, 'city\n"  Bad\u202e   Ems\u200b "\n@ana #x\nx.example\n{{ me.x }}\n=1+1\n')
    assert [me["city"] for me in read.me] == ["Bad Ems", "ana x", "x. example", "{{ me.x }}", "=1+1"]


@pytest.mark.parametrize("cell", ["x" * 200_000, "ก" * 20_000, "ก" * 200_000], ids=["latin", "thai", "more thai"])
def test_a_giant_cell_costs_its_row_and_a_short_sentence(tmp_path: Path, cell: str) -> None:
    read = Read(tmp_path, f"city\n{cell}\nMiami\n")
    assert read.me == [{"city": "Miami"}] and list(read.bad) == [1]
    assert len(read.bad[1]) < 120


def test_a_quotation_mark_that_is_never_closed_is_told(tmp_path: Path) -> None:
    read = Read(tmp_path, 'city,work\n"Miami,\n' + "Rome,\n" * 30_000)
    assert min(read.bad) == 1 and "quotation mark" in read.bad[1]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty. Its first row names the columns: city, work"),
        ("\n\n", "is empty"),
        ("Miami,a@example.org\nRome,b@example.org\n", "no header with a column that is asked for"),
        ("city,City\na,b\n", 'two columns named "city"'),
        ("city\nKöln\n".encode("latin-1"), 'not in UTF-8. Save it again as "CSV UTF-8"'),
        ("city\nKöln\n".encode("utf-16"), 'in UTF-8. Save it again as "CSV UTF-8"'),
        (b"city\nMia\0mi\n", "not a CSV file in UTF-8"),
        (b"PK\x03\x04\x14\0\x06\0", "not a CSV file in UTF-8"),
    ],
    ids=["empty", "blank", "no header", "a column twice", "latin-1", "UTF-16", "NUL", "a spreadsheet"],
)
def test_a_file_that_cannot_be_used_is_told_in_one_sentence(tmp_path: Path, content: str | bytes, said: str) -> None:
    with pytest.raises(HandbillError, match=said):
        Read(tmp_path, content)


def test_each_campaign_gets_the_facts_it_asks_for(tmp_path: Path) -> None:
    library(tmp_path, {"b.txt": "Hello."}, 'title = "Water"\n[ask.River]\nlabel = "River"\n', name="water")
    read = Read(tmp_path, "city,river\nMiami,Spree\n")
    assert read.rows[0].me == {"air": {"city": "Miami"}, "water": {"River": "Spree"}}


@pytest.mark.parametrize("across", ["city", "name,city"], ids=["one column", "two columns"])
@pytest.mark.parametrize("closed", [True, False], ids=["closed in another's row", "never closed"])
def test_a_quotation_mark_left_open_costs_one_row_and_swallows_nobody(
    tmp_path: Path, across: str, closed: bool
) -> None:
    lead = "" if across == "city" else "Ana,"
    rows = [f"{lead}Town {number}" for number in range(60)]
    rows[9] = f'{lead}"Spring'
    rows[12] += '"' if closed else ""
    read = Read(tmp_path, "\n".join([across, *rows]) + "\n")
    assert set(read.bad) <= {10, 13} and 10 in read.bad
    assert len(read.rows) + len(read.bad) == 60


def test_line_breaks_in_a_column_that_nothing_asks_for_are_fine(tmp_path: Path) -> None:
    read = Read(tmp_path, 'name,note,city\nAna,"two\nlines, no more",Springfield\nBea,,Boston\n')
    assert [me["city"] for me in read.me] == ["Springfield", "Boston"] and not read.bad


def test_where_nothing_is_asked_a_file_without_a_header_is_told_without_repeating_who_stands_there(
    tmp_path: Path,
) -> None:
    opened, problems = app(library(tmp_path, {"a.en.txt": "Clean air."})), list[Problem]()
    file = write(tmp_path, {"s.csv": "Ana,a@example.org\nBea,b@example.org\n"}) / "s.csv"
    sheet = open_supporters(opened, Wanted(), file, problems.append)
    assert [row.number for row in sheet.supporters(lambda number, what: None)] == [1]
    assert "first row counts as the header" in str(problems) and "example.org" not in str(problems)


def test_a_column_that_is_known_is_a_header_where_nothing_is_asked(tmp_path: Path) -> None:
    opened, problems = app(library(tmp_path, {"a.en.txt": "Clean air."})), list[Problem]()
    file = write(tmp_path, {"s.csv": "language,name\nen,Ana\n"}) / "s.csv"
    assert open_supporters(opened, Wanted(), file, problems.append).columns == {"language": 0}
    assert [problem.what for problem in problems] == ["no post asks for name: ignored"]
