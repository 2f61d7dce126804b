"""Lay the suppressions: wishes that belong to an address; the messages that nobody has; and the order in
which events were recorded.

`recordings` numbers events and suppressions in one order, by the database alone: whoever writes about a
borrower holds its row, so that the numbers of one borrower are given in the order of their commits, whatever
a worker's clock says. Names of events move to a table of their own, by the key that gave them."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"

UP = (
    "CREATE SEQUENCE recordings",
    "ALTER TABLE events ADD COLUMN recorded bigint, ADD COLUMN corrected_by text",
    """
UPDATE events e SET recorded = o.place
FROM (SELECT borrower_id, event_id,
    row_number() OVER (ORDER BY learned_at, at, borrower_id, event_id) AS place FROM events) o
WHERE e.borrower_id = o.borrower_id AND e.event_id = o.event_id
""",
    "SELECT setval('recordings', COALESCE((SELECT max(recorded) FROM events), 0) + 1, false)",
    (
        "ALTER TABLE events ALTER COLUMN recorded SET DEFAULT nextval('recordings'), ALTER COLUMN recorded "
        "SET NOT NULL"
    ),
    "ALTER TABLE borrowers ADD COLUMN events int NOT NULL DEFAULT 0",
    """
UPDATE borrowers b SET events = e.events
FROM (SELECT borrower_id, count(*) AS events FROM events GROUP BY borrower_id) e
WHERE b.borrower_id = e.borrower_id
""",
    "ALTER TABLE notices ADD COLUMN overtaken_by text",
    """
CREATE TABLE event_names (
    name_space text NOT NULL,
    digest bytea NOT NULL,
    borrower_id uuid NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (name_space, digest)
)
""",
    """
CREATE TABLE suppressions (
    suppression_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest bytea NOT NULL,
    channel text NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL,
    recorded bigint NOT NULL DEFAULT nextval('recordings'),
    recorded_at timestamptz NOT NULL,
    actor text NOT NULL,
    via text NOT NULL,
    said_by uuid[] NOT NULL DEFAULT '{}',
    note bytea,
    lifted_at timestamptz,
    lifted_by text,
    lifted_because bytea
)
""",
    (
        "CREATE UNIQUE INDEX suppressions_standing ON suppressions (digest, channel, reason) "
        "WHERE lifted_at IS NULL"
    ),
    "CREATE INDEX suppressions_by_digest ON suppressions (digest, suppression_id)",
    """
CREATE TABLE unmatched_messages (
    message_id text PRIMARY KEY,
    channel text NOT NULL,
    digest bytea NOT NULL,
    provider text NOT NULL,
    ref text NOT NULL,
    received_at timestamptz NOT NULL,
    taken_for text NOT NULL,
    sealed bytea NOT NULL,
    UNIQUE (provider, ref)
)
""",
    "CREATE INDEX unmatched_messages_by_time ON unmatched_messages (received_at)",
)
DOWN = (
    "DROP TABLE unmatched_messages, suppressions, event_names",
    "ALTER TABLE notices DROP COLUMN overtaken_by",
    "ALTER TABLE borrowers DROP COLUMN events",
    "ALTER TABLE events DROP COLUMN recorded, DROP COLUMN corrected_by",
    "DROP SEQUENCE recordings",
)


def upgrade() -> None:
    """Add the tables and the columns, and number what is there in the order in which it was learned."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    for statement in DOWN:
        op.execute(statement)
