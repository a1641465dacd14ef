"""Settings at the desk: who hears, tried at once; where share pages and desk are found; nothing secret is shown."""

import re

import pytest

from bot.work import people
from bot.work.hear import FILE
from tests.servers.site import Site
from tests.web.conftest import CONFIG, Page, Stage, Visitor

SECRET = "s3cr3t-hunter2"


def text(stage: Stage) -> str:
    return (stage.folder / "config.toml").read_text()


def hook(site: Site) -> str:
    return f"json://me:{SECRET}@{site.door}/hook"


def sent(visitor: Visitor, action: str, status: int = 200, **typed: str) -> Page:
    """The page after a form of the settings was filled in and sent."""
    return visitor.press(visitor.get("/settings"), action, status, **typed)


def deeds(stage: Stage) -> list[tuple[str, str]]:
    return [(one.deed, one.about) for one in reversed(people.audit(stage.app, 9))]


# --- who hears ----------------------------------------------------------------------------------------


def test_an_address_is_saved_and_a_test_message_comes_there(stage: Stage, organizer: Visitor, site: Site) -> None:
    pytest.importorskip("apprise")
    site.says("/hook", "")
    saved = sent(organizer, "/settings/address", address=hook(site), whose="Bo")
    assert "Now send a test message" in saved.words and "Bo json://127.0.0.1" in saved.words
    tried = organizer.press(saved, "/settings/test")
    assert "It took the message." in tried.words and len(site.requests) == 1
    site.says("/hook", "", status=401)
    assert "it answered 401" in organizer.press(tried, "/settings/test").words
    assert "It did not take the last message: it answered 401" in organizer.get("/settings").words


def test_no_word_of_an_address_is_seen_again(stage: Stage, organizer: Visitor, site: Site) -> None:
    sent(organizer, "/settings/address", address=hook(site))
    sent(organizer, "/settings/mail", person="ana@example.org", password=SECRET)
    sent(organizer, "/settings/mail", 400, person="ana", password=SECRET)
    for path in ("/settings", "/health", "/people/deeds", "/accounts", "/library/problems"):
        assert SECRET not in organizer.client.get(path).text
    assert SECRET not in text(stage) and SECRET in (stage.folder / FILE).read_text()
    assert not any(SECRET in about for _, about in deeds(stage))


def test_a_phone_hears_by_the_topic_that_was_shown(stage: Stage, organizer: Visitor) -> None:
    shown = organizer.get("/settings")
    topic = shown.forms["/settings/phone"]["topic"]
    assert topic in shown.words and organizer.get("/settings").forms["/settings/phone"]["topic"] == topic
    saved = organizer.press(shown, "/settings/phone")
    assert "Ana https://ntfy.sh" in saved.words
    assert (stage.folder / FILE).read_text() == f"# Ana\nhttps://ntfy.sh/{topic}\n"
    assert topic not in organizer.client.get("/settings").text
    assert "Notices go there already." in organizer.press(shown, "/settings/phone", 400).words
    assert "holds no more" in organizer.press(shown, "/settings/phone", 400, topic="town").words


def test_an_address_is_taken_away(stage: Stage, organizer: Visitor, site: Site) -> None:
    saved = sent(organizer, "/settings/address", address=hook(site))
    gone = organizer.press(saved, "/settings/remove")
    assert "Removed." in gone.words and "Nobody is told yet." in gone.words
    assert (stage.folder / FILE).read_text() == ""
    assert organizer.press(saved, "/settings/remove", 400).words.count("not in the list any more") == 1
    assert deeds(stage)[-2:] == [
        ("let notices go to", "Ana (json://127.0.0.1)"), ("lets no more notices go to", "Ana (json://127.0.0.1)"),
    ]  # fmt: skip


def test_what_config_says_already_is_shown_and_not_changed_here(stage: Stage, organizer: Visitor) -> None:
    (stage.folder / "config.toml").write_text(f'notify = ["mailto://me:{SECRET}@example.org"]\n{CONFIG}')
    shown = organizer.get("/settings")
    assert "mailto://example.org" in shown.words and "This one stands in config.toml" in shown.words
    assert "/settings/remove" not in shown.forms


def test_a_wrong_address_gets_one_sentence_and_what_was_typed_stays_but_for_secrets(organizer: Visitor) -> None:
    wrong = organizer.post("/settings/mail", {"person": "ana@town", "password": SECRET, "to": "bo@example.org"})
    assert wrong.status_code == 400 and 'value="bo@example.org"' in wrong.text and SECRET not in wrong.text
    assert wrong.text.count('role="alert"') == 1 and "is no e-mail address" in wrong.text
    wrong = organizer.post("/settings/address", {"address": f"nonsense://{SECRET}", "way": "other"})
    assert wrong.text.count('role="alert"') == 1 and SECRET not in wrong.text


def test_wherever_nobody_is_told_the_desk_leads_here(stage: Stage, organizer: Visitor, site: Site) -> None:
    rooms = ("/accounts", "/health", "/by-hand", "/accounts/town/start", "/week")
    assert [room for room in rooms if "/settings" not in _main(organizer, room)] == []
    sent(organizer, "/settings/address", address=hook(site))
    assert [room for room in rooms if "/settings" in _main(organizer, room)] == []


def _main(visitor: Visitor, path: str) -> list[str]:
    """The links of a page without its menu."""
    return Page(visitor.client.get(path).text.partition("<main")[2]).links


# --- addresses ----------------------------------------------------------------------------------------


def test_where_the_share_pages_stand_is_said_and_taken_back(stage: Stage, organizer: Visitor) -> None:
    assert "/settings" in _main(organizer, "/sharing")
    saved = sent(organizer, "/settings/site", url="https://share.example.org")
    assert "Saved." in saved.words and text(stage) == f'{CONFIG}\n[site]\nurl = "https://share.example.org"\n'
    assert "https://share.example.org/air" in organizer.get("/sharing").words
    assert organizer.press(saved, "/settings/site", url="").words and 'url = "' not in text(stage)
    assert deeds(stage)[-2:] == [
        ("set the address of the share pages", "https://share.example.org"),
        ("set the address of the share pages", "none"),
    ]


def test_the_desk_answers_at_its_new_address_at_once_and_still_at_the_old_ones(
    stage: Stage, organizer: Visitor
) -> None:
    for name in ("desk.example.org", "other.example.org"):
        assert organizer.client.get("/settings", headers={"host": name}).status_code == 400
        assert stage.address in sent(organizer, "/settings/desk", url=f"https://{name}").words
    for host in ("desk.example.org", "other.example.org"):  # where a session of its own begins
        answer = organizer.client.get("/settings", headers={"host": host})
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fsettings")
    assert organizer.client.get("/settings").status_code == 200
    assert f'url = "https://{name}"' in text(stage)


def test_over_https_sessions_are_kept_for_https_from_then_on(stage: Stage, organizer: Visitor) -> None:
    sent(organizer, "/settings/desk", url="https://desk.example.org")
    come = {"name": "Ana", "password": "correct horse battery"}
    answer = stage.visitor().client.post("/sign-in", data=come, headers={"host": "desk.example.org"})
    assert answer.status_code == 303 and "secure" in answer.headers["set-cookie"].lower()


@pytest.mark.parametrize(
    ("section", "url", "words"),
    [
        ("desk", "http://desk.example.org", "begins with https://"),
        ("desk", "https://example.org/desk", "a name of its own"),
        ("desk", "https://ana:secret@desk.example.org", "nobody before @"),
        ("site", "share.example.org", "must be a whole address"),
        ("site", "https://share.example.org/?a=b", "nothing after ?"),
        ("site", "https://[", "is no address"),
        ("site", "javascript:alert(1)", "must be a whole address"),
        ("site", 'https://a.org/"]\n[accounts.evil]\nnetwork = "outbox"', "must be a whole address"),
    ],
)
def test_what_is_no_address_is_told(stage: Stage, organizer: Visitor, section: str, url: str, words: str) -> None:
    shown = organizer.get("/settings")
    answer = organizer.client.post(f"/settings/{section}", data={**shown.forms[f"/settings/{section}"], "url": url})
    assert answer.status_code == 400 and words in re.sub("&#3.;", "'", answer.text)
    assert text(stage) == CONFIG


def test_of_two_organizers_the_second_is_told(stage: Stage, organizer: Visitor) -> None:
    first, second = organizer.get("/settings"), organizer.get("/settings")
    organizer.press(first, "/settings/site", url="https://share.example.org")
    told = organizer.press(second, "/settings/site", 409, url="https://pages.example.org")
    assert "changed by somebody else" in told.words and "pages.example.org" not in text(stage)


def test_reviewers_neither_see_nor_set_anything_here(stage: Stage, reviewer: Visitor) -> None:
    assert "/settings" not in reviewer.get("/week").links
    assert reviewer.client.get("/settings").status_code == 403
    assert "An organizer can set that." in reviewer.get("/accounts").words
    assert reviewer.post("/settings/address", {"address": "json://127.0.0.1:1"}).status_code == 403
    assert not (stage.folder / FILE).exists()
