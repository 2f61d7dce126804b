"""Queue what the sequencer has to take: `log_pending` has a row for each statement that appended entries,
written by a trigger in the same transaction. What is visible there is visible in the log and has no index
yet, in whatever order transactions end: behind a coordinator with two-phase commits, and after a move to
another cluster, transaction ids say nothing of that. The columns that told the old rule how far it had come
go, and so does the index that it read along; a process of an older release cannot sequence on this schema."""

from __future__ import annotations

from alembic import op

revision = "0023"
down_revision = "0022"

UP = (
    """
CREATE TABLE log_pending (
    place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    entries bigint[] NOT NULL CHECK (cardinality(entries) > 0)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)
""",
    """
CREATE FUNCTION log_pending_add() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO log_pending (entries) SELECT array_agg(entry_id) FROM appended HAVING count(*) > 0;
    RETURN NULL;
END $$
""",
    """
CREATE TRIGGER log_pending_add AFTER INSERT ON log_entries REFERENCING NEW TABLE AS appended
FOR EACH STATEMENT EXECUTE FUNCTION log_pending_add()
""",
    """
INSERT INTO log_pending (entries)
SELECT array_agg(entry_id ORDER BY entry_id)
FROM (SELECT entry_id, row_number() OVER (ORDER BY entry_id) AS number
      FROM (SELECT entry_id FROM log_entries EXCEPT SELECT unnest(entries)
      FROM log_sequence) missing) numbered
GROUP BY number / 256
""",
    "DROP INDEX log_entries_in_order",
    "ALTER TABLE log_checkpoints DROP COLUMN horizon, DROP COLUMN system_id, DROP COLUMN moved",
)
DOWN = (
    # The old rule looks once for everything without an index where the log came from another server: so it
    # does on ''.
    """
ALTER TABLE log_checkpoints ADD COLUMN horizon xid8 NOT NULL DEFAULT '0',
    ADD COLUMN system_id text NOT NULL DEFAULT '',
    ADD COLUMN moved boolean NOT NULL DEFAULT false
""",
    "ALTER TABLE log_checkpoints ALTER COLUMN horizon DROP DEFAULT, ALTER COLUMN system_id DROP DEFAULT",
    "CREATE INDEX log_entries_in_order ON log_entries (transaction_id, entry_id)",
    "DROP TRIGGER log_pending_add ON log_entries",
    "DROP FUNCTION log_pending_add",
    "DROP TABLE log_pending",
)


def upgrade() -> None:
    """Queue what has no index, and from now on what is appended."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Go back to the order of transactions."""
    for statement in DOWN:
        op.execute(statement)
