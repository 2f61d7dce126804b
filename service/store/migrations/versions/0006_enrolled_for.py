"""Note for which creditors a borrower was stored by a key that is limited to them."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column."""
    op.execute("ALTER TABLE borrowers ADD COLUMN enrolled_for text[]")


def downgrade() -> None:
    """Drop it."""
    op.execute("ALTER TABLE borrowers DROP COLUMN enrolled_for")
