"""What most supporters do works in Firefox too: another engine, with its own way of going back and of copying."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bot.work.share import Offer, Wanted, link, offers
from tests.making import NOW
from tests.pages.browser import TYPE, served
from tests.pages.conftest import as_said, small
from tests.pages.firefox import CONTROL, Others, Tab, firefox, until
from tests.pages.test_links import NAMES

CAMPAIGN = "small/air/en/index.html"
BUS = "small/air/en/bus/index.html"
SAMPLE = "sample/families-belong-together"
POST = "[data-name=bus]"
BOX = f"{POST} textarea"
FIRST = "Math.random = () => 0;"  # whoever comes meets the first post
REFUSED = (
    "navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'));"
    "document.execCommand = () => false;"
)
LINKS = f"""[...document.querySelectorAll("{POST} a.to")].map(a => {{
  const href = a.getAttribute("href");
  return [a.dataset.net, href, new URL(href).href];
}})"""


@pytest.fixture(scope="module")
def others(built: Path) -> Iterator[Others]:
    """Firefox, and the pages on a server."""
    with firefox() as wire, served(built) as address:
        yield Others(wire, address)


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Offer]:
    """What may be shared of the post, by network."""
    found = offers(small(tmp_path_factory.mktemp("others")), Wanted(), NOW.date(), print)
    return {one.network.name: one for one in found if one.post.name == "bus"}


def words(tab: Tab) -> str:
    found: str = tab.evaluate(f"document.querySelector('{BOX}').value")
    return found


def status(tab: Tab) -> str:
    found: str = tab.evaluate(f"document.querySelector('{POST} .status').textContent")
    return found


def right(tab: Tab, bus: dict[str, Offer]) -> None:
    """Every link is the one that `share` makes for the words in the box, and Firefox reads it as it was written."""
    seen, found = words(tab), tab.evaluate(LINKS)
    assert {name for name, _, _ in found} == bus.keys()
    for name, href, read in found:
        assert href == link(bus[name].network, as_said(bus[name], seen), {}), name
        assert urlsplit(read).query == urlsplit(href).query, name


def test_a_name_typed_on_the_campaign_page_is_in_the_words_and_every_link(
    others: Others, bus: dict[str, Offer]
) -> None:
    with others.visit(script=FIRST) as tab:
        tab.go(CAMPAIGN)
        assert words(tab).startswith("My friends and I")
        right(tab, bus)
        tab.click(".me summary")
        tab.write("#me-name", "O'Brien & Søns")
        assert words(tab).startswith("O'Brien & Søns and I want *clean* air (100%!).")
        right(tab, bus)


def test_any_name_comes_into_every_link(others: Others, bus: dict[str, Offer]) -> None:
    with others.visit() as tab:
        tab.go(BUS)
        for name in NAMES.values():
            tab.evaluate(f"({TYPE})({json.dumps(['#me-name', name])})")
            right(tab, bus)


def test_words_of_ones_own_stay_after_reload_and_after_back_and_are_in_every_link(
    others: Others, bus: dict[str, Offer]
) -> None:
    with others.visit() as tab:
        tab.go(BUS)
        tab.write(BOX, "My (very) own words: 100%!")
        assert words(tab) == "My (very) own words: 100%!"
        right(tab, bus)
        tab.reload()
        assert words(tab) == "My (very) own words: 100%!"
        right(tab, bus)
        tab.write(BOX, "Others of mine.")
        tab.go(CAMPAIGN)
        tab.back()
        assert words(tab) == "Others of mine."
        right(tab, bus)


def test_a_remembered_name_can_still_be_changed_after_reload(others: Others, bus: dict[str, Offer]) -> None:
    with others.visit() as tab:
        tab.go(BUS)
        tab.click(".me summary")
        tab.write("#me-name", "Ana")
        tab.click("#remember")
        tab.reload()
        assert words(tab).startswith("Ana and I")
        tab.write("#me-name", "Bo")
        assert words(tab).startswith("Bo and I")
        right(tab, bus)


def test_what_is_said_to_be_copied_can_be_pasted(others: Others, bus: dict[str, Offer]) -> None:
    with others.visit() as tab:
        tab.go(BUS)
        tab.write(BOX, "My own words.")
        tab.click(f"{POST} button[data-do=copy]")
        until(lambda: status(tab))
        assert status(tab) == "Copied."
        tab.click(BOX)
        tab.press("av", held=CONTROL)
        assert words(tab) == "My own words.\nhttps://example.org/sign?a=1&b=(2)"


def test_what_could_not_be_copied_is_not_said_to_be(others: Others) -> None:
    with others.visit(script=REFUSED) as tab:
        tab.go(BUS)
        tab.click(f"{POST} button[data-do=copy]")
        until(lambda: status(tab))
        assert status(tab).startswith("This browser does not let us copy.")


def test_a_button_copies_and_asks_the_network_for_the_very_link(others: Others) -> None:
    with others.visit(allow_away=True) as tab:
        tab.go(BUS)
        tab.write(BOX, "It's (my) own!")
        [href] = [href for name, href, _ in tab.evaluate(LINKS) if name == "whatsapp"]
        tab.click(f"{POST} a.to[data-net=whatsapp]")
        until(tab.away)
        assert tab.away() == [href]
        assert status(tab).startswith("Copied.")


def test_the_language_is_the_browsers_and_then_the_chosen_one_and_who_one_is_comes_along(others: Others) -> None:
    with others.visit() as tab:
        tab.go(f"{SAMPLE}/index.html#city=León")
        tab.wait("document.documentElement.lang === 'es' && document.readyState === 'complete'")
        assert tab.evaluate("document.querySelector('#me-city').value") == "León"
        tab.click("a[hreflang=en]")
        tab.wait("document.documentElement.lang === 'en' && document.readyState === 'complete'")
        assert tab.evaluate("document.querySelector('#me-city').value") == "León"
        assert tab.evaluate("location.pathname + location.hash") == f"/{SAMPLE}/en/index.html"
        assert tab.evaluate("localStorage.length + sessionStorage.length") == 0
