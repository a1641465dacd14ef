"""Copying, sharing, going on: the page says what really happened, and what can be done next."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.pages.browser import PHONE, WIDE, Visitors

PAGE = "small/air/en/bus/index.html"
NO_CLIPBOARD = "navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'));"
NO_COPY = f"{NO_CLIPBOARD} document.execCommand = () => false;"
SHEET = "navigator.share = async given => { window.shared = given; };"
CANCELLED = "navigator.share = async () => { throw new DOMException('no', 'AbortError'); };"
NO_SHEET = "navigator.share = undefined;"
INSTAGRAM = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/22A Instagram 360.0"
ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) AppleWebKit/537.36 Chrome/129.0 Mobile Safari/537.36 Instagram 350.0"
)
REMEMBER = (
    "document.addEventListener('copy', () => { window.copiedText = document.activeElement.value; }, true);"
    "navigator.clipboard.writeText = async text => { window.copiedText = text; };"
)


def status(page: Any) -> str:
    found: str = page.inner_text(".wording:not([hidden]) .status >> nth=0")
    return found


def test_a_button_copies_the_exact_words_and_opens_the_network(visitors: Visitors) -> None:
    with visitors.visit(script=REMEMBER, allow_away=True) as one:
        page = one.go(PAGE)
        page.fill("textarea", "My own words.")
        link = page.locator("a.to[data-net=whatsapp]")
        wanted = link.get_attribute("href")
        with page.context.expect_event("request", lambda asked: asked.url == wanted):
            link.click()
        assert page.evaluate("window.copiedText") == "My own words.\nhttps://example.org/sign?a=1&b=(2)"
        assert "Copied." in status(page) and "paste" in status(page)


def test_for_a_network_that_takes_no_words_the_next_steps_are_numbered(visitors: Visitors) -> None:
    with visitors.visit(script=REMEMBER, allow_away=True) as one:
        page = one.go(PAGE)
        page.click("a.to[data-net=facebook]")
        assert status(page) == "Copied. Now: 1. Go to Facebook, which opens. 2. Paste the words. 3. Post."


def test_where_nothing_can_be_copied_it_is_said_and_the_words_are_marked(visitors: Visitors) -> None:
    with visitors.visit(script=NO_COPY, allow_away=True) as one:
        page = one.go(PAGE)
        page.fill("textarea", "Mine.")
        page.click("button[data-do=copy]")
        page.wait_for_selector(".status:not(:empty)")
        assert status(page).startswith("This browser does not let us copy.")
        assert page.evaluate("getSelection().toString()") == "Mine.\nhttps://example.org/sign?a=1&b=(2)"
        page.click("a.to[data-net=bluesky]")
        assert status(page).startswith("Opened, but this browser does not let us copy.")
        assert page.evaluate("getSelection().toString()") == "Mine. #CleanAir\nhttps://example.org/sign?a=1&b=(2)"
        page.evaluate("document.execCommand = () => true")
        page.click("button[data-do=copy]")
        page.wait_for_function("document.querySelectorAll('textarea').length === 1")
        assert status(page) == "Copied."


def test_an_older_way_to_copy_is_tried_where_the_new_one_fails(visitors: Visitors) -> None:
    with visitors.visit(script=REMEMBER + NO_CLIPBOARD) as one:
        page = one.go(PAGE)
        page.fill("textarea", "Mine.")
        page.click("button[data-do=copy]")
        page.wait_for_function("window.copiedText")
        assert status(page) == "Copied." and page.evaluate("window.copiedText").startswith("Mine.")


def test_a_browser_that_never_says_whether_it_copied_is_not_waited_for(visitors: Visitors) -> None:
    silent = "navigator.clipboard.writeText = () => new Promise(() => {});"
    with visitors.visit(script=REMEMBER + silent) as one:
        page = one.go(PAGE)
        page.fill("textarea", "Mine.")
        page.click("button[data-do=copy]")
        page.wait_for_selector(".status:not(:empty)")
        assert status(page) == "Copied." and page.evaluate("window.copiedText").startswith("Mine.")


@pytest.mark.parametrize(
    ("script", "said"), [(SHEET, "Passed on."), (CANCELLED, "Nothing was shared. You can copy the words instead.")]
)
def test_the_share_sheet_gets_the_words_and_the_truth_is_told(visitors: Visitors, script: str, said: str) -> None:
    with visitors.visit(script=script) as one:
        page = one.go(PAGE)
        page.fill("textarea", "Mine.")
        page.click("button[data-do=share]")
        page.wait_for_function("document.querySelector('.status').textContent")
        assert status(page) == said
        if script == SHEET:
            assert page.evaluate("window.shared.text").startswith("Mine.\nhttps://")
        assert page.locator(".next").is_visible() == (script == SHEET)


def test_without_a_share_sheet_there_is_no_button_for_it(visitors: Visitors) -> None:
    with visitors.visit(script=NO_SHEET) as one:
        page = one.go(PAGE)
        assert not page.locator("button[data-do=share]").first.is_visible()
        assert page.locator("button[data-do=copy]").first.is_visible()


def test_after_sharing_the_campaigns_own_action_comes_next(visitors: Visitors) -> None:
    with visitors.visit(script=REMEMBER) as one:
        page = one.go(PAGE)
        assert not page.locator(".next").is_visible()
        page.click("button[data-do=copy]")
        page.wait_for_selector(".next:visible")
        assert page.get_attribute(".next a", "href") == "https://example.org/sign?a=1&b=(2)"


def test_who_comes_from_a_shared_post_meets_the_action_first(visitors: Visitors) -> None:
    with visitors.visit() as one:
        page = one.go(PAGE)
        assert page.inner_text("header .main") == "Sign"
        assert page.locator("header .main").bounding_box()["y"] < page.locator("textarea").bounding_box()["y"]


def test_inside_an_app_sharing_and_copying_come_first_and_the_way_out_keeps_who_one_is(visitors: Visitors) -> None:
    with visitors.visit(script=SHEET + REMEMBER, user_agent=INSTAGRAM) as one:
        page = one.go(f"{PAGE}#name=Ana Bo")
        assert page.locator(".leave").is_visible()
        first = page.locator("button[data-do=share]").first.bounding_box()
        assert first["y"] < page.locator("a.to").first.bounding_box()["y"]
        page.click(".leave button")
        page.wait_for_function("window.copiedText")
        assert page.evaluate("window.copiedText").endswith(f"{PAGE}#name=Ana%20Bo")


def test_inside_an_app_on_android_a_link_opens_the_page_as_it_is_in_the_persons_browser(visitors: Visitors) -> None:
    with visitors.visit(user_agent=ANDROID) as one:
        page = one.go(f"{PAGE}#name=Ana Bo")
        page.fill("#me-name", "Bo & Cy")
        assert page.locator(".leave a").is_visible()
        # Android takes what stands after the last "#" for itself.
        address, _, intent = page.evaluate("document.querySelector('.leave a').href").rpartition("#")
        assert address.replace("intent:", "http:", 1) == f"{one.address}/{PAGE}#name=Bo%20%26%20Cy"
        assert intent.split(";") == ["Intent", "scheme=http", "action=android.intent.action.VIEW", "end"]


def test_inside_an_app_elsewhere_no_link_is_offered_that_would_not_work(visitors: Visitors) -> None:
    with visitors.visit(user_agent=INSTAGRAM) as one:
        page = one.go(PAGE)
        assert page.locator(".leave").is_visible() and not page.locator(".leave a").is_visible()


def test_inside_an_app_every_button_has_room_for_its_word(visitors: Visitors) -> None:
    with visitors.visit(script=NO_SHEET, user_agent=ANDROID) as one:
        page = one.go("sample/families-belong-together/en/my-town/index.html")
        sizes = page.locator(".hand button:visible").evaluate_all(
            "all => all.map(one => [one.clientWidth, one.clientHeight])"
        )
        assert len(sizes) == 2 and all(height < 60 < width for width, height in sizes)


def test_elsewhere_nobody_is_told_to_leave(visitors: Visitors) -> None:
    with visitors.visit() as one:
        assert not one.go(PAGE).locator(".leave").is_visible()


def test_on_a_phone_the_first_screen_has_words_buttons_and_another_wording(visitors: Visitors) -> None:
    with visitors.visit() as one:
        page = one.go("small/air/en/index.html")
        for what in ("textarea", "a.to[data-net=email]", "button[data-do=copy]"):
            box = page.locator(f"#now .wording:not([hidden]) {what}").first.bounding_box()
            assert box["y"] + box["height"] < 844, what
        assert page.locator("#now .box >> nth=0").locator(":scope > .buttons a").count() == 4


def test_another_wording_is_a_tap_away(visitors: Visitors) -> None:
    with visitors.visit() as one:
        page = one.go("sample/families-belong-together/en/my-town/index.html")
        seen = set()
        for _ in range(2):
            seen.add(page.input_value(".wording:not([hidden]) textarea"))
            page.click(".wording:not([hidden]) .another")
        assert len(seen) == 2


def test_visitors_meet_different_posts_and_wordings(visitors: Visitors) -> None:
    chance = "let turn = %d; Math.random = () => (turn++ %% 26) / 26;"
    seen = set()
    for turn in range(0, 26, 5):
        with visitors.visit(script=chance % turn) as one:
            page = one.go("sample/families-belong-together/en/index.html")
            seen.add(page.get_attribute("#now > .post", "data-name"))
            assert page.locator("#now > .post").count() == 1
    assert len(seen) == 6


def test_what_is_over_vanishes_from_the_page(visitors: Visitors) -> None:
    with visitors.visit() as one:
        one.page.clock.set_fixed_time(datetime(2026, 11, 21, 12))
        page = one.go("sample/families-belong-together/en/index.html")
        assert page.locator("[data-name=days-to-go]:not([hidden])").count() == 1
        assert "221 days to go" in page.inner_text(".facts")
    with visitors.visit() as one:
        one.page.clock.set_fixed_time(datetime(2026, 11, 22, 12))
        page = one.go("sample/families-belong-together/en/index.html")
        assert page.locator("[data-name=days-to-go]:not([hidden])").count() == 0
        assert page.locator("#now > .post:not([hidden])").count() == 1
        page = one.go("sample/families-belong-together/en/days-to-go/index.html")
        assert "no longer current" in page.inner_text("main")


def test_a_post_that_was_withdrawn_vanishes_from_the_open_page(visitors: Visitors, built: Path) -> None:
    names = built / "small" / "air" / "en" / "posts.json"
    before = names.read_bytes()
    try:
        with visitors.visit() as one:
            page = one.go("small/air/en/index.html")
            names.write_text('["linked"]')
            page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
            page.wait_for_selector("[data-name=bus][hidden]", state="attached")
            assert page.locator("[data-name=linked]:not([hidden])").count() == 1
    finally:
        names.write_bytes(before)


@pytest.mark.parametrize("left", [["linked"], ["bus"], []], ids=["linked", "bus", "none"])
def test_the_first_place_on_the_page_is_never_empty(visitors: Visitors, left: list[str]) -> None:
    with visitors.visit() as one:
        one.page.route("**/posts.json", lambda route: route.fulfill(json=left))
        page = one.go("small/air/en/index.html")
        page.wait_for_selector("section.all[hidden]", state="attached")
        shown = page.locator("#now > .post:visible").evaluate_all("found => found.map(one => one.dataset.name)")
        assert shown == left
        assert page.locator("#now .empty").count() == (not left)
        assert not page.locator("#all").is_visible()


@pytest.mark.parametrize("answer", ['"x"', "null", "5", '{"a": 1}', "<p>", ""])
def test_an_answer_that_is_no_list_withdraws_nothing(visitors: Visitors, answer: str) -> None:
    with visitors.visit() as one:
        one.page.route("**/posts.json", lambda route: route.fulfill(body=answer, content_type="application/json"))
        with one.page.expect_response("**/posts.json") as asked:
            page = one.go("small/air/en/index.html")
        asked.value.finished()
        page.evaluate("new Promise(done => setTimeout(done))")
        assert page.locator(".post[hidden]").count() == 0 and page.locator("#now .empty").count() == 0


def test_when_every_post_is_over_the_page_says_that_there_is_nothing(visitors: Visitors) -> None:
    with visitors.visit() as one:
        one.page.clock.set_fixed_time(datetime(2100, 1, 1, 12))
        page = one.go("small/air/en/index.html")
        assert page.inner_text("#now") == "There is nothing to share here just now. Please come back later."
        assert page.inner_text(".facts").endswith("Thank you to all who spoke up.")


OUTSIDE = """() => [...document.querySelectorAll("body *")].filter(one => !one.closest(".sr, .skip, svg"))
  .filter(one => one.getBoundingClientRect().width && one.getBoundingClientRect().right > innerWidth + 1)
  .map(one => one.outerHTML.slice(0, 80))"""
UNDER = """(found, code) => found.map(one => [one.getBoundingClientRect(), one.textContent]).filter(([one]) =>
  one.width && one.right > code.x + 1 && one.left < code.x + code.width - 1
  && one.top < code.y + code.height && one.bottom > code.y)"""
LONG_WORDS = [
    "air/en/index.html",
    "air/en/one/mayor/index.html",
    "air/en/two/index.html",
    "air/index.html",
    "index.html",
]


@pytest.mark.parametrize("path", LONG_WORDS)
@pytest.mark.parametrize("size", [PHONE, WIDE], ids=["phone", "wide"])
def test_words_without_a_place_to_break_are_no_wider_than_the_screen(visitors: Visitors, size: Any, path: str) -> None:
    with visitors.visit(viewport=size) as one:
        page = one.go(f"wide/{path}")
        page.evaluate(
            "document.querySelectorAll('details, .next').forEach(one => { one.hidden = false; one.open = true; })"
        )
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate(OUTSIDE) == []


@pytest.mark.parametrize("path", LONG_WORDS[:3])
def test_on_paper_no_words_stand_under_the_code(visitors: Visitors, path: str) -> None:
    with visitors.visit(viewport={"width": 690, "height": 1000}) as one:
        page = one.go(f"wide/{path}")
        page.emulate_media(media="print")
        code = page.locator(".qr").bounding_box()
        under = page.locator("header h1, header p, header .logo, .about h2, .about > p, #now p").evaluate_all(
            UNDER,
            code,
        )
        assert under == []


WORDS = "I want *clean* air (100%!). As a neighbor, I ask:"


@pytest.mark.parametrize("path", ["index.html", "bus/index.html"])
def test_on_paper_each_wording_stands_once_with_its_link_and_hashtags(visitors: Visitors, path: str) -> None:
    with visitors.visit(script="Math.random = () => 0") as one:
        page = one.go(f"small/air/en/{path}#name=Ana")
        page.emulate_media(media="print")
        words = page.inner_text("main")
        assert words.count(f"Ana and {WORDS}") == 1
        assert "#CleanAir\nhttps://example.org/sign?a=1&b=(2)\n" in words.partition(WORDS)[2]
        assert not page.locator("textarea:visible, a.to:visible, header .words:visible").count()


def test_on_paper_a_post_shows_all_its_wordings(visitors: Visitors) -> None:
    with visitors.visit() as one:
        page = one.go("sample/families-belong-together/en/my-town/index.html")
        page.emulate_media(media="print")
        words = page.inner_text("main")
        for box in page.locator("textarea").all():
            assert words.count(box.input_value()) == 1


def test_what_was_made_wide_is_still_one_page(visitors: Visitors) -> None:
    for viewport in (WIDE, {"width": 320, "height": 640}):
        with visitors.visit(viewport=viewport) as one:
            for path in ("sample/families-belong-together/en/index.html", PAGE):
                page = one.go(path)
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
