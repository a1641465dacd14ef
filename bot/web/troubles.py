"""What went wrong: every delivery that was not said, in words, with the one thing that helps."""

from urllib.parse import quote, urlencode

from starlette.responses import Response

from bot.core.delivery import STEPS
from bot.core.problem import HandbillError
from bot.web.frame import Ask, Door, go, page
from bot.work import control, people, settle
from bot.work.control import Wish, slot_name
from bot.work.people import Role
from bot.work.troubles import troubles


def everything(ask: Ask) -> Response:
    """What was not said, newest first; ?account and ?state narrow it down, ?after skips so many."""
    account, state = ask.query.get("account", ""), ask.query.get("state", "")
    begin = settle.number(ask.query.get("after", "0"))
    found, after = troubles(ask.app, account, state, begin)

    def link(after: int) -> str:
        asked = {"account": account, "state": state, "after": str(after) if after else ""}
        return "/troubles?" + urlencode({name: value for name, value in asked.items() if value})

    return page(
        ask,
        "troubles.html",
        found=found,
        accounts=sorted(ask.app.config.accounts),
        states=[state for state in STEPS if state != "sent"],
        account=account,
        state=state,
        earlier=link(after) if after else "",
        newest=link(0) if begin else "",
        may=ask.who.role.may(Role.ORGANIZER),
    )


# --- what a person says became of it ----------------------------------------------------------------


def there(ask: Ask) -> Response:
    """It is up, at an address if they tell it."""
    done = settle.posted(ask.app, _named(ask), ask.form.get("url", "").strip())
    people.note(ask.app, ask.who, "found on its network", slot_name(done))
    return go("/troubles", ask.say("Thank you. It is noted as said."))


def absent(ask: Ask) -> Response:
    """It is not up, and is to be said; its network is asked first, unless they have looked there themselves."""
    try:
        done = settle.not_posted(ask.app, _named(ask), sure=bool(ask.form.get("sure")))
    except settle.StillThere as found:
        is_web = found.url.startswith(("https://", "http://"))  # an outbox's is a file
        return _looked(ask, found.url if is_web else "", is_there=True)
    except settle.NobodyCanLook:
        return _looked(ask, "", is_there=False)
    people.note(ask.app, ask.who, "did not find on its network", slot_name(done))
    return go("/troubles", ask.say("It has its turn again while it is in time."))


def _looked(ask: Ask, url: str, *, is_there: bool) -> Response:
    one = settle.delivery(ask.app, _named(ask))
    return page(ask, "settle.html", 409, one=one, url=url, is_there=is_there)


# --- what was missed --------------------------------------------------------------------------------


def shown(ask: Ask) -> Response:
    """The words that would be said now."""
    wish = control.say_now(ask.app, str(_named(ask)))
    return page(ask, "say-now.html", wish=wish, seen=_seen(wish), before=None)


def now(ask: Ask) -> Response:
    """Let it have its turn at once, with the words that were shown."""
    wish = control.say_now(ask.app, str(_named(ask)))
    if ask.form.get("seen") != _seen(wish):
        raise HandbillError("Other words have their turn now than when you opened the page. Look at them again.")
    done = control.do(ask.app, wish)
    people.note(ask.app, ask.who, "said now", slot_name(done))
    return go(f"/entry/{quote(str(done.id))}", ask.say("It goes out within seconds, if Handbill runs."))


def _seen(wish: Wish) -> str:
    return wish.planned.choice.words if wish.planned else ""


def _named(ask: Ask) -> int:
    return settle.number(ask.path["number"])


DOORS: tuple[Door, ...] = (
    Door("GET", "/troubles", everything),
    Door("POST", "/troubles/{number}/there", there, Role.ORGANIZER),
    Door("POST", "/troubles/{number}/absent", absent, Role.ORGANIZER),
    Door("GET", "/troubles/{number}/now", shown, Role.ORGANIZER),
    Door("POST", "/troubles/{number}/now", now, Role.ORGANIZER),
)
