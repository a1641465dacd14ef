"""New posts: nothing existing is ever overwritten."""

from pathlib import Path

import pytest

from bot.core.problem import AskedWrongly, HandbillError
from bot.work.review import review
from bot.work.write import new_post
from tests.making import app, library, write


def test_a_post_with_words_is_whole_at_once(tmp_path: Path) -> None:
    path = new_post(app(library(tmp_path, {})), "air", "buses", None, "  Ride the bus.\r\nToday.\n\n")
    assert path.read_bytes() == b"Ride the bus.\nToday.\n" and path.name == "buses.en.txt"
    assert review(app(tmp_path)) == []


def test_a_post_without_words_begins_with_every_fact_switched_off(tmp_path: Path) -> None:
    path = new_post(app(library(tmp_path, {})), "air", "buses", "es", "")
    rows = path.read_text(encoding="utf-8").splitlines()
    assert path.name == "buses.es.txt" and rows[0] == rows[-1] == "+++"
    assert all(row.startswith("# ") for row in rows[1:-1])


def test_a_new_campaign_comes_with_its_first_post(tmp_path: Path) -> None:
    write(tmp_path, {"posts/.keep": ""})
    new_post(app(tmp_path), "clean-water", "river", None, "Our river.")
    assert app(tmp_path).library.campaigns["clean-water"].title == {"": "Clean water"}
    assert review(app(tmp_path)) == []


def test_a_post_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    library(tmp_path, {"buses.en.txt": "Mine."})
    with pytest.raises(AskedWrongly, match="is there already and stays as it is"):
        new_post(app(tmp_path), "air", "buses", "en", "Other.")
    assert (tmp_path / "posts/air/buses.en.txt").read_text() == "Mine."


@pytest.mark.parametrize("name", ["", "../up", "a/b", "a b", "-a", ".a", "a.b"])
def test_a_name_that_is_no_file_name_is_refused(tmp_path: Path, name: str) -> None:
    opened = app(library(tmp_path, {}))
    with pytest.raises(AskedWrongly, match="no usable name"):
        new_post(opened, "air", name, None, "Hi.")
    with pytest.raises(AskedWrongly, match="no usable name"):
        new_post(opened, name, "hello", None, "Hi.")


def test_a_name_that_is_too_long_for_a_file_is_refused(tmp_path: Path) -> None:
    for name in ("a" * 201, "ñ" * 101):
        with pytest.raises(AskedWrongly, match="too long for a name"):
            new_post(app(library(tmp_path, {})), "air", name, None, "Hi.")


@pytest.mark.parametrize("name", ["con", "AUX", "Nul", "prn", "com1", "LPT9", "com²"])
def test_a_name_that_windows_cannot_have_is_refused_everywhere(tmp_path: Path, name: str) -> None:
    opened = app(library(tmp_path, {}))
    for campaign, post in (("air", name), (name, "hello")):
        with pytest.raises(AskedWrongly, match=f'Windows has no files named "{name}"'):
            new_post(opened, campaign, post, None, "Hi.")
    assert not (tmp_path / "posts" / name).exists()


@pytest.mark.parametrize("name", ["console", "com10", "con-job", "com0"])
def test_a_name_that_only_begins_so_is_fine(tmp_path: Path, name: str) -> None:
    assert new_post(app(library(tmp_path, {})), "air", name, None, "Hi.").exists()


def test_a_language_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AskedWrongly, match="no language"):
        new_post(app(library(tmp_path, {})), "air", "a", "english", "Hi.")


def test_words_that_are_not_text_leave_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(AskedWrongly, match="not UTF-8"):
        new_post(app(library(tmp_path, {})), "air", "a", None, "Gr\udcfcn")
    assert not (tmp_path / "posts/air/a.en.txt").exists()


def test_a_library_that_is_a_file_is_told(tmp_path: Path) -> None:
    write(tmp_path, {"posts": "I am a file"})
    with pytest.raises(HandbillError, match="cannot be written"):
        new_post(app(tmp_path), "air", "a", None, "Hi.")
