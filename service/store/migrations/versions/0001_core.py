"""Lay the core tables: borrowers, notices, deliveries, attempts, events, the dispatch log's entries, and the
runtime's tables.

Every hot table carries `borrower_id` in its key, so that the store shards by borrower without changing a
query.
"""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None

UP = """
CREATE TABLE keyring (
    name text NOT NULL,
    version int NOT NULL,
    wrapped bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    retired_at timestamptz,
    PRIMARY KEY (name, version)
);

CREATE TABLE api_keys (
    key_id text PRIMARY KEY,
    digest bytea NOT NULL UNIQUE,
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('producer', 'ops', 'auditor', 'admin')),
    creditors text[],
    rate_per_minute int,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    replaces text
);

CREATE TABLE borrowers (
    borrower_id uuid PRIMARY KEY,
    data_key bytea,
    profile_digest bytea NOT NULL,
    sealed bytea,
    language text NOT NULL,
    jurisdiction text,
    country text,
    time_zone text,
    revision bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    erased_at timestamptz
) WITH (fillfactor = 80);

CREATE TABLE addresses (
    borrower_id uuid NOT NULL,
    channel text NOT NULL,
    digest bytea NOT NULL,
    current boolean NOT NULL DEFAULT true,
    PRIMARY KEY (borrower_id, channel, digest)
);
CREATE INDEX addresses_by_digest ON addresses (digest, channel);

CREATE TABLE notices (
    borrower_id uuid NOT NULL,
    notice_no bigint NOT NULL,
    accepted_at timestamptz NOT NULL,
    accepted_by text NOT NULL,
    creditor text NOT NULL,
    category text NOT NULL,
    template text NOT NULL,
    template_version int NOT NULL,
    sender_role text NOT NULL,
    fan_out text NOT NULL,
    wait interval NOT NULL,
    channels text[] NOT NULL,
    debt_id text NOT NULL,
    account_id text,
    days_past_due int NOT NULL,
    not_before timestamptz,
    expires_at timestamptz NOT NULL,
    reference_digest bytea,
    cancelled_at timestamptz,
    sealed bytea NOT NULL,
    PRIMARY KEY (borrower_id, notice_no)
) WITH (fillfactor = 90);
CREATE INDEX notices_by_reference ON notices (reference_digest) WHERE reference_digest IS NOT NULL;
CREATE INDEX notices_by_number ON notices (notice_no);

CREATE TABLE deliveries (
    borrower_id uuid NOT NULL,
    notice_no bigint NOT NULL,
    channel text NOT NULL,
    state text NOT NULL,
    due_at timestamptz,
    first_due_at timestamptz NOT NULL,
    priority smallint NOT NULL,
    creditor text NOT NULL,
    expires_at timestamptz NOT NULL,
    attempts smallint NOT NULL DEFAULT 0,
    failures smallint NOT NULL DEFAULT 0,
    deferrals int NOT NULL DEFAULT 0,
    lease_token bigint,
    lease_until timestamptz,
    verdict jsonb,
    reason text,
    released_by text,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (borrower_id, notice_no, channel)
) WITH (fillfactor = 70);
CREATE INDEX deliveries_waiting ON deliveries (creditor, priority, due_at) WHERE state IN ('due', 'deferred');
CREATE INDEX deliveries_leased ON deliveries (lease_until) WHERE state = 'sending';
CREATE INDEX deliveries_open ON deliveries (state, updated_at)
    WHERE state IN ('held', 'unknown', 'accepted', 'held_by_provider');
CREATE INDEX deliveries_expiring ON deliveries (expires_at) WHERE state IN ('due', 'deferred', 'held');

CREATE TABLE attempts (
    borrower_id uuid NOT NULL,
    notice_no bigint NOT NULL,
    channel text NOT NULL,
    number smallint NOT NULL,
    state text NOT NULL,
    outcome text NOT NULL DEFAULT 'in_flight',
    at timestamptz NOT NULL,
    reserved_at timestamptz NOT NULL,
    dialed_at timestamptz,
    settled_at timestamptz,
    lease_token bigint NOT NULL,
    decided_revision bigint NOT NULL,
    valid_until timestamptz,
    send_by timestamptz,
    adapter text,
    provider_ref text,
    address_digest bytea NOT NULL,
    body_digest bytea,
    debt_id text NOT NULL,
    account_id text,
    creditor text NOT NULL,
    category text NOT NULL,
    content_class text,
    wrong_party boolean NOT NULL DEFAULT false,
    answered_by text,
    code text,
    reason text,
    looked_up int NOT NULL DEFAULT 0,
    look_up_at timestamptz,
    PRIMARY KEY (borrower_id, notice_no, channel, number)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX attempts_one_open ON attempts (borrower_id, notice_no, channel)
    WHERE state IN ('reserved', 'dialing', 'accepted', 'held_by_provider', 'unknown');
CREATE INDEX attempts_by_time ON attempts (borrower_id, at);
CREATE INDEX attempts_to_look_up ON attempts (look_up_at) WHERE look_up_at IS NOT NULL;

CREATE TABLE receipts (
    borrower_id uuid NOT NULL,
    notice_no bigint NOT NULL,
    channel text NOT NULL,
    number smallint NOT NULL,
    digest text NOT NULL,
    at timestamptz NOT NULL,
    progress text NOT NULL,
    outcome text,
    code text,
    effect text NOT NULL,
    PRIMARY KEY (borrower_id, notice_no, channel, number, digest)
);

CREATE TABLE events (
    borrower_id uuid NOT NULL,
    event_id text NOT NULL,
    at timestamptz NOT NULL,
    learned_at timestamptz NOT NULL,
    type text NOT NULL,
    channel text,
    outcome text,
    document jsonb NOT NULL,
    sealed bytea,
    PRIMARY KEY (borrower_id, event_id)
);
CREATE INDEX events_by_time ON events (borrower_id, at);

CREATE TABLE idempotency (
    key_id text NOT NULL,
    digest bytea NOT NULL,
    body_digest bytea NOT NULL,
    borrower_id uuid NOT NULL,
    notice_no bigint NOT NULL,
    response bytea,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (key_id, digest)
);
CREATE INDEX idempotency_by_age ON idempotency (created_at);

CREATE TABLE creditors (
    creditor text PRIMARY KEY,
    name text NOT NULL,
    contact jsonb NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL
);

CREATE TABLE templates (
    name text NOT NULL,
    version int NOT NULL,
    document text NOT NULL,
    digest bytea NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    PRIMARY KEY (name, version)
);

CREATE TABLE policies (
    name text NOT NULL,
    version int NOT NULL,
    document text NOT NULL,
    digest text NOT NULL,
    state text NOT NULL CHECK (state IN ('draft', 'tested', 'approved', 'active', 'retired')),
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    tested_at timestamptz,
    approved_at timestamptz,
    approved_by text,
    active_from timestamptz,
    retired_at timestamptz,
    PRIMARY KEY (name, version)
);

CREATE TABLE sandbox_messages (
    borrower_id uuid NOT NULL,
    attempt_id text NOT NULL,
    channel text NOT NULL,
    ref text NOT NULL,
    created_at timestamptz NOT NULL,
    sealed bytea NOT NULL,
    plan jsonb NOT NULL,
    next_receipt_at timestamptz,
    sent_receipts int NOT NULL DEFAULT 0,
    PRIMARY KEY (borrower_id, attempt_id)
);
CREATE INDEX sandbox_messages_due ON sandbox_messages (next_receipt_at) WHERE next_receipt_at IS NOT NULL;
CREATE INDEX sandbox_messages_by_time ON sandbox_messages (created_at);

CREATE TABLE log_entries (
    borrower_id uuid NOT NULL,
    entry_id bigint GENERATED ALWAYS AS IDENTITY,
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at timestamptz NOT NULL,
    kind text NOT NULL,
    actor text NOT NULL,
    notice_no bigint,
    channel text,
    verdict text,
    policies text[],
    leaf text NOT NULL,
    detail bytea,
    PRIMARY KEY (borrower_id, entry_id)
);
CREATE INDEX log_entries_in_order ON log_entries (transaction_id, entry_id);
"""

DOWN = """
DROP TABLE log_entries, sandbox_messages, policies, templates, creditors, idempotency, events, receipts,
    attempts, deliveries, notices, addresses, borrowers, api_keys, keyring;
"""


def upgrade() -> None:
    """Create the tables."""
    for statement in UP.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    op.execute(DOWN)
