"""SQL about the calls to one number, whoever has it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from service.store.attempts import AttemptKey
from service.store.database import Connection
from service.store.query import Query


class _LastCalls(NamedTuple):
    place: int
    dialed: Sequence[datetime]


LAST_CALLS = Query(
    _LastCalls,
    """
SELECT u.place, ARRAY(
    SELECT c.dialed_at FROM attempts c
    WHERE c.channel = 'voice' AND c.address_digest = u.digest
    AND c.reserved_at > $3::timestamptz - interval '1 hour' AND c.dialed_at > $3::timestamptz
      AND c.state NOT IN ('released', 'refused') AND (u.holder IS NULL OR c.borrower_id = u.holder)
    ORDER BY c.dialed_at DESC LIMIT $4
) AS dialed
FROM unnest($1::bytea[], $2::uuid[]) WITH ORDINALITY AS u (digest, holder, place)
""",
)
"""`reserved_at` is in the index; between it and the dialing lie seconds."""


class Call(NamedTuple):
    """A call that is about to be placed."""

    key: AttemptKey
    number: bytes
    """The digest of the number."""
    holder: UUID | None
    """The borrower whose calls alone count; None where everybody's do."""


async def last_calls(
    connection: Connection, calls: Sequence[Call], *, at: datetime, within: timedelta, most: int
) -> list[Sequence[datetime]]:
    """For each call when its number was dialled `within` that time before `at`, latest first, no more than
    `most`."""
    rows = await LAST_CALLS.all(
        connection, [one.number for one in calls], [one.holder for one in calls], at - within, most
    )
    found: list[Sequence[datetime]] = [[] for _ in calls]
    for row in rows:
        found[row.place - 1] = row.dialed
    return found
