"""How much of what waits a policy binds: "active" alone says nothing to whoever activated it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from functools import partial
from typing import Any

from service.dispatch.decide.decrypted import Forgotten, decrypt_notice
from service.dispatch.decide.facts import ZoneCache
from service.dispatch.decide.judge import bind
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.merged import each
from service.store import open_notices

MOST = 2000
"""Waiting deliveries that are looked at: each is decrypted for it."""


async def reach_of(runtime: Runtime, name: str, at: datetime) -> dict[str, Any]:
    """How many waiting deliveries the policy of that name binds at an instant, of how many that were looked
    at.

    `complete` says whether that is all that wait. A `warning` stands where it binds none of them."""
    bound, looked, complete = await reaches(runtime, at)
    answer: dict[str, Any] = {"open_deliveries": bound[name], "of": looked, "complete": complete}
    if not bound[name]:
        answer["warning"] = (
            "it binds no delivery that waits now; see match.jurisdictions and FORBEAR_POLICIES"
        )
    return answer


async def reaches(runtime: Runtime, at: datetime, *, most: int = MOST) -> tuple[Counter[str], int, bool]:
    """How many waiting deliveries each policy binds at an instant, of how many that were looked at (in each
    cell `most`), and whether that is all of them."""
    parts = await each(runtime, partial(_in_cell, at=at, most=most))
    bound = sum((one for one, _, _ in parts), Counter[str]())
    return bound, sum(looked for _, looked, _ in parts), all(complete for _, _, complete in parts)


async def _in_cell(runtime: Runtime, *, at: datetime, most: int) -> tuple[Counter[str], int, bool]:
    zones, bound, looked = ZoneCache(most), Counter[str](), 0
    async with runtime.database.connection() as connection:
        found = await open_notices.find(connection, most)
    for row in found:
        looked += row.waiting
        if row.data_key is None:
            continue
        try:
            decrypted = decrypt_notice(zones, row, runtime.vault.unwrap(row.data_key))
        except Forgotten:
            continue
        for name in {
            policy.name for policy in bind(runtime.in_force, decrypted.subject, at).binding.policies
        }:
            bound[name] += row.waiting
    return bound, looked, looked < most


async def with_reach(runtime: Runtime, version: dict[str, Any]) -> dict[str, Any]:
    """A version's document; one that is in force, or will be, says how many waiting deliveries it binds from
    then on."""
    now, begins = runtime.clock.now(), version["active_from"]
    ahead = version["state"] == "active" and begins is not None and begins > now
    if not version["in_force"] and not ahead:
        return version
    at = begins if ahead else now
    return {**version, "binds": await reach_of(runtime, version["name"], at)}
