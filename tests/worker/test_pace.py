"""The rate that all workers share, the promise, and what is published of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from prometheus_client import CollectorRegistry, generate_latest

from service.store import throughput
from service.worker import background_tasks
from service.worker.gauges import Gauges
from service.worker.measuring import Measuring
from service.worker.pacer import Pacer


async def test_bookings_of_all_workers_line_up(api):
    """Two workers book ten hand-overs each at ten a second: the second begins a second after the first."""
    async with api.runtime.database.connection() as connection:
        first = await throughput.book(connection, "sms:twilio", count=10, per_second=10)
        second = await throughput.book(connection, "sms:twilio", count=10, per_second=10)
        other = await throughput.book(connection, "voice:twilio", count=1, per_second=10)
    assert (0.0, 0.0) == (first, other)
    assert 0.5 < second <= 1.0


async def test_a_slice_is_a_quarter_of_a_second_and_never_nothing(api):
    """One worker cannot book far ahead; without a rate nothing is booked."""
    assert [12, 1, None] == [Pacer(api.runtime, "x", rate).most for rate in (50.0, 0.5, None)]
    await Pacer(api.runtime, "x", None).wait(5)
    assert 0 == await api.count("rates")
    await Pacer(api.runtime, "x", 1000.0).wait(5)
    assert 1 == await api.count("rates")


async def test_the_promise_is_counted_by_channel_and_hour_over_all_workers(api):
    """Three of four kept: 0.75, whichever worker handed over."""
    at = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)
    for late in (0, 10, 3, 11):
        gauges = Gauges(CollectorRegistry())
        gauges.handed_over("sms", [(at, at + timedelta(seconds=late))])
        await Measuring(api.runtime, gauges).measure()
    registry = CollectorRegistry()
    await Measuring(api.runtime, Gauges(registry)).measure()
    assert (
        'forbear_promise_share{channel="sms",hour="2026-11-24T16"} 0.75' in generate_latest(registry).decode()
    )


async def test_old_hours_are_forgotten(api):
    """After 400 days."""
    at = api.clock.now()
    async with api.runtime.database.transaction() as connection:
        await throughput.count_punctual(
            connection, {("sms", at - timedelta(days=401)): (1, 0), ("sms", at): (1, 0)}
        )
    await background_tasks.tidy(api.runtime)
    assert 1 == await api.count("punctuality")
