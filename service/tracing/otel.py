"""Tracing by OpenTelemetry's SDK: the one module that imports it (the extra `otel`).

Not its instrumentations: those write the paths and queries of requests, in which our tokens and borrowers'
ids stand."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, Sampler, SamplingResult, TraceIdRatioBased
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.util.types import Attributes as OtelAttributes

from service.tracing import ATTRIBUTES, ROOT, Attributes, Kind, Span

KINDS: Mapping[Kind, SpanKind] = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "consumer": SpanKind.CONSUMER,
}
EXPORT_SECONDS = 5.0
"""How long one export may take; a collector that is away costs nothing but its spans."""
_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


class ByLinks(Sampler):
    """Records a root that links to what is recorded; any other by its chance."""

    def __init__(self, share: float) -> None:
        """`share`: of the roots without links, from 0 to 1."""
        self._by_chance = TraceIdRatioBased(share)
        self._always = TraceIdRatioBased(1.0)

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: OtelAttributes = None,
        links: Sequence[Link] | None = None,
        trace_state: trace.TraceState | None = None,  # noqa: ARG002 - the port's
    ) -> SamplingResult:
        """By the links, else by chance."""
        recorded = any(one.context.trace_flags.sampled for one in links or ())
        chosen = self._always if recorded else self._by_chance
        return chosen.should_sample(parent_context, trace_id, name, kind, attributes, links)

    def get_description(self) -> str:
        """For a person."""
        return f"ByLinks{{{self._by_chance.rate}}}"


class _Recorded:
    """A span of the SDK's, kept to the attributes that one may have."""

    __slots__ = ("_span",)

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    @property
    def traceparent(self) -> str:
        return _written(self._span.get_span_context())

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def put(self, attributes: Attributes) -> None:
        for name, value in attributes.items():
            if name in ATTRIBUTES:
                self._span.set_attribute(name, value)

    def end(self, error: str | None = None) -> None:
        if error is not None:
            self._span.set_attribute("error.type", error)
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()


class OtelTracing:
    """Records spans and hands them to an exporter."""

    def __init__(self, exporter: SpanExporter, *, share: float, process: str, version: str) -> None:
        """`share`: of what nobody else decided about; `process`: serve, worker or consume."""
        named = {} if "OTEL_SERVICE_NAME" in os.environ else {"service.name": "forbear"}
        resource = Resource.create({**named, "service.version": version, "forbear.process": process})
        self._provider = TracerProvider(
            sampler=ParentBased(ByLinks(share)), resource=resource, shutdown_on_exit=False
        )
        self._processor = BatchSpanProcessor(exporter)
        self._provider.add_span_processor(self._processor)
        self._start = partial(
            self._provider.get_tracer("forbear", version).start_span,
            record_exception=False,
            set_status_on_exception=False,
        )

    @contextmanager
    def span(
        self, name: str, kind: Kind, parent: str | None, links: Iterable[str], attributes: Attributes
    ) -> Iterator[Span | None]:
        """A span that is the current one for the length of the block; None where it is not recorded."""
        made = self._start(
            name,
            context=_context(parent),
            kind=KINDS[kind],
            attributes=_kept(attributes),
            links=_links(links),
        )
        recorded = _Recorded(made) if made.is_recording() else None
        token = context.attach(trace.set_span_in_context(made))
        error: str | None = None
        try:
            yield recorded
        except BaseException as broke:
            error = type(broke).__name__
            raise
        finally:
            context.detach(token)
            if recorded is not None:
                recorded.end(error)

    def begin(self, name: str, links: Iterable[str], attributes: Attributes) -> Span | None:
        """The root of a trace of its own, which is not the current span."""
        made = self._start(name, context=Context(), attributes=_kept(attributes), links=_links(links))
        return _Recorded(made) if made.is_recording() else None

    def current(self) -> tuple[str, str, str] | None:
        """Of the current span, where it is recorded: its traceparent, its trace's id, its own."""
        found = trace.get_current_span()
        if not found.is_recording():
            return None
        here = found.get_span_context()
        return _written(here), trace.format_trace_id(here.trace_id), trace.format_span_id(here.span_id)

    def flush(self) -> None:
        """Export what is there now."""
        self._processor.force_flush()

    def stop(self, seconds: float) -> None:
        """Export what is left, within so many seconds: the SDK itself would wait for thirty."""
        ending = threading.Thread(target=self._processor.shutdown, name="traces-end", daemon=True)
        ending.start()
        ending.join(seconds)


def tracing_to(
    endpoint: str, headers: Mapping[str, str], *, share: float, process: str, version: str
) -> OtelTracing:
    """Tracing to an OTLP endpoint over HTTP, in protobuf."""
    exporter = OTLPSpanExporter(endpoint=endpoint, headers=dict(headers), timeout=EXPORT_SECONDS)
    return OtelTracing(exporter, share=share, process=process, version=version)


def _kept(attributes: Attributes) -> dict[str, str | int | bool]:
    return {name: value for name, value in attributes.items() if name in ATTRIBUTES}


def _written(here: SpanContext) -> str:
    return f"00-{here.trace_id:032x}-{here.span_id:016x}-{here.trace_flags & 0x01:02x}"


def _read(text: str) -> SpanContext | None:
    """The span of a traceparent; None for what is none, and for versions that nobody has defined."""
    match = _TRACEPARENT.fullmatch(text.strip().lower())
    if match is None:
        return None
    found = SpanContext(
        int(match[1], 16), int(match[2], 16), is_remote=True, trace_flags=TraceFlags(int(match[3], 16) & 0x01)
    )
    return found if found.is_valid else None


def _links(texts: Iterable[str]) -> list[Link]:
    return [Link(found) for one in texts if (found := _read(one)) is not None]


def _context(parent: str | None) -> Context | None:
    """Where a span begins: under the current one, under another's, or under none."""
    if parent is None:
        return None
    if parent == ROOT or (found := _read(parent)) is None:
        return Context()
    return trace.set_span_in_context(NonRecordingSpan(found), Context())
