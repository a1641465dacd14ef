"""What the rooms of the desk share: a request as they see it, their doors, and the ways to answer."""

import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from secrets import token_bytes, token_hex
from threading import Lock
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from bot.app import App, open_app
from bot.config import FILE
from bot.core.person import Deed
from bot.core.post import say
from bot.core.problem import AskedWrongly, HandbillError
from bot.library import stamps
from bot.pages import day, html, translator
from bot.work.control import SLOT
from bot.work.people import Person, Role
from bot.work.plan import paused_by_file

LANGUAGES = {"en": "English", "es": "Español"}
# What browsers show as a picture, and nothing that could hold a script.
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp")
# Cookies: who is signed in, a sentence for the next page only, and the interface's language.
SESSION, SAID, LANGUAGE = "handbill-session", "handbill-said", "handbill-language"
# And that somebody has signed in here before.
DEVICE = "handbill-device"
# The deeds whose object begins with the name of a campaign, which ends before a space or a stroke.
OF_CAMPAIGNS = ("paused", "resumed", "imported", "edited", "wrote", "added to", "changed in", "took out of")
CAMPAIGN = re.compile(r"^[^\s/]+")
# A browser keeps no cookie over 4,096 bytes: <https://www.rfc-editor.org/rfc/rfc6265#section-6.1>.
MOST_TOLD = 3500
# A site beside the desk may set cookies for it; what it would say there counts for nothing.
SEAL = token_bytes(32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that somebody sent: its name as the browser tells it (never a path to trust), and its bytes."""

    name: str
    content: bytes


class Desk:
    """What all requests share: the app as its files say now, and where the desk is reached.

    `here`: where it is reached on its own machine; `broken`: what is wrong with config.toml, in words, where what
    it said before still holds.
    """

    def __init__(self, app: App, own: Mapping[str, str], here: str = "") -> None:
        self._own = own
        self._named = origin(app.config.desk)
        self.here = here
        self.broken = ""
        self._app = app
        self._seen: object = None
        self._lock = Lock()

    @property
    def origins(self) -> Mapping[str, str]:
        """What is answered: the values of the Host header, and what stands before a path there.

        Those of its `own`, and of each address that config.toml named since the desk began, so that who changes it
        is not thrown out.
        """
        return {**self._named, **self._own}

    @property
    def is_secure(self) -> bool:
        """Whether people come over https."""
        return self._app.config.desk.startswith("https://")

    def app(self) -> App:
        """The app with config and library as they are now, under a name of its own for what it leases.

        Where config.toml is broken, what it said before holds.
        """
        with self._lock:
            seen = self._look()
            if seen != self._seen:
                self._app, before = self._anew(), self._app
                self._named = {**self._named, **origin(self._app.config.desk)}
                _ = self._app.store, self._app.library  # read once, for all requests to come
                if "store" in vars(before) and before.store is not self._app.store:
                    before.store.close()
                self._seen = seen
            return self._app.under(f"{self._app.owner}/desk-{token_hex(4)}")

    def _look(self) -> object:
        return _stamp(self._source()), stamps(self._app.config.library), self._app.is_paused()

    def _source(self) -> Path:
        return self._app.source or self._app.config.folder / FILE

    def _anew(self) -> App:
        source, self.broken = self._source(), ""
        if not source.exists():
            return self._app.fresh()
        try:
            found = open_app(source, self._app.clock)
        except HandbillError as error:
            self.broken = str(error)
            return self._app.fresh()
        return self._app.fresh(config=found.config, problems=found.problems, source=found.source)


def origin(address: str) -> dict[str, str]:
    """The origin of an address by its host; empty for an empty one: {"town.example": "https://town.example"}."""
    parts = urlsplit(address.lower())
    return {parts.netloc: f"{parts.scheme}://{parts.netloc}"} if parts.netloc else {}


def kept_as(name: str, origin: str) -> str:
    """A cookie's name where the desk is at `origin`; under https one that only the desk itself can set.

    <https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes>
    """
    return f"__Host-{name}" if origin.startswith("https://") else name


def _stamp(file: Path) -> object:
    try:
        facts = file.stat()
    except OSError:
        return None
    return facts.st_ino, facts.st_size, facts.st_mtime_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request, as a room sees it.

    `person`: who is signed in; `language`: of the interface; `path`: what stands in the place of a
    door's {names}; `query`: what stands behind the ?; `form`: what was posted, `forms` with all
    values of a name; `key`: what every form must send back; `said` and `undo`: the sentence on top
    and the form that takes back what it tells of; `address`: of whoever asks; `cookie`: the session's;
    `device`: what tells of earlier sign-ins in this browser; `base`: where the desk was reached, which
    stands before a path where an address must be whole: https://desk.example.org.
    """

    app: App
    desk: Desk
    method: str
    here: str
    person: Person | None = None
    language: str = "en"
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    forms: Mapping[str, Sequence[str]] = field(default_factory=dict)
    files: Mapping[str, Upload] = field(default_factory=dict)
    key: str = ""
    said: str = ""
    undo: "Undo | None" = None
    address: str = ""
    cookie: str = ""
    device: str = ""
    base: str = ""

    @property
    def is_secure(self) -> bool:
        """Whether this person comes over https; whoever sits at the machine itself does not."""
        return self.base.startswith("https://")

    @property
    def form(self) -> Mapping[str, str]:
        """The first value of each name that was posted."""
        return {name: values[0] for name, values in self.forms.items() if values}

    @property
    def who(self) -> Person:
        """Who is signed in, behind a door that only they pass."""
        assert self.person is not None
        return self.person

    def say(self, words: str) -> str:
        """The interface's own words in the person's language."""
        return translator(self.language)(words)

    def title(self, campaign: str) -> str:
        """A campaign as people know it; its folder's name where the library has it no more."""
        found = self.app.library.campaigns.get(campaign)
        return say(found.title, self.language) if found else campaign

    def about(self, deed: Deed) -> str:
        """What a deed is about, as people know it: campaigns by their titles, a time in words."""
        with suppress(ValueError):  # the name of a person may look like a time's
            if slot := SLOT.fullmatch(deed.about):
                on = day(date.fromisoformat(slot["day"]), "EEEMMMd", self.language)
                return f"{self.title(slot['campaign'] or '')}, {slot['account']}, {on}, {slot['clock']}"
        if not deed.deed.startswith(OF_CAMPAIGNS):
            return deed.about
        return " → ".join(CAMPAIGN.sub(lambda name: self.title(name[0]), one) for one in deed.about.split(" -> "))


class Door(NamedTuple):
    """A way into a room: `answer` is called for `method` on `path` ({name} stands for a part) if `who` may."""

    method: str
    path: str
    answer: Callable[[Ask], Response]
    who: Role = Role.REVIEWER


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """A form that takes back what was just done: where it is posted to, and its fields."""

    to: str
    fields: Mapping[str, str] = field(default_factory=dict)


def page(ask: Ask, template: str, status: int = 200, **values: object) -> Response:
    """A page made of bot/pages/desk/`template`; the sentence for this page is taken away with it."""
    shown = html(
        f"desk/{template}",
        ask.language,
        desk=ask,
        language=ask.language,
        languages=LANGUAGES,
        pauses=ask.app.store.pauses() | paused_by_file(ask.app),
        zone=ask.app.config.zone,
        **values,
    )
    answer = HTMLResponse(shown, status)
    if ask.said:
        answer.delete_cookie(SAID)
    return answer


def go(to: str, said: str = "", undo: Undo | None = None) -> Response:
    """On to an own path, where a sentence is shown once, with a button that takes it back if it can be."""
    answer = RedirectResponse(quote(own(to), safe="/?&=%#:+,;@~!$'()*[]"), 303)
    if said:
        answer.set_cookie(SAID, _to_tell(said, undo), max_age=60, httponly=True, samesite="lax")
    return answer


def _to_tell(said: str, undo: Undo | None) -> str:
    """What the cookie holds; a sentence that is too long for one is cut."""
    told = {"said": said, "to": undo.to if undo else "", "fields": dict(undo.fields) if undo else {}}
    words = quote(json.dumps(told, ensure_ascii=False).encode("utf-8", "replace"), safe="")
    if len(words) > MOST_TOLD:
        return _to_tell(said[: len(said) * 2 // 3], undo if len(said) > 1 else None)
    return f"{_seal(words)}.{words}"


def _seal(words: str) -> str:
    return hmac.digest(SEAL, words.encode(), "sha256").hex()


def own(to: str, otherwise: str = "/") -> str:
    """A path of the desk itself; `otherwise` for whatever might lead to another host."""
    is_own = to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable()
    return to if is_own else otherwise


def told(cookie: str) -> tuple[str, Undo | None]:
    """What `go` said, read back; nothing where somebody else wrote it."""
    seal, _, words = cookie.partition(".")
    if not hmac.compare_digest(seal.encode(), _seal(words).encode()):
        return "", None
    found = json.loads(unquote(words))
    return found["said"], Undo(to=found["to"], fields=found["fields"]) if found["to"] else None


def picture(ask: Ask, file: str) -> Response:
    """A picture that stands in the library, by its path; AskedWrongly for any other file, and for none."""
    found = Path(file).resolve()
    is_ours = found.is_relative_to(ask.app.config.library.resolve()) and found.suffix.lower() in PICTURES
    if not file or not is_ours or not found.is_file():
        raise AskedWrongly("This post has no picture.")
    return FileResponse(found)


def trouble(ask: Ask, sentence: str, status: int) -> Response:
    """A page with a sentence: nothing was changed. From an act on a post it leads back to that post."""
    return page(ask, "trouble.html", status, sentence=sentence, which=ask.path.get("which", ""))
