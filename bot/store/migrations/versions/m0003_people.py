"""The people of the desk: who they are, where they are signed in, who is invited, and who did what."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "people",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("folded", sa.String, nullable=False, unique=True),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("password", sa.String, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("token", sa.String, primary_key=True),
        sa.Column("person", sa.Integer, nullable=False),
        sa.Column("begun", INSTANT, nullable=False),
        sa.Column("seen", INSTANT, nullable=False),
    )
    op.create_index("sessions_of", "sessions", ["person"])
    op.create_table(
        "invitations",
        sa.Column("secret", sa.String, primary_key=True),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
    )
    op.create_table(
        "tries",
        sa.Column("about", sa.String, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("last", INSTANT, nullable=False),
    )
    op.create_table(
        "deeds",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("deed", sa.String, nullable=False),
        sa.Column("about", sa.String, nullable=False),
    )
    op.create_index("deeds_in_order", "deeds", ["at", "id"])
    op.create_index("deeds_about", "deeds", ["about", "at", "id"])
