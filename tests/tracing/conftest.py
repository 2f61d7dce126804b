"""The bench of the journey's tests, with everything traced into memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from service import tracing
from service.tracing.otel import OtelTracing
from tests.consume.conftest import consumer, key_id
from tests.dispatch.conftest import bench, plain

__all__ = ["bench", "consumer", "key_id", "plain", "spans"]


@dataclass(frozen=True, slots=True)
class Spans:
    """What was recorded."""

    tracing: OtelTracing
    exporter: InMemorySpanExporter

    def all(self) -> list[ReadableSpan]:
        """Every span that ended, in that order."""
        self.tracing.flush()
        return list(self.exporter.get_finished_spans())

    def of(self, name: str) -> list[ReadableSpan]:
        """Those of a name."""
        return [one for one in self.all() if one.name == name]


@pytest.fixture
def spans(request: pytest.FixtureRequest) -> Iterator[Spans]:
    """Everything that nobody else decides about is traced, or so much of it as the test says."""
    exporter = InMemorySpanExporter()
    recording = OtelTracing(exporter, share=getattr(request, "param", 1.0), process="serve", version="1")
    tracing.start(recording)
    yield Spans(recording, exporter)
    tracing.stop()
