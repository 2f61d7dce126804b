"""The transaction of a group of notices: repeats are told apart, borrowers enrolled, rows and log entries
written. A member's own error is its result, and nothing of it is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from policies.fast_init import fast_init
from service.dispatch.access.limits import alone_with, anothers_borrower, known_to
from service.dispatch.intake.borrowers import (
    Enrolment,
    another_profile,
    enrol,
    enter_numbers,
    is_another,
    unknown_borrower,
)
from service.dispatch.intake.checks import check_notice
from service.dispatch.intake.rows import NoticeRows, checked_terms, copied, notice_rows
from service.dispatch.intake.terms import Terms
from service.dispatch.number_limits.shared import storing_numbers
from service.dispatch.runtime import Runtime
from service.errors import ForbearError, IdempotencyMismatch
from service.failpoints import reach
from service.ids import NoticeId
from service.model.actor import Actor
from service.model.notice import NoticeDraft
from service.store import borrowers, idempotency
from service.store.database import Connection, Ending
from service.store.idempotency import IdempotencyRow
from service.store.pg_copy import RowExists
from service.store.wake import WAKE_WORKERS

IDEMPOTENCY_LIFE = timedelta(days=2)
"""How long an Idempotency-Key is remembered where its caller does not say."""


@fast_init
@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedNotice:
    """The answer to an accepted notice; a replay names the first one's id and instant."""

    id: NoticeId
    accepted_at: datetime
    language: str
    """The borrower's."""
    replayed: bool = False


class Request(NamedTuple):
    """One notice on its way into the store."""

    draft: NoticeDraft
    actor: Actor
    borrower: UUID
    number: int
    at: datetime
    key: bytes | None = None
    body_digest: bytes = b""
    keep: timedelta = IDEMPOTENCY_LIFE
    traceparent: str | None = None
    """How its acceptance is linked to, where it is traced."""

    @property
    def idempotency_key(self) -> tuple[str, bytes] | None:
        """Whose key it is, and the keyed digest of its text."""
        return None if self.key is None else (self.actor.name, self.key)


async def store_group(runtime: Runtime, requests: Sequence[Request]) -> list[AcceptedNotice | ForbearError]:
    """One transaction for all of them; a result for each, in their order.

    It takes it at first that nobody else stores the same new borrowers meanwhile: that costs half. Where
    somebody did, or something of a borrower was left behind, it is done once more, and row by row."""
    try:
        return await _store_group(runtime, requests, alone=True)
    except RowExists:
        return await _store_group(runtime, requests, alone=False)


async def _store_group(
    runtime: Runtime, requests: Sequence[Request], *, alone: bool
) -> list[AcceptedNotice | ForbearError]:
    """The same in one try. Raises RowExists."""
    results: dict[int, AcceptedNotice | ForbearError] = {}
    terms = [_checked(runtime, request) for request in requests]
    unfit = {index: one for index, one in enumerate(terms) if isinstance(one, ForbearError)}
    await enter_numbers(
        runtime, [request.draft.borrower for index, request in enumerate(requests) if index not in unfit]
    )
    last = Ending()
    async with storing_numbers(runtime) as storing, runtime.database.ending_with(last) as connection:
        firsts = await _settle_repeats(connection, requests, results)
        fit = [index for index in firsts if index not in unfit]
        errors = unfit | await _strangers(runtime, connection, requests, fit)
        wanted = [
            (requests[index].draft.borrower, requests[index].borrower) for index in fit if index not in errors
        ]
        enrolled = iter(await enrol(runtime, connection, wanted, storing, ending=last if alone else None))
        prepared = {
            index: _prepare(runtime, requests[index], terms[index], errors.get(index) or next(enrolled))
            for index in firsts
        }
        results |= {index: _result(requests[index], rows) for index, rows in prepared.items()}
        refused = [requests[index] for index, rows in prepared.items() if isinstance(rows, ForbearError)]
        await idempotency.give_back(
            connection, [key for one in refused if (key := one.idempotency_key) is not None]
        )
        accepted = [rows for rows in prepared.values() if isinstance(rows, NoticeRows)]
        if accepted:
            last.rows += copied(accepted)
            last.statements.append(WAKE_WORKERS)
        reach("accept.written")
    reach("accept.committed")
    return [_of_first(results[index], requests, results) for index in range(len(requests))]


def _result(request: Request, rows: NoticeRows | ForbearError) -> AcceptedNotice | ForbearError:
    if isinstance(rows, ForbearError):
        return rows
    id_ = NoticeId(request.borrower, request.number)
    return AcceptedNotice(id=id_, accepted_at=request.at, language=rows.language)


async def _strangers(
    runtime: Runtime, connection: Connection, requests: Sequence[Request], firsts: Sequence[int]
) -> dict[int, ForbearError]:
    """Requests of limited keys about a borrower whom the key may not know, or whom others have too. One named
    by id alone is as good as unknown; a whole profile may repeat what is stored, not change it: a key must
    not send other creditors' messages to an address of its own."""
    limited = [index for index in firsts if requests[index].actor.creditors is not None]
    if not limited:
        return {}
    stored = await borrowers.enrolled(connection, [requests[index].borrower for index in limited])
    actors = {requests[index].actor.name: requests[index].actor for index in limited}
    known = {name: await known_to(connection, list(stored), actor) for name, actor in actors.items()}
    alone = {name: await alone_with(connection, list(stored), actor) for name, actor in actors.items()}
    found: dict[int, ForbearError] = {}
    for index in limited:
        request = requests[index]
        own, draft = known[request.actor.name], request.draft.borrower
        changes = not draft.known_only and is_another(runtime, draft, stored.get(request.borrower))
        if request.borrower in own:
            if changes and request.borrower in stored and request.borrower not in alone[request.actor.name]:
                found[index] = anothers_borrower()
        elif draft.known_only:
            found[index] = unknown_borrower()
        elif changes:
            found[index] = another_profile()
        else:
            own.add(request.borrower)  # from here on it may be named by its id
    return found


def _of_first(
    result: AcceptedNotice | ForbearError,
    requests: Sequence[Request],
    results: dict[int, AcceptedNotice | ForbearError],
) -> AcceptedNotice | ForbearError:
    """A repeat inside one group shares the fate of its first, also where that was refused."""
    if not isinstance(result, AcceptedNotice) or not result.replayed:
        return result
    for index, request in enumerate(requests):
        if NoticeId(request.borrower, request.number) == result.id and isinstance(
            results[index], ForbearError
        ):
            return results[index]
    return result


def _checked(runtime: Runtime, request: Request) -> Terms | ForbearError:
    """The terms of a notice, or why it cannot be accepted whoever its borrower is: then nothing of the
    borrower is stored either."""
    try:
        check_notice(runtime.in_force, request.draft, request.at)
        return checked_terms(runtime, request.draft, request.actor, request.at)
    except ForbearError as error:
        return error


def _prepare(
    runtime: Runtime,
    request: Request,
    terms: Terms | ForbearError,
    enrolment: Enrolment | ForbearError,
) -> NoticeRows | ForbearError:
    if isinstance(terms, ForbearError):
        return terms
    if isinstance(enrolment, ForbearError):
        return enrolment
    try:
        return notice_rows(
            runtime,
            request.draft,
            request.actor,
            terms,
            enrolment,
            number=request.number,
            at=request.at,
            traceparent=request.traceparent,
        )
    except ForbearError as error:
        return error


async def _settle_repeats(
    connection: Connection, requests: Sequence[Request], results: dict[int, AcceptedNotice | ForbearError]
) -> list[int]:
    """Claim the Idempotency-Keys; answers for repeats go into `results`, the indexes of first uses come
    back."""
    keyed = {
        index: key for index, request in enumerate(requests) if (key := request.idempotency_key) is not None
    }
    if not keyed:
        return list(range(len(requests)))
    owners: dict[tuple[str, bytes], int] = {}
    for index, key in keyed.items():
        owners.setdefault(key, index)
    taken = await idempotency.claim(
        connection, [_idempotency_row(requests[index], key) for key, index in owners.items()]
    )
    stored = await idempotency.read(connection, list(owners)) if len(taken) < len(keyed) else {}
    for index, key in keyed.items():
        if key in taken and owners[key] == index:
            continue
        first = stored[key]
        if first.body_digest != requests[index].body_digest:
            results[index] = IdempotencyMismatch("this Idempotency-Key was first used with another body")
        else:
            id_ = NoticeId(first.borrower_id, first.notice_no)
            results[index] = AcceptedNotice(
                id=id_,
                accepted_at=first.created_at,
                language=first.language or requests[index].draft.borrower.language,
                replayed=True,
            )
    return [index for index in range(len(requests)) if index not in results]


def _idempotency_row(request: Request, key: tuple[str, bytes]) -> IdempotencyRow:
    return IdempotencyRow(
        key_id=key[0],
        digest=key[1],
        body_digest=request.body_digest,
        borrower_id=request.borrower,
        notice_no=request.number,
        created_at=request.at,
        expires_at=request.at + request.keep,
    )
