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
        ("name=A&B", "A&B and I"),
        ("name=Ana&utm_source=mail&utm_campaign=x", "Ana and I"),
        ("utm_source=mail&name=Ana&mc_cid=12&mc_eid=UNIQID", "Ana and I"),
        ("name=Ana?mc_cid=12&fbclid=a-b", "Ana and I"),
        ("name=*|NAME|*, TX", "My friends and I"),
        ("name=*|IF:NAME|**|NAME|**|END:IF|*", "My friends and I"),
        ("name=<<Test Name>>", "My friends and I"),
        ("name=Ana%0ABo%0D%0ACy", "Ana Bo Cy and I"),
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


def test_where_there_is_one_language_only_nobody_is_asked_for_it(visitors: Visitors) -> None:
    with visitors.visit(locale="fr-FR") as one:
        one.page.goto(f"{one.address}/small/air/index.html#name=Ana")
        one.page.wait_for_url("**/en/index.html")
        one.page.goto(f"{one.address}/sample/families-belong-together/index.html")
        assert one.page.locator(".doors a").count() == 2


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


@pytest.mark.parametrize(
    "kept", ["[]", '"x"', "1", "null", "{", '{"name": {"a": 1}}', '{"name": ["x"]}', '{"name": 5}']
)
def test_what_others_kept_under_our_name_is_nobodys(visitors: Visitors, kept: str) -> None:
    with visitors.visit(script=f"localStorage.setItem('handbill', {kept!r})") as one:
        page = one.go(PAGE)
        assert words(page).startswith("My friends and I")
        assert page.input_value("#me-name") == "" and not page.is_checked("#remember")


def agreed(page: Any, name: str) -> None:
    """The field and the words both say who it is."""
    assert page.input_value("#me-name") == name
    assert words(page).startswith(f"{name} and I")


def test_back_from_another_page_field_and_words_agree(visitors: Visitors) -> None:
    with visitors.visit() as one:
        page = one.go(f"{PAGE}#name=Ana")
        page.locator(".of a").click()
        page.wait_for_load_state()
        page.go_back(wait_until="load")
        agreed(page, "Ana")
        page.click("#me-name")
        page.fill("#me-name", "Bo")
        agreed(page, "Bo")
        page.reload(wait_until="load")
        agreed(page, "Bo")
        page.fill("#me-name", "Cy")
        agreed(page, "Cy")
        assert page.evaluate(STORED) == NOTHING


def test_back_after_another_language_field_and_words_agree(visitors: Visitors) -> None:
    with visitors.visit() as one:
        page = one.go("sample/families-belong-together/en/my-town/index.html#city=Oak Park")
        before = page.input_value(".wording:not([hidden]) textarea")
        page.click(".tongues a:not([aria-current])")
        page.wait_for_url("**/es/my-town/index.html")
        assert page.input_value("#me-city") == "Oak Park"
        page.go_back(wait_until="load")
        assert page.input_value("#me-city") == "Oak Park"
        page.fill("#me-city", "Elm Grove")
        told = page.locator("textarea").evaluate_all("found => found.map(one => one.value)")
        assert "Oak Park" not in "".join(told) and before not in told and "Elm Grove" in "".join(told)


def test_own_words_are_there_after_back_and_stay_when_the_field_changes(visitors: Visitors) -> None:
    with visitors.visit() as one:
        page = one.go(f"{PAGE}#name=Ana")
        page.fill("textarea", "My very own words.")
        page.locator(".of a").click()
        page.wait_for_load_state()
        page.go_back(wait_until="load")
        page.fill("#me-name", "Bo")
        assert words(page) == "My very own words."


def test_a_personal_link_is_taken_in_an_open_page_too_and_leaves_the_address_bar(visitors: Visitors) -> None:
    with visitors.visit() as one:
        page = one.go(PAGE)
        page.goto(f"{one.address}/{PAGE}#name=Ana")
        page.wait_for_url(lambda address: "#" not in address)
        agreed(page, "Ana")
        page.evaluate("location.hash = 'main'")
        page.wait_for_url("**#main")
        agreed(page, "Ana")


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
