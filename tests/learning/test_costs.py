"""What choosing asks of the store: nothing of who does not use it, and of who does a few statements a claim,
however many notices it holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest

from service.dispatch.decide.claim import claim_and_decide
from service.dispatch.decide.facts import ZoneCache
from tests.learning.lender import accept_all, activate, adaptive, learned, snapshot

ADAPTERS = {"sms": "sandbox", "email": "sandbox", "voice": "sandbox"}
FURTHER = 1
"""Statements of a claim that plans: the choices. Where deliveries go is written by the statement of the
decisions, and what was chosen in one step with their entries of the log."""


@contextmanager
def statements() -> Iterator[Counter[str]]:
    """What is asked of the store meanwhile, by its first words."""
    found: Counter[str] = Counter()
    driver: Any = asyncpg.Connection
    whole, simple, copy = driver._execute, driver.execute, driver._copy_in

    def said(query: str) -> str:
        return " ".join(query.split())[:60]

    async def _execute(self: Any, query: str, *arguments: Any, **options: Any) -> Any:
        found[said(query)] += 1
        return await whole(self, query, *arguments, **options)

    async def execute(self: Any, query: str, *arguments: Any, **options: Any) -> Any:
        if not arguments:  # with arguments it comes by the other
            found[said(query)] += 1
        return await simple(self, query, *arguments, **options)

    async def _copy_in(self: Any, query: str, *arguments: Any, **options: Any) -> Any:
        found[said(query)] += 1
        return await copy(self, query, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(driver, "_execute", _execute)
        patch.setattr(driver, "execute", execute)
        patch.setattr(driver, "_copy_in", _copy_in)
        yield found


async def asked(api: Any, bodies: list[dict[str, Any]]) -> Counter[str]:
    """What one claim of these notices asks."""
    await accept_all(api, bodies)
    with statements() as found:
        round_ = await claim_and_decide(
            api.runtime, ZoneCache(), limit=1000, adapters=ADAPTERS, lease_seconds=30.0
        )
    assert len(bodies) <= round_.claimed  # what was moved to another channel before is due again
    return found


async def test_a_cascade_asks_for_nothing_more_beside_a_learning_policy(api: Any, notice: Any) -> None:
    """Statement for statement the same."""
    before = await asked(api, [adaptive(notice, number, fan_out="cascade") for number in range(8)])
    await activate(api)
    await learned(api, snapshot("email/14:00-17:00", floor=100))
    beside = await asked(api, [adaptive(notice, 20 + number, fan_out="cascade") for number in range(8)])
    assert before == beside
    assert 0 == await api.count("choices")


async def test_a_claim_that_plans_asks_for_a_few_statements_more_however_much_it_plans(
    api: Any, notice: Any
) -> None:
    """Eight notices or eighty."""
    plain = await asked(api, [adaptive(notice, number, fan_out="cascade") for number in range(8)])
    await activate(api)
    await learned(api, snapshot("email/14:00-17:00", floor=100))
    few = await asked(api, [adaptive(notice, 100 + number) for number in range(8)])
    many = await asked(api, [adaptive(notice, 200 + number) for number in range(80)])
    assert 88 == await api.count("choices")
    for some in (few, many):
        assert some.total() - plain.total() <= FURTHER, some - plain
