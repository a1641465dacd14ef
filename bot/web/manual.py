"""The manual inside the desk."""

from starlette.responses import Response

from bot.core.problem import AskedWrongly
from bot.pages.manual import FIRST, leaf, picture
from bot.web.frame import Ask, Door, page


def manual(ask: Ask) -> Response:
    """A page of the manual, or one of its pictures."""
    name = ask.path.get("name", FIRST)
    if found := picture(name):
        return Response(found[0], media_type=found[1])
    whole = leaf(name, ask.language)
    if whole is None:
        raise AskedWrongly(ask.say("The manual has no such page. All of them stand on its first one: Manual."))
    return page(ask, "manual.html", leaf=whole, first=name == FIRST)


DOORS: tuple[Door, ...] = (
    Door("GET", "/manual", manual),
    Door("GET", "/manual/{name}", manual),
)
