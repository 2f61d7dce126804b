"""What the console draws: decisions and hand-overs counted by the hour, how providers are, and results that
are looked at again."""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"

UP = """
CREATE TABLE tallies (
    hour timestamptz NOT NULL,
    channel text NOT NULL,
    what text NOT NULL,
    because text NOT NULL,
    number bigint NOT NULL,
    PRIMARY KEY (hour, channel, what, because)
);

CREATE TABLE provider_health (
    channel text NOT NULL,
    adapter text NOT NULL,
    worker text NOT NULL,
    is_stopped boolean NOT NULL,
    answered_at timestamptz,
    error text,
    error_at timestamptz,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (channel, adapter, worker)
);

CREATE TABLE console_results (
    result_id text PRIMARY KEY,
    subject text NOT NULL,
    made_at timestamptz NOT NULL,
    encrypted bytea NOT NULL
);
"""


def upgrade() -> None:
    """Create the tables."""
    for statement in UP.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP TABLE tallies, provider_health, console_results")
