"""A lender whose notices may be chosen for: its policy in force, what it learned, its borrowers."""

from __future__ import annotations

import copy
from datetime import date, timedelta
from typing import Any

from service.dispatch.learning.governance import refresh
from service.learning.arms import ARMS, SEGMENTS, Segment
from service.learning.fit import Cell, canonical, digest_of, fit
from service.store import learning
from service.store.learning import SnapshotRow

BANK = "first-inclusive-bank"
NAME = "first-bank-timing"


def document(**further: Any) -> dict[str, Any]:
    """A learning policy; `further` replaces its parts."""
    found = {
        "name": NAME,
        "kind": "learning",
        "creditor": BANK,
        "stage": "live",
        "experiment": {"holdout": 0.1, "salt": "2026-q4"},
    }
    return {**found, **further}


async def activate(api: Any, **further: Any) -> dict[str, Any]:
    """Put a policy in force: drafted, tested, approved by a second key, active."""
    body = document(**further)
    path = f"/v1/learning/policies/{body['name']}"
    stored = await api.client.put(path, json=body)
    assert stored.is_success, stored.text
    second = await api.key("ops")
    for step in ("test", "approve", "activate"):
        answer = await api.client.post(f"{path}/versions/{stored.json()['version']}/{step}", headers=second)
        assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


def snapshot(prefers: str | None = None, *, floor: int = 30, creditor: str = BANK) -> dict[str, Any]:
    """What was learned of a thousand rounds of every kind: one arm is better than the others, or none is."""
    cells = {
        (segment, arm): Cell(1000.0, 1000.0 * (0.3 if arm == prefers else 0.02))
        for segment in SEGMENTS
        for arm in ARMS
    }
    head = {"creditor": creditor, "policy": NAME, "policy_digest": "", "week": "2026-11-23", "floor": floor}
    return fit(cells, variance=0.05, head=head)


async def in_force(api: Any) -> str:
    """The digest of the version that is in force, or was."""
    async with api.runtime.database.connection() as connection:
        rows = await learning.versions(connection, NAME)
    return next(row.digest for row in rows if row.active_from is not None)


async def learned(api: Any, found: dict[str, Any], *, lives: timedelta = timedelta(days=21)) -> str:
    """Keep a snapshot as the one in use; its digest."""
    digest, at = digest_of(found), api.clock.now()
    row = SnapshotRow(
        digest=digest,
        creditor=found["creditor"],
        policy=NAME,
        policy_digest=await in_force(api),
        week=date(2026, 11, 23),
        made_at=at,
        lives_until=at + lives,
    )
    async with api.runtime.database.connection() as connection:
        await learning.keep(connection, row, canonical(found))
    await refresh(api.runtime)
    return digest


def adaptive(notice: dict[str, Any], number: int, **further: Any) -> dict[str, Any]:
    """An adaptive notice to a borrower of its own, due now."""
    body = copy.deepcopy(notice)
    body["borrower"]["id"], body["debt"]["id"] = f"B-{number}", f"L-{number}"
    phone = f"+12025550{100 + number % 100}"
    body["borrower"]["addresses"] = {"sms": phone, "email": f"b{number}@example.com"}
    body["fan_out"], body["reference"] = "adaptive", f"r-{number}"
    del body["not_before"]
    return {**body, **further}


async def accept_all(api: Any, bodies: list[dict[str, Any]]) -> list[str]:
    """Post notices in batches; their ids."""
    ids: list[str] = []
    for first in range(0, len(bodies), 100):
        answer = await api.client.post("/v1/notices/batch", json={"notices": bodies[first : first + 100]})
        assert 202 == answer.status_code, answer.text
        results = answer.json()["results"]
        assert all("id" in one for one in results), results
        ids += [one["id"] for one in results]
    return ids


EARLY = Segment("early", 0, "none")
