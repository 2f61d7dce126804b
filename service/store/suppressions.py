"""SQL about suppressions: what belongs to an address, by its keyed digest and channel, whoever has it.

At most one stands for each address, channel and reason. Its `recorded` number is taken from the sequence that
numbers events, so that the two have one order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from service.model.suppression import CHANNELS, Reason
from service.store.database import Connection, rows_changed
from service.store.query import Query


def opposing(digest: str, channel: str) -> str:
    """SQL for what stands against an address on a channel, by the numbers of its recording; null for
    nothing."""
    return f"""SELECT string_agg(s.recorded::text, ',' ORDER BY s.recorded) FROM suppressions s
      WHERE s.digest = {digest} AND s.lifted_at IS NULL
        AND (s.channel IN ({channel}, 'any') OR s.channel IN ('sms', 'whatsapp')
        AND {channel} IN ('sms', 'whatsapp'))"""


class Draft(NamedTuple):
    """A suppression as it is to be recorded."""

    digest: bytes
    """Of the address."""
    channel: str
    reason: str
    at: datetime
    """When it was said."""
    actor: str
    via: str
    said_by: tuple[UUID, ...]
    """The borrowers who said it: their own lifting events reach it, nobody else's do."""
    note: bytes | None
    """Encrypted."""


class Suppression(NamedTuple):
    """A suppression as stored."""

    suppression_id: int
    digest: bytes
    channel: str
    reason: str
    at: datetime
    recorded: int
    recorded_at: datetime
    actor: str
    via: str
    said_by: Sequence[UUID]
    note: bytes | None
    lifted_at: datetime | None
    lifted_by: str | None
    lifted_because: bytes | None


class Added(NamedTuple):
    """What recording a suppression did."""

    digest: bytes
    channel: str
    reason: str
    suppression_id: int
    at: datetime
    via: str
    new: bool
    """Whether none stood for this address, channel and reason."""


COLUMNS = ", ".join(Suppression._fields)

ADD = Query(
    Added,
    """
INSERT INTO suppressions AS s (digest, channel, reason, at, recorded_at, actor, via, said_by, note)
SELECT u.digest, u.channel, u.reason, u.at, $9, u.actor, u.via,
       ARRAY(SELECT b.borrower_id FROM unnest($7::int[], $8::uuid[]) AS b (place, borrower_id)
       WHERE b.place = u.place), u.note
FROM unnest($1::bytea[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $10::bytea[])
     WITH ORDINALITY AS u (digest, channel, reason, at, actor, via, note, place)
ORDER BY u.digest, u.channel, u.reason
ON CONFLICT (digest, channel, reason) WHERE lifted_at IS NULL DO UPDATE
SET recorded = EXCLUDED.recorded, at = GREATEST(s.at, EXCLUDED.at), recorded_at = EXCLUDED.recorded_at,
    said_by = ARRAY(
        SELECT b FROM unnest(s.said_by || EXCLUDED.said_by) AS b GROUP BY b
        HAVING s.at = EXCLUDED.at AND s.via = EXCLUDED.via
            OR b = ANY(s.said_by) AND b = ANY(EXCLUDED.said_by) ORDER BY b
    )
RETURNING digest, channel, reason, suppression_id, at, via, xmax = 0 AS new
""",
)
"""Who says it once more renews it: what lifted it for a borrower before lifts it no more. A message of an
address that several borrowers have was said by each of them; of several sayings those are left who said each,
since nobody takes back what another said."""

LIFT = Query(
    Suppression,
    f"""
UPDATE suppressions SET lifted_at = $2, lifted_by = $3, lifted_because = $4
WHERE suppression_id = $1 AND lifted_at IS NULL RETURNING {COLUMNS}
""",
)

LIFT_SAID = Query(
    Suppression,
    f"""
UPDATE suppressions SET lifted_at = $5, lifted_by = $6
WHERE suppression_id IN (
    SELECT s.suppression_id
    FROM unnest($1::bytea[], $2::text[], $3::text[], $4::timestamptz[]) AS u (digest, channel, reason, at)
    JOIN suppressions s ON s.digest = u.digest AND s.reason = u.reason AND s.lifted_at IS NULL AND s.at < u.at
     AND (u.channel = 'any' OR s.channel = u.channel OR s.channel = 'any' AND u.reason <> 'opt_out')
    ORDER BY s.suppression_id FOR NO KEY UPDATE OF s
) AND lifted_at IS NULL
RETURNING {COLUMNS}
""",
)
"""An opt-out of every channel is lifted by what names every channel. Of two in the same instant the
restriction holds."""

LIFT_COPY = """
UPDATE suppressions SET lifted_at = $5, lifted_by = $6, lifted_because = $7
WHERE digest = $1 AND channel = $2 AND reason = $3 AND lifted_at IS NULL AND at <= $4
"""
"""What was said since, in this cell, stands."""

STANDING = Query(
    Suppression,
    f"SELECT {COLUMNS} FROM suppressions WHERE digest = ANY($1::bytea[]) AND lifted_at IS NULL "
    "ORDER BY recorded",
)

ONE = Query(Suppression, f"SELECT {COLUMNS} FROM suppressions WHERE suppression_id = $1")

LIST = Query(
    Suppression,
    f"""
SELECT {COLUMNS} FROM suppressions
WHERE digest = $1 AND ($2::text IS NULL OR channel = $2) AND ($3::text IS NULL OR reason = $3)
  AND ($4::boolean OR lifted_at IS NULL) AND ($5::bigint IS NULL OR suppression_id < $5)
ORDER BY suppression_id DESC LIMIT $6
""",
)
LIST_ALL = Query(
    Suppression,
    f"""
SELECT s.* FROM unnest($1::text[]) AS c (channel) CROSS JOIN unnest($2::text[]) AS r (reason) CROSS
JOIN unnest($3::boolean[]) AS l (stands)
CROSS JOIN LATERAL (
    SELECT {COLUMNS} FROM suppressions s
    WHERE s.channel = c.channel AND s.reason = r.reason AND (s.lifted_at IS NULL) = l.stands
    AND s.suppression_id < $4
    ORDER BY s.suppression_id DESC LIMIT $5
) s
ORDER BY s.suppression_id DESC LIMIT $5
""",
)
"""By channel, reason and whether they stand, merged: nothing is passed through that is not asked for."""
NEWEST = 2**62


async def add(connection: Connection, drafts: Sequence[Draft], at: datetime) -> list[Added]:
    """Record suppressions, one for each address, channel and reason; returns which were new. Locks rows in
    one order: to be called after every other row was locked."""
    merged: dict[tuple[bytes, str, str], Draft] = {}
    for draft in drafts:
        key = (draft.digest, draft.channel, draft.reason)
        before = merged.get(key)
        merged[key] = draft if before is None else _both(before, draft)
    if not merged:
        return []
    rows = list(merged.values())
    said = [(place, one) for place, row in enumerate(rows, 1) for one in row.said_by]
    columns = [
        [getattr(row, name) for row in rows] for name in ("digest", "channel", "reason", "at", "actor", "via")
    ]
    return await ADD.all(
        connection,
        *columns,
        [place for place, _ in said],
        [one for _, one in said],
        at,
        [row.note for row in rows],
    )


def _both(one: Draft, other: Draft) -> Draft:
    """Two sayings, or one that several borrowers said."""
    said = {*one.said_by, *other.said_by}
    if (one.at, one.via) != (other.at, other.via):
        said = {*one.said_by} & {*other.said_by}
    return other._replace(said_by=tuple(said), at=max(one.at, other.at))


async def lift(
    connection: Connection, suppression_id: int, *, at: datetime, actor: str, because: bytes
) -> Suppression | None:
    """Lift one; None where it does not stand. `because`: encrypted."""
    return await LIFT.first(connection, suppression_id, at, actor, because)


async def lift_copy(connection: Connection, row: Suppression) -> int:
    """Lift what stands here of a suppression that was lifted in another cell; how many that were."""
    tag = await connection.execute(
        LIFT_COPY,
        row.digest,
        row.channel,
        row.reason,
        row.at,
        row.lifted_at,
        row.lifted_by,
        row.lifted_because,
    )
    return rows_changed(tag)


class Lifting(NamedTuple):
    """What an event lifts of an address: those of a reason, on a channel, that were said before it."""

    digest: bytes
    channel: str
    reason: str
    at: datetime


async def lift_said(
    connection: Connection, liftings: Sequence[Lifting], *, at: datetime, actor: str
) -> list[Suppression]:
    """Lift what stands and was recorded and said before; to be called after every other row was locked."""
    if not liftings:
        return []
    columns = zip(*liftings, strict=True)
    return await LIFT_SAID.all(connection, *map(list, columns), at, actor)


async def standing(connection: Connection, digests: Iterable[bytes]) -> list[Suppression]:
    """Everything that stands against these addresses, in the order of its recording."""
    return await STANDING.all(connection, list(set(digests)))


async def one(connection: Connection, suppression_id: int) -> Suppression | None:
    """One suppression, also one that was lifted."""
    return await ONE.first(connection, suppression_id)


async def page(
    connection: Connection,
    *,
    digest: bytes | None,
    channel: str | None,
    reason: str | None,
    lifted: bool,
    before: int | None,
    limit: int,
) -> list[Suppression]:
    """Suppressions, the newest first; with `lifted` also those that stand no more."""
    if digest is not None:
        return await LIST.all(connection, digest, channel, reason, lifted, before, limit)
    channels = list(CHANNELS) if channel is None else [channel]
    reasons = list(map(str, Reason)) if reason is None else [reason]
    stands = [True, False] if lifted else [True]
    return await LIST_ALL.all(
        connection, channels, reasons, stands, NEWEST if before is None else before, limit
    )


STANDING_AFTER = Query(
    Suppression,
    f"SELECT {COLUMNS} FROM suppressions WHERE suppression_id > $1 AND lifted_at IS NULL "
    "ORDER BY suppression_id LIMIT $2",
)


async def standing_after(connection: Connection, after: int, limit: int) -> list[Suppression]:
    """Those that stand, in the order of their ids, beyond one."""
    return await STANDING_AFTER.all(connection, after, limit)
