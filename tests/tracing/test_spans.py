"""One notice's way as spans: who is whose child, what links to what, and what is never in them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import structlog
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from channels.receipt import Progress
from service import tracing
from service.cli.logs import with_trace
from service.dispatch.send.settle import Sent, settle
from service.worker.background_tasks import every
from service.worker.hand_over import hand_over
from tests.consume.conftest import message
from tests.dispatch.test_at_once import decide

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SAMPLED, UNSAMPLED = f"00-{TRACE}-{PARENT}-01", f"00-{TRACE}-{PARENT}-00"


async def post(bench: Any, notice: dict[str, Any], traceparent: str | None = None) -> str:
    """Accept a notice; its id."""
    headers = {} if traceparent is None else {"traceparent": traceparent}
    answer = await bench.api.client.post("/v1/notices", json=notice, headers=headers)
    assert 202 == answer.status_code, answer.text
    id_: str = answer.json()["id"]
    return id_


async def send(bench: Any) -> list[Any]:
    """Decide, hand over and settle as a worker does; what was handed over."""
    round_ = await decide(bench)
    sent = []
    for one in round_.dialed:
        adapter = bench.providers[one.reserved.key.channel]
        outcome = await hand_over(adapter, one.message, 5.0, one.reserved.traceparent)
        sent.append(Sent(key=one.reserved.key, outcome=outcome, at=bench.api.clock.now()))
    await settle(bench.api.runtime, sent)
    return [one.message for one in round_.dialed]


def ids(span: ReadableSpan) -> tuple[int, int]:
    """The trace's and the span's."""
    return span.context.trace_id, span.context.span_id


def links(span: ReadableSpan) -> set[tuple[int, int]]:
    """What it links to."""
    return {(one.context.trace_id, one.context.span_id) for one in span.links}


async def test_a_notice_is_followed_from_its_acceptance_to_its_receipt(
    spans: Any, bench: Any, plain: Any
) -> None:
    """The caller's trace goes on to the acceptance; each decision links to that, the hand-over is its child,
    the receipt links to both."""
    await post(bench, plain, SAMPLED)
    (handed_over,) = await send(bench)
    await bench.receipt(handed_over, Progress.DELIVERED, "delivered")
    (request,), (accept,) = spans.of("POST /v1/notices"), spans.of("accept")
    (decided,), (sent,), (receipt,) = spans.of("decide"), spans.of("send"), spans.of("receipt")
    assert (int(TRACE, 16), int(PARENT, 16)) == (request.context.trace_id, request.parent.span_id)
    assert ids(request) == (accept.parent.trace_id, accept.parent.span_id)
    assert (None, {ids(accept)}) == (decided.parent, links(decided))
    assert ids(decided) == (sent.parent.trace_id, sent.parent.span_id)
    assert (None, {ids(accept), ids(decided)}) == (receipt.parent, links(receipt))
    assert 3 == len({accept.context.trace_id, decided.context.trace_id, receipt.context.trace_id})
    assert {
        "http.request.method": "POST",
        "http.route": "/v1/notices",
        "http.response.status_code": 202,
    } == dict(request.attributes)
    assert {"forbear.channel": "sms", "forbear.verdict": "allow", "forbear.rule": ""} == dict(
        decided.attributes
    )
    assert {"forbear.channel": "sms", "forbear.adapter": "scripted", "forbear.outcome": "accepted"} == dict(
        sent.attributes
    )
    said = {"forbear.channel": "sms", "forbear.adapter": "scripted", "forbear.effect": "advanced"}
    assert {**said, "forbear.outcome": "delivered"} == dict(receipt.attributes)


async def test_each_decision_of_a_deferred_notice_links_to_its_acceptance(
    spans: Any, bench: Any, plain: Any
) -> None:
    """Monday's decision is found from Friday's acceptance, days and processes later."""
    bench.api.clock.move(timedelta(hours=12))
    await post(bench, plain)
    await send(bench)
    bench.api.clock.move(timedelta(hours=14))
    await send(bench)
    (accept,), (first, second) = spans.of("accept"), spans.of("decide")
    assert [{ids(accept)}, {ids(accept)}] == [links(first), links(second)]
    assert ["defer", "allow"] == [one.attributes["forbear.verdict"] for one in (first, second)]
    assert first.attributes["forbear.rule"]
    assert 1 == len(spans.of("send"))


@pytest.mark.parametrize("spans", [0.0, 1.0], indirect=True)
async def test_what_the_caller_does_not_record_is_not_recorded_and_not_stored(
    spans: Any, bench: Any, plain: Any
) -> None:
    await post(bench, plain, UNSAMPLED)
    (handed_over,) = await send(bench)
    await bench.receipt(handed_over, Progress.DELIVERED, "delivered")
    assert [] == spans.all()
    async with bench.api.runtime.database.connection() as connection:
        assert None is await connection.fetchval("SELECT traceparent FROM notices")
        assert None is await connection.fetchval("SELECT traceparent FROM attempts")


@pytest.mark.parametrize("spans", [0.0], indirect=True)
async def test_what_a_caller_records_is_recorded_whatever_the_share(
    spans: Any, bench: Any, plain: Any
) -> None:
    """A notice is traced as a whole or not at all."""
    await post(bench, plain, SAMPLED)
    await post(bench, {**plain, "reference": "other"})
    await send(bench)
    assert {"POST /v1/notices", "accept", "decide", "send"} == {one.name for one in spans.all()}
    assert 4 == len(spans.all())


@pytest.mark.parametrize("spans", [0.0], indirect=True)
async def test_who_has_no_key_decides_nothing(spans: Any, bench: Any) -> None:
    """Providers, borrowers and strangers: their headers start no trace of ours."""
    client = bench.api.client
    key = client.headers.pop("authorization")
    await client.get("/v1/unsubscribe/no-such-token", headers={"traceparent": SAMPLED})
    assert [] == spans.all()
    client.headers["authorization"] = key


@pytest.mark.parametrize(
    "header", ["", "nothing", "00-0-0-01", f"00-{'0' * 32}-{PARENT}-01", f"ff-{TRACE}-{PARENT}-01"]
)
async def test_a_traceparent_that_is_none_begins_a_trace_of_its_own(
    spans: Any, bench: Any, plain: Any, header: str
) -> None:
    await post(bench, plain, header)
    (request,) = spans.of("POST /v1/notices")
    assert None is request.parent
    assert int(TRACE, 16) != request.context.trace_id


async def test_nothing_personal_and_no_path_is_in_a_span(spans: Any, bench: Any, plain: Any) -> None:
    """Names and attributes are of closed lists, also where something breaks."""
    id_ = await post(bench, {**plain, "metadata": {"campaign": "november"}}, SAMPLED)
    (handed_over,) = await send(bench)
    await bench.receipt(handed_over, Progress.DELIVERED, "delivered")
    client = bench.api.client
    await client.get(f"/v1/notices/{id_}?secret=query")
    await client.get("/v1/unsubscribe/SECRET-TOKEN?borrower=B-1")
    await client.get("/no/such/path/B-1")
    await client.post("/v1/notices", content=b"{", headers={"content-type": "application/json"})
    said = " ".join(one.to_json() for one in spans.all())
    assert [] == [
        one.name for one in spans.all() if not set(one.attributes) <= tracing.ATTRIBUTES or one.events
    ]
    borrower = plain["borrower"]
    for secret in (
        id_,
        "SECRET",
        "query",
        "B-1",
        "november",
        borrower["name"],
        "+1202",
        "@",
        plain["debt"]["id"],
    ):
        assert secret not in said, secret
    routes = {one.attributes["http.route"] for one in spans.all() if "http.route" in one.attributes}
    assert {"/v1/notices", "/v1/notices/{id}", "none"} <= routes


async def test_what_breaks_a_decision_ends_its_spans_with_the_kind_alone(
    spans: Any, bench: Any, plain: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await post(bench, plain)

    async def breaks(*_: Any, **__: Any) -> None:
        raise RuntimeError("B-1 has +12025550100")

    monkeypatch.setattr("service.dispatch.decide.claim.write_decisions", breaks)
    with pytest.raises(RuntimeError):
        await send(bench)
    (decided,) = spans.of("decide")
    assert "RuntimeError" == decided.attributes["error.type"]
    assert not decided.status.is_ok
    assert "B-1" not in decided.to_json()


async def test_a_line_of_the_log_names_its_trace(spans: Any) -> None:
    """Inside a recorded span; nothing outside of one, and nothing while traces are off."""
    lines: list[Any] = []

    def keep(_: Any, __: str, line: Any) -> Any:
        lines.append(dict(line))
        raise structlog.DropEvent

    log = structlog.wrap_logger(None, processors=[with_trace, keep])
    log.info("outside")
    with tracing.span("send", kind="client"):
        log.info("inside")
    (span,) = spans.of("send")
    tracing.stop()
    with tracing.span("send", kind="client"):
        log.info("off")
    trace_id, span_id = ids(span)
    assert [{}, {"trace_id": f"{trace_id:032x}", "span_id": f"{span_id:016x}"}, {}] == [
        {name: value for name, value in line.items() if name.endswith("_id")} for line in lines
    ]


@pytest.mark.parametrize("spans", [0.0], indirect=True)
async def test_messages_of_a_broker_are_linked_to(spans: Any, bench: Any, consumer: Any, plain: Any) -> None:
    """A batch with a traced message in it is traced, and its notices go on from there."""
    assert [None] == await consumer.take([message({**plain, "reference": "a"}, "k-1")])
    assert [] == spans.all()
    assert [None] == await consumer.take([message({**plain, "reference": "b"}, "k-2", traceparent=SAMPLED)])
    (consumed,), (accept,) = spans.of("consume"), spans.of("accept")
    assert {(int(TRACE, 16), int(PARENT, 16))} == links(consumed)
    assert ids(consumed) == (accept.parent.trace_id, accept.parent.span_id)
    await send(bench)
    assert [{ids(accept)}] == [links(one) for one in spans.of("decide")]


async def test_requests_at_the_same_time_keep_their_own_traces(spans: Any, bench: Any, plain: Any) -> None:
    """They share a transaction, and not a trace."""
    parents = [f"00-{number:032x}-{number:016x}-01" for number in range(1, 9)]
    await asyncio.gather(
        *(post(bench, {**plain, "borrower": {**plain["borrower"], "id": f"B-{one}"}}, one) for one in parents)
    )
    assert set(range(1, 9)) == {one.context.trace_id for one in spans.of("accept")}
    await send(bench)
    accepted = {ids(one) for one in spans.of("accept")}
    assert accepted == {found for one in spans.of("decide") for found in links(one)}


async def test_the_framework_records_nothing_of_its_own(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever somebody registers for the whole process: its spans would name paths and queries."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr("opentelemetry.trace._TRACER_PROVIDER", provider)
    assert provider is trace.get_tracer_provider()
    await api.client.get("/v1/unsubscribe/SECRET-TOKEN?borrower=B-1")
    assert () == exporter.get_finished_spans()
    assert not api.app._native_telemetry.enabled()


async def test_a_sweep_and_a_look_up_are_spans_where_they_find_something(
    spans: Any, bench: Any, plain: Any
) -> None:
    """A worker that ended in the middle of a hand-over: the sweep settles it, the look-up asks. A sweep that
    finds nothing is none."""
    await bench.sweep()
    assert [] == spans.of("sweep") + spans.of("look-up")
    await bench.accept(plain)
    await bench.dial(await bench.decide(lease_seconds=0.4), send_within=0)
    async with bench.api.runtime.database.connection() as connection:
        await connection.execute("SELECT pg_sleep(0.5)")
    await bench.sweep()
    bench.api.clock.move(timedelta(minutes=2))
    await bench.sweep()
    for name in ("sweep", "look-up"):
        assert [1] == [one.attributes["forbear.count"] for one in spans.of(name)], name


async def test_an_expiry_is_a_span_of_the_sweep(spans: Any, bench: Any, plain: Any) -> None:
    """One of its own, beside that of lapsed attempts; without an expired delivery there is none."""
    at = bench.api.clock.now()
    await bench.accept({**plain, "expires_at": (at + timedelta(hours=1)).isoformat()})
    await bench.sweep()
    assert [] == spans.of("sweep")
    bench.api.clock.move(timedelta(hours=2))
    await bench.sweep()
    (sweep,) = spans.of("sweep")
    assert (1, None) == (sweep.attributes["forbear.count"], sweep.parent)


async def test_what_is_done_rarely_is_a_span_each_time(spans: Any) -> None:
    """And what is done all the time is none."""
    for seconds, name in ((600.0, "retention"), (2.0, "measure")):
        turn = asyncio.Event()

        async def task(turn: asyncio.Event = turn) -> None:
            turn.set()

        running = asyncio.create_task(every(seconds, name, task))
        await turn.wait()
        await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert ["retention"] == [one.name for one in spans.all()]
