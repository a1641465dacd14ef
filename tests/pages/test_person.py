"""What a supporter tells stays in the browser, and is kept only when asked to."""

from typing import Any

import pytest

from tests.pages.browser import Visitors

PAGE = "small/air/en/bus/index.html"
STORED = "JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)])"
NOTHING = "[[],[]]"


def words(page: Any) -> str:
    found: str = page.input_value("textarea")
    return found


@pytest.mark.parametrize(
    ("fragment", "begins"),
    [
        ("name=Ana", "Ana and I"),
        ("name=Mar%C3%ADa%20Jos%C3%A9", "María José and I"),
        ("name=María José", "María José and I"),
        ("name=O'Brien & Søns&role=nurse", "O'Brien & Søns and I"),
        ("name=Ana+Bo", "Ana Bo and I"),
        ("name=100%", "100% and I"),
        ("name=%E0", "%E0 and I"),
        ("name=", "My friends and I"),
        ("name=*|NAME|*", "My friends and I"),
        ("name=*%7CNAME%7C*&role=nurse", "My friends and I"),
        ("name=[name]", "My friends and I"),
        ("name={{name}}", "My friends and I"),
        ("name=<b>Ana</b>", "<b>Ana</b> and I"),
        ("name=a%23b%40c", "abc and I"),
        ("other=Ana", "My friends and I"),
    ],
)
def test_a_personal_link_fills_the_words(visitors: Visitors, fragment: str, begins: str) -> None:
    with visitors.visit() as one:
        page = one.go(f"{PAGE}#{fragment}")
        assert words(page).startswith(begins)
        assert page.locator("main b").count() == 0
        assert page.evaluate(STORED) == NOTHING


def test_a_choice_in_a_personal_link_is_a_whole_phrase(visitors: Visitors) -> None:
    with visitors.visit() as one:
        assert "As a nurse, I ask" in words(one.go(f"{PAGE}#role=nurse"))
        one.page.goto("about:blank")
        assert "As a parent, I ask" in words(one.go(f"{PAGE}#role=as a PARENT"))
        one.page.goto("about:blank")
        assert "As a neighbor, I ask" in words(one.go(f"{PAGE}#role=king"))


def test_who_one_is_leaves_the_address_bar_and_comes_along_to_other_pages(visitors: Visitors) -> None:
    with visitors.visit() as one:
        page = one.go("small/air/en/index.html#name=Ana Bo&role=nurse")
        assert page.url.endswith("/small/air/en/index.html")
        page.locator("details.post[open] a[data-own]").last.click()
        page.wait_for_load_state()
        assert "#" not in page.url
        page.locator(".of a").click()
        page.wait_for_load_state()
        page.click("#me-name")
        assert page.input_value("#me-name") == "Ana Bo" and page.input_value("#me-role") == "nurse"
        assert page.evaluate(STORED) == NOTHING


def test_the_page_that_asks_for_a_language_carries_on_who_one_is(visitors: Visitors) -> None:
    with visitors.visit(locale="es-MX") as one:
        one.page.goto(f"{one.address}/sample/families-belong-together/index.html#city=León")
        one.page.wait_for_url("**/es/index.html")
        assert one.page.input_value("#me-city") == "León"


def test_nothing_is_kept_unless_asked_and_all_is_forgotten_when_asked(visitors: Visitors) -> None:
    with visitors.visit() as one:
        page = one.go(PAGE)
        page.click("summary:has-text('Make it yours')")
        page.fill("#me-name", "Ana")
        page.fill("#me-server", "social.example")
        assert page.evaluate(STORED) == NOTHING
        page.check("#remember")
        page.reload()
        assert words(page).startswith("Ana and I") and page.is_checked("#remember")
        assert page.input_value("#me-server") == "social.example"
        page.uncheck("#remember")
        assert page.evaluate(STORED) == NOTHING


def test_a_personal_link_counts_more_than_what_was_kept(visitors: Visitors) -> None:
    with visitors.visit() as one:
        page = one.go(f"{PAGE}#name=Ana")
        page.check("#remember")
        page.goto("about:blank")
        assert words(one.go(f"{PAGE}#name=Bo")).startswith("Bo and I")


def test_where_storage_is_blocked_the_page_works_and_says_that_it_cannot_remember(visitors: Visitors) -> None:
    blocked = (
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError'); }})"
    )
    with visitors.visit(script=blocked) as one:
        page = one.go(f"{PAGE}#name=Ana")
        assert words(page).startswith("Ana and I")
        page.check("#remember")
        assert page.inner_text("#kept") == "This browser does not let us remember it."


def test_what_is_too_long_is_said_and_not_cut(visitors: Visitors) -> None:
    with visitors.visit() as one:
        page = one.go(PAGE)
        page.click("summary:has-text('Make it yours')")
        page.fill("#me-name", "o" * 31)
        assert page.inner_text(".field:has(#me-name) .fault").startswith("This is longer than 30 letters")
        assert words(page).startswith("My friends and I") and page.get_attribute("#me-name", "aria-invalid") == "true"
        page.fill("#me-name", "o" * 30)
        assert page.inner_text(".field:has(#me-name) .fault") == "" and words(page).startswith("o" * 30)


def test_without_script_nothing_asks_for_what_could_not_be_used(visitors: Visitors) -> None:
    with visitors.visit(java_script_enabled=False) as one:
        page = one.go(PAGE)
        assert not page.locator("#me-name").is_visible()
