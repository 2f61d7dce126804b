"""Find a borrower's attempts by their key alone: an index by time besides is written three times for each,
and read by nobody."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Drop the index."""
    op.execute("DROP INDEX attempts_by_time")


def downgrade() -> None:
    """Lay it again."""
    op.execute("CREATE INDEX attempts_by_time ON attempts (borrower_id, at)")
