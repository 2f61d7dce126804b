"""Keep what came after contacts as counts: a contact whose time is over is counted once, and no report joins
it again.

The counts name nobody. The indexes by time are of blocks, so that they cost an insertion nothing."""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"

UP = (
    """
CREATE TABLE outcome_counts (
    day date NOT NULL,
    week text NOT NULL,
    creditor text NOT NULL,
    template text NOT NULL,
    channel text NOT NULL,
    tier text NOT NULL,
    band text NOT NULL,
    arm_group text NOT NULL,
    contacts bigint NOT NULL,
    reached bigint NOT NULL,
    payments bigint NOT NULL,
    promises bigint NOT NULL,
    plan_requests bigint NOT NULL,
    replies bigint NOT NULL,
    opt_outs bigint NOT NULL,
    complaints bigint NOT NULL,
    disputes bigint NOT NULL,
    hang_ups bigint NOT NULL,
    PRIMARY KEY (day, week, creditor, template, channel, tier, band, arm_group)
)
""",
    """
CREATE TABLE outcome_progress (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    counted_until timestamptz NOT NULL
)
""",
    "CREATE INDEX attempts_by_block ON attempts USING brin (at)",
    "CREATE INDEX events_by_block ON events USING brin (at, learned_at)",
)


def upgrade() -> None:
    """Create the tables and the indexes."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP INDEX attempts_by_block, events_by_block")
    op.execute("DROP TABLE outcome_counts, outcome_progress")
