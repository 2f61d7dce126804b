"""Lay what a cell knows of itself and of the others: which it is, which buckets of borrowers are whose, what
it still owes the others, which numbers the others have too.

A trigger of each table that is written with borrowers refuses a row of a bucket that another cell has,
whichever statement writes it. As with webhooks, the triggers stand still until a function of the tables'
owner starts them: a deployment of one cell pays nothing."""

from __future__ import annotations

from alembic import op

revision = "0029"
down_revision = "0028"

GUARDED = ("attempts", "borrowers", "choices", "deliveries", "events", "notices")

UP = (
    """
CREATE TABLE cell_identity (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    deployment uuid NOT NULL,
    cell smallint NOT NULL,
    cells smallint NOT NULL
)
""",
    "CREATE TABLE cell_buckets (bucket smallint PRIMARY KEY, cell smallint NOT NULL, epoch int NOT NULL)",
    """
CREATE TABLE cell_outbox (
    message_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cell smallint NOT NULL,
    kind text NOT NULL,
    digest bytea,
    about text,
    encrypted bytea,
    created_at timestamptz NOT NULL DEFAULT now()
)
""",
    "CREATE INDEX cell_outbox_by_cell ON cell_outbox (cell, message_no)",
    "CREATE INDEX cell_outbox_by_digest ON cell_outbox (digest) WHERE digest IS NOT NULL",
    "CREATE TABLE number_cells (digest bytea NOT NULL, cell smallint NOT NULL, PRIMARY KEY (digest, cell))",
    "CREATE TABLE cell_settled (cell smallint PRIMARY KEY, server_started timestamptz NOT NULL)",
    "CREATE TABLE shared_cells (digest bytea PRIMARY KEY, cells smallint[] NOT NULL)",
    """
CREATE FUNCTION cell_bucket(borrower uuid) RETURNS smallint LANGUAGE sql IMMUTABLE AS $$
    SELECT (get_byte(uuid_send(borrower), 0) * 16 + get_byte(uuid_send(borrower), 1) / 16)::smallint
$$
""",
    """
CREATE FUNCTION cells_refuse_strays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stray smallint;
BEGIN
    SELECT w.bucket INTO stray FROM (SELECT DISTINCT cell_bucket(borrower_id) AS bucket FROM written) w
    WHERE NOT EXISTS (
        SELECT FROM cell_buckets b JOIN cell_identity i ON i.cell = b.cell WHERE b.bucket = w.bucket)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'bucket % is not of this cell', stray USING ERRCODE = 'FC001';
    END IF;
    RETURN NULL;
END $$
""",
    *(
        f"""
CREATE TRIGGER cells_{when.lower()} AFTER {when} ON {table} REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION cells_refuse_strays()
"""
        for table in GUARDED
        for when in ("INSERT", "UPDATE")
    ),
    """
CREATE FUNCTION cells_copy_suppressions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('forbear.copied', true) = 'on' THEN
        RETURN NULL;
    END IF;
    INSERT INTO cell_outbox (cell, kind, digest, about)
    SELECT c.cell, 'suppression', w.digest, w.suppression_id::text
    FROM written w CROSS JOIN cell_identity i CROSS JOIN LATERAL generate_series(0, i.cells - 1) AS c (cell)
    WHERE c.cell <> i.cell ORDER BY w.suppression_id, c.cell;
    RETURN NULL;
END $$
""",
    *(
        f"""
CREATE TRIGGER cells_{when.lower()} AFTER {when} ON suppressions REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION cells_copy_suppressions()
"""
        for when in ("INSERT", "UPDATE")
    ),
    *(
        f"ALTER TABLE {table} DISABLE TRIGGER cells_{when}"
        for table in (*GUARDED, "suppressions")
        for when in ("insert", "update")
    ),
    f"""
CREATE FUNCTION cells_guard(wanted boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    name text;
    act text := CASE WHEN wanted THEN 'ENABLE' ELSE 'DISABLE' END;
BEGIN
    IF wanted = EXISTS (SELECT FROM pg_trigger
        WHERE tgrelid = 'borrowers'::regclass AND tgname = 'cells_insert' AND tgenabled <> 'D')
    THEN
        RETURN;
    END IF;
    FOREACH name IN ARRAY ARRAY[{", ".join(repr(one) for one in (*GUARDED, "suppressions"))}] LOOP
        EXECUTE format('ALTER TABLE %I %s TRIGGER cells_insert', name, act);
        EXECUTE format('ALTER TABLE %I %s TRIGGER cells_update', name, act);
    END LOOP;
END $$
""",
)
DOWN = (
    *(
        f"DROP TRIGGER cells_{when} ON {table}"
        for table in (*GUARDED, "suppressions")
        for when in ("insert", "update")
    ),
    "DROP FUNCTION cells_guard, cells_copy_suppressions, cells_refuse_strays, cell_bucket",
    "DROP TABLE shared_cells, number_cells, cell_settled, cell_outbox, cell_buckets, cell_identity",
)


def upgrade() -> None:
    """Create the tables, and the triggers standing still."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    for statement in DOWN:
        op.execute(statement)
