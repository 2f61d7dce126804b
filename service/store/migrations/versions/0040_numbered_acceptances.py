"""Number acceptances, attempts and choices with what is recorded of borrowers: whether somebody answered
since a notice was accepted, or after something was chosen, is a question of which came first, and no clock of
a machine decides it.

Of notices that are there those get a number whose cascade may go on: that of the last event that their
borrower had by then. Attempts and choices that are there have none, and are held against others by their
instants."""

from __future__ import annotations

from alembic import op

revision = "0040"
down_revision = "0039"

TABLES = ("notices", "attempts", "choices")


def upgrade() -> None:
    """Add the columns; of the rows that are there cascades that are not over yet are written anew."""
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ADD COLUMN recorded bigint")
        op.execute(f"ALTER TABLE {table} ALTER COLUMN recorded SET DEFAULT nextval('recordings')")
    op.execute(
        """
UPDATE notices n SET recorded = COALESCE((SELECT max(e.recorded) FROM events e
    WHERE e.borrower_id = n.borrower_id AND e.learned_at <= n.accepted_at), 0)
WHERE n.fan_out <> 'all' AND n.expires_at > now()
"""
    )


def downgrade() -> None:
    """Drop them."""
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} DROP COLUMN recorded")
