"""Lay what moving buckets of borrowers between cells needs: the moves at home, a journal of what is touched
while a bucket is copied, rows that arrive and are no borrower's yet, and whose a bucket was before.

The triggers of the journal stand still but while a cell gives buckets away. What a move itself writes is
looked at by no trigger."""

from __future__ import annotations

from alembic import op

revision = "0038"
down_revision = "0037"

BY_BORROWER = (
    "addresses",
    "attempts",
    "borrowers",
    "choices",
    "deliveries",
    "events",
    "notices",
    "receipts",
    "sandbox_messages",
    "shared_numbers",
    "shared_texts",
)
BY_KEY = {"event_names": "name_space", "idempotency": "key_id", "number_cells": "cell::text"}
GUARDED = ("attempts", "borrowers", "choices", "deliveries", "events", "notices")
NAMES = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}

ALONE = "current_setting('forbear.moving', true) = 'on'"

STRAYS = """
CREATE OR REPLACE FUNCTION cells_refuse_strays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stray smallint;
BEGIN
    {first}
    SELECT w.bucket INTO stray FROM (SELECT DISTINCT cell_bucket(borrower_id) AS bucket FROM written) w
    WHERE NOT EXISTS (
        SELECT FROM cell_buckets b JOIN cell_identity i ON i.cell = b.cell WHERE b.bucket = w.bucket {open})
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'bucket % is not of this cell', stray USING ERRCODE = 'FC001';
    END IF;
    RETURN NULL;
END $$
"""
STARTS = """
CREATE OR REPLACE FUNCTION webhooks_of_starts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {first}
    IF EXISTS (SELECT FROM webhook_endpoints) THEN
        INSERT INTO webhook_events (type, at, borrower_id, notice_no, channel)
        SELECT 'delivery.' || b.state, b.updated_at, b.borrower_id, b.notice_no, b.channel
        FROM begun b JOIN notices n USING (borrower_id, notice_no)
        WHERE NOT (n.xmin = pg_current_xact_id()::xid AND b.updated_at <= n.accepted_at);
    END IF;
    RETURN NULL;
END $$
"""
GUARD = """
CREATE OR REPLACE FUNCTION cells_guard(wanted boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    name text;
    act text := CASE WHEN wanted THEN 'ENABLE' ELSE 'DISABLE' END;
BEGIN
    IF wanted = EXISTS (SELECT FROM pg_trigger
        WHERE tgrelid = 'borrowers'::regclass AND tgname = 'cells_insert' AND tgenabled <> 'D')
    THEN
        RETURN;
    END IF;
    FOREACH name IN ARRAY ARRAY[{names}] LOOP
        EXECUTE format('ALTER TABLE %I %s TRIGGER cells_insert', name, act);
        EXECUTE format('ALTER TABLE %I %s TRIGGER cells_update', name, act);
    END LOOP;
    {further}
END $$
"""
SKIP = f"IF {ALONE} THEN RETURN NULL; END IF;"
ENTRY = "ALTER TABLE number_cells {} TRIGGER cells_insert"


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join(repr(one) for one in names)


def _key_of(table: str) -> str:
    return f"""
CREATE FUNCTION cells_touch_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {SKIP}
    INSERT INTO cell_touched (table_name, space, digest)
    SELECT DISTINCT '{table}', w.{BY_KEY[table]}, w.digest FROM written w
    WHERE EXISTS (SELECT FROM cell_leaving l WHERE l.bucket = cell_bucket_of(w.digest)
        {"" if table == "number_cells" else "OR l.bucket = cell_bucket(w.borrower_id)"});
    RETURN NULL;
END $$
"""


UP = (
    """
ALTER TABLE cell_buckets ADD COLUMN is_open boolean NOT NULL DEFAULT true,
    ADD COLUMN formerly smallint[] NOT NULL DEFAULT '{}'
""",
    """
CREATE TABLE cell_moves (
    move_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    buckets smallint[] NOT NULL,
    source smallint NOT NULL,
    target smallint NOT NULL,
    state text NOT NULL,
    asked_at timestamptz NOT NULL,
    asked_by text NOT NULL,
    borrowers bigint,
    row_count bigint,
    digest bytea,
    began_at timestamptz,
    stopped_at timestamptz,
    opened_at timestamptz,
    done_at timestamptz,
    tidied_at timestamptz
)
""",
    "CREATE INDEX cell_moves_open ON cell_moves (move_no) WHERE tidied_at IS NULL",
    "ALTER TABLE cell_outbox ADD COLUMN handed_on boolean NOT NULL DEFAULT false",
    "CREATE TABLE cell_filled (cell smallint PRIMARY KEY, filled_at timestamptz NOT NULL)",
    "CREATE TABLE cell_leaving (bucket smallint PRIMARY KEY, move_no bigint NOT NULL)",
    "CREATE TABLE cell_draining (bucket smallint PRIMARY KEY)",
    """
CREATE TABLE cell_touched (
    entry_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    borrower_id uuid,
    table_name text,
    space text,
    digest bytea
)
""",
    """
CREATE TABLE cell_arrivals (
    borrower_id uuid PRIMARY KEY,
    row_count bigint NOT NULL,
    digest bytea NOT NULL,
    content jsonb NOT NULL
)
""",
    """
CREATE TABLE cell_arriving_keys (
    table_name text NOT NULL,
    space text NOT NULL,
    digest bytea NOT NULL,
    move_no bigint NOT NULL,
    content jsonb NOT NULL,
    PRIMARY KEY (move_no, table_name, space, digest)
)
""",
    "CREATE TABLE cell_given (move_no bigint PRIMARY KEY, target smallint NOT NULL, at timestamptz NOT NULL)",
    """
CREATE FUNCTION cell_bucket_of(digest bytea) RETURNS smallint LANGUAGE sql IMMUTABLE AS $$
    SELECT (get_byte(digest, 0) * 16 + get_byte(digest, 1) / 16)::smallint
$$
""",
    STRAYS.format(first=SKIP, open="AND b.is_open"),
    STARTS.format(first=SKIP),
    f"""
CREATE FUNCTION cells_refuse_digests() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stray smallint;
BEGIN
    {SKIP}
    SELECT cell_bucket_of(w.digest) INTO stray FROM written w
    WHERE NOT EXISTS (SELECT FROM cell_buckets b JOIN cell_identity i ON i.cell = b.cell
        WHERE b.bucket = cell_bucket_of(w.digest) AND b.is_open)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'bucket % is not of this cell', stray USING ERRCODE = 'FC001';
    END IF;
    RETURN NULL;
END $$
""",
    """
CREATE TRIGGER cells_insert AFTER INSERT ON number_cells REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION cells_refuse_digests()
""",
    ENTRY.format("DISABLE"),
    """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'borrowers'::regclass
        AND tgname = 'cells_insert' AND tgenabled <> 'D')
    THEN
        ALTER TABLE number_cells ENABLE TRIGGER cells_insert;
    END IF;
END $$
""",
    GUARD.format(
        names=_quoted((*GUARDED, "suppressions")),
        further="EXECUTE format('ALTER TABLE number_cells %s TRIGGER cells_insert', act);",
    ),
    f"""
CREATE FUNCTION cells_touch_borrowers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stray smallint;
BEGIN
    {SKIP}
    SELECT l.bucket INTO stray FROM written w JOIN cell_leaving l ON l.bucket = cell_bucket(w.borrower_id)
    JOIN cell_buckets b ON b.bucket = l.bucket
    WHERE NOT b.is_open OR NOT EXISTS (SELECT FROM cell_identity i WHERE i.cell = b.cell) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'bucket % is not of this cell', stray USING ERRCODE = 'FC001';
    END IF;
    INSERT INTO cell_touched (borrower_id)
    SELECT DISTINCT w.borrower_id FROM written w
    WHERE EXISTS (SELECT FROM cell_leaving l WHERE l.bucket = cell_bucket(w.borrower_id));
    RETURN NULL;
END $$
""",
    *(_key_of(table) for table in BY_KEY),
    *(
        f"""
CREATE TRIGGER cells_touch_{when.lower()} AFTER {when} ON {table} REFERENCING {rows} TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION cells_touch_{"borrowers" if table in BY_BORROWER else table}()
"""
        for table in (*BY_BORROWER, *BY_KEY)
        for when, rows in NAMES.items()
    ),
    *(
        f"ALTER TABLE {table} DISABLE TRIGGER cells_touch_{when.lower()}"
        for table in (*BY_BORROWER, *BY_KEY)
        for when in NAMES
    ),
    f"""
CREATE FUNCTION cells_journal(name text, wanted boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    act text := CASE WHEN wanted THEN 'ENABLE' ELSE 'DISABLE' END;
BEGIN
    IF NOT name = ANY(ARRAY[{_quoted((*BY_BORROWER, *BY_KEY))}]) THEN
        RAISE EXCEPTION 'no table of borrowers: %', name;
    END IF;
    IF wanted = EXISTS (SELECT FROM pg_trigger
        WHERE tgrelid = name::regclass AND tgname = 'cells_touch_insert' AND tgenabled <> 'D')
    THEN
        RETURN;
    END IF;
    EXECUTE format('ALTER TABLE %I %s TRIGGER cells_touch_insert', name, act);
    EXECUTE format('ALTER TABLE %I %s TRIGGER cells_touch_update', name, act);
    EXECUTE format('ALTER TABLE %I %s TRIGGER cells_touch_delete', name, act);
END $$
""",
    """
CREATE FUNCTION cells_advance_recordings(beyond bigint) RETURNS void LANGUAGE sql SECURITY DEFINER AS $$
    SELECT setval('recordings', GREATEST(beyond, nextval('recordings')))
$$
""",
)
DOWN = (
    *(
        f"DROP TRIGGER cells_touch_{when.lower()} ON {table}"
        for table in (*BY_BORROWER, *BY_KEY)
        for when in NAMES
    ),
    "DROP TRIGGER cells_insert ON number_cells",
    STRAYS.format(first="", open=""),
    STARTS.format(first=""),
    GUARD.format(names=_quoted((*GUARDED, "suppressions")), further=""),
    "DROP FUNCTION cells_refuse_digests, cells_touch_borrowers, cells_journal, cells_advance_recordings, "
    + ", ".join(f"cells_touch_{table}" for table in BY_KEY),
    "DROP FUNCTION cell_bucket_of",
    """
DROP TABLE cell_given, cell_arriving_keys, cell_arrivals, cell_touched, cell_draining, cell_leaving,
    cell_filled, cell_moves
""",
    "ALTER TABLE cell_outbox DROP COLUMN handed_on",
    "ALTER TABLE cell_buckets DROP COLUMN formerly, DROP COLUMN is_open",
)


def upgrade() -> None:
    """Create the tables, and the triggers standing still."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    for statement in DOWN:
        op.execute(statement)
