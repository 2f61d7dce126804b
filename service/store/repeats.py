"""SQL about events that only repeat others, or permit what later ones permit as well: no decision looks at
them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from service.store import ranks, standing
from service.store.database import Connection, joined_whole

COMPACT = """
UPDATE events e SET repeated = true
FROM (
    SELECT borrower_id, event_id, at, row_number() OVER (alike ORDER BY at, recorded) AS place,
           max(at) OVER (alike ORDER BY recorded DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
           AS later
    FROM events
    WHERE borrower_id = ANY($1::uuid[]) AND corrected_by IS NULL AND NOT repeated
      AND type NOT IN ('contact', 'inbound', 'consent_call', 'revoke_consent')
    WINDOW alike AS (PARTITION BY borrower_id, type, channel, document - 'ref')
) t
WHERE e.borrower_id = ANY($1::uuid[])
  AND e.borrower_id = t.borrower_id AND e.event_id = t.event_id AND t.place > 1 AND t.later >= t.at
"""
"""Of events that say the same the first stays, since some rules begin with it, and whatever is not outdone by
one that is recorded later and dated no earlier. What revokes direct consents to be called all stays: a cap
asks of each call of the past whether one held then (12 CFR 1006.14(b)(3)(i))."""

CONSENTS, CONSENT_DAYS = 32, 9
"""How many of them the rules look at, and how long one holds at the most
(policies/rules/direct_consent.py)."""
COMPACT_CONSENTS = """
UPDATE events e SET repeated = true
FROM (
    SELECT borrower_id, event_id, row_number() OVER alike AS place FROM events
    WHERE borrower_id = ANY($1::uuid[]) AND type = 'consent_call' AND corrected_by IS NULL AND NOT repeated
    WINDOW alike AS (PARTITION BY borrower_id, document->>'given_to', document->>'debt_ids'
                     ORDER BY at DESC, recorded DESC)
) t
WHERE e.borrower_id = ANY($1::uuid[])
  AND e.borrower_id = t.borrower_id AND e.event_id = t.event_id AND t.place > $2
"""
"""Of direct consents to be called the latest stay, as many as the rules look at: to pass over an older
one only counts a call more."""

MOST_CONSENTS, OF_MANY_EVENTS = 32, 8
COMPACT_OTHERS = """
UPDATE events e SET repeated = true
FROM (
    SELECT borrower_id, event_id, row_number() OVER alike AS place,
           CASE WHEN (SELECT count(*) > $4::int FROM (
               SELECT FROM events s WHERE s.borrower_id = events.borrower_id AND s.type <> 'contact'
               LIMIT $4::int + 1
           ) few) THEN $3::int ELSE $2::int END AS most
    FROM events
    WHERE borrower_id = ANY($1::uuid[]) AND type = 'consent_call' AND corrected_by IS NULL AND NOT repeated
    WINDOW alike AS (PARTITION BY borrower_id, channel ORDER BY at DESC, recorded DESC)
) t
WHERE e.borrower_id = ANY($1::uuid[])
  AND e.borrower_id = t.borrower_id AND e.event_id = t.event_id AND t.place > t.most
"""
"""And of all of them the latest of each channel, whatever addresses, debts or creditors they name; where much
more was told of the borrower, the latest few."""

COMPACT_CONTACTS = """
UPDATE events e SET behind = t.bound, repeated = e.type = 'inbound'
FROM (
    SELECT borrower_id, event_id, behind, first,
           (SELECT COALESCE(max(b), 0) FROM unnest($2::smallint[]) b WHERE b <= place
           AND (type = 'contact' OR b >= $3)) AS bound
    FROM (
        SELECT borrower_id, event_id, type, behind, row_number() OVER (alike ORDER BY at, recorded) AS first,
               row_number() OVER (alike ORDER BY at DESC, recorded DESC) - 1 AS place
        FROM events
        WHERE borrower_id = ANY($1::uuid[]) AND type IN ('contact', 'inbound') AND corrected_by IS NULL
        AND NOT repeated
        WINDOW alike AS (PARTITION BY borrower_id, type, channel, outcome, document - 'ref')
    ) placed
) t
WHERE e.borrower_id = ANY($1::uuid[])
  AND e.borrower_id = t.borrower_id AND e.event_id = t.event_id AND t.first > 1 AND t.bound > t.behind
"""
"""Of contacts that differ in nothing but their instant, how many later ones there are at least: a step of
`BEHIND`, so that each is written a few times in its life. The first stays, since some rules begin with it."""

BEHIND = (32, 128, 1024)
"""Later contacts alike, from which on a contact is passed over by decisions that need no more than so
many; no rule counts further than 1,000. Messages of the borrower are passed over from the last on, and by
all: a notice may answer one of them. Where a direct consent may take contacts out of a count (12 CFR
1006.14(b)(3)(i)), none is passed over: of those that lie in a window, up to the end of the last
consent."""


async def compact(connection: Connection, ids: Iterable[UUID]) -> None:
    """Mark the events of these borrowers that only repeat others: no decision looks at them. The caller holds
    the rows."""
    wanted = sorted(set(ids))
    async with joined_whole(connection):
        await connection.execute(COMPACT, wanted)
        await connection.execute(COMPACT_CONSENTS, wanted, CONSENTS)
        await connection.execute(COMPACT_OTHERS, wanted, MOST_CONSENTS, OF_MANY_EVENTS, standing.MANY_EVENTS)
        await connection.execute(COMPACT_CONTACTS, wanted, BEHIND, BEHIND[-1])
    await sort(connection, wanted)


async def sort(connection: Connection, ids: Sequence[UUID]) -> None:
    """Note again what of these borrowers' events stands for what. The caller holds the rows."""
    await ranks.compact(connection, ids)
    await standing.set_aside(connection, ids)
