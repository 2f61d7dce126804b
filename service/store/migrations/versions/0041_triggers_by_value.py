"""Let triggers read the rows that a statement wrote into values first, and only then look at other tables.

Behind a coordinator that places schemas on servers, tables are reached in statements of their own: one that
joins them with the rows of its trigger is not understood there. What each trigger does is what it did."""

from __future__ import annotations

from alembic import op

revision = "0041"
down_revision = "0040"

ALONE = "IF current_setting('forbear.moving', true) = 'on' THEN RETURN NULL; END IF;"
BY_KEY = {"event_names": "name_space", "idempotency": "key_id", "number_cells": "cell::text"}


def _function(name: str, declared: str, body: str, further: str = "") -> str:
    declare = f"DECLARE\n{declared}\n" if declared else ""
    return f"""
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql{further} AS $$
{declare}BEGIN
{body}
    RETURN NULL;
END $$
"""


STRAY = """
    IF FOUND THEN
        RAISE EXCEPTION 'bucket % is not of this cell', stray USING ERRCODE = 'FC001';
    END IF;"""


def _touched_by_key(table: str) -> str:
    borrower = "NULL::uuid" if table == "number_cells" else "w.borrower_id"
    return _function(
        f"cells_touch_{table}",
        "    spaces text[];\n    digests bytea[];\n    borrowers uuid[];",
        f"""    {ALONE}
    SELECT array_agg(w.{BY_KEY[table]}), array_agg(w.digest), array_agg({borrower})
    INTO spaces, digests, borrowers FROM written w;
    INSERT INTO cell_touched (table_name, space, digest)
    SELECT DISTINCT '{table}', w.space, w.digest FROM unnest(spaces, digests, borrowers)
        AS w (space, digest, borrower)
    JOIN cell_leaving l ON l.bucket = cell_bucket_of(w.digest) OR l.bucket = cell_bucket(w.borrower);""",
    )


UP = (
    _function(
        "log_pending_add",
        "    ids bigint[];",
        """    SELECT array_agg(entry_id) INTO ids FROM appended;
    IF ids IS NOT NULL THEN
        INSERT INTO log_pending (entries) VALUES (ids);
    END IF;""",
    ),
    _function(
        "webhooks_of_moves",
        "    states text[];\n    ats timestamptz[];\n    borrowers uuid[];\n    numbers bigint[];\n"
        "    channels text[];",
        """    IF EXISTS (SELECT FROM webhook_endpoints) THEN
        SELECT array_agg(m.state), array_agg(m.updated_at), array_agg(m.borrower_id),
            array_agg(m.notice_no), array_agg(m.channel)
        INTO states, ats, borrowers, numbers, channels
        FROM moved m JOIN stood s USING (borrower_id, notice_no, channel) WHERE m.state <> s.state;
        INSERT INTO webhook_events (type, at, borrower_id, notice_no, channel)
        SELECT 'delivery.' || m.state, m.at, m.borrower, m.number, m.channel
        FROM unnest(states, ats, borrowers, numbers, channels) AS m (state, at, borrower, number, channel);
    END IF;""",
        " SET enable_hashjoin = on",
    ),
    _function(
        "webhooks_of_starts",
        "    states text[];\n    ats timestamptz[];\n    borrowers uuid[];\n    numbers bigint[];\n"
        "    channels text[];",
        f"""    {ALONE}
    IF EXISTS (SELECT FROM webhook_endpoints) THEN
        SELECT array_agg(b.state), array_agg(b.updated_at), array_agg(b.borrower_id),
            array_agg(b.notice_no), array_agg(b.channel)
        INTO states, ats, borrowers, numbers, channels FROM begun b;
        INSERT INTO webhook_events (type, at, borrower_id, notice_no, channel)
        SELECT 'delivery.' || b.state, b.at, b.borrower, b.number, b.channel
        FROM unnest(states, ats, borrowers, numbers, channels) AS b (state, at, borrower, number, channel)
        JOIN notices n ON n.borrower_id = b.borrower AND n.notice_no = b.number
        WHERE NOT (n.xmin = pg_current_xact_id()::xid AND b.at <= n.accepted_at);
    END IF;""",
    ),
    _function(
        "webhooks_of_entries",
        "    kinds text[];\n    ats timestamptz[];\n    borrowers uuid[];\n    numbers bigint[];\n"
        "    channels text[];\n    ids bigint[];",
        """    IF EXISTS (SELECT FROM webhook_endpoints) THEN
        SELECT array_agg(e.kind), array_agg(e.at),
            array_agg(NULLIF(e.borrower_id, '00000000-0000-0000-0000-000000000000')),
            array_agg(e.notice_no), array_agg(e.channel), array_agg(e.entry_id)
        INTO kinds, ats, borrowers, numbers, channels, ids
        FROM (SELECT * FROM written
            WHERE kind IN ('notice.accepted', 'event.recorded', 'suppression.added', 'suppression.lifted',
                'inbound.unmatched', 'policy.activated', 'policy.retired')
            ORDER BY entry_id) e;
        INSERT INTO webhook_events (type, at, borrower_id, notice_no, channel, entry_id)
        SELECT e.kind, e.at, e.borrower, e.number, e.channel, e.id
        FROM unnest(kinds, ats, borrowers, numbers, channels, ids)
            AS e (kind, at, borrower, number, channel, id)
        ORDER BY e.id;
    END IF;""",
    ),
    _function(
        "cells_refuse_strays",
        "    buckets smallint[];\n    stray smallint;",
        f"""    {ALONE}
    SELECT array_agg(DISTINCT cell_bucket(borrower_id)) INTO buckets FROM written;
    SELECT w.bucket INTO stray FROM unnest(buckets) AS w (bucket)
    WHERE NOT EXISTS (SELECT FROM cell_buckets b JOIN cell_identity i ON i.cell = b.cell
        WHERE b.bucket = w.bucket AND b.is_open)
    LIMIT 1;{STRAY}""",
    ),
    _function(
        "cells_refuse_digests",
        "    buckets smallint[];\n    stray smallint;",
        f"""    {ALONE}
    SELECT array_agg(DISTINCT cell_bucket_of(digest)) INTO buckets FROM written;
    SELECT w.bucket INTO stray FROM unnest(buckets) AS w (bucket)
    WHERE NOT EXISTS (SELECT FROM cell_buckets b JOIN cell_identity i ON i.cell = b.cell
        WHERE b.bucket = w.bucket AND b.is_open)
    LIMIT 1;{STRAY}""",
    ),
    _function(
        "cells_copy_suppressions",
        "    digests bytea[];\n    ids text[];",
        """    IF current_setting('forbear.copied', true) = 'on' THEN
        RETURN NULL;
    END IF;
    SELECT array_agg(w.digest ORDER BY w.suppression_id), array_agg(w.suppression_id::text
        ORDER BY w.suppression_id)
    INTO digests, ids FROM written w;
    INSERT INTO cell_outbox (cell, kind, digest, about)
    SELECT c.cell, 'suppression', w.digest, w.id
    FROM unnest(digests, ids) WITH ORDINALITY AS w (digest, id, place) CROSS JOIN cell_identity i
    CROSS JOIN LATERAL generate_series(0, i.cells - 1) AS c (cell)
    WHERE c.cell <> i.cell ORDER BY w.place, c.cell;""",
    ),
    _function(
        "cells_touch_borrowers",
        "    borrowers uuid[];\n    stray smallint;",
        f"""    {ALONE}
    SELECT array_agg(DISTINCT w.borrower_id) INTO borrowers FROM written w;
    SELECT l.bucket INTO stray FROM unnest(borrowers) AS w (borrower)
    JOIN cell_leaving l ON l.bucket = cell_bucket(w.borrower) JOIN cell_buckets b ON b.bucket = l.bucket
    WHERE NOT b.is_open OR NOT EXISTS (SELECT FROM cell_identity i WHERE i.cell = b.cell) LIMIT 1;{STRAY}
    INSERT INTO cell_touched (borrower_id)
    SELECT w.borrower FROM unnest(borrowers) AS w (borrower)
    JOIN cell_leaving l ON l.bucket = cell_bucket(w.borrower);""",
    ),
    *(_touched_by_key(table) for table in BY_KEY),
)


def _as_it_was_by_key(table: str) -> str:
    borrower = "" if table == "number_cells" else " OR l.bucket = cell_bucket(w.borrower_id)"
    return _function(
        f"cells_touch_{table}",
        "",
        f"""    {ALONE}
    INSERT INTO cell_touched (table_name, space, digest)
    SELECT DISTINCT '{table}', w.{BY_KEY[table]}, w.digest FROM written w
    WHERE EXISTS (SELECT FROM cell_leaving l WHERE l.bucket = cell_bucket_of(w.digest){borrower});""",
    )


DOWN = (
    _function(
        "log_pending_add",
        "",
        "    INSERT INTO log_pending (entries) SELECT array_agg(entry_id) FROM appended HAVING count(*) > 0;",
    ),
    _function(
        "webhooks_of_moves",
        "",
        """    IF EXISTS (SELECT FROM webhook_endpoints) THEN
        INSERT INTO webhook_events (type, at, borrower_id, notice_no, channel)
        SELECT 'delivery.' || m.state, m.updated_at, m.borrower_id, m.notice_no, m.channel
        FROM moved m JOIN stood s USING (borrower_id, notice_no, channel) WHERE m.state <> s.state;
    END IF;""",
        " SET enable_hashjoin = on",
    ),
    _function(
        "webhooks_of_starts",
        "",
        f"""    {ALONE}
    IF EXISTS (SELECT FROM webhook_endpoints) THEN
        INSERT INTO webhook_events (type, at, borrower_id, notice_no, channel)
        SELECT 'delivery.' || b.state, b.updated_at, b.borrower_id, b.notice_no, b.channel
        FROM begun b JOIN notices n USING (borrower_id, notice_no)
        WHERE NOT (n.xmin = pg_current_xact_id()::xid AND b.updated_at <= n.accepted_at);
    END IF;""",
    ),
    _function(
        "webhooks_of_entries",
        "",
        """    IF EXISTS (SELECT FROM webhook_endpoints) THEN
        INSERT INTO webhook_events (type, at, borrower_id, notice_no, channel, entry_id)
        SELECT e.kind, e.at, NULLIF(e.borrower_id, '00000000-0000-0000-0000-000000000000'), e.notice_no,
            e.channel, e.entry_id
        FROM written e
        WHERE e.kind IN ('notice.accepted', 'event.recorded', 'suppression.added', 'suppression.lifted',
            'inbound.unmatched', 'policy.activated', 'policy.retired')
        ORDER BY e.entry_id;
    END IF;""",
    ),
    _function(
        "cells_refuse_strays",
        "    stray smallint;",
        f"""    {ALONE}
    SELECT w.bucket INTO stray FROM (SELECT DISTINCT cell_bucket(borrower_id) AS bucket FROM written) w
    WHERE NOT EXISTS (SELECT FROM cell_buckets b JOIN cell_identity i ON i.cell = b.cell
        WHERE b.bucket = w.bucket AND b.is_open)
    LIMIT 1;{STRAY}""",
    ),
    _function(
        "cells_refuse_digests",
        "    stray smallint;",
        f"""    {ALONE}
    SELECT cell_bucket_of(w.digest) INTO stray FROM written w
    WHERE NOT EXISTS (SELECT FROM cell_buckets b JOIN cell_identity i ON i.cell = b.cell
        WHERE b.bucket = cell_bucket_of(w.digest) AND b.is_open)
    LIMIT 1;{STRAY}""",
    ),
    _function(
        "cells_copy_suppressions",
        "",
        """    IF current_setting('forbear.copied', true) = 'on' THEN
        RETURN NULL;
    END IF;
    INSERT INTO cell_outbox (cell, kind, digest, about)
    SELECT c.cell, 'suppression', w.digest, w.suppression_id::text
    FROM written w CROSS JOIN cell_identity i CROSS JOIN LATERAL generate_series(0, i.cells - 1) AS c (cell)
    WHERE c.cell <> i.cell ORDER BY w.suppression_id, c.cell;""",
    ),
    _function(
        "cells_touch_borrowers",
        "    stray smallint;",
        f"""    {ALONE}
    SELECT l.bucket INTO stray FROM written w JOIN cell_leaving l ON l.bucket = cell_bucket(w.borrower_id)
    JOIN cell_buckets b ON b.bucket = l.bucket
    WHERE NOT b.is_open OR NOT EXISTS (SELECT FROM cell_identity i WHERE i.cell = b.cell) LIMIT 1;{STRAY}
    INSERT INTO cell_touched (borrower_id)
    SELECT DISTINCT w.borrower_id FROM written w
    WHERE EXISTS (SELECT FROM cell_leaving l WHERE l.bucket = cell_bucket(w.borrower_id));""",
    ),
    *(_as_it_was_by_key(table) for table in BY_KEY),
)


def upgrade() -> None:
    """Replace the functions; the triggers stay as they are."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Put the earlier ones back."""
    for statement in DOWN:
        op.execute(statement)
