"""Lay what workers tell each other about a provider: how many hand-overs at a time each may have under
way."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"

UP = """
CREATE TABLE worker_shares (
    lane text NOT NULL,
    worker uuid NOT NULL,
    -- Never less than what the worker has under way.
    held integer NOT NULL CHECK (held >= 0),
    joined_at timestamptz NOT NULL,
    beat_at timestamptz NOT NULL,
    -- Since when its beats come without a gap.
    steady_since timestamptz NOT NULL,
    PRIMARY KEY (lane, worker)
)
"""


def upgrade() -> None:
    """Create the table."""
    op.execute(UP)


def downgrade() -> None:
    """Drop it."""
    op.execute("DROP TABLE worker_shares")
