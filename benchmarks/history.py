"""Deciding with ten million contacts in the store against deciding with ten thousand: the same borrowers, the
same deliveries."""

from __future__ import annotations

import asyncio
import time

import asyncpg

from benchmarks.dispatch import fill
from benchmarks.figure import Figure, below, percentile
from benchmarks.ground import database, postgres, settings
from service.dispatch.decide.claim import claim_and_decide
from service.dispatch.decide.facts import ZoneCache
from service.wiring import Service, open_service

DUE = 2_000
EACH = 5
FEW, MANY = DUE * EACH, 10_000_000
WARM = 100
"""Decisions that are not counted: the plans and caches of both are warm after them."""

CONTACTS = """
INSERT INTO attempts (borrower_id, notice_no, channel, number, state, outcome, at, reserved_at, dialed_at,
    settled_at, lease_token,
                      decided_revision, adapter, address_digest, debt_id, creditor, category, medium)
SELECT who, n, 'email', 1, 'delivered', 'delivered', t, t, t, t, 1, 1, 'instant', '\\x00', 'L',
    'first-inclusive-bank', 'collection', 'email'
FROM ({borrowers}) b (who) CROSS JOIN generate_series(1, {each}) n,
     LATERAL (SELECT now() - interval '9 days' * n) i (t)
"""


async def _contacts(url: str, wanted: int) -> None:
    """Five contacts in the past of everybody who is due, and of as many others as it takes."""
    connection = await asyncpg.connect(url, timeout=60)
    try:
        await connection.execute(CONTACTS.format(borrowers="SELECT borrower_id FROM borrowers", each=EACH))
        others = (wanted - FEW) // EACH
        for first in range(0, others, 200_000):
            last = min(others, first + 200_000)
            made = f"SELECT md5('other' || n)::uuid FROM generate_series({first + 1}, {last}) n"
            await connection.execute(CONTACTS.format(borrowers=made, each=EACH))
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def _one(service: Service, zones: ZoneCache) -> float:
    """Seconds to claim and decide one delivery, its commit included."""
    begins = time.perf_counter()
    found = await claim_and_decide(
        service.runtime, zones, limit=1, adapters={"sms": "instant"}, lease_seconds=3600
    )
    if found.claimed != 1:
        raise RuntimeError(f"expected one delivery to decide, claimed {found.claimed}")
    return time.perf_counter() - begins


async def _compare(few_url: str, many_url: str) -> tuple[list[float], list[float]]:
    few, many, zones = list[float](), list[float](), ZoneCache()
    async with open_service(settings(few_url)) as small, open_service(settings(many_url)) as large:
        for number in range(DUE):
            first, second = await _one(small, zones), await _one(large, zones)
            if number >= WARM:
                few.append(first)
                many.append(second)
    return few, many


def measure() -> list[Figure]:
    """The 99th percentile of each, taken in turns."""
    with postgres() as url:
        few_url, many_url = database(url, "few"), database(url, "many")
        for one, wanted in ((few_url, FEW), (many_url, MANY)):
            asyncio.run(fill(one, DUE, ["sms"]))
            asyncio.run(_contacts(one, wanted))
        few, many = asyncio.run(_compare(few_url, many_url))
    low, high = percentile(few, 0.99), percentile(many, 0.99)
    return [
        below(
            f"deciding, {MANY:,} contacts in the store, p99",
            f"{high * 1e3:.2f} ms",
            f"with {FEW:,}: {low * 1e3:.2f} ms",
            high / low,
            1.3,
        )
    ]
