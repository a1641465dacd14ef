"""Editing: shown before it is saved, whole or not at all, and nobody's words are lost."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.core.problem import AskedWrongly, HandbillError
from bot.work.edit import MOST, Draft, campaign_draft, campaign_sheet, draft, files, save, sheet
from bot.work.put import Changed
from bot.work.review import review
from tests.making import app, library, write


def written(folder: Path, text: str, post: str = "buses", language: str = "en") -> Draft:
    return draft(app(folder), "air", post, language, text)


def test_a_change_is_shown_row_by_row_before_anything_is_written(tmp_path: Path) -> None:
    library(tmp_path, {"buses.en.txt": "One.\nTwo.\n"})
    made = written(tmp_path, "One.\nThree.\n")
    assert made.diff == ("@@ -1,2 +1,2 @@", " One.", "-Two.", "+Three.")
    assert (tmp_path / "posts/air/buses.en.txt").read_bytes() == b"One.\nTwo.\n"
    assert save(app(tmp_path), made).read_bytes() == b"One.\nThree.\n"


def test_every_problem_of_the_new_words_is_told_before_they_are_saved(tmp_path: Path) -> None:
    library(tmp_path, {"buses.en.txt": "One.", "trees.en.txt": "Trees for all."})
    made = written(tmp_path, "+++\nrset = 1\n+++\nOne.")
    assert [problem.what for problem in made.problems] == ["unknown key `rset`"] and made.read is None
    made = written(tmp_path, "w" * 290)
    assert [problem.what for problem in made.problems] == ["no wording fits X (290 of 280, in en)"]
    made = written(tmp_path, 'From {{ me.ctiy or "us" }}.')
    assert [problem.what for problem in made.problems] == ['unknown fact "me.ctiy"']
    made = written(tmp_path, "Trees, for all!")
    assert ["stand in" in problem.what for problem in made.problems] == [True]


def test_what_check_says_after_saving_is_what_the_draft_said_before(tmp_path: Path) -> None:
    library(tmp_path, {"buses.en.txt": "One.", "buses.es.txt": "Uno."})
    made = written(tmp_path, "#CLEANAIRFORALLOFUS and buses.org too.", language="es")
    save(app(tmp_path), made)
    assert list(made.problems) == review(app(tmp_path)) and len(made.problems) == 2


def test_words_that_somebody_changed_meanwhile_are_not_lost(tmp_path: Path) -> None:
    library(tmp_path, {"buses.en.txt": "One."})
    mine = written(tmp_path, "Mine.")
    write(tmp_path, {"posts/air/buses.en.txt": "Theirs."})
    with pytest.raises(Changed, match="changed by somebody else"):
        save(app(tmp_path), mine)
    assert (tmp_path / "posts/air/buses.en.txt").read_text() == "Theirs."
    again = draft(app(tmp_path), "air", "buses", "en", "Mine.", mine.sheet.seen)
    assert again.is_late and again.sheet.text == "Theirs." and again.diff[1:] == ("-Theirs.", "+Mine.")
    assert save(app(tmp_path), again).read_text() == "Mine."


def test_a_file_that_somebody_took_away_meanwhile_counts_as_changed(tmp_path: Path) -> None:
    library(tmp_path, {"buses.en.txt": "One."})
    mine = written(tmp_path, "Mine.")
    (tmp_path / "posts/air/buses.en.txt").unlink()
    with pytest.raises(Changed):
        save(app(tmp_path), mine)


def test_two_new_posts_of_one_name_are_not_written_over_each_other(tmp_path: Path) -> None:
    library(tmp_path, {})
    mine, theirs = written(tmp_path, "Mine.", "new"), written(tmp_path, "Theirs.", "new")
    assert save(app(tmp_path), theirs).read_text() == "Theirs.\n"
    with pytest.raises(Changed):
        save(app(tmp_path), mine)


@pytest.mark.parametrize(
    ("raw", "text", "after"),
    [
        (b"\xef\xbb\xbfOne.\r\nTwo.\r\n", "One.\nThree.\n", b"\xef\xbb\xbfOne.\r\nThree.\r\n"),
        (b"One.\rTwo.", "One.\nThree.", b"One.\rThree."),
        (b"One.\n\n", "One.\n\n\n", b"One.\n\n\n"),
        (b"One.", "Ni\u0303n.", "Ni\u0303n.".encode()),
    ],
    ids=["byte order mark and CRLF", "CR", "rows at the end", "letters as typed"],
)
def test_how_a_file_is_written_stays(tmp_path: Path, raw: bytes, text: str, after: bytes) -> None:
    library(tmp_path, {})
    write(tmp_path, {"posts/air/buses.en.txt": raw})
    save(app(tmp_path), written(tmp_path, text.replace("\n", "\r\n")))
    assert (tmp_path / "posts/air/buses.en.txt").read_bytes() == after


@given(raw=some.text(some.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip), mark=some.booleans())
def test_a_file_saved_unchanged_has_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, raw: str, mark: bool
) -> None:
    folder = tmp_path_factory.mktemp("library")
    before = (b"\xef\xbb\xbf" if mark else b"") + raw.replace("\r", "").replace("\n", "\r\n").encode()
    library(folder, {})
    write(folder, {"posts/air/buses.en.txt": before})
    opened = app(folder)
    now = sheet(opened, "air", "buses", "en").text
    if now.strip():
        save(opened, written(folder, now.replace("\n", "\r\n")))
    assert (folder / "posts/air/buses.en.txt").read_bytes() == before


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_who_may_read_a_file_stays(tmp_path: Path) -> None:
    path = library(tmp_path, {"buses.en.txt": "One."}) / "posts/air/buses.en.txt"
    path.chmod(0o640)
    save(app(tmp_path), written(tmp_path, "Two."))
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_translation_that_was_looked_over_is_young_again(tmp_path: Path) -> None:
    library(tmp_path, {"buses.en.txt": "One.", "buses.es.txt": "Uno."})
    os.utime(tmp_path / "posts/air/buses.es.txt", (0, 0))
    assert "older" in review(app(tmp_path))[0].what
    save(app(tmp_path), written(tmp_path, "Uno.", language="es"))
    assert review(app(tmp_path)) == []


def test_a_new_post_and_its_campaign_are_whole_at_once(tmp_path: Path) -> None:
    write(tmp_path, {"posts/.keep": ""})
    made = draft(app(tmp_path), "clean-water", "river", "en", "Our river.\n\n")
    assert made.problems == () and made.read is not None
    assert save(app(tmp_path), made).read_bytes() == b"Our river.\n"
    assert review(app(tmp_path)) == []


def test_a_translation_goes_beside_its_post_whatever_that_is_called(tmp_path: Path) -> None:
    library(tmp_path, {"Our Buses.en.txt": "One."})
    path = save(app(tmp_path), written(tmp_path, "Uno.", "Our Buses", "es"))
    assert path == tmp_path / "posts/air/Our Buses.es.txt"


def test_a_file_without_a_language_in_its_name_is_that_of_the_first(tmp_path: Path) -> None:
    library(tmp_path, {"buses.txt": "Uno."}, 'title = "Aire"\nlanguages = ["es", "en"]')
    assert {language: path.name for language, path in files(app(tmp_path), "air", "buses").items()} == {
        "es": "buses.txt"
    }
    assert save(app(tmp_path), written(tmp_path, "Dos.", language="es")).name == "buses.txt"


@pytest.mark.parametrize("name", ["../up", "..", ".", "/etc", "a/b", "..\\up", ".hidden", "CON", "a\x00b", "", "a\n"])
def test_no_name_leads_out_of_the_library(tmp_path: Path, name: str) -> None:
    library(tmp_path, {"buses.en.txt": "One."})
    before = sorted(tmp_path.rglob("*"))
    for campaign, post in ((name, "buses"), ("air", name)):
        with pytest.raises(AskedWrongly):
            draft(app(tmp_path), campaign, post, "en", "Hi.")
    with pytest.raises(AskedWrongly, match="no language"):
        draft(app(tmp_path), "air", "buses", name, "Hi.")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_link_that_leads_out_of_the_library_is_not_followed(tmp_path: Path) -> None:
    library(tmp_path, {})
    write(tmp_path, {"secret.txt": "Mine.", "elsewhere/campaign.toml": 'title = "E"\n', "elsewhere/a.en.txt": "A."})
    (tmp_path / "posts/air/buses.en.txt").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "posts/air/new.en.txt").symlink_to(tmp_path / "not-there.txt")
    (tmp_path / "posts/other").symlink_to(tmp_path / "elsewhere")
    for campaign, post in (("air", "buses"), ("air", "new"), ("other", "a")):
        with pytest.raises(AskedWrongly, match="leads out of the library"):
            draft(app(tmp_path), campaign, post, "en", "Hi.")
    assert (tmp_path / "secret.txt").read_text() == "Mine." and not (tmp_path / "not-there.txt").exists()


def test_a_link_inside_the_library_stays_one(tmp_path: Path) -> None:
    library(tmp_path, {"buses.en.txt": "One."})
    (tmp_path / "posts/air/trees.en.txt").symlink_to("buses.en.txt")
    save(app(tmp_path), written(tmp_path, "Two.", "trees"))
    assert (tmp_path / "posts/air/trees.en.txt").is_symlink()
    assert (tmp_path / "posts/air/buses.en.txt").read_text() == "Two."


def test_what_is_no_text_is_told_and_left_alone(tmp_path: Path) -> None:
    library(tmp_path, {})
    write(tmp_path, {"posts/air/buses.en.txt": b"caf\xe9", "posts/air/big.en.txt": b"a" * 500_000})
    with pytest.raises(HandbillError, match="not UTF-8"):
        written(tmp_path, "Hi.")
    with pytest.raises(HandbillError, match="program for texts"):
        written(tmp_path, "Hi.", "big")
    with pytest.raises(AskedWrongly, match="program for texts"):
        written(tmp_path, "a" * (MOST + 1), "new")
    with pytest.raises(AskedWrongly, match="Type them anew"):
        written(tmp_path, "Gr\udcfcn", "new")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="only where there are pipes")
def test_a_pipe_among_the_files_holds_nobody_up(tmp_path: Path) -> None:
    library(tmp_path, {})
    os.mkfifo(tmp_path / "posts/air/buses.en.txt")
    assert files(app(tmp_path), "air", "buses") == {}


def test_nothing_is_saved_without_words(tmp_path: Path) -> None:
    library(tmp_path, {"buses.en.txt": "One."})
    with pytest.raises(AskedWrongly, match="no words"):
        save(app(tmp_path), written(tmp_path, " \n"))


def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    write(tmp_path, {"posts": "I am a file"})
    with pytest.raises(HandbillError, match="cannot be written"):
        save(app(tmp_path), draft(app(tmp_path), "air", "a", "en", "Hi."))


def test_a_campaigns_own_file_is_changed_in_the_same_way(tmp_path: Path) -> None:
    library(tmp_path, {"buses.en.txt": "One."})
    made = campaign_draft(
        app(tmp_path), "air", 'title = "Air"\nabout = "Buses"\n', campaign_sheet(app(tmp_path), "air").seen
    )
    assert made.diff[1:] == ('-title = "Clean air"', '+title = "Air"', '+about = "Buses"') and made.problems == ()
    save(app(tmp_path), made)
    assert app(tmp_path).library.campaigns["air"].title == {"": "Air"}
    with pytest.raises(Changed):
        save(app(tmp_path), made)


def test_what_a_campaigns_change_would_do_to_its_posts_is_told(tmp_path: Path) -> None:
    posts = {"buses.en.txt": '+++\nlink = "sign"\n+++\nOne.', "old.en.txt": "+++\nrset = 1\n+++\nOld."}
    library(tmp_path, posts, 'title = "Air"\n[links]\nsign = "https://streets.org"\n')
    made = campaign_draft(app(tmp_path), "air", 'title = "Air"\ngaol = 1\n')
    assert [problem.what for problem in made.problems] == [
        "unknown key `gaol`",
        '`link` names "sign", which campaign.toml does not have',
    ]
    made = campaign_draft(app(tmp_path), "air", "title = ")
    assert [problem.where.endswith("air/campaign.toml:1") for problem in made.problems] == [True]


def test_a_campaigns_file_that_is_missing_can_be_written(tmp_path: Path) -> None:
    write(tmp_path, {"posts/air/buses.en.txt": "One."})
    save(app(tmp_path), campaign_draft(app(tmp_path), "air", 'title = "Air"\n', ""))
    assert review(app(tmp_path)) == []


def test_only_a_campaign_of_the_library_has_a_file_to_change(tmp_path: Path) -> None:
    library(tmp_path, {})
    write(tmp_path, {"elsewhere/campaign.toml": 'title = "E"\n'})
    (tmp_path / "posts/sly").symlink_to(tmp_path / "elsewhere")
    for name in ("..", "../elsewhere", "", ".", "nowhere", "a\x00b"):
        with pytest.raises(AskedWrongly, match="no campaign"):
            campaign_draft(app(tmp_path), name, "title = 1")
    with pytest.raises(AskedWrongly, match="leads out"):
        campaign_draft(app(tmp_path), "sly", "title = 1")
