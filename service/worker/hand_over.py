"""One hand-over of a message to an adapter."""

from __future__ import annotations

import asyncio

import structlog

from channels.adapter import Adapter
from channels.message import Message
from channels.outcome import Outcome, Unknown

log = structlog.get_logger("worker")


async def hand_over(adapter: Adapter, message: Message, timeout: float) -> Outcome:
    """One hand-over; an adapter that breaks its promise not to raise leaves an unknown outcome, not a lost
    one."""
    try:
        async with asyncio.timeout(timeout + 1.0):
            return await adapter.send(message, timeout=timeout)
    except TimeoutError:
        return Unknown(code="timeout", reason=f"no answer within {timeout:g} s")
    except Exception as error:
        log.exception("send", action="send.raised", adapter=adapter.name, attempt=message.attempt_id)
        return Unknown(code="adapter-error", reason=f"the adapter raised {type(error).__name__}")
