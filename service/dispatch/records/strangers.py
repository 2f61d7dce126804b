"""Messages from addresses that no borrower has do not stay for ever."""

from __future__ import annotations

from datetime import timedelta

from service.dispatch.runtime import Runtime
from service.log.append import append
from service.log.entry import Entry
from service.model.actor import Actor
from service.store import unmatched

AT_A_TIME = 1000


async def forget_unmatched(runtime: Runtime, actor: Actor, *, apply: bool = True) -> int:
    """Let messages go that came too many days ago, and say so in the log; returns how many went, or would
    without `apply`.

    What they asked for stays: it belongs to the address, whose digest names nobody. Repeatable, and safe to
    be run twice at once."""
    days = runtime.inbound_days
    before = runtime.clock.now() - timedelta(days=days)
    if not apply:
        async with runtime.database.connection() as connection:
            return await unmatched.count_before(connection, before)
    gone = 0
    while True:
        async with runtime.database.transaction() as connection:
            count = await unmatched.forget(connection, before, AT_A_TIME)
            if count:
                public = {"messages": count, "before": before.isoformat(), "days": days}
                entry = Entry.of("inbound.forgotten", runtime.clock.now(), actor.name, public=public)
                await append(connection, [entry])
        gone += count
        if count < AT_A_TIME:
            return gone
