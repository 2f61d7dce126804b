"""Note which events only repeat others: a decision about a borrower with thousands of them looks at a few."""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Add the column."""
    op.execute("ALTER TABLE events ADD COLUMN repeated boolean NOT NULL DEFAULT false")


def downgrade() -> None:
    """Drop it."""
    op.execute("ALTER TABLE events DROP COLUMN repeated")
