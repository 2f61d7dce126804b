"""Lay what the phone networks' bounds need where several borrowers have one number: who they are, and what
the number got within the hour."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"

UP = (
    """
CREATE TABLE shared_numbers (
    borrower_id uuid NOT NULL,
    digest bytea NOT NULL,
    PRIMARY KEY (borrower_id, digest)
)
""",
    """
CREATE TABLE shared_texts (
    digest bytea NOT NULL,
    borrower_id uuid NOT NULL,
    notice_no bigint NOT NULL,
    number smallint NOT NULL,
    -- Null where the words are not known any more: such a text counts as identical to every other.
    words bytea,
    at timestamptz NOT NULL,
    PRIMARY KEY (digest, borrower_id, notice_no, number)
)
""",
    "CREATE INDEX shared_texts_by_age ON shared_texts (at)",
    """
INSERT INTO shared_numbers (borrower_id, digest)
SELECT a.borrower_id, a.digest FROM addresses a
JOIN (SELECT digest FROM addresses WHERE channel = 'sms' GROUP BY digest HAVING count(*) > 1) s
ON s.digest = a.digest
WHERE a.channel = 'sms'
""",
    """
INSERT INTO shared_texts (digest, borrower_id, notice_no, number, at)
SELECT s.digest, a.borrower_id, a.notice_no, a.number, a.at
FROM shared_numbers s JOIN attempts a ON a.borrower_id = s.borrower_id AND a.address_digest = s.digest
WHERE a.channel = 'sms' AND a.at > now() - interval '1 hour' AND a.state NOT IN ('released', 'refused')
""",
)


def upgrade() -> None:
    """Create the tables, and fill them from the addresses and the attempts that are there."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP TABLE shared_texts, shared_numbers")
