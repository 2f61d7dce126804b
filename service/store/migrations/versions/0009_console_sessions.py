"""Sessions of the console: by the digest of their token, bound to the key that began them."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"

UP = """
CREATE TABLE console_sessions (
    digest bytea PRIMARY KEY,
    key_id text NOT NULL,
    key_digest bytea NOT NULL,
    expires_at timestamptz NOT NULL
)
"""


def upgrade() -> None:
    """Create the table."""
    op.execute(UP)


def downgrade() -> None:
    """Drop it."""
    op.execute("DROP TABLE console_sessions")
