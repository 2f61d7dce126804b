"""Let changes wait for a second key, and give versions of templates a life like that of policies."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"

UP = (
    """
CREATE TABLE second_keys (
    change text NOT NULL,
    name text NOT NULL,
    version int NOT NULL,
    asked_at timestamptz NOT NULL,
    asked_by text NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (change, name, version)
)
""",
    """
ALTER TABLE templates
    ADD COLUMN state text NOT NULL DEFAULT 'superseded' CHECK (state IN ('draft', 'approved', 'active',
        'superseded')),
    ADD COLUMN approved_at timestamptz,
    ADD COLUMN approved_by text,
    ADD COLUMN activated_at timestamptz,
    ADD COLUMN activated_by text,
    ADD COLUMN reason text
""",
    # Until now the newest version was what new notices used; each was in use at once.
    """
UPDATE templates t SET state = 'active', activated_at = created_at, activated_by = created_by
WHERE version = (SELECT max(version) FROM templates n WHERE n.name = t.name)
""",
    "UPDATE templates SET activated_at = created_at, activated_by = created_by WHERE state = 'superseded'",
    "ALTER TABLE templates ALTER COLUMN state SET DEFAULT 'draft'",
    "CREATE UNIQUE INDEX templates_one_active ON templates (name) WHERE state = 'active'",
)


def upgrade() -> None:
    """Create the table and the columns."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP TABLE second_keys")
    op.execute("DROP INDEX templates_one_active")
    op.execute(
        "ALTER TABLE templates DROP COLUMN state, DROP COLUMN approved_at, DROP COLUMN approved_by,"
        " DROP COLUMN activated_at, DROP COLUMN activated_by, DROP COLUMN reason"
    )
