"""What is answered where no room can: a page with one sentence, which needs neither a session nor the ledger."""

from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse
from starlette.types import Receive, Scope, Send

from bot.pages import html
from bot.web.frame import LANGUAGE, LANGUAGES


class Bare(HTMLResponse):
    """A sentence of the program as a page in the visitor's language; nothing of what was asked stands on it."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(status_code=status)
        self._sentence = sentence

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        language = language_of(HTTPConnection(scope))
        shown = html("desk/bare.html", language, language=language, sentence=self._sentence)
        await HTMLResponse(shown, self.status_code)(scope, receive, send)


def language_of(request: HTTPConnection) -> str:
    """The interface's language: as the visitor has chosen it, else as the browser wishes, else English."""
    chosen = request.cookies.get(LANGUAGE, "")
    if chosen in LANGUAGES:
        return chosen
    wished = (
        part.partition(";")[0].strip()[:2].lower() for part in request.headers.get("accept-language", "").split(",")
    )
    return next((one for one in wished if one in LANGUAGES), "en")
