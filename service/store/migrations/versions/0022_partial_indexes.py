"""Keep the planner from the deliveries' partial indexes but for the statements that they are made for.

Statistics of a quiet time make each of them look empty: a claim then read all that waits once for every
priority and channel, and once more for every row that it took. The index of what is parked leaves out what a
provider accepted, which nobody looks up by its change."""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"

BEFORE = {
    "deliveries_waiting": "(creditor, priority, channel, due_at) WHERE state IN ('due', 'deferred')",
    "deliveries_expiring": "(expires_at) WHERE state IN ('due', 'deferred', 'held')",
    "deliveries_leased": "(lease_until) WHERE state = 'sending'",
    "deliveries_open": "(state, updated_at)"
    " WHERE state IN ('held', 'unknown', 'accepted', 'held_by_provider')",
}
AFTER = {
    "deliveries_waiting": "(creditor, priority, channel, due_at) WHERE (state || '') IN ('due', 'deferred')",
    "deliveries_expiring": "(expires_at) WHERE ('' || state) IN ('due', 'deferred', 'held')",
    "deliveries_leased": "(lease_until) WHERE lease_until IS NOT NULL",
    "deliveries_parked": "(state, updated_at) WHERE (state || '') IN ('held', 'unknown')",
}


def _replace(old: dict[str, str], new: dict[str, str]) -> None:
    """Build the new ones before the old ones go.

    A vacuum under way waits for the renamed indexes' rows of the catalogue while it holds the table, so that
    the table is locked first."""
    op.execute("LOCK TABLE deliveries IN SHARE MODE")
    for name in old:
        op.execute(f"ALTER INDEX {name} RENAME TO {name}_before")
    for name, what in new.items():
        op.execute(f"CREATE INDEX {name} ON deliveries {what}")
    for name in old:
        op.execute(f"DROP INDEX {name}_before")


def upgrade() -> None:
    """Lay them anew."""
    _replace(BEFORE, AFTER)


def downgrade() -> None:
    """As they were."""
    _replace(AFTER, BEFORE)
