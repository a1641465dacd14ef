"""The first tables: deliveries, leases, sightings, approvals, pauses, starts, memories."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer, primary_key=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("network", "identity", "campaign")),
        sa.Column("day", sa.Date, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("clock", "account")),
        sa.Column("at", INSTANT, nullable=False, index=True),
        sa.Column("late", sa.Float, nullable=False),
        sa.Column("state", sa.String, nullable=False, index=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("post", "digest")),
        sa.Column("wording", sa.Integer, nullable=False),
        sa.Column("variant", sa.JSON),
        sa.Column("share", sa.Integer, nullable=False),
        sa.Column("sameness", sa.String, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("not_before", INSTANT),
        sa.Column("payload", sa.JSON),
        *(sa.Column(name, sa.String, nullable=False) for name in ("receipt_id", "receipt_url", "reason")),
        sa.Column("approval", sa.Integer, nullable=False),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.UniqueConstraint("network", "identity", "campaign", "day", "clock", name="one_delivery_a_slot"),
    )
    op.create_table(
        "leases",
        sa.Column("account", sa.String, primary_key=True),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("until", sa.Float, nullable=False),
        sa.Column("fence", sa.Integer, nullable=False),
    )
    op.create_table(
        "sightings",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("until", INSTANT, nullable=False),
    )
    for table, key in (("approvals", "words"), ("pauses", "campaign"), ("starts", "account")):
        op.create_table(
            table,
            sa.Column(key, sa.String, primary_key=True),
            sa.Column("at", INSTANT, nullable=False),
        )
    op.create_table(
        "memories",
        sa.Column("account", sa.String, primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.String, nullable=False),
    )
