"""Answer every filter of the list of notices along an index: by creditor, category and template, by state,
and by the last change."""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"

UP = (
    "CREATE INDEX notices_by_creditor ON notices (creditor, notice_no)",
    "CREATE INDEX notices_by_category ON notices (category, notice_no)",
    "CREATE INDEX notices_by_template ON notices (template, notice_no)",
    "CREATE INDEX notices_cancelled ON notices (cancelled_at) WHERE cancelled_at IS NOT NULL",
    "CREATE INDEX deliveries_by_state ON deliveries (state, channel, notice_no)",
    "CREATE INDEX deliveries_by_change ON deliveries (updated_at, notice_no)",
)
DOWN = (
    "DROP INDEX notices_by_creditor, notices_by_category, notices_by_template, notices_cancelled",
    "DROP INDEX deliveries_by_state, deliveries_by_change",
)


def upgrade() -> None:
    """Build the indexes."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    for statement in DOWN:
        op.execute(statement)
