"""Let the server take no statistics by itself of a table in which hardly anything has happened.

It takes the first after fifty changes. While the first rows are in an open transaction it then finds pages
without a row, and plans every join from the table's side, by reading the whole of it, until the next. Without
statistics, and from two rows on, every statement goes by key; after a thousand changes there are some. A
vacuum counts rows as well, so it waits as long. From ten thousand rows on the share of what changed counts
more."""

from __future__ import annotations

from alembic import op

revision = "0045"
down_revision = "0044"

GROWING = (
    "borrowers", "addresses", "notices", "deliveries", "attempts", "receipts", "events", "choices",
    "log_entries",
)  # fmt: skip
KINDS = tuple(f"autovacuum_{kind}_threshold" for kind in ("analyze", "vacuum", "vacuum_insert"))


def upgrade() -> None:
    """Takes no lock that reading or writing meets."""
    for table in GROWING:
        op.execute(f"ALTER TABLE {table} SET ({', '.join(f'{kind} = 1000' for kind in KINDS)})")


def downgrade() -> None:
    """As the server's own settings say."""
    for table in GROWING:
        op.execute(f"ALTER TABLE {table} RESET ({', '.join(KINDS)})")
