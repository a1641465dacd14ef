"""The manual at the desk, from its first page to every other."""

from bot.pages import catalog
from bot.pages.manual import names
from tests.web.conftest import Visitor
from tests.web.words import ROOMS, TEMPLATES, of_room, of_template


def test_every_word_around_the_manual_is_translated() -> None:
    assert of_template(TEMPLATES / "manual.html") | of_room(ROOMS / "manual.py") <= set(catalog("es"))


def test_from_the_first_page_every_other_is_reached(reviewer: Visitor) -> None:
    met, to_go = {"/manual"}, ["/manual"]
    while to_go:
        found = {link.partition("#")[0] for link in reviewer.get(to_go.pop()).links}
        new = {link for link in found if link.startswith("/manual/")} - met
        met |= new
        to_go += new
    assert {f"/manual/{name}" for name in names()} - {"/manual/index"} <= met


def test_a_page_shows_its_tables_and_examples(reviewer: Visitor) -> None:
    shown = reviewer.get("/manual/start").words
    assert "Your first evening" in shown and "$ handbill check" in shown and "<!--" not in shown


def test_who_reads_spanish_is_told_where_a_page_is_in_english(reviewer: Visitor) -> None:
    reviewer.client.cookies.set("handbill-language", "es")
    assert catalog("es")["This page is in English only so far."] in reviewer.get("/manual/commands").words


def test_a_page_that_is_not_there_is_told(reviewer: Visitor) -> None:
    for name in ("nothing", "..%2fconfig", "%2e%2e", "start.md", "%00"):
        assert reviewer.client.get(f"/manual/{name}").status_code in (400, 404)
    assert reviewer.client.get("/manual/share-pages.png").headers["content-type"] == "image/png"
