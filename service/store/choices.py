"""SQL of learned choices: what was chosen for each notice, and what came of it when its time is over, which
is counted once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from service.model.outcome import CLOCKS_APART
from service.store.copies import Rows
from service.store.database import Connection
from service.store.pg_copy import bigint, numbered, text, texts, timestamptz
from service.store.query import Query

OUTCOMES = ("payment", "promise_to_pay", "plan_request", "opt_out", "complaint", "hung_up")
CONTACTS = ("contacts_sms", "contacts_email", "contacts_voice")


class ChoiceRow(NamedTuple):
    """What was chosen for a notice; the fields are the columns."""

    borrower_id: UUID
    notice_no: int
    creditor: str
    policy: str
    policy_digest: str
    snapshot: str | None
    arm_group: str
    segment: str
    allowed: tuple[str, ...]
    arm: str
    weight: int
    total: int
    planned_at: datetime | None
    decided_at: datetime
    counts_until: datetime
    matures_at: datetime


_EVENT = "bool_or(e.type = '{name}') AS {name}"
_CAME = ", ".join(_EVENT.format(name=name) for name in OUTCOMES if name != "hung_up")
_SUMMED = ", ".join(
    [f"sum({name})" for name in CONTACTS] + [f"count(*) FILTER (WHERE {name})" for name in OUTCOMES]
)
_COUNTS = ("rounds", *CONTACTS, *OUTCOMES)
_SENT = "NOT IN ('reserved', 'released', 'refused')"
COUNT_RIPE = f"""
WITH ripe AS (
    SELECT borrower_id, notice_no FROM choices WHERE counted_at IS NULL AND matures_at <= $1
    ORDER BY matures_at LIMIT $2
    FOR UPDATE SKIP LOCKED
), marked AS (
    UPDATE choices c
    SET counted_at = $1, contacts_sms = f.sms, contacts_email = f.email, contacts_voice = f.voice,
        {", ".join(f"{name} = f.{name}" for name in OUTCOMES)}
    FROM (
        SELECT r.borrower_id, r.notice_no, a.sms, a.email, a.voice, COALESCE(a.hung_up, false)
        OR COALESCE(o.hung_up, false) AS hung_up,
               {", ".join(f"COALESCE(o.{name}, false) AS {name}" for name in OUTCOMES if name != "hung_up")}
        FROM ripe r
        JOIN choices m ON m.borrower_id = r.borrower_id AND m.notice_no = r.notice_no
        JOIN notices n ON n.borrower_id = r.borrower_id AND n.notice_no = r.notice_no
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE t.channel = 'sms')::int AS sms,
                count(*) FILTER (WHERE t.channel = 'email')::int AS email,
                   count(*) FILTER (WHERE t.channel = 'voice')::int AS voice,
                       bool_or(t.outcome = 'hung_up') AS hung_up
            FROM attempts t
            WHERE t.borrower_id = m.borrower_id AND t.notice_no = m.notice_no AND t.at < m.counts_until
            AND t.state {_SENT}
        ) a
        CROSS JOIN LATERAL (
            SELECT {_CAME}, bool_or(e.type = 'contact' AND e.outcome = 'hung_up') AS hung_up
            FROM events e
            WHERE e.borrower_id = m.borrower_id AND e.at < m.counts_until AND e.corrected_by IS NULL
              AND CASE WHEN m.recorded IS NULL THEN e.at >= m.decided_at
                  ELSE e.recorded > m.recorded AND e.at >= m.decided_at - $3::interval END
              AND COALESCE(e.document ->> 'via', '') NOT IN ('provider', 'suppression')
              AND (e.document -> 'debt_ids' IS NULL OR e.document -> 'debt_ids' ? n.debt_id)
              AND (e.document ->> 'creditor' IS NULL OR e.document ->> 'creditor' = m.creditor)
        ) o
    ) f
    WHERE c.borrower_id = f.borrower_id AND c.notice_no = f.notice_no
    RETURNING c.creditor, c.policy, date_trunc('week', c.decided_at AT TIME ZONE 'UTC')::date AS week,
        c.arm_group, c.segment, c.arm,
              {", ".join(f"c.{name}" for name in (*CONTACTS, *OUTCOMES))}
), counted AS (
    INSERT INTO learning_cells (creditor, policy, week, arm_group, segment, arm, {", ".join(_COUNTS)})
    SELECT creditor, policy, week, arm_group, segment, arm, count(*), {_SUMMED} FROM marked
    GROUP BY 1, 2, 3, 4, 5, 6
    ON CONFLICT (creditor, policy, week, arm_group, segment, arm) DO UPDATE
    SET {", ".join(f"{name} = learning_cells.{name} + excluded.{name}" for name in _COUNTS)}
)
SELECT count(*) FROM marked
"""
"""A round is credited with every event in its window about its debt, a round of restraint too; each round
once, with the counts. What came after the choice is what was recorded after it, since who chose and who tells
of events have clocks of their own; a round from before choices were numbered has their instants alone."""


class CellRow(NamedTuple):
    """Rounds alike of one week."""

    week: date
    arm_group: str
    segment: str
    arm: str
    rounds: int
    contacts_sms: int
    contacts_email: int
    contacts_voice: int
    payment: int
    promise_to_pay: int
    plan_request: int
    opt_out: int
    complaint: int
    hung_up: int


CELLS = Query(
    CellRow,
    f"""
SELECT week, arm_group, segment, arm, {", ".join(_COUNTS)} FROM learning_cells
WHERE creditor = $1 AND policy = $2 AND week >= $3 AND week < $4 ORDER BY week, arm_group, segment, arm
""",
)


class Matured(NamedTuple):
    """A round with what came of it."""

    borrower_id: UUID
    arm_group: str
    segment: str
    allowed: Sequence[str]
    arm: str
    weight: int
    total: int
    contacts_sms: int
    contacts_email: int
    contacts_voice: int
    payment: bool
    promise_to_pay: bool
    plan_request: bool
    opt_out: bool
    complaint: bool
    hung_up: bool


MATURED = Query(
    Matured,
    f"""
SELECT borrower_id, arm_group, segment, allowed, arm, weight, total, {", ".join((*CONTACTS, *OUTCOMES))}
FROM choices
WHERE creditor = $1 AND policy = $2 AND decided_at >= $3 AND decided_at < $4 AND counted_at IS NOT NULL
""",
)


class Chosen(NamedTuple):
    """What was chosen for one notice."""

    policy: str
    policy_digest: str
    snapshot: str | None
    arm_group: str
    segment: str
    arm: str
    planned_at: datetime | None
    decided_at: datetime
    language: str


CHOSEN = Query(
    Chosen,
    """
SELECT c.policy, c.policy_digest, c.snapshot, c.arm_group, c.segment, c.arm, c.planned_at, c.decided_at,
    b.language
FROM choices c JOIN borrowers b ON b.borrower_id = c.borrower_id
WHERE c.borrower_id = $1 AND c.notice_no = $2
""",
)


class Pending(NamedTuple):
    """Rounds whose time is not over."""

    arm_group: str
    rounds: int


PENDING = Query(
    Pending,
    """
SELECT arm_group, count(*) AS rounds FROM choices WHERE creditor = $1 AND policy = $2 AND counted_at IS NULL
GROUP BY arm_group
""",
)


def kept(rows: Sequence[ChoiceRow]) -> Rows:
    """What was chosen, as it is written."""
    return Rows("choices", ChoiceRow._fields, [_packed(row) for row in rows])


def _packed(row: ChoiceRow) -> bytes:
    """The row in the order of its fields."""
    own = (bigint(row.weight), bigint(row.total), timestamptz(row.planned_at))
    policy = _policy(row.creditor, row.policy, row.policy_digest, row.snapshot)
    chosen = _chosen(row.arm_group, row.segment, row.allowed, row.arm)
    times = _instants(row.decided_at, row.counts_until, row.matures_at)
    return b"".join((numbered(row.borrower_id, row.notice_no), policy, chosen, *own, times))


@lru_cache(maxsize=256)
def _policy(creditor: str, policy: str, digest: str, snapshot: str | None) -> bytes:
    """What all notices of a creditor have in common."""
    return b"".join(map(text, (creditor, policy, digest, snapshot)))


@lru_cache(maxsize=4096)
def _chosen(group: str, segment: str, allowed: tuple[str, ...], arm: str) -> bytes:
    """What recurs from notice to notice."""
    return b"".join((text(group), text(segment), texts(allowed), text(arm)))


@lru_cache(maxsize=64)
def _instants(*instants: datetime) -> bytes:
    """What the choices of one claim have in common."""
    return b"".join(map(timestamptz, instants))


async def count_ripe(connection: Connection, at: datetime, most: int) -> int:
    """Count up to `most` rounds whose time is over; returns how many they were."""
    found: int = await connection.fetchval(COUNT_RIPE, at, most, CLOCKS_APART)
    return found


async def cells(
    connection: Connection, creditor: str, policy: str, since: date, until: date
) -> list[CellRow]:
    """The counts of weeks [since, until) of one policy of one creditor."""
    return await CELLS.all(connection, creditor, policy, since, until)


async def matured(
    connection: Connection, creditor: str, policy: str, since: datetime, until: datetime
) -> list[Matured]:
    """The rounds of [since, until) whose time is over."""
    return await MATURED.all(connection, creditor, policy, since, until)


async def chosen(connection: Connection, borrower: UUID, notice_no: int) -> Chosen | None:
    """What was chosen for a notice; None where nothing was."""
    return await CHOSEN.first(connection, borrower, notice_no)


async def pending(connection: Connection, creditor: str, policy: str) -> dict[str, int]:
    """How many rounds of each group are not over yet."""
    return {row.arm_group: row.rounds for row in await PENDING.all(connection, creditor, policy)}
