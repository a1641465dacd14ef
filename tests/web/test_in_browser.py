"""The desk in a real browser: by eye, by ear, by keyboard, on a phone, with and without script."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from bot.web.desk import SESSION
from bot.work.deliver import tick
from tests.pages.browser import PHONE, WIDE, axe, barriers, running
from tests.web.conftest import CONFIG, PASSWORD, Stage, Visitor
from tests.web.test_hostile import crawled

ENTRY = "/entry/town/2026-11-21/17:30/air"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running() as found:
        yield found


@contextmanager
def opened(browser: Any, stage: Stage, visitor: Visitor, **options: Any) -> Iterator[Any]:
    """A visitor's browser; fails if a page complained, or asked another host for anything."""
    context = browser.new_context(**{"viewport": PHONE, "locale": "en-US", **options})
    context.set_default_timeout(30_000)
    if token := visitor.client.cookies.get(SESSION):
        context.add_cookies([{"name": SESSION, "value": token, "url": stage.address}])
    away: list[str] = []
    faults: list[str] = []
    context.route(
        lambda url: not url.startswith((stage.address, "data:")), lambda route: away.append(route.request.url)
    )
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    try:
        yield page
    finally:
        context.close()
    assert (away, faults) == ([], [])


def is_page(visitor: Visitor, path: str) -> bool:
    """Whether a link leads to a page, and not to a file that a browser keeps."""
    answer = visitor.client.get(path, follow_redirects=True)
    return answer.headers["content-type"].startswith("text/html")


def one_of_each(paths: list[str]) -> list[str]:
    """Of pages that differ only by what they are about, the first."""
    found: dict[tuple[str, int], str] = {}
    for path in paths:
        bare = path.split("?")[0]
        found.setdefault((bare.split("/")[1], bare.count("/")), path)
    return list(found.values())


@pytest.mark.parametrize(
    "size, scheme, locale",
    [(PHONE, "dark", "es-MX"), (WIDE, "light", "en-US")],
    ids=["phone dark Spanish", "wide light English"],
)
def test_no_page_of_the_desk_keeps_anybody_out(
    stage: Stage, organizer: Visitor, browser: Any, size: Any, scheme: str, locale: str
) -> None:
    script = axe()
    stage.tick(hours=2)
    paths = [path for path in crawled(organizer, 60)[0] if is_page(organizer, path)]
    with opened(browser, stage, organizer, viewport=size, color_scheme=scheme, locale=locale) as page:
        for path in one_of_each(paths):
            page.goto(stage.address.rstrip("/") + path)
            page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true; })")
            assert barriers(page, script) == [], path
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
                f"{path} is wider than the screen"
            )


def test_the_menu_is_used_by_keyboard_alone(stage: Stage, organizer: Visitor, browser: Any) -> None:
    with opened(browser, stage, organizer) as page:
        page.goto(stage.address + "week")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.focus("details.rest summary")
        page.keyboard.press("Enter")
        assert page.is_visible("details.rest ul")
        page.keyboard.press("Escape")
        assert not page.is_visible("details.rest ul")
        assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


@pytest.mark.parametrize("has_script", [True, False], ids=["with script", "without script"])
def test_a_post_is_skipped_moved_and_paused_by_pressing(
    stage: Stage, organizer: Visitor, browser: Any, has_script: bool
) -> None:
    with opened(browser, stage, organizer, java_script_enabled=has_script) as page:
        page.goto(stage.address.rstrip("/") + ENTRY)
        page.click("text=Skip this one")
        assert "skipped" in page.inner_text("main")
        page.click("text=Undo")
        assert "planned" in page.inner_text("main")
        page.fill("#at", "2026-11-21T20:45")
        page.click("text=Move it")
        assert "20:45" in page.inner_text("h1")
        page.click("text=Pause everything")
        assert "Everything is paused." in page.inner_text("main")
    assert [one.state for one in stage.app.store.deliveries()] == ["planned"]


@pytest.mark.parametrize("has_script", [True, False], ids=["with script", "without script"])
def test_words_and_their_count_are_seen_while_somebody_types(
    stage: Stage, reviewer: Visitor, browser: Any, has_script: bool
) -> None:
    with opened(browser, stage, reviewer, java_script_enabled=has_script) as page:
        page.goto(stage.address + "library/try?campaign=air&post=bus&language=en")
        page.select_option("#on", "x")
        page.fill("#words", "Clean <b>air</b> for all!")
        if not has_script:
            page.click("text=Show it")
        page.wait_for_selector("#result .words >> text=Clean <b>air</b> for all!")
        assert page.inner_text("#result .count") == "25 of 280" and page.locator("#result b").count() == 0
        page.fill("#words", "w" * 300)
        if not has_script:
            page.click("text=Show it")
        page.wait_for_selector("#result >> text=no wording fits X (300 of 280, in en)")


@pytest.mark.parametrize("has_script", [True, False], ids=["with script", "without script"])
def test_a_post_is_changed_by_pressing(stage: Stage, organizer: Visitor, browser: Any, has_script: bool) -> None:
    file = stage.folder / "posts" / "air" / "bus.en.txt"
    file.write_bytes(b"\nOne.\n---\r\nTwo.\n")
    with opened(browser, stage, organizer, java_script_enabled=has_script) as page:
        page.goto(stage.address + "library/air/bus/en")
        page.fill("#words", page.input_value("#words") + "Three.\n")
        page.click("text=Show the change")
        assert "+ Three." in page.inner_text(".diff") and "One." not in page.inner_text(".diff ins")
        page.click("text=Save it so")
        assert "Saved." in page.inner_text("main")
    assert file.read_bytes() == b"\r\nOne.\r\n---\r\nTwo.\r\nThree.\r\n"


BY_HAND = CONFIG.replace('network = "outbox"\nfolder = "out"', 'network = "whatsapp"\npublish = "by hand"')


@pytest.mark.parametrize("has_script", [True, False], ids=["with script", "without script"])
def test_what_is_to_be_posted_by_hand_is_copied_posted_and_noted(
    stage: Stage, organizer: Visitor, browser: Any, has_script: bool
) -> None:
    (stage.folder / "config.toml").write_text(BY_HAND)
    tick(stage.app.anew(), stage.hours.now)
    stage.hours.now += timedelta(hours=2)
    tick(stage.app.anew(), stage.hours.now)
    with opened(browser, stage, organizer, java_script_enabled=has_script) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto(stage.address + "by-hand")
        assert page.is_visible("text=Copy the words") == has_script
        if has_script:
            page.click("text=Copy the words")
            page.wait_for_selector("[role=status] >> text=Copied.")
            assert page.evaluate("navigator.clipboard.readText()") == page.inner_text("p.words")
        page.click("text=I have posted it")
        assert "Nothing waits to be posted by hand." in page.inner_text("main")
    assert [one.state for one in stage.app.store.deliveries()] == ["sent"]


@pytest.mark.parametrize("has_script", [True, False], ids=["with script", "without script"])
def test_somebody_is_invited_comes_in_and_comes_back(
    stage: Stage, organizer: Visitor, browser: Any, has_script: bool
) -> None:
    script = axe()

    def keeps_nobody_out(page: Any) -> None:
        assert not has_script or barriers(page, script) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    with opened(browser, stage, organizer, java_script_enabled=has_script) as page:
        page.goto(stage.address + "people")
        page.click("text=Make a link")
        link = page.inner_text("#link")
        page.wait_for_selector("text=Copy the link", state="visible" if has_script else "hidden")
        keeps_nobody_out(page)
    with opened(browser, stage, stage.visitor(), java_script_enabled=has_script) as page:
        page.goto(link)
        keeps_nobody_out(page)
        page.fill("#name", "Bo")
        page.fill("#password", PASSWORD)
        page.click("text=Come in")
        assert "Welcome. This is the week." in page.inner_text("main")
        page.click("text=Sign out")
        keeps_nobody_out(page)
        page.goto(stage.address + "people")
        page.fill("#name", "bo")
        page.fill("#password", PASSWORD)
        page.click("main >> text=Sign in >> nth=-1")
        assert "(you)" in page.inner_text("main")
