"""A newcomer's whole way in a real browser: from one command to a live week on a real Bluesky server, and back.

With HANDBILL_TEST_PICTURES=FOLDER each step leaves a picture there; HANDBILL_TEST_WIDE=1 takes a wide screen.
"""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from tests.making import environment, until
from tests.pages.browser import PHONE, WIDE, running
from tests.publishing.stage import PLACE, own_folders
from tests.servers.pds import Account, Pds
from tests.servers.site import Site

DOCUMENT = f"""\
Clean air on the way to school

English

- Every child in [INSERT CITY] has a right to clean air on the way to school. Will you sign?
https://{PLACE}/sign-the-
letter

- At eight in the morning you can taste the traffic at our school gate. It does not have to be so.

- We ask for one hour a day without cars in front of our schools. One hour, so that children can walk.

- {"A street without cars is a street where children meet, talk, run and are seen. " * 5}

Español

- Cada niña y cada niño de ____ tiene derecho a respirar aire limpio camino de la escuela.

- A las ocho de la mañana se puede saborear el tráfico en la puerta de nuestra escuela. No tiene que ser así.

- Pedimos una hora al día sin coches delante de las escuelas, para que se pueda llegar a pie.

- Una calle sin coches es una calle donde los niños se encuentran, hablan y corren.

#CleanAir #SCHOOLSTREETS
"""
PASSWORD = "four words for tonight"
CLOCKS_OF = "Europe/Madrid"
CLOCKS = ("00:15", "06:15", "12:15", "18:15")
# As whoever looks after the machine may write it: a server that is not on the internet can be named nowhere else.
MACHINE = '\n[accounts.town]\nnetwork = "bluesky"\nserver = "{server}"\nhandle = "{handle}"\ngap = "0m"\n'


@dataclass
class Program:
    """`handbill up` in a folder; `said` is all that it has said."""

    folder: Path
    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)

    def listen(self) -> None:
        """Gather what it says until it ends."""
        assert self.process.stdout is not None
        self.said.extend(iter(self.process.stdout.readline, ""))

    def link(self) -> str:
        """The one-time link for the first organizer."""
        until(lambda: "Next: " in "".join(self.said) or self.process.poll() is not None, 60)
        (found,) = re.findall(r"http://\S+/welcome/\S+", "".join(self.said))
        return str(found)


@contextmanager
def begun(folder: Path) -> Iterator[Program]:
    """The one command of a newcomer, in a folder with nothing in it."""
    command = [sys.executable, "-m", "bot", "up", "--port", "0", "--desk-port", "0"]
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
        env=environment(PYTHONUNBUFFERED="1", **own_folders(folder.parent)),
    )  # fmt: skip
    program = Program(folder, process)
    listener = Thread(target=program.listen)
    listener.start()
    try:
        yield program
    except BaseException:
        print("".join(program.said))
        raise
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        listener.join()
        assert process.stdout is not None
        process.stdout.close()
    assert "Traceback" not in "".join(program.said), "".join(program.said)


@dataclass
class Newcomer:
    """Somebody with a phone, who reads and presses; each `step` leaves a picture where the test is told to."""

    page: Any
    pictures: str = ""
    steps: int = 0

    def step(self, about: str) -> None:
        """A picture of what stands there now."""
        self.steps += 1
        if self.pictures:
            file = Path(self.pictures) / f"{self.steps:02} {about}.png"
            self.page.screenshot(path=str(file), full_page=True)

    def reads(self, words: str) -> None:
        """Wait until these words stand on the page; what stands there instead is said."""
        try:
            self.page.get_by_text(words).first.wait_for()
        except Exception as missing:
            raise AssertionError(f"not {words!r} but:\n{self.page.inner_text('main')}") from missing

    def presses(self, words: str) -> None:
        """Press the button or follow the link of this name."""
        named = {"name": words, "exact": True}
        with self.page.expect_navigation():
            self.page.get_by_role("button", **named).or_(self.page.get_by_role("link", **named)).first.click()

    def goes(self, room: str) -> None:
        """Into a room, by the menu."""
        self.page.wait_for_load_state()
        link = self.page.get_by_role("navigation").get_by_role("link", name=room, exact=True)
        if not link.first.is_visible():
            self.page.locator("details.rest summary").click()
        with self.page.expect_navigation():
            link.locator("visible=true").first.click()

    def opens(self, path: str) -> None:
        """Follow a link that was seen before."""
        self.page.goto("/".join(self.page.url.split("/")[:3]) + path)

    def types(self, **fields: str) -> None:
        """Fill fields, by their labels."""
        for label, words in fields.items():
            self.page.get_by_label(label.replace("_", " ")).first.fill(words)

    def words(self) -> str:
        """The words of the post that is shown."""
        return str(self.page.locator("article.post-card .words").inner_text())

    def sees(self, state: str) -> bool:
        """Whether the post that is shown is in this state, the page loaded anew."""
        self.page.reload()
        return bool(self.page.locator("main .state").first.inner_text() == state)


@pytest.fixture
def newcomer() -> Iterator[Newcomer]:
    size = WIDE if os.environ.get("HANDBILL_TEST_WIDE") else PHONE  # noqa: TID251
    with running() as browser:
        context = browser.new_context(viewport=size, locale="en-US", timezone_id=CLOCKS_OF)
        context.set_default_timeout(30_000)  # a busy machine is no fault
        faults: list[str] = []
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        yield Newcomer(page, os.environ.get("HANDBILL_TEST_PICTURES", ""))  # noqa: TID251
        context.close()
    assert faults == []


def test_a_newcomer_brings_a_document_and_is_live_tonight(
    newcomer: Newcomer, tmp_path: Path, pds: Pds, site: Site
) -> None:
    home, town = tmp_path / "home", pds.account()
    home.mkdir()
    with begun(home) as program:
        comes_in(newcomer, program.link())
        assert f'timezone = "{CLOCKS_OF}"' in (home / "config.toml").read_text()
        says_who_hears(newcomer, home, site)
        brings_a_document(newcomer)
        connects(newcomer, home, pds, town)
        schedules(newcomer)
        lets_begin(newcomer)
        shown = acts(newcomer)
        until(lambda: texts(pds, town) == shown, 60)
        shown += puts_right(newcomer, pds, town)
        until(lambda: texts(pds, town) == shown, 60)


def texts(pds: Pds, account: Account) -> list[str]:
    """What stands on the account, the oldest first, as readers see it."""
    return [record["value"]["text"] for record in reversed(pds.posts(account))]


def comes_in(person: Newcomer, link: str) -> None:
    """By the one-time link, as the first organizer."""
    person.page.goto(link)
    person.step("welcome")
    person.types(A_name_by_which="Ana", A_password=PASSWORD)
    person.presses("Come in")
    person.reads("Welcome. This is the week.")
    person.step("first week")


def says_who_hears(person: Newcomer, home: Path, site: Site) -> None:
    """By an address of their own; a test message is sent, and comes."""
    site.says("/hook", "")
    person.presses("Say who hears when something goes wrong")
    person.step("settings")
    person.page.get_by_text("Another way").click()
    person.page.get_by_label("Address", exact=True).locator("visible=true").first.fill(f"json://{site.door}/hook")
    person.step("another way")
    person.page.locator("details[open] button.main").last.click()
    person.reads("Now send a test message")
    person.presses("Send a test message now")
    person.reads("It took the message.")
    person.step("a test message")
    assert [json.loads(body)["title"] for _, _, body in site.requests] == ["Handbill: a test"]
    assert site.door not in (home / "config.toml").read_text()


def brings_a_document(person: Newcomer) -> None:
    """Pasted; its problems are named, one is put right, the posts are written."""
    person.goes("Import")
    person.types(Paste_the_words=DOCUMENT, or_a_new_one="clean-air")
    person.step("import")
    person.presses("Show the posts")
    for problem in ("this address was cut", "no wording fits Bluesky", "hard to read aloud"):
        person.reads(problem)
    person.step("posts with their problems")
    person.presses("Write the ticked posts into the library")
    person.step("written")


def connects(person: Newcomer, home: Path, pds: Pds, town: Account) -> None:
    """A Bluesky account, with its app password."""
    person.goes("Accounts")
    person.step("accounts")
    person.presses("Connect an account")
    person.step("where is the account")
    with person.page.expect_navigation():
        person.page.get_by_role("link", name="Bluesky").click()
    person.step("an account on Bluesky")
    with (home / "config.toml").open("a") as config:
        config.write(MACHINE.format(server=pds.url, handle=town.handle))
    person.goes("Accounts")
    person.presses("Connect it")
    signs_in(person, town.handle, town.password)
    person.step("connected")


def signs_in(person: Newcomer, handle: str, password: str) -> None:
    """With the account's name and an app password."""
    person.types(Handle=handle, Password=password)
    with person.page.expect_navigation():
        person.page.locator("main form button").first.click()
    person.reads("Connected.")


def schedules(person: Newcomer) -> None:
    """Four times a day, with somebody to approve each post; the coming two weeks are seen before it is saved."""
    person.goes("Timetable")
    person.step("timetable")
    person.presses("Add times")
    page = person.page
    page.get_by_label("Campaign").select_option("clean-air")
    page.get_by_label("town").check()
    page.get_by_label("Every day").check()
    for field_, clock in zip(page.locator("input[name=time]").all(), CLOCKS, strict=False):
        field_.fill(clock)
    page.get_by_label("A person approves the exact words first").check()
    person.step("times")
    person.presses("Show what would become of it")
    person.step("what would become of it")
    person.presses("Save it")
    person.reads("Saved.")
    person.step("saved")


def lets_begin(person: Newcomer) -> None:
    """The account, its week before one's eyes."""
    person.goes("Accounts")
    person.presses("See its week and let it begin")
    person.step("its week")
    person.presses("Yes, let it begin")
    person.reads("It begins")
    person.step("it begins")


def acts(person: Newcomer) -> list[str]:
    """Approve, say now, skip, move, pause and resume; the words that were shown of what went out."""
    ahead = entries(person)
    person.opens(ahead[0])
    person.step("a post as it will stand")
    person.presses("Approve these words")
    person.reads("Approved")
    person.step("approved")
    shown = person.words()
    person.presses("Say it now")
    until(lambda: person.sees("said"), 60)
    person.step("said")
    person.opens(ahead[1])
    person.presses("Skip this one")
    person.reads("Skipped.")
    person.step("skipped")
    person.opens(ahead[2])
    at = person.page.locator("#at")
    at.fill(at.input_value()[:-2] + "45")
    person.presses("Move it")
    person.reads("Moved.")
    person.step("moved")
    person.presses("Pause everything")
    person.reads("Everything is paused.")
    person.step("paused")
    person.presses("Resume everything")
    person.step("resumed")
    return [shown]


def puts_right(person: Newcomer, pds: Pds, town: Account) -> list[str]:
    """The account is closed on its network: the reason is read, it is connected again, and speaks."""
    pds.post("com.atproto.server.deactivateAccount", {}, town.token)
    person.opens(entries(person)[3])
    shown = person.words()
    person.presses("Approve these words")
    person.presses("Say it now")
    until(lambda: person.sees("held"), 60)
    person.step("it could not speak")
    person.goes("What went wrong")
    person.reads("could not speak")
    person.step("what went wrong")
    opened_again = httpx.post(
        f"{pds.url}/xrpc/com.atproto.server.activateAccount",
        headers={"Authorization": f"Bearer {town.token}"},
        trust_env=False,
    )
    opened_again.raise_for_status()
    person.presses("Connect the account again")
    person.step("connect again")
    signs_in(person, town.handle, town.password)
    person.step("connected again")
    return [shown]


def entries(person: Newcomer) -> list[str]:
    """The town's next posts, as the page of its account links to them."""
    person.goes("Accounts")
    person.presses("town")
    links = person.page.locator("a.entry")
    links.first.wait_for()
    return [str(link.get_attribute("href")) for link in links.all()]
