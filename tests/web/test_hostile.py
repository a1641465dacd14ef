"""The desk under hostile input: whatever is typed, wherever, there is no defect, and nothing comes back as markup."""

from collections import deque
from urllib.parse import quote, urlsplit

import pytest

from bot.web.desk import doors
from tests.web.conftest import Page, Stage, Visitor

MARK = "hb0x"
HOSTILE = (
    f"<script>{MARK}</script>\"'><img src=x onerror={MARK}>",
    "{{ 7 * 7 }}{% for x in range(10) %}{{ x }}{% endfor %}{{ ''.__class__.__mro__ }}",
    "../../../etc/passwd",
    "\x00\x1b[31m\r\nSet-Cookie: a=b",
    "%00%E0%ff",
    "\u202e\ufeff\U000e0041🚍عمر",
    "9" * 400,
    "-1",
    "1e999",
    "x" * 20_000,
    "2026-13-45T99:99",
    "9999-12-31T23:59",
    "0001-01-01T00:00",
    "//evil.example/",
    "",
)
# These end what the crawl needs: its own session, or the account it came with.
ENDING = ("/sign-out", "/me")


def crawled(visitor: Visitor, most: int = 120) -> tuple[list[str], dict[str, dict[str, str]]]:
    """The pages that links lead to from the first one, and every form on them by its action."""
    seen, forms = ["/week"], dict[str, dict[str, str]]()
    coming = deque(seen)
    while coming:
        answer = visitor.client.get(coming.popleft(), follow_redirects=True)
        assert answer.status_code < 500, answer.url
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        found = Page(answer.text)
        forms |= {action: fields for action, fields in found.forms.items() if action not in forms}
        for link in found.links:
            path = urlsplit(link)._replace(fragment="").geturl()
            if path.startswith("/") and path not in seen and len(seen) < most:
                seen.append(path)
                coming.append(path)
    return seen, forms


def is_calm(text: str) -> bool:
    """Whether a page holds nothing of what was typed as markup, and ran no template of it."""
    return not any(one in text for one in (f"<script>{MARK}", f"onerror={MARK}>", "0123456789", "Traceback"))


def test_every_link_of_the_desk_leads_somewhere(stage: Stage, organizer: Visitor) -> None:
    stage.tick(hours=2)
    pages, _ = crawled(organizer)
    assert len(pages) > 10
    lost = [path for path in pages if organizer.client.get(path, follow_redirects=True).status_code != 200]
    assert lost == []


def test_nobody_who_is_not_signed_in_gets_behind_a_door(stage: Stage, organizer: Visitor) -> None:
    pages, _ = crawled(organizer)
    stranger = stage.visitor()
    assert {path for path in pages if stranger.client.get(path).status_code == 200 and not _is_open(path)} == set()


def _is_open(path: str) -> bool:
    return any(path.split("?", maxsplit=1)[0] == door.path for door in doors() if door.who.value == "anyone")


@pytest.mark.parametrize("typed", HOSTILE, ids=range(len(HOSTILE)))
def test_every_field_of_every_form_takes_anything(stage: Stage, organizer: Visitor, typed: str) -> None:
    stage.tick(hours=2)
    _, forms = crawled(organizer, 40)
    for action, fields in forms.items():
        if not action.startswith("/") or action.startswith(ENDING):
            continue
        for name in fields:
            if name == "key":
                continue
            answer = organizer.client.post(action, data={**fields, "key": organizer.key, name: typed})
            where = f"{action} {name}"
            assert answer.status_code < 500, where
            assert is_calm(answer.text), where
            assert urlsplit(answer.headers.get("location", "/")).netloc == "", where
            assert "a" not in answer.cookies, where


@pytest.mark.parametrize("typed", HOSTILE, ids=range(len(HOSTILE)))
def test_every_path_takes_anything(stage: Stage, organizer: Visitor, typed: str) -> None:
    part = quote(typed, safe="")[:2000] or "-"
    for door in doors():
        if "{" not in door.path or door.path.startswith(ENDING):
            continue
        path = "/".join(part if piece.startswith("{") else piece for piece in door.path.split("/"))
        if door.method == "POST":
            answer = organizer.client.post(path, data={"key": organizer.key})
        else:
            answer = organizer.client.get(f"{path}?q={part}&from={part}&account={part}&page={part}")
        assert answer.status_code < 500, path
        assert is_calm(answer.text), path
        assert urlsplit(answer.headers.get("location", "/")).netloc == "", path
