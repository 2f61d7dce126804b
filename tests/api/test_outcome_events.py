"""What became of a contact, as upstream systems report it: complaints, plan requests, objections, hang-ups,
payments by debt."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.as_twilio import accept, send_due, states

NUMBER, MAILBOX = "+12025550101", "ana@example.com"


async def said(api: Any, type_: str, **further: Any) -> Any:
    """Report an event about the borrower of the notices."""
    body = {"borrower_id": "B-1", "type": type_, "at": api.clock.now().isoformat(), **further}
    return await api.client.post("/v1/events", json=body)


async def standing(api: Any) -> set[tuple[str, str]]:
    """What is suppressed: the channel and the reason."""
    found = (await api.client.get("/v1/suppressions")).json()["items"]
    return {(one["channel"], one["reason"]) for one in found}


@pytest.mark.parametrize("type_", ["complaint", "plan_request", "profiling_objection", "payment"])
async def test_each_type_is_taken_with_its_debts(api: Any, notice: Any, type_: str) -> None:
    """With the debts that it is about; never with an amount, in whatever form it comes."""
    await accept(api, notice, "sms")
    answer = await said(api, type_, debt_ids=["L-1"])
    assert (202, True) == (answer.status_code, answer.json()["recorded"])
    for name, value in (("amount", "10.00"), ("amount", 10), ("paid", {"amount": "1"}), ("currency", "USD")):
        refused = await said(api, type_, debt_ids=["L-1"], **{name: value})
        assert (422, f"/{name}") == (refused.status_code, refused.json()["errors"][0]["pointer"])


@pytest.mark.parametrize(
    ("named", "closed"),
    [
        ({"channel": "sms", "address": NUMBER}, {"sms"}),
        ({"channel": "sms"}, {"sms"}),
        ({"channel": "voice_prerecorded"}, {"voice"}),
        ({"channel": "email"}, {"email"}),
        ({"channel": "email", "debt_ids": ["L-1"]}, {"email"}),
        ({"channel": "any"}, {"any"}),
        ({}, {"any"}),
        ({"channel": "letter"}, set()),
    ],
)
async def test_a_complaint_closes_what_it_names(api: Any, notice: Any, named: Any, closed: set[str]) -> None:
    """The address; without one, all of the borrower's on that channel; without a channel, all of them."""
    await accept(api, notice, "sms")
    answer = await said(api, "complaint", **named)
    assert 202 == answer.status_code
    assert {(channel, "complaint") for channel in closed} == await standing(api)


async def test_a_complaint_stops_what_waits(api: Any, notice: Any) -> None:
    """Until a person lifts it."""
    id_ = await accept(api, notice, "sms")
    await said(api, "complaint", channel="sms")
    assert [] == await send_due(api)
    assert "suppressed" == (await states(api, id_))["sms"]
