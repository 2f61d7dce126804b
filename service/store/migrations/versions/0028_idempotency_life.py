"""Let each Idempotency-Key say how long it is remembered: what comes from a broker may come again after
weeks."""

from __future__ import annotations

from alembic import op

revision = "0028"
down_revision = "0027"

UP = (
    "ALTER TABLE idempotency ADD COLUMN expires_at timestamptz",
    "UPDATE idempotency SET expires_at = created_at + interval '2 days'",
    # a process of the release before goes on while the new one starts, and names no such column
    (
        "ALTER TABLE idempotency ALTER COLUMN expires_at SET NOT NULL, ALTER COLUMN expires_at "
        "SET DEFAULT now() + interval '2 days'"
    ),
    "DROP INDEX idempotency_by_age",
    "CREATE INDEX idempotency_by_end ON idempotency (expires_at)",
)
DOWN = (
    "DROP INDEX idempotency_by_end",
    "CREATE INDEX idempotency_by_age ON idempotency (created_at)",
    "ALTER TABLE idempotency DROP COLUMN expires_at",
)


def upgrade() -> None:
    """Add the column; what is there keeps the two days that it had."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Drop it."""
    for statement in DOWN:
        op.execute(statement)
