"""People: signing in and out, coming by a link, one's own password and sessions, who may come, and who did what."""

from contextlib import suppress
from datetime import timedelta
from urllib.parse import urlsplit

from starlette.responses import Response

from bot.core.links import is_loopback
from bot.core.person import AT_MOST, SENT_LINK
from bot.core.problem import AskedWrongly, HandbillError
from bot.web.frame import DEVICE, SESSION, Ask, Door, go, kept_as, own, page
from bot.work import people
from bot.work.arrange import Proposal, Zone, arrangement, proposed, save, zones
from bot.work.people import Role

# So many deeds stand on one page.
AT_ONCE = 100
# So long a browser is known in which somebody has signed in.
KNOWN = timedelta(days=365)


def sign_in_page(ask: Ask) -> Response:
    """The form to sign in; whoever is signed in goes on."""
    to = own(ask.query.get("next", ""), "/week")
    if ask.person:
        return go(to)
    return page(ask, "new.html") if people.is_new(ask.app) else page(ask, "sign-in.html", to=to, name="", fault="")


def sign_in(ask: Ask) -> Response:
    """Begin a session, and end the one that this browser held."""
    to, name = own(ask.form.get("next", ""), "/week"), ask.form.get("name", "")
    try:
        token = people.sign_in(ask.app, name, ask.form.get("password", ""), ask.address, ask.device)
    except AskedWrongly as error:
        return _told_to_wait(page(ask, "sign-in.html", 400, to=to, name=name, fault=_told(ask, error)), error)
    people.sign_out(ask.app, ask.cookie)
    return _holding(ask, go(to), token, name)


def sign_out(ask: Ask) -> Response:
    """End this session."""
    people.sign_out(ask.app, ask.cookie)
    answer = go("/sign-in", ask.say("You are signed out."))
    answer.delete_cookie(kept_as(SESSION, ask.base), secure=ask.is_secure, httponly=True, samesite="lax")
    return answer


# --- coming by a link -------------------------------------------------------------------------------


def welcome(ask: Ask) -> Response:
    """The form for whoever comes by a link; opening it does not use it up, for mail programs open links."""
    return _welcome(ask, people.invited(ask.app, ask.path["secret"]))


def _welcome(ask: Ask, role: Role, fault: str = "") -> Response:
    """Whoever comes first is also asked whose clocks the timetable goes by; `typed`: by themselves, not by a script."""
    config, typed = ask.app.config, ask.form.get("zone", "")
    chosen = typed or config.zone.key
    return page(
        ask,
        "welcome.html",
        400 if fault else 200,
        role=role,
        name=ask.form.get("name", ""),
        fault=fault,
        zones=sorted({*zones(), chosen}) if people.is_new(ask.app) else [],
        chosen=chosen,
        typed=typed,
    )


def accept(ask: Ask) -> Response:
    """Let somebody in by a link, signed in."""
    role = people.invited(ask.app, ask.path["secret"])
    name = ask.form.get("name", "")
    try:
        clocks = _clocks(ask) if people.is_new(ask.app) else None
        person, token = people.accept(ask.app, ask.path["secret"], name, ask.form.get("password", ""))
    except AskedWrongly as error:
        return _welcome(ask, role, _told(ask, error))
    people.note(ask.app, person, "came by a link, as", person.role)
    with suppress(HandbillError):  # the timetable's page offers it, too
        if clocks and clocks.diff:
            save(ask.app, clocks)
            people.note(ask.app, person, "changed the time zone", clocks.after.zone.key)
    people.sign_out(ask.app, ask.cookie)
    return _holding(ask, go("/week", ask.say("Welcome. This is the week.")), token, person.name)


def _clocks(ask: Ask) -> Proposal | None:
    """The timetable by the clocks that the first organizer chose; None where nobody chose, or it cannot be changed."""
    key = ask.form.get("zone", "").strip()
    try:
        return proposed(ask.app, Zone(key), arrangement(ask.app).seen) if key else None
    except AskedWrongly:
        raise
    except HandbillError:
        return None


# --- oneself ----------------------------------------------------------------------------------------


def me(ask: Ask) -> Response:
    """One's own password, and where one is signed in."""
    return _me(ask)


def change_password(ask: Ask) -> Response:
    """Change one's own password, which ends every other session."""
    before, after = ask.form.get("before", ""), ask.form.get("after", "")
    try:
        token = people.change_password(ask.app, ask.who, before, after, ask.address, ask.device)
    except AskedWrongly as error:
        return _told_to_wait(_me(ask, 400, _told(ask, error)), error)
    people.note(ask.app, ask.who, "changed the password of", ask.who.name)
    return _holding(
        ask,
        go("/me", ask.say("Your password is changed, and you are signed out everywhere else.")),
        token,
        ask.who.name,
    )


def sign_out_elsewhere(ask: Ask) -> Response:
    """End every session of one's own but this."""
    people.sign_out_elsewhere(ask.app, ask.who, ask.cookie)
    return go("/me", ask.say("You are signed out everywhere else."))


def _me(ask: Ask, status: int = 200, fault: str = "") -> Response:
    here = people.mark(ask.app, ask.cookie)
    return page(ask, "me.html", status, sessions=people.sessions(ask.app, ask.who), here=here, fault=fault)


# --- who may come -----------------------------------------------------------------------------------


def everybody(ask: Ask) -> Response:
    """Who may sign in; organizers invite others, and take them off the list."""
    return page(ask, "people.html", everybody=people.everybody(ask.app), may=ask.who.role.may(Role.ORGANIZER))


def invite(ask: Ask) -> Response:
    """A new link, shown this once."""
    role = Role.ORGANIZER if ask.form.get("role") == Role.ORGANIZER else Role.REVIEWER
    link = f"{ask.base}/welcome/{people.invite(ask.app, ask.who, role)}"
    people.note(ask.app, ask.who, "made a link for", f"a new {role}")
    only_here = is_loopback(urlsplit(link).hostname or "")
    return page(ask, "invite.html", link=link, role=role, days=SENT_LINK.days, only_here=only_here)


def remove(ask: Ask) -> Response:
    """Take somebody off the list, who is signed out at once."""
    gone = people.revoke(ask.app, _number(ask.path["person"]))
    people.note(ask.app, ask.who, "took off the list", gone.name)
    return go("/people", ask.say("Taken off the list, and signed out.")) if gone != ask.who else go("/sign-in")


def deeds(ask: Ask) -> Response:
    """Who did what, the newest first, a page at a time."""
    before = _number(ask.query["before"]) if "before" in ask.query else None
    found = people.audit(ask.app, AT_ONCE + 1, before)
    shown = found[:AT_ONCE]
    return page(ask, "deeds.html", deeds=shown, older=shown[-1].id if len(found) > AT_ONCE else None)


def _number(written: str) -> int:
    if not (written.isascii() and written.isdigit() and len(written) < 10):
        raise AskedWrongly(f'"{written}" is no number.')
    return int(written)


def _told(ask: Ask, error: AskedWrongly) -> str:
    return ask.say(people.EARLY) % error.seconds if isinstance(error, people.TooEarly) else str(error)


def _told_to_wait(answer: Response, error: AskedWrongly) -> Response:
    """The same answer, and where it is to be tried later, so that programs understand it too."""
    if isinstance(error, people.TooEarly):
        answer.status_code = 429
        answer.headers["Retry-After"] = str(error.seconds)
    return answer


def _holding(ask: Ask, answer: Response, token: str, name: str) -> Response:
    """An answer with which the browser gets its session; no script and no other site can use it.

    It also learns that `name` has signed in here, which alone lets nobody in.
    """
    device = people.known_device(ask.app, name)
    for cookie, value, lasts in ((SESSION, token, AT_MOST), (DEVICE, device, KNOWN)):
        seconds = int(lasts.total_seconds())
        answer.set_cookie(
            kept_as(cookie, ask.base), value, max_age=seconds, path="/", secure=ask.is_secure, httponly=True,
            samesite="lax",
        )  # fmt: skip
    return answer


DOORS: tuple[Door, ...] = (
    Door("GET", "/sign-in", sign_in_page, Role.ANYONE),
    Door("POST", "/sign-in", sign_in, Role.ANYONE),
    Door("POST", "/sign-out", sign_out),
    Door("GET", "/welcome/{secret}", welcome, Role.ANYONE),
    Door("POST", "/welcome/{secret}", accept, Role.ANYONE),
    Door("GET", "/me", me),
    Door("POST", "/me/password", change_password),
    Door("POST", "/me/sessions", sign_out_elsewhere),
    Door("GET", "/people", everybody),
    Door("GET", "/people/deeds", deeds),
    Door("POST", "/people/invite", invite, Role.ORGANIZER),
    Door("POST", "/people/{person}/remove", remove, Role.ORGANIZER),
)
