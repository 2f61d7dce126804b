"""Say which revision is the oldest whose processes can work on this schema: an upgrade is rolled, and taken
back, while it only adds. A later migration that takes something away, or asks more of a row, sets it to its
own revision."""

from __future__ import annotations

from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Add the column; processes from before know nothing of it."""
    op.execute("ALTER TABLE alembic_version ADD COLUMN oldest text")
    op.execute(f"UPDATE alembic_version SET oldest = '{revision}'")


def downgrade() -> None:
    """Drop it."""
    op.execute("ALTER TABLE alembic_version DROP COLUMN oldest")
