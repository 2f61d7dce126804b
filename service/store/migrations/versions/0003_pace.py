"""Lay what workers share about pace: bookings of a provider's rate, and how punctual hand-overs were."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

UP = (
    # One row for each provider and channel: until when its rate is booked.
    "CREATE TABLE rates (name text PRIMARY KEY, booked_until timestamptz NOT NULL)",
    # How many hand-overs began within the promised time of being due, by channel and hour.
    """
CREATE TABLE punctuality (
    channel text NOT NULL,
    hour timestamptz NOT NULL,
    kept bigint NOT NULL,
    missed bigint NOT NULL,
    PRIMARY KEY (channel, hour)
)
""",
)


def upgrade() -> None:
    """Create the tables."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP TABLE rates, punctuality")
