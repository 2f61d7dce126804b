"""A learning policy that is live for each lender of a campaign, with something learned; and once everything
is over, every choice taken again by the service itself, as `forbear log replay` does."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from service.clock import SystemClock
from service.dispatch.learning import governance
from service.dispatch.runtime import Runtime
from service.dispatch.what_if.replay import replay
from service.dispatch.what_if.replay_choice import ERASED
from service.learning.arms import ARMS, NONE, SEGMENTS, band_of
from service.learning.document import parse_learning_policy
from service.learning.fit import Cell, canonical, digest_of, fit
from service.model.actor import Actor
from service.settings import Settings, settings_type
from service.store import learning
from service.store.learning import SnapshotRow
from service.store.migrate import migrate
from service.wiring import opened

LENDERS = ("lender-0", "lender-1", "lender-2")
CHANNELS = (("sms", "email", "voice"), ("email", "sms"), ("voice", "sms", "email"), ("sms",), ("email",))
NOON = "11:00-14:00"
"""Most borrowers are where it is about noon: what goes there goes while the faults last."""
FLOOR = 300
"""Thousandths of chance that every open arm has alike: much is put off, to other channels too."""


def environment(further: Mapping[str, str]) -> dict[str, Any]:
    """The settings by which a process of the campaign would open the store, for one in this process."""
    return {
        name.removeprefix("FORBEAR_").lower(): value for name, value in further.items() if name in OPENING
    }


OPENING = {
    "FORBEAR_DATABASE_URL",
    "FORBEAR_SECRET_KEY",
    "FORBEAR_PREVIOUS_SECRET_KEYS",
    "FORBEAR_BOOTSTRAP_KEY",
    "FORBEAR_POLICIES",
}


def _settings(further: Mapping[str, str]) -> Settings:
    found: Settings = settings_type()(**environment(further), log_level="error")
    return found


def document(lender: str) -> dict[str, object]:
    """The policy of a lender; everything else is as a document that does not say it."""
    return {
        "name": f"timing-{lender}",
        "kind": "learning",
        "creditor": lender,
        "stage": "live",
        "learning": {"floor": FLOOR / 1000},
        "experiment": {"holdout": 0.1, "salt": "chaos"},
    }


def snapshot(lender: str) -> dict[str, object]:
    """Noon is best on every channel, and after three unanswered messages nothing is."""
    cells = {
        (segment, arm): Cell(500.0, 500.0 * _worth(arm, segment.unanswered))
        for segment in SEGMENTS
        for arm in ARMS
    }
    head = {"creditor": lender, "policy": f"timing-{lender}", "policy_digest": "", "week": "", "floor": FLOOR}
    return fit(cells, variance=0.06, head=head)


def _worth(arm: str, unanswered: int) -> float:
    if arm == NONE:
        return 0.25 if unanswered == UNANSWERED_MOST else 0.02
    return 0.2 if band_of(arm) == NOON else 0.05


UNANSWERED_MOST = 3


def teach(further: Mapping[str, str]) -> None:
    """Put the policies in force, before anything else runs. `further`: the environment of the processes."""
    asyncio.run(_teach(further))


async def _teach(further: Mapping[str, str]) -> None:
    await migrate(further["FORBEAR_DATABASE_URL"])
    async with opened(_settings(further), SystemClock()) as runtime:
        for lender in LENDERS:
            await _in_force(runtime, lender)


async def _in_force(runtime: Runtime, lender: str) -> None:
    author, other, name = Actor(name="author"), Actor(name="other"), f"timing-{lender}"
    await governance.put_policy(runtime, name, json.dumps(document(lender)), author)
    await governance.test_policy(runtime, name, 1, author)
    await governance.approve_policy(runtime, name, 1, other)
    found, at = snapshot(lender), datetime.now(UTC)
    row = SnapshotRow(
        digest=digest_of(found),
        creditor=lender,
        policy=name,
        policy_digest=parse_learning_policy(json.dumps(document(lender))).digest,
        week=at.date(),
        made_at=at,
        lives_until=at + timedelta(days=90),
    )
    async with runtime.database.connection() as connection:
        await learning.keep(connection, row, canonical(found))
    await governance.activate_policy(runtime, name, 1, author)


def take_again(further: Mapping[str, str], indices: Iterable[int]) -> tuple[Counter[str], list[str]]:
    """Replay the choices at these indices of the log: how many came out the same or were erased with their
    borrower, and what is wrong with the others."""
    return asyncio.run(_take_again(further, indices))


async def _take_again(further: Mapping[str, str], indices: Iterable[int]) -> tuple[Counter[str], list[str]]:
    counts: Counter[str] = Counter()
    wrong = []
    async with opened(_settings(further), SystemClock()) as runtime:
        for index in indices:
            result = await replay(runtime.database, runtime.vault, runtime.in_force.find_policy, index)
            if result.same:
                counts["choices that the service replayed equal"] += 1
            elif result.verdict is None and result.gone == (ERASED,):
                counts["choices whose facts were erased"] += 1
            else:
                wrong.append(f"CHOICE: entry {index} of the log is not replayed equal: {result.sentence()}")
    return counts, wrong
