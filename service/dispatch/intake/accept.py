"""Step 1, accept: a notice is stored with its borrower, deliveries and log entry in one transaction, and only
then answered.

Concurrent requests share a transaction (group commit): each still waits for the commit that holds its own
rows. A group that fails is tried again one by one, so that nobody pays for a neighbour's error.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from policies.fast_init import fast_init
from service import tracing
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
from service.dispatch.intake.rows import NoticeRows, insert_notices, notice_rows
from service.dispatch.number_limits.shared import storing_numbers
from service.dispatch.runtime import Runtime
from service.errors import ForbearError, IdempotencyMismatch, TooManyRequests
from service.failpoints import reach
from service.ids import NoticeId, new_notice_number, new_notice_numbers
from service.model.actor import Actor
from service.model.notice import NoticeDraft
from service.store import borrowers, idempotency
from service.store.database import Connection
from service.store.idempotency import IdempotencyRow
from service.store.wake import wake_workers

GROUP = 128
"""Requests that share one transaction at the most."""
SINGLES, BATCHES = 0.4, 0.3
"""Shares of the pool's connections that intake may hold, for single notices and for batches: the rest is for
events, receipts and readers."""
GATHER_SECONDS = 0.05
"""How long requests that arrive during a transaction wait for its end, so that they share the next one. A
transaction that waits for another's lock holds nobody up for longer."""
BATCH_GROUP = 500
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


class Keyed(NamedTuple):
    """A notice with the key that makes its repeats harmless, and the digest of its body."""

    draft: NoticeDraft
    key: str | None = None
    body_digest: bytes = b""
    keep: timedelta = IDEMPOTENCY_LIFE
    """How long a repeat is known as one."""


class _Request(NamedTuple):
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
        return None if self.key is None else (self.actor.name, self.key)


_Waiting = tuple[_Request, asyncio.Future[AcceptedNotice]]
"""A request, and who waits for what becomes of it."""


class Intake:
    """Collects concurrent requests into shared transactions. `run` must be going for `accept` to return."""

    def __init__(self, runtime: Runtime, *, backlog: int) -> None:
        """`backlog`: notices that may wait, one by one or in batches, before further ones are refused with
        429."""
        self._runtime = runtime
        self._backlog = backlog
        self._waiting: list[_Waiting] = []
        self._arrived = asyncio.Event()
        self._at_once = _share_of(runtime, SINGLES)
        self._in_batches = 0
        self._turns = asyncio.Semaphore(_share_of(runtime, BATCHES))

    @property
    def waiting(self) -> int:
        """Notices that wait for a transaction; those of a batch until it is committed."""
        return len(self._waiting) + self._in_batches

    def refuse_when_full(self) -> None:
        """Raise TooManyRequests while as many notices wait as may. What is let in is stored whole, so the
        last batch may exceed that."""
        if self.waiting >= self._backlog:
            raise TooManyRequests("intake is waiting for the database; come back shortly", retry_after=1)

    async def accept(
        self,
        draft: NoticeDraft,
        actor: Actor,
        *,
        idempotency_key: str | None = None,
        body_digest: bytes = b"",
    ) -> AcceptedNotice:
        """Store one notice; returns after its commit. Raises ForbearError when it cannot be accepted."""
        self.refuse_when_full()
        vault, at = self._runtime.vault, self._runtime.clock.now()
        request = _Request(draft, actor, vault.borrower_key(draft.borrower.id), new_notice_number(at), at)
        request = self._keyed(request, idempotency_key, body_digest)
        done: asyncio.Future[AcceptedNotice] = asyncio.get_running_loop().create_future()
        with tracing.span("accept", attributes={tracing.COUNT: 1}) as span:
            if span is not None:
                request = request._replace(traceparent=span.traceparent)
            self._waiting.append((request, done))
            self._arrived.set()
            return await done

    def _keyed(self, request: _Request, key: str | None, body: bytes) -> _Request:
        """The request with the keyed digests of its Idempotency-Key and body."""
        if key is None:
            return request
        digest = self._runtime.vault.text_digest
        return request._replace(key=digest("idempotency", key), body_digest=digest("body", body.hex()))

    async def accept_many(self, items: Sequence[Keyed], actor: Actor) -> list[AcceptedNotice | ForbearError]:
        """Store many at once; one result for each, in order. A bad one does not spoil the rest. Raises
        TooManyRequests."""
        self.refuse_when_full()
        vault, at = self._runtime.vault, self._runtime.clock.now()
        requests = [
            self._keyed(
                _Request(
                    one.draft, actor, vault.borrower_key(one.draft.borrower.id), number, at, keep=one.keep
                ),
                one.key,
                one.body_digest,
            )
            for one, number in zip(items, new_notice_numbers(at, len(items)), strict=True)
        ]
        self._in_batches += len(requests)
        try:
            with tracing.span("accept", attributes={tracing.COUNT: len(requests)}) as span:
                if span is not None:
                    requests = [one._replace(traceparent=span.traceparent) for one in requests]
                groups = [
                    requests[start : start + BATCH_GROUP] for start in range(0, len(requests), BATCH_GROUP)
                ]
                return [_expected(result) for group in groups for result in await self._store_in_turn(group)]
        finally:
            self._in_batches -= len(requests)

    async def run(self) -> None:
        """Store what arrives, until cancelled; what still waits is then stored."""
        under_way: set[asyncio.Task[None]] = set()
        try:
            while True:
                await self._arrived.wait()
                await self._gather(under_way)
                task = asyncio.create_task(self._answer(self._next_group()))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
        finally:
            await asyncio.gather(*under_way)
            while self._waiting:
                await self._answer(self._next_group())

    async def _gather(self, under_way: Collection[asyncio.Task[None]]) -> None:
        """Let more requests come while a transaction is under way: one of thirty costs little more than one
        of five. Where a whole group waits already, it begins at once, given a connection."""
        if under_way and len(self._waiting) < GROUP:
            await asyncio.wait(under_way, timeout=GATHER_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        while len(under_way) >= self._at_once:
            await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)

    def _next_group(self) -> list[_Waiting]:
        """Take the requests that came first."""
        group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
        if not self._waiting:
            self._arrived.clear()
        return group

    async def _answer(self, group: Sequence[_Waiting]) -> None:
        """Store requests in one transaction, and answer each."""
        results = await self._store([request for request, _ in group])
        for (_, done), result in zip(group, results, strict=True):
            if done.done():
                continue  # nobody waits any more
            if isinstance(result, AcceptedNotice):
                done.set_result(result)
            else:
                done.set_exception(result)

    async def _store_in_turn(self, requests: Sequence[_Request]) -> list[AcceptedNotice | Exception]:
        """Store a part of a batch; batches wait for each other here and not for connections, which others
        need."""
        async with self._turns:
            return await self._store(requests)

    async def _store(self, requests: Sequence[_Request]) -> list[AcceptedNotice | Exception]:
        """Store a group; when the group fails for a reason of its own, store its members one by one, each
        under a new number."""
        try:
            return [*await _store_group(self._runtime, requests)]
        except ForbearError as error:
            return [error] * len(requests)
        except Exception as error:  # noqa: BLE001 - one member's error must not fail its neighbours
            if len(requests) == 1:
                return [error]
        again = [request._replace(number=new_notice_number(request.at)) for request in requests]
        return [result for request in again for result in await self._store([request])]


def _share_of(runtime: Runtime, share: float) -> int:
    """So many of the pool's connections, at least one."""
    return max(1, int(runtime.database.size * share))


def _expected(result: AcceptedNotice | Exception) -> AcceptedNotice | ForbearError:
    if isinstance(result, (AcceptedNotice, ForbearError)):
        return result
    raise result


async def _store_group(runtime: Runtime, requests: Sequence[_Request]) -> list[AcceptedNotice | ForbearError]:
    """One transaction for all of them. A member's own error is its result and stores nothing of it."""
    results: dict[int, AcceptedNotice | ForbearError] = {}
    await enter_numbers(runtime, [request.draft.borrower for request in requests])
    async with storing_numbers(runtime) as storing, runtime.database.transaction() as connection:
        firsts = await _settle_repeats(connection, requests, results)
        strangers = await _strangers(runtime, connection, requests, firsts)
        wanted = [
            (requests[index].draft.borrower, requests[index].borrower)
            for index in firsts
            if index not in strangers
        ]
        enrolled = iter(await enrol(runtime, connection, wanted, storing))
        accepted: list[NoticeRows] = []
        refused: list[_Request] = []
        for index in firsts:
            request = requests[index]
            rows = _prepare(runtime, request, strangers.get(index) or next(enrolled))
            if isinstance(rows, ForbearError):
                refused.append(request)
                results[index] = rows
            else:
                accepted.append(rows)
                results[index] = AcceptedNotice(
                    id=NoticeId(request.borrower, request.number),
                    accepted_at=request.at,
                    language=rows.language,
                )
        await idempotency.give_back(
            connection, [key for one in refused if (key := one.idempotency_key) is not None]
        )
        if accepted:
            await insert_notices(connection, accepted)
            await wake_workers(connection)
        reach("accept.written")
    reach("accept.committed")
    return [_of_first(results[index], requests, results) for index in range(len(requests))]


async def _strangers(
    runtime: Runtime, connection: Connection, requests: Sequence[_Request], firsts: Sequence[int]
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
    requests: Sequence[_Request],
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


def _prepare(
    runtime: Runtime, request: _Request, enrolment: Enrolment | ForbearError
) -> NoticeRows | ForbearError:
    if isinstance(enrolment, ForbearError):
        return enrolment
    try:
        check_notice(runtime.in_force, request.draft, request.at)
        return notice_rows(
            runtime,
            request.draft,
            request.actor,
            enrolment,
            number=request.number,
            at=request.at,
            traceparent=request.traceparent,
        )
    except ForbearError as error:
        return error


async def _settle_repeats(
    connection: Connection, requests: Sequence[_Request], results: dict[int, AcceptedNotice | ForbearError]
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


def _idempotency_row(request: _Request, key: tuple[str, bytes]) -> IdempotencyRow:
    return IdempotencyRow(
        key_id=key[0],
        digest=key[1],
        body_digest=request.body_digest,
        borrower_id=request.borrower,
        notice_no=request.number,
        created_at=request.at,
        expires_at=request.at + request.keep,
    )
