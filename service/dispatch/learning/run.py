"""The weekly learning: rounds whose time is over are counted, a snapshot is fitted to the counts, guards look
at it, stop rules at everything. What is learned or why nothing was stands in the log. Once a week and version
of a policy; a repeat finds what was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

import orjson

from service.dispatch.learning import everywhere
from service.dispatch.learning.counts import fit_cells, taught, variance
from service.dispatch.learning.evaluate import estimate_of, of_chooser
from service.dispatch.learning.experiment import evidence_of
from service.dispatch.learning.frontier import monday, restraint_share
from service.dispatch.learning.governance import end_version, refresh
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.merged import each
from service.learning.choose import Chooser
from service.learning.document import LearningPolicy, parse_learning_policy
from service.learning.fit import canonical, digest_of, fit
from service.log.append import Entry, append
from service.model.actor import SYSTEM_ACTOR, Actor
from service.store import choices, learning
from service.store.choices import CellRow, Matured
from service.store.database import Connection
from service.store.learning import ActiveRow, RunRow, SnapshotRow
from service.store.wake import wake_in_force

BATCH = 1000
"""Rounds that are counted in one transaction."""
FEED = timedelta(hours=48)
"""After so long without a payment of any borrower the feed is taken to stand still: without it contacts seem
to have stopped working."""
MOST_CHANGE = 0.2
"""By how much the share of rounds in which nothing is sent may change from one snapshot to the next."""
LOOK_BACK = timedelta(weeks=8)
"""Rounds on which a new snapshot is held against the one in use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What came of one policy's week."""

    creditor: str
    policy: str
    week: date
    result: str
    """`learned`, or why nothing was."""
    snapshot: str | None
    stopped: str | None = None
    """Why the policy was stopped; None where it was not."""

    @property
    def learned(self) -> bool:
        """Whether there is a snapshot of this week."""
        return self.snapshot is not None


async def count_ripe(runtime: Runtime) -> int:
    """Count the rounds whose time is over, where their borrowers are; returns how many they were."""
    return sum(await each(runtime, _count_ripe))


async def _count_ripe(runtime: Runtime) -> int:
    found = 0
    while True:
        async with runtime.database.transaction() as connection:
            counted = await choices.count_ripe(connection, runtime.clock.now(), BATCH)
        found += counted
        if counted < BATCH:
            return found


async def learn(
    runtime: Runtime,
    actor: Actor,
    *,
    creditor: str | None = None,
    at: datetime | None = None,
    dry: bool = False,
) -> list[Ran]:
    """Learn for every policy in force, or for one creditor's. `dry`: nothing is written."""
    at = at or runtime.clock.now()
    if not dry:
        await count_ripe(runtime)
    async with runtime.database.connection() as connection:
        rows = await learning.active(connection)
    found = [
        await _learn_one(runtime, actor, row, at, dry=dry)
        for row in rows
        if creditor in {None, row.creditor} and actor.may_see(row.creditor)
    ]
    if any(one.learned or one.stopped for one in found) and not dry:
        await refresh(runtime)
    return found


async def learn_by_itself(runtime: Runtime) -> None:
    """The same as a task of the worker."""
    await learn(runtime, SYSTEM_ACTOR)


async def _learn_one(runtime: Runtime, actor: Actor, row: ActiveRow, at: datetime, *, dry: bool) -> Ran:
    policy, week = parse_learning_policy(row.document), monday(at)
    known = await _known(runtime, row, policy, at)
    async with runtime.database.transaction() as connection:
        await learning.hold(connection, f"run {policy.name}")
        stopped = await _stop(connection, row, policy, known, actor, at, dry=dry)
        done = await learning.run_of(connection, policy.name, week)
        if done is not None and _is_of(done, row, dry=dry):
            result, snapshot = done.result, done.snapshot
        elif stopped is not None:
            result, snapshot = f"stopped: {stopped}", None
        else:
            result, snapshot = await _fit_and_keep(connection, row, policy, known, at, dry=dry)
            if not dry:
                await learning.note_run(
                    connection, policy.creditor, policy.name, RunRow(week, at, snapshot, result)
                )
                if done is None or done.result != result:
                    await append(connection, [_ran(row, policy, actor, at, result, snapshot)])
    return Ran(
        creditor=policy.creditor,
        policy=policy.name,
        week=week,
        result=result,
        snapshot=snapshot,
        stopped=stopped,
    )


def _is_of(done: RunRow, row: ActiveRow, *, dry: bool) -> bool:
    """Whether a week's run is this version's: a new one learns again from the same counts, by its own
    weights. One without a snapshot is tried again, but not for show."""
    return dry if done.snapshot is None else done.snapshot == row.snapshot


class _Known(NamedTuple):
    """What every cell knows of a policy's rounds."""

    counts: Sequence[CellRow]
    rounds: Sequence[Matured]
    """Those of the last weeks; none where nothing was learned before that they could be held against."""
    is_fed: bool
    """A payment was reported of late."""


async def _known(runtime: Runtime, row: ActiveRow, policy: LearningPolicy, at: datetime) -> _Known:
    return _Known(
        await everywhere.counts(runtime, policy.creditor, policy.name),
        []
        if row.snapshot is None
        else await everywhere.matured(runtime, policy.creditor, policy.name, at - LOOK_BACK, at),
        await everywhere.feed_is_alive(runtime, policy.creditor, at - FEED),
    )


async def _stop(
    connection: Connection,
    row: ActiveRow,
    policy: LearningPolicy,
    known: _Known,
    actor: Actor,
    at: datetime,
    *,
    dry: bool,
) -> str | None:
    """Stop the policy where its evidence says so; returns why."""
    if policy.stage == "shadow":
        return None
    reason = evidence_of(known.counts, policy, row.active_from).reason
    if reason is None or dry:
        return reason
    await learning.hold(connection, f"of {row.creditor}")  # no other version begins meanwhile
    version = await learning.lock(connection, row.name, row.version)
    if version is not None and version.state == "active":
        await end_version(connection, version, "stopped", actor=actor, reason=reason, at=at)
    return reason


async def _fit_and_keep(
    connection: Connection, row: ActiveRow, policy: LearningPolicy, known: _Known, at: datetime, *, dry: bool
) -> tuple[str, str | None]:
    """The result in words, and the digest of what was learned."""
    week = monday(at)
    cells = [one for one in known.counts if one.week < week + timedelta(days=7)]
    number, least = taught(cells), policy.learning.at_least_decisions
    if number < least:
        return f"too little: {number} of at least {least} decisions", None
    if not known.is_fed:
        return f"paused: no payment was reported for {FEED // timedelta(hours=1)} hours", None
    snapshot = _fitted(row, policy, cells, week)
    digest = digest_of(snapshot)
    refused = await _guard(connection, row, policy, snapshot, digest, known.rounds, cells)
    if refused is not None:
        return f"refused: {refused}", None
    if not dry:
        kept = SnapshotRow(
            digest=digest,
            creditor=policy.creditor,
            policy=policy.name,
            policy_digest=row.digest,
            week=week,
            made_at=at,
            lives_until=at + policy.learning.snapshot_lives,
        )
        await learning.keep(connection, kept, canonical(snapshot))
        await wake_in_force(connection)
    return "learned", digest


def _fitted(
    row: ActiveRow, policy: LearningPolicy, cells: Sequence[CellRow], week: date
) -> dict[str, object]:
    return fit(
        fit_cells(cells, policy, week),
        variance=variance(cells, policy),
        head={
            "creditor": policy.creditor,
            "policy": policy.name,
            "policy_digest": row.digest,
            "week": week.isoformat(),
            "floor": policy.floor,
        },
        features=policy.features,
    )


async def _guard(
    connection: Connection,
    row: ActiveRow,
    policy: LearningPolicy,
    snapshot: dict[str, object],
    digest: str,
    rounds: Sequence[Matured],
    cells: Sequence[CellRow],
) -> str | None:
    """Why what was learned must not be used; None where it may. The first one has none before it to be held
    against."""
    if row.snapshot is None:
        return None
    before = orjson.loads(await learning.snapshot_text(connection, row.snapshot) or "{}")
    if not before:
        return None
    old, new = (restraint_share(one, cells, policy) for one in (before, snapshot))
    if abs(new - old) > MOST_CHANGE:
        return f"nothing would be sent in {new:.0%} of the rounds, in place of {old:.0%}"
    known, fresh = (
        estimate_of(rounds, policy, of_chooser(Chooser(one, name, policy.features)), one)
        for one, name in ((before, row.snapshot), (snapshot, digest))
    )
    if known.said and fresh.said and fresh.snips.value < known.snips.value - known.snips.half:
        return "on the rounds of the last weeks it does worse than what is in use"
    return None


def _ran(
    row: ActiveRow, policy: LearningPolicy, actor: Actor, at: datetime, result: str, snapshot: str | None
) -> Entry:
    return Entry.of(
        "learning.ran",
        at,
        actor.name,
        policies=(f"{policy.name}@{row.version}",),
        public={
            "policy": policy.name,
            "version": row.version,
            "creditor": policy.creditor,
            "week": monday(at).isoformat(),
            "result": result,
            "snapshot": snapshot,
        },
    )
