"""Calls that were declined, under a cap: whoever reports them, by whatever word and code, they fill it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from channels.message import Message
from channels.receipt import Receipt
from channels.vonage.codes import call_receipt
from service.dispatch.receive.receipts import take_receipt
from service.ids import AttemptId
from tests.api.as_twilio import accept, path_of, post, send_due, states

Ends = Callable[[Any, Message], Awaitable[None]]
CAP = 2
"""Calls in seven days (940 CMR 7.04)."""
DAYS = 6
"""Each with one try, within the seven days of the cap and below the tries of a day."""


def twilio(*ends: tuple[str, str | None]) -> Ends:
    """Status callbacks, one after the other."""

    async def tell(api: Any, message: Message) -> None:
        for status, code in ends:
            form = {"CallSid": "SM" + "0" * 32, "CallStatus": status}
            form |= {} if code is None else {"SipResponseCode": code}
            assert 200 == (await post(api, path_of(message.receipt_url), form)).status_code

    return tell


def vonage(*events: dict[str, object]) -> Ends:
    """Events of Vonage's, as its receiver reads them, or a call that was looked up."""

    async def tell(api: Any, message: Message) -> None:
        attempt = AttemptId.parse(message.attempt_id)
        assert attempt is not None
        for event in events:
            receipt: Receipt = call_receipt(event)
            await take_receipt(api.runtime, attempt, receipt, source="provider:vonage")

    return tell


REACHED = {
    "Twilio, busy and 600": twilio(("busy", "600")),
    "Twilio, failed and 603": twilio(("failed", "603")),
    "Twilio, rings and is declined": twilio(("initiated", None), ("ringing", None), ("busy", "603")),
    "Twilio, rings and gives up": twilio(("ringing", None), ("failed", "480")),
    "Twilio, gives up and is told to have rung": twilio(("failed", "487"), ("ringing", None)),
    "Twilio, rings into a time-out": twilio(("ringing", None), ("failed", "408")),
    "Twilio, nobody and a time-out": twilio(("no-answer", "408")),
    "Twilio, cancelled": twilio(("canceled", "487")),
    "Vonage, rejected": vonage({"status": "rejected"}),
    "Vonage, busy and 603": vonage({"status": "busy", "sip_code": 603}),
    "Vonage, failed, no route and 600": vonage(
        {"status": "failed", "detail": "cannot_route", "sip_code": "600"}
    ),
    "Vonage, declined": vonage({"status": "ringing"}, {"status": "rejected", "detail": "declined"}),
    "Vonage, rings and is unavailable": vonage(
        {"status": "ringing"}, {"status": "unanswered", "detail": "unavailable", "sip_code": 480}
    ),
    "Vonage, left to ring": vonage({"status": "timeout", "sip_code": 487}),
}
NOBODY = {
    "Twilio, forbidden": twilio(("failed", "403")),
    "Twilio, not acceptable": twilio(("failed", "606")),
    "Vonage, restricted": vonage({"status": "rejected", "detail": "restricted"}),
    "Vonage, no route": vonage({"status": "failed", "detail": "cannot_route"}),
}


async def dialled(api: Any, notice: dict[str, Any], ends: Ends) -> list[str]:
    """What became of a notice for each day."""
    found = []
    for day in range(DAYS):
        id_ = await accept(api, notice, "voice", reference=str(day))
        messages = await send_due(api)
        for message in messages:
            await ends(api, message)
        found.append((await states(api, id_))["voice"])
        api.clock.move(timedelta(days=1))
    return found


@pytest.mark.parametrize("ends", REACHED.values(), ids=REACHED.keys())
async def test_a_call_that_reached_the_phone_fills_the_cap(api, notice, ends):
    """The borrower's law allows so many in seven days; the next one waits."""
    assert CAP == (await dialled(api, notice, ends)).count("undelivered")


@pytest.mark.parametrize("ends", NOBODY.values(), ids=NOBODY.keys())
async def test_a_call_that_reached_nobody_takes_nothing_of_the_cap(api, notice, ends):
    """All of them go."""
    assert ["undelivered"] * DAYS == await dialled(api, notice, ends)


UNWANTED = {
    "Twilio, busy": twilio(("busy", "607")),
    "Twilio, completed": twilio(("completed", "608")),
    "Twilio, failed after ringing": twilio(("ringing", None), ("failed", "608")),
    "Vonage, rejected for a restriction": vonage(
        {"status": "rejected", "detail": "restricted", "sip_code": 607}
    ),
    "Vonage, completed": vonage({"status": "completed", "sip_code": "608"}),
    "Vonage, answered, then busy": vonage({"status": "ringing"}, {"status": "busy", "sip_code": 607}),
}


@pytest.mark.parametrize("ends", UNWANTED.values(), ids=UNWANTED.keys())
async def test_an_unwanted_call_is_the_last_one_to_that_number(api, notice, ends):
    """For whoever has it, by a suppression that ops can list and lift."""
    await accept(api, notice, "voice")
    [message] = await send_due(api)
    await ends(api, message)
    api.clock.move(timedelta(days=1))
    other = {**notice["borrower"], "id": "B-2", "addresses": {"voice": "+12025550101"}}
    id_ = await accept(api, {**notice, "borrower": other}, "voice", reference="other")
    assert [] == await send_due(api)
    assert {"voice": "suppressed"} == await states(api, id_)
    listed = (await api.client.get("/v1/suppressions", params={"channel": "voice"})).json()["items"]
    assert [("voice", "opt_out")] == [(one["channel"], one["reason"]) for one in listed]
