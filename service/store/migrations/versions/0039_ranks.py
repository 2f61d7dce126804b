"""Note the ranks of events: later ones that the rules cannot tell from them stand for them, though
they are about other debts, to other addresses or of other creditors.

`outranked` says how many such later ones there are at least; -1 marks the first of those that stand for
others. By `names` one that is passed over is found where a message is about its debt, account, creditor or
address. `behind`, of contacts that differ in nothing, stays as it is: processes of an earlier release go on
reading it beside this one."""

from __future__ import annotations

from alembic import op

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    """Add the columns and what finds events by them; nothing is written anew."""
    op.execute("ALTER TABLE events ADD COLUMN outranked smallint NOT NULL DEFAULT 0, ADD COLUMN names uuid[]")
    op.execute("CREATE INDEX events_outranked ON events (borrower_id, outranked, type)")
    op.execute(
        "CREATE INDEX events_names ON events USING gin (names) WITH (fastupdate = off) "
        "WHERE names IS NOT NULL"
    )


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP INDEX events_names")
    op.execute("DROP INDEX events_outranked")
    op.execute("ALTER TABLE events DROP COLUMN names, DROP COLUMN outranked")
