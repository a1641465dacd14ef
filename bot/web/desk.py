"""The desk as a web application: every door of every room, and what is checked before one opens."""

import sys
from collections.abc import Awaitable, Callable, Mapping
from hmac import compare_digest
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from traceback import print_exception
from urllib.parse import urlencode, urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot import pages, web
from bot.app import App
from bot.core.links import is_loopback
from bot.core.problem import AskedWrongly, HandbillError, place_of
from bot.core.text import is_heaped
from bot.web.bare import Bare, language_of
from bot.web.frame import (
    DEVICE,
    LANGUAGE,
    LANGUAGES,
    SAID,
    SESSION,
    Ask,
    Desk,
    Door,
    Upload,
    go,
    kept_as,
    origin,
    own,
    page,
    told,
    trouble,
)
from bot.web.serving import HOST, address, listen
from bot.web.serving import start as serve
from bot.work import people
from bot.work.people import Role

PORT = 8001
# No more than this is read of one request, in bytes; a document with pictures fits.
LARGEST = 12_000_000
# And so much of somebody who is not signed in.
OF_STRANGERS = 20_000
# What is sent stays in memory: a list of supporters must not lie on a disk, not even for a moment.
MultiPartParser.spool_max_size = LARGEST
HEADERS = {
    # Nothing from elsewhere, no script but ours, shown in nobody's frame.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    # "no-referrer" would make browsers send "Origin: null": <https://fetch.spec.whatwg.org/#append-a-request-origin-header>.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# Who came over https once comes no other way for a year; names below the desk's are not ours to speak for.
# <https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Strict-Transport-Security>
ONLY_HTTPS = {"Strict-Transport-Security": "max-age=31536000"}
OTHER_NAME = "The desk does not answer under this name. Open it by the address that it gave when it began."
STRANGER = "This form came from another page. Open the desk anew, and send it from there."
OLD = "This page was open for too long, or you have signed in again meanwhile. Go back, load it anew, and try again."
TOO_LONG = "This form cannot be read, or something in it is too long. Go back, make it shorter, and try again."
UNKNOWN = "You are not signed in any more, so this was not read. Open the desk, sign in, and send it once more."
LEDGER = (
    "The ledger cannot be used just now; the window in which Handbill runs says why. "
    "Nothing was changed. Try again in a minute."
)
LARGE = f"This is too large: the desk takes {LARGEST // 1_000_000} MB at once. Send a smaller file."


def doors() -> list[Door]:
    """Every door of the desk: a room is a module of bot.web that has DOORS."""
    rooms = (import_module(f"bot.web.{module.name}") for module in iter_modules(web.__path__))
    return [door for room in rooms for door in getattr(room, "DOORS", ())]


def desk(state: Desk) -> ASGIApp:
    """The application (ASGI)."""
    routes = [Route(door.path, _endpoint(state, door), methods=[door.method]) for door in (*doors(), LOST)]
    return Guard(Starlette(routes=routes, exception_handlers=HANDLERS), state)


class Guard:
    """Before everything else: only known hosts are answered, nothing too large is read; headers on every answer."""

    def __init__(self, inner: ASGIApp, state: Desk) -> None:
        self._inner = inner
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return

        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1").lower()
        is_secure = self._state.origins.get(host, "").startswith("https://")
        headers = HEADERS | ONLY_HTTPS if is_secure else HEADERS

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                more = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
                message = {**message, "headers": [*message["headers"], *(one for one in more if one[0] not in present)]}
            await send(message)

        if host not in self._state.origins:
            await Bare(OTHER_NAME, 400)(scope, receive, guarded)
            return
        await self._inner(scope, _at_most(receive, LARGEST), guarded)


def _at_most(receive: Receive, most: int) -> Receive:
    """The same request, ended with status 413 where its body is larger than so many bytes."""
    read = 0

    async def counted() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > most:
            raise HTTPException(413)
        return message

    return counted


def _endpoint(state: Desk, door: Door) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        form = FormData()
        if door.method == "POST":
            if not _is_from_here(request, _origin(state, request)):
                return Bare(STRANGER, 403)
            if _is_large(request) and not await run_in_threadpool(_is_signed_in, state, request):
                raise HTTPException(401)
            form = await _form(request)
        forms = {name: [str(one) for one in form.getlist(name) if isinstance(one, str)] for name in form}
        files = {
            name: Upload(name=one.filename or "", content=await one.read())
            for name, one in form.multi_items()
            if isinstance(one, UploadFile)
        }
        await form.close()
        if any(is_heaped(one) for values in forms.values() for one in values):
            raise HTTPException(400)
        return await run_in_threadpool(_answer, state, door, request, forms, files)

    return endpoint


def _is_large(request: Request) -> bool:
    """Whether more may come than it takes to sign in."""
    return int(request.headers.get("content-length", LARGEST)) > OF_STRANGERS


def _origin(state: Desk, request: Request) -> str:
    """Where the desk is, as whoever asks reaches it; only hosts that it knows come so far."""
    return state.origins[request.headers["host"].lower()]


def _is_signed_in(state: Desk, request: Request) -> bool:
    cookie = request.cookies.get(kept_as(SESSION, _origin(state, request)), "")
    return bool(cookie) and people.signed_in(state.app(), cookie) is not None


async def _form(request: Request) -> FormData:
    """What was sent; no browser names letters other than UTF-8: https://www.rfc-editor.org/rfc/rfc7578#section-5.1.2."""
    kind = request.headers.get("content-type", "").lower()
    if "multipart" in kind and "charset" in kind:
        raise HTTPException(400)
    return await request.form(max_files=4, max_fields=2000, max_part_size=2_000_000)


def _answer(
    state: Desk, door: Door, request: Request, forms: Mapping[str, list[str]], files: Mapping[str, Upload]
) -> Response:
    ask = _ask(state, door, request, forms, files)
    try:
        return _refusal(ask, door) or door.answer(ask)
    except HandbillError as error:
        return trouble(ask, str(error), 400 if isinstance(error, AskedWrongly) else 409)


def _ask(state: Desk, door: Door, request: Request, forms: Mapping[str, list[str]], files: Mapping[str, Upload]) -> Ask:
    app, base = state.app(), _origin(state, request)
    cookie = request.cookies.get(kept_as(SESSION, base), "")
    session = people.signed_in(app, cookie) if cookie else None
    said, undo = told(request.cookies.get(SAID, "")) if door.method == "GET" else ("", None)
    return Ask(
        app=app,
        desk=state,
        method=door.method,
        here=request.url.path,
        person=session.person if session else None,
        language=language_of(request),
        path=dict(request.path_params),
        query=dict(request.query_params),
        forms=forms,
        files=files,
        key=session.key if session else "",
        said=said,
        undo=undo,
        address=_address(request, state),
        cookie=cookie,
        device=request.cookies.get(kept_as(DEVICE, base), ""),
        base=base,
    )


def _address(request: Request, state: Desk) -> str:
    """Where a request comes from; of the proxy before a desk with https, whom it speaks for, as it told last.

    <https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-Forwarded-For>
    """
    peer = request.client.host if request.client else ""
    told = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return told if told and state.is_secure and is_loopback(peer) else peer


def _is_from_here(request: Request, here: str) -> bool:
    """Whether a form was sent by a page of the desk, which is `here`, as far as the browser tells.

    <https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site>
    """
    told = request.headers.get("origin")
    if told is not None:
        return told.lower() == here
    return request.headers.get("sec-fetch-site", "same-origin") == "same-origin"


def _refusal(ask: Ask, door: Door) -> Response | None:
    """Why a door does not open, as an answer; None if it does."""
    if door.who is Role.ANYONE:
        return None
    if ask.person is None:
        if people.is_new(ask.app):
            return page(ask, "new.html", 401)
        return go(_sign_in(ask)) if door.method == "GET" else page(ask, "again.html", 401)
    if not ask.person.role.may(door.who):
        return trouble(ask, ask.say("Only organizers may do this. Ask one of them."), 403)
    if door.method == "POST" and not compare_digest(ask.form.get("key", "").encode(), ask.key.encode()):
        return trouble(ask, ask.say(OLD), 403)
    return None


def _sign_in(ask: Ask) -> str:
    """Where somebody signs in, and comes back from to the page they wanted."""
    wanted = f"{ask.here}?{urlencode(ask.query)}" if ask.query else ask.here
    return f"/sign-in?{urlencode({'next': wanted})}"


def _no_page(request: Request, error: Exception) -> Response:
    """What stands nowhere, or was asked for in a wrong way, in words."""
    status = error.status_code if isinstance(error, HTTPException) else 404
    words = {413: LARGE, 401: UNKNOWN, 405: "This page cannot be used in this way.", 400: TOO_LONG}
    return Bare(words.get(status, "There is no such page. The desk begins at /"), status)


def _without_ledger(request: Request, error: Exception) -> Response:
    """Not even a page can be made. Whoever asks may be a stranger, so why is for the terminal."""
    return Bare(LEDGER, 503)


def _unheard(request: Request, error: Exception) -> Response:
    """Whoever has left before all was said hears nothing any more."""
    return Response(status_code=400)


def _defect(request: Request, error: Exception) -> Response:
    """Never a traceback; whoever looks after the program finds the place in the terminal."""
    print(
        f"The desk: something is wrong in Handbill itself: {type(error).__name__}, {place_of(error)}", file=sys.stderr
    )
    if sys.flags.dev_mode:
        print_exception(error)
    return Bare("Something is wrong in Handbill itself. Nothing was changed by this page.", 500)


HANDLERS = {
    HTTPException: _no_page,
    HandbillError: _without_ledger,
    ClientDisconnect: _unheard,
    Exception: _defect,
}


def start(app: App, port: int | None, host: str = HOST, *, is_plain: bool = False) -> tuple[str, Callable[[], None]]:
    """Serve the desk in a thread: the address by which people come, and what stops it.

    Without a `port` it is PORT, or any other if that is taken. Raises HandbillError if it is asked for
    and taken, or if `host` can be reached from other machines and nobody has said that it `is_plain`.
    """
    if not is_loopback(host) and not is_plain:
        raise HandbillError(
            f"Other machines can reach {host}, and between them and here everybody could read passwords: the desk "
            "speaks no https by itself. Put a proxy with https before it and leave out --desk-host; "
            "or, in a network that you trust whole, add: --plain-http"
        )
    listening = listen(port, PORT, "--desk-port", host)
    here = address(listening)
    outside = app.config.desk or here
    state = Desk(app, own_origins(here), here)
    return outside.rstrip("/") + "/", serve(desk(state), listening)


def own_origins(here: str) -> dict[str, str]:
    """Where the desk is reached as it listens, by its hosts; on its own machine always under these names, too."""
    port = urlsplit(here).port
    names = (f"http://{name}:{port}" for name in ("localhost", "127.0.0.1", "[::1]"))
    return {host: one for name in (*names, here) for host, one in origin(name).items()}


# --- doors that belong to no room ---------------------------------------------------------------------

STATIC = {
    "desk.css": ("desk/desk.css", "text/css; charset=utf-8"),
    "desk.js": ("desk/desk.js", "text/javascript; charset=utf-8"),
    "icon.svg": ("icon.svg", "image/svg+xml"),
}


def _file(ask: Ask) -> Response:
    file, kind = STATIC[ask.here.removeprefix("/")]
    content = (Path(pages.__file__).parent / file).read_bytes()
    return Response(content, media_type=kind, headers={"Cache-Control": "no-cache"})


def _icon(ask: Ask) -> Response:
    """What browsers ask for by themselves on a page that names no icon, such as a download."""
    return go("/icon.svg")


def _home(ask: Ask) -> Response:
    return go("/week")


def _speak(ask: Ask) -> Response:
    answer = go(own(ask.form.get("next", ""), "/week"))
    language = ask.form.get("language", "")
    if language in LANGUAGES:
        answer.set_cookie(LANGUAGE, language, max_age=31_536_000, httponly=True, samesite="lax")
    return answer


DOORS: tuple[Door, ...] = (
    Door("GET", "/", _home),
    *(Door("GET", f"/{name}", _file, Role.ANYONE) for name in STATIC),
    Door("GET", "/favicon.ico", _icon, Role.ANYONE),
    Door("POST", "/language", _speak, Role.ANYONE),
)


def _lost(ask: Ask) -> Response:
    return page(ask, "lost.html", 404)


LOST = Door("GET", "/{rest:path}", _lost, Role.ANYONE)
