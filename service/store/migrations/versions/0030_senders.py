"""Let a creditor's profile name the accounts that its messages leave by."""

from __future__ import annotations

from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Add the column, by channel; NULL is the deployment's own account on each."""
    op.execute("ALTER TABLE creditors ADD COLUMN senders jsonb")


def downgrade() -> None:
    """Drop it."""
    op.execute("ALTER TABLE creditors DROP COLUMN senders")
