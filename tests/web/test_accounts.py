"""Accounts at the desk: connected by forms on true servers, let begin with open eyes, and nothing secret ever shown."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.work.people import Role
from tests.making import write
from tests.servers.fixtures import Running, approve
from tests.servers.mastodon import Mastodon
from tests.servers.pds import Pds
from tests.servers.proxy import Proxy
from tests.servers.x import X
from tests.web.conftest import CONFIG, Page, Stage, Visitor, path

KEYS = {"field-api_key": "x-consumer-key", "field-api_secret": "x-consumer-secret"}


def served(stage: Stage, network: str, server: str, more: str = "") -> None:
    """Let config.toml name a server on this machine, which no browser may."""
    told = f'\n[accounts.old]\nnetwork = "{network}"\nserver = "{server}"\n{more}'
    write(stage.folder, {"config.toml": (stage.folder / "config.toml").read_text() + told})


def connected(stage: Stage, visitor: Visitor, server: Running[Mastodon] | Running[Proxy]) -> Page:
    """The page of an account that was just connected with a code."""
    served(stage, "mastodon", server.url)
    form = visitor.get("/connect/mastodon")
    step = visitor.press(form, "/connect/mastodon", name="town-masto", **{"field-server": server.url})
    page = next(link for link in step.links if link.startswith(server.url))
    action = next(action for action in step.forms if action.startswith("/code/"))
    return visitor.press(step, action, code=approve(page))


def test_the_accounts_stand_there_with_what_each_waits_for(stage: Stage, organizer: Visitor) -> None:
    served(stage, "mastodon", "https://town.example")
    shown = organizer.get("/accounts")
    assert "town" in shown.words and "for practice" in shown.words and "not connected" in shown.words
    assert "/connect/mastodon?name=old" in shown.links


def test_an_account_shows_its_coming_week(organizer: Visitor) -> None:
    shown = organizer.get("/accounts/town")
    assert "Buses run on time." in shown.words and "/entry/town/2026-11-21/09%3A00/air" in shown.links


def test_an_app_password_connects_an_account(stage: Stage, organizer: Visitor, pds: Pds) -> None:
    town = pds.account()
    served(stage, "bluesky", pds.url, 'handle = "old.test"\n')
    typed = {"field-handle": town.handle, "field-password": town.password, "field-server": pds.url}
    after = organizer.press(organizer.get("/connect/bluesky"), "/connect/bluesky", name="town-sky", **typed)
    assert "Connected." in after.words and town.handle in after.words
    assert "nobody has let it begin" in after.words and "/accounts/town-sky/start" in after.links


def test_a_wrong_password_is_told_in_words_and_never_shown_again(stage: Stage, organizer: Visitor, pds: Pds) -> None:
    town = pds.account()
    served(stage, "bluesky", pds.url, 'handle = "old.test"\n')
    typed = {"field-handle": town.handle, "field-password": "tell-nobody", "field-server": pds.url}
    form = organizer.get("/connect/bluesky")
    answer = organizer.client.post("/connect/bluesky", data={**form.forms["/connect/bluesky"], **typed})
    assert answer.status_code == 400 and "password" in answer.text and town.handle in answer.text
    assert "tell-nobody" not in answer.text and "town-sky" not in (stage.folder / "config.toml").read_text()


def test_a_code_connects_an_account_and_a_second_one_connects_it_again(
    stage: Stage, organizer: Visitor, mastodon_server: Running[Mastodon]
) -> None:
    first = connected(stage, organizer, mastodon_server)
    assert "Connected. @campaign@" in first.words
    form = organizer.get("/connect/mastodon?name=town-masto")
    step = organizer.press(form, "/connect/mastodon")
    page = next(link for link in step.links if link.startswith(mastodon_server.url))
    action = next(action for action in step.forms if action.startswith("/code/"))
    assert "Connected." in organizer.press(step, action, code=approve(page)).words


def test_a_pin_connects_an_account(stage: Stage, organizer: Visitor, x_server: Running[X]) -> None:
    served(stage, "x", x_server.url)
    step = organizer.press(organizer.get("/connect/x?name=old"), "/connect/x", **KEYS)
    page = next(link for link in step.links if link.startswith(x_server.url))
    action = next(action for action in step.forms if action.startswith("/code/"))
    after = organizer.press(step, action, code=approve(page))
    assert "Connected. @campaign" in after.words and "0.00 USD" in after.words


def test_a_wrong_code_is_told_with_what_to_do(
    stage: Stage, organizer: Visitor, mastodon_server: Running[Mastodon]
) -> None:
    served(stage, "mastodon", mastodon_server.url)
    step = organizer.press(organizer.get("/connect/mastodon?name=old"), "/connect/mastodon")
    action = next(action for action in step.forms if action.startswith("/code/"))
    again = organizer.press(step, action, status=400, code="mistyped")
    assert "Start again" in again.words and "/connect/mastodon" in again.forms


def test_a_code_belongs_to_the_browser_that_asked_for_it(
    stage: Stage, organizer: Visitor, mastodon_server: Running[Mastodon]
) -> None:
    served(stage, "mastodon", mastodon_server.url)
    step = organizer.press(organizer.get("/connect/mastodon?name=old"), "/connect/mastodon")
    action = next(action for action in step.forms if action.startswith("/code/"))
    other = stage.signed_in("Cy", Role.ORGANIZER)
    assert "Start again" in other.get(action, status=400).words


def test_a_new_account_takes_no_name_that_is_there(stage: Stage, organizer: Visitor, pds: Pds) -> None:
    form = organizer.get("/connect/mastodon")
    again = organizer.press(
        form, "/connect/mastodon", status=400, name="town", **{"field-server": "https://mastodon.example"}
    )
    assert 'There is an account "town" already' in again.words


@pytest.mark.parametrize(
    "server", ["http://127.0.0.1:{}", "127.0.0.1:{}", "localhost:{}", "[::1]:{}", "https://10.0.0.1", "169.254.169.254"]
)
def test_no_server_inside_is_asked(organizer: Visitor, mastodon_server: Running[Mastodon], server: str) -> None:
    place = server.format(mastodon_server.url.rpartition(":")[2])
    form = organizer.get("/connect/mastodon")
    told = organizer.press(form, "/connect/mastodon", status=400, **{"field-server": place})
    assert re.search("not on the public internet|not the address of a server", told.words)


def test_an_account_begins_once_somebody_has_seen_its_week(
    stage: Stage, organizer: Visitor, mastodon_server: Running[Mastodon]
) -> None:
    connected(stage, organizer, mastodon_server)
    config = stage.folder / "config.toml"
    config.write_text(config.read_text().replace('accounts = ["town"]', 'accounts = ["town-masto"]'))
    shown = organizer.get("/accounts/town-masto/start")
    assert "Buses run on time." in shown.words and "goes out at once" not in shown.words
    stage.hours.now += timedelta(hours=2)
    shown = organizer.get("/accounts/town-masto/start")
    assert "goes out at once" in shown.words
    after = organizer.press(shown, "/accounts/town-masto/start")
    assert "speaks by itself" in after.words and stage.app.store.starts() == {"town-masto"}
    quiet = organizer.press(after, "/accounts/town-masto/stop")
    assert "nobody has let it begin" in quiet.words and stage.app.store.starts() == set()


def test_what_a_server_says_of_an_account_is_neither_markup_nor_a_link_that_runs(
    stage: Stage, organizer: Visitor, mastodon_server: Running[Mastodon], proxy: Callable[[str], Running[Proxy]]
) -> None:
    between = proxy(mastodon_server.url)
    told = {"id": "1", "username": "<b>a\x1b\u202e", "url": "javascript:alert(1)", "bot": True}
    between.app.add("exchange", path="/verify_credentials", status=200, body=json.dumps(told), times=None)
    shown = connected(stage, organizer, between)
    assert "Connected. @<b>a@" in shown.words
    shown = organizer.press(shown, "/accounts/town-masto/check")
    assert "@<b>a@" in shown.words and not any("javascript" in link for link in shown.links)


def test_who_connected_an_account_and_let_it_begin_is_known(
    stage: Stage, organizer: Visitor, mastodon_server: Running[Mastodon]
) -> None:
    connected(stage, organizer, mastodon_server)
    begun = organizer.press(organizer.get("/accounts/town-masto/start"), "/accounts/town-masto/start")
    organizer.press(begun, "/accounts/town-masto/stop")
    deeds = [(deed.person, deed.deed, deed.about) for deed in reversed(stage.app.store.people.deeds(3))]
    assert deeds == [
        ("Ana", "connected", "town-masto"), ("Ana", "let begin", "town-masto"), ("Ana", "made quiet", "town-masto"),
    ]  # fmt: skip


def test_an_account_does_not_begin_with_another_week_than_the_one_that_was_seen(
    stage: Stage, organizer: Visitor, mastodon_server: Running[Mastodon]
) -> None:
    connected(stage, organizer, mastodon_server)
    config = stage.folder / "config.toml"
    config.write_text(config.read_text().replace('accounts = ["town"]', 'accounts = ["town-masto"]'))
    shown = organizer.get("/accounts/town-masto/start")
    for file in (stage.folder / "posts" / "air").glob("*.txt"):
        file.write_text("Something else.\n")
    told = organizer.press(shown, "/accounts/town-masto/start", status=409)
    assert "has changed" in told.words and stage.app.store.starts() == set()


def test_what_a_network_says_of_an_account_is_shown_and_its_mark_is_set(
    stage: Stage, organizer: Visitor, mastodon_server: Running[Mastodon]
) -> None:
    mastodon_server.app.change(bot=False)
    after = connected(stage, organizer, mastodon_server)
    assert "/accounts/town-masto/label" in after.forms
    marked = organizer.press(after, "/accounts/town-masto/label")
    assert "It is marked as automated." in marked.words and "/accounts/town-masto/label" not in marked.forms
    looked = organizer.press(marked, "/accounts/town-masto/check")
    assert "@campaign@" in looked.words


def test_nothing_secret_stands_on_a_page_in_a_file_or_in_the_list_of_deeds(
    stage: Stage, organizer: Visitor, mastodon_server: Running[Mastodon], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    connected(stage, organizer, mastodon_server)
    tokens = [token for token in mastodon_server.app.taken if len(token) > 8]
    pages = [organizer.client.get(to).text for to in ("/accounts", "/accounts/town-masto", "/people/deeds", "/health")]
    stage.app.store.close()
    files = [file.read_bytes().decode("latin-1") for file in stage.folder.rglob("*") if file.is_file()]
    assert tokens and not [token for token in tokens for place in (*pages, *files, caplog.text) if token in place]


@pytest.mark.parametrize("to", ["/connect", "/connect/mastodon", "/accounts/town/start", "/code/whatever"])
def test_reviewers_see_the_accounts_and_connect_none(reviewer: Visitor, to: str) -> None:
    assert "Only organizers" in reviewer.get(to, status=403).words
    assert "/connect" not in reviewer.get("/accounts").links


@pytest.mark.parametrize("door", ["check", "label", "start", "stop"])
def test_a_form_without_its_key_changes_nothing(organizer: Visitor, door: str) -> None:
    assert organizer.client.post(f"/accounts/town/{door}", data={}).status_code == 403


def test_what_is_not_there_is_told(organizer: Visitor) -> None:
    assert "There is no account" in organizer.get("/accounts/nobody", status=400).words
    assert "No account can be connected there" in organizer.get("/connect/whatsapp", status=400).words
    assert "Start again" in organizer.get("/code/nothing", status=400).words
    assert organizer.post("/by-hand/9/posted").status_code == 400
    assert organizer.post("/by-hand/x/left-out").status_code == 400


HOSTILE = [
    "",
    "\0",
    "é" * 3000,
    "'\"><script>alert(1)</script>",
    "{{ 7*'7' }}",
    "../../etc/passwd",
    "a\r\nX-Evil: 1",
    "\u202e%00",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_is_typed_is_answered_in_words(
    stage: Stage, organizer: Visitor, mastodon_server: Running[Mastodon], x_server: Running[X], pds: Pds, text: str
) -> None:
    served(stage, "bluesky", pds.url, 'handle = "old.test"\n')
    for network, server in (("mastodon", mastodon_server), ("x", x_server)):
        more = (stage.folder / "config.toml").read_text() + f'\n[accounts.{network}]\nnetwork = "{network}"\n'
        write(stage.folder, {"config.toml": more + f'server = "{server.url}"\n'})
    step = organizer.press(organizer.get("/connect/mastodon?name=mastodon"), "/connect/mastodon")
    code = next(action for action in step.forms if action.startswith("/code/"))
    keys = dict.fromkeys(("field-api_key", "field-api_secret"), text)
    sent = [
        ("/connect/mastodon", {"name": "town-m", "is-new": "yes", "field-server": text}),
        ("/connect/mastodon", {"name": text, "is-new": "yes", "field-server": mastodon_server.url}),
        ("/connect/x", {"name": "x", **keys}),
        ("/connect/bluesky", {"name": "old", "field-handle": text, "field-password": text, "field-server": pds.url}),
        (code, {"code": text}),
        (path("accounts", text or "-", "check"), {}),
        (path("accounts", text or "-", "start"), {"seen": text}),
        ("/by-hand/1/posted", {"url": text}),
        (path("by-hand", text or "-", "left-out"), {}),
        (path("troubles", text or "-", "there"), {"url": text}),
        (path("troubles", text or "-", "now"), {"seen": text}),
    ]
    for to, fields in sent:
        answer = organizer.post(to, dict(fields))
        assert answer.status_code in (303, 400, 404, 405, 409), (to, answer.status_code, answer.text)
        assert "<script>alert" not in answer.text and "7777777" not in answer.text and "x-evil" not in answer.headers


# --- by hand ----------------------------------------------------------------------------------------


@pytest.fixture
def hands(place: Path) -> None:
    """Let the town's account be one that a person posts to."""
    told = CONFIG.replace('network = "outbox"\nfolder = "out"', 'network = "whatsapp"\npublish = "by hand"')
    write(place, {"config.toml": told})


@pytest.mark.usefixtures("hands")
def test_what_a_person_is_to_post_stands_there_until_they_have(stage: Stage, organizer: Visitor) -> None:
    stage.tick(hours=2)
    waiting = organizer.get("/accounts")
    assert "One post waits for somebody" in waiting.words
    shown = organizer.get("/by-hand")
    assert "#CleanAir" in shown.words or "A tree is a lung." in shown.words or "Ride the bus." in shown.words
    assert any(link.startswith("https://wa.me/?text=") for link in shown.links)
    (number,) = (one.id for one in stage.app.store.deliveries())
    after = organizer.press(shown, f"/by-hand/{number}/posted", url="https://town.example/1")
    assert "noted as said" in after.words and "Nothing waits" in after.words
    assert [one.state for one in stage.app.store.deliveries()] == ["sent"]


@pytest.mark.usefixtures("hands")
def test_what_nobody_will_post_is_left_out(stage: Stage, organizer: Visitor) -> None:
    stage.tick(hours=2)
    (number,) = (one.id for one in stage.app.store.deliveries())
    after = organizer.press(organizer.get("/by-hand"), f"/by-hand/{number}/left-out")
    assert "Left out." in after.words
    assert [one.state for one in stage.app.store.deliveries()] == ["skipped"]


@pytest.mark.usefixtures("hands")
@pytest.mark.parametrize("url", ["javascript:alert(1)", "town.example", "data:text/html,x"])
def test_what_is_no_address_of_a_post_is_not_kept(stage: Stage, organizer: Visitor, url: str) -> None:
    stage.tick(hours=2)
    (number,) = (one.id for one in stage.app.store.deliveries())
    told = organizer.press(organizer.get("/by-hand"), f"/by-hand/{number}/posted", status=400, url=url)
    assert "is no address of a post" in told.words


def test_where_only_a_person_can_mark_an_account_the_page_says_so_from_the_start(
    stage: Stage, organizer: Visitor
) -> None:
    write(stage.folder, {"config.toml": CONFIG + '\n[accounts.bird]\nnetwork = "x"\n'})
    page = organizer.get("/accounts/bird")
    assert "Mark it by hand, in its settings there." in page.words
    assert "https://help.x.com/en/using-x/automated-account-labels" in page.links
