"""A monitor outside sees that the engine lives; one that is away is told once and stops nothing."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import App
from bot.work.heartbeat import show_life
from tests.servers.site import Site, closed_port
from tests.work.stage import CONFIG, opened

SECRET = "s3cr3t-hunter2"


def app_with(folder: Path, *rows: str) -> App:
    """An app whose config has these rows below [heartbeat]."""
    return opened(folder, told="\n".join([CONFIG, "[heartbeat]", *rows]))


def test_the_file_is_touched_and_the_address_asked(tmp_path: Path, site: Site) -> None:
    app = app_with(tmp_path, f'url = "{site.says("/ping", "OK")}"', 'file = "alive"')
    assert show_life(app, ask=True) == "" and (tmp_path / "alive").is_file()
    assert [request for request, _, _ in site.requests] == ["GET /ping"]


def test_the_file_is_touched_also_where_the_address_has_its_time_still_before_it(tmp_path: Path, site: Site) -> None:
    app = app_with(tmp_path, f'url = "{site.says("/ping", "OK")}"', 'file = "alive"')
    assert show_life(app, ask=False) == "" and (tmp_path / "alive").is_file() and site.requests == []


def test_the_address_may_stand_in_the_environment_or_in_a_file(tmp_path: Path, site: Site) -> None:
    url = site.says("/ping", "OK")
    (tmp_path / "monitor").write_text(f"{url}\n", encoding="utf-8")
    show_life(replace(app_with(tmp_path, 'url_env = "TOWN_MONITOR"'), environ={"TOWN_MONITOR": url}), ask=True)
    show_life(app_with(tmp_path, 'url_file = "monitor"'), ask=True)
    assert len(site.requests) == 2


def test_without_a_monitor_nothing_is_done(tmp_path: Path) -> None:
    assert show_life(opened(tmp_path), ask=True) == ""


@pytest.mark.parametrize(("status", "why"), [(404, "its address answered 404"), (302, "its address answered 302")])
def test_a_monitor_that_is_away_is_told_once_until_it_has_answered(
    tmp_path: Path, site: Site, status: int, why: str
) -> None:
    app = app_with(tmp_path, f'url = "{site.says("/ping", SECRET, status=status)}"')
    assert why in show_life(app, ask=True) and show_life(app, ask=True) == ""
    assert show_life(app, ask=False) == "" and show_life(app, ask=True) == ""
    site.says("/ping", "OK")
    assert show_life(app, ask=True) == ""
    site.says("/ping", SECRET, status=status)
    assert why in show_life(app, ask=True)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (f'url = "http://127.0.0.1:{closed_port()}/{SECRET}"', "its address cannot be reached"),
        ('url_env = "TOWN_MONITOR"', "the environment variable TOWN_MONITOR is not set"),
        ('file = "nowhere/alive"', "the file nowhere/alive cannot be touched (No such file or directory)"),
    ],
    ids=["away", "no variable", "no folder"],
)
def test_what_is_wrong_is_said_without_the_address(tmp_path: Path, row: str, why: str) -> None:
    said = show_life(replace(app_with(tmp_path, row), environ={}), ask=True)
    assert why in said and "the engine goes on" in said and SECRET not in said


def test_words_in_place_of_an_address_are_not_repeated(tmp_path: Path) -> None:
    app = replace(app_with(tmp_path, 'url_env = "TOWN_MONITOR"'), environ={"TOWN_MONITOR": SECRET})
    assert "its address cannot be reached" in (said := show_life(app, ask=True)) and SECRET not in said
