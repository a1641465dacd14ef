"""share and measure as commands: what is printed, and how they end."""

import csv
import io
import json
import signal
from pathlib import Path

import pytest

from bot.cli.share import COLUMNS, guarded
from tests.cli.conftest import Say
from tests.making import handbill, library, stopped_at, write

CAMPAIGN = 'title = "Air"\n[ask.city]\nlabel = "City"\n'
POSTS = {"a.txt": 'From {{ me.city or "my town" }}.', "b.txt": "Buses.\n---\nTrams."}


def test_links_stand_below_the_words_they_carry(tmp_path: Path, say: Say) -> None:
    done = say(
        "share", "--network", "whatsapp", "--network", "instagram", below=str(library(tmp_path, POSTS, CAMPAIGN))
    )
    assert (
        "WhatsApp: air/a (wording 1, en); 13 of 4096\n    From my town.\n    https://wa.me/?text=From%20my%20town.\n"
        in done.out
    )
    assert "    This link carries no words: copy them first, then open it.\n    https://www.instagram.com/" in done.out
    assert done.code == 0


def test_json_lines_have_the_documented_keys(tmp_path: Path, say: Say) -> None:
    library(tmp_path, POSTS, CAMPAIGN)
    rows = [json.loads(row) for row in say("share", "--network", "x", "--json").out.splitlines()]
    assert all(list(row) == list(COLUMNS) for row in rows) and len(rows) == 3
    assert rows[0]["supporter"] is None and rows[0]["carries_text"] is True and rows[1]["wording"] == 1


def test_supporters_become_csv_for_spreadsheets_or_json_lines(tmp_path: Path, say: Say) -> None:
    write(library(tmp_path, POSTS, CAMPAIGN), {"s.csv": "City,Notes\nMiami,x\nRome\nOslo,y\n"})
    done = say("share", "--supporters", "s.csv", "--network", "x")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert [row["supporter"] for row in rows] == ["1", "3"] and tuple(rows[0]) == COLUMNS
    assert done.err.splitlines()[1:] == [
        "s.csv: no post asks for Notes: ignored",
        "Row 2 is left out: it has 1 cell, and the header 2.",
    ]
    assert done.code == 1
    exact = say("share", "--supporters", "s.csv", "--network", "x", "--json")
    assert [json.loads(row)["supporter"] for row in exact.out.splitlines()] == [1, 3] and exact.code == 1


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_a_spreadsheet_would_run_is_guarded_in_csv_alone(tmp_path: Path, say: Say, sign: str) -> None:
    assert guarded(f"{sign}1+1") == f"'{sign}1+1" and guarded("a=1") == "a=1" and guarded(None) == ""


def test_words_that_begin_with_a_supporters_formula_are_guarded(tmp_path: Path, say: Say) -> None:
    write(library(tmp_path, {"a.txt": '{{ me.city or "We" }} wants clean air.'}, CAMPAIGN), {"s.csv": "city\n=1+1\n"})
    text = next(csv.DictReader(io.StringIO(say("share", "--supporters", "s.csv", "--network", "x").out)))["text"]
    assert text == "'=1+1 wants clean air."
    assert '"=1+1 wants clean air."' in say("share", "--supporters", "s.csv", "--network", "x", "--json").out


def test_nothing_to_share_is_said(tmp_path: Path, say: Say) -> None:
    library(tmp_path, {"a.txt": "+++\nuntil = 2020-01-01\n+++\nOver."})
    for words in (["share"], ["share", "--json"]):
        done = say(*words)
        assert not done.out and "Nothing can be shared today" in done.err


@pytest.mark.parametrize(
    "content", [b"", b"a\0b\n", "city\nKöln\n".encode("latin-1"), "city\nKöln\n".encode("utf-16")], ids=str
)
def test_a_file_that_cannot_be_used_ends_it_before_anything_is_printed(
    tmp_path: Path, say: Say, content: bytes
) -> None:
    write(library(tmp_path, POSTS, CAMPAIGN), {"s.csv": content})
    done = say("share", "--supporters", "s.csv")
    assert done.code == 1 and not done.out and "s.csv is " in done.err


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows sends no SIGINT to a child")
def test_ctrl_c_in_the_middle_of_a_long_list_is_one_sentence(tmp_path: Path) -> None:
    write(library(tmp_path, POSTS, CAMPAIGN), {"s.csv": "city\n" + "Miami\n" * 200_000})
    done = stopped_at(tmp_path, "share", "--supporters", "s.csv", "--network", "x", "--json")
    assert done.returncode == 130 and done.stderr.rstrip().endswith(
        "Stopped. Nothing was lost; the same command may be run again."
    )


def measured(say: Say, stdin: str | bytes, *more: str, network: str = "x") -> list[dict[str, object]]:
    done = say("measure", "--network", network, *more, stdin=stdin)
    assert done.code == 0 and not done.err
    return [json.loads(row) for row in done.out.splitlines()]


@pytest.mark.parametrize(
    ("stdin", "length"),
    [("", 0), ("hi", 2), ("hi\n", 2), ("hi\n\n", 3), ("hi\r\n", 2), ("a\r\nb\r\n", 3), ("🚍\n", 2), ("e\u0301\n", 1)],
)  # fmt: skip
def test_all_of_stdin_less_one_final_newline_is_counted(say: Say, stdin: str, length: int) -> None:
    assert measured(say, stdin) == [{"length": length, "limit": 280, "fits": True}]


def test_each_json_string_of_jsonl_is_a_line(say: Say) -> None:
    texts = ["hi", "hi\n", "", "🚍", "é", "a\\b", "\ud800"]
    rows = measured(say, "".join(json.dumps(text) + "\n" for text in texts), "--jsonl")
    assert [row["length"] for row in rows][:6] == [2, 3, 0, 2, 1, 3] and len(rows) == 7
    assert list(rows[0]) == ["length", "limit", "fits"]


def test_more_than_ten_thousand_characters_are_not_counted(say: Say) -> None:
    assert measured(say, "a" * 10_000, network="facebook")[0]["length"] == 10_000
    for network in ("facebook", "x", "sms"):
        assert measured(say, "a" * 10_001, network=network)[0] | {"limit": 0} == {
            "length": None,
            "limit": 0,
            "fits": False,
        }


@pytest.mark.parametrize("row", ["hi", "7", "[]", "", '"a', "[" * 100_000, "1" * 5_000], ids=lambda row: row[:5])
def test_a_line_that_is_no_json_string_is_told_with_its_number(say: Say, row: str) -> None:
    done = say("measure", "--network", "x", "--jsonl", stdin=f'"fine"\n{row}\n')
    assert done.code == 2 and "Line 2 of the input is not a JSON string" in done.err and done.out.count("\n") == 1


@pytest.mark.parametrize("more", [[], ["--jsonl"]], ids=["all of it", "jsonl"])
def test_input_that_is_not_utf_8_is_told(say: Say, more: list[str]) -> None:
    done = say("measure", "--network", "x", *more, stdin=b'"gr\xfcn"\n')
    assert done.code == 2 and "not UTF-8" in done.err


def test_measure_needs_no_config(tmp_path: Path) -> None:
    write(tmp_path, {"config.toml": "broken"})
    assert handbill(tmp_path, "measure", "--network", "sms", stdin="hi").returncode == 0


def test_a_mailing_gets_one_link_and_a_word_about_tracking(tmp_path: Path) -> None:
    library(tmp_path, {"a.en.txt": "Hello."}, 'title = "Air"\n[ask.name]\nlabel = "Name"\n')
    (tmp_path / "config.toml").write_text('[site]\nurl = "https://share.example.org"\n')
    done = handbill(tmp_path, "share", "--mailing", "mailchimp")
    assert done.stdout == "https://share.example.org/air/en/#name=*|NAME|*\n"
    assert done.returncode == 0 and "click tracking off" in done.stderr


def test_supporters_get_links_of_their_own_to_the_pages(tmp_path: Path) -> None:
    library(tmp_path, {"a.en.txt": "Hello."}, 'title = "Air"\n[ask.name]\nlabel = "Name"\n')
    (tmp_path / "config.toml").write_text('[site]\nurl = "https://share.example.org"\n')
    (tmp_path / "s.csv").write_text("name\nAna\n")
    done = handbill(tmp_path, "share", "--mailing", "plain", "--supporters", "s.csv")
    assert done.stdout == "campaign,language,url,supporter\nair,en,https://share.example.org/air/en/#name=Ana,1\n"
    done = handbill(tmp_path, "share", "--mailing", "plain", "--supporters", "s.csv", "--json")
    assert json.loads(done.stdout)["url"] == "https://share.example.org/air/en/#name=Ana"


def test_a_mailing_without_pages_is_told_what_is_missing(tmp_path: Path) -> None:
    library(tmp_path, {"a.en.txt": "Hello."})
    done = handbill(tmp_path, "share", "--mailing", "plain")
    assert done.returncode == 1 and "[site]" in done.stderr and done.stdout == ""
