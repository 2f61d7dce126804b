"""Sends events to one endpoint: claimed, signed, posted, and what came of it written down. At least once: who
dies in between leaves the claim to run out, and the same event goes again under the same id."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from channels.webhook.sender import TIMEOUT_SECONDS, Answer, Sender
from channels.webhook.signature import headers
from service import tracing
from service.dispatch.runtime import Runtime
from service.dispatch.webhooks.endpoints import ANSWER, secrets_of, url_of
from service.dispatch.webhooks.payload import bodies, event_name
from service.failpoints import reach
from service.store import webhook_outbox, webhooks
from service.store.database import Connection
from service.store.webhook_outbox import Leaving
from service.store.webhooks import Attempt, Endpoint

AT_A_TIME = 16
"""Requests to one endpoint, from one process."""
LEASE = timedelta(seconds=TIMEOUT_SECONDS + 5)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
PAUSES = (
    5 * SECOND,
    30 * SECOND,
    2 * MINUTE,
    10 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    4 * HOUR,
    8 * HOUR,
)
"""Before the second try, the third, …; the last one again and again."""
JITTER = 0.1
"""Up to so much of a pause is added."""
PATIENCE = timedelta(hours=72)
"""For so long an event is tried, and an endpoint may fail."""
BREAKER = 10
"""After so many failures in a row the oldest event alone is tried, until it arrives."""
PROBE = 5 * MINUTE
"""The longest pause of that one."""


class _Sent(NamedTuple):
    """One request that came back."""

    one: Leaving
    answer: Answer


async def deliver_once(runtime: Runtime, sender: Sender, endpoint_id: str) -> int:
    """Send what may leave for an endpoint now; how many requests."""
    at = runtime.clock.now()
    async with runtime.database.transaction() as connection:
        endpoint = await webhooks.one(connection, endpoint_id)
        if endpoint is None or not endpoint.enabled:
            return 0
        leaving = await webhook_outbox.claim(
            connection,
            endpoint_id,
            at=at,
            lease=at + LEASE,
            limit=AT_A_TIME,
            oldest=endpoint.failures >= BREAKER,
        )
        made = await bodies(runtime, connection, leaving)
    if not leaving:
        return 0
    reach("webhook.claimed")
    url, seconds = url_of(runtime, endpoint), int(at.timestamp())
    good = secrets_of(runtime, endpoint, at)
    with tracing.span("webhooks", parent=tracing.ROOT, attributes={tracing.COUNT: len(leaving)}):
        answers = await asyncio.gather(
            *(
                _post(
                    sender, url, body, headers(good, id_=event_name(one.event_id), seconds=seconds, body=body)
                )
                for one, body in zip(leaving, made, strict=True)
            )
        )
    reach("webhook.sent")
    await _write(runtime, endpoint_id, [_Sent(*pair) for pair in zip(leaving, answers, strict=True)], at)
    return len(leaving)


async def _post(sender: Sender, url: str, body: bytes, signed: Mapping[str, str]) -> Answer:
    """One request; where it is traced, the receiver is told the span that it may continue (W3C Trace
    Context)."""
    with tracing.span("webhook", kind="client") as span:
        sent = signed if span is None else {**signed, "traceparent": span.traceparent}
        answer = await sender.post(url, body, sent)
        if span is not None:
            span.put(
                {tracing.STATUS: answer.status} if answer.status is not None else {tracing.ERROR: "no-answer"}
            )
        return answer


async def _write(runtime: Runtime, endpoint_id: str, sent: Sequence[_Sent], began: datetime) -> None:
    """What came of requests, in one transaction."""
    at = runtime.clock.now()
    async with runtime.database.transaction() as connection:
        endpoint = await webhooks.one(connection, endpoint_id, lock=True)
        if endpoint is None:
            return
        await webhooks.keep_attempts(
            connection, endpoint_id, [_attempt(runtime, each, began) for each in sent]
        )
        given_up = [
            each.one.place for each in sent if not each.answer.taken and at - each.one.created_at >= PATIENCE
        ]
        await webhook_outbox.taken(
            connection, endpoint_id, [each.one.place for each in sent if each.answer.taken] + given_up
        )
        after = after_answers(endpoint, [each.answer for each in sent], at)
        later = [
            (each.one.place, at + pause(each.one.attempts + 1, outage=_outage(after, at)))
            for each in sent
            if not each.answer.taken and each.one.place not in given_up
        ]
        await webhook_outbox.later(connection, endpoint_id, later)
        if after != endpoint:
            await webhooks.update(connection, after._replace(updated_at=at))
        await _hurry(connection, endpoint, after, at)
        reach("webhook.written")


async def _hurry(connection: Connection, before: Endpoint, after: Endpoint, at: datetime) -> None:
    """An endpoint that was given up is back: nobody waits for a try that was put off for hours."""
    if before.failures >= BREAKER and not after.failures:
        await webhook_outbox.hurry(connection, after.endpoint_id, at, at + LEASE)


def after_answers(endpoint: Endpoint, answers: Sequence[Answer], at: datetime) -> Endpoint:
    """The endpoint after a round of answers: one that was taken ends a failure, 410 ends everything, and so
    do 72 hours without one."""
    if any(one.gone for one in answers):
        return endpoint._replace(enabled=False, disabled_reason="the receiver answered 410 Gone")
    if any(one.taken for one in answers):
        return endpoint._replace(failures=0, failing_since=None)
    since = endpoint.failing_since or at
    failing = endpoint._replace(failures=endpoint.failures + len(answers), failing_since=since)
    if at - since >= PATIENCE:
        return failing._replace(enabled=False, disabled_reason="nothing arrived within 72 hours")
    return failing


def _outage(endpoint: Endpoint, at: datetime) -> timedelta | None:
    """For how long an endpoint has failed that fails altogether; None for one that does not."""
    if endpoint.failures < BREAKER or endpoint.failing_since is None:
        return None
    return at - endpoint.failing_since


def pause(tries: int, *, outage: timedelta | None) -> timedelta:
    """How long until the next try after so many. An endpoint that fails altogether is tried again after as
    long as it has failed: soon after a restart, and never later than a probe's."""
    base = PAUSES[min(tries, len(PAUSES)) - 1]
    if outage is not None:
        base = min(PROBE, max(PAUSES[0], outage))
    return base * (1 + JITTER * random.random())  # noqa: S311 - no secret


def _attempt(runtime: Runtime, sent: _Sent, at: datetime) -> Attempt:
    body = sent.answer.body
    return Attempt(
        attempt_no=0,
        event_id=sent.one.event_id,
        type=sent.one.type,
        number=sent.one.attempts + 1,
        at=at,
        status=sent.answer.status,
        error=sent.answer.error,
        milliseconds=sent.answer.milliseconds,
        answer=runtime.vault.encrypt_own(body, context=ANSWER) if body else None,
    )
