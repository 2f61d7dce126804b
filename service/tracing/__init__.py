"""Traces, where the extra `otel` is installed and an endpoint is set: our own spans, and no other's.

A span's name and attributes are of closed lists: no path, query, id of a person, address or text is ever in
one. Off, which is the default, a span costs one comparison, and OpenTelemetry is not imported.

A notice's way takes days and crosses processes, so it is no one trace: the acceptance stores its traceparent
(W3C Trace Context) beside the notice, each decision is the root of a trace of its own that links to it, the
hand-over is the decision's child, and a receipt links to both. Only what is recorded is stored, and what
links to it is recorded too: a notice is traced as a whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from types import TracebackType

Value = str | int | bool
Attributes = Mapping[str, Value]
Kind = Literal["internal", "server", "client", "consumer"]

METHOD, ROUTE, STATUS = "http.request.method", "http.route", "http.response.status_code"
ERROR = "error.type"
COUNT, CHANNEL, ADAPTER = "forbear.count", "forbear.channel", "forbear.adapter"
VERDICT, RULE, OUTCOME, EFFECT = "forbear.verdict", "forbear.rule", "forbear.outcome", "forbear.effect"
ATTRIBUTES = frozenset(
    {METHOD, ROUTE, STATUS, ERROR, COUNT, CHANNEL, ADAPTER, VERDICT, RULE, OUTCOME, EFFECT}
)
"""Every attribute that a span may have: words of closed lists, patterns of routes, numbers."""


class Span(Protocol):
    """One span that is being recorded."""

    @property
    def traceparent(self) -> str:
        """How others link to it or continue it (W3C Trace Context, version 00)."""
        ...

    def rename(self, name: str) -> None:
        """Give it the name that is known only now."""
        ...

    def put(self, attributes: Attributes) -> None:
        """Say more about it."""
        ...

    def end(self, error: str | None = None) -> None:
        """End it; `error`: the kind of what broke, never its words."""
        ...


class Tracing(Protocol):
    """What records spans."""

    def span(
        self, name: str, kind: Kind, parent: str | None, links: Iterable[str], attributes: Attributes
    ) -> AbstractContextManager[Span | None]:
        """A span that is the current one for the length of the block; None where it is not recorded."""
        ...

    def begin(self, name: str, links: Iterable[str], attributes: Attributes) -> Span | None:
        """The root of a trace of its own, which is not the current span."""
        ...

    def current(self) -> tuple[str, str, str] | None:
        """Of the current span, where it is recorded: its traceparent, its trace's id, its own."""
        ...

    def stop(self, seconds: float) -> None:
        """Export what is left, within so many seconds."""
        ...


class _Off:
    """No span."""

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


_OFF = _Off()
_tracing: Tracing | None = None


def start(tracing: Tracing) -> None:
    """Record from now on."""
    global _tracing
    _tracing = tracing


def stop(seconds: float = 3.0) -> None:
    """Record no more; export what is left, within so many seconds. Blocks."""
    global _tracing
    tracing, _tracing = _tracing, None
    if tracing is not None:
        tracing.stop(seconds)


def is_on() -> bool:
    """Whether anything is recorded."""
    return _tracing is not None


def span(
    name: str,
    *,
    kind: Kind = "internal",
    parent: str | None = None,
    links: Iterable[str | None] = (),
    attributes: Attributes | None = None,
) -> AbstractContextManager[Span | None]:
    """A span for the length of the block: the child of `parent` (a traceparent) or of the current span, else
    a root.

    A root is recorded where one of its `links` is, else by its chance. An error ends it with the error's
    kind."""
    if _tracing is None:
        return _OFF
    return _tracing.span(name, kind, parent, [one for one in links if one], attributes or {})


def continued(
    name: str, parent: str | None, *, kind: Kind = "internal", attributes: Attributes | None = None
) -> AbstractContextManager[Span | None]:
    """A child of what another step left in the store; nothing where that was not recorded."""
    if _tracing is None or parent is None:
        return _OFF
    return _tracing.span(name, kind, parent, (), attributes or {})


def linked(
    name: str, links: Iterable[str | None], *, attributes: Attributes | None = None
) -> AbstractContextManager[Span | None]:
    """A trace of its own that links to what others left in the store; nothing where that was not recorded."""
    if _tracing is None or not (found := [one for one in links if one]):
        return _OFF
    return _tracing.span(name, "internal", ROOT, found, attributes or {})


ROOT = ""
"""As a parent: none, whatever the current span is."""


def begin(name: str, link: str | None, *, attributes: Attributes | None = None) -> Span | None:
    """The root of a trace of its own, linked to what another step left in the store; its maker ends it. None
    where that was not recorded."""
    if _tracing is None or not link:
        return None
    return _tracing.begin(name, (link,), attributes or {})


def traceparent() -> str | None:
    """How to link to the current span; None where it is not recorded, which is what is stored then."""
    if _tracing is None or (found := _tracing.current()) is None:
        return None
    return found[0]


def ids() -> tuple[str, str] | None:
    """The ids of the current trace and span, for a line of the log."""
    if _tracing is None or (found := _tracing.current()) is None:
        return None
    return found[1], found[2]
