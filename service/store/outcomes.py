"""SQL of what came after contacts: attributed to contacts when their time is over, and kept as counts that
name nobody.

An answer goes to the latest contact about its debt before it, along the borrower's own index. What is grouped
stands by quarters of an hour: every zone's hours begin on one, and which zone's hours they are is not the
database's business."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from service.learning.arms import FIRST_DAYS
from service.model.outcome import COUNTED
from service.store.database import Connection
from service.store.own_names import own_key
from service.store.query import Query

_TIER = "CASE WHEN {days} IS NULL THEN 'unknown' " + " ".join(
    f"WHEN {{days}} >= {first} THEN '{name}'" if first is not None else f"ELSE '{name}' END"
    for name, first in FIRST_DAYS
)
_SENT = "NOT IN ('reserved', 'released', 'refused')"
_OUT = """COALESCE({e}.document ->> 'direction', 'out') = 'out'
          AND COALESCE({e}.document ->> 'wrong_party', 'false') = 'false'
          AND {e}.corrected_by IS NULL"""
_MEASURED = ",\n       ".join(
    f"count(*) FILTER (WHERE '{kind}' = ANY(s.types)) AS {measure}" for kind, measure in COUNTED.items()
)


class Counted(NamedTuple):
    """Contacts alike, of one quarter of an hour, and what came after them."""

    quarter: datetime
    time_zone: str | None
    jurisdiction: str | None
    country: str | None
    creditor: str
    template: str
    channel: str
    tier: str
    arm_group: str
    mature: bool
    contacts: int
    reached: int
    payments: int
    promises: int
    plan_requests: int
    replies: int
    opt_outs: int
    complaints: int
    disputes: int
    hang_ups: int


COUNT = Query(
    Counted,
    f"""
WITH made AS (
    SELECT a.borrower_id, a.at, a.notice_no || '.' || a.channel || '.' || a.number AS name, a.channel,
        a.outcome, a.creditor, n.template,
           n.days_past_due, ARRAY[a.debt_id] AS debts, c.arm_group
    FROM attempts a JOIN notices n USING (borrower_id, notice_no)
    LEFT JOIN choices c USING (borrower_id, notice_no)
    WHERE a.at >= $1::timestamptz - $3::interval AND a.at < $2::timestamptz - $3::interval AND a.at >= $4
    AND a.at < $5
      AND a.state {_SENT}
    UNION ALL
    SELECT e.borrower_id, e.at, e.event_id, e.channel, e.outcome,
        COALESCE(e.document ->> 'creditor', n.creditor), NULL,
           n.days_past_due, (SELECT array_agg(d)
           FROM jsonb_array_elements_text(e.document -> 'debt_ids') AS d), NULL
    FROM events e
    LEFT JOIN LATERAL (SELECT l.creditor, l.days_past_due FROM notices l
                       WHERE l.borrower_id = e.borrower_id AND e.document -> 'debt_ids' ? l.debt_id
                       ORDER BY l.notice_no DESC LIMIT 1) n ON true
    WHERE (e.at >= $1::timestamptz - $3::interval OR e.learned_at >= $1)
    AND e.at < $2::timestamptz - $3::interval AND e.learned_at < $2
      AND e.at >= $4 AND e.at < $5 AND e.type = 'contact' AND {_OUT.format(e="e")}
)
SELECT date_bin('15 minutes', m.at, '2000-01-01Z'::timestamptz) AS quarter, b.time_zone, b.jurisdiction,
    b.country,
       COALESCE(m.creditor, 'unknown') AS creditor, COALESCE(m.template, 'unknown') AS template,
           COALESCE(m.channel, 'unknown') AS channel,
       {_TIER.format(days="m.days_past_due")} AS tier, COALESCE(m.arm_group, '') AS arm_group,
           m.at + $6::interval <= $7::timestamptz AS mature,
       count(*) AS contacts,
       count(*) FILTER (WHERE m.outcome IN ('delivered', 'conversation', 'voicemail_left', 'answered_dropped',
           'hung_up')) AS reached,
       {_MEASURED},
       count(*) FILTER (WHERE m.outcome = 'hung_up') AS hang_ups
FROM made m
JOIN borrowers b ON b.borrower_id = m.borrower_id AND b.erased_at IS NULL
CROSS JOIN LATERAL (
    SELECT array_agg(DISTINCT CASE WHEN e.type = 'contact' THEN 'inbound' ELSE e.type END) AS types
    FROM events e
    WHERE e.borrower_id = m.borrower_id AND e.at >= m.at AND e.at < m.at + $6::interval
    AND e.corrected_by IS NULL
      AND COALESCE(e.document ->> 'via', '') NOT IN ('provider', 'suppression')
      AND (e.type = ANY($8::text[]) OR e.type = 'contact' AND e.document ->> 'direction' = 'in')
      AND (m.debts IS NULL OR e.document -> 'debt_ids' IS NULL OR e.document -> 'debt_ids' ?| m.debts)
      AND NOT EXISTS (
          SELECT FROM attempts l
          WHERE l.borrower_id = m.borrower_id AND l.at >= m.at AND l.at <= e.at AND l.state {_SENT}
            AND (l.at, l.notice_no || '.' || l.channel || '.' || l.number) > (m.at, m.name)
            AND (e.document -> 'debt_ids' IS NULL OR e.document -> 'debt_ids' ? l.debt_id))
      AND NOT EXISTS (
          SELECT FROM events k
          WHERE k.borrower_id = m.borrower_id AND k.at >= m.at AND k.at <= e.at AND k.type = 'contact'
          AND (k.at, k.event_id) > (m.at, m.name)
            AND {_OUT.format(e="k")}
            AND (k.document -> 'debt_ids' IS NULL OR e.document -> 'debt_ids' IS NULL
                 OR e.document -> 'debt_ids' ?| ARRAY(SELECT jsonb_array_elements_text(k.document ->
                     'debt_ids'))))
) s
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
""",
)
"""Contacts whose time to be counted lies in [$1, $2): their own instant and $3, or the recording of what was
reported, whichever is later. What a provider knew before is no answer; a contact that the borrower began is a
reply. The creditor and the days past due of a reported contact are those of the latest notice about one of
its debts, where it names none itself."""

FIRST_ATTEMPT = "SELECT min(at) FROM attempts WHERE at < $1"
FIRST_REPORTED = "SELECT min(at) FROM events WHERE type = 'contact' AND at < $1"


SOME_MADE = f"""
SELECT count(*) FROM (SELECT FROM attempts WHERE at >= $1 AND at < $2 AND state {_SENT} LIMIT $3) a
"""
SOME_REPORTED = """
SELECT count(*) FROM (SELECT FROM events WHERE at >= $1 AND at < $2 AND type = 'contact' LIMIT $3) e
"""


class Progress(NamedTuple):
    """How far contacts were counted."""

    counted_until: datetime


PROGRESS = Query(Progress, "SELECT counted_until FROM outcome_progress")
COUNTS_KEY = own_key("hashtextextended('outcome counts', 0)")
HOLD = f"SELECT pg_advisory_xact_lock({COUNTS_KEY})"
SHARE = f"SELECT pg_advisory_xact_lock_shared({COUNTS_KEY})"
ADVANCE = """
INSERT INTO outcome_progress (counted_until) VALUES ($1) ON CONFLICT (single) DO UPDATE
SET counted_until = excluded.counted_until
"""


class CountRow(NamedTuple):
    """Counted contacts of one group and day; the fields are the columns."""

    day: date
    week: str
    creditor: str
    template: str
    channel: str
    tier: str
    band: str
    arm_group: str
    contacts: int
    reached: int
    payments: int
    promises: int
    plan_requests: int
    replies: int
    opt_outs: int
    complaints: int
    disputes: int
    hang_ups: int


_COLUMNS = ", ".join(CountRow._fields)
_SUMS = CountRow._fields[8:]
ADD = f"""
INSERT INTO outcome_counts ({_COLUMNS})
SELECT * FROM unnest($1::date[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::text[],
    {", ".join(f"${place}::bigint[]" for place in range(9, 9 + len(_SUMS)))})
ON CONFLICT (day, week, creditor, template, channel, tier, band, arm_group) DO UPDATE
SET {", ".join(f"{name} = outcome_counts.{name} + excluded.{name}" for name in _SUMS)}
"""
READ = Query(CountRow, f"SELECT {_COLUMNS} FROM outcome_counts WHERE day >= $1 AND day < $2")


async def hold(connection: Connection) -> None:
    """Let nobody else count until the end of the transaction."""
    await connection.execute(HOLD)


async def share(connection: Connection) -> None:
    """Let nobody count until the end of the transaction; others may read."""
    await connection.execute(SHARE)


async def counted_until(connection: Connection) -> datetime | None:
    """Until when contacts were counted for good; None before the first time."""
    row = await PROGRESS.first(connection)
    return None if row is None else row.counted_until


async def earliest(connection: Connection, before: datetime) -> datetime | None:
    """The instant of the first contact before `before`; None where there is none."""
    found = [await connection.fetchval(one, before) for one in (FIRST_ATTEMPT, FIRST_REPORTED)]
    return min((one for one in found if one is not None), default=None)


async def count(
    connection: Connection,
    due: tuple[datetime, datetime],
    *,
    waits: timedelta,
    made: tuple[datetime, datetime],
    window: timedelta,
    at: datetime,
) -> list[Counted]:
    """Contacts that are due to be counted in [due), `waits` after they were made, and were made in [made);
    what came in the `window` after them, and whether that was over by `at`."""
    return await COUNT.all(connection, *due, waits, *made, window, at, list(COUNTED))


async def some(connection: Connection, made: tuple[datetime, datetime], enough: int) -> int:
    """How many contacts were made in [made): counted no further than `enough` of each kind."""
    counted = [await connection.fetchval(one, *made, enough) for one in (SOME_MADE, SOME_REPORTED)]
    return sum(counted)


async def add(connection: Connection, rows: Sequence[CountRow], until: datetime) -> None:
    """Add counts, and note until when contacts were counted."""
    if rows:
        await connection.execute(ADD, *(list(column) for column in zip(*rows, strict=True)))
    await connection.execute(ADVANCE, until)


async def read(connection: Connection, since: date, until: date) -> list[CountRow]:
    """The counts of days [since, until)."""
    return await READ.all(connection, since, until)
