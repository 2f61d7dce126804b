"""Find what waits by channel too: a channel that stands still must not hide what waits on another."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"

WAITING = "CREATE INDEX deliveries_waiting ON deliveries ({columns}) WHERE state IN ('due', 'deferred')"


def upgrade() -> None:
    """Lay the index again with the channel in it."""
    op.execute("DROP INDEX deliveries_waiting")
    op.execute(WAITING.format(columns="creditor, priority, channel, due_at"))


def downgrade() -> None:
    """Lay it as it was."""
    op.execute("DROP INDEX deliveries_waiting")
    op.execute(WAITING.format(columns="creditor, priority, due_at"))
