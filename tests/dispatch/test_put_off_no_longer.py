"""What was put off for a reason that is no more is judged at once, and leaves where nothing else holds it
back."""

from __future__ import annotations

from datetime import timedelta

import pytest

ALL_WEEK = [{"from": "00:00", "to": "23:59"}]
TOKYO = {"jurisdiction": "JP", "country": "JP", "time_zone": "Asia/Tokyo"}


async def moved(bench, plain, **place):
    """Store the borrower's profile with another place."""
    body = {name: value for name, value in plain["borrower"].items() if name not in {"id", "consents"}}
    answer = await bench.api.client.put("/v1/borrowers/B-1", json=body | place)
    assert answer.is_success, answer.text


async def test_a_move_to_where_it_is_day_is_seen_at_once(bench, plain):
    """Noon at home, two at night in Tokyo."""
    body = {**plain, "borrower": {**plain["borrower"], **TOKYO}}
    id_ = await bench.accept(body, "email")
    assert [] == await bench.work()
    assert {"email": "deferred"} == await bench.states(id_)
    await moved(bench, plain)
    assert 1 == len(await bench.work())


async def test_a_move_named_by_another_notice_is_seen_too(bench, plain):
    """A notice may carry the whole profile."""
    body = {**plain, "borrower": {**plain["borrower"], **TOKYO}}
    await bench.accept(body, "email")
    assert [] == await bench.work()
    await bench.accept(plain, "email", not_before="2026-11-28T17:00:00Z", reference="later")
    assert 1 == len(await bench.work())


async def test_a_move_to_where_it_is_night_lets_nothing_go(bench, plain):
    """Nor does it hurry what waits for its own instant."""
    later = (bench.api.clock.now() + timedelta(minutes=5)).isoformat()
    id_ = await bench.accept(plain, "email", not_before=later)
    due = (await bench.read(id_))["email"]["due_at"]
    await moved(bench, plain, **TOKYO)
    assert [] == await bench.work()
    assert due == (await bench.read(id_))["email"]["due_at"]
    bench.api.clock.move(timedelta(minutes=6))
    assert [] == await bench.work()
    assert due < (await bench.read(id_))["email"]["due_at"]


async def test_a_corrected_contact_frees_its_slot_at_once(bench, plain):
    """A stranger was reached: it counted, and counts no more."""
    await moved(bench, plain)
    for number in range(3):
        at = (bench.api.clock.now() - timedelta(days=1, hours=number)).isoformat()
        await bench.event("contact", channel="email", outcome="delivered", at=at, event_id=f"c{number}")
    id_ = await bench.accept(plain, "email")
    assert [] == await bench.work()
    assert {"email": "deferred"} == await bench.states(id_)
    await bench.event(
        "contact", channel="email", outcome="delivered", wrong_party=True, at=at, event_id="c", corrects="c0"
    )
    assert 1 == len(await bench.work())


@pytest.mark.parametrize("end", ["designation_withdrawn", "person_release"])
async def test_what_lifts_is_seen_at_once_as_far_as_it_lifts(bench, plain, end):
    """Times that do not suit are withdrawn; what lifts something else lets nothing go."""
    await moved(bench, plain)
    await bench.event("designation", inconvenient=ALL_WEEK, until="2026-11-27")
    id_ = await bench.accept(plain, "email")
    assert [] == await bench.work()
    assert {"email": "deferred"} == await bench.states(id_)
    bench.api.clock.move(timedelta(minutes=1))
    await bench.event(end)
    assert (1 if end == "designation_withdrawn" else 0) == len(await bench.work())
