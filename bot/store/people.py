"""What the ledger keeps of those who come to the desk; passwords and tokens only as digests."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, tuple_, update

from bot.core.person import AT_MOST, FORGOTTEN, IDLE, Deed, Person, Role, Stay, Tries, one_more, wait
from bot.core.problem import AskedWrongly
from bot.store.engine import inserting
from bot.store.tables import DEEDS, INVITATIONS, PEOPLE, SESSIONS, TRIES

# Whoever adds, takes away or changes somebody waits for others who do.
LOCK = "people"
_PERSON = (PEOPLE.c.id, PEOPLE.c.name, PEOPLE.c.role)


class People:
    """The people of a ledger. Every method is one transaction; `reading` and `writing` begin it."""

    def __init__(
        self,
        reading: Callable[[], AbstractContextManager[Connection]],
        writing: Callable[..., AbstractContextManager[Connection]],
    ) -> None:
        self._reading = reading
        self._writing = writing

    def all(self) -> list[Person]:
        """Everybody who may sign in, by name."""
        with self._reading() as connection:
            return [_person(row) for row in connection.execute(select(*_PERSON).order_by(PEOPLE.c.folded))]

    def find(self, folded: str) -> tuple[Person, str] | None:
        """Somebody by the name as it is compared, with the password as it is kept."""
        with self._reading() as connection:
            row = connection.execute(select(*_PERSON, PEOPLE.c.password).where(PEOPLE.c.folded == folded)).one_or_none()
        return (_person(row), row.password) if row else None

    def remove(self, person: int) -> Person:
        """Somebody may not sign in any more, nor whom they invited; who it was.

        Raises AskedWrongly if there is nobody of this id, or no other organizer.
        """
        with self._writing(LOCK) as connection:
            row = connection.execute(delete(PEOPLE).where(PEOPLE.c.id == person).returning(*_PERSON)).one_or_none()
            if row is None:
                raise AskedWrongly("This person was taken off the list already.")
            organizers = select(func.count()).where(PEOPLE.c.role == Role.ORGANIZER)
            if not connection.scalar(organizers):
                raise AskedWrongly("This is the only organizer. Invite another organizer first.")
            connection.execute(delete(SESSIONS).where(SESSIONS.c.person == person))
            connection.execute(delete(INVITATIONS).where(INVITATIONS.c.by == row.name))
        return _person(row)

    def change_password(self, person: int, before: str, after: str) -> None:
        """Put another password in the place of the one before, and sign them out everywhere.

        Raises AskedWrongly if it is another one already.
        """
        this = (PEOPLE.c.id == person, PEOPLE.c.password == before)
        with self._writing(LOCK) as connection:
            if not connection.execute(update(PEOPLE).where(*this).values(password=after)).rowcount:
                raise AskedWrongly("The password was changed meanwhile, somewhere else.")
            connection.execute(delete(SESSIONS).where(SESSIONS.c.person == person))

    # Invitations

    def invite(self, secret: str, role: Role, by: str, now: datetime, lasting: timedelta) -> None:
        """Keep an invitation; of those that nobody sent (`by` ""), the newest alone holds."""
        gone = or_(INVITATIONS.c.until <= now, INVITATIONS.c.by == "") if not by else INVITATIONS.c.until <= now
        with self._writing(LOCK) as connection:
            connection.execute(delete(INVITATIONS).where(gone))
            connection.execute(insert(INVITATIONS).values(secret=secret, role=role, by=by, until=now + lasting))

    def invited(self, secret: str, now: datetime) -> Role | None:
        """As what an invitation lets somebody in; None if it was used or is too old."""
        this = (INVITATIONS.c.secret == secret, INVITATIONS.c.until > now)
        with self._reading() as connection:
            role = connection.scalar(select(INVITATIONS.c.role).where(*this))
        return Role(role) if role else None

    def accept(self, secret: str, name: str, folded: str, password: str, now: datetime) -> Person | None:
        """Let somebody in by an invitation, and use it up; None if that was done, or it is too old.

        One that nobody sent gives the person of this name, if there is one, a new password. Raises
        AskedWrongly, with nothing changed, if another invitation is used with a name that is taken.
        """
        this = (INVITATIONS.c.secret == secret, INVITATIONS.c.until > now)
        with self._writing(LOCK) as connection:
            used = connection.execute(delete(INVITATIONS).where(*this).returning(INVITATIONS)).one_or_none()
            if used is None:
                return None
            same = connection.execute(select(*_PERSON).where(PEOPLE.c.folded == folded)).one_or_none()
            if same and used.by:
                raise AskedWrongly("Somebody has this name already. Choose another one.")
            values = {"name": name, "folded": folded, "role": used.role, "password": password}
            if same is None:
                written = insert(PEOPLE).values(**values, since=now).returning(*_PERSON)
                return _person(connection.execute(written).one())
            connection.execute(delete(SESSIONS).where(SESSIONS.c.person == same.id))
            connection.execute(update(INVITATIONS).where(INVITATIONS.c.by == same.name).values(by=name))
            changed = update(PEOPLE).where(PEOPLE.c.id == same.id).values(**values).returning(*_PERSON)
            return _person(connection.execute(changed).one())

    # Sessions

    def begin(self, token: str, person: int, password: str, now: datetime) -> bool:
        """Let a session begin, unless the person has another password by now, or is gone."""
        this = (PEOPLE.c.id == person, PEOPLE.c.password == password)
        with self._writing(LOCK) as connection:
            old = or_(SESSIONS.c.seen <= now - IDLE, SESSIONS.c.begun <= now - AT_MOST)
            connection.execute(delete(SESSIONS).where(old))
            if connection.scalar(select(PEOPLE.c.id).where(*this)) is None:
                return False
            connection.execute(insert(SESSIONS).values(token=token, person=person, begun=now, seen=now))
        return True

    def session(self, token: str) -> tuple[Person, Stay] | None:
        """Who is signed in with a token, and since when; it may have ended."""
        query = select(*_PERSON, SESSIONS).join(PEOPLE, PEOPLE.c.id == SESSIONS.c.person)
        with self._reading() as connection:
            row = connection.execute(query.where(SESSIONS.c.token == token)).one_or_none()
        return (_person(row), _stay(row)) if row else None

    def sessions(self, person: int) -> list[Stay]:
        """Where somebody is signed in, the newest first; some may have ended."""
        query = select(SESSIONS).where(SESSIONS.c.person == person).order_by(SESSIONS.c.begun.desc(), SESSIONS.c.token)
        with self._reading() as connection:
            return [_stay(row) for row in connection.execute(query)]

    def seen(self, token: str, now: datetime) -> None:
        """Somebody came again."""
        with self._writing(lasting=False) as connection:
            connection.execute(update(SESSIONS).where(SESSIONS.c.token == token).values(seen=now))

    def end(self, token: str) -> None:
        """End a session."""
        with self._writing() as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.token == token))

    def end_others(self, person: int, token: str) -> None:
        """End every session of somebody but this one."""
        with self._writing() as connection:
            others = (SESSIONS.c.person == person, SESSIONS.c.token != token)
            connection.execute(delete(SESSIONS).where(*others))

    # Tries

    def tried(self, free: Mapping[str, int], now: datetime) -> timedelta:
        """Count one more try of a password about each of these, `free` so many times without waiting.

        If it is too early for one, nothing is counted, and this is how long to wait.
        """
        with self._writing(*free) as connection:
            connection.execute(delete(TRIES).where(TRIES.c.last <= now - FORGOTTEN))
            rows = connection.execute(select(TRIES).where(TRIES.c.about.in_(free)))
            known = {row.about: Tries(count=row._mapping[TRIES.c.count], last=row.last) for row in rows}
            if early := max(wait(known.get(about), many, now) for about, many in free.items()):
                return early
            for about in free:
                _count(connection, about, one_more(known.get(about), now))
        return timedelta()

    def forgive(self, name: str, address: str = "") -> None:
        """The password was right: the name, or the device, is free again, and for the address this was no try."""
        with self._writing(name, address) as connection:
            connection.execute(delete(TRIES).where(TRIES.c.about == name))
            connection.execute(update(TRIES).where(TRIES.c.about == address).values(count=TRIES.c.count - 1))

    # Deeds

    def note(self, person: str, deed: str, about: str, now: datetime) -> None:
        """Keep that somebody did something."""
        with self._writing() as connection:
            connection.execute(insert(DEEDS).values(at=now, person=person, deed=deed, about=about))

    def deeds(self, count: int, before: int | None = None, about: str | None = None) -> list[Deed]:
        """Who did what, the newest first: at most `count`, those before a deed (its id), those about one thing."""
        place = tuple_(DEEDS.c.at, DEEDS.c.id)
        query = select(DEEDS).order_by(DEEDS.c.at.desc(), DEEDS.c.id.desc()).limit(count)
        if before is not None:
            query = query.where(place < select(DEEDS.c.at, DEEDS.c.id).where(DEEDS.c.id == before).scalar_subquery())
        if about is not None:
            query = query.where(DEEDS.c.about == about)
        with self._reading() as connection:
            return [Deed(**row._mapping) for row in connection.execute(query)]


def _count(connection: Connection, about: str, tries: Tries) -> None:
    values = {"count": tries.count, "last": tries.last}
    written = inserting(connection.dialect.name, TRIES).values(about=about, **values)
    connection.execute(written.on_conflict_do_update(index_elements=["about"], set_=values))


def _person(row: Any) -> Person:
    return Person(id=row.id, name=row.name, role=Role(row.role))


def _stay(row: Any) -> Stay:
    return Stay(mark=row.token, begun=row.begun, seen=row.seen)
