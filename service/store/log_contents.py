"""SQL of the log's contents: which kinds, actors, verdicts and policies stand in which stretch of it, and
from when to when it goes.

An index of each of them would be written with every entry. Here the sequencer notes, for each stretch of
1,024 numbers, the distinct words of the entries that it took, some hundred rows a stretch; a reading goes to
the stretches where what it asks for is. `log_words` are the combinations that ever occurred, each of a policy
or, with an empty one, of every entry. `log_covered` says how far the log is noted: what lies beyond, in order
or not, is looked through. Rows of stretches may outlive entries that retention let go; they cost a look and
say nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from service.store.database import Connection
from service.store.log_sequence import BETWEEN, ENTRIES_OF
from service.store.query import Query

BITS = 10
"""A stretch is the entries whose numbers differ in their last ten bits."""
FAR_BEHIND = 200_000
"""Entries beyond what is noted with which it is quicker to read the log itself: a store that was just brought
to this release."""


class Stretch(NamedTuple):
    """One combination of words in one stretch of the log."""

    stretch: int
    kind: str
    actor: str
    verdict: str
    policy: str
    earliest: datetime
    latest: datetime


FOUND = Query(
    Stretch,
    f"""
WITH found AS MATERIALIZED (
    SELECT e.entry_id >> {BITS} AS stretch, e.kind, e.actor, COALESCE(e.verdict, '') AS verdict, e.policies,
           min(e.at) AS earliest, max(e.at) AS latest
    FROM {ENTRIES_OF} WHERE {BETWEEN} GROUP BY 1, 2, 3, 4, 5
)
SELECT f.stretch, f.kind, f.actor, f.verdict, p.policy, min(f.earliest) AS earliest, max(f.latest) AS latest
FROM found f CROSS JOIN LATERAL (SELECT '' AS policy UNION ALL SELECT DISTINCT split_part(one, '@', 1)
FROM unnest(f.policies) one) p
GROUP BY 1, 2, 3, 4, 5
""",
)

WORDS = """
INSERT INTO log_words (kind, actor, verdict, policy)
SELECT DISTINCT u.kind, u.actor, u.verdict, u.policy
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS u (kind, actor, verdict, policy)
LEFT JOIN log_words w ON w.kind = u.kind AND w.actor = u.actor AND w.verdict = u.verdict
    AND w.policy = u.policy
WHERE w.word_id IS NULL
"""

CONTENTS = """
INSERT INTO log_contents (word_id, stretch)
SELECT w.word_id, u.stretch
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[]) AS u (stretch, kind, actor, verdict,
    policy)
JOIN log_words w ON w.kind = u.kind AND w.actor = u.actor AND w.verdict = u.verdict AND w.policy = u.policy
ON CONFLICT DO NOTHING
"""

SPANS = """
INSERT INTO log_spans AS s (stretch, earliest, latest)
SELECT stretch, min(earliest), max(latest)
FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) AS u (stretch, earliest, latest)
GROUP BY stretch
ON CONFLICT (stretch) DO UPDATE SET earliest = LEAST(s.earliest, EXCLUDED.earliest),
    latest = GREATEST(s.latest, EXCLUDED.latest)
"""

COVER = """
INSERT INTO log_covered (one, size) VALUES (true, $1) ON CONFLICT (one) DO UPDATE SET size = EXCLUDED.size
"""


class Reach(NamedTuple):
    """How far the log is noted and how far it is sequenced, in entries."""

    covered: int
    sequenced: int


REACH = Query(
    Reach,
    """
SELECT COALESCE((SELECT size FROM log_covered), 0) AS covered,
       COALESCE((SELECT size FROM log_checkpoints ORDER BY size DESC LIMIT 1), 0) AS sequenced
""",
)


class Place(NamedTuple):
    """A stretch of the log."""

    stretch: int


BEYOND = Query(
    Place,
    f"""
SELECT DISTINCT entry_id >> {BITS} AS stretch FROM (
    SELECT unnest(s.entries) AS entry_id FROM log_sequence s WHERE s.first > $1::bigint - 256
    UNION ALL
    SELECT unnest(p.entries) FROM log_pending p
) e
""",
)
"""Where the entries are that have an index from $1 on, and those that have none yet."""

_OF_WORDS = """
FROM log_words w CROSS JOIN LATERAL (
    SELECT c.stretch FROM log_contents c WHERE c.word_id = w.word_id AND c.stretch BETWEEN $1 AND $2
    ORDER BY c.stretch DESC LIMIT $3
) c
WHERE w.policy = COALESCE($4::text, '') AND ($5::text[] IS NULL OR w.kind = ANY($5))
  AND ($6::text IS NULL OR w.actor = $6)
  AND ($7::text[] IS NULL OR w.verdict = ANY($7))
"""
WITH_WORDS = Query(Place, f"SELECT DISTINCT c.stretch {_OF_WORDS} ORDER BY c.stretch DESC LIMIT $3")
"""The last stretches of [$1, $2] in which something like that is."""


class Bounds(NamedTuple):
    """The first and the last stretch with an entry of a time; None where there is none."""

    lowest: int | None
    highest: int | None


OF_TIME = Query(
    Bounds,
    """
SELECT min(stretch) AS lowest, max(stretch) AS highest FROM log_spans
WHERE ($1::timestamptz IS NULL OR latest >= $1) AND ($2::timestamptz IS NULL OR earliest < $2)
""",
)


async def note(connection: Connection, most: int) -> int:
    """Note the next entries that have an index and are not noted yet, at most so many; returns how many. The
    caller alone does it, in a transaction."""
    reach = await REACH.one(connection)
    until = min(reach.sequenced, reach.covered + most)
    if until <= reach.covered:
        return 0
    found = await FOUND.all(connection, reach.covered, until)
    if not found:  # they were archived and dropped
        await connection.execute(COVER, until)
        return until - reach.covered
    stretches, *words, earliest, latest = (list(column) for column in zip(*found, strict=True))
    await connection.execute(WORDS, *words)
    await connection.execute(CONTENTS, stretches, *words)
    await connection.execute(SPANS, stretches, earliest, latest)
    await connection.execute(COVER, until)
    return until - reach.covered


async def beyond(connection: Connection) -> list[int] | None:
    """The stretches with entries that are not noted; None where those are too many to be looked through."""
    reach = await REACH.one(connection)
    if reach.sequenced - reach.covered > FAR_BEHIND:
        return None
    return [row.stretch for row in await BEYOND.all(connection, reach.covered)]


async def of_time(
    connection: Connection, since: datetime | None, before: datetime | None
) -> tuple[int, int] | None:
    """Between which stretches the noted entries of a time lie; None where there is none."""
    found = await OF_TIME.one(connection, since, before)
    return None if found.lowest is None or found.highest is None else (found.lowest, found.highest)


async def with_words(
    connection: Connection,
    between: tuple[int, int],
    most: int,
    *,
    kinds: Sequence[str] | None = None,
    actor: str | None = None,
    verdicts: Sequence[str] | None = None,
    policy: str | None = None,
) -> Sequence[int]:
    """The last stretches in which an entry of these words is noted, the newest first; of several kinds or
    verdicts any will do."""
    found = await WITH_WORDS.all(connection, *between, most, policy, kinds, actor, verdicts)
    return [row.stretch for row in found]
