"""A post of all its files: its words by language, and the digest that tells an edit."""

from pathlib import Path

import pytest

from bot.core.post import Post
from bot.library.campaign import read_campaign
from bot.library.checks import OLDER
from bot.library.post import read_post
from tests.library.shelf import air, names, told

PICTURE = '+++\nimage = { file = "ok.png", alt = "A lane" }\n+++\nOne.'


def only(folder: Path, files: dict[str, str | bytes]) -> Post:
    """The one post of these files."""
    (post,) = air(folder, files).posts["air"]
    return post


def test_a_post_has_its_words_in_each_language_the_campaigns_first_one_first(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"a.de.txt": "Eins.", "a.en.txt": "One.", "a.es.txt": "Uno."}
    library = air(tmp_path, files, 'languages = ["es", "en", "de"]')
    assert names(library) == ["a es en de"]


def test_a_file_without_language_is_in_the_campaigns_first(tmp_path: Path) -> None:
    assert names(air(tmp_path, {"a.txt": "Uno.", "b.en.txt": "One."}, 'languages = ["es", "en"]')) == ["a es", "b en"]


def test_posts_come_in_order_of_their_names(tmp_path: Path) -> None:
    assert names(air(tmp_path, {"c.txt": "C.", "a.txt": "A.", "b.txt": "B."})) == ["a en", "b en", "c en"]


def test_a_post_whose_file_with_the_facts_is_broken_is_left_out_whole(tmp_path: Path) -> None:
    library = air(tmp_path, {"a.en.txt": "+++\nrset = 1\n+++\nOne.", "a.es.txt": "Uno."})
    assert names(library) == []
    assert len(told(library)) == 1


def test_a_name_that_two_systems_write_differently_is_one_post(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"ni\xf1ez.en.txt": "One.", "nin\u0303ez.es.txt": "Uno."}
    assert names(air(tmp_path, files)) == ["ni\xf1ez en es"]


@pytest.mark.parametrize(
    "edited",
    [
        {"a.en.txt": PICTURE + " More."},
        {"a.en.txt": PICTURE.replace("A lane", "A street")},
        {"a.es.txt": "Dos."},
        {"ok.png": b"another picture"},
    ],
    ids=["words", "alt", "translation", "picture"],
)
def test_any_edit_changes_the_digest(tmp_path: Path, edited: dict[str, str | bytes]) -> None:
    files: dict[str, str | bytes] = {"a.en.txt": PICTURE, "a.es.txt": "Uno.", "ok.png": b"picture"}
    assert only(tmp_path, files).digest != only(tmp_path, files | edited).digest


def test_saving_a_file_again_does_not_change_the_digest(tmp_path: Path) -> None:
    assert only(tmp_path, {"a.txt": "One."}).digest == only(tmp_path, {"a.txt": "One."}).digest


def test_a_post_is_read_with_other_bytes_than_those_of_its_file(tmp_path: Path) -> None:
    air(tmp_path, {"a.en.txt": "One.", "a.es.txt": "Uno."})
    folder = tmp_path / "posts/air"
    campaign, _ = read_campaign(folder, [], tmp_path)
    post, problems = read_post(folder, "a", campaign, [], tmp_path, {"a.es.txt": b"+++\nrset = 1\n+++\nDos."})
    assert post is not None and list(post.words) == ["en"]
    assert [(problem.where, problem.what[:18]) for problem in problems] == [
        ("posts/air/a.es.txt:2", "unknown key `rset`")
    ]
    post, problems = read_post(folder, "a", campaign, [], tmp_path, {"a.de.txt": b"Drei."})
    assert post is not None and post.words["de"].wordings[0].text == "Drei."
    assert [problem.what for problem in problems] == ['campaign.toml does not list the language "de"']
    assert (folder / "a.es.txt").read_text() == "Uno." and not (folder / "a.de.txt").exists()


def test_a_post_that_is_in_no_file_yet_is_read_like_any_other(tmp_path: Path) -> None:
    post, problems = read_post(tmp_path / "posts/new", "a", None, [], tmp_path, {"a.en.txt": b"One."})
    assert post is None and problems == []
    _, (problem,) = read_post(tmp_path / "posts/new", "a", None, [], tmp_path, {"a.en.txt": b"\xff"})
    assert problem.what == "this is not UTF-8 text"


def test_an_edited_source_leaves_its_translation_behind(tmp_path: Path) -> None:
    air(tmp_path, {"a.en.txt": "One.", "a.es.txt": "Uno."})
    folder = tmp_path / "posts/air"
    campaign, _ = read_campaign(folder, [], tmp_path)
    _, (problem,) = read_post(folder, "a", campaign, [], tmp_path, {"a.en.txt": b"Two."})
    assert problem.where.endswith("a.es.txt") and problem.what.startswith(OLDER)
