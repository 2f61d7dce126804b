"""Lay webhooks: endpoints, the events that they are told of, what is on its way to each, and what came of
every request.

Events are written by the database itself, in the transaction that does the thing: whatever statement moves a
delivery or writes an entry, nothing is forgotten. The triggers stand still while there is no endpoint, so
that nobody pays for what nobody wants; a function of the tables' owner starts and stops them. Starting waits
for every transaction that writes, so that none slips by."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"

UP = (
    """
CREATE TABLE webhook_endpoints (
    endpoint_id text PRIMARY KEY,
    url bytea NOT NULL,
    types text[] NOT NULL,
    creditor text,
    description text NOT NULL,
    secret bytea NOT NULL,
    previous_secret bytea,
    previous_until timestamptz,
    enabled boolean NOT NULL DEFAULT true,
    disabled_reason text,
    failures int NOT NULL DEFAULT 0,
    failing_since timestamptz,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL
)
""",
    """
CREATE TABLE webhook_events (
    event_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    type text NOT NULL,
    at timestamptz NOT NULL,
    borrower_id uuid,
    notice_no bigint,
    channel text,
    entry_id bigint,
    log_index bigint,
    creditor text,
    relayed boolean NOT NULL DEFAULT false
)
""",
    "CREATE INDEX webhook_events_waiting ON webhook_events (event_no) WHERE NOT relayed",
    "CREATE INDEX webhook_events_by_notice ON webhook_events (borrower_id, notice_no, event_no)",
    "CREATE INDEX webhook_events_by_time ON webhook_events (at)",
    "CREATE INDEX webhook_events_of_checkpoints ON webhook_events (log_index) WHERE type = 'log.checkpoint'",
    """
CREATE TABLE webhook_outbox (
    endpoint_id text NOT NULL REFERENCES webhook_endpoints ON DELETE CASCADE,
    place bigint GENERATED ALWAYS AS IDENTITY,
    event_no bigint NOT NULL REFERENCES webhook_events ON DELETE CASCADE,
    borrower_id uuid,
    notice_no bigint,
    attempts int NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (endpoint_id, place)
)
""",
    "CREATE UNIQUE INDEX webhook_outbox_once ON webhook_outbox (event_no, endpoint_id)",
    "CREATE INDEX webhook_outbox_by_notice ON webhook_outbox (endpoint_id, borrower_id, notice_no, place)",
    "CREATE INDEX webhook_outbox_due ON webhook_outbox (endpoint_id, next_at)",
    """
CREATE TABLE webhook_attempts (
    attempt_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    endpoint_id text NOT NULL REFERENCES webhook_endpoints ON DELETE CASCADE,
    event_id uuid NOT NULL,
    type text NOT NULL,
    number int NOT NULL,
    at timestamptz NOT NULL,
    status int,
    error text,
    milliseconds int NOT NULL,
    answer bytea
)
""",
    "CREATE INDEX webhook_attempts_by_endpoint ON webhook_attempts (endpoint_id, attempt_no)",
    "CREATE INDEX webhook_attempts_by_time ON webhook_attempts (at)",
    """
CREATE FUNCTION webhooks_of_moves() RETURNS trigger LANGUAGE plpgsql SET enable_hashjoin = on AS $$
BEGIN
    IF EXISTS (SELECT FROM webhook_endpoints) THEN
        INSERT INTO webhook_events (type, at, borrower_id, notice_no, channel)
        SELECT 'delivery.' || m.state, m.updated_at, m.borrower_id, m.notice_no, m.channel
        FROM moved m JOIN stood s USING (borrower_id, notice_no, channel) WHERE m.state <> s.state;
    END IF;
    RETURN NULL;
END $$
""",
    """
CREATE FUNCTION webhooks_of_starts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM webhook_endpoints) THEN
        INSERT INTO webhook_events (type, at, borrower_id, notice_no, channel)
        SELECT 'delivery.' || b.state, b.updated_at, b.borrower_id, b.notice_no, b.channel
        FROM begun b JOIN notices n USING (borrower_id, notice_no)
        WHERE NOT (n.xmin = pg_current_xact_id()::xid AND b.updated_at <= n.accepted_at);
    END IF;
    RETURN NULL;
END $$
""",
    """
CREATE FUNCTION webhooks_of_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM webhook_endpoints) THEN
        INSERT INTO webhook_events (type, at, borrower_id, notice_no, channel, entry_id)
        SELECT e.kind, e.at, NULLIF(e.borrower_id, '00000000-0000-0000-0000-000000000000'), e.notice_no,
            e.channel, e.entry_id
        FROM written e
        WHERE e.kind IN ('notice.accepted', 'event.recorded', 'suppression.added', 'suppression.lifted',
            'inbound.unmatched',
                         'policy.activated', 'policy.retired')
        ORDER BY e.entry_id;
    END IF;
    RETURN NULL;
END $$
""",
    """
CREATE TRIGGER webhooks_moves AFTER UPDATE ON deliveries REFERENCING OLD TABLE AS stood NEW TABLE AS moved
FOR EACH STATEMENT EXECUTE FUNCTION webhooks_of_moves()
""",
    """
CREATE TRIGGER webhooks_starts AFTER INSERT ON deliveries REFERENCING NEW TABLE AS begun
FOR EACH STATEMENT EXECUTE FUNCTION webhooks_of_starts()
""",
    """
CREATE TRIGGER webhooks_entries AFTER INSERT ON log_entries REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION webhooks_of_entries()
""",
    "ALTER TABLE deliveries DISABLE TRIGGER webhooks_moves",
    "ALTER TABLE deliveries DISABLE TRIGGER webhooks_starts",
    "ALTER TABLE log_entries DISABLE TRIGGER webhooks_entries",
    """
CREATE FUNCTION webhooks_write(wanted boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF wanted = EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'log_entries'::regclass
    AND tgname = 'webhooks_entries' AND tgenabled <> 'D')
    THEN
        RETURN;
    END IF;
    IF wanted THEN
        ALTER TABLE deliveries ENABLE TRIGGER webhooks_moves;
        ALTER TABLE deliveries ENABLE TRIGGER webhooks_starts;
        ALTER TABLE log_entries ENABLE TRIGGER webhooks_entries;
    ELSE
        ALTER TABLE deliveries DISABLE TRIGGER webhooks_moves;
        ALTER TABLE deliveries DISABLE TRIGGER webhooks_starts;
        ALTER TABLE log_entries DISABLE TRIGGER webhooks_entries;
    END IF;
END $$
""",
)
DOWN = (
    "DROP TRIGGER webhooks_moves ON deliveries",
    "DROP TRIGGER webhooks_starts ON deliveries",
    "DROP TRIGGER webhooks_entries ON log_entries",
    "DROP FUNCTION webhooks_of_moves, webhooks_of_starts, webhooks_of_entries, webhooks_write",
    "DROP TABLE webhook_attempts, webhook_outbox, webhook_events, webhook_endpoints",
)


def upgrade() -> None:
    """Create the tables, and the triggers standing still."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    for statement in DOWN:
        op.execute(statement)
