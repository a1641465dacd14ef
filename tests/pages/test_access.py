"""Everybody can use the pages: by eye, by ear, by keyboard, in both themes and languages."""

from typing import Any

import pytest

from tests.pages.browser import PHONE, WIDE, Visitors, axe, barriers

PATHS = {
    "campaign": "sample/families-belong-together/{}/index.html",
    "post": "sample/families-belong-together/{}/my-town/index.html",
    "post with a picture": "sample/families-belong-together/{}/hand-in-hand/index.html",
    "post to targets": "sample/families-belong-together/{}/ask-my-representative/senator/index.html",
}
INSTAGRAM = "Mozilla/5.0 (iPhone) Mobile/22A Instagram 360.0"


@pytest.fixture(scope="module")
def script() -> str:
    return axe()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("size", [PHONE, WIDE], ids=["phone", "wide"])
@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_no_page_keeps_anybody_out(
    visitors: Visitors, script: str, path: str, size: Any, language: str, scheme: str
) -> None:
    with visitors.visit(viewport=size, color_scheme=scheme) as one:
        page = one.go(path.format(language) + "#city=" + "o" * 40)
        page.evaluate(
            "document.querySelectorAll('details').forEach((one, turn) => { if (turn < 30) one.open = true; })"
        )
        page.evaluate("thank()")
        assert barriers(page, script) == []


@pytest.mark.parametrize("path", ["sample/index.html", "small/air/en/bus/index.html"])
def test_doors_and_what_an_app_shows_keep_nobody_out(visitors: Visitors, script: str, path: str) -> None:
    with visitors.visit(user_agent=INSTAGRAM) as one:
        page = one.go(path)
        if page.locator("textarea").count():
            page.fill("textarea", "o" * 400)
            page.evaluate("navigator.clipboard.writeText = Promise.reject; document.execCommand = () => false")
            page.click("button[data-do=copy]")
            page.wait_for_selector(".status + textarea")
        assert barriers(page, script) == []
    with visitors.visit(java_script_enabled=False) as one:
        one.go(path)


def test_a_page_that_keeps_people_out_is_found(visitors: Visitors, script: str) -> None:
    with visitors.visit() as one:
        page = one.go("small/air/en/index.html")
        page.evaluate("document.querySelector('main').append(new Image())")
        assert any(fault.startswith("image-alt") for fault in barriers(page, script))


FOREIGN = """shown => {
  const found = [], nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (nodes.nextNode()) {
    const words = nodes.currentNode.textContent.trim(), place = nodes.currentNode.parentElement;
    const told = place.closest("textarea, .words, dd, dt, bdi:not([lang])") || place.matches("a.to, .sr");
    if (!/[a-z]{2}/i.test(words) || told) continue;
    if (place.closest("[lang]").lang !== "en") found.push(words);
    if (getComputedStyle(place).direction !== "ltr") found.push(`from right: ${words}`);
  }
  return found;
}"""


def test_words_in_another_language_than_the_page_say_so_and_run_their_own_way(visitors: Visitors) -> None:
    with visitors.visit(user_agent=INSTAGRAM) as one:
        for path in ("index.html", "a/mayor/index.html"):
            page = one.go(f"foreign/air/ar/{path}")
            page.evaluate("document.querySelectorAll('details, [hidden]').forEach(one => { one.open = true; })")
            page.click("button[data-do=copy]")
            page.wait_for_selector(".status:not(:empty)")
            assert page.evaluate("getComputedStyle(document.querySelector('textarea')).direction") == "rtl"
            page.evaluate("withdraw(document.querySelector('.post')); settle()")
            assert page.locator(".empty").count()
            assert page.evaluate(FOREIGN) == []


def focused(page: Any) -> str:
    found: str = page.evaluate("document.activeElement.textContent.trim().slice(0, 60) || document.activeElement.id")
    return found


def test_all_can_be_reached_by_keyboard_and_the_place_is_seen(visitors: Visitors) -> None:
    with visitors.visit(viewport=WIDE) as one:
        page = one.go("small/air/en/bus/index.html")
        reached = []
        for _ in range(40):
            page.keyboard.press("Tab")
            reached.append(focused(page))
            style = "getComputedStyle(document.activeElement).outlineStyle"
            assert page.evaluate(style) != "none" or page.evaluate("document.activeElement === document.body")
        whole = "\n".join(reached)
        for what in ("To the words", "Sign", "WhatsApp", "Copy", "More ways to share", "Make it yours"):
            assert what in whole, what


def test_the_whole_way_goes_by_keyboard(visitors: Visitors) -> None:
    with visitors.visit(viewport=WIDE) as one:
        page = one.go("small/air/en/bus/index.html")
        page.focus("summary:has-text('Make it yours')")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.type("Ana")
        assert page.input_value("textarea").startswith("Ana and I")
        page.focus("button[data-do=copy]")
        page.keyboard.press("Enter")
        page.wait_for_selector(".next:visible")


def test_a_button_says_which_post_it_shares(visitors: Visitors) -> None:
    with visitors.visit() as one:
        page = one.go("small/air/en/index.html")
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        names = page.locator("a.to, button.plain").evaluate_all("found => found.map(one => one.textContent)")
        assert names and all(": " in name for name in names if name and "address" not in name)


def test_a_count_is_spoken_only_near_the_limit(visitors: Visitors) -> None:
    with visitors.visit() as one:
        page = one.go("small/air/en/bus/index.html")
        page.fill("textarea", "Short.")
        assert page.inner_text(".box .near >> nth=0") == ""
        page.fill("textarea", "o" * 235)
        assert "left" in page.inner_text(".box .near >> nth=0") or "too many" in page.inner_text(".box .near >> nth=0")
