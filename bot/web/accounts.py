"""Accounts: how each stands, connecting it, letting it begin, its mark as automated; what is to be posted by hand."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from urllib.parse import quote

from starlette.responses import Response

from bot.core.network import Network
from bot.core.problem import AskedWrongly, HandbillError
from bot.web.frame import Ask, Door, Undo, go, page
from bot.work import account as accounts
from bot.work import connect, people, settle
from bot.work.account import Checked
from bot.work.control import slot_name
from bot.work.notify import addresses
from bot.work.people import Role
from bot.work.plan import Planned
from bot.work.queue import leave_out, queue
from bot.work.stand import first_week, stands
from bot.work.week import which

# Before the name of what a network asks, in forms.
FIELD = "field-"


def everyone(ask: Ask) -> Response:
    """All accounts, and what each waits for."""
    return page(
        ask,
        "accounts.html",
        stands=stands(ask.app),
        by_hand=len(queue(ask.app)),
        hears=_hears(ask),
        may=_may(ask),
    )


def one(ask: Ask) -> Response:
    """One account whole."""
    return _one(ask)


def check(ask: Ask) -> Response:
    """Ask an account's network how it stands."""
    return _one(ask, accounts.check(ask.app, accounts.known(ask.app, ask.path["name"])))


def _one(ask: Ask, found: Checked | None = None) -> Response:
    account = accounts.known(ask.app, ask.path["name"])
    (stand,) = stands(ask.app, [account.name])
    return page(ask, "account.html", one=stand, found=found, which=which, may=_may(ask))


def _may(ask: Ask) -> bool:
    return ask.who.role.may(Role.ORGANIZER)


def _hears(ask: Ask) -> bool:
    """Whether anybody is told when something goes wrong."""
    to = addresses(ask.app)
    return bool(to.all or to.faults)


def label(ask: Ask) -> Response:
    """Mark an account as automated."""
    account = accounts.known(ask.app, ask.path["name"])
    if not accounts.label(ask.app, account):
        network = ask.app.networks[account.network].label
        raise HandbillError(f"{network} lets only you do this, in the account's settings there.")
    people.note(ask.app, ask.who, "marked as automated", account.name)
    return go(_place(account.name), ask.say("It is marked as automated."))


# --- letting it begin -------------------------------------------------------------------------------


def week(ask: Ask) -> Response:
    """What an account will say in its first week, before somebody lets it begin."""
    account = accounts.known(ask.app, ask.path["name"])
    coming, now = first_week(ask.app, account.name), ask.app.clock()
    at_once = any(one.state == "planned" and one.choice.slot.at <= now for one in coming)
    return page(
        ask, "account-start.html", account=account, coming=coming, at_once=at_once, seen=_seen(coming), which=which,
        hears=_hears(ask),
    )  # fmt: skip


def start(ask: Ask) -> Response:
    """Let an account begin, its week being the one that was shown."""
    account = accounts.known(ask.app, ask.path["name"])
    if ask.form.get("seen") != _seen(first_week(ask.app, account.name)):
        raise HandbillError("Its week has changed since you opened the page. Look at it again.")
    if accounts.start(ask.app, account):
        people.note(ask.app, ask.who, "let begin", account.name)
    place = _place(account.name)
    return go(place, ask.say("It begins: from now on it speaks by itself."), Undo(to=f"{place}/stop"))


def stop(ask: Ask) -> Response:
    """Make an account quiet again."""
    account = accounts.known(ask.app, ask.path["name"])
    accounts.stop(ask.app, account)
    people.note(ask.app, ask.who, "made quiet", account.name)
    return go(_place(account.name), ask.say("It is quiet now, until somebody lets it begin again."))


def _seen(coming: Iterable[Planned]) -> str:
    """Changes whenever something of what will be said does."""
    told = [(one.choice.slot.at, one.state, one.choice.words) for one in coming]
    return sha256(repr(told).encode()).hexdigest()[:16]


def _place(name: str) -> str:
    return f"/accounts/{quote(name, safe='')}"


# --- connecting -------------------------------------------------------------------------------------


def choose(ask: Ask) -> Response:
    """Which network a new account is on."""
    return page(ask, "connect-choose.html", networks=connect.networks(ask.app))


def questions(ask: Ask) -> Response:
    """What must be told to connect an account, or to connect again the one that ?name names."""
    network, name = _network(ask), ask.query.get("name", "")
    if name:
        connect.asked(ask.app, accounts.known(ask.app, name).name, network)
    connect.ready(ask.app, network)
    return _asked(ask, network, name or _free(ask, network), {}, is_new=not name)


def _free(ask: Ask, network: Network) -> str:
    """A name that no account has yet."""
    names = (f"{network.name}{number}" for number in ("", *range(2, 1000)))
    return next(name for name in names if name not in ask.app.config.accounts)


def begin(ask: Ask) -> Response:
    """Connect an account with what was typed, or go on with the page of its network."""
    network, name = _network(ask), ask.form.get("name", "").strip()
    typed = {key.removeprefix(FIELD): value for key, value in ask.form.items() if key.startswith(FIELD)}
    is_new = bool(ask.form.get("is-new"))
    try:
        if is_new and name in ask.app.config.accounts:
            raise AskedWrongly(f'There is an account "{name}" already. Choose another name, or connect that one again.')
        found = connect.begin(ask.app, ask.cookie, name, network, typed)
    except HandbillError as error:
        return _asked(ask, network, name, typed, str(error), is_new=is_new)
    if isinstance(found, Checked):
        return _connected(ask, found)
    return go(f"/code/{found.ticket}")


def _asked(
    ask: Ask, network: Network, name: str, typed: Mapping[str, str], fault: str = "", *, is_new: bool
) -> Response:
    """The form for an account's keys; nothing secret stands in it again."""
    there = ask.app.config.accounts.get(name)
    return page(
        ask,
        "connect.html",
        400 if fault else 200,
        network=network,
        name=name,
        is_new=is_new,
        fields=accounts.questions(network, there.answers if there else {}),
        typed=typed,
        fault=fault,
        prefix=FIELD,
    )


def code(ask: Ask) -> Response:
    """The way to the page of a network, and the form for the code that it shows."""
    one = connect.waiting(ask.app, ask.cookie, ask.path["ticket"])
    again = f"/connect/{quote(one.network.name)}"
    again += f"?name={quote(one.account)}" if one.account in ask.app.config.accounts else ""
    return page(ask, "connect-code.html", one=one, again=again)


def finish(ask: Ask) -> Response:
    """Connect the account with a code; one that is not taken is spent, so that all begins anew."""
    one = connect.waiting(ask.app, ask.cookie, ask.path["ticket"])
    try:
        return _connected(ask, connect.finish(ask.app, ask.cookie, one.ticket, ask.form.get("code", "")))
    except HandbillError as error:
        is_new = one.account not in ask.app.config.accounts
        return _asked(ask, one.network, one.account, one.told, str(error), is_new=is_new)


def _connected(ask: Ask, found: Checked) -> Response:
    people.note(ask.app, ask.who, "connected", found.account.name)
    return go(_place(found.account.name), f"{ask.say('Connected.')} {found.standing.handle}")


def _network(ask: Ask) -> Network:
    named = {one.name: one for one in connect.networks(ask.app)}
    if ask.path["network"] not in named:
        there = ", ".join(one.label for one in named.values())
        raise AskedWrongly(f"No account can be connected there. Accounts can be on: {there}.")
    return named[ask.path["network"]]


# --- by hand ----------------------------------------------------------------------------------------


def by_hand(ask: Ask) -> Response:
    """What waits for a person to post it."""
    labels = {name: network.label for name, network in ask.app.networks.items()}
    return page(ask, "by-hand.html", waiting=queue(ask.app), labels=labels, may=_may(ask), hears=_hears(ask))


def posted(ask: Ask) -> Response:
    """A person has posted it, at an address if they tell it."""
    done = settle.posted(ask.app, settle.number(ask.path["number"]), ask.form.get("url", "").strip())
    people.note(ask.app, ask.who, "posted by hand", slot_name(done))
    return go("/by-hand", ask.say("Thank you. It is noted as said."))


def left_out(ask: Ask) -> Response:
    """Nobody will post it."""
    done = leave_out(ask.app, settle.number(ask.path["number"]))
    people.note(ask.app, ask.who, "left out", slot_name(done))
    return go("/by-hand", ask.say("Left out. Nothing is said at this time."))


DOORS: tuple[Door, ...] = (
    Door("GET", "/accounts", everyone),
    Door("GET", "/accounts/{name}", one),
    Door("POST", "/accounts/{name}/check", check, Role.ORGANIZER),
    Door("POST", "/accounts/{name}/label", label, Role.ORGANIZER),
    Door("GET", "/accounts/{name}/start", week, Role.ORGANIZER),
    Door("POST", "/accounts/{name}/start", start, Role.ORGANIZER),
    Door("POST", "/accounts/{name}/stop", stop, Role.ORGANIZER),
    Door("GET", "/connect", choose, Role.ORGANIZER),
    Door("GET", "/connect/{network}", questions, Role.ORGANIZER),
    Door("POST", "/connect/{network}", begin, Role.ORGANIZER),
    Door("GET", "/code/{ticket}", code, Role.ORGANIZER),
    Door("POST", "/code/{ticket}", finish, Role.ORGANIZER),
    Door("GET", "/by-hand", by_hand),
    Door("POST", "/by-hand/{number}/posted", posted, Role.ORGANIZER),
    Door("POST", "/by-hand/{number}/left-out", left_out, Role.ORGANIZER),
)
