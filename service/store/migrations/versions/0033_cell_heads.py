"""Lay, at home, where the log of each cell stood when it was noted last."""

from __future__ import annotations

from alembic import op

revision = "0033"
down_revision = "0032"

UP = (
    """
CREATE TABLE cell_heads (
    cell smallint PRIMARY KEY,
    origin text NOT NULL,
    size bigint NOT NULL,
    root bytea NOT NULL,
    at timestamptz NOT NULL
)
""",
)
DOWN = ("DROP TABLE cell_heads",)


def upgrade() -> None:
    """Create the table."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Drop it."""
    for statement in DOWN:
        op.execute(statement)
