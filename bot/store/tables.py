"""The tables of the ledger. Alembic's migrations make them; a test holds both together."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

from bot.core import timetable

METADATA = MetaData()


class Instant(TypeDecorator[datetime]):
    """An instant in UTC. SQLite drops offsets, so one without is refused on the way in."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """A text. Signs that no database keeps alike (NUL, halves of surrogate pairs) become U+FFFD."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value if value is None else tidied(value)


class Told(TypeDecorator[Any]):
    """A value of texts, lists and mappings, as JSON, every text in it like `Words`."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return tidied(value)


_UNKEEPABLE = re.compile("[\0\ud800-\udfff]")


def tidied(value: Any) -> Any:
    """The same value with every text in it as both databases can keep it."""
    if isinstance(value, str):
        return _UNKEEPABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {name: tidied(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [tidied(one) for one in value]
    return value


# So much later than its slot's time nothing was said, by whatever clock.
LATEST = timetable.LATEST + timedelta(days=1)
DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("id", Integer, primary_key=True),
    # The key: it never changes, and no two deliveries share one.
    Column("network", Words, nullable=False),
    Column("identity", Words, nullable=False),
    Column("campaign", Words, nullable=False),
    Column("day", Date, nullable=False),
    Column("clock", Words, nullable=False),
    Column("account", Words, nullable=False),
    Column("at", Instant, nullable=False, index=True),
    Column("late", Float, nullable=False),  # seconds
    Column("state", Words, nullable=False),
    Column("post", Words, nullable=False),
    Column("digest", Words, nullable=False),
    Column("wording", Integer, nullable=False),
    Column("variant", Told),
    Column("share", Integer, nullable=False),
    Column("sameness", Words, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("not_before", Instant),
    Column("said", Instant),
    Column("payload", JSON),  # exactly as it goes over the wire
    Column("receipt_id", Words, nullable=False),
    Column("receipt_url", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("approval", Integer, nullable=False),
    Column("tags", Told, nullable=False),
    UniqueConstraint("network", "identity", "campaign", "day", "clock", name="one_delivery_a_slot"),
    Index("by_state", "state", "at"),
    Index("by_network", "network", "at"),
    Index("receipts", "network", "receipt_id"),
    Index("names", "network", "identity", "account"),
    Index("by_account", "account", "at"),
    Index("what_was_said", "account", "campaign", "post", "wording", "state", "share", "at"),
)

# The sums over all that an account has said or may have said, by wording; `last` is the newest slot.
TALLIES = Table(
    "tallies",
    METADATA,
    *(Column(name, Words, primary_key=True) for name in ("account", "campaign", "post")),
    Column("wording", Integer, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("share", Integer, nullable=False),
    Column("last", Instant, nullable=False),
)

# What a network has refused, by the digest of its files: it is not said there again.
BARRED = Table(
    "barred",
    METADATA,
    *(Column(name, Words, primary_key=True) for name in ("network", "campaign", "post", "digest")),
)

# One worker at a time speaks for an account; `fence` rises with each, and every write names it.
# In seconds; one that lasts longer is of a clock that was ahead.
LONGEST_LEASE = 600.0
LEASES = Table(
    "leases",
    METADATA,
    Column("account", Words, primary_key=True),
    Column("owner", Words, nullable=False),
    Column("until", Float, nullable=False),  # seconds since 1970, by the database's clock
    Column("fence", Integer, nullable=False),
)

# Up to when the slots of each row of the timetable stand in the ledger.
SIGHTINGS = Table(
    "sightings",
    METADATA,
    Column("name", Words, primary_key=True),
    Column("until", Instant, nullable=False),
)

APPROVALS = Table(
    "approvals",
    METADATA,
    Column("words", Words, primary_key=True),  # a digest of exact words
    Column("at", Instant, nullable=False),
)

PAUSES = Table(
    "pauses",
    METADATA,
    Column("campaign", Words, primary_key=True),  # "" for all
    Column("at", Instant, nullable=False),
)

# Accounts whose coming week somebody has seen and let begin.
STARTS = Table(
    "starts",
    METADATA,
    Column("account", Words, primary_key=True),
    Column("at", Instant, nullable=False),
)

# What networks remember of accounts, and secrets that people typed: each value encrypted.
MEMORIES = Table(
    "memories",
    METADATA,
    Column("account", Words, primary_key=True),
    Column("name", Words, primary_key=True),
    Column("value", Words, nullable=False),
)

# What a person is to be told, once each, together with others that come at the same time.
NOTICES = Table(
    "notices",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("account", Words, nullable=False),
    Column("delivery", Integer),  # its id, where it is about one
    Column("kind", Words, nullable=False),  # the delivery's state, or what else it is about
    Column("words", Words, nullable=False),
    Column("told", Instant),  # when it went out
    Column("trouble", Words, nullable=False),  # why it could not
    Index("untold", "told", "id"),
)

# What is known of each account from looking at its network.
LOOKS = Table(
    "looks",
    METADATA,
    Column("account", Words, primary_key=True),
    Column("at", Instant),  # when it was last found in order
    Column("again", Instant),  # not to be looked at before
    Column("identity", Words, nullable=False),  # its lasting id, as long as nobody connects another
    Column("newest", Words, nullable=False),  # the id of its newest post that we know of
    Column("trouble", Words, nullable=False),  # why a person must connect it again
)

# What does not work on the way to people: addresses of notices, and the heartbeat; named without their secrets.
TROUBLES = Table(
    "troubles",
    METADATA,
    Column("name", Words, primary_key=True),
    Column("words", Words, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("again", Instant),  # not to be tried before
)

# Who may sign in to the desk. `folded`: the name as it is compared; `password`: as argon2 keeps it.
PEOPLE = Table(
    "people",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", Words, nullable=False),
    Column("folded", Words, nullable=False, unique=True),
    Column("role", Words, nullable=False),
    Column("password", Words, nullable=False),
    Column("since", Instant, nullable=False),
)

# Where people are signed in, by a digest of what their browser holds.
SESSIONS = Table(
    "sessions",
    METADATA,
    Column("token", Words, primary_key=True),
    Column("person", Integer, nullable=False),
    Column("begun", Instant, nullable=False),
    Column("seen", Instant, nullable=False),
    Index("sessions_of", "person"),
)

# Links that let somebody in once, by a digest of what makes each unique.
INVITATIONS = Table(
    "invitations",
    METADATA,
    Column("secret", Words, primary_key=True),
    Column("role", Words, nullable=False),
    Column("by", Words, nullable=False),  # a person's name; "" for whoever runs commands on the machine
    Column("until", Instant, nullable=False),
)

# How often a password was tried, by a digest of the name or the address.
TRIES = Table(
    "tries",
    METADATA,
    Column("about", Words, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("last", Instant, nullable=False),
)

# Who did what at the desk.
DEEDS = Table(
    "deeds",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("person", Words, nullable=False),
    Column("deed", Words, nullable=False),
    Column("about", Words, nullable=False),
    Index("deeds_in_order", "at", "id"),
    Index("deeds_about", "about", "at", "id"),
)

# Who runs the engine, by the name of the process, and when each last looked.
WORKERS = Table(
    "workers",
    METADATA,
    Column("name", Words, primary_key=True),
    Column("at", Instant, nullable=False),
)
