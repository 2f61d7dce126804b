"""SQL about numbers that several borrowers have: who shares one, and which texts it got within the hour.

A borrower who has or had a number that another has or had too is flagged, and the flag is found by the
borrower. It is not taken back as long as the borrower is known by the number: it costs a look and no more.
The texts are found by the number's digest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from service.store.attempts import AttemptKey
from service.store.database import Connection
from service.store.hourly_counts import HourlyCount
from service.store.own_names import own_key
from service.store.query import Query


class Shared(NamedTuple):
    """A number that others have too."""

    digest: bytes
    flagged: bool


OTHERS = Query(
    Shared,
    """
SELECT u.digest, COALESCE(
    (SELECT true FROM (SELECT a.borrower_id FROM addresses a WHERE a.digest = u.digest
    AND a.channel = 'sms' LIMIT $2::int + 1) a
     JOIN shared_numbers s ON s.borrower_id = a.borrower_id AND s.digest = u.digest LIMIT 1),
         false) AS flagged
FROM (SELECT * FROM unnest($1::bytea[]) AS u (digest)) u
CROSS JOIN LATERAL (SELECT 1 FROM addresses a WHERE a.digest = u.digest AND a.channel = 'sms' OFFSET $2::int
LIMIT 1) o
""",
)
"""However many have a number, it looks at one more than were stored just now."""


class Holding(NamedTuple):
    """A borrower, and the digest of a number that this borrower has."""

    borrower_id: UUID
    digest: bytes


UNFLAGGED = Query(
    Holding,
    """
SELECT a.borrower_id, a.digest FROM addresses a
WHERE a.digest = ANY($1::bytea[]) AND a.channel = 'sms'
  AND (SELECT true FROM shared_numbers s WHERE s.borrower_id = a.borrower_id
  AND s.digest = a.digest LIMIT 1) IS NULL
""",
)

FLAG = Query(
    Holding,
    """
INSERT INTO shared_numbers (borrower_id, digest) SELECT * FROM unnest($1::uuid[], $2::bytea[])
ON CONFLICT DO NOTHING
RETURNING borrower_id, digest
""",
)

TAKE_OVER = """
INSERT INTO shared_texts (digest, borrower_id, notice_no, number, at)
SELECT u.digest, a.borrower_id, a.notice_no, a.number, a.at
FROM (SELECT * FROM unnest($1::uuid[], $2::bytea[]) AS u (borrower_id, digest)) u
CROSS JOIN LATERAL (
    SELECT * FROM attempts a WHERE a.borrower_id = u.borrower_id AND a.at > $3 AND a.channel = 'sms'
    AND a.address_digest = u.digest
    AND a.state NOT IN ('released', 'refused') OFFSET 0
) a
ON CONFLICT DO NOTHING
"""
"""Their words were digested under each borrower's own key, so that nobody can compare them."""


class Held(NamedTuple):
    """A number, and how many have it; none at the end of a page."""

    digest: bytes
    holders: int


PAGE = Query(
    Held,
    """
WITH page AS MATERIALIZED (
    SELECT a.digest FROM addresses a WHERE a.digest >= $1 AND a.channel = 'sms' ORDER BY a.digest LIMIT $2
)
SELECT digest, count(*) AS holders FROM page GROUP BY digest HAVING count(*) > 1
UNION ALL
(SELECT digest, 0 FROM page ORDER BY digest DESC LIMIT 1)
""",
)

DROP_FLAGS = """
DELETE FROM shared_numbers s WHERE (
    SELECT bool_or(a.digest = s.digest) FROM addresses a WHERE a.borrower_id = s.borrower_id
    AND a.channel = 'sms'
) IS NOT TRUE
"""
"""Where a borrower was flagged and erased at the same instant."""

COUNTED = timedelta(hours=1)
"""How far back texts count that went to a number before it was known to be shared."""
LOCK = f"SELECT pg_advisory_xact_lock({own_key('u.key')}) FROM unnest($1::bigint[]) AS u (key)"


class _Counted(NamedTuple):
    """What a number got, by the place of the text that asks."""

    place: int
    alike: int
    every: int
    oldest: datetime | None


COUNT = Query(
    _Counted,
    """
SELECT u.place, t.alike, t.every, t.oldest
FROM unnest($1::bytea[], $2::bytea[]) WITH ORDINALITY AS u (digest, words, place)
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE t.words = u.words OR t.words IS NULL) AS alike, count(*) AS every,
        min(t.at) AS oldest
    FROM (SELECT t.words, t.at FROM shared_texts t WHERE t.digest = u.digest AND t.at > $3 LIMIT $4) t
) t
""",
)

RECORD = """
INSERT INTO shared_texts (digest, borrower_id, notice_no, number, words, at)
SELECT *, $6 FROM unnest($1::bytea[], $2::uuid[], $3::bigint[], $4::smallint[], $5::bytea[])
ON CONFLICT (digest, borrower_id, notice_no, number) DO UPDATE SET words = EXCLUDED.words, at = EXCLUDED.at
"""

FORGET = "DELETE FROM shared_texts WHERE at <= $1"


class SharedText(NamedTuple):
    """A text to a shared number, before it is handed over."""

    key: AttemptKey
    number: bytes
    """The digest of the number."""
    words: bytes
    """The digest of the words, the same for every borrower of the number."""


async def others(connection: Connection, stored: Mapping[bytes, int]) -> dict[bytes, bool]:
    """The numbers that more borrowers have than were `stored` with them just now, and whether any of these is
    flagged."""
    by_count: dict[int, list[bytes]] = {}
    for digest, count in stored.items():  # mostly each number once
        by_count.setdefault(count, []).append(digest)
    return {
        row.digest: row.flagged
        for count, digests in by_count.items()
        for row in await OTHERS.all(connection, digests, count)
    }


async def unflagged(connection: Connection, digests: Iterable[bytes]) -> list[Holding]:
    """Who has one of these numbers and is not flagged."""
    return await UNFLAGGED.all(connection, list(digests))


async def flag(connection: Connection, sharers: Iterable[tuple[UUID, bytes]], *, since: datetime) -> None:
    """Flag borrowers who share a number, and count what it got from them after `since`, whatever the words.

    Waits for others who flag the same, all in one order; no row of any borrower is changed."""
    ordered = sorted(set(sharers))
    rows = await FLAG.all(connection, [one for one, _ in ordered], [digest for _, digest in ordered])
    if rows:
        await connection.execute(
            TAKE_OVER, [row.borrower_id for row in rows], [row.digest for row in rows], since
        )


async def page(connection: Connection, start: bytes, limit: int) -> tuple[list[bytes], bytes | None]:
    """Of up to `limit` addresses from the digest `start` on, the numbers that several have; and the last
    digest, None after the end."""
    rows = await PAGE.all(connection, start, limit)
    return [row.digest for row in rows if row.holders], next(
        (row.digest for row in rows if not row.holders), None
    )


async def drop_flags(connection: Connection) -> None:
    """Drop the flags of borrowers who have no such number any more."""
    await connection.execute(DROP_FLAGS)


async def lock(connection: Connection, numbers: Iterable[bytes]) -> None:
    """Be alone with these numbers to the end of the transaction. To be called before any row is locked."""
    await connection.execute(LOCK, sorted({int.from_bytes(number[:8], signed=True) for number in numbers}))


async def hourly_counts(
    connection: Connection, texts: Sequence[SharedText], *, at: datetime, since: datetime, most: int
) -> dict[AttemptKey, HourlyCount]:
    """By attempt what its number got after `since`, from whomever, and no more than `most`; the caller holds
    the numbers."""
    rows = await COUNT.all(
        connection, [text.number for text in texts], [text.words for text in texts], since, most
    )
    found: dict[AttemptKey, HourlyCount] = {}
    for row in rows:
        text = texts[row.place - 1]
        found[text.key] = HourlyCount(
            address=text.number, alike=row.alike, every=row.every, oldest=row.oldest or at
        )
    return found


async def record(connection: Connection, texts: Iterable[SharedText], at: datetime) -> None:
    """Count texts that were marked as dialing; to be called after every other row was locked."""
    ordered = sorted(texts, key=lambda text: (text.number, text.key))
    await connection.execute(
        RECORD,
        [text.number for text in ordered],
        [text.key.borrower_id for text in ordered],
        [text.key.notice_no for text in ordered],
        [text.key.number for text in ordered],
        [text.words for text in ordered],
        at,
    )


async def forget(connection: Connection, before: datetime) -> None:
    """Drop texts that no bound counts any more."""
    await connection.execute(FORGET, before)
