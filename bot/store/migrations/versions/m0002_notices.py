"""Notices, looks at accounts; sums and indexes by which no old delivery is read in vain."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

INSTANT = sa.DateTime(timezone=True)
INDEXES = {
    "by_state": ["state", "at"],
    "by_network": ["network", "at"],
    "receipts": ["network", "receipt_id"],
    "names": ["network", "identity", "account"],
    "by_account": ["account", "at"],
    "what_was_said": ["account", "campaign", "post", "wording", "state", "share", "at"],
}
SUMS = """
    INSERT INTO tallies (account, campaign, post, wording, count, share, last)
    SELECT account, campaign, post, wording, count(*), max(share), max(at) FROM deliveries
    WHERE state IN ('sending', 'sent', 'uncertain') GROUP BY account, campaign, post, wording
"""
BARS = """
    INSERT INTO barred (network, campaign, post, digest)
    SELECT DISTINCT network, campaign, post, digest FROM deliveries WHERE state = 'refused'
"""


def upgrade() -> None:
    """Make them; what has happened already is not told once more."""
    op.add_column("deliveries", sa.Column("said", INSTANT))
    op.drop_index("ix_deliveries_state", "deliveries")
    for name, columns in INDEXES.items():
        op.create_index(name, "deliveries", columns)
    op.create_table(
        "tallies",
        *(sa.Column(name, sa.String, primary_key=True) for name in ("account", "campaign", "post")),
        sa.Column("wording", sa.Integer, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("share", sa.Integer, nullable=False),
        sa.Column("last", INSTANT, nullable=False),
    )
    op.execute(SUMS)
    op.create_table(
        "barred",
        *(sa.Column(name, sa.String, primary_key=True) for name in ("network", "campaign", "post", "digest")),
    )
    op.execute(BARS)
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
        sa.Column("identity", sa.String, nullable=False),
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
