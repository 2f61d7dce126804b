"""Keep the log's order as one row for up to 256 entries: a row and two index entries for each were most of
what sealing cost.

What was there is carried over exactly, a gap that somebody made included: verification must find tomorrow
what it finds today."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"

TABLE = """
CREATE TABLE log_sequence (
    first bigint PRIMARY KEY,
    entries bigint[] NOT NULL CHECK (cardinality(entries) BETWEEN 1 AND 256),
    span int8range NOT NULL,
    EXCLUDE USING gist (int8range(first, first + cardinality(entries)) WITH &&)
)
"""

UP = (
    "ALTER TABLE log_sequence RENAME TO log_sequence_by_entry",
    "ALTER INDEX log_sequence_pkey RENAME TO log_sequence_by_entry_pkey",
    TABLE,
    # not in CREATE TABLE, which PostgreSQL 15 does not know
    "ALTER TABLE log_sequence ALTER COLUMN entries SET STORAGE PLAIN",
    """
INSERT INTO log_sequence (first, entries, span)
SELECT min(index), array_agg(entry_id ORDER BY index), int8range(min(entry_id), max(entry_id), '[]')
FROM (SELECT index, entry_id, index - row_number() OVER (ORDER BY index) AS island
FROM log_sequence_by_entry) s
GROUP BY index / 256, island
""",
    "CREATE INDEX log_sequence_by_span ON log_sequence USING gist (span)",
    "DROP TABLE log_sequence_by_entry",
)

DOWN = (
    "ALTER TABLE log_sequence RENAME TO log_sequence_by_tile",
    "ALTER INDEX log_sequence_pkey RENAME TO log_sequence_by_tile_pkey",
    (
        "CREATE TABLE log_sequence (index bigint PRIMARY KEY, borrower_id uuid NOT NULL, "
        "entry_id bigint NOT NULL UNIQUE)"
    ),
    """
INSERT INTO log_sequence (index, borrower_id, entry_id)
SELECT s.first + n.place - 1, e.borrower_id, e.entry_id
FROM log_sequence_by_tile s CROSS JOIN LATERAL unnest(s.entries) WITH ORDINALITY n (entry_id, place)
JOIN log_entries e ON e.entry_id = n.entry_id
""",
    "DROP TABLE log_sequence_by_tile",
)


def upgrade() -> None:
    """Carry the order over."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Carry it back."""
    for statement in DOWN:
        op.execute(statement)
