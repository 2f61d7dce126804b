"""The spans of one round's decisions: each delivery whose notice was traced has one, from its claim to the
commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self
from uuid import UUID

from service import tracing
from service.dispatch.decide.decision import Decision
from service.store.queue import Claimed


class Traced:
    """Spans that end with the round. Around the transaction: what it fails with, its spans end with."""

    __slots__ = ("_spans",)

    def __init__(self) -> None:
        """None yet."""
        self._spans: dict[tuple[UUID, int, str], tracing.Span] = {}

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    def begin(self, rows: Sequence[Claimed]) -> None:
        """A span for each delivery that was claimed and whose notice was traced."""
        if not tracing.is_on():
            return
        for row in rows:
            span = tracing.begin("decide", row.traceparent, attributes={tracing.CHANNEL: row.channel})
            if span is not None:
                self._spans[row.borrower_id, row.notice_no, row.channel] = span

    def note(self, decisions: list[Decision]) -> list[Decision]:
        """The decisions, those that are traced with how to link to them and to go on from them."""
        if not self._spans:
            return decisions
        return [self._noted(one) for one in decisions]

    def _noted(self, one: Decision) -> Decision:
        delivery = one.delivery
        span = self._spans.get((delivery.borrower_id, delivery.notice_no, delivery.channel))
        if span is None:
            return one
        span.put({tracing.VERDICT: str(one.verdict), tracing.RULE: one.because})
        if one.reservation is None or one.reserved is None:
            return one
        here = span.traceparent
        return one._replace(
            reservation=one.reservation._replace(traceparent=here),
            reserved=replace(one.reserved, traceparent=here),
        )

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End them."""
        for span in self._spans.values():
            span.end(None if kind is None else kind.__name__)
