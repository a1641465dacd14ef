"""The tables of the ledger. Alembic's migrations make them; a test holds both together."""

from datetime import UTC, datetime

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


DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("id", Integer, primary_key=True),
    # The key: it never changes, and no two deliveries share one.
    Column("network", String, nullable=False),
    Column("identity", String, nullable=False),
    Column("campaign", String, nullable=False),
    Column("day", Date, nullable=False),
    Column("clock", String, nullable=False),
    Column("account", String, nullable=False),
    Column("at", Instant, nullable=False, index=True),
    Column("late", Float, nullable=False),  # seconds
    Column("state", String, nullable=False, index=True),
    Column("post", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("wording", Integer, nullable=False),
    Column("variant", JSON),
    Column("share", Integer, nullable=False),
    Column("sameness", String, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("not_before", Instant),
    Column("said", Instant),
    Column("payload", JSON),
    Column("receipt_id", String, nullable=False),
    Column("receipt_url", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("approval", Integer, nullable=False),
    Column("tags", JSON, nullable=False),
    UniqueConstraint("network", "identity", "campaign", "day", "clock", name="one_delivery_a_slot"),
    # All that rotation asks of an account's past stands in this index, however long that past is.
    Index("what_was_said", "account", "state", "campaign", "post", "wording", "share", "at"),
)

# One worker at a time speaks for an account; `fence` rises with each, and every write names it.
LEASES = Table(
    "leases",
    METADATA,
    Column("account", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("until", Float, nullable=False),  # seconds since 1970, by the database's clock
    Column("fence", Integer, nullable=False),
)

# Up to when the slots of each row of the timetable stand in the ledger.
SIGHTINGS = Table(
    "sightings",
    METADATA,
    Column("name", String, primary_key=True),
    Column("until", Instant, nullable=False),
)

APPROVALS = Table(
    "approvals",
    METADATA,
    Column("words", String, primary_key=True),  # a digest of exact words
    Column("at", Instant, nullable=False),
)

PAUSES = Table(
    "pauses",
    METADATA,
    Column("campaign", String, primary_key=True),  # "" for all
    Column("at", Instant, nullable=False),
)

# Accounts whose coming week somebody has seen and let begin.
STARTS = Table(
    "starts",
    METADATA,
    Column("account", String, primary_key=True),
    Column("at", Instant, nullable=False),
)

# What networks remember of accounts, and secrets that people typed: each value encrypted.
MEMORIES = Table(
    "memories",
    METADATA,
    Column("account", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)

# What a person is to be told, once each, together with others that come at the same time.
NOTICES = Table(
    "notices",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("account", String, nullable=False),
    Column("delivery", Integer),  # its id, where it is about one
    Column("kind", String, nullable=False),  # the delivery's state, or what else it is about
    Column("words", String, nullable=False),
    Column("told", Instant),  # when it went out
    Column("trouble", String, nullable=False),  # why it could not
    Index("untold", "told", "id"),
)

# What is known of each account from looking at its network.
LOOKS = Table(
    "looks",
    METADATA,
    Column("account", String, primary_key=True),
    Column("at", Instant),  # when it was last found in order
    Column("again", Instant),  # not to be looked at before
    Column("newest", String, nullable=False),  # the id of its newest post that we know of
    Column("trouble", String, nullable=False),  # why a person must connect it again
)

# What does not work on the way to people: addresses of notices, and the heartbeat; named without their secrets.
TROUBLES = Table(
    "troubles",
    METADATA,
    Column("name", String, primary_key=True),
    Column("words", String, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("again", Instant),  # not to be tried before
)
