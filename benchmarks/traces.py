"""What traces cost: a place where a span would begin while they are off, and a request through the guard with
some and with all recorded, beside one with none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry

from benchmarks.figure import Figure, below
from service import tracing
from service.api.guard import Guard, Traffic
from service.api.state import ApiLimits
from service.clock import SystemClock
from service.tracing.otel import OtelTracing

ROUNDS, TIMES, PLACES = 5, 2_000, 200_000
SCOPE = {"type": "http", "method": "GET", "path": "/healthz", "raw_path": b"/healthz", "headers": []}


async def _app(_: Any, __: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})


def _request(share: float | None) -> float:
    """Microseconds of processor time of an empty request; `share` is recorded, None: traces are off."""
    if share is not None:
        exporter = InMemorySpanExporter()
        tracing.start(OtelTracing(exporter, share=share, process="serve", version="1"))
    guard = Guard(_app, limits=ApiLimits(), traffic=Traffic(CollectorRegistry()), clock=SystemClock())

    async def nothing(*_: Any) -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def run() -> float:
        begins = time.process_time()
        for _ in range(TIMES):
            await guard(dict(SCOPE), nothing, nothing)
        return (time.process_time() - begins) / TIMES * 1e6

    try:
        return asyncio.run(run())
    finally:
        tracing.stop()


def _place() -> float:
    """Microseconds of a place where a span would begin."""
    begins = time.process_time()
    for _ in range(PLACES):
        with tracing.continued("send", None):
            pass
    return (time.process_time() - begins) / PLACES * 1e6


def measure() -> Sequence[Figure]:
    """Each the best of some rounds, which take turns."""
    off, some, whole, place = (
        min(times)
        for times in zip(
            *((_request(None), _request(0.1), _request(1.0), _place()) for _ in range(ROUNDS)), strict=True
        )
    )
    without = f"traces off: {off:.1f} µs"
    return [
        below("a place for a span, traces off", f"{place:.2f} µs", "1 µs", place, 1),
        below("an empty request, a tenth traced", f"{some:.1f} µs", without, some / off, 2),
        below("an empty request, each traced", f"{whole:.1f} µs", without, whole / off, 3),
    ]
