"""What providers report: nothing without a signature, nothing twice, nothing backwards; a bounce ends a
mailbox."""

from __future__ import annotations

import pytest

from tests.api.as_twilio import accept, path_of, post, send_due, states


async def test_a_receipt_advances_once_and_never_goes_back(api, notice):
    """Delivered, then sent, then delivered again: the delivery is delivered, and the log has one line for
    each new word."""
    id_ = await accept(api, notice, "sms")
    [message] = await send_due(api)
    path = path_of(message.receipt_url)
    delivered = {"MessageSid": "SM" + "0" * 32, "MessageStatus": "delivered"}
    answers = [
        await post(api, path, delivered),
        await post(api, path, {**delivered, "MessageStatus": "sent"}),
        await post(api, path, delivered),
    ]
    assert [200, 200, 200] == [one.status_code for one in answers]
    assert "advanced" == answers[0].json()["effect"]
    assert "repeated" == answers[2].json()["effect"]
    assert {"sms": "delivered"} == await states(api, id_)
    assert 2 == await api.count("receipts")


async def test_a_contradiction_is_kept_and_changes_nothing(api, notice):
    """Undelivered after delivered stands as evidence."""
    id_ = await accept(api, notice, "sms")
    [message] = await send_due(api)
    path, sid = path_of(message.receipt_url), "SM" + "0" * 32
    await post(api, path, {"MessageSid": sid, "MessageStatus": "delivered"})
    answer = await post(api, path, {"MessageSid": sid, "MessageStatus": "undelivered", "ErrorCode": "30003"})
    assert "conflict" == answer.json()["effect"]
    assert {"sms": "delivered"} == await states(api, id_)


@pytest.mark.parametrize(
    ("given", "status"),
    [({"token": "another-token"}, 403), ({"account": "AC" + "1" * 32}, 403)],
)
async def test_what_twilio_did_not_sign_is_refused(api, notice, given, status):
    """Another key, another account."""
    await accept(api, notice, "sms")
    [message] = await send_due(api)
    answer = await post(
        api,
        path_of(message.receipt_url),
        {"MessageSid": "SM" + "0" * 32, "MessageStatus": "delivered"},
        **given,
    )
    assert status == answer.status_code
    assert 0 == await api.count("receipts")


async def test_an_unsigned_request_and_another_body_are_refused(api, notice):
    """No signature, JSON, NUL, no id: a 4xx that says so, nothing stored."""
    await accept(api, notice, "sms")
    [message] = await send_due(api)
    path = path_of(message.receipt_url)
    assert (
        403
        == (await api.client.post(path, data={"MessageSid": "SM1", "MessageStatus": "delivered"})).status_code
    )
    assert 415 == (await api.client.post(path, json={"MessageSid": "SM1"})).status_code
    assert 422 == (await post(api, path, {"MessageSid": "SM\0", "MessageStatus": "delivered"})).status_code
    assert 422 == (await post(api, path, {"MessageStatus": "delivered"})).status_code
    assert (
        404
        == (
            await post(api, path[:-1] + "~", {"MessageSid": "SM" + "0" * 32, "MessageStatus": "delivered"})
        ).status_code
    )
    voice = path.replace("/sms/", "/voice/")
    assert (
        404 == (await post(api, voice, {"CallSid": "CA" + "0" * 32, "CallStatus": "completed"})).status_code
    )
    assert 0 == await api.count("receipts")
