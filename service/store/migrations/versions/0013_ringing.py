"""Keep of each receipt whether the phone rang, and what the end of a call amounts to if it did; find the
calls of a number."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the columns, and an index of calls alone: other attempts are not in it and cost nothing more."""
    op.execute(
        "ALTER TABLE receipts ADD COLUMN rang boolean NOT NULL DEFAULT false, ADD COLUMN outcome_if_rang text"
    )
    op.execute(
        "CREATE INDEX calls_by_number ON attempts (address_digest, reserved_at) WHERE channel = 'voice'"
    )


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP INDEX calls_by_number")
    op.execute("ALTER TABLE receipts DROP COLUMN rang, DROP COLUMN outcome_if_rang")
