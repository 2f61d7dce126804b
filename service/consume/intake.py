"""Takes messages as the API takes bodies: the same models, the same checks, the same refusals, under an API
key's role and creditors."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from service import tracing
from service.api.auth import RateLimits
from service.api.bodies import parse
from service.api.event_bodies import read_events
from service.api.limits import check_creditor
from service.api.parameters import checked_key
from service.api.problems import problem_document
from service.api.roles import access_of
from service.api.schemas.events import event_draft
from service.api.schemas.notices import NoticeBody, body_digest, notice_draft
from service.consume.source import KEY_HEADER, TYPE_HEADER, Message, Problem
from service.dispatch.access.keys import find_key
from service.dispatch.intake.accept import Intake, Keyed
from service.dispatch.receive.events import record_events
from service.dispatch.runtime import Runtime
from service.errors import (
    FieldError,
    ForbearError,
    InvalidRequest,
    SetupError,
    TooManyRequests,
    Unavailable,
    where,
)
from service.model.actor import Actor
from service.model.event import EventDraft
from service.model.key import ApiKey
from service.store.database import GONE

log = structlog.get_logger("consume")

NOTICE, EVENT = "notice", "event"
WAITS = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds between tries while the store is away; the last one again and again."""
TRIES = 5
"""How often a batch that breaks in a way nobody foresaw is tried before the process ends: it is acknowledged
by nobody, so nothing is lost."""

T = TypeVar("T")
_Item = Keyed | list[EventDraft] | ForbearError


class Consumer:
    """Handles the messages of one source."""

    def __init__(
        self,
        runtime: Runtime,
        intake: Intake,
        *,
        key_id: str,
        keep: timedelta,
        registry: CollectorRegistry,
    ) -> None:
        """`key_id`: the row of the API key whose role and creditors hold; `keep`: how long a repeat is known
        as one."""
        self._runtime = runtime
        self._intake = intake
        self._key_id = key_id
        self._keep = keep
        self._rates = RateLimits(runtime.clock)
        self._consumed = Counter(
            "forbear_consumed_total",
            "Messages taken from the broker: stored, repeated, refused",
            ["outcome"],
            registry=registry,
        )
        self._paused = Gauge(
            "forbear_source_paused",
            "1 while the source waits for the store or for a limit",
            registry=registry,
        )

    async def key(self) -> ApiKey:
        """Whose role and creditors hold. Raises SetupError where the key is gone, is not good any more, or
        may not do this."""
        found = await find_key(self._runtime, self._key_id)
        if found is None:
            raise SetupError(
                "FORBEAR_SOURCE__KEY_ID: expected the id of an API key; there is none with this id"
            )
        key, _ = found
        if (reason := key.refusal(self._runtime.clock.now())) is not None:
            raise SetupError(f"FORBEAR_SOURCE__KEY_ID: the API key {key.id} is {reason}")
        roles = access_of("POST", "/v1/notices")
        if roles is not None and key.role not in roles:
            wanted = " or ".join(sorted(role.value for role in roles))
            raise SetupError(
                f"FORBEAR_SOURCE__KEY_ID: expected a key with the role {wanted}; {key.id} has "
                f"{key.role.value}"
            )
        return key

    async def take(self, messages: Sequence[Message]) -> list[Problem | None]:
        """Take a batch; see `Take`. Raises what broke TRIES times in a row, and SetupError where the key was
        revoked."""
        await self._keep_to_rate(await self._again(self.key), len(messages))
        links = [one.headers.get("traceparent") for one in messages] if tracing.is_on() else []
        said = {tracing.COUNT: len(messages)}
        with tracing.span("consume", kind="consumer", links=links, attributes=said):
            return await self._again(lambda: self._take_once(messages))

    async def _again(self, what: Callable[[], Awaitable[T]]) -> T:
        """Do it, again and again while intake is full or the store is away."""
        broken = 0
        for turn in itertools.count():
            try:
                return await what()
            except TooManyRequests as error:
                wait, why = float(error.retry_after or 1), error.slug
            except (Unavailable, *GONE) as error:
                wait, why = WAITS[min(turn, len(WAITS) - 1)], type(error).__name__
            except ForbearError:
                raise
            except Exception as error:
                broken += 1
                if broken == TRIES:
                    raise
                wait, why = (
                    WAITS[min(broken, len(WAITS) - 1)],
                    " < ".join([type(error).__name__, *where(error)]),
                )
            await self._pause(wait, why)
        raise AssertionError

    async def _keep_to_rate(self, key: ApiKey, count: int) -> None:
        """Wait until the key's rate leaves room for so many."""
        for _ in range(count):
            while True:
                try:
                    self._rates.take(key)
                    break
                except TooManyRequests as error:
                    await self._pause(float(error.retry_after or 1), "rate")

    async def _pause(self, seconds: float, reason: str) -> None:
        log.warning("consume", action="consume.paused", seconds=seconds, reason=reason)
        self._paused.set(1)
        await asyncio.sleep(seconds)
        self._paused.set(0)

    async def _take_once(self, messages: Sequence[Message]) -> list[Problem | None]:
        """Once. Raises TooManyRequests and Unavailable for the whole: repeats of what was stored already are
        harmless."""
        actor = (await self.key()).actor
        items = [self._read(one, actor) for one in messages]
        results: list[Problem | None] = []
        for kind, run in itertools.groupby(items, key=type):
            group: list[Any] = list(run)
            if kind is Keyed:
                results += await self._notices(group, actor)
            elif kind is list:
                results += [await self._events(one, actor) for one in group]
            else:
                results += [self._refused(one) for one in group]
        return results

    def _read(self, message: Message, actor: Actor) -> _Item:
        """What a message asks for, or why it cannot be taken."""
        try:
            key = checked_key([message.headers[KEY_HEADER]] if KEY_HEADER in message.headers else [])
            if key is None:
                raise _header(
                    KEY_HEADER, "expected 1 to 255 printable ASCII characters; it is missing", "missing"
                )
            match message.headers.get(TYPE_HEADER, NOTICE):
                case "notice":
                    return self._notice(message.body, key, actor)
                case "event":
                    return self._event_drafts(message.body, key, actor)
                case _:
                    raise _header(TYPE_HEADER, "expected notice or event", "unknown")
        except ForbearError as error:
            return error

    def _notice(self, body: bytes, key: str, actor: Actor) -> Keyed:
        parsed = parse(NoticeBody, body)
        draft = notice_draft(parsed)
        check_creditor(actor, draft.debt.creditor, "/debt/creditor")
        return Keyed(draft, key, body_digest(parsed), self._keep)

    def _event_drafts(self, body: bytes, key: str, actor: Actor) -> list[EventDraft]:
        """One event or several; one that has no name of its own gets the message's, so that a repeat is
        known."""
        many, bodies = read_events(body, actor, now=self._runtime.clock.now())
        named = [
            one
            if one.event_id is not None
            else one.model_copy(update={"event_id": f"{key}/{place}" if many else key})
            for place, one in enumerate(bodies)
        ]
        return [event_draft(one) for one in named]

    async def _notices(self, items: Sequence[Keyed], actor: Actor) -> list[Problem | None]:
        results = await self._intake.accept_many(items, actor)
        for one in results:
            _raise_if_for_now(one)
        return [
            self._refused(one) if isinstance(one, ForbearError) else self._taken(repeated=one.replayed)
            for one in results
        ]

    async def _events(self, drafts: list[EventDraft], actor: Actor) -> Problem | None:
        results = await record_events(self._runtime, drafts, actor)
        for one in results:
            _raise_if_for_now(one)
        refused = [one for one in results if isinstance(one, ForbearError)]
        if refused:
            return self._refused(refused[0])
        return self._taken(repeated=not any(isinstance(one, dict) and one["recorded"] for one in results))

    def _taken(self, *, repeated: bool) -> Problem | None:
        self._consumed.labels("repeated" if repeated else "stored").inc()
        return None

    def _refused(self, error: ForbearError) -> Problem:
        self._consumed.labels("refused").inc()
        log.warning("consume", action="consume.refused", problem=error.slug)
        return problem_document(error)


def _header(name: str, detail: str, code: str) -> InvalidRequest:
    field_error = FieldError(pointer=f"/header/{name}", detail=detail, code=code)
    return InvalidRequest("a header does not fit; nothing was stored", field_errors=[field_error])


def _raise_if_for_now(result: object) -> None:
    """What may be taken later is no refusal."""
    if isinstance(result, (TooManyRequests, Unavailable)):
        raise result
