"""One file of a post: facts, words, and every row that is not what it seems."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.post import Wording
from bot.library.facts import keys
from bot.library.words import File, read_file
from tests.library.shelf import NETWORKS


def file(folder: Path, text: str | bytes, name: str = "a.en.txt") -> File:
    """The file as read."""
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return read_file(folder / name, "en", keys(NETWORKS), folder)


def wordings(found: File) -> list[str]:
    return [wording.text for wording in found.words.wordings]


def told(found: File) -> list[str]:
    return [str(problem).replace("\n    ", " | ") for problem in found.problems]


@pytest.mark.parametrize(
    "text",
    [
        b"One.\n---\nTwo.\n",
        b"One.\n---\nTwo.",
        b"\xef\xbb\xbfOne.\n---\nTwo.\n",
        b"One.\r\n---\r\nTwo.\r\n",
        b"One.\r---\rTwo.",
        b"\n\nOne.\n\n--- \n\n  Two.\n\n\n",
        b"+++\n+++\nOne.\n---\nTwo.\n",
        b"+++ \nweight = 1\n+++ \nOne.\n---\nTwo.\n",
    ],
    ids=["plain", "no last newline", "BOM", "CRLF", "CR", "blank rows", "no facts", "facts"],
)
def test_two_wordings_however_the_file_was_saved(tmp_path: Path, text: bytes) -> None:
    found = file(tmp_path, text)
    assert (wordings(found), told(found)) == (["One.", "Two."], [])


def test_letters_that_a_mac_took_apart_are_whole_again(tmp_path: Path) -> None:
    assert wordings(file(tmp_path, "nin\u0303ez")) == ["ni\xf1ez"]


def test_rows_within_a_wording_stay_as_they_are(tmp_path: Path) -> None:
    assert wordings(file(tmp_path, "One.\n\n  - a\n  - b\n#CleanAir\n")) == ["One.\n\n  - a\n  - b\n#CleanAir"]


def test_each_wording_knows_where_it_begins(tmp_path: Path) -> None:
    found = file(tmp_path, "+++\nweight = 1\n+++\n\nOne.\n---\n\n\nTwo.\n")
    assert [one.where for one in found.words.wordings] == ["a.en.txt:5", "a.en.txt:9"]


WORDS = st.from_regex(r"[a-zé🚍]{1,8}( [a-z]{1,8}){0,3}(\n[a-z]{1,8}){0,2}", fullmatch=True)


@given(st.lists(WORDS, min_size=1, max_size=5), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_any_wordings_come_back_in_order(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], newline: str, last: bool
) -> None:
    text = ("\n---\n".join(texts) + "\n" * last).replace("\n", newline)
    assert wordings(file(tmp_path_factory.getbasetemp(), text.encode())) == texts


@pytest.mark.parametrize(
    "row",
    [
        "—",
        "–",
        "——",
        "--",
        "----",
        " ---",
        "- - -",
        "***",
        "* * *",
        "*",
        "___",
        "_",
        "-",
        "-–-",
        "−−−",
        "===",
        "~~~",
        "―",
        "－－－",
    ],
)
def test_a_row_that_only_looks_like_a_separator_is_told(tmp_path: Path, row: str) -> None:
    found = file(tmp_path, f"One.\n{row}\nTwo.\n")
    assert told(found) == [f'a.en.txt:2: "{row.strip()}" does not separate wordings | Write exactly three dashes: ---']


@pytest.mark.parametrize("row", ["--> here", "* one", "- one", "_so_", "…", "=)", "~", "#", "***!", "1", "—Ana", "👉"])
def test_a_row_with_anything_else_in_it_is_words(tmp_path: Path, row: str) -> None:
    assert told(file(tmp_path, f"One.\n{row}\nTwo.\n")) == []


def test_a_hundred_thousand_dashes_are_judged_at_once(tmp_path: Path) -> None:
    assert told(file(tmp_path, "- " * 50_000 + "x")) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "a.en.txt:1: there are no words here | Write some, or take the row --- out."),
        (" \n\n", "a.en.txt:1: there are no words here"),
        ("+++\n+++\n", "a.en.txt:3: there are no words here"),
        ("One.\n---\n", "a.en.txt:3: there are no words here"),
        ("---\nOne.", "a.en.txt:1: there are no words here"),
        ("One.\n---\n---\nTwo.", "a.en.txt:3: there are no words here"),
        (
            "+++\nweight = 1\nOne.",
            "a.en.txt:1: the facts have no end | Write a second row +++ between facts and words.",
        ),
        ("+++ weight = 1 +++\nOne.", "a.en.txt:1: the first row must be +++ alone"),
        ("++++\nOne.", "a.en.txt:1: the first row must be +++ alone"),
        ("One.\n+++\nTwo.", "a.en.txt:2: a row +++ among the words | Facts stand at the very top of the file."),
        ("\n+++\nweight = 1\n+++\nOne.", "a.en.txt:2: a row +++ among the words"),
        ("+++\nwieght = 2\n+++\nOne.", 'a.en.txt:2: unknown key `wieght` | Did you mean "weight"?'),
        ("+++\n\ntitle = “A”\n+++\nOne.", "a.en.txt:3: curly quotes around a value"),
        ("+++\nrest = 14d\n+++\nOne.", 'a.en.txt:2: a length of time needs quotes | Write it like rest = "14d".'),
        ("+++\nhashtags = #CleanAir\n+++\nOne.", "a.en.txt:2: a hashtag needs quotes"),
    ],
)
def test_each_fault_is_told_with_its_line(tmp_path: Path, text: str, fault: str) -> None:
    assert told(file(tmp_path, text))[0].startswith(fault)


@pytest.mark.parametrize("text", ["+++\nweight = 1\nOne.", "+++ weight = 1\nOne.", b"\xff\xfe"])
def test_a_file_that_cannot_be_split_is_told_once(tmp_path: Path, text: str | bytes) -> None:
    assert len(told(file(tmp_path, text))) == 1


@pytest.mark.parametrize(
    "sign", ["\u202e", "\u200b", "\ue000", "\x07", "\ufeff", "\U0001d400"], ids=lambda sign: f"U+{ord(sign):04X}"
)
def test_a_sign_that_nobody_sees_is_told_with_its_line(tmp_path: Path, sign: str) -> None:
    assert told(file(tmp_path, f"One.\nTwo{sign} three."))[0].startswith("a.en.txt:2: ")


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("a.en.txt.txt", "this file's name ends in .txt twice | Rename it: a.en.txt"),
        ("a.ES.txt", '"ES" is no language | Write it like court-date.es.txt'),
        ("a.pt-br.txt", '"pt-br" is no language'),
        ("a!.txt", "this file's name cannot be a post's name | Use letters, digits and -: court-date.en.txt"),
        ("-.txt", "this file's name cannot be a post's name"),
        ("🚍.txt", "this file's name cannot be a post's name"),
    ],
)
def test_a_name_that_would_mislead_is_told(tmp_path: Path, name: str, fault: str) -> None:
    assert told(file(tmp_path, "One.", name))[0].startswith(f"{name}: {fault}")


def test_short_title_and_own_words_know_their_lines(tmp_path: Path) -> None:
    words = file(tmp_path, "+++\nshort = 'S.'\ntitle = 'T'\n[text]\nlinkedin = 'L.'\n+++\nOne.").words
    assert words.short == Wording(text="S.", where="a.en.txt:2")
    assert words.title == Wording(text="T", where="a.en.txt:3")
    assert words.own == {"linkedin": Wording(text="L.", where="a.en.txt:5")}
