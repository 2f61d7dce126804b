"""Simulates a policy: takes the decisions of the past again as if this version had been in force, and says
which come out otherwise.

Each decision is judged again on the very facts that it was taken on, by the policies that bound it, the
simulated version in the place of its own. The contacts that a changed decision would have spared or added are
not played on: what a borrower would have done about a message that never came, nobody knows.

The log is walked in its own order in pages; each page is one short statement, so that no snapshot is pinned,
and is judged on a thread, so that whoever serves goes on serving."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from policies.binding import HOUSE
from policies.policy import Policy, PolicyInvalid, parse_policy
from policies.verdict import Kind
from service.dispatch.access.keys import check_unlimited
from service.dispatch.decide.case import Named, StatedCase
from service.dispatch.decide.judge import judge
from service.dispatch.decide.verdicts import reason_of
from service.dispatch.governance.policies import SHIPPED
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.data_keys import keys_elsewhere
from service.dispatch.runtime.merged import each
from service.dispatch.what_if.tally import Outcome, Simulation
from service.errors import Conflict, FieldError, InvalidRequest, NotFound, TooManyRequests
from service.log.append import Entry, append
from service.log.decisions import Gone, LoggedDecision, NamedPolicy, read_decision
from service.log.read import with_keys
from service.model.actor import Actor
from service.store import log_decisions, policies
from service.store.log_decisions import LoggedRow

PAGE = 250
"""Entries of one statement, and between two looks at who else wants the event loop."""
MOST_OVER_HTTP = 50_000
"""Entries of the log that one request walks; the command line has no such limit."""
SLACK = timedelta(minutes=10)
"""How far the order of the log may differ from the order of time: the longest transaction, and the difference
of clocks."""

Progress = Callable[[int, int], None]
"""Called with the entries walked, and how many there are as far as is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Decisions from `since` on, before `until`."""

    since: datetime
    until: datetime

    def check(self) -> None:
        """Raise InvalidRequest for a range that ends before it begins."""
        if self.since >= self.until:
            field_error = FieldError(pointer="/to", detail="expected an instant after `from`", code="range")
            raise InvalidRequest("the range is empty; nothing was simulated", field_errors=[field_error])


async def simulate_version(
    runtime: Runtime, name: str, version: int, actor: Actor, wanted: Range, *, show: int
) -> dict[str, Any]:
    """Simulate a stored version, or with version 0 what ships. Raises NotFound, InvalidRequest,
    TooManyRequests."""
    check_unlimited(actor)
    wanted.check()
    policy = await stored_policy(runtime, name, version)
    if runtime.simulations.locked():
        raise TooManyRequests("another simulation is running here; one at a time", retry_after=5)
    async with runtime.simulations:
        run = await run_simulation(runtime, policy, wanted, show=show, most=MOST_OVER_HTTP)
    return await note_simulation(runtime, policy, wanted, run, actor, version=version)


async def stored_policy(runtime: Runtime, name: str, version: int | None) -> Policy:
    """A version as it stands; the newest one without a number, 0 what ships. Raises NotFound, and Conflict
    for an outdated text."""
    if version is None or version != SHIPPED:
        async with runtime.database.connection() as connection:
            rows = await policies.versions(connection, name)
        row = next((one for one in rows if version in {None, one.version}), None)
        if row is not None:
            try:
                return await asyncio.to_thread(parse_policy, row.document)
            except PolicyInvalid as error:
                raise Conflict(
                    f"this version was written for another release and is no policy any more: {error}"
                ) from None
    shipped = runtime.in_force.shipped_policies.get(name)
    if shipped is None or version not in {None, SHIPPED}:
        raise NotFound("there is no such policy, or no such version of it")
    return shipped


async def run_simulation(
    runtime: Runtime,
    policy: Policy,
    wanted: Range,
    *,
    show: int,
    most: int | None = None,
    progress: Progress = lambda _, __: None,
) -> Simulation:
    """Judge the decisions of a range again, cell after cell. Raises InvalidRequest where they lie among more
    than `most` entries, and Unavailable where a cell is away."""
    run = Simulation(show=show)
    judge = _Judge(runtime=runtime, policy=policy, run=run, now=runtime.clock.now())
    waiting = await each(runtime, lambda cell: _expected(cell, wanted))
    walked = 0
    for cell in runtime.cells.all:
        waiting.pop(0)
        async for page, left in _pages(cell, wanted):
            walked, ahead = walked + page.walked, left + sum(waiting)
            if most is not None and walked + ahead > most:
                raise _too_many(walked + ahead, most)
            rows = await with_keys(page.rows, keys_elsewhere(cell))
            await asyncio.to_thread(judge.take, rows)
            progress(walked, walked + ahead)
    return run


async def expected_entries(runtime: Runtime, wanted: Range) -> int:
    """How many sequenced entries a run over the range walks; those that are not sequenced yet come on top."""
    return sum(await each(runtime, lambda cell: _expected(cell, wanted)))


async def _expected(runtime: Runtime, wanted: Range) -> int:
    """The same of one cell."""
    async with runtime.database.connection() as connection:
        span = await log_decisions.measure(connection, *_slack(wanted))
    return max(0, span.last - span.first)


def _slack(wanted: Range) -> tuple[datetime, datetime]:
    """The range, longer at both ends by what the order of the log may differ from that of time; within the
    calendar."""
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    return max(wanted.since, first + SLACK) - SLACK, min(wanted.until, last - SLACK) + SLACK


def _check_archived(wanted: Range, before: datetime | None) -> None:
    """Raise InvalidRequest where a part of the range was archived: what is left would pass for the whole."""
    if before is not None and wanted.since < before:
        detail = f"expected {before.isoformat()} or later: what is older of the log was archived"
        field_error = FieldError(pointer="/from", detail=detail, code="range")
        raise InvalidRequest("the range reaches into what was archived", field_errors=[field_error])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """The decisions among some entries."""

    rows: Sequence[LoggedRow]
    walked: int


async def _pages(runtime: Runtime, wanted: Range) -> AsyncIterator[tuple[_Page, int]]:
    """The range, page by page, each with how many sequenced entries are left: what is sequenced, then what
    was committed since."""
    async with runtime.database.connection() as connection:
        span = await log_decisions.measure(connection, *_slack(wanted))
        _check_archived(wanted, await log_decisions.archived_before(connection))
    for first in range(span.first, span.last, PAGE):
        until = min(first + PAGE, span.last)
        async with runtime.database.connection() as connection:
            rows = await log_decisions.sequenced(connection, first, until, wanted.since, wanted.until)
        yield _Page(rows=rows, walked=until - first), span.last - until
    for start in range(0, len(span.pending), PAGE):
        numbers = span.pending[start : start + PAGE]
        async with runtime.database.connection() as connection:
            found = await log_decisions.pending(connection, numbers, wanted.since, wanted.until)
        yield _Page(rows=found, walked=len(numbers)), 0


def _too_many(entries: int, most: int) -> InvalidRequest:
    detail = f"expected a range of at most {most:,} entries of the log; this one has {entries:,} or more"
    field_error = FieldError(pointer="/from", detail=detail, code="too-many")
    return InvalidRequest(
        "the range is too long for one request; narrow it, or use `forbear policy simulate`, which has no "
        "limit",
        field_errors=[field_error],
    )


@dataclass(slots=True, kw_only=True)
class _Judge:
    """Takes logged decisions again, with and without the change."""

    runtime: Runtime
    policy: Policy
    run: Simulation
    now: datetime

    def take(self, rows: Sequence[LoggedRow]) -> None:
        """Judge a page."""
        for row in rows:
            decision = read_decision(self.runtime.vault, row)
            found = self._policies(decision.policies) if isinstance(decision, LoggedDecision) else None
            if isinstance(decision, Gone):
                self.run.gone[decision] += 1
            elif found is None:
                self.run.gone[Gone.POLICY] += 1
            else:
                self._judge(decision, *found)

    def _policies(self, named: Sequence[NamedPolicy]) -> tuple[list[Policy], bool] | None:
        """The texts that bound a decision, and whether all of them are those of then; None where one has no
        text any more."""
        in_force, found = self.runtime.in_force, list[Policy]()
        for one in named:
            policy = in_force.find_policy(one.name, one.version, one.digest) or in_force.policies(
                self.now
            ).get(one.name)
            if policy is None:
                return None
            found.append(policy)
        return found, all(policy.digest == one.digest for policy, one in zip(found, named, strict=True))

    def _judge(self, decision: LoggedDecision, bound: Sequence[Policy], same_texts: bool) -> None:
        exact = same_texts and decision.as_it_was
        old = Outcome(kind=decision.kind, until=decision.until) if exact else _outcome(bound, decision)
        changed, binds = self._changed(decision, bound)
        self.run.bound += binds
        self.run.otherwise += not exact
        new = old if set(changed) == set(bound) else _outcome(changed, decision)
        self.run.count(decision, old, new)

    def _changed(self, decision: LoggedDecision, bound: Sequence[Policy]) -> tuple[tuple[Policy, ...], bool]:
        """The policies that would have bound, were the simulated one in force, and whether it would be among
        them; the strict house pack where none is left."""
        policy = self.runtime.in_force.binds(
            self.policy,
            decision.where,
            sender_role=decision.facts.proposal.sender_role,
            days_past_due=decision.facts.borrower.days_past_due,
            at=decision.at,
        )
        others = tuple(one for one in bound if one.name != self.policy.name)
        if policy is not None:
            return (*others, policy), True
        return others or (self.runtime.in_force.policies(self.now)[HOUSE],), False


def _outcome(bound: Sequence[Policy], decision: LoggedDecision) -> Outcome:
    """The verdict on a decision's facts; what cannot be decided is held, as it is in truth."""
    try:
        case = StatedCase(law=Named(tuple(bound)), stated=decision.facts, expires_at=decision.expires_at)
        verdict = judge(case, decision.at).verdict
    except Exception as error:  # noqa: BLE001 - one decision must not end the run
        return Outcome(kind=Kind.HOLD, until=None, reason=f"it cannot be decided: {type(error).__name__}")
    return Outcome(kind=verdict.kind, until=verdict.until, reason=reason_of(verdict))


async def note_simulation(
    runtime: Runtime, policy: Policy, wanted: Range, run: Simulation, actor: Actor, *, version: int | None
) -> dict[str, Any]:
    """The answer; that it was given stands in the log, since it was made of what is personal. `version` None:
    a file's."""
    found = run.document()
    heading = {
        "policy": policy.name,
        "version": version,
        "digest": policy.digest,
        "from": wanted.since,
        "to": wanted.until,
    }
    public = {
        "policy": policy.name,
        "version": version,
        "digest": policy.digest,
        "from": wanted.since.isoformat(),
        "to": wanted.until.isoformat(),
        "decisions": run.judged,
        "changed": found["decisions"]["changed"],
    }
    named = () if version is None else (f"{policy.name}@{version}",)
    entry = Entry.of("policy.simulated", runtime.clock.now(), actor.name, policies=named, public=public)
    async with runtime.database.transaction() as connection:
        await append(connection, [entry])
    return heading | found
