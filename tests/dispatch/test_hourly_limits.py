"""Not all at once: what one phone number gets within an hour, and what leaves when a window opens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from channels.outcome import Busy, Unknown
from service.dispatch.number_limits.hourly import ALIKE, ANY, LONGEST_SPREAD, PER_SECOND, Spread, too_many
from service.store.attempts import AttemptKey
from service.store.hourly_counts import HourlyCount

OPENS = datetime(2026, 11, 25, 13, tzinfo=UTC)
LATER = Busy(code="21611", reason="the queue is full")
GONE = Unknown(code="timeout", reason="no answer")


@pytest.fixture(autouse=True)
async def no_other_bound(bench: Any, plain: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """No policy's cap: what holds here holds beside every policy. The first message says more than others: it
    is gone."""
    policies = bench.api.runtime.in_force.shipped_policies
    monkeypatch.setattr(
        bench.api.runtime.in_force, "shipped_policies", {"house-8-21": policies["house-8-21"]}
    )
    monkeypatch.setattr(bench.api.runtime.in_force, "names", ("house-8-21",))
    await bench.accept(plain, "voice", reference="the first")
    await bench.work()


async def send(bench: Any, plain: dict[str, Any], count: int, **debt: str) -> int:
    """Accept so many notices to one number; how many of them leave."""
    for number in range(count):
        words = {**plain["debt"], "amount_due": f"{100 + number}.00", **debt}
        await bench.accept({**plain, "debt": words}, reference=f"{count}.{number}")
    return len(await bench.work())


async def test_a_number_gets_no_more_identical_messages_than_the_networks_take(bench, plain):
    """The rest waits for an hour after the first, with the reason, and then leaves."""
    assert ALIKE == await send(bench, plain, 20, amount_due="431.25")
    assert 0 == await send(bench, plain, 1, amount_due="431.25")
    assert 1 == await send(bench, plain, 1, amount_due="500.00")
    waiting = await bench.api.client.get("/v1/notices", params={"state": "deferred"})
    reasons = {one["reason"] for notice in waiting.json()["items"] for one in notice["deliveries"]}
    assert {"the phone networks take no more messages to this number within the hour"} == reasons
    bench.api.clock.move(timedelta(hours=1, seconds=1))
    assert 5 == len(await bench.work())


async def test_a_number_gets_no_more_messages_of_any_kind_than_the_networks_take(bench, plain):
    """Each with other words."""
    assert ANY == await send(bench, plain, ANY + 5)


async def test_what_may_have_gone_counts_and_what_was_refused_does_not(bench, plain):
    """A network saw the one, perhaps, and not the other."""
    bench.providers["sms"].answers = [GONE, LATER]
    assert 2 == await send(bench, plain, 2, amount_due="431.25")
    assert ALIKE - 1 == await send(bench, plain, 20, amount_due="431.25")


async def test_mail_is_no_business_of_the_phone_networks(bench, plain):
    for number in range(20):
        await bench.accept(plain, "email", reference=str(number))
    assert 20 == len(await bench.work())


def test_what_is_let_through_counts_for_what_comes_after_it_in_one_batch():
    """A batch is marked at once, so that the store does not know of it yet."""
    keys = [AttemptKey(UUID(int=1), number, "sms", 1) for number in range(10)]
    count = HourlyCount(address=b"a", alike=ALIKE - 3, every=ALIKE, oldest=OPENS)
    waits = too_many([(key, b"words") for key in keys], dict.fromkeys(keys, count))
    assert dict.fromkeys(keys[3:], OPENS + timedelta(hours=1)) == waits


def test_a_few_leave_when_the_window_opens_and_many_after_one_another():
    """So many a second, all inside a quarter of an hour, and none after half of the time that is left to
    it."""
    spread, never = Spread(), OPENS + timedelta(days=9)
    placed = [spread.place(OPENS, never) for _ in range(3 * PER_SECOND)]
    assert [OPENS + timedelta(seconds=second) for second in range(3) for _ in range(PER_SECOND)] == placed
    assert OPENS + timedelta(seconds=1) == spread.place(OPENS, OPENS + timedelta(seconds=2))
    assert OPENS == spread.place(OPENS, OPENS - timedelta(seconds=2))
    rest = [spread.place(OPENS, never) for _ in range(PER_SECOND * 1000)]
    assert max(rest) < OPENS + LONGEST_SPREAD


async def test_what_a_night_held_back_falls_due_second_by_second(bench, plain):
    """The verdict says when it may go; the delivery is due within the seconds after that."""
    night = {
        **plain,
        "borrower": {
            **plain["borrower"],
            "jurisdiction": "PW",
            "country": "PW",
            "time_zone": "Pacific/Palau",
        },
    }
    count = PER_SECOND + 10
    notices = [{**night, "channels": ["email"], "reference": str(number)} for number in range(count)]
    answer = await bench.api.client.post("/v1/notices/batch", json={"notices": notices})
    assert 202 == answer.status_code, answer.text
    await bench.decide(limit=count)
    async with bench.api.runtime.database.connection() as connection:
        rows = await connection.fetch(
            "SELECT due_at, count(*) FROM deliveries WHERE state = 'deferred' GROUP BY 1 ORDER BY 1"
        )
    assert [PER_SECOND, 10] == [row["count"] for row in rows]
    assert timedelta(seconds=1) == rows[1]["due_at"] - rows[0]["due_at"]
