"""SQL about our own attempts as contacts of a borrower."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from service.store.query import Query


class OwnContacts(NamedTuple):
    """Attempts of ours to one borrower that count as contacts, and differ in nothing but their notice and
    their instant."""

    borrower_id: UUID
    channel: str
    number: int
    unknown: bool
    """Nobody knows whether they went, or what came of them."""
    outcome: str
    debt_id: str
    account_id: str | None
    creditor: str
    category: str
    content_class: str | None
    wrong_party: bool
    address_digest: bytes
    medium: str
    address_kind: str | None
    in_response_to: str | None
    requested: bool
    notices: Sequence[int]
    """The numbers of their notices."""
    instants: Sequence[datetime]
    """When each was, in the order of the notices."""
    recordings: Sequence[int] | None = None
    """The number under which each was recorded, in that order; 0 of one that was made before attempts were
    numbered. None where nobody can have spoken with the borrower."""


CONTACTS = Query(
    OwnContacts,
    """
SELECT borrower_id, channel, number, unknown, outcome, debt_id, account_id, creditor,
       category, content_class, wrong_party, address_digest, medium, address_kind, in_response_to, requested,
       array_agg(notice_no) AS notices, array_agg(at) AS instants,
       array_agg(COALESCE(recorded, 0)) FILTER (WHERE outcome IN ('conversation', 'hung_up')
           OR channel = 'voice' AND state = 'unknown') AS recordings
FROM (
    SELECT *, state = 'unknown' AND outcome IN ('in_flight', 'conversation', 'unknown')
        OR state = 'undelivered' AND outcome IN ('in_flight', 'unknown') AS unknown
    FROM attempts WHERE borrower_id = ANY($1::uuid[]) AND state NOT IN ('refused', 'released')
) a
GROUP BY borrower_id, channel, number, unknown, state = 'unknown', outcome, debt_id, account_id, creditor,
         category, content_class, wrong_party, address_digest, medium, address_kind, in_response_to, requested
""",
)
"""A row for all that are alike: most of a history is, and a row for each of them cost three times as much.

An attempt whose state is `unknown` may still have the outcome that it began with, or the conversation as
which a call that was over used to be written where nobody said who had answered. What a person or a repeat
closed while it was unknown stays without a word of what came of it."""
