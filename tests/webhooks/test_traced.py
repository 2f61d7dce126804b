"""A request to a webhook tells its receiver the span that it may continue; an untraced one tells nothing."""

from __future__ import annotations

from typing import Any

from tests.dispatch.conftest import plain
from tests.tracing.conftest import spans
from tests.webhooks.receiver import Receiver, receiving

__all__ = ["plain", "spans"]


async def test_a_request_carries_its_own_span(hooks: Any, plain: Any, spans: Any) -> None:
    """W3C Trace Context, one span a request below that of the round."""
    receiver = Receiver()
    async with receiving(receiver):
        await hooks.endpoint(receiver.url, "notice.accepted")
        await hooks.bench.accept(plain)
        await hooks.send()
    [got] = receiver.got
    [one] = spans.of("webhook")
    [round_] = spans.of("webhooks")
    assert f"00-{one.context.trace_id:032x}-{one.context.span_id:016x}-01" == got.headers["traceparent"]
    assert (one.parent.span_id, 200) == (
        round_.context.span_id,
        one.attributes["http.response.status_code"],
    )


async def test_a_request_that_is_not_traced_names_no_span(hooks: Any, plain: Any) -> None:
    """Traces are off."""
    receiver = Receiver()
    async with receiving(receiver):
        await hooks.endpoint(receiver.url, "notice.accepted")
        await hooks.bench.accept(plain)
        await hooks.send()
    [got] = receiver.got
    assert "traceparent" not in {name.lower() for name in got.headers}
