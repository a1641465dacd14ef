"""Who comes to the desk, and how they stay out who may not: over HTTP, as browsers and attackers do."""

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import httpx
import pytest

from bot.app import open_app
from bot.pages import catalog
from bot.web.desk import SESSION, start
from bot.web.serving import listen
from bot.work import people
from bot.work.people import Role
from tests.web.conftest import CONFIG, PASSWORD, Page, Stage, Visitor
from tests.web.words import ROOMS, TEMPLATES, of_room, of_template

NEW = "another four words"
ROOM = ("sign-in", "welcome", "me", "people", "invite", "deeds")


def sign_in(visitor: Visitor, name: str = "Ana", password: str = PASSWORD, to: str = "/week") -> httpx.Response:
    return visitor.client.post("/sign-in", data={"name": name, "password": password, "next": to})


def is_in(visitor: Visitor) -> bool:
    return visitor.client.get("/me").status_code == 200


def cookies(answer: httpx.Response) -> list[str]:
    return [one for one in answer.headers.get_list("set-cookie") if SESSION in one.partition("=")[0]]


# --- the first organizer, and those who are invited -------------------------------------------------


def test_where_nobody_is_yet_every_page_says_how_the_first_comes_in(stage: Stage) -> None:
    for path in ("/", "/week", "/people", "/sign-in"):
        found = stage.visitor().client.get(path, follow_redirects=True)
        assert "The window in which Handbill was started shows a link" in found.text


def test_the_link_of_the_terminal_makes_one_organizer_who_is_signed_in_at_once(stage: Stage) -> None:
    link, visitor = f"/welcome/{people.begin(stage.app)}", stage.visitor()
    for _ in range(2):
        assert "you may do everything here" in visitor.get(link).words  # opened by a mail program, say
    assert "Welcome." in visitor.press(visitor.get(link), link, name="Ana", password=PASSWORD).words
    assert "Organizer" in visitor.get("/people").words
    late = stage.visitor()
    assert "was used already" in late.get(link, status=400).words
    assert late.client.post(link, data={"name": "Eve", "password": PASSWORD}).status_code == 400
    assert [one.name for one in stage.app.store.people.all()] == ["Ana"]


def test_whoever_comes_first_says_whose_clocks_the_timetable_goes_by(stage: Stage) -> None:
    link, visitor = f"/welcome/{people.begin(stage.app)}", stage.visitor()
    assert "<option selected>America/New_York</option>" in visitor.client.get(link).text
    wrong = visitor.press(visitor.get(link), link, 400, name="Ana", password=PASSWORD, zone="Springfield")
    assert "unknown time zone" in wrong.words and stage.app.store.people.all() == []
    visitor.press(wrong, link, name="Ana", password=PASSWORD, zone="Europe/Madrid")
    assert (stage.folder / "config.toml").read_text() == CONFIG.replace("America/New_York", "Europe/Madrid")
    assert people.audit(stage.app, 1)[0].about == "Europe/Madrid"


def test_nobody_who_comes_later_changes_the_clocks(stage: Stage, organizer: Visitor) -> None:
    link, visitor = f"/welcome/{people.begin(stage.app)}", stage.visitor()
    assert "zone" not in visitor.get(link).forms[link]
    visitor.press(visitor.get(link), link, name="Cy", password=PASSWORD, zone="Europe/Madrid")
    assert (stage.folder / "config.toml").read_text() == CONFIG


def test_where_the_clocks_cannot_be_changed_the_first_comes_in_all_the_same(stage: Stage) -> None:
    link, visitor = f"/welcome/{people.begin(stage.app)}", stage.visitor()
    (stage.folder / "config.toml").write_text("broken = [")
    visitor.press(visitor.get(link), link, name="Ana", password=PASSWORD, zone="Europe/Madrid")
    assert is_in(visitor)


def test_a_link_that_is_too_old_lets_nobody_in(stage: Stage) -> None:
    link = f"/welcome/{people.begin(stage.app)}"
    stage.hours.now += timedelta(hours=1)
    assert "too old" in stage.visitor().get(link, status=400).words


def test_an_organizer_invites_a_reviewer_by_a_link_that_is_shown_once(stage: Stage, organizer: Visitor) -> None:
    asked = organizer.get("/people")
    shown = organizer.client.post("/people/invite", data={**asked.forms["/people/invite"], "role": "reviewer"})
    (link,) = re.findall(rf">({stage.address}welcome/[^<]+)<", shown.text)
    assert link.rpartition("/")[2] not in organizer.client.get("/people").text
    guest = stage.visitor()
    guest.client.post(link, data={"name": "Bo", "password": PASSWORD})
    assert "You are a reviewer." in guest.get("/me").words


def test_what_will_not_do_is_said_beside_the_form_with_the_name_still_there(stage: Stage, organizer: Visitor) -> None:
    link = f"/welcome/{people.invite(stage.app, stage.app.store.people.all()[0], Role.REVIEWER)}"
    visitor = stage.visitor()
    for name, password, said in (
        ("Bo", "short", "10 to 200 letters"),
        ("ANA", PASSWORD, "Somebody has this name already"),
    ):
        found = visitor.press(visitor.get(link), link, status=400, name=name, password=password)
        assert said in found.words and found.forms[link]["name"] == name
    visitor.press(visitor.get(link), link, name="Bo", password=PASSWORD)


def test_who_is_taken_off_the_list_is_out_at_their_next_step(
    stage: Stage, organizer: Visitor, reviewer: Visitor
) -> None:
    assert is_in(reviewer)
    bo = next(one for one in stage.app.store.people.all() if one.name == "Bo")
    found = organizer.press(organizer.get("/people"), f"/people/{bo.id}/remove")
    assert "Taken off the list" in found.words and "Bo" not in found.words
    assert not is_in(reviewer) and sign_in(stage.visitor(), "Bo").status_code == 400


def test_the_only_organizer_stays(stage: Stage, organizer: Visitor) -> None:
    (ana,) = stage.app.store.people.all()
    found = organizer.press(organizer.get("/people"), f"/people/{ana.id}/remove", status=400)
    assert "This is the only organizer. Invite another organizer first." in found.words


def test_a_reviewer_sees_who_is_there_and_can_change_nothing_of_it(reviewer: Visitor) -> None:
    found = reviewer.get("/people")
    assert "Ana" in found.words and not [action for action in found.forms if action.startswith("/people")]


# --- signing in -------------------------------------------------------------------------------------


def test_whoever_signs_in_comes_to_the_page_they_wanted(stage: Stage, organizer: Visitor) -> None:
    visitor = stage.visitor()
    form = visitor.get("/week?from=2026-11-23&view=list").forms["/sign-in"]
    assert form["next"] == "/week?from=2026-11-23&view=list"
    answer = sign_in(visitor, to=form["next"])
    assert (answer.status_code, answer.headers["location"]) == (303, "/week?from=2026-11-23&view=list")


ELSEWHERE = (
    *("//evil.example", "///evil.example", "https://evil.example/", "http:/evil.example", "evil.example", ""),
    *(
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "javascript:1",
        "/%0d%0aSet-Cookie:x=y",
    ),
)


def test_nobody_is_led_to_another_site_by_signing_in(stage: Stage, organizer: Visitor) -> None:
    for to in ELSEWHERE:
        for answer in (
            sign_in(stage.visitor(), to=to),
            organizer.client.get("/sign-in", params={"next": to}),
            organizer.client.post("/language", data={"next": to, "language": "es"}),
            organizer.post("/pause", {"campaign": "", "back": to}),
        ):
            led = httpx.URL(stage.address).join(answer.headers["location"])
            assert answer.status_code == 303 and str(led.copy_with(raw_path=b"/")) == stage.address, to
            assert "x=y" not in str(answer.headers.get("set-cookie")), to


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(stage: Stage, organizer: Visitor) -> None:
    found = [sign_in(stage.visitor(), name, "not the password") for name in ("Ana", "Eve")]
    assert [one.status_code for one in found] == [400, 400] and not any(map(cookies, found))
    assert found[0].text.replace("Ana", "Eve") == found[1].text


def test_many_wrong_passwords_are_slowed_and_told_how_long(stage: Stage, organizer: Visitor) -> None:
    answers = [sign_in(stage.visitor(), password="not the password") for _ in range(7)]
    assert [one.status_code for one in answers] == [400] * 5 + [429] * 2
    assert "Seconds until the next try: 1." in answers[-1].text and answers[-1].headers["retry-after"] == "1"
    assert sign_in(stage.visitor()).status_code == 429, "not even the right one, until then"
    assert is_in(organizer), "whoever is in stays in"
    stage.hours.now += timedelta(seconds=1)
    assert sign_in(stage.visitor()).status_code == 303


def test_nobody_can_choose_the_address_that_their_tries_count_for(stage: Stage, organizer: Visitor) -> None:
    for number in range(people.FREE_FROM_ADDRESS):
        told = {"X-Forwarded-For": f"192.0.2.{number}"}
        stage.visitor().client.post("/sign-in", data={"name": f"n{number}", "password": "no"}, headers=told)
    last = stage.visitor().client.post(
        "/sign-in", data={"name": "Ana", "password": PASSWORD}, headers={"X-Forwarded-For": "192.0.2.99"}
    )
    assert last.status_code == 429


def test_what_is_wrong_is_said_in_the_language_of_the_page(stage: Stage, organizer: Visitor) -> None:
    visitor, said = stage.visitor(), []
    visitor.client.headers["Accept-Language"] = "es"
    for _ in range(6):
        said.append(Page(sign_in(visitor, password="not the password").text).words)
    assert (
        "El nombre o la contraseña no son correctos." in said[0] and "Segundos hasta el próximo intento: 1." in said[5]
    )
    assert "Este enlace ya se usó" in visitor.get("/welcome/nothing", status=400).words
    link = f"/welcome/{people.invite(stage.app, stage.app.store.people.all()[0], Role.REVIEWER)}"
    faults = {("", PASSWORD): "Escribe un nombre", ("Bo", "short"): "Una contraseña", ("Ana", PASSWORD): "Alguien ya"}
    for (name, password), fault in faults.items():
        assert fault in visitor.press(visitor.get(link), link, status=400, name=name, password=password).words


def test_every_word_of_this_room_is_in_spanish_too() -> None:
    own = set.union(*(of_template(TEMPLATES / f"{name}.html") for name in ROOM))
    assert own | of_room(ROOMS / "people.py") <= set(catalog("es"))


# --- sessions ---------------------------------------------------------------------------------------


def test_a_session_that_somebody_else_planted_does_not_become_ours(stage: Stage, reviewer: Visitor) -> None:
    planted = reviewer.client.cookies[SESSION]
    visitor = stage.visitor()
    answer = visitor.client.post(
        "/sign-in", data={"name": "Ana", "password": PASSWORD}, headers={"Cookie": f"{SESSION}={planted}"}
    )
    (given,) = cookies(answer)
    assert planted not in given
    assert not is_in(reviewer), "the planted one has ended"
    for made_up in ("x" * 43, f"{planted}x", planted.rpartition(".")[0], ""):
        assert stage.visitor().client.get("/me", headers={"Cookie": f"{SESSION}={made_up}"}).status_code == 303


def test_signing_out_ends_the_session_whoever_kept_its_cookie(stage: Stage, organizer: Visitor) -> None:
    visitor = stage.visitor()
    sign_in(visitor)
    kept = visitor.client.cookies[SESSION]
    visitor.press(visitor.get("/me"), "/sign-out")
    assert SESSION not in visitor.client.cookies
    assert stage.visitor().client.get("/me", headers={"Cookie": f"{SESSION}={kept}"}).status_code == 303


def test_a_new_password_ends_every_other_session(stage: Stage, organizer: Visitor) -> None:
    elsewhere = stage.visitor()
    sign_in(elsewhere)
    wrong = organizer.press(organizer.get("/me"), "/me/password", status=400, before="not the password", after=NEW)
    assert people.WRONG in wrong.words and is_in(elsewhere)
    assert "Your password is changed" in organizer.press(wrong, "/me/password", before=PASSWORD, after=NEW).words
    assert is_in(organizer) and not is_in(elsewhere)
    assert (sign_in(stage.visitor()).status_code, sign_in(stage.visitor(), password=NEW).status_code) == (400, 303)


def test_somebody_signs_out_everywhere_else(stage: Stage, organizer: Visitor) -> None:
    elsewhere = stage.visitor()
    sign_in(elsewhere)
    here = organizer.get("/me")
    assert "Here" in here.words and "Elsewhere" in here.words
    assert "Elsewhere" not in organizer.press(here, "/me/sessions").words
    assert is_in(organizer) and not is_in(elsewhere)


def test_a_session_ends_after_half_a_day_without_a_visit(stage: Stage, organizer: Visitor) -> None:
    stage.hours.now += timedelta(hours=11)
    assert is_in(organizer)
    stage.hours.now += timedelta(hours=11)
    assert is_in(organizer)
    stage.hours.now += timedelta(hours=12)
    assert not is_in(organizer)


def test_what_is_sent_after_the_session_ended_changes_nothing_and_is_not_lost(stage: Stage, organizer: Visitor) -> None:
    stage.hours.now += timedelta(hours=12)
    answer = organizer.post("/pause", {"campaign": ""})
    assert answer.status_code == 401 and "what you typed is still there" in Page(answer.text).words
    assert stage.app.store.pauses() == set()


def test_the_cookie_is_for_this_desk_alone_and_no_script_reads_it(stage: Stage, organizer: Visitor) -> None:
    (given,) = cookies(sign_in(stage.visitor()))
    flags = {one.strip().lower() for one in given.split(";")[1:]}
    assert flags == {"httponly", "samesite=lax", "path=/", "max-age=1209600"} and "domain" not in given.lower()


# --- who did what -----------------------------------------------------------------------------------


def test_who_did_what_is_read_by_all_newest_first_page_by_page(
    stage: Stage, organizer: Visitor, reviewer: Visitor
) -> None:
    organizer.post("/pause", {"campaign": ""})
    reviewer.post("/resume", {"campaign": ""})
    words = " ".join(reviewer.get("/people/deeds").words.split())
    assert words.index("Bo resumed everything") < words.index("Ana paused everything")
    for number in range(150):
        stage.app.store.people.note("Cy", "skipped", f"post {number}", stage.hours.now)
    first = reviewer.get("/people/deeds")
    assert "post 149" in first.words and "post 50" in first.words and "post 49" not in first.words
    (older,) = [link for link in first.links if link.startswith("/people/deeds?before=")]
    second = reviewer.get(older)
    assert "post 49" in second.words and "Ana paused everything" in " ".join(second.words.split())
    assert not [link for link in second.links if "before=" in link]
    for number in ("x", "9" * 30, "-1", "٣"):
        assert "is no number" in reviewer.get(f"/people/deeds?before={number}", status=400).words


def test_what_somebody_calls_themselves_is_only_words(stage: Stage, organizer: Visitor, reviewer: Visitor) -> None:
    name = "<b onclick=x>{{ 7 * 7 }}</b>"
    link = f"/welcome/{people.invite(stage.app, stage.app.store.people.all()[0], Role.ORGANIZER)}"
    guest = stage.visitor()
    guest.client.post(link, data={"name": name, "password": PASSWORD})
    for path in ("/people", "/people/deeds", "/me", "/week"):
        text = guest.client.get(path).text
        assert "<b onclick" not in text and name in Page(text).words


# --- behind a proxy with https ----------------------------------------------------------------------


@pytest.fixture
def proxied(stage: Stage) -> Iterator[str]:
    """Where a desk listens that people reach through a proxy, as https://desk.example.org."""
    (stage.folder / "config.toml").write_text(f'{CONFIG}\n[desk]\nurl = "https://desk.example.org"\n')
    with closing(listen(0, 0, "")) as free:
        port = free.getsockname()[1]
    app = open_app(stage.folder / "config.toml", stage.hours)
    shown, stop = start(app, port)
    assert shown == "https://desk.example.org/"
    yield f"http://127.0.0.1:{port}"
    stop()
    app.close()


OUTSIDE = "https://desk.example.org"


def through(proxied: str, path: str, source: str = "192.0.2.1", origin: str = OUTSIDE, **typed: str) -> httpx.Response:
    """What a proxy passes on of a form; in front of where it comes from stands what the sender made up."""
    told = {"Host": "desk.example.org", "X-Forwarded-For": f"203.0.113.9, {source}"}
    return httpx.post(f"{proxied}{path}", data=typed, headers={**told, "Origin": origin})


def test_behind_https_the_cookie_never_goes_out_in_clear(stage: Stage, organizer: Visitor, proxied: str) -> None:
    (given,) = cookies(through(proxied, "/sign-in", name="Ana", password=PASSWORD))
    assert "secure" in {one.strip().lower() for one in given.split(";")}
    local = httpx.post(f"{proxied}/sign-in", data={"name": "Ana", "password": PASSWORD})
    assert local.status_code == 303 and "secure" not in cookies(local)[0].lower(), "at the machine itself there is none"


@pytest.mark.parametrize("origin", ["http://desk.example.org", "https://desk.example.org:8443", "https://example.org"])
def test_behind_https_no_page_of_another_scheme_port_or_name_sends_a_form(
    stage: Stage, organizer: Visitor, proxied: str, origin: str
) -> None:
    assert through(proxied, "/sign-in", origin=origin, name="Ana", password=PASSWORD).status_code == 403


def test_behind_https_the_session_is_one_that_no_site_beside_the_desk_can_plant(
    stage: Stage, organizer: Visitor, proxied: str
) -> None:
    answer = through(proxied, "/sign-in", name="Ana", password=PASSWORD)
    given = [one.lower() for one in answer.headers.get_list("set-cookie") if one.startswith("__Host-")]
    assert len(given) == 2 and all("; secure" in one and "; path=/;" in one and "domain" not in one for one in given)
    held, planted = answer.cookies[f"__Host-{SESSION}"], organizer.client.cookies[SESSION]
    for cookies, status in (({f"__Host-{SESSION}": held}, 200), ({SESSION: planted}, 303)):
        told = {"Host": "desk.example.org", "Cookie": "; ".join(f"{name}={one}" for name, one in cookies.items())}
        assert httpx.get(f"{proxied}/me", headers=told).status_code == status


def test_behind_https_a_browser_is_told_to_forget_the_session_that_is_signed_out(
    stage: Stage, organizer: Visitor, proxied: str
) -> None:
    told = {"Host": "desk.example.org", "Cookie": f"__Host-{SESSION}={organizer.client.cookies[SESSION]}"}
    (gone,) = cookies(httpx.post(f"{proxied}/sign-out", data={"key": organizer.key}, headers=told))
    assert gone.startswith(f'__Host-{SESSION}="";') and "max-age=0" in gone.lower() and "secure" in gone.lower()


def test_behind_https_browsers_are_told_to_come_no_other_way(stage: Stage, proxied: str) -> None:
    there = httpx.get(f"{proxied}/sign-in", headers={"Host": "desk.example.org"})
    assert there.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in httpx.get(f"{proxied}/sign-in").headers


def test_behind_https_an_invitation_names_the_address_that_others_reach(
    stage: Stage, organizer: Visitor, proxied: str
) -> None:
    held = {"Host": "desk.example.org", "Cookie": f"__Host-{SESSION}={organizer.client.cookies[SESSION]}"}
    shown = httpx.post(f"{proxied}/people/invite", data={"key": organizer.key, "role": "reviewer"}, headers=held)
    assert ">https://desk.example.org/welcome/" in shown.text
    assert "on this computer only" not in shown.text


def test_behind_https_wrong_passwords_count_for_whom_the_proxy_speaks_for(
    stage: Stage, organizer: Visitor, proxied: str
) -> None:
    for number in range(people.FREE_FROM_ADDRESS):
        assert through(proxied, "/sign-in", name=f"n{number}", password="no").status_code == 400
    assert through(proxied, "/sign-in", name="Ana", password=PASSWORD).status_code == 429
    assert through(proxied, "/sign-in", "192.0.2.2", name="Ana", password=PASSWORD).status_code == 303


def test_whoever_signed_in_here_before_does_not_wait_for_a_strangers_tries(stage: Stage) -> None:
    stage.signed_in("Ana", Role.ORGANIZER)
    known = stage.visitor()
    sign_in(known)
    known.client.cookies.delete(SESSION)
    for _ in range(7):
        sign_in(stage.visitor(), password="a stranger's guess")
    assert sign_in(stage.visitor()).status_code == 429
    assert sign_in(known).status_code == 303 and is_in(known)
