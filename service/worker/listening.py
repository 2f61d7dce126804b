"""Keeps the sessions of the providers that speak over one: a session that ends is made again, a little later
each time."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Gauge

from channels.adapter import Adapter
from channels.listening import Listens, SessionLost
from service.dispatch.receive.pushed import take_pushed
from service.dispatch.runtime import Runtime

log = structlog.get_logger("listening")

PAUSES = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0)
"""Seconds before a session is made again; the last one from then on."""
STEADY_SECONDS = 30.0
"""A session that lasted so long ended for a reason of its own, and the pauses begin anew."""


def sessions(
    runtime: Runtime, adapters: Mapping[str, Sequence[Adapter]], registry: CollectorRegistry
) -> Iterator[Coroutine[Any, Any, None]]:
    """What keeps the session of each adapter that has one."""
    found = [one for some in adapters.values() for one in some if isinstance(one, Listens)]
    if not found:
        return
    ended = Gauge(
        "forbear_provider_session_failures",
        "Times in a row that a provider's session could not be made or kept; 0 once it has lasted 30 s",
        ["adapter"],
        registry=registry,
    )
    for adapter in found:
        yield keep_session(runtime, adapter, ended)


async def keep_session(runtime: Runtime, adapter: Adapter, failures: Gauge) -> None:
    """Listen until cancelled."""
    assert isinstance(adapter, Listens)  # noqa: S101 - whoever calls has looked
    loop, row, shown = asyncio.get_running_loop(), 0, failures.labels(adapter.name)
    shown.set(0)
    while True:
        began = loop.time()
        steady = loop.call_later(STEADY_SECONDS, shown.set, 0)
        try:
            await adapter.listen(partial(take_pushed, runtime, adapter))
        except SessionLost as error:
            log.warning("listening", action="session.lost", adapter=adapter.name, detail=str(error))
        except Exception:
            log.exception("listening", action="session.failed", adapter=adapter.name)
        finally:
            steady.cancel()
        row = 1 if loop.time() - began > STEADY_SECONDS else row + 1
        shown.set(row)
        await asyncio.sleep(PAUSES[min(row, len(PAUSES)) - 1])
