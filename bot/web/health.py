"""Health: whether the engine lives and what it stands on; for monitors no more than yes or no."""

from starlette.responses import JSONResponse, PlainTextResponse, Response

from bot.web.frame import Ask, Door, page
from bot.work import people
from bot.work.health import health, is_well
from bot.work.notify import Told, try_out
from bot.work.people import Role


def whole(ask: Ask) -> Response:
    """All that whoever looks after the machine wants to know."""
    return _whole(ask)


def tried(ask: Ask) -> Response:
    """Send a test to everybody who is told when something goes wrong, and show who took it."""
    told = try_out(ask.app)
    people.note(ask.app, ask.who, "tried the notices", ", ".join(one.name for one in told))
    return _whole(ask, told)


def _whole(ask: Ask, told: list[Told] | None = None) -> Response:
    may = ask.who.role.may(Role.ORGANIZER)
    return page(ask, "health.html", health=health(ask.app), told=told or [], may=may)


def plain(ask: Ask) -> Response:
    """For a monitor: "ok", or status 503."""
    is_ok = is_well(ask.app)
    return PlainTextResponse("ok\n" if is_ok else "not ok\n", 200 if is_ok else 503)


def as_json(ask: Ask) -> Response:
    """The same for a monitor that reads JSON."""
    is_ok = is_well(ask.app)
    return JSONResponse({"ok": is_ok}, 200 if is_ok else 503)


DOORS: tuple[Door, ...] = (
    Door("GET", "/health", whole),
    Door("POST", "/health/notice", tried, Role.ORGANIZER),
    Door("GET", "/healthz", plain, Role.ANYONE),
    Door("GET", "/healthz.json", as_json, Role.ANYONE),
)
