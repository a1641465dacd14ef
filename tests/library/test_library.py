"""A library: what is whole is there, whatever is wrong beside it."""

import os
import sys
from pathlib import Path

import pytest

from bot.library import load
from tests.library.shelf import NETWORKS, air, names, shelf, told

TITLE = 'title = "Clean air"\n'


def test_the_smallest_campaign_is_a_title_and_one_file_of_plain_words(tmp_path: Path) -> None:
    library = shelf(tmp_path, {"air/campaign.toml": TITLE, "air/hello.txt": "Clean air for all."})
    assert told(library) == []
    (post,) = library.posts["air"]
    assert (post.name, post.words["en"].wordings[0].text) == ("hello", "Clean air for all.")
    assert library.campaigns["air"].title == {"": "Clean air"}


def test_a_library_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    assert told(load(tmp_path / "posts", NETWORKS, tmp_path)) == [
        "posts: there is no such library folder | Set `library` in config.toml, or run: handbill init"
    ]


def test_a_library_that_is_a_file_is_told_too(tmp_path: Path) -> None:
    (tmp_path / "posts").touch()
    assert "posts: there is no such library folder" in told(load(tmp_path / "posts", NETWORKS, tmp_path))[0]


def test_an_empty_library_says_how_to_begin(tmp_path: Path) -> None:
    assert told(shelf(tmp_path, {})) == [
        "posts: this library is empty | Write a first post: handbill post new my-campaign hello"
    ]


def test_a_campaign_without_posts_says_how_to_begin(tmp_path: Path) -> None:
    assert told(air(tmp_path, {})) == [
        "posts/air/campaign.toml: this campaign has no posts | Write one: handbill post new air hello"
    ]


def test_a_folder_without_campaign_is_told(tmp_path: Path) -> None:
    library = shelf(tmp_path, {"air/hello.txt": "Clean air."})
    assert told(library)[0].startswith("posts/air/campaign.toml: this folder has no campaign.toml | The smallest one")
    assert library.campaigns == {}


def test_a_post_outside_any_campaign_is_told(tmp_path: Path) -> None:
    library = shelf(tmp_path, {"air/campaign.toml": TITLE, "air/a.txt": "A.", "stray.txt": "B."})
    assert told(library) == [
        "posts/stray.txt: this post belongs to no campaign and is left out | "
        "Move it into a folder that has a campaign.toml."
    ]


def test_a_campaigns_own_folder_named_as_library_is_told_once(tmp_path: Path) -> None:
    library = shelf(tmp_path, {"campaign.toml": TITLE, "a.txt": "A.", "b.txt": "B."})
    assert told(library) == [
        'posts: this is a campaign\'s folder, not a library | Write library = "." in config.toml, the folder above it.'
    ]


def test_a_broken_campaign_leaves_the_others_whole(tmp_path: Path) -> None:
    library = shelf(
        tmp_path,
        {"air/campaign.toml": "title = “Clean air”", "air/a.txt": "A.", "sea/campaign.toml": TITLE, "sea/b.txt": "B."},
    )
    assert list(library.campaigns) == ["sea"]
    assert [row.split(":")[0] for row in told(library)] == ["posts/air/campaign.toml"]


def test_the_faults_in_posts_of_a_broken_campaign_are_told_at_once(tmp_path: Path) -> None:
    library = shelf(tmp_path, {"air/campaign.toml": "titel = 1", "air/a.txt": "+++\nwieght = 2\n+++\nA."})
    assert [row.split("|")[0].strip() for row in told(library)] == [
        "posts/air/campaign.toml:1: unknown key `titel`",
        "posts/air/campaign.toml:1: `title` is missing",
        "posts/air/a.txt:2: unknown key `wieght`",
    ]


def test_a_broken_post_leaves_the_others_whole(tmp_path: Path) -> None:
    library = air(tmp_path, {"a.txt": "A.", "b.txt": "+++\nwieght = 2\n+++\nB.", "c.txt": "C."})
    assert names(library) == ["a en", "c en"]


def test_a_broken_translation_leaves_the_source_language_whole(tmp_path: Path) -> None:
    library = air(tmp_path, {"a.en.txt": "A.", "a.es.txt": b"\xff", "b.en.txt": "B.", "b.es.txt": "B."})
    assert names(library) == ["a en", "b en es"]
    assert told(library) == ['posts/air/a.es.txt:1: this is not UTF-8 text | Save the file again as "UTF-8".']


def test_the_faults_of_a_post_in_all_its_languages_are_told_at_once(tmp_path: Path) -> None:
    library = air(tmp_path, {"a.en.txt": "A.\n***\nB.", "a.es.txt": "A.\n___\nB."})
    assert [row.split(" ")[0] for row in told(library)] == ["posts/air/a.en.txt:2:", "posts/air/a.es.txt:2:"]


@pytest.mark.parametrize("name", ["PAUSE", "pause", "PAUSE.txt"])
def test_a_file_named_pause_pauses(tmp_path: Path, name: str) -> None:
    library = air(tmp_path, {"a.txt": "A."})
    assert not library.paused
    (tmp_path / "posts" / name).touch()
    paused = load(tmp_path / "posts", NETWORKS, tmp_path)
    assert paused.paused and told(paused) == []


@pytest.mark.parametrize(
    "name", [".draft.txt", "_draft.txt", "~$a.docx", ".DS_Store", "README.md", "notes", "images/lane.png"]
)
def test_what_is_no_post_is_passed_over(tmp_path: Path, name: str) -> None:
    library = air(tmp_path, {"a.txt": "A.", name: "B."})
    assert (names(library), told(library)) == (["a en"], [])


@pytest.mark.parametrize("name", ["b.docx", "b.md", "b.odt", "b.DOCX"])
def test_a_document_is_told_not_missed(tmp_path: Path, name: str) -> None:
    assert told(air(tmp_path, {"a.txt": "A.", name: b"\xff"})) == [
        f"posts/air/{name}: this file is not read as a post | Posts end in .txt; save it as plain text."
    ]


def test_a_folder_named_like_a_file_is_told(tmp_path: Path) -> None:
    library = air(tmp_path, {"a.txt": "A.", "b.txt/c": "C.", "c.docx/d": "D."})
    assert names(library) == ["a en"]
    assert told(library) == [
        "posts/air/b.txt: this is a folder, not a file | Rename it, or move it out of the library."
    ]


def test_a_campaign_file_that_is_a_folder_is_told(tmp_path: Path) -> None:
    library = shelf(tmp_path, {"air/campaign.toml/x": "", "air/a.txt": "A."})
    assert "posts/air/campaign.toml: this is a folder, not a file" in told(library)[0]


def test_a_huge_file_is_told_and_never_read(tmp_path: Path) -> None:
    library = air(tmp_path, {"a.txt": "A.", "b.txt": ""})
    with (tmp_path / "posts/air/b.txt").open("wb") as file:
        file.truncate(50_000_000_000)
    library = load(tmp_path / "posts", NETWORKS, tmp_path)
    assert names(library) == ["a en"]
    assert told(library)[0].startswith("posts/air/b.txt: this file is larger than a million bytes")


needs_posix = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows makes links and pipes only for administrators"
)


@needs_posix
def test_links_that_lead_to_themselves_are_told(tmp_path: Path) -> None:
    air(tmp_path, {"a.txt": "A."})
    for name in ("air/b.txt", "air/loop", "loop"):
        (tmp_path / "posts" / name).symlink_to(tmp_path / "posts" / name)
    (tmp_path / "posts/air/up").symlink_to(tmp_path / "posts")
    library = load(tmp_path / "posts", NETWORKS, tmp_path)
    assert names(library) == ["a en"]
    assert [row.split(" (")[0] for row in told(library)] == ["posts/air/b.txt: cannot be read"]


@needs_posix
def test_a_campaign_file_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    air(tmp_path, {"a.txt": "A."})
    (tmp_path / "posts/air/campaign.toml").unlink()
    (tmp_path / "posts/air/campaign.toml").symlink_to("nowhere")
    assert (
        "posts/air/campaign.toml: cannot be read (No such file" in told(load(tmp_path / "posts", NETWORKS, tmp_path))[0]
    )


@needs_posix
def test_a_pipe_or_a_device_is_told_and_never_read(tmp_path: Path) -> None:
    air(tmp_path, {"a.txt": "A."})
    os.mkfifo(tmp_path / "posts/air/b.txt")
    (tmp_path / "posts/air/c.txt").symlink_to("/dev/zero")
    library = load(tmp_path / "posts", NETWORKS, tmp_path)
    assert names(library) == ["a en"]
    assert [row.split(" |")[0] for row in told(library)] == [
        "posts/air/b.txt: this is no file",
        "posts/air/c.txt: this is no file",
    ]
