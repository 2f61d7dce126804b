"""Lay the sealed log: the sequence of entries, the tiles of the Merkle tree, the checkpoints."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

UP = (
    """
CREATE TABLE log_sequence (
    index bigint PRIMARY KEY,
    borrower_id uuid NOT NULL,
    entry_id bigint NOT NULL UNIQUE
)
""",
    """
CREATE TABLE log_tiles (
    level smallint NOT NULL,
    tile bigint NOT NULL,
    hashes bytea NOT NULL,
    PRIMARY KEY (level, tile)
)
""",
    """
CREATE TABLE log_checkpoints (
    size bigint PRIMARY KEY,
    root bytea NOT NULL,
    note text NOT NULL,
    horizon xid8 NOT NULL,
    system_id text NOT NULL,
    sealed_at timestamptz NOT NULL DEFAULT now(),
    cosignatures text NOT NULL DEFAULT ''
)
""",
)


def upgrade() -> None:
    """Create the tables."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP TABLE log_sequence, log_tiles, log_checkpoints")
