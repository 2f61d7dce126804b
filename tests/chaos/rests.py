"""Whether each delivery rests in a known state, with a reason where one is owed; by SQL of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg

from tests.chaos.records import Findings, notice_id

ENDS = frozenset(
    {
        "delivered",
        "undelivered",
        "rejected",
        "suppressed",
        "held",
        "exhausted",
        "expired",
        "cancelled",
        "deferred",
        "accepted",
        "held_by_provider",
    }
)
"""States in which a delivery may rest; `accepted` only where no receipt is owed."""
REASONED = frozenset({"held", "suppressed", "rejected", "exhausted", "deferred"})
"""States that say why."""


ROWS = """
SELECT d.borrower_id, d.notice_no, d.channel, d.state, d.reason, d.due_at, n.channels, n.fan_out,
n.sender_role,
       COALESCE(n.plan, n.channels) AS turns, (d.verdict IS NOT NULL) AS decided,
       (n.debt_id = 'erased' OR d.reason = 'the borrower was erased') AS erased,
       EXISTS (SELECT 1 FROM choices c WHERE c.borrower_id = d.borrower_id AND c.notice_no = d.notice_no
           AND c.arm = 'none') AS left_out,
       (SELECT count(*) FROM attempts a WHERE a.borrower_id = d.borrower_id AND a.notice_no = d.notice_no AND
           a.channel = d.channel
        AND a.state IN ('reserved', 'dialing')) AS in_hand,
       (SELECT array_agg(a.state ORDER BY a.number) FROM attempts a WHERE a.borrower_id = d.borrower_id AND
           a.notice_no = d.notice_no
        AND a.channel = d.channel) AS attempts
FROM deliveries d JOIN notices n USING (borrower_id, notice_no)
"""


def rows_of(url: str) -> list[dict[str, Any]]:
    """Every delivery, as it stands now."""
    return asyncio.run(_rows(url))


async def _rows(url: str) -> list[dict[str, Any]]:
    connection = await asyncpg.connect(url)
    try:
        return [dict(row) for row in await connection.fetch(ROWS)]
    finally:
        await connection.close()


def nothing_in_limbo(findings: Findings, rows: Sequence[dict[str, Any]]) -> None:
    """Every delivery rests in a known state, with a reason where one is owed."""
    for row in rows:
        findings.looked_at[f"deliveries {row['state']}"] += 1
        where = f"{notice_id(row)}.{row['channel']}"
        if row["state"] not in ENDS:
            findings.add(f"LIMBO: {where} is still {row['state']} ({row['reason']})")
        elif row["in_hand"]:
            findings.add(f"LIMBO: {where} is {row['state']} and has an attempt in hand")
        elif row["state"] == "accepted" and row["channel"] != "email":
            findings.add(f"LIMBO: {where} was accepted by the provider and nobody asked what became of it")
        elif row["state"] in REASONED and not row["reason"] and not _waits_its_turn(row):
            findings.add(f"{where} is {row['state']} without a reason")


def _waits_its_turn(row: dict[str, Any]) -> bool:
    """Whether it follows another channel and was never asked about: the order of the channels is its reason,
    which the service puts into words when it is read."""
    return (
        row["state"] == "deferred"
        and row["fan_out"] != "all"
        and row["channel"] in row["turns"][1:]
        and not row["decided"]
        and not row["attempts"]
    )
