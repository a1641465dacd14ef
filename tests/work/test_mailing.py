"""Links for a mailing: one for all readers, each of whom finds themselves in the words."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import App
from bot.core.problem import HandbillError
from bot.work.mailing import mailing, personal
from bot.work.share import Wanted
from bot.work.supporters import Sent
from tests.making import app, library, write

CAMPAIGN = """
title = "Clean air"
languages = ["en", "es"]
[ask.name]
label = "Your name"
[ask.role]
label = "You are"
[ask.role.choices]
nurse = { en = "a nurse", es = "enfermera" }
"""


def opened(folder: Path, site: str = "https://share.example.org") -> App:
    made = app(library(folder, {"a.en.txt": "Hello.", "a.es.txt": "Hola."}, CAMPAIGN))
    return replace(made, config=replace(made.config, site=site))


@pytest.mark.parametrize(
    ("style", "places"), [("mailchimp", "#name=*|NAME|*&role=*|ROLE|*"), ("plain", "#name=[name]&role=[role]")]
)
def test_the_places_to_fill_stand_after_the_hash_as_the_mailing_program_writes_them(
    tmp_path: Path, style: str, places: str
) -> None:
    found = [one.url for one in mailing(opened(tmp_path), Wanted(), style)]
    assert found == [f"https://share.example.org/air/{language}/{places}" for language in ("en", "es")]


def test_a_supporters_own_link_holds_what_they_told(tmp_path: Path) -> None:
    file = write(tmp_path, {"s.csv": "name,role,language\nO'Brien & Søns,nurse,es\n,,\n"}) / "s.csv"
    found = [(one.supporter, one.url) for one in personal(opened(tmp_path), Wanted(), file, print, print)]
    assert found == [(1, "https://share.example.org/air/es/#name=O%27Brien%20%26%20S%C3%B8ns&role=enfermera")]


def test_a_list_that_was_sent_reads_as_one_on_disk_and_is_never_there(tmp_path: Path) -> None:
    made, raw = opened(tmp_path), "\ufeffname;role\nAna;nurse\nBo;plumber\nCy\n".encode()
    file = write(tmp_path / "elsewhere", {"s.csv": raw}) / "s.csv"
    before = sorted(tmp_path.rglob("*"))
    told: list[list[str]] = [[], []]
    found = [
        list(personal(made, Wanted(), source, print, lambda number, what, some=some: some.append(f"{number} {what}")))
        for source, some in zip((file, Sent("s.csv", raw)), told, strict=True)
    ]
    assert found[0] == found[1] and len(found[1]) == 1 and told[0] == told[1] and len(told[1]) == 2
    assert sorted(tmp_path.rglob("*")) == before and "Ana" not in repr(Sent("s.csv", raw))


def test_a_campaign_that_asks_nothing_has_a_plain_link(tmp_path: Path) -> None:
    made = app(library(tmp_path, {"a.en.txt": "Hello."}))
    made = replace(made, config=replace(made.config, site="https://share.example.org/"))
    assert [one.url for one in mailing(made, Wanted(), "plain")] == ["https://share.example.org/air/en/"]


def test_without_the_address_of_the_pages_it_is_said_where_to_write_it(tmp_path: Path) -> None:
    with pytest.raises(HandbillError, match=r"\[site\]"):
        list(mailing(opened(tmp_path, ""), Wanted(), "plain"))
