"""How many hand-overs a second a worker gives a provider, beside how the provider is.

An old worker writes none, and reads the table by its columns' names: both run side by side."""

from __future__ import annotations

from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    """Null where no limit of ours is set, or where an older worker wrote."""
    op.execute("ALTER TABLE provider_health ADD COLUMN rate_per_second double precision")


def downgrade() -> None:
    """As it was."""
    op.execute("ALTER TABLE provider_health DROP COLUMN rate_per_second")
