"""Where the desk leads people, what it says on the next page, and that it shows files as they are now."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web.frame import LANGUAGES, Desk, Undo, go, own, told
from bot.work import people
from tests.web.conftest import Hours, Stage, Visitor


@pytest.mark.parametrize(
    "to", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "", "week", "/a\nb"]
)
def test_the_desk_leads_to_its_own_pages_only(to: str) -> None:
    assert own(to) == "/"


def test_its_own_pages_it_leads_to() -> None:
    assert own("/week?from=2026-12-01") == "/week?from=2026-12-01"


LETTERS = st.characters(exclude_categories=["Cs"])


@given(
    st.text(LETTERS, max_size=150),
    st.dictionaries(st.text(LETTERS, max_size=10), st.text(LETTERS, max_size=20), max_size=3),
)
def test_what_is_said_on_the_next_page_comes_there_whole(said: str, fields: dict[str, str]) -> None:
    answer = go("/week", f"a{said}", Undo(to="/skip/1", fields=fields))
    cookie = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
    assert told(cookie) == (f"a{said}", Undo(to="/skip/1", fields=fields))


@given(st.text(st.characters(), min_size=1, max_size=9000))
def test_a_long_sentence_is_cut_so_that_a_browser_keeps_it(said: str) -> None:
    cookie = go("/week", said).headers["set-cookie"]
    assert (len(cookie) < 4096 and told(cookie.partition("=")[2].partition(";")[0])[0] == said[:1]) or len(said) < 9000


FORGED = json.dumps({"said": "Call this number.", "to": "/people/1/remove", "fields": {}})


@given(st.text() | st.just(FORGED) | st.just(quote(FORGED)) | st.text().map(lambda seal: f"{seal}.{quote(FORGED)}"))
def test_a_cookie_that_somebody_else_wrote_says_nothing(cookie: str) -> None:
    assert told(cookie) == ("", None)


def test_a_sentence_stands_on_one_page_only(organizer: Visitor) -> None:
    organizer.post("/pause", {"campaign": ""})
    organizer.post("/resume", {"campaign": ""})
    assert "Resumed." in organizer.get("/week").words
    assert "Resumed." not in organizer.get("/week").words


def test_what_is_edited_outside_is_shown_at_once(stage: Stage, organizer: Visitor) -> None:
    for file in (stage.folder / "posts" / "air").glob("*.txt"):
        file.write_text("New words.\n")
    assert "New words." in organizer.get("/week").words
    config = stage.folder / "config.toml"
    config.write_text(config.read_text().replace('"09:00"', '"10:15"'))
    assert "10:15" in organizer.get("/week").words
    whole = config.read_text()
    config.write_text("broken = [")
    shown = organizer.get("/week").words
    assert "10:15" in shown and "config.toml cannot be read as it is now" in shown and "config.toml:1" in shown
    config.write_text(whole)
    assert "cannot be read" not in organizer.get("/week").words


def test_two_requests_never_hold_each_others_leases(place: Path, hours: Hours) -> None:
    from bot.app import open_app

    desk = Desk(open_app(place / "config.toml", hours), {})
    assert desk.app().owner != desk.app().owner
    assert desk.app().library is desk.app().library
    desk.app().close()


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_interface_speaks_the_language_that_somebody_chose(stage: Stage, code: str) -> None:
    visitor = stage.visitor()
    visitor.client.post("/language", data={"language": code, "next": "/sign-in"})
    assert f'<html lang="{code}">' in visitor.client.get("/sign-in").text


def test_the_browsers_language_comes_first(stage: Stage, organizer: Visitor) -> None:
    assert '<html lang="es">' in organizer.client.get("/week", headers={"accept-language": "es-MX,en;q=0.5"}).text
    assert '<html lang="en">' in organizer.client.get("/week", headers={"accept-language": "fr,de"}).text


ENTRY = "town/2026-11-21/09:00/air"  # the stage's clock stands at 07:00 of that day


def test_pauses_and_deeds_name_campaigns_by_their_titles_and_times_in_words(stage: Stage, organizer: Visitor) -> None:
    organizer.press(organizer.get(f"/entry/{ENTRY}"), f"/skip/{ENTRY}")
    organizer.post("/pause", {"campaign": "air"})
    assert "The campaign Clean air is paused." in organizer.get("/week").words
    ana = stage.app.store.people.all()[0]
    people.note(stage.app, ana, "edited", "air/bus.en")
    people.note(stage.app, ana, "changed in the timetable", "air town 09:00 -> air town 10:00")
    people.note(stage.app, ana, "took off the list", "a/2026-13-99/09:00")
    said = " ".join(organizer.get("/people/deeds").words.split())
    for deed in (
        "paused Clean air", "skipped Clean air, town, Sat, Nov 21, 09:00", "edited Clean air/bus.en",
        "changed in the timetable Clean air town 09:00 → Clean air town 10:00", "took off the list a/2026-13-99/09:00",
    ):  # fmt: skip
        assert f"Ana {deed}" in said
