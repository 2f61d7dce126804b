"""Step 1, accept: a notice is stored with its borrower, deliveries and log entry in one transaction, and only then answered.

Concurrent requests share a transaction (group commit): each still waits for the commit that holds its own rows. A group that
fails is tried again one by one, so that nobody pays for a neighbour's fault.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from service.dispatch.desk import Desk
from service.dispatch.enrol import Enrolment, enrol, unknown_borrower
from service.dispatch.limits import known_to
from service.dispatch.storing import Storing, notice_rows
from service.errors import ForbearError, IdempotencyMismatch, TooManyRequests
from service.faults import reach
from service.ids import NoticeId, new_notice_number
from service.log.append import append
from service.model.actor import Actor
from service.model.notice import NoticeDraft
from service.store import idempotency, notices
from service.store.database import Connection
from service.store.idempotency import IdempotencyRow
from service.store.wake import wake_workers

GROUP = 128
"""Requests that share one transaction at the most."""
FLUSHERS = 4
BATCH_GROUP = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedNotice:
    """The answer to an accepted notice; a replay names the first one's id and instant."""

    id: NoticeId
    accepted_at: datetime
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """One notice on its way into the store."""

    draft: NoticeDraft
    actor: Actor
    borrower: UUID
    number: int
    at: datetime
    key: bytes | None
    body_digest: bytes
    done: asyncio.Future[AcceptedNotice] = field(repr=False)

    @property
    def idempotency_key(self) -> tuple[str, bytes] | None:
        return None if self.key is None else (self.actor.name, self.key)


class Intake:
    """Collects concurrent requests into shared transactions. `run` must be going for `accept` to return."""

    def __init__(self, desk: Desk, *, backlog: int) -> None:
        """`backlog`: requests that may wait before further ones are refused with 429."""
        self._desk = desk
        self._backlog = backlog
        self._waiting: list[_Request] = []
        self._arrived = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Requests that wait for a transaction."""
        return len(self._waiting)

    async def accept(
        self, draft: NoticeDraft, actor: Actor, *, idempotency_key: str | None = None, body_digest: bytes = b""
    ) -> AcceptedNotice:
        """Store one notice; returns after its commit. Raises ForbearError when it cannot be accepted."""
        if len(self._waiting) >= self._backlog:
            raise TooManyRequests("intake is waiting for the database; come back shortly", retry_after=1)
        request = self._request(draft, actor, idempotency_key, body_digest)
        self._waiting.append(request)
        self._arrived.set()
        return await request.done

    async def accept_many(self, drafts: Sequence[NoticeDraft], actor: Actor) -> list[AcceptedNotice | ForbearError]:
        """Store many at once; one result for each, in order. A bad one does not spoil the rest."""
        if len(self._waiting) >= self._backlog:
            raise TooManyRequests("intake is waiting for the database; come back shortly", retry_after=1)
        requests = [self._request(draft, actor, None, b"") for draft in drafts]
        for start in range(0, len(requests), BATCH_GROUP):
            await self._store(requests[start : start + BATCH_GROUP])
        results = await asyncio.gather(*(request.done for request in requests), return_exceptions=True)
        return [_result(result) for result in results]

    async def run(self) -> None:
        """Store what arrives, until cancelled; what still waits is then stored."""
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(FLUSHERS):
                    group.create_task(self._flush())
        finally:
            while self._waiting:
                await self._store(self._take())

    async def _flush(self) -> None:
        while True:
            await self._arrived.wait()
            requests = self._take()
            if requests:
                await asyncio.shield(self._store(requests))

    def _take(self) -> list[_Request]:
        requests, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
        if not self._waiting:
            self._arrived.clear()
        return requests

    def _request(self, draft: NoticeDraft, actor: Actor, key: str | None, body_digest: bytes) -> _Request:
        vault, at = self._desk.vault, self._desk.clock.now()
        return _Request(
            draft=draft,
            actor=actor,
            borrower=vault.borrower_key(draft.borrower.id),
            number=new_notice_number(at),
            at=at,
            key=None if key is None else vault.text_digest("idempotency", key),
            body_digest=b"" if key is None else vault.text_digest("body", body_digest.hex()),
            done=asyncio.get_running_loop().create_future(),
        )

    async def _store(self, requests: Sequence[_Request]) -> None:
        """Store a group; when the group fails for a reason of its own, store its members one by one."""
        try:
            results = await _store_group(self._desk, requests)
        except ForbearError as error:
            results = [error] * len(requests)
        except Exception as error:  # noqa: BLE001 - one member's fault must not fail its neighbours
            if len(requests) == 1:
                _resolve(requests[0], error)
                return
            for request in requests:
                await self._store([request])
            return
        for request, result in zip(requests, results, strict=True):
            _resolve(request, result)


def _result(result: AcceptedNotice | BaseException) -> AcceptedNotice | ForbearError:
    if isinstance(result, AcceptedNotice | ForbearError):
        return result
    raise result


def _resolve(request: _Request, result: AcceptedNotice | Exception) -> None:
    if request.done.done():
        return
    if isinstance(result, AcceptedNotice):
        request.done.set_result(result)
    else:
        request.done.set_exception(result)


async def _store_group(desk: Desk, requests: Sequence[_Request]) -> list[AcceptedNotice | ForbearError]:
    """One transaction for all of them. A member's own fault is its result and stores nothing of it."""
    results: dict[int, AcceptedNotice | ForbearError] = {}
    async with desk.database.transaction() as connection:
        firsts = await _settle_repeats(connection, requests, results)
        strangers = await _strangers(connection, requests, firsts)
        wanted = [(index, requests[index].draft, requests[index].borrower) for index in firsts if index not in strangers]
        enrolments = await enrol(desk, connection, wanted) | strangers
        storings: list[Storing] = []
        for index in firsts:
            request, enrolment = requests[index], enrolments[index]
            stored = _prepare(desk, request, enrolment)
            if isinstance(stored, ForbearError):
                results[index] = stored
            else:
                storings.append(stored)
                results[index] = AcceptedNotice(id=NoticeId(request.borrower, request.number), accepted_at=request.at)
        refused = [requests[index].idempotency_key for index in firsts if isinstance(results[index], ForbearError)]
        await idempotency.give_back(connection, [key for key in refused if key is not None])
        await _insert(connection, storings)
        reach("accept.written")
    reach("accept.committed")
    return [_of_first(results[index], requests, results) for index in range(len(requests))]


async def _strangers(connection: Connection, requests: Sequence[_Request], firsts: Sequence[int]) -> dict[int, Enrolment | ForbearError]:
    """Requests of limited keys that name a borrower by id alone whom the key may not know: as good as unknown."""
    found: dict[int, Enrolment | ForbearError] = {}
    for index in firsts:
        request = requests[index]
        limited = request.actor.creditors is not None and request.draft.borrower.known_only
        if limited and not await known_to(connection, [request.borrower], request.actor):
            found[index] = unknown_borrower()
    return found


def _of_first(
    result: AcceptedNotice | ForbearError, requests: Sequence[_Request], results: dict[int, AcceptedNotice | ForbearError]
) -> AcceptedNotice | ForbearError:
    """A repeat inside one group shares the fate of its first, also where that was refused."""
    if not isinstance(result, AcceptedNotice) or not result.replayed:
        return result
    for index, request in enumerate(requests):
        if NoticeId(request.borrower, request.number) == result.id and isinstance(results[index], ForbearError):
            return results[index]
    return result


def _prepare(desk: Desk, request: _Request, enrolment: Enrolment | ForbearError) -> Storing | ForbearError:
    if isinstance(enrolment, ForbearError):
        return enrolment
    try:
        return notice_rows(desk, request.draft, request.actor, enrolment, number=request.number, at=request.at)
    except ForbearError as error:
        return error


async def _insert(connection: Connection, storings: Sequence[Storing]) -> None:
    if not storings:
        return
    deliveries = [row for storing in storings for row in storing.deliveries]
    await notices.insert_notices(connection, [storing.notice for storing in storings], deliveries)
    await append(connection, [entry for storing in storings for entry in storing.entries])
    await wake_workers(connection)


async def _settle_repeats(
    connection: Connection, requests: Sequence[_Request], results: dict[int, AcceptedNotice | ForbearError]
) -> list[int]:
    """Claim the Idempotency-Keys; answers for repeats go into `results`, the indexes of first uses come back."""
    keyed = {index: key for index, request in enumerate(requests) if (key := request.idempotency_key) is not None}
    if not keyed:
        return list(range(len(requests)))
    owners: dict[tuple[str, bytes], int] = {}
    for index, key in keyed.items():
        owners.setdefault(key, index)
    taken = await idempotency.claim(connection, [_idempotency_row(requests[index], key) for key, index in owners.items()])
    stored = await idempotency.read(connection, list(owners)) if len(taken) < len(keyed) else {}
    for index, key in keyed.items():
        if key in taken and owners[key] == index:
            continue
        first = stored[key]
        if first["body_digest"] != requests[index].body_digest:
            results[index] = IdempotencyMismatch("this Idempotency-Key was first used with another body")
        else:
            id_ = NoticeId(first["borrower_id"], first["notice_no"])
            results[index] = AcceptedNotice(id=id_, accepted_at=first["created_at"], replayed=True)
    return [index for index in range(len(requests)) if index not in results]


def _idempotency_row(request: _Request, key: tuple[str, bytes]) -> IdempotencyRow:
    return IdempotencyRow(
        key_id=key[0],
        digest=key[1],
        body_digest=request.body_digest,
        borrower_id=request.borrower,
        notice_no=request.number,
        created_at=request.at,
    )
