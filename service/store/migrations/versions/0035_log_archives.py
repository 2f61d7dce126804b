"""Let old entries of the log be archived and dropped: where each archive is, and which entries stay although
they were archived, since their borrower is under a legal hold. Tiles and checkpoints stay whole."""

from __future__ import annotations

from alembic import op

revision = "0035"
down_revision = "0034"

ARCHIVES = """
CREATE TABLE log_archives (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    first bigint NOT NULL CHECK (first >= 0),
    size bigint NOT NULL CHECK (size > first),
    note text NOT NULL,
    digest bytea NOT NULL,
    details_digest bytea NOT NULL,
    place text NOT NULL,
    archived_at timestamptz NOT NULL,
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id()
)
"""

KEPT = """
CREATE TABLE log_kept (
    index bigint PRIMARY KEY,
    entry_id bigint NOT NULL UNIQUE,
    borrower_id uuid NOT NULL
)
"""


def upgrade() -> None:
    """Add both tables."""
    op.execute(ARCHIVES)
    op.execute(KEPT)


def downgrade() -> None:
    """Drop them. What was dropped of the log does not come back: an older release finds that its beginning
    is missing."""
    op.execute("DROP TABLE log_kept")
    op.execute("DROP TABLE log_archives")
