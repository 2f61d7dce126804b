"""What a call tells, to whom, and how it ends."""

from __future__ import annotations

from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest

from channels.outcome import Accepted, Busy, RefusalCause, Rejected, Unknown
from channels.twilio.twiml import render
from service.dispatch.decide.facts import ZoneCache
from service.dispatch.send.settle import Sent
from tests.api.as_twilio import ADAPTERS, accept, path_of, post, send_due, states
from tests.steps import decide_all, dial_all, settle_all


def heard(answer) -> str:
    """All that a call says."""
    assert 200 == answer.status_code
    return "".join(ET.fromstring(answer.text).itertext())


async def test_a_call_tells_its_notice_to_whoever_says_that_they_are_the_borrower(api, notice):
    """Nothing about the debt before the key; then the words, weighed again; it was a conversation, whatever
    is said later."""
    id_ = await accept(api, notice, "voice")
    [message] = await send_due(api)
    path, call = path_of(message.receipt_url), {"CallSid": "SM" + "0" * 32}
    opening = await post(api, path + "/twiml", {**call, "AnsweredBy": "human"})
    assert render(message.content.opening, message.receipt_url) == opening.text
    assert "431.25" not in heard(opening)
    words = await post(api, path + "/digits", {**call, "Digits": "1"})
    assert render(message.content.notice, message.receipt_url) == words.text
    assert "431.25" in heard(words)
    assert 2 == await api.count("log_entries WHERE kind = 'call.spoken'")
    await post(api, path, {**call, "CallStatus": "completed", "AnsweredBy": "machine_end_other"})
    assert {"voice": "delivered"} == await states(api, id_)
    assert 1 == await api.count("attempts WHERE outcome = 'conversation'")


async def test_a_machine_hears_a_message_for_anybody_and_its_end_is_the_proof(api, notice):
    """Voicemail counts as left once it was played to its end; a machine that only answered settles
    nothing."""
    id_ = await accept(api, notice, "voice")
    [message] = await send_due(api)
    path, call = path_of(message.receipt_url), {"CallSid": "SM" + "0" * 32}
    assert (
        render(message.content.message, message.receipt_url)
        == (await post(api, path + "/twiml", {**call, "AnsweredBy": "machine_end_beep"})).text
    )
    assert {"voice": "accepted"} == await states(api, id_)
    assert ["Hangup"] == [one.tag for one in ET.fromstring((await post(api, path + "/digits", call)).text)]
    await post(api, path, {**call, "CallStatus": "completed", "AnsweredBy": "machine_end_beep"})
    assert {"voice": "delivered"} == await states(api, id_)
    assert 1 == await api.count("attempts WHERE outcome = 'voicemail_left'")


async def test_a_machine_that_was_cut_short_is_unknown_and_counts(api, notice):
    """Completed, and never played to its end."""
    id_ = await accept(api, notice, "voice")
    [message] = await send_due(api)
    path, call = path_of(message.receipt_url), {"CallSid": "SM" + "0" * 32}
    await post(api, path + "/twiml", {**call, "AnsweredBy": "machine_end_beep"})
    await post(api, path, {**call, "CallStatus": "completed", "AnsweredBy": "machine_end_beep"})
    assert {"voice": "unknown"} == await states(api, id_)


@pytest.mark.parametrize(
    "late", [["initiated"], ["ringing"], ["in-progress"], ["initiated", "ringing", "in-progress", "queued"]]
)
async def test_an_earlier_word_that_comes_late_lowers_no_last_word(api, notice, late):
    """A call was completed and nobody knows who heard: that it began is no news, and whoever looks it up asks
    as soon as before."""
    id_ = await accept(api, notice, "voice")
    [message] = await send_due(api)
    path, call = path_of(message.receipt_url), {"CallSid": "SM" + "0" * 32}
    await post(api, path + "/twiml", {**call, "AnsweredBy": "machine_end_beep"})
    await post(api, path, {**call, "CallStatus": "completed", "AnsweredBy": "machine_end_beep"})
    before = await _attempt(api)
    for word in late:
        answer = await post(api, path, {**call, "CallStatus": word})
        assert 200 == answer.status_code, answer.text
    assert {"voice": "unknown"} == await states(api, id_)
    assert before == await _attempt(api)
    await post(api, path, {**call, "CallStatus": "no-answer"})
    assert {"voice": "undelivered"} == await states(api, id_)


@pytest.mark.parametrize(
    "outcome",
    [
        Accepted(ref="SM" + "0" * 32),
        Busy(code="503", reason="busy"),
        Rejected(cause=RefusalCause.OURS, code="400", reason="refused"),
        Unknown(code="", reason="no answer"),
    ],
    ids=["accepted", "busy", "rejected", "unknown"],
)
async def test_the_answer_to_a_hand_over_that_is_slower_than_the_call_changes_nothing(api, notice, outcome):
    """The call was made and over before its answer was written down: what came of it, and that it counts,
    stands."""
    id_ = await accept(api, notice, "voice")
    round_ = await decide_all(api.runtime, ZoneCache(), limit=50, adapters=ADAPTERS, lease_seconds=30)
    [one] = await dial_all(api.runtime, round_.reserved, send_within=15.0)
    path, call = path_of(one.message.receipt_url), {"CallSid": "SM" + "0" * 32}
    await post(api, path + "/twiml", {**call, "AnsweredBy": "machine_end_beep"})
    await post(api, path, {**call, "CallStatus": "completed", "AnsweredBy": "machine_end_beep"})
    before = await _attempt(api)
    await settle_all(api.runtime, [Sent(key=one.reserved.key, outcome=outcome, at=api.clock.now())])
    assert {"voice": "unknown"} == await states(api, id_)
    assert before == await _attempt(api)


async def _attempt(api) -> tuple[object, ...]:
    """The only attempt: its state, what came of it and when it is looked up."""
    rows = []
    for cell in api.runtime.cells.all:
        async with cell.database.connection() as connection:
            rows += await connection.fetch("SELECT state, outcome, look_up_at, looked_up FROM attempts")
    [row] = rows
    return tuple(row)


async def test_a_call_that_may_not_speak_any_more_ends_without_a_word(api, notice):
    """Nine in the evening came between placing the call and its answer."""
    await accept(api, notice, "voice")
    [message] = await send_due(api)
    api.clock.move(timedelta(hours=9))
    answer = await post(api, path_of(message.receipt_url) + "/twiml", {"CallSid": "CA" + "0" * 32})
    assert ["Hangup"] == [one.tag for one in ET.fromstring(answer.text)]
    assert 1 == await api.count("log_entries WHERE kind = 'call.hung_up'")


async def test_a_cancelled_call_ends_without_a_word(api, notice):
    """Cancelled while it rang."""
    id_ = await accept(api, notice, "voice")
    [message] = await send_due(api)
    await api.client.post(f"/v1/notices/{id_}/cancel", json={})
    answer = await post(api, path_of(message.receipt_url) + "/twiml", {"CallSid": "CA" + "0" * 32})
    assert ["Hangup"] == [one.tag for one in ET.fromstring(answer.text)]


async def test_nine_ends_all_calls_to_this_number(api, notice):
    """The key acts once, however often it is pressed; any other key does nothing."""
    await accept(api, notice, "voice")
    [message] = await send_due(api)
    path, call = path_of(message.receipt_url) + "/digits", {"CallSid": "SM" + "0" * 32}
    assert ["Hangup"] == [
        one.tag for one in ET.fromstring((await post(api, path, {**call, "Digits": "5"})).text)
    ]
    for _ in range(2):
        answer = await post(api, path, {**call, "Digits": "9"})
        assert ["Say", "Hangup"] == [one.tag for one in ET.fromstring(answer.text)]
    assert 1 == await api.count("events WHERE type = 'opt_out'")
    again = await accept(api, notice, "voice", reference="again")
    assert [] == await send_due(api)
    assert {"voice": "suppressed"} == await states(api, again)
