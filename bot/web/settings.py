"""Settings: who hears when something goes wrong, and at which addresses the share pages and the desk are found."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

from starlette.responses import Response

from bot import notices
from bot.core.problem import AskedWrongly
from bot.web.frame import Ask, Door, Undo, go, page
from bot.work import hear, people
from bot.work.arrange import Place, arrangement, proposed, save
from bot.work.hear import Hearer
from bot.work.notify import Told, addresses, try_out
from bot.work.people import Role
from bot.work.ready import KINDS

PLACE = "/settings"
DEEDS = {"site": "set the address of the share pages", "desk": "set the address of the desk"}


def settings(ask: Ask) -> Response:
    """All that is set here."""
    return _settings(ask)


def _settings(ask: Ask, told: Sequence[Told] = (), fault: str = "", at: str = "") -> Response:
    """The page; `fault`: what is wrong in the form `at`, where what was typed stays, but for what is secret."""
    there = arrangement(ask.app)
    urls = {"site": there.config.site, "desk": there.config.desk}
    return page(
        ask,
        "settings.html",
        400 if fault else 200,
        hearers=hear.hearers(ask.app),
        faults=addresses(ask.app).faults,
        missing=notices.MISSING if notices.is_missing() else "",
        topic=hear.topic(ask.app, ask.key),
        kinds=KINDS,
        told=told,
        fault=fault,
        at=at,
        typed=ask.form,
        urls=urls | ({at: ask.form.get("url", "")} if at in urls else {}),
        seen=there.seen,
    )


# --- who hears ----------------------------------------------------------------------------------------


def phone(ask: Ask) -> Response:
    """Let notices go to the topic that the page shows."""
    return _add(ask, "phone", lambda: hear.phone(ask.app, ask.key, ask.form.get("topic", "")))


def mail(ask: Ask) -> Response:
    """Let notices go out from a mailbox."""
    told = (ask.form.get(name, "").strip() for name in ("person", "password", "to", "server"))
    return _add(ask, "mail", lambda: hear.mail(*told))


def other(ask: Ask) -> Response:
    """Let notices go to an address as a chat or another service gives it."""
    return _add(ask, "chat" if ask.form.get("way") == "chat" else "other", lambda: ask.form.get("address", ""))


def _add(ask: Ask, way: str, address: Callable[[], str]) -> Response:
    try:
        new = hear.add(ask.app, address(), ask.form.get("whose", ""))
    except AskedWrongly as wrong:
        return _settings(ask, fault=str(wrong), at=way)
    people.note(ask.app, ask.who, "let notices go to", _about(new))
    return go(PLACE, ask.say("Saved. Now send a test message, and look whether it comes."))


def remove(ask: Ask) -> Response:
    """Let notices go to an address no longer."""
    gone = hear.remove(ask.app, ask.form.get("mark", ""))
    people.note(ask.app, ask.who, "lets no more notices go to", _about(gone))
    return go(PLACE, ask.say("Removed. Nothing is sent there any more."))


def _about(one: Hearer) -> str:
    return f"{one.whose} ({one.name})" if one.whose else one.name


def tried(ask: Ask) -> Response:
    """Send a test to everybody who is told when something goes wrong, and show who took it."""
    told = try_out(ask.app)
    people.note(ask.app, ask.who, "tried the notices", ", ".join(one.name for one in told))
    return _settings(ask, told=told)


# --- addresses ----------------------------------------------------------------------------------------


def place(section: Literal["site", "desk"], ask: Ask) -> Response:
    """Say where the share pages or the desk are found."""
    before = getattr(arrangement(ask.app).config, section)
    url = ask.form.get("url", "").strip()
    try:
        proposal = proposed(ask.app, Place(section, url), ask.form.get("seen", ""))
    except AskedWrongly as wrong:
        return _settings(ask, fault=str(wrong), at=section)
    if not proposal.diff:
        return go(PLACE, ask.say("This is what holds already: there is nothing to save."))
    save(ask.app, proposal)
    people.note(ask.app, ask.who, DEEDS[section], url or "none")
    undo = Undo(to=f"{PLACE}/{section}", fields={"url": before, "seen": arrangement(ask.app).seen})
    return go(PLACE, ask.say("Saved. It holds from now on."), undo)


DOORS: tuple[Door, ...] = (
    Door("GET", PLACE, settings, Role.ORGANIZER),
    Door("POST", f"{PLACE}/phone", phone, Role.ORGANIZER),
    Door("POST", f"{PLACE}/mail", mail, Role.ORGANIZER),
    Door("POST", f"{PLACE}/address", other, Role.ORGANIZER),
    Door("POST", f"{PLACE}/remove", remove, Role.ORGANIZER),
    Door("POST", f"{PLACE}/test", tried, Role.ORGANIZER),
    Door("POST", f"{PLACE}/site", partial(place, "site"), Role.ORGANIZER),
    Door("POST", f"{PLACE}/desk", partial(place, "desk"), Role.ORGANIZER),
)
