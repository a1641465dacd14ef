"""What is wrong between the files of a post, or between them and their campaign."""

import os
import sys
from pathlib import Path

import pytest

from bot.library import load
from tests.library.shelf import NETWORKS, air, names, told

LINKS = 'links = { sign = "https://example.org/sign" }'


def facts(row: str) -> str:
    return f"+++\n{row}\n+++\nOne."


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ('link = "sgin"', '`link` names "sgin", which campaign.toml does not have | Did you mean "sign"?'),
        (
            'link = "https://example.org"',
            '`link` names "https://example.org", which campaign.toml does not have | Give the address a name',
        ),
        ("until = 2026-12-01\nfrom = 2026-12-02", "`until` lies before `from`"),
        ('except = ["x"]\nonly = ["x"]', "`only` and `except` stand together | Keep one of the two."),
        ('image = { alt = "A lane" }', "`image` names no file"),
        (
            'image = { file = "images/lane.png", alt = "A" }',
            'there is no picture "images/lane.png" | Check the name, capital letters too.',
        ),
        ('image = { file = "images", alt = "A" }', 'there is no picture "images"'),
        (
            'image = { file = "../campaign.png", alt = "A" }',
            'the picture "../campaign.png" lies outside the campaign\'s folder',
        ),
        ('image = { file = "a.txt", alt = "A" }', '"a.txt" is no picture that networks take'),
        (
            'image = { file = "ok.png" }',
            'the picture has no words for those who cannot see it | Describe it: alt = "…"',
        ),
    ],
)
def test_each_fault_is_told_with_its_line(tmp_path: Path, row: str, fault: str) -> None:
    (tmp_path / "posts/air/images").mkdir(parents=True)
    (tmp_path / "posts/campaign.png").touch()
    library = air(tmp_path, {"a.txt": facts(row), "ok.png": b""}, LINKS)
    (said,) = told(library)
    assert said.startswith(f"posts/air/a.txt:2: {fault}")
    assert names(library) == []


def test_a_picture_with_an_endless_name_is_not_there(tmp_path: Path) -> None:
    library = air(tmp_path, {"a.txt": facts(f'image = {{ file = "{"a" * 5000}.png", alt = "A" }}')})
    assert "there is no picture" in told(library)[0]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows makes links only for administrators")
def test_a_picture_that_leads_to_itself_is_not_there(tmp_path: Path) -> None:
    air(tmp_path, {"a.txt": facts('image = { file = "a.png", alt = "A" }')})
    (tmp_path / "posts/air/a.png").symlink_to("a.png")
    assert "there is no picture" in told(load(tmp_path / "posts", NETWORKS, tmp_path))[0]


PICTURE = 'image = { file = "ok.png", alt = "A lane" }'


def test_a_translation_inherits_everything_but_words_and_alt_text(tmp_path: Path) -> None:
    spanish = '+++\nimage = { alt = "Un carril" }\nshort = "Corto."\n+++\nUno.'
    (post,) = air(tmp_path, {"a.en.txt": facts(PICTURE), "a.es.txt": spanish, "ok.png": b""}).posts["air"]
    assert [words.alt for words in post.words.values()] == ["A lane", "Un carril"]
    assert (post.words["en"].short, bool(post.words["es"].short)) == (None, True)


def test_a_picture_without_its_words_in_a_translation_is_a_warning(tmp_path: Path) -> None:
    library = air(tmp_path, {"a.en.txt": facts(PICTURE), "a.es.txt": "Uno.", "ok.png": b""})
    assert [(problem.where, problem.what, problem.severity) for problem in library.problems] == [
        ("posts/air/a.es.txt:2", "the picture has no description in es", "warning")
    ]
    assert names(library) == ["a en es"]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("weight = 2", "`weight` holds for all languages | Move it to a.en.txt."),
        ('tags = ["facts"]', "`tags` holds for all languages | Move it to a.en.txt."),
        (PICTURE, "the picture holds for all languages | Name its file in a.en.txt; here only alt."),
    ],
)
def test_facts_in_a_translation_are_told_and_leave_the_source_whole(tmp_path: Path, row: str, fault: str) -> None:
    library = air(tmp_path, {"a.en.txt": "One.", "a.es.txt": facts(row)})
    assert told(library) == [f"posts/air/a.es.txt:2: {fault}"]
    assert names(library) == ["a en"]


def test_two_files_for_one_language_are_told_and_the_first_stays(tmp_path: Path) -> None:
    library = air(tmp_path, {"a.en.txt": "One.", "a.txt": "Two."})
    assert told(library) == ["posts/air/a.txt: a.en.txt holds this post in en already | Keep one of the two."]
    assert library.posts["air"][0].words["en"].wordings[0].text == "One."


def test_a_language_that_the_campaign_does_not_list_is_a_warning(tmp_path: Path) -> None:
    library = air(tmp_path, {"a.en.txt": "One.", "a.es.txt": "Uno."}, 'languages = ["en"]')
    assert told(library) == [
        'posts/air/a.es.txt: campaign.toml does not list the language "es" | Add it to `languages`, or rename the file.'
    ]
    assert names(library) == ["a en es"]


@pytest.mark.parametrize(("later", "stale"), [(601, True), (599, False), (-5000, False)])
def test_a_translation_older_than_its_source_is_a_warning(tmp_path: Path, later: int, stale: bool) -> None:
    air(tmp_path, {"a.en.txt": "One.", "a.es.txt": "Uno."})
    os.utime(tmp_path / "posts/air/a.en.txt", (2_000_000_000 + later,) * 2)
    os.utime(tmp_path / "posts/air/a.es.txt", (2_000_000_000,) * 2)
    library = load(tmp_path / "posts", NETWORKS, tmp_path)
    assert [problem.what for problem in library.problems] == ["this translation is older than a.en.txt"] * stale
    assert names(library) == ["a en es"]


def test_the_facts_stand_in_the_file_of_the_campaigns_first_language(tmp_path: Path) -> None:
    library = air(tmp_path, {"a.en.txt": "One.", "a.es.txt": facts("weight = 2")}, 'languages = ["es", "en"]')
    assert told(library) == []
    assert library.posts["air"][0].weight == 2
