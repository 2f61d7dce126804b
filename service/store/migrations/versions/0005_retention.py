"""Lay retention: legal holds on borrowers, and until when the rows of an erased one are kept; and the log's
order by number.

Reading the log newest first, and counting what is not sealed, goes along the entries' numbers."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"

UP = (
    """
ALTER TABLE borrowers
    ADD COLUMN held_at timestamptz,
    ADD COLUMN held_by text,
    ADD COLUMN held_because text,
    ADD COLUMN keep_until timestamptz,
    ADD COLUMN kept jsonb
""",
    "CREATE INDEX borrowers_held ON borrowers (held_at) WHERE held_at IS NOT NULL",
    "CREATE INDEX log_entries_by_number ON log_entries (entry_id)",
    "ALTER TABLE log_checkpoints ADD COLUMN moved boolean NOT NULL DEFAULT false",
)
DOWN = (
    "ALTER TABLE log_checkpoints DROP COLUMN moved",
    "DROP INDEX log_entries_by_number",
    "DROP INDEX borrowers_held",
    (
        "ALTER TABLE borrowers DROP COLUMN held_at, DROP COLUMN held_by, DROP COLUMN held_because, "
        "DROP COLUMN keep_until, DROP COLUMN kept"
    ),
)


def upgrade() -> None:
    """Add the columns and the indexes."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    for statement in DOWN:
        op.execute(statement)
