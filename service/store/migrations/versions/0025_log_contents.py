"""Note what is where in the log: which kinds, actors, verdicts and policies in which stretch, and from when
to when each goes.

The sequencer fills it in by and by, also for what was sequenced before. Suppressions are found by what they
are for, and messages that nobody has by the address that they came from."""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"

UP = (
    """
CREATE TABLE log_words (
    word_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    actor text NOT NULL,
    verdict text NOT NULL,
    policy text NOT NULL,
    UNIQUE (policy, kind, actor, verdict)
)
""",
    (
        "CREATE TABLE log_contents (word_id bigint NOT NULL, stretch bigint NOT NULL, "
        "PRIMARY KEY (word_id, stretch))"
    ),
    (
        "CREATE TABLE log_spans (stretch bigint PRIMARY KEY, earliest timestamptz NOT NULL, "
        "latest timestamptz NOT NULL)"
    ),
    "CREATE TABLE log_covered (one boolean PRIMARY KEY DEFAULT true CHECK (one), size bigint NOT NULL)",
    (
        "CREATE INDEX suppressions_by_reason "
        "ON suppressions (channel, reason, (lifted_at IS NULL), suppression_id)"
    ),
    "CREATE INDEX unmatched_messages_by_digest ON unmatched_messages (digest, received_at, message_id)",
)
DOWN = (
    "DROP INDEX suppressions_by_reason, unmatched_messages_by_digest",
    "DROP TABLE log_covered, log_spans, log_contents, log_words",
)


def upgrade() -> None:
    """Create the tables."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    for statement in DOWN:
        op.execute(statement)
