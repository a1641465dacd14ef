"""Notices, looks at accounts, and indexes by which no old delivery is read in vain."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

INSTANT = sa.DateTime(timezone=True)
INDEXES = {
    "by_state": ["state", "at"],
    "receipts": ["network", "receipt_id"],
    "names": ["network", "identity", "account"],
    "what_was_said": ["account", "state", "campaign", "post", "wording", "share", "at"],
}


def upgrade() -> None:
    """Make them; what has happened already is not told once more."""
    op.add_column("deliveries", sa.Column("said", INSTANT))
    op.drop_index("ix_deliveries_state", "deliveries")
    for name, columns in INDEXES.items():
        op.create_index(name, "deliveries", columns)
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("delivery", sa.Integer),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("words", sa.String, nullable=False),
        sa.Column("told", INSTANT),
        sa.Column("trouble", sa.String, nullable=False),
    )
    op.create_index("untold", "notices", ["told", "id"])
    op.create_table(
        "looks",
        sa.Column("account", sa.String, primary_key=True),
        sa.Column("at", INSTANT),
        sa.Column("again", INSTANT),
        sa.Column("newest", sa.String, nullable=False),
        sa.Column("trouble", sa.String, nullable=False),
    )
    op.create_table(
        "troubles",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("words", sa.String, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("again", INSTANT),
    )
