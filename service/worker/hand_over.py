"""One hand-over of a message to an adapter."""

from __future__ import annotations

import asyncio

import structlog

from channels.adapter import Adapter
from channels.message import Message
from channels.outcome import Outcome, Unknown
from service import tracing

log = structlog.get_logger("worker")


async def hand_over(
    adapter: Adapter, message: Message, timeout: float, traceparent: str | None = None
) -> Outcome:
    """One hand-over; an adapter that breaks its promise not to raise leaves an unknown outcome, not a lost
    one. `traceparent`: of the decision that it follows."""
    said = {tracing.CHANNEL: message.channel.value, tracing.ADAPTER: adapter.name}
    with tracing.continued("send", traceparent, kind="client", attributes=said) as span:
        outcome = await _hand_over(adapter, message, timeout)
        if span is not None:
            span.put({tracing.OUTCOME: type(outcome).__name__.lower()})
        return outcome


async def _hand_over(adapter: Adapter, message: Message, timeout: float) -> Outcome:
    try:
        async with asyncio.timeout(timeout + 1.0):
            return await adapter.send(message, timeout=timeout)
    except TimeoutError:
        return Unknown(code="timeout", reason=f"no answer within {timeout:g} s")
    except Exception as error:
        log.exception("send", action="send.raised", adapter=adapter.name, attempt=message.attempt_id)
        return Unknown(code="adapter-error", reason=f"the adapter raised {type(error).__name__}")
