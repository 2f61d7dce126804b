"""Let what a provider took be settled where its row stands (HOT).

The guard of one open attempt had the state in its predicate, so that each settlement wrote all indexes of the
attempts anew, though what it guards does not change: an attempt that is accepted is as open as one that is
being sent. It rests on a column now that changes when an attempt closes. When a provider is to be asked is
known at the mark; a settlement leaves it. Half of a page is left free, so that a whole batch of settlements
finds room beside what it settles.

Entries of the log whose detail is longer than two kilobytes were compressed in vain, being encrypted, and put
into a table of their own: they stay in their row now, as the short ones do."""

from __future__ import annotations

from alembic import op

revision = "0036"
down_revision = "0035"

OPEN = "('reserved', 'dialing', 'accepted', 'held_by_provider', 'unknown')"
GUARD = (
    "CREATE UNIQUE INDEX attempts_one_open ON attempts (borrower_id, notice_no, channel) WHERE {predicate}"
)


def upgrade() -> None:
    """Writes the attempts anew, once; those that are there stay as close together as they were."""
    op.execute(
        "ALTER TABLE attempts ADD COLUMN is_open boolean NOT NULL "
        f"GENERATED ALWAYS AS (state IN {OPEN}) STORED"
    )
    op.execute("DROP INDEX attempts_one_open")
    op.execute(GUARD.format(predicate="is_open"))
    op.execute("ALTER TABLE attempts SET (fillfactor = 50)")
    op.execute("ALTER TABLE log_entries SET (toast_tuple_target = 8160)")


def downgrade() -> None:
    """As it was."""
    op.execute("ALTER TABLE log_entries RESET (toast_tuple_target)")
    op.execute("ALTER TABLE attempts SET (fillfactor = 80)")
    op.execute("DROP INDEX attempts_one_open")
    op.execute(GUARD.format(predicate=f"(state || '') IN {OPEN}"))
    op.execute("ALTER TABLE attempts DROP COLUMN is_open")
