"""Give each log a name of its own. One that has signed, or whose key somebody may have kept, keeps the name
that all had until it is renamed; a fresh one is named at its first start."""

from __future__ import annotations

from alembic import op

revision = "0034"
down_revision = "0033"

TABLE = """
CREATE TABLE log_origins (
    number bigint PRIMARY KEY,
    origin text NOT NULL UNIQUE,
    since bigint,
    named_at timestamptz NOT NULL DEFAULT now(),
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id()
)
"""

OLD_NAME = """
INSERT INTO log_origins (number, origin, since)
SELECT 1, 'forbear.example/dispatch-log', 0
WHERE EXISTS (SELECT FROM log_checkpoints) OR EXISTS (SELECT FROM keyring WHERE name = 'log')
"""


def upgrade() -> None:
    """Add the names."""
    op.execute(TABLE)
    op.execute(OLD_NAME)


def downgrade() -> None:
    """Forget them: all sign under one name again."""
    op.execute("DROP TABLE log_origins")
