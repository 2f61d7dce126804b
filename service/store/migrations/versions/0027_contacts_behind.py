"""Note of contacts how many alike came later: a decision about a borrower with thousands of them looks at the
latest."""

from __future__ import annotations

from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Add the column."""
    op.execute("ALTER TABLE events ADD COLUMN behind smallint NOT NULL DEFAULT 0")


def downgrade() -> None:
    """Drop it."""
    op.execute("ALTER TABLE events DROP COLUMN behind")
