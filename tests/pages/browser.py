"""A real browser for tests of the share pages: Chromium, which may ask nobody but the pages' own server."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.servers import npm

CHROMIUM = "it needs Chromium and Playwright, as in: apt-get install chromium; pip install playwright"
NAMES = ("chromium", "chromium-browser", "google-chrome")
INSTALL = "python -m tests.pages.browser"
AXE = Path(__file__).with_name("axe")
PHONE, WIDE = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
# So that the browser itself asks nobody for anything.
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder, and says nothing of it."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def handle(self) -> None:
        """Answer, and do not mind a browser that is gone before the end."""
        with suppress(ConnectionError):
            super().handle()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A folder at an address on loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def running() -> Iterator[Any]:
    """A browser; skips the test where there is none."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        pytest.skip(CHROMIUM)
    if not program:
        pytest.skip(CHROMIUM)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        try:
            yield browser
        finally:
            browser.close()


TYPE = """([what, value]) => {
  const place = document.querySelector(what);
  place.value = value;
  place.dispatchEvent(new Event("input", {bubbles: true}));
}"""


def typed(page: Any, place: str, value: str) -> None:
    """Put a value into a field as it is, half letters too, which no keyboard has."""
    page.evaluate(TYPE, [place, value])


@dataclass
class Visit:
    """One visitor's browser: the page, what it complained of, and the requests that left the pages' own host."""

    page: Any
    address: str
    away: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def go(self, path: str) -> Any:
        """Open a page of the site."""
        self.page.goto(f"{self.address}/{path}", wait_until="load")
        return self.page


@dataclass
class Visitors:
    """Makes visits to one site."""

    browser: Any
    address: str

    @contextmanager
    def visit(self, *, script: str = "", allow_away: bool = False, **options: Any) -> Iterator[Visit]:
        """A visitor with nothing from before; `script` runs before the page's own.

        Fails if the page complained, or if it asked another host for anything (unless that is allowed).
        """
        context = self.browser.new_context(**{"viewport": PHONE, "locale": "en-US", **options})
        context.set_default_timeout(30_000)  # a busy machine is no fault
        found = Visit(page=None, address=self.address)

        def leave(route: Any) -> None:
            found.away.append(route.request.url)
            route.abort()

        context.route(lambda url: not url.startswith((self.address, "file:", "data:")), leave)
        if script:
            context.add_init_script(script)
        found.page = context.new_page()
        found.page.on("pageerror", lambda error: found.faults.append(str(error)))
        found.page.on("console", lambda said: found.faults.append(said.text) if said.type == "error" else None)
        try:
            yield found
            cookies = context.cookies()
        finally:
            context.close()
        assert cookies == [] and found.faults == []
        assert allow_away or found.away == []


def axe() -> str:
    """The script that finds what keeps people out; skips the test where it cannot be had."""
    try:
        return (npm.installed(AXE, INSTALL) / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    except npm.Missing as missing:
        pytest.skip(f"no axe: {missing}")


RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")


def barriers(page: Any, script: str) -> list[str]:
    """What WCAG 2.2 AA forbids and the page does."""
    page.evaluate(script)
    found = page.evaluate("rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", list(RULES))
    return [
        f"{fault['id']}: {node['html'][:160]} {json.dumps([one['message'] for one in node['any']])[:200]}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


if __name__ == "__main__":
    print(f"axe is in {npm.installed(AXE, INSTALL)}")
    print(f"The browser is {next(filter(None, map(shutil.which, NAMES)), 'missing: ' + CHROMIUM)}", end=os.linesep)
