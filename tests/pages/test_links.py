"""What a supporter types is in the links, byte for byte as `share` would write it."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from bot.core.fit import compose
from bot.core.measure import measure
from bot.work.share import Offer, Wanted, link, offers
from tests.making import NETWORKS, NOW
from tests.pages.browser import Visitors, typed
from tests.pages.conftest import as_said, small

BUS = "small/air/en/bus/index.html"
NAMES = {
    "quotes and a Danish letter": "O'Brien & Søns",
    "what looks like HTML": "<b>Ana</b>",
    "accents": '"María José"',
    "an encoded nought": "%00",
    "half an encoding": "%E0",
    "emoji": "🚍👨‍👩‍👧‍👦",
    "Arabic": "عمر",
    "a domain": "example.org",
    "an at sign and a hash": "@a #b",
    "five hundred letters": "o" * 500,
    "new lines": "Ana\nBo\r\nCy",
    "half a letter": "Ana\ud83d",
    "a mark": "\ue000Ana\ue001",
    "stars and brackets": "*(it's)*!",
}


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Offer]]:
    """What may be shared, by post and network."""
    found: dict[str, dict[str, Offer]] = {}
    for one in offers(small(tmp_path_factory.mktemp("links")), Wanted(), NOW.date(), print):
        found.setdefault(one.post.name, {})[one.network.name] = one
    return found


def hrefs(page: Any) -> dict[str, str]:
    """Each network's link as it stands in the page now."""
    found: dict[str, str] = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('a.to')].map(a => [a.dataset.net, a.getAttribute('href')]))"
    )
    return found


def right(page: Any, offered: dict[str, Offer]) -> None:
    """Every link is the one that `share` makes for the words in the box, and a browser reads it as it was written."""
    words = page.input_value("textarea")
    found = hrefs(page)
    assert found.keys() == offered.keys()
    for name, one in offered.items():
        assert found[name] == link(one.network, as_said(one, words), {}), name
        read = page.evaluate("address => new URL(address).href", found[name])
        assert urlsplit(read).query == urlsplit(found[name]).query, name


def test_before_anything_is_typed_a_link_holds_the_fallback_words(visitors: Visitors, bus: Any) -> None:
    with visitors.visit() as one:
        page = one.go(BUS)
        assert page.input_value("textarea").startswith("My friends and I want *clean* air (100%!). As a neighbor")
        right(page, bus["bus"])


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_any_name_comes_into_the_words_and_every_link(visitors: Visitors, bus: Any, name: str) -> None:
    with visitors.visit() as one:
        page = one.go(BUS)
        typed(page, "#me-name", name)
        right(page, bus["bus"])


@pytest.mark.parametrize("words", [*NAMES.values(), "See https://example.org/sign?a=1&b=(2).", "  x \n\n"])
def test_any_words_of_ones_own_are_in_every_link(visitors: Visitors, bus: Any, words: str) -> None:
    with visitors.visit() as one:
        page = one.go(BUS)
        typed(page, "textarea", words)
        right(page, bus["bus"])


def test_an_address_in_the_words_is_not_added_again_until_it_is_taken_out(visitors: Visitors, bus: Any) -> None:
    with visitors.visit() as one:
        page = one.go("small/air/en/linked/index.html")
        right(page, bus["linked"])
        page.fill("textarea", "We signed today.")
        right(page, bus["linked"])
        page.fill("textarea", "Look (https://example.org/sign?a=1&b=(2)), all")
        right(page, bus["linked"])


def test_own_words_stay_when_the_form_is_filled_afterwards(visitors: Visitors, bus: Any) -> None:
    with visitors.visit() as one:
        page = one.go(BUS)
        page.fill("textarea", "My very own words.")
        page.click("summary:has-text('Make it yours')")
        page.fill("#me-name", "Ana")
        assert page.input_value("textarea") == "My very own words."
        right(page, bus["bus"])


def test_after_reload_and_after_back_links_agree_with_what_is_seen(visitors: Visitors, bus: Any) -> None:
    with visitors.visit() as one:
        page = one.go(BUS)
        page.fill("textarea", "My very own words.")
        page.reload(wait_until="load")
        right(page, bus["bus"])
        page.fill("textarea", "Other words of mine.")
        page.goto(f"{one.address}/small/air/en/index.html", wait_until="load")
        page.go_back(wait_until="load")
        right(page, bus["bus"])


def test_an_empty_box_leads_nowhere(visitors: Visitors) -> None:
    with visitors.visit() as one:
        page = one.go(BUS)
        page.fill("textarea", "  ")
        found = hrefs(page)
        assert all(found[name] is None for name in found if NETWORKS[name].carries_text)
        assert page.get_attribute("a.to[data-net=x]", "aria-disabled") == "true"
        page.fill("textarea", "Words")
        assert None not in hrefs(page).values()


def test_a_supporters_own_server_is_where_the_link_leads(visitors: Visitors, bus: Any) -> None:
    with visitors.visit() as one:
        page = one.go(BUS)
        page.click("summary:has-text('Make it yours')")
        [asking] = [name for name, network in NETWORKS.items() if network.share_fields]
        for typed in ("social.example", "https://social.example/", "@ana@Social.Example"):
            page.fill("#me-server", typed)
            wanted = link(NETWORKS[asking], bus["bus"][asking].variant, {"server": "social.example"})
            assert hrefs(page)[asking].partition("?")[0] == wanted.partition("?")[0]
        page.fill("#me-server", "javascript:alert(1)")
        assert hrefs(page)[asking].startswith("https://share.joinmastodon.org/#")
        assert "not the name of a server" in page.inner_text(".field:has(#me-server) .fault")


def test_without_script_every_button_is_a_working_link(visitors: Visitors, bus: Any) -> None:
    with visitors.visit(java_script_enabled=False) as one:
        one.go(BUS)
        raw = one.page.content()
        for offered in bus["bus"].values():
            plain = link(offered.network, as_said(offered, one.page.input_value("textarea")), {})
            assert plain.replace("&", "&amp;") in raw


def test_a_count_says_how_much_is_left_and_how_much_is_too_much(visitors: Visitors, bus: Any) -> None:
    with visitors.visit() as one:
        page = one.go(BUS)
        for words in ("Short.", "o" * 285):
            page.fill("textarea", words)
            for name in ("bluesky", "x"):
                offered, network = bus["bus"][name], NETWORKS[name]
                text = compose(network, words, offered.variant.hashtags, offered.variant.link)
                room = network.counting.limit - (measure(text, network.counting) or 0)
                said = page.text_content(f"a[data-net={name}] .left")
                assert said == (f"{room} left" if room >= 0 else f"{-room} too many for this network"), name


def test_what_is_copied_is_what_the_network_would_get(visitors: Visitors, bus: Any) -> None:
    with visitors.visit() as one:
        page = one.go(BUS)
        page.fill("textarea", "My words, at https://example.org/sign?a=1&b=(2)!")
        said = page.evaluate(
            "[...document.querySelectorAll('a.to')].map(a => [a.dataset.net, composed(a.dataset.text, a.dataset.link,"
            " document.querySelector('textarea').value)])"
        )
        for name, text in said:
            assert text == as_said(bus["bus"][name], page.input_value("textarea")).text, name


def test_the_pages_work_from_a_folder_on_disk(visitors: Visitors, built: Path, bus: Any) -> None:
    with visitors.visit() as one:
        one.page.goto((built / "small" / "air" / "en" / "index.html").as_uri() + "#name=Ana", wait_until="load")
        assert re.search("#name=Ana$", one.page.get_attribute("a[data-own]:has-text('own page')", "href") or "")
        one.page.goto((built / "small" / "air" / "en" / "bus" / "index.html").as_uri() + "#name=Ana", wait_until="load")
        assert one.page.input_value("textarea").startswith("Ana and I want")
        right(one.page, bus["bus"])
