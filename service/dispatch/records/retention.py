"""Lets records go that no rule keeps any more: by policy, counted from events, tried before it is done.

A run passes over all borrowers in batches, each batch in a transaction of its own under the borrowers' rows;
a run that is ended goes on where it was when it is started again, since what went is gone. A borrower whose
last record goes is erased as a whole. A legal hold keeps everything. What stays in any case: the log's
leaves, which name nobody, and standing wishes such as an opt-out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from policies.retention import Keep
from service.dispatch.records.retained import Retained, retained
from service.dispatch.records.strangers import forget_unmatched
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.forgotten import forget_elsewhere
from service.failpoints import reach
from service.log.append import Entry, append
from service.model.actor import Actor
from service.store import borrowers, erasure, retention
from service.store.database import Connection

BATCH = 200
"""Borrowers that are looked at at a time."""
Progress = Callable[[int], None]


@dataclass(slots=True, kw_only=True)
class Line:
    """What one rule has kept until now, and lets go."""

    policy: str
    version: str
    rule: str
    citation: str
    notices: int = 0
    debts: int = 0


@dataclass(slots=True, kw_only=True)
class Report:
    """What a run let go, or would."""

    at: datetime
    applied: bool
    borrowers: int = 0
    """How many were looked at."""
    notices: int = 0
    """That may go."""
    erased: int = 0
    """Borrowers of whom nothing is left."""
    kept: int = 0
    """Notices that a rule still keeps, or that are open."""
    unruled: int = 0
    """Notices of which no rule speaks: they stay."""
    on_hold: int = 0
    """Notices that might go but for a legal hold."""
    unmatched: int = 0
    """Messages that no borrower has, and that are old enough to be forgotten."""
    contacts: int = 0
    """Reported contacts of borrowers who were erased, that nothing counts any more."""
    lines: dict[tuple[str, str], Line] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """For machines."""
        return {
            "at": self.at.isoformat(),
            "applied": self.applied,
            "borrowers": self.borrowers,
            "notices": self.notices,
            "borrowers_erased": self.erased,
            "kept": self.kept,
            "without_rule": self.unruled,
            "on_hold": self.on_hold,
            "unmatched_messages": self.unmatched,
            "bare_contacts": self.contacts,
            "rules": [
                {
                    name: getattr(line, name)
                    for name in ("policy", "version", "rule", "citation", "notices", "debts")
                }
                for _, line in sorted(self.lines.items())
            ],
        }

    def let_go(self, notices: Sequence[Retained]) -> None:
        """Count what of one borrower goes, by the rule that kept it longest."""
        self.notices += len(notices)
        debts: dict[tuple[str, str], set[str]] = {}
        for one in notices:
            keep = _rule(one)
            key = (keep.policy, keep.rule)
            line = self.lines.setdefault(
                key, Line(policy=keep.policy, version=keep.version, rule=keep.rule, citation=keep.citation)
            )
            line.notices += 1
            debts.setdefault(key, set()).add(one.debt_id)
        for key, found in debts.items():
            self.lines[key].debts += len(found)


ERASED = Keep(policy="erasure", version="1", rule="lookback", citation="what caps still count", until=None)
"""Keeps the bare contacts of an erased borrower of whom no rule spoke."""


def _rule(one: Retained) -> Keep:
    return one.keep or ERASED


async def run_retention(
    runtime: Runtime, actor: Actor, *, apply: bool, progress: Progress = lambda _: None
) -> Report:
    """Look at every borrower of every cell; with `apply` let go what may. Repeatable, and safe to be run
    twice at once. Raises Unavailable where a cell is away; what was done in others stays done."""
    report = Report(at=runtime.clock.now(), applied=apply)
    for cell in runtime.cells.all:
        await _run(cell, actor, report, progress)
        report.unmatched += await forget_unmatched(cell, actor, apply=apply)
    if apply and (report.notices or report.erased):
        await _note(runtime, actor, report)
    return report


async def _run(runtime: Runtime, actor: Actor, report: Report, progress: Progress) -> None:
    """Every borrower of one cell."""
    after, apply = UUID(int=0), report.applied
    while True:
        async with runtime.database.connection() as connection:
            ids = await retention.page(connection, after, BATCH)
            found = await retained(runtime, connection, ids, report.at)
            held = await _held(connection, ids)
        if not ids:
            break
        if apply:
            due = [
                borrower
                for borrower, notices in found.items()
                if borrower not in held and any(one.may_go(report.at) for one in notices)
            ]
            judged = await _let_go(runtime, actor, due, report.at) if due else {}
            found = {borrower: notices for borrower, notices in found.items() if borrower not in due} | judged
        report.contacts += await _let_go_of_contacts(runtime, ids, report.at, apply=apply)
        _count(report, found, held)
        after = ids[-1]
        progress(len(ids))


async def _let_go_of_contacts(runtime: Runtime, ids: Sequence[UUID], at: datetime, *, apply: bool) -> int:
    """Reported contacts that an erasure left, once no policy may count them."""
    counted = _counted_since(runtime, at)
    async with runtime.database.connection() as connection:
        due = await retention.drop_bare_contacts(connection, ids, at, counted, apply=False)
    if not due or not apply:
        return due
    async with runtime.database.transaction() as connection:
        await borrowers.lock(connection, ids)
        return await retention.drop_bare_contacts(connection, ids, at, counted, apply=True)


def _counted_since(runtime: Runtime, at: datetime) -> datetime:
    """From when on some policy in force may count a contact."""
    return at - max(policy.lookback for policy in runtime.in_force.policies(at).values())


async def _held(connection: Connection, ids: Sequence[UUID]) -> set[UUID]:
    return {
        borrower
        for borrower, row in (await retention.borrowers(connection, ids)).items()
        if row.held_at is not None
    }


def _count(report: Report, found: Mapping[UUID, Sequence[Retained]], held: set[UUID]) -> None:
    for borrower, notices in found.items():
        report.borrowers += 1
        due = [one for one in notices if one.may_go(report.at)]
        report.unruled += sum(one.keep is None and one.until is None for one in notices)
        report.kept += sum(
            (one.keep is not None or one.until is not None) and not one.may_go(report.at) for one in notices
        )
        if borrower in held:
            report.on_hold += len(due)
        elif due:
            report.let_go(due)
            report.erased += len(due) == len(notices)


async def _let_go(
    runtime: Runtime, actor: Actor, due: Sequence[UUID], at: datetime
) -> dict[UUID, list[Retained]]:
    """Judge again under the borrowers' rows, and let go; returns what was judged."""
    async with runtime.database.transaction() as connection:
        await borrowers.lock(connection, due)
        held = await _held(connection, due)
        found = {
            borrower: notices
            for borrower, notices in (await retained(runtime, connection, due, at)).items()
            if borrower not in held
        }
        going = [one for notices in found.values() for one in notices if one.may_go(at)]
        await retention.drop(
            connection,
            [(one.notice.borrower, one.notice.number) for one in going],
            [str(one.notice) for one in going],
        )
        for borrower, notices in found.items():
            erased = await _let_go_of(connection, actor, borrower, notices, at, _counted_since(runtime, at))
            if erased:
                await forget_elsewhere(runtime, connection, borrower)
        reach("retention.written")
    reach("retention.committed")
    return found


async def _let_go_of(
    connection: Connection,
    actor: Actor,
    borrower: UUID,
    notices: Sequence[Retained],
    at: datetime,
    counted: datetime,
) -> bool:
    """What of one borrower goes beside the notices: the events about their debts, or the borrower as a whole;
    and the entries. Whether the whole went."""
    going, staying = (
        [one for one in notices if one.may_go(at)],
        {one.debt_id for one in notices if not one.may_go(at)},
    )
    if not going:
        return False
    public = {
        "notices": len(going),
        "debts": len({one.debt_id for one in going}),
        "rules": sorted({f"{_rule(one).policy}@{_rule(one).version}/{_rule(one).rule}" for one in going}),
        "citations": sorted({_rule(one).citation for one in going}),
    }
    entries = [Entry.of_borrower("retention.applied", at, actor.name, borrower, public=public)]
    await retention.drop_events(connection, borrower, sorted({one.debt_id for one in going} - staying))
    whole = not staying and (await retention.borrowers(connection, [borrower]))[borrower].erased_at is None
    if whole:
        await erasure.erase(connection, borrower, at, counted=counted)
        entries.append(
            Entry.of_borrower("borrower.erased", at, actor.name, borrower, public={"reason": "retention"})
        )
    await append(connection, entries)
    return whole


async def _note(runtime: Runtime, actor: Actor, report: Report) -> None:
    public = {"borrowers": report.borrowers, "notices": report.notices, "borrowers_erased": report.erased}
    async with runtime.database.transaction() as connection:
        await append(connection, [Entry.of("retention.run", runtime.clock.now(), actor.name, public=public)])
