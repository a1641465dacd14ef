"""Firefox as another real browser for the share pages, without a window, driven by WebDriver BiDi.

Playwright cannot drive the Firefox that people install (it asks for commands that the one with long support lacks), so
the few needed here are sent as they are: https://w3c.github.io/webdriver-bidi/
"""

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import pytest

FIREFOX = "it needs Firefox and a library, as in: apt-get install firefox-esr; pip install 'websockets>=15'"
NAMES = ("firefox-esr", "firefox")
# Nothing but loopback can be reached: whatever else is asked for goes to a port where nobody listens.
# The browser itself asks nobody for anything. It speaks Spanish first, then English. It keeps no page that was left, so
# that going back makes the page anew and puts back what stood in its fields.
SETTINGS = {
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.sessionhistory.max_total_viewers": 0,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    "browser.topsites.contile.enabled": False,
    "datareporting.healthreport.uploadEnabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "intl.accept_languages": "es-MX, es, en",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}
PATIENCE = 60  # seconds, of which a busy machine may need many
CONTROL = "\ue009"  # https://w3c.github.io/webdriver/#keyboard-actions


class Failed(Exception):
    """The browser's word that it did not do what it was asked to."""


def until(is_so: Callable[[], object]) -> None:
    """Wait for what comes by itself."""
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)


@dataclass
class Wire:
    """Commands go out, answers come back; what is told in between is remembered."""

    socket: Any
    sent: int = 0
    asked: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def do(self, method: str, **parameters: Any) -> dict[str, Any]:
        """What the browser answers to one command."""
        self.sent += 1
        self.socket.send(json.dumps({"id": self.sent, "method": method, "params": parameters}))
        while (told := json.loads(self.socket.recv(timeout=PATIENCE))).get("id") != self.sent:
            self._note(told)
        if told["type"] == "error":
            raise Failed(f"{method}: {told['error']}: {told['message']}")
        answer: dict[str, Any] = told["result"]
        return answer

    def _note(self, told: dict[str, Any]) -> None:
        if told.get("method") == "network.beforeRequestSent":
            self.asked.append(told["params"]["request"]["url"])
        elif told.get("method") == "log.entryAdded" and told["params"]["level"] == "error":
            self.faults.append(str(told["params"]["text"]))


@dataclass
class Tab:
    """One visitor's page, and the site that it is to stay with."""

    wire: Wire
    name: str
    address: str

    def go(self, path: str) -> None:
        """Open a page of the site."""
        self.wire.do("browsingContext.navigate", context=self.name, url=f"{self.address}/{path}", wait="complete")

    def reload(self) -> None:
        """What the browser's button does."""
        self.wire.do("browsingContext.reload", context=self.name, wait="complete")

    def back(self) -> None:
        """What the browser's button does."""
        before = self.evaluate("location.href")
        self.wire.do("browsingContext.traverseHistory", context=self.name, delta=-1)
        self.wait(f"location.href !== {json.dumps(before)} && document.readyState === 'complete'")

    def evaluate(self, expression: str) -> Any:
        """What an expression is worth in the page, as far as JSON can say it."""
        given = self._run(f"(async () => JSON.stringify(await ({expression})))()")
        return json.loads(given["value"]) if given["type"] == "string" else None

    def wait(self, expression: str) -> None:
        """Until an expression is true, also while one page gives way to another."""

        def is_so() -> bool:
            try:
                return bool(self.evaluate(expression))
            except Failed:
                return False

        until(is_so)

    def click(self, what: str) -> None:
        """A true click in the middle of an element, so that the browser lets the page copy."""
        place = self._run(
            f"(e => {{ e.scrollIntoView({{block: 'center'}}); return e; }})(document.querySelector({json.dumps(what)}))"
        )
        origin = {"type": "element", "element": {"sharedId": place["sharedId"]}}
        self._act(
            "pointer",
            {"type": "pointerMove", "x": 0, "y": 0, "origin": origin},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        )

    def press(self, keys: str, held: str = "") -> None:
        """Type keys one after the other, perhaps while another is held down."""
        taps = [{"type": way, "value": key} for key in keys for way in ("keyDown", "keyUp")]
        around = [[{"type": way, "value": key} for key in held] for way in ("keyDown", "keyUp")]
        self._act("key", *around[0], *taps, *around[1])

    def write(self, what: str, words: str) -> None:
        """Put words into a field in the place of what stands there, by mouse and keyboard."""
        self.click(what)
        self.press("a", held=CONTROL)
        self.press(words)

    def away(self) -> list[str]:
        """What was asked of others than the site so far."""
        self.evaluate("0")  # whatever was told before the answer to this is known then
        asked = [url for url in self.wire.asked if urlsplit(url).scheme in ("http", "https", "ws", "wss")]
        return [url for url in asked if not url.startswith(self.address + "/")]

    def _run(self, expression: str) -> dict[str, Any]:
        ended = self.wire.do("script.evaluate", expression=expression, target={"context": self.name}, awaitPromise=True)
        if ended["type"] == "exception":
            raise Failed(ended["exceptionDetails"]["text"])
        value: dict[str, Any] = ended["result"]
        return value

    def _act(self, kind: str, *steps: dict[str, Any]) -> None:
        actions = [{"type": kind, "id": kind, "actions": list(steps)}]
        self.wire.do("input.performActions", context=self.name, actions=actions)


@dataclass
class Others:
    """Makes visits to one site with Firefox."""

    wire: Wire
    address: str

    @contextmanager
    def visit(self, *, script: str = "", allow_away: bool = False) -> Iterator[Tab]:
        """A visitor with nothing from before; `script` runs before the page's own.

        Fails if the page complained, if a cookie was left, or if another host was asked for anything (unless that is
        allowed).
        """
        who = self.wire.do("browser.createUserContext")["userContext"]
        self.wire.asked.clear()
        self.wire.faults.clear()
        if script:
            there = f"() => {{ if (location.protocol.startsWith('http')) {{ {script} }} }}"
            self.wire.do("script.addPreloadScript", functionDeclaration=there, userContexts=[who])
        name = self.wire.do("browsingContext.create", type="tab", userContext=who)["context"]
        tab = Tab(self.wire, name, self.address)
        try:
            yield tab
            away = tab.away()
            cookies = self.wire.do("storage.getCookies", partition={"type": "storageKey", "userContext": who})
        finally:
            self.wire.do("browser.removeUserContext", userContext=who)
        assert cookies["cookies"] == []
        assert self.wire.faults == []
        assert allow_away or away == []


@contextmanager
def firefox() -> Iterator[Wire]:
    """The browser, ready for commands; skips the test where there is none."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    try:
        from websockets.sync.client import connect
    except ImportError:
        pytest.skip(FIREFOX)
    if not program:
        pytest.skip(FIREFOX)
    with TemporaryDirectory(prefix="handbill-firefox-", ignore_cleanup_errors=True) as folder:
        with _started(program, Path(folder)) as address:
            with connect(address, proxy=None, compression=None, max_size=None) as socket:
                wire = Wire(socket)
                wire.do("session.new", capabilities={})
                wire.do("session.subscribe", events=["network.beforeRequestSent", "log.entryAdded"])
                yield wire
                wire.do("session.end")


@contextmanager
def _started(program: str, profile: Path) -> Iterator[str]:
    """Where a browser of its own, with nothing from before, listens for commands."""
    settings = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in SETTINGS.items())
    (profile / "user.js").write_text("".join(settings), encoding="utf-8")
    command = [program, "--headless", "--no-remote", "--remote-debugging-port=0", "--profile", str(profile)]
    there = profile / "WebDriverBiDiServer.json"
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet) as browser:
        try:
            until(lambda: browser.poll() is not None or (there.exists() and there.read_text(encoding="utf-8")))
            assert browser.poll() is None, "Firefox ended as soon as it was started"
            told = json.loads(there.read_text(encoding="utf-8"))
            yield f"ws://{told['ws_host']}:{told['ws_port']}/session"
        finally:
            browser.terminate()
