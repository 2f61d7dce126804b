"""What became of a call: what rang counts and is not dialled again, what is unwanted ends calls, and no
number is tried all day."""

from __future__ import annotations

from datetime import timedelta

import pytest

from channels.callback import HungUp
from channels.script import SILENT_END
from service.dispatch.receive.calls import take_turn
from service.ids import AttemptId
from tests.api.as_twilio import accept, path_of, post, send_due, states

CALL = {"CallSid": "SM" + "0" * 32}
OTHER = {"id": "B-2", "addresses": {"voice": "+12025550101"}}


async def ends(api, message, status: str, code: int | None = None) -> None:
    """A call's last word."""
    form = {**CALL, "CallStatus": status, **({} if code is None else {"SipResponseCode": str(code)})}
    answer = await post(api, path_of(message.receipt_url), form)
    assert 200 == answer.status_code, answer.text


async def outcomes(api) -> list[str]:
    """Of all attempts, oldest first."""
    rows = []
    for cell in api.runtime.cells.all:
        async with cell.database.connection() as connection:
            rows += await connection.fetch("SELECT outcome, dialed_at, number FROM attempts")
    return [row["outcome"] for row in sorted(rows, key=lambda row: (row["dialed_at"], row["number"]))]


@pytest.mark.parametrize(
    ("status", "code"),
    [("busy", 600), ("busy", 603), ("failed", 603), ("no-answer", 607), ("busy", 608), ("failed", 600)],
)
async def test_a_declined_call_counts_and_is_not_dialled_again(api, notice, status, code):
    """Not in half an hour, not in the evening, not tomorrow."""
    id_ = await accept(api, notice, "voice")
    [message] = await send_due(api)
    await ends(api, message, status, code)
    assert ["rang_no_answer"] == await outcomes(api)
    assert {"voice": "undelivered"} == await states(api, id_)
    for pause in (timedelta(minutes=31), timedelta(hours=3), timedelta(hours=22)):
        api.clock.move(pause)
        assert [] == await send_due(api)


@pytest.mark.parametrize(
    ("status", "code"),
    [("busy", 486), ("busy", None), ("failed", 486), ("failed", 503), ("busy", 500), ("failed", 480)],
)
async def test_what_did_not_ring_does_not_count_and_is_tried_again(api, notice, status, code):
    """A busy line, a network's failure, a phone that is switched off."""
    id_ = await accept(api, notice, "voice")
    [message] = await send_due(api)
    await ends(api, message, status, code)
    assert (await outcomes(api))[0] in {"busy", "bounced"}
    assert {"voice": "deferred"} == await states(api, id_)
    api.clock.move(timedelta(minutes=31))
    assert 1 == len(await send_due(api))


@pytest.mark.parametrize(
    ("status", "code"), [("failed", None), ("failed", 403), ("failed", 488), ("failed", 606)]
)
async def test_a_failure_that_does_not_pass_ends_the_delivery(api, notice, status, code):
    """And says nothing about the number: the next notice is dialled."""
    id_ = await accept(api, notice, "voice")
    [message] = await send_due(api)
    await ends(api, message, status, code)
    assert ["bounced"] == await outcomes(api)
    assert {"voice": "undelivered"} == await states(api, id_)
    await accept(api, notice, "voice", reference="again")
    assert 1 == len(await send_due(api))


@pytest.mark.parametrize(
    "words",
    [
        ["ringing", "failed"],
        ["failed", "ringing"],
        ["initiated", "failed", "ringing"],
        ["in-progress", "failed"],
    ],
)
async def test_not_available_after_ringing_reached_the_phone(api, notice, words):
    """480 and the ringing come in any order: together they say that it rang."""
    id_ = await accept(api, notice, "voice")
    [message] = await send_due(api)
    for word in words:
        await ends(api, message, word, 480 if word == "failed" else None)
    assert ["rang_no_answer"] == await outcomes(api)
    assert {"voice": "undelivered"} == await states(api, id_)
    api.clock.move(timedelta(minutes=31))
    assert [] == await send_due(api)


@pytest.mark.parametrize("code", [607, 608])
async def test_an_unwanted_call_ends_calls_to_that_number(api, notice, code):
    """Once, whatever the provider repeats; texts go on."""
    await accept(api, notice, "voice")
    [message] = await send_due(api)
    for _ in range(2):
        await ends(api, message, "busy", code)
    assert 1 == await api.count("events WHERE type = 'opt_out' AND channel = 'voice'")
    id_ = await accept(api, notice, "voice", "sms", reference="again")
    assert ["sms"] == [one.channel.value for one in await send_due(api)]
    assert "suppressed" == (await states(api, id_))["voice"]


@pytest.mark.parametrize("code", [404, 410, 484, 604])
async def test_a_number_that_is_none_is_not_called_again(api, notice, code):
    """By any later notice."""
    await accept(api, notice, "voice")
    [message] = await send_due(api)
    await ends(api, message, "failed", code)
    assert ["not_in_service"] == await outcomes(api)
    again = await accept(api, notice, "voice", reference="again")
    assert [] == await send_due(api)
    assert {"voice": "suppressed"} == await states(api, again)


async def failed_call(api) -> None:
    """A call that does not get through and is not tried again, and half an hour after it."""
    [message] = await send_due(api)
    await ends(api, message, "failed", 403)
    api.clock.move(timedelta(minutes=31))


async def test_no_number_is_tried_more_than_three_times_a_day(api, notice):
    """Whoever has it: the second borrower's call waits for the day to be over, and then goes."""
    for number in range(3):
        await accept(api, notice, "voice", reference=f"one-{number}")
        await failed_call(api)
    other = await accept(
        api, {**notice, "borrower": {**notice["borrower"], **OTHER}}, "voice", reference="other"
    )
    assert [] == await send_due(api)
    assert {"voice": "deferred"} == await states(api, other)
    [delivery] = (await api.client.get(f"/v1/notices/{other}")).json()["deliveries"]
    assert "2026-11-25T17:00:00Z" == delivery["due_at"]
    assert 1 <= await api.count("log_entries WHERE kind = 'attempt.released'")
    api.clock.move(timedelta(hours=22, minutes=30))
    assert 0 < len(await send_due(api))


async def test_a_day_has_three_calls_however_many_come_at_once(api, notice):
    """Five borrowers of one number, all due now: three are dialled, and fewer where a cell has not the
    borrowers for its part of them."""
    for number in range(5):
        borrower = {**notice["borrower"], "id": f"B-{number}", "addresses": {"voice": "+12025550101"}}
        await accept(api, {**notice, "borrower": borrower}, "voice", reference=str(number))
    dialled = len(await send_due(api))
    assert dialled == 3 or (api.runtime.cells.several and dialled == 2)
    assert 5 - dialled == await api.count("deliveries WHERE state = 'deferred'")


async def test_the_bound_is_the_numbers_and_not_its_neighbours(api, notice):
    """Another number is called; texts to the same one go."""
    for number in range(3):
        await accept(api, notice, "voice", reference=f"one-{number}")
        await failed_call(api)
    borrower = {
        **notice["borrower"],
        "id": "B-3",
        "addresses": {"voice": "+12025550107", "sms": "+12025550101"},
    }
    await accept(api, {**notice, "borrower": borrower}, "voice", "sms", reference="neighbour")
    assert {"voice", "sms"} <= {one.channel.value for one in await send_due(api)}


@pytest.mark.parametrize(
    ("code", "event"),
    [
        ("30006", "address_dead"),
        ("30005", "address_dead"),
        ("21614", "address_dead"),
        ("30004", "opt_out"),
        ("21610", "opt_out"),
    ],
)
async def test_a_code_acts_in_a_callback_as_at_create(api, notice, code, event):
    """What closes an address at create closes it here, for texts alone."""
    await accept(api, notice, "sms")
    [message] = await send_due(api)
    form = {"MessageSid": "SM" + "0" * 32, "MessageStatus": "undelivered", "ErrorCode": code}
    assert 200 == (await post(api, path_of(message.receipt_url), form)).status_code
    assert 1 == await api.count(f"events WHERE type = '{event}' AND channel = 'sms'")
    id_ = await accept(api, notice, "sms", reference="again")
    assert [] == await send_due(api)
    assert "suppressed" == (await states(api, id_))["sms"]


@pytest.mark.parametrize("code", ["30001", "30022", "20429", "30002"])
async def test_what_would_be_tried_again_at_create_is_tried_again_after_a_callback(api, notice, code):
    """Nothing reached anybody, and the cause passes."""
    id_ = await accept(api, notice, "sms")
    [message] = await send_due(api)
    form = {"MessageSid": "SM" + "0" * 32, "MessageStatus": "failed", "ErrorCode": code}
    assert 200 == (await post(api, path_of(message.receipt_url), form)).status_code
    assert {"sms": "deferred"} == await states(api, id_)
    api.clock.move(timedelta(minutes=1))
    assert 1 == len(await send_due(api))


@pytest.mark.parametrize("code", [607, 608])
async def test_an_unwanted_call_ends_calls_to_that_number_whoever_has_it(api, notice, code):
    """The other borrower of the number is not called either, whatever the notice."""
    await accept(api, notice, "voice")
    [message] = await send_due(api)
    await ends(api, message, "busy", code)
    other = await accept(
        api, {**notice, "borrower": {**notice["borrower"], **OTHER}}, "voice", reference="other"
    )
    assert [] == await send_due(api)
    assert {"voice": "suppressed"} == await states(api, other)
    listed = (await api.client.get("/v1/suppressions", params={"channel": "voice"})).json()["items"]
    assert [("voice", "opt_out")] == [(one["channel"], one["reason"]) for one in listed]


async def test_whoever_hangs_up_was_spoken_with(api, notice):
    """Where a provider says so: it is the strict reading."""
    id_ = await accept(api, notice, "voice")
    [message] = await send_due(api)
    attempt = AttemptId.parse(message.attempt_id)
    assert attempt is not None
    turn = HungUp(ref="SM" + "0" * 32)
    assert SILENT_END == await take_turn(api.runtime, attempt, turn, provider="acme")
    assert ["conversation"] == await outcomes(api)
    assert {"voice": "delivered"} == await states(api, id_)
    assert 1 == await api.count("log_entries WHERE kind = 'receipt' AND actor = 'provider:acme'")
