"""Keep the planner from the indexes of the lists of deliveries, but for the lists.

They hold every row and have the notice's number behind what they go by. With statistics that were taken
while a table was nearly empty, or while its rows were not committed yet, a claim, a mark or a settlement
found each delivery along the whole of them; with those of a quiet time what gives back or cancels read all
that was being sent. Their predicate is true of every row, and only the lists say it (`listed` in
service/store/partial.py).

A process of the release before goes on, and its lists by state and by change read along the key until it is
replaced. The table is locked at once: from a weaker lock to a stronger one is a deadlock with whoever has it
open, and a vacuum holds the index while it waits for the table."""

from __future__ import annotations

from alembic import op

revision = "0043"
down_revision = "0042"

BEFORE = {
    "deliveries_by_state": "(state, channel, notice_no)",
    "deliveries_by_change": "(updated_at, notice_no)",
}
AFTER = {
    "deliveries_listed_by_state": "(state, channel, notice_no) WHERE (notice_no & 0) <> 4",
    "deliveries_listed_by_change": "(updated_at, notice_no) WHERE (notice_no & 0) <> 5",
}


def _replace(old: dict[str, str], new: dict[str, str]) -> None:
    op.execute("LOCK TABLE deliveries IN ACCESS EXCLUSIVE MODE")
    for name in old:  # one at a time, as Citus wants it
        op.execute(f"DROP INDEX {name}")
    for name, what in new.items():
        op.execute(f"CREATE INDEX {name} ON deliveries {what}")


def upgrade() -> None:
    """Build them anew, under names of their own."""
    _replace(BEFORE, AFTER)


def downgrade() -> None:
    """As they were."""
    _replace(AFTER, BEFORE)
