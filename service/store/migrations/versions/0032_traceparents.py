"""Keep how a notice's acceptance and an attempt's decision are linked to, where they were traced."""

from __future__ import annotations

from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Add the columns; nothing of what is there was traced."""
    op.execute("ALTER TABLE notices ADD COLUMN traceparent text")
    op.execute("ALTER TABLE attempts ADD COLUMN traceparent text")


def downgrade() -> None:
    """Drop them."""
    op.execute("ALTER TABLE attempts DROP COLUMN traceparent")
    op.execute("ALTER TABLE notices DROP COLUMN traceparent")
