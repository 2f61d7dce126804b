"""Tell of each attempt how law sees it: the medium apart from the channel, the kind of address, and what it
answers.

Every call that an adapter placed was spoken by a machine, so that the calls of the past are
`voice_prerecorded`."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"

UP = (
    """
ALTER TABLE attempts
    ADD COLUMN medium text,
    ADD COLUMN address_kind text,
    ADD COLUMN in_response_to text,
    ADD COLUMN requested boolean NOT NULL DEFAULT false
""",
    "UPDATE attempts SET medium = CASE channel WHEN 'voice' THEN 'voice_prerecorded' ELSE channel END",
    "ALTER TABLE attempts ALTER COLUMN medium SET NOT NULL",
)


def upgrade() -> None:
    """Apply."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Forget the media."""
    op.execute(
        "ALTER TABLE attempts DROP COLUMN medium, DROP COLUMN address_kind, DROP COLUMN in_response_to, "
        "DROP COLUMN requested"
    )
