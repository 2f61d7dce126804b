"""A restriction is in force from its recording, whatever its date or a worker's clock says; what lifts comes
after it or not at all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

MINUTE = timedelta(minutes=1)


def dated(bench: Any, minutes: float) -> str:
    """An instant so many minutes from now."""
    at: str = (bench.api.clock.now() + minutes * MINUTE).isoformat()
    return at


async def sent(bench: Any, plain: Any, name: str = "next") -> bool:
    """Whether a text leaves now."""
    id_ = await bench.accept(plain, reference=name)
    await bench.work()
    state: str = (await bench.states(id_))["sms"]
    return state == "accepted"


@pytest.mark.parametrize("type_", ["opt_out", "cease", "dispute", "attorney", "revoke_consent", "bankruptcy"])
async def test_a_worker_whose_clock_is_behind_knows_what_was_recorded(bench, plain, type_):
    """The database's order counts: the worker reads the event, and it is in force."""
    await bench.accept(plain, "email")
    await bench.event(type_, channel="sms")
    bench.api.clock.move(-2 * MINUTE)
    notice = (
        {**plain, "borrower": {**plain["borrower"], "jurisdiction": "US-MA"}}
        if type_ == "revoke_consent"
        else plain
    )
    assert not await sent(
        bench, {**notice, "sender_role": "third_party"} if type_ == "revoke_consent" else notice
    )


@pytest.mark.parametrize("ahead", [0.5, 2, 4.9])
async def test_a_wish_that_is_dated_ahead_is_in_force_now(bench, plain, ahead):
    """Another system's clock: answered as recorded, and acted on."""
    await bench.accept(plain, "email")
    body = {"borrower_id": "B-1", "type": "opt_out", "at": dated(bench, ahead), "channel": "sms"}
    assert 202 == (await bench.api.client.post("/v1/events", json=body)).status_code
    assert not await sent(bench, plain)


async def test_what_lifts_and_was_recorded_before_lifts_nothing(bench, plain):
    """An opt-in that is dated after an opt-out that came later, by post."""
    await bench.accept(plain, "email")
    bench.api.clock.move(10 * MINUTE)
    for type_, minutes in (("opt_in", -1), ("opt_out", -5)):
        body = {"borrower_id": "B-1", "type": type_, "at": dated(bench, minutes), "channel": "sms"}
        assert 202 == (await bench.api.client.post("/v1/events", json=body)).status_code
    assert not await sent(bench, plain)


async def test_in_one_instant_the_restriction_holds(bench, plain):
    """In whichever order they stand in the list."""
    await bench.accept(plain, "email")
    bench.api.clock.move(10 * MINUTE)
    at = dated(bench, -1)
    for name, pair in (("one", ("opt_out", "opt_in")), ("two", ("opt_in", "opt_out"))):
        bodies = [{"borrower_id": "B-1", "type": type_, "at": at, "channel": "sms"} for type_ in pair]
        assert 202 == (await bench.api.client.post("/v1/events", json=bodies)).status_code
        assert not await sent(bench, plain, name)


async def test_a_payment_ends_what_is_open_about_the_debt(bench, plain):
    """Held, deferred and due alike; another debt's notices, newer ones and thanks go on."""
    collection = await bench.accept(plain, reference="collection")
    other = await bench.accept(
        {**plain, "debt": {**plain["debt"], "id": "L-2"}}, "email", reference="another debt"
    )
    await bench.event("payment", debt_ids=[plain["debt"]["id"]])
    assert {"sms": "suppressed"} == await bench.states(collection)
    shown = (await bench.read(collection))["sms"]
    assert "payment" in shown["reason"]
    assert {"email": "due"} == await bench.states(other)
    newer = await bench.accept(plain, reference="newer")
    await bench.work()
    assert {"sms": "accepted"} == await bench.states(newer)
    assert ["delivery.suppressed"] == await bench.log(kind="delivery.suppressed")


@pytest.mark.parametrize("type_", ["payment", "promise_to_pay"])
async def test_a_payment_between_the_decision_and_the_mark_stops_the_text(bench, plain, type_):
    """What was reserved is given back; nothing leaves, and no other channel follows."""
    id_ = await bench.accept(plain, "sms", "email", fan_out="cascade", wait="PT1H")
    round_ = await bench.decide()
    await bench.event(type_, debt_ids=[plain["debt"]["id"]])
    assert [] == await bench.dial(round_)
    bench.api.clock.move(120 * MINUTE)
    assert [] == await bench.work()
    assert {"suppressed"} == set((await bench.states(id_)).values())


async def test_a_payment_without_a_debt_is_about_all_of_them(bench, plain):
    """And one about another debt is about none of these."""
    first = await bench.accept(plain, reference="one")
    await bench.event("payment", debt_ids=["L-another"])
    assert {"sms": "due"} == await bench.states(first)
    await bench.event("payment")
    assert {"sms": "suppressed"} == await bench.states(first)


async def test_a_borrower_with_thousands_of_wishes_is_decided_like_any_other(bench, plain):
    """What only repeats others is not looked at again; the verdict is the same, and what one correction takes
    away counts again."""
    await bench.accept(plain, "email")
    await bench.work()
    start = bench.api.clock.now() - timedelta(days=2)
    for chunk in range(3):
        bodies = [
            {
                "borrower_id": "B-1",
                "type": "opt_in" if number % 2 else "opt_out",
                "channel": "sms",
                "at": (start + timedelta(minutes=chunk * 500 + number)).isoformat(),
            }
            for number in range(500)
        ]
        assert 202 == (await bench.api.client.post("/v1/events", json=bodies)).status_code
    assert 1500 == await bench.api.count("events WHERE type IN ('opt_out', 'opt_in')")
    assert 110 > await bench.api.count("events WHERE type IN ('opt_out', 'opt_in') AND NOT repeated")
    assert await sent(bench, plain, "open")
    await bench.event("opt_out", channel="sms")
    assert not await sent(bench, plain, "closed")
