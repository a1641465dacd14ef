"""The share side at the desk: links, codes, an archive; and lists of supporters of which nothing stays."""

import csv
import tempfile
from io import BytesIO, StringIO
from pathlib import Path
from urllib.parse import unquote
from zipfile import ZipFile

import pytest

from bot.pages import catalog
from bot.web.desk import LARGEST
from bot.work import people
from bot.work.site import site
from tests.making import NOW, handbill, write
from tests.web.conftest import CONFIG, Stage, Visitor
from tests.web.words import ROOMS, TEMPLATES, of_room, of_template

ASKING = """\
title = "Clean <b>air</b>"
languages = ["en", "es"]
[ask.name]
label = "Your name"
"""
SITE = '\n[site]\nurl = "https://share.example.org"\n'


@pytest.fixture
def place(tmp_path: Path) -> Path:
    posts = {"air/bus.en.txt": "Ride the bus, says {{ me.name or 'a neighbour' }}.\n", "air/bus.es.txt": "En bus.\n"}
    write(tmp_path / "posts", {**posts, "air/campaign.toml": ASKING})
    return write(tmp_path, {"config.toml": CONFIG + SITE})


def rows(visitor: Visitor, content: bytes, name: str = "list.csv", status: int = 200) -> list[list[str]]:
    answer = visitor.post("/sharing/links", {"campaign": ""}, files={"list": (name, content)})
    assert answer.status_code == status, answer.text
    return list(csv.reader(StringIO(answer.text)))


def test_every_word_of_the_share_side_is_translated() -> None:
    assert of_template(TEMPLATES / "sharing.html") | of_room(ROOMS / "sharing.py") <= set(catalog("es"))


def test_each_page_stands_there_with_its_link_its_code_and_its_mailing_link(organizer: Visitor) -> None:
    shown = organizer.get("/sharing")
    for language in ("en", "es"):
        assert f"https://share.example.org/air/{language}/" in shown.links
        assert f"https://share.example.org/air/{language}/#name=*|NAME|*" in shown.words
        code = organizer.client.get(f"/sharing/code/air/{language}")
        assert code.headers["content-type"] == "image/svg+xml" and "<svg" in code.text
    assert "Clean <b>air</b>" in shown.words and "<b>air" not in organizer.client.get("/sharing").text


@pytest.mark.parametrize("way", ["nothing/en", "air/fr", "%2e%2e/en"])
def test_a_page_that_is_not_there_has_no_code(organizer: Visitor, way: str) -> None:
    assert organizer.client.get(f"/sharing/code/{way}").status_code in (400, 404)


def test_without_an_address_it_is_said_where_to_write_it(stage: Stage, organizer: Visitor) -> None:
    (stage.folder / "config.toml").write_text(CONFIG)
    shown = organizer.get("/sharing")
    assert "Nobody knows yet where these pages will stand." in shown.words and "/sharing/links" not in shown.forms
    assert "nobody knows where it stands" in organizer.get("/sharing/code/air/en", 409).words
    assert "[site]" in organizer.post("/sharing/links", files={"list": ("a.csv", b"name\nAna\n")}).text


def test_the_archive_holds_what_site_build_writes_and_is_always_the_same(stage: Stage, organizer: Visitor) -> None:
    first = organizer.client.get("/sharing/pages.zip")
    assert first.headers["content-disposition"] == 'attachment; filename="share-pages-2026-11-21.zip"'
    assert organizer.client.get("/sharing/pages.zip").content == first.content
    with ZipFile(BytesIO(first.content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert files == site(stage.app, NOW.date(), print)
    handbill(stage.folder, "site", "build", "laid")
    laid = [path for path in (stage.folder / "laid").rglob("*") if path.is_file() and path.name[0] != "."]
    assert files.keys() == {path.relative_to(stage.folder / "laid").as_posix() for path in laid}


def test_each_supporter_gets_a_link_and_who_does_not_is_told_why(organizer: Visitor) -> None:
    found = rows(organizer, "name;language;shoe\nÁna & Bo;es;4\nCy\n".encode())
    assert found == [
        ["campaign", "language", "url", "supporter", "problem"],
        ["air", "es", "https://share.example.org/air/es/#name=%C3%81na%20%26%20Bo", "1", ""],
        ["", "", "", "", "no post asks for shoe: ignored"],
        ["", "", "", "2", "it has 1 cell, and the header 3"],
    ]


def test_nothing_of_a_list_stays_on_disk_or_in_the_ledger(
    stage: Stage, organizer: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(stage.folder / "there is no such folder"))
    people_of_it = b"name\n" + b"".join(b"Zaphira%d\n" % number for number in range(300_000))
    assert 2 * 1024 * 1024 < len(people_of_it) < LARGEST
    assert len(rows(organizer, people_of_it, "Zaphira.csv")) == 300_001
    stage.app.store.close()
    assert not [path for path in stage.folder.rglob("*") if path.is_file() and b"Zaphira" in path.read_bytes()]
    assert people.audit(stage.app, 1)[0].deed == "made personal links"


HOSTILE = [
    pytest.param(b"", "Choose a file first", id="nothing"),
    pytest.param(b"name\n\xff\xfe\n", "not in UTF-8", id="another encoding"),
    pytest.param(b"name\0\nAna\n", "not a CSV file", id="zeros"),
    pytest.param(b"PK\x03\x04" + bytes(200), "not a CSV file", id="an archive"),
    pytest.param(b"shoe\n4\n", "no header with a column that is asked for", id="other columns"),
    pytest.param(b"name,name\nAna,Bo\n", "two columns", id="a column twice"),
    pytest.param(b'"name\n' * 100, "cannot be used", id="a header without end"),
]


@pytest.mark.parametrize(("content", "words"), HOSTILE)
def test_a_list_that_cannot_be_used_is_told_in_words(organizer: Visitor, content: bytes, words: str) -> None:
    answer = organizer.post("/sharing/links", files={"list": ('<script>"\r\n.csv', content)})
    assert answer.status_code in (400, 409) and words in answer.text, answer.text
    assert "<script>&" not in answer.text and '<script>"' not in answer.text


def test_hostile_cells_stay_inside_their_link(organizer: Visitor) -> None:
    cells = [
        '"=cmd|x"',
        '"<script>alert(1)</script>"',
        '"#&name=x"',
        '"a""b"',
        '"{{ 7*7 }}"',
        "javascript:1",
        "A" * 5000,
    ]
    found = rows(organizer, ("name\n" + "\n".join(cells) + "\n").encode())
    for campaign, _, url, _, problem in found[1:]:
        assert not campaign or (
            url.startswith("https://share.example.org/air/en/#name=") and not set(url) & set('"<> {')
        )
        assert not problem or (len(problem) < 300 and problem[0] not in "=+-@")


@pytest.mark.parametrize("cut", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
def test_no_spreadsheet_finds_a_formula_wherever_it_cuts(organizer: Visitor, cut: str) -> None:
    hidden = [f"{before}{cut}{sign}1+1" for before in ("x", "") for sign in ("=", "+", "-", "@", '"=', "|")]
    written = StringIO()
    csv.writer(written).writerows([["name", "language", *hidden], *([one + "y" * 40, one, *hidden] for one in hidden)])
    answer = organizer.post("/sharing/links", files={"list": ("list.csv", written.getvalue().encode())})
    assert "no posts are wanted in" in answer.text and "no post asks for" in answer.text
    found = [cell for row in csv.reader(StringIO(answer.text), delimiter=cut) for cell in row]
    assert [cell for cell in found if cell[:1] in tuple("=+-@|")] == []


def test_only_organizers_make_personal_links(reviewer: Visitor) -> None:
    assert "/sharing/links" not in reviewer.get("/sharing").forms
    assert rows(reviewer, b"name\nAna\n", status=403)


def test_an_unknown_campaign_is_told(organizer: Visitor) -> None:
    answer = organizer.post("/sharing/links", {"campaign": "../x"}, files={"list": ("a.csv", b"name\nAna\n")})
    assert answer.status_code == 400 and "../x" in answer.text


def test_a_paused_campaign_says_so(organizer: Visitor) -> None:
    organizer.press(organizer.get("/week"), "/pause")
    assert "This campaign is paused" in organizer.get("/sharing").words


def test_a_code_is_kept_under_its_campaigns_name_in_any_alphabet(stage: Stage, organizer: Visitor) -> None:
    write(stage.folder / "posts", {"кампания/campaign.toml": 'title = "x"\n', "кампания/p.en.txt": "Ride.\n"})
    answer = organizer.client.get("/sharing/code/кампания/en?save")
    assert answer.status_code == 200
    assert unquote(answer.headers["content-disposition"]) == "attachment; filename*=UTF-8''кампания-en.svg"
