"""post: beginning posts, and how each stands."""

import json
from pathlib import Path

from tests.cli.conftest import Say
from tests.making import library, write


def test_a_new_post_is_made_from_words_on_standard_input(tmp_path: Path, say: Say) -> None:
    library(tmp_path, {})
    done = say("post", "new", "air", "buses", stdin="Ride the bus.\n")
    assert done.code == 0 and done.out == "Made posts/air/buses.en.txt.\nThen: handbill check\n"
    assert say("check").code == 0


def test_a_new_post_without_words_says_where_to_write_them(tmp_path: Path, say: Say) -> None:
    library(tmp_path, {})
    assert "below the second row of +++" in say("post", "new", "air", "buses", "--language", "es").out
    assert (tmp_path / "posts/air/buses.es.txt").exists()


def test_a_post_that_is_there_is_never_overwritten(tmp_path: Path, say: Say) -> None:
    library(tmp_path, {"buses.en.txt": "Mine."})
    done = say("post", "new", "air", "buses", "--text", "Yours.")
    assert done.code == 2 and "is there already and stays as it is" in done.err
    assert (tmp_path / "posts/air/buses.en.txt").read_text() == "Mine."


def test_without_a_library_of_ones_own_the_next_step_is_said(tmp_path: Path, say: Say) -> None:
    done = say("post", "new", "air", "buses", "--text", "Hi.")
    assert done.code == 2 and "handbill init" in done.err and list(tmp_path.iterdir()) == []


def test_words_that_are_not_utf_8_are_told(tmp_path: Path, say: Say) -> None:
    library(tmp_path, {})
    assert "not UTF-8" in say("post", "new", "air", "a", stdin=b"gr\xfcn").err
    assert not list((tmp_path / "posts/air").glob("*.txt"))


def test_the_list_says_how_each_post_stands(tmp_path: Path, say: Say) -> None:
    posts = {
        "a.txt": "A.\n---\nB.",
        "b.txt": "+++\nuntil = 2020-01-01\n+++\nC.",
        "c.txt": "+++\nfrom = 2999-01-01\n+++\nD.",
    }
    library(tmp_path, posts)
    rows = [json.loads(row) for row in say("post", "list", "--json").out.splitlines()]
    assert [(row["post"], row["wordings"], row["state"]) for row in rows] == [
        ("a", 2, "ready"),
        ("b", 1, "expired"),
        ("c", 1, "not yet"),
    ]
    assert say("post", "list").out.splitlines()[0] == "air\ta\ten\t2\t\tready\t0"


def test_an_empty_library_says_what_to_do(tmp_path: Path, say: Say) -> None:
    write(tmp_path, {"posts/.keep": ""})
    done = say("post", "list")
    assert not done.out and "handbill post new CAMPAIGN NAME" in done.err


KIT = """\
Our sample posts
- Two buses are for all of us in [CITY]. https://example.org/sign
- Sign the petition for the bus!
"""


def test_a_document_is_shown_as_files_before_anything_is_written(tmp_path: Path, say: Say) -> None:
    library(write(tmp_path, {"kit.md": KIT}), {})
    done = say("post", "import", "kit.md", "--campaign", "air")
    assert done.code == 0 and "Nothing is written yet. To write it, add --yes" in done.err
    assert "posts/air/two-buses-are-for-all.en.txt\n    +++\n" in done.out and "+[ask.city]" in done.out
    assert "kit.md:1: Our sample posts" in done.out
    assert "kit.md:3: warning: these words ask people to act, and hold no link" in done.err
    assert not list((tmp_path / "posts/air").glob("*.txt"))


def test_yes_writes_the_files(tmp_path: Path, say: Say) -> None:
    write(tmp_path, {"Clean air.md": KIT, "posts/.keep": ""})
    done = say("post", "import", "Clean air.md", "--yes")
    assert done.code == 0 and "Made 2 files in posts/clean-air. Then: handbill check" in done.out
    assert say("check").code == 0
    assert say("post", "import", "Clean air.md", "--yes").code == 0
    assert len(list((tmp_path / "posts/clean-air").glob("*.txt"))) == 4


def test_text_on_standard_input_is_a_document_too(tmp_path: Path, say: Say) -> None:
    library(tmp_path, {})
    done = say("post", "import", "-", "--campaign", "air", "--json", stdin="Los autobuses son para todos.")
    row = json.loads(done.out)
    assert (row["post"], row["language"], row["row"]) == ("los-autobuses-son-para-todos", "es", 1)
    assert row["text"] == "Los autobuses son para todos.\n" and row["file"] == "los-autobuses-son-para-todos.es.txt"


def test_a_document_that_is_not_there_is_told(tmp_path: Path, say: Say) -> None:
    library(tmp_path, {})
    done = say("post", "import", "nowhere.docx")
    assert done.code == 2 and "Name a .docx, .md, .txt or .csv file" in done.err
