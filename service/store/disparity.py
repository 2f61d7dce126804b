"""SQL of the disparity report: how a learned choice fell on people of each language and place. Nothing of it
is ever learned from."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from service.store.database import Connection
from service.store.query import Query


class DisparityRow(NamedTuple):
    """Rounds whose time is over, of people alike."""

    trait: str
    """`language` or `place`."""
    value: str
    rounds: int
    restrained: int
    contacts: int
    early: int
    """Planned before 11:00."""
    late: int
    """Planned from 17:00 on."""
    payments: int
    harms: int
    """Rounds with an opt-out or a complaint."""


_ROUNDS = """
SELECT {trait} AS value, c.arm, c.contacts_sms + c.contacts_email + c.contacts_voice AS contacts, c.payment,
    c.opt_out OR c.complaint AS harm
FROM choices c JOIN borrowers b ON b.borrower_id = c.borrower_id
WHERE c.creditor = $1 AND c.policy = $2 AND c.decided_at >= $3 AND c.decided_at < $4
  AND c.arm_group = 'learned' AND c.counted_at IS NOT NULL
"""
_COUNTED = """
SELECT '{name}' AS trait, value, count(*) AS rounds, count(*) FILTER (WHERE arm = 'none') AS restrained,
    sum(contacts)::bigint AS contacts,
       count(*) FILTER (WHERE arm LIKE '%/08:00-11:00') AS early,
           count(*) FILTER (WHERE arm LIKE '%/17:00-20:00') AS late,
       count(*) FILTER (WHERE payment) AS payments, count(*) FILTER (WHERE harm) AS harms
FROM ({rounds}) t GROUP BY value
"""
_BY_LANGUAGE = _COUNTED.format(name="language", rounds=_ROUNDS.format(trait="split_part(b.language, '-', 1)"))
_BY_PLACE = _COUNTED.format(
    name="place", rounds=_ROUNDS.format(trait="COALESCE(b.jurisdiction, b.country, 'unknown')")
)
DISPARITY = Query(DisparityRow, f"{_BY_LANGUAGE} UNION ALL {_BY_PLACE} ORDER BY trait, value")


async def disparity(
    connection: Connection, creditor: str, policy: str, since: datetime, until: datetime
) -> list[DisparityRow]:
    """How the learned rounds of [since, until) fell, by language and by place."""
    return await DISPARITY.all(connection, creditor, policy, since, until)
