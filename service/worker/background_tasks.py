"""What goes on beside the pipeline: sweeps, look-ups, sandbox receipts, metrics, notifications. Each in a
loop of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from datetime import timedelta

import structlog

from channels.adapter import Adapter
from service import tracing
from service.dispatch.number_limits.shared import KEPT
from service.dispatch.reconcile.unknown import LOOK_UPS, look_up_due, sweep_expired, sweep_lapsed
from service.dispatch.records.retention import run_retention
from service.dispatch.records.strangers import forget_unmatched
from service.dispatch.runtime import Runtime
from service.errors import Unavailable
from service.model.actor import SYSTEM_ACTOR
from service.store import (
    console_results,
    idempotency,
    sessions,
    shared_numbers,
    tallies,
    throughput,
    webhooks,
)
from service.store.database import GONE, Connection, check_writes
from service.store.wake import hear

log = structlog.get_logger("background_tasks")

TRACED_FROM = 600.0
"""Seconds between turns from which each is a span. What comes oftener mostly finds nothing to do: sweeps and
look-ups have a span where they find something."""
LISTEN_SECONDS = 5.0
"""Silence after which it is asked whether the server that notifies is still the one that takes writes."""
PROMISE_KEPT = timedelta(days=400)
WORKER_GONE = timedelta(days=1)
RESULT_KEPT = timedelta(days=7)
"""How long the console's results may be looked at again."""


async def every(
    seconds: float, name: str, task: Callable[[], Awaitable[object]], *, idle: float | None = None
) -> None:
    """Do a chore again and again, until cancelled; a failure is logged and the next turn tries again. Of what
    is done rarely each turn is a span.

    `idle`: a chore that finds nothing to do is asked less and less often, down to once in so many seconds."""
    seldom, pause = seconds >= TRACED_FROM, seconds
    while True:
        try:
            with tracing.span(name, parent=tracing.ROOT) if seldom else nullcontext():
                found = await task()
            pause = seconds if idle is None or found else min(idle, 2 * pause)
        except Unavailable as error:
            log.warning(name, action=f"{name}.unavailable", detail=error.detail)
        except Exception:
            log.exception(name, action=f"{name}.failed")
        await asyncio.sleep(pause)


async def sweep(runtime: Runtime) -> None:
    """Give lapsed and expired deliveries a known state."""
    while await sweep_lapsed(runtime):
        pass
    while await sweep_expired(runtime):
        pass


async def look_up(runtime: Runtime, adapters: Mapping[str, Sequence[Adapter]]) -> None:
    """Ask providers about attempts that are unknown; a provider that is slow to answer keeps nobody else
    waiting."""
    while await look_up_due(runtime, adapters) == LOOK_UPS:
        pass


async def let_go(runtime: Runtime) -> None:
    """Let records go that no policy keeps any more."""
    report = await run_retention(runtime, SYSTEM_ACTOR, apply=True)
    log.info(
        "retention",
        action="retention.run",
        borrowers=report.borrowers,
        notices=report.notices,
        erased=report.erased,
    )


async def tidy(runtime: Runtime) -> None:
    """Forget Idempotency-Keys that are too old to be repeated, hours that nobody asks about any more,
    sessions that are over, and texts that no bound counts any more."""
    async with runtime.database.transaction() as connection:
        await throughput.forget(connection, runtime.clock.now() - PROMISE_KEPT)
        await idempotency.forget(connection, runtime.clock.now())
        await tallies.forget(
            connection, runtime.clock.now() - PROMISE_KEPT, runtime.clock.now() - WORKER_GONE
        )
        await console_results.forget(connection, runtime.clock.now() - RESULT_KEPT)
        await sessions.forget(connection, runtime.clock.now())
        await shared_numbers.forget(connection, runtime.clock.now() - KEPT)


async def forget_inbound(runtime: Runtime) -> None:
    """Forget messages that no borrower has once they are old."""
    if gone := await forget_unmatched(runtime, SYSTEM_ACTOR):
        log.info("inbound", action="inbound.forgotten", messages=gone)


async def forget_events(runtime: Runtime, days: int) -> None:
    """Forget events of webhooks, and what came of the requests, after so many days."""
    async with runtime.database.transaction() as connection:
        await webhooks.forget(connection, runtime.clock.now() - timedelta(days=days))


async def read_in_force(runtime: Runtime) -> None:
    """Read policies, templates and creditors again."""
    async with runtime.home.connection() as connection:
        await runtime.in_force.refresh(connection, runtime.clock.now())


async def listen(runtime: Runtime, wake: Callable[[], None]) -> None:
    """Wake the pipeline and the in_force on notifications; connects again when the connection is lost."""
    while True:
        connection = None
        try:
            connection = await runtime.database.listen()
            lost = asyncio.Event()
            changed = asyncio.Event()
            connection.add_termination_listener(lambda *_, lost=lost: lost.set())
            await hear(connection, wake, changed.set)
            wake()
            changed.set()  # whatever changed while nobody listened
            await _follow(runtime, connection, lost, changed)
        except (*GONE, RuntimeError) as error:  # uvloop's word for a connection that is gone
            log.warning("listen", action="listen.lost", error=type(error).__name__)
        finally:
            if connection is not None:
                with suppress(Exception):
                    await connection.close(timeout=1)
        await asyncio.sleep(1.0)


async def _follow(
    runtime: Runtime, connection: Connection, lost: asyncio.Event, changed: asyncio.Event
) -> None:
    """Until the connection is lost. Raises one of GONE where the server takes no writes any more: nobody
    notifies there."""
    while not lost.is_set():
        waits = [asyncio.create_task(lost.wait()), asyncio.create_task(changed.wait())]
        try:
            woken, _ = await asyncio.wait(waits, timeout=LISTEN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()
        if not woken:
            await check_writes(connection)
        if changed.is_set():
            changed.clear()
            with suppress(Unavailable):
                await read_in_force(runtime)
