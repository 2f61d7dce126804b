"""Set events aside of which a borrower has many of a type, each noted by what it is found by.

`aside`: only those look at it who ask for what it is found by (`found_by`). `stands`: for what one stands of
which more would have to be looked at. Processes of an earlier release know none of it and look at everything.
The index takes the place of the one by ranks."""

from __future__ import annotations

from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    """Add the columns and what finds events by them; nothing is written anew."""
    op.execute(
        "ALTER TABLE events ADD COLUMN aside boolean NOT NULL DEFAULT false, ADD COLUMN found_by uuid[], "
        "ADD COLUMN stands jsonb"
    )
    op.execute("CREATE INDEX events_aside ON events (borrower_id, aside, outranked, type)")
    op.execute("DROP INDEX events_outranked")
    op.execute(
        "CREATE INDEX events_found_by ON events USING gin (found_by) WITH (fastupdate = off) "
        "WHERE found_by IS NOT NULL"
    )
    op.execute("CREATE INDEX events_standing ON events (borrower_id) WHERE stands IS NOT NULL")


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP INDEX events_standing, events_found_by")
    op.execute("CREATE INDEX events_outranked ON events (borrower_id, outranked, type)")
    op.execute("DROP INDEX events_aside")
    op.execute("ALTER TABLE events DROP COLUMN aside, DROP COLUMN found_by, DROP COLUMN stands")
