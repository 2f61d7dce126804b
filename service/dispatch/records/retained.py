"""What the retention rules of the policies demand for the records of borrowers, notice by notice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from policies.places.whereabouts import whereabouts
from policies.policy import Policy
from policies.retention import Keep, Record, keeps, longest
from service.dispatch.decide.decrypted import evidence_of, subject_of
from service.dispatch.decide.judge import bind
from service.dispatch.runtime import Runtime
from service.ids import NoticeId
from service.store import retention
from service.store.database import Connection
from service.store.encrypted import decrypt_debt, decrypt_profile
from service.store.retention import KeptBorrower, KeptNotice


@dataclass(frozen=True, slots=True, kw_only=True)
class Retained:
    """One notice, with the rule that keeps it longest."""

    notice: NoticeId
    debt_id: str
    open: bool
    """Something is still owed on it."""
    keep: Keep | None
    """None where no rule speaks of it: then nothing says when it may go, and it stays."""
    until: datetime | None
    """From when on it may go; None for not yet known. Never before `counts_until`."""
    counts_until: datetime
    """Until when a policy that binds the borrower may count its contacts."""

    def may_go(self, at: datetime) -> bool:
        """Whether nothing keeps it any more."""
        return not self.open and self.until is not None and self.until <= at


async def retained(
    runtime: Runtime, connection: Connection, ids: Sequence[UUID], at: datetime, *, closing: bool = False
) -> dict[UUID, list[Retained]]:
    """Every notice of these borrowers, judged at `at`; with `closing` as if what is open ended then."""
    rows = await retention.borrowers(connection, ids)
    records = await retention.records(connection, ids)
    activity = _activity(records, await retention.reported(connection, ids))
    found: dict[UUID, list[Retained]] = {borrower: [] for borrower in rows}
    for record in records:
        one = record._replace(open=False, closed_at=at) if closing and record.open else record
        found[record.borrower_id].append(_retained(runtime, rows[record.borrower_id], one, activity, at))
    return found


def _activity(
    records: Sequence[KeptNotice], reported: Mapping[tuple[UUID, str | None], datetime]
) -> dict[tuple[UUID, str], datetime]:
    """The last activity on each debt: ours, what was reported about it, and what was reported about no debt
    in particular."""
    found: dict[tuple[UUID, str], datetime] = {}
    for row in records:
        debt = (row.borrower_id, row.debt_id)
        instants = (
            found.get(debt),
            row.last_activity,
            reported.get(debt),
            reported.get((row.borrower_id, None)),
        )
        found[debt] = max(one for one in instants if one is not None)
    return found


def _retained(
    runtime: Runtime,
    borrower: KeptBorrower,
    row: KeptNotice,
    activity: Mapping[tuple[UUID, str], datetime],
    at: datetime,
) -> Retained:
    debt_activity = activity[(row.borrower_id, row.debt_id)]
    key = None if borrower.data_key is None else runtime.vault.unwrap(borrower.data_key)
    debt = None if key is None else decrypt_debt(key, row.encrypted)
    if key is not None and debt is not None:
        profile = decrypt_profile(key, borrower.encrypted)
        where = whereabouts(evidence_of(profile, borrower, debt["jurisdiction"]))
        subject = subject_of(borrower, row, profile, where, expires_at=row.expires_at)
        days, binding = bind(runtime.in_force, subject, at)
        bound = binding.policies
        keep = longest(_demands(bound, days, row, debt_activity))
        counts_until = debt_activity + max(policy.lookback for policy in bound)
        until = None if keep is None or keep.until is None else max(keep.until, counts_until)
    else:  # erased: what was demanded and counted then is all that can be known, and was written down
        keep = longest(keep_of(one) for one in borrower.kept or ())
        until = borrower.keep_until
        counts_until = until or debt_activity
    return Retained(
        notice=NoticeId(row.borrower_id, row.notice_no),
        debt_id=row.debt_id,
        open=row.open,
        keep=keep,
        until=until,
        counts_until=counts_until,
    )


def _demands(
    bound: tuple[Policy, ...], days: int | None, row: KeptNotice, debt_activity: datetime
) -> tuple[Keep, ...]:
    """What the policies that bind the notice demand."""
    record = Record(
        last_activity=row.last_activity,
        debt_activity=debt_activity,
        closed_at=None if row.open else row.closed_at,
    )
    return keeps(bound, record, sender_role=row.sender_role, days_past_due=days)


def keep_of(document: Mapping[str, Any]) -> Keep:
    """The demand in a stored document."""
    until = document["until"]
    return Keep(**{**document, "until": None if until is None else datetime.fromisoformat(until)})


def keep_document(keep: Keep) -> dict[str, Any]:
    """A demand as it is stored and shown."""
    return {
        "policy": keep.policy,
        "version": keep.version,
        "rule": keep.rule,
        "citation": keep.citation,
        "until": None if keep.until is None else keep.until.isoformat(),
    }


def demanded(notices: Sequence[Retained]) -> Iterator[Keep]:
    """The rules that keep any of these notices, each with its longest demand."""
    rules = {(one.keep.policy, one.keep.rule) for one in notices if one.keep is not None}
    for rule in sorted(rules):
        keep = longest(
            one.keep for one in notices if one.keep is not None and (one.keep.policy, one.keep.rule) == rule
        )
        if keep is not None:
            yield keep
