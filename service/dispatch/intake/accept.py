"""Step 1, accept: a notice is stored with its borrower, deliveries and log entry in one transaction, and only
then answered.

Concurrent requests share a transaction (group commit): each still waits for the commit that holds its own
rows. A group that fails is tried again one by one, so that nobody pays for a neighbour's error.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import NamedTuple

from service import tracing
from service.dispatch.intake.group import IDEMPOTENCY_LIFE, AcceptedNotice, Request, store_group
from service.dispatch.runtime import Runtime
from service.errors import ForbearError, Moved, TooManyRequests
from service.ids import new_notice_number, new_notice_numbers
from service.model.actor import Actor
from service.model.notice import NoticeDraft

GROUP = 128
"""Requests that share one transaction at the most."""
SINGLES, BATCHES = 0.4, 0.3
"""Shares of the pool's connections that intake may hold, for single notices and for batches: the rest is for
events, receipts and readers."""
GATHER_SECONDS = 0.05
"""How long requests that arrive during a transaction wait for its end, so that they share the next one. A
transaction that waits for another's lock holds nobody up for longer."""
BATCH_GROUP = 500


class Keyed(NamedTuple):
    """A notice with the key that makes its repeats harmless, and the digest of its body."""

    draft: NoticeDraft
    key: str | None = None
    body_digest: bytes = b""
    keep: timedelta = IDEMPOTENCY_LIFE
    """How long a repeat is known as one."""


_Waiting = tuple[Request, asyncio.Future[AcceptedNotice]]
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
        request = Request(draft, actor, vault.borrower_key(draft.borrower.id), new_notice_number(at), at)
        request = self._keyed(request, idempotency_key, body_digest)
        done: asyncio.Future[AcceptedNotice] = asyncio.get_running_loop().create_future()
        with tracing.span("accept", attributes={tracing.COUNT: 1}) as span:
            if span is not None:
                request = request._replace(traceparent=span.traceparent)
            self._waiting.append((request, done))
            self._arrived.set()
            return await done

    def _keyed(self, request: Request, key: str | None, body: bytes) -> Request:
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
                Request(
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

    async def _store_in_turn(self, requests: Sequence[Request]) -> list[AcceptedNotice | Exception]:
        """Store a part of a batch; batches wait for each other here and not for connections, which others
        need."""
        async with self._turns:
            return await self._store(requests)

    async def _store(self, requests: Sequence[Request]) -> list[AcceptedNotice | Exception]:
        """Store a group; when the group fails for a reason of its own, store its members one by one, each
        under a new number."""
        try:
            return [*await store_group(self._runtime, requests)]
        except Exception as error:  # noqa: BLE001 - one member's error must not fail its neighbours
            if len(requests) == 1 or (isinstance(error, ForbearError) and not isinstance(error, Moved)):
                return [error] * len(requests)
        again = [request._replace(number=new_notice_number(request.at)) for request in requests]
        return [result for request in again for result in await self._store([request])]


def _share_of(runtime: Runtime, share: float) -> int:
    """So many of the pool's connections, at least one."""
    return max(1, int(runtime.database.size * share))


def _expected(result: AcceptedNotice | Exception) -> AcceptedNotice | ForbearError:
    if isinstance(result, (AcceptedNotice, ForbearError)):
        return result
    raise result
