"""Lay the learned choice: its policies, what was chosen for each notice, the counts that it is learned from,
and what was learned."""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"

UP = (
    """
CREATE TABLE learning_policies (
    name text NOT NULL,
    version int NOT NULL,
    creditor text NOT NULL,
    document text NOT NULL,
    digest text NOT NULL,
    state text NOT NULL CHECK (state IN ('draft', 'tested', 'approved', 'active', 'retired', 'stopped')),
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    tested_at timestamptz,
    approved_at timestamptz,
    approved_by text,
    active_from timestamptz,
    ended_at timestamptz,
    ended_by text,
    reason text,
    PRIMARY KEY (name, version)
)
""",
    "CREATE UNIQUE INDEX learning_policies_one_active ON learning_policies (creditor) WHERE state = 'active'",
    "ALTER TABLE notices ADD COLUMN plan text[]",
    """
CREATE TABLE choices (
    borrower_id uuid NOT NULL,
    notice_no bigint NOT NULL,
    creditor text NOT NULL,
    policy text NOT NULL,
    policy_digest text NOT NULL,
    snapshot text,
    arm_group text NOT NULL CHECK (arm_group IN ('learned', 'holdout', 'plain', 'shadow', 'chance')),
    segment text NOT NULL,
    allowed text[] NOT NULL,
    arm text NOT NULL,
    weight bigint NOT NULL,
    total bigint NOT NULL,
    planned_at timestamptz,
    decided_at timestamptz NOT NULL,
    counts_until timestamptz NOT NULL,
    matures_at timestamptz NOT NULL,
    counted_at timestamptz,
    contacts_sms int NOT NULL DEFAULT 0,
    contacts_email int NOT NULL DEFAULT 0,
    contacts_voice int NOT NULL DEFAULT 0,
    payment boolean NOT NULL DEFAULT false,
    promise_to_pay boolean NOT NULL DEFAULT false,
    plan_request boolean NOT NULL DEFAULT false,
    opt_out boolean NOT NULL DEFAULT false,
    complaint boolean NOT NULL DEFAULT false,
    hung_up boolean NOT NULL DEFAULT false,
    PRIMARY KEY (borrower_id, notice_no)
)
""",
    "CREATE INDEX choices_ripening ON choices (matures_at) WHERE counted_at IS NULL",
    "CREATE INDEX choices_by_time ON choices (creditor, decided_at)",
    """
CREATE TABLE learning_cells (
    creditor text NOT NULL,
    policy text NOT NULL,
    week date NOT NULL,
    arm_group text NOT NULL,
    segment text NOT NULL,
    arm text NOT NULL,
    rounds bigint NOT NULL,
    contacts_sms bigint NOT NULL,
    contacts_email bigint NOT NULL,
    contacts_voice bigint NOT NULL,
    payment bigint NOT NULL,
    promise_to_pay bigint NOT NULL,
    plan_request bigint NOT NULL,
    opt_out bigint NOT NULL,
    complaint bigint NOT NULL,
    hung_up bigint NOT NULL,
    PRIMARY KEY (creditor, policy, week, arm_group, segment, arm)
)
""",
    """
CREATE TABLE learning_snapshots (
    digest text PRIMARY KEY,
    creditor text NOT NULL,
    policy text NOT NULL,
    policy_digest text NOT NULL,
    week date NOT NULL,
    document text NOT NULL,
    made_at timestamptz NOT NULL,
    lives_until timestamptz NOT NULL
)
""",
    "CREATE INDEX learning_snapshots_by_policy ON learning_snapshots (policy, made_at)",
    """
CREATE TABLE learning_runs (
    creditor text NOT NULL,
    policy text NOT NULL,
    week date NOT NULL,
    at timestamptz NOT NULL,
    snapshot text,
    result text NOT NULL,
    PRIMARY KEY (policy, week)
)
""",
)


def upgrade() -> None:
    """Create the tables."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP TABLE learning_policies, choices, learning_cells, learning_snapshots, learning_runs")
    op.execute("ALTER TABLE notices DROP COLUMN plan")
