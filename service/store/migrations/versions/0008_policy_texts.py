"""Keep the text of every policy that ever shipped here, by its digest: a decision can be taken again after
the release has changed."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"

UP = """
CREATE TABLE policy_texts (
    digest text PRIMARY KEY,
    name text NOT NULL,
    version text NOT NULL,
    document text NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT now()
)
"""


def upgrade() -> None:
    """Create the table."""
    op.execute(UP)


def downgrade() -> None:
    """Drop it."""
    op.execute("DROP TABLE policy_texts")
