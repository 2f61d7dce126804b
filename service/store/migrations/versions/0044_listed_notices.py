"""Keep the planner from the indexes of the lists of notices, but for the lists, as from those of deliveries.

The one by number alone stays as it is: hardly two notices share one, so that it is as good as a key. In a
step of its own, since whoever holds two tables locked meets a worker that takes them the other way round."""

from __future__ import annotations

from alembic import op

revision = "0044"
down_revision = "0043"

BEFORE = {
    "notices_by_creditor": "(creditor, notice_no)",
    "notices_by_category": "(category, notice_no)",
    "notices_by_template": "(template, notice_no)",
}
AFTER = {
    "notices_listed_by_creditor": "(creditor, notice_no) WHERE (notice_no & 0) <> 1",
    "notices_listed_by_category": "(category, notice_no) WHERE (notice_no & 0) <> 2",
    "notices_listed_by_template": "(template, notice_no) WHERE (notice_no & 0) <> 3",
}


def _replace(old: dict[str, str], new: dict[str, str]) -> None:
    op.execute("LOCK TABLE notices IN ACCESS EXCLUSIVE MODE")
    for name in old:  # one at a time, as Citus wants it
        op.execute(f"DROP INDEX {name}")
    for name, what in new.items():
        op.execute(f"CREATE INDEX {name} ON notices {what}")


def upgrade() -> None:
    """Build them anew, under names of their own."""
    _replace(BEFORE, AFTER)


def downgrade() -> None:
    """As they were."""
    _replace(AFTER, BEFORE)
