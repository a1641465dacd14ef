"""The people of the desk: sign in and out, let somebody in or take them off the list, and who did what."""

import hmac
import unicodedata
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from ipaddress import ip_network
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from bot.app import App
from bot.core.measure import in_a_row
from bot.core.person import SENT_LINK, SHOWN_LINK, Deed, Person, Role, Session, Stay
from bot.core.problem import AskedWrongly, HandbillError

if TYPE_CHECKING:
    from argon2 import PasswordHasher
    from itsdangerous import Signer

__all__ = ["Deed", "Person", "Role", "Session", "Stay"]

# https://pages.nist.gov/800-63-4/sp800-63b.html: long, and of any signs; no longer than anybody types.
SHORTEST, LONGEST, LONGEST_NAME = 10, 200, 40
# So many wrong passwords in a row cost no waiting: for one name, and from one address, where many may sit.
FREE_FOR_NAME, FREE_FROM_ADDRESS = 5, 20
# Passwords that are looked at together; each takes memory meanwhile.
AT_ONCE = BoundedSemaphore(2)
# A session's last sight is written no more often.
SIGHT = timedelta(minutes=5)
WRONG = "The name or the password is not right."
EARLY = "Too many wrong passwords. Seconds until the next try: %s."
USED = "This link was used already, or is too old. Ask whoever sent it for a new one."


class TooEarly(AskedWrongly):
    """A password was tried too often; `seconds` until the next try."""

    def __init__(self, seconds: int) -> None:
        super().__init__(EARLY % seconds)
        self.seconds = seconds


def sign_in(app: App, name: str, password: str, address: str, device: str = "") -> str:
    """Begin a session: the token that the browser is to hold. `address`: where the try comes from.

    `device`: what `known_device` gave this browser before, "" if nothing. Raises AskedWrongly if the
    name or the password is wrong, TooEarly after many wrong ones.
    """
    person, kept = _checked(app, name, password, address, device)
    return _begin(app, person, kept)


def known_device(app: App, name: str) -> str:
    """What a browser is to hold in which somebody has signed in, so that no stranger's tries make them wait.

    <https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies>
    """
    return _signer(app).sign(f"{app.new_token()} {_about(app, f'name {_folded(name)}')}").decode()


def sign_out(app: App, token: str) -> None:
    """End the session of a token."""
    if found := _unsigned(app, token):
        app.store.people.end(_digest(found))


def signed_in(app: App, token: str) -> Session | None:
    """The session of a token; None if it has ended, or there never was one."""
    plain = _unsigned(app, token)
    found = app.store.people.session(_digest(plain)) if plain else None
    if found is None:
        return None
    (person, stay), now = found, app.clock()
    if now >= stay.until:
        return None
    if now - stay.seen >= SIGHT:
        with suppress(HandbillError):  # a ledger on a full disk can still be read, and so can the desk
            app.store.people.seen(stay.mark, now)
            stay = replace(stay, seen=now)
    key = hmac.digest(plain.encode(), b"forms", "sha256").hex()
    return Session(person=person, key=key, begun=stay.begun, until=stay.until)


def sessions(app: App, person: Person) -> list[Stay]:
    """Where somebody is signed in now, the newest first."""
    now = app.clock()
    return [stay for stay in app.store.people.sessions(person.id) if now < stay.until]


def mark(app: App, token: str) -> str:
    """The mark by which the session of a token stands among the others."""
    return _digest(_unsigned(app, token))


def sign_out_elsewhere(app: App, person: Person, token: str) -> None:
    """End every session of somebody but that of a token."""
    app.store.people.end_others(person.id, mark(app, token))


def change_password(app: App, person: Person, before: str, after: str, address: str, device: str = "") -> str:
    """Change a password, end every session, and begin a new one: its token. Raises AskedWrongly."""
    _, kept = _checked(app, person.name, before, address, device)
    hidden = _hidden(after)
    app.store.people.change_password(person.id, kept, hidden)
    return _begin(app, person, hidden)


# --- who may come -----------------------------------------------------------------------------------


def is_new(app: App) -> bool:
    """Whether nobody may sign in yet."""
    return not app.store.people.all()


def everybody(app: App) -> list[Person]:
    """All who may sign in, by name."""
    return app.store.people.all()


def begin(app: App) -> str:
    """A secret that lets one organizer in, once, within the hour: for whoever runs commands on this machine.

    It gives somebody who is known already a new password. An earlier one holds no more.
    """
    secret = app.new_token()
    app.store.people.invite(_digest(secret), Role.ORGANIZER, "", app.clock(), SHOWN_LINK)
    return secret


def invite(app: App, person: Person, role: Role) -> str:
    """A secret by which `person` lets somebody in, once, within a week."""
    secret = app.new_token()
    app.store.people.invite(_digest(secret), role, person.name, app.clock(), SENT_LINK)
    return secret


def invited(app: App, secret: str) -> Role:
    """As what a secret lets somebody in; raises AskedWrongly if it was used or is too old."""
    if found := app.store.people.invited(_digest(secret), app.clock()):
        return found
    raise AskedWrongly(USED)


def accept(app: App, secret: str, name: str, password: str) -> tuple[Person, str]:
    """Let somebody in by a secret, and sign them in: who it is now, and the token. Raises AskedWrongly."""
    invited(app, secret)
    shown = in_a_row(name)
    if not shown or len(shown) > LONGEST_NAME or not shown.isprintable():
        raise AskedWrongly(f"Write a name of 1 to {LONGEST_NAME} letters.")
    hidden = _hidden(password)
    person = app.store.people.accept(_digest(secret), shown, _folded(shown), hidden, app.clock())
    if person is None:
        raise AskedWrongly(USED)
    return person, _begin(app, person, hidden)


def revoke(app: App, person: int) -> Person:
    """Take somebody (by id) off the list and sign them out; who it was. Raises AskedWrongly for the last organizer."""
    return app.store.people.remove(person)


# --- who did what -----------------------------------------------------------------------------------


def note(app: App, person: Person, deed: str, about: str) -> None:
    """Write into the list of deeds that somebody did something: ("skipped", "town, Monday 09:00")."""
    app.store.people.note(person.name, deed, about, app.clock())


def audit(app: App, count: int = 100, before: int | None = None, about: str | None = None) -> list[Deed]:
    """Who did what, the newest first: at most `count`, those before a deed (its id), those about one thing."""
    return app.store.people.deeds(count, before, about)


# --- passwords and tokens ---------------------------------------------------------------------------


def _checked(app: App, name: str, password: str, address: str, device: str) -> tuple[Person, str]:
    """Whose name and password these are, and the password as it is kept."""
    folded = _folded(name)
    by_name = _about(app, f"name {folded}")
    counted = {by_name: FREE_FOR_NAME, _about(app, f"address {_household(address)}"): FREE_FROM_ADDRESS}
    if _unsigned(app, device).endswith(f" {by_name}"):  # this browser alone: others' tries are not its own
        counted = {_about(app, f"device {device}"): FREE_FOR_NAME}
    # Counted before the password is looked at: of many tries at once only the free ones come that far.
    early = app.store.people.tried(counted, app.clock())
    if early:
        raise TooEarly(round(early.total_seconds()))
    found = app.store.people.find(folded)
    if not _is_right(found[1] if found else "", password) or found is None:
        raise AskedWrongly(WRONG)
    app.store.people.forgive(*counted)
    return found


def _begin(app: App, person: Person, kept: str) -> str:
    token = app.new_token()
    if not app.store.people.begin(_digest(token), person.id, kept, app.clock()):
        raise AskedWrongly(WRONG)
    return _signer(app).sign(token).decode()


def _hidden(password: str) -> str:
    """A new password as it is kept; AskedWrongly if it will not do."""
    composed = _composed(password)
    if not SHORTEST <= len(composed) <= LONGEST:
        raise AskedWrongly(
            f"A password needs {SHORTEST} to {LONGEST} letters or signs. Three or four words make a good one."
        )
    with AT_ONCE:
        return _hasher().hash(_bytes(composed))


def _is_right(kept: str, password: str) -> bool:
    """Whether a password is the one that is kept; where none is, finding out takes as long."""
    from argon2.exceptions import VerifyMismatchError

    hasher, composed = _hasher(), _composed(password)[: LONGEST + 1]
    with AT_ONCE:
        if not kept:
            hasher.hash(_bytes(composed))
            return False
        try:
            return hasher.verify(kept, _bytes(composed))
        except VerifyMismatchError:
            return False


def _hasher() -> "PasswordHasher":
    """Argon2id as it is to be at least, 19 MiB gone through twice, which a small machine bears, too.

    <https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id>
    """
    from argon2 import PasswordHasher

    return PasswordHasher(memory_cost=19 * 1024, time_cost=2, parallelism=1)


def _composed(password: str) -> str:
    """A password as every keyboard writes it: https://pages.nist.gov/800-63-4/sp800-63b.html."""
    return unicodedata.normalize("NFKC", password)


def _folded(name: str) -> str:
    """A name as it is compared."""
    return unicodedata.normalize("NFKC", in_a_row(name)).casefold()


def _digest(token: str) -> str:
    """What is kept of a token: one of 256 bits needs no salt."""
    return sha256(_bytes(token)).hexdigest()


def _household(address: str) -> str:
    """An address; of IPv6 the whole network, for one household has so many: https://www.rfc-editor.org/rfc/rfc6177."""
    try:
        return str(ip_network((address, 64), strict=False)) if ":" in address else address
    except ValueError:
        return address


def _about(app: App, what: str) -> str:
    """A name or an address in such a way that nobody can read it: people type passwords into the wrong field."""
    return hmac.digest(_key(app), _bytes(what), "sha256").hex()


def _signer(app: App) -> "Signer":
    from itsdangerous import Signer

    return Signer(_key(app), salt=b"desk", key_derivation="hmac", digest_method=sha256)


def _unsigned(app: App, token: str) -> str:
    """The token that we have signed; "" for any other."""
    from itsdangerous import BadSignature

    try:
        return _signer(app).unsign(token.encode()).decode()
    except (BadSignature, ValueError):
        return ""


def _bytes(text: str) -> bytes:
    return text.encode(errors="replace")  # halves of letters that no keyboard writes


def _key(app: App) -> bytes:
    from bot.store.vault import read_key

    return read_key(app.key_file)
