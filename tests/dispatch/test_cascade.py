"""Cascades: the next channel only when the one before failed or went unanswered."""

from __future__ import annotations

from datetime import timedelta

import pytest

from channels.outcome import RefusalCause, Rejected, Unknown
from channels.receipt import Progress
from service.dispatch.send.settle import settle

CASCADE = {"fan_out": "cascade", "wait": "PT6H"}


async def test_only_the_first_channel_goes_at_first(bench, plain):
    """The others are not even there."""
    id_ = await bench.accept(plain, "email", "sms", "voice", **CASCADE)
    assert ["email"] == [one.channel.value for one in await bench.work()]
    assert "accepted" == (await bench.states(id_))["email"]


async def test_a_failed_channel_is_followed_at_once(bench, plain):
    """Rejected: the next one is due now."""
    id_ = await bench.accept(plain, "email", "sms", **CASCADE)
    bench.providers["email"].answers = [
        Rejected(cause=RefusalCause.ADDRESS, code="550", reason="no such mailbox")
    ]
    assert {"email", "sms"} == {one.channel.value for one in await bench.work()}
    assert {"email": "rejected", "sms": "accepted"} == await bench.states(id_)


async def test_a_delivered_channel_is_followed_after_the_wait(bench, plain):
    """Unanswered for six hours."""
    id_ = await bench.accept(plain, "email", "sms", **CASCADE)
    [message] = await bench.work()
    await bench.receipt(message, Progress.DELIVERED, "delivered")
    assert [] == await bench.work()
    waiting = (await bench.read(id_))["sms"]
    assert ("deferred", "waits for an answer on an earlier channel (email) until it is due") == (
        waiting["state"],
        waiting["reason"],
    )
    bench.api.clock.move(timedelta(hours=6))
    assert ["sms"] == [one.channel.value for one in await bench.work()]


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ({"type_": "payment"}, "suppressed"),
        ({"type_": "promise_to_pay"}, "suppressed"),
        ({"type_": "inbound", "channel": "email"}, "cancelled"),
        ({"type_": "plan_request"}, "cancelled"),
        ({"type_": "complaint", "channel": "email"}, "cancelled"),
        ({"type_": "contact", "channel": "voice", "outcome": "conversation"}, "cancelled"),
        ({"type_": "contact", "channel": "voice", "outcome": "hung_up"}, "cancelled"),
    ],
)
async def test_an_answer_ends_the_cascade(bench, plain, answer, state):
    """The borrower paid, promised or wrote: no further channel."""
    id_ = await bench.accept(plain, "email", "sms", **CASCADE)
    [message] = await bench.work()
    await bench.receipt(message, Progress.DELIVERED, "delivered")
    await bench.event(**answer)
    bench.api.clock.move(timedelta(hours=6))
    assert [] == await bench.work()
    assert state == (await bench.states(id_))["sms"]


async def test_a_mail_that_the_next_hop_took_is_followed_after_the_wait(bench, plain):
    """A mail server says no further word: from then on the borrower is waited for, and the notice is not
    done."""
    id_ = await bench.accept(plain, "email", "sms", **CASCADE)
    assert 1 == len(await bench.work())
    assert {"email": "accepted", "sms": "deferred"} == await bench.states(id_)
    assert [] == await bench.work()
    bench.api.clock.move(timedelta(hours=6))
    assert ["sms"] == [one.channel.value for one in await bench.work()]


async def test_a_mail_that_bounces_later_is_followed_at_once(bench, plain):
    """What waits for an answer to it waits no longer."""
    id_ = await bench.accept(plain, "email", "sms", **CASCADE)
    [message] = await bench.work()
    await bench.receipt(message, Progress.UNDELIVERED, "bounced")
    assert ["sms"] == [one.channel.value for one in await bench.work()]
    assert {"email": "undelivered", "sms": "accepted"} == await bench.states(id_)


async def test_nobody_waits_for_an_answer_to_what_was_cancelled(bench, plain):
    """Too late for the mail; what follows it ends at once, and the notice is done."""
    id_ = await bench.accept(plain, "email", "sms", **CASCADE)
    dialed = await bench.dial(await bench.decide())
    await bench.api.client.post(f"/v1/notices/{id_}/cancel", json={})
    await settle(bench.api.runtime, await bench.send(dialed))
    assert [] == await bench.work()
    assert {"email": "accepted", "sms": "cancelled"} == await bench.states(id_)


async def test_a_late_receipt_begins_no_second_wait(bench, plain):
    """The borrower has had the mail since the next hop took it, as far as anybody knows."""
    await bench.accept(plain, "email", "sms", **CASCADE)
    [message] = await bench.work()
    bench.api.clock.move(timedelta(hours=4))
    await bench.receipt(message, Progress.DELIVERED, "delivered")
    bench.api.clock.move(timedelta(hours=2))
    assert ["sms"] == [one.channel.value for one in await bench.work()]


async def test_an_opt_out_that_the_provider_knew_is_no_answer(bench, plain):
    """The channel failed: the next one is tried."""
    id_ = await bench.accept(plain, "email", "sms", **CASCADE)
    bench.providers["email"].answers = [
        Rejected(cause=RefusalCause.OPTED_OUT, code="550", reason="opted out at the provider")
    ]
    assert {"email", "sms"} == {one.channel.value for one in await bench.work()}
    assert {"email": "rejected", "sms": "accepted"} == await bench.states(id_)


async def test_a_conversation_ends_the_cascade(bench, plain):
    """Somebody answered the call."""
    id_ = await bench.accept(plain, "voice", "sms", **CASCADE)
    [message] = await bench.work()
    await bench.receipt(message, Progress.DELIVERED, "conversation")
    bench.api.clock.move(timedelta(hours=6))
    assert [] == await bench.work()
    assert "voice" in await bench.states(id_)


async def test_an_unknown_outcome_is_not_followed(bench, plain):
    """The borrower may have heard."""
    await bench.accept(plain, "sms", "email", **CASCADE)
    bench.providers["sms"].answers = [Unknown(code="timeout", reason="?")]
    assert 1 == len(await bench.work())
    bench.api.clock.move(timedelta(minutes=30))
    await bench.sweep()
    assert [] == await bench.work()


async def test_a_suppressed_channel_is_followed(bench, plain):
    """The borrower wants no SMS: e-mail follows."""
    await bench.accept(plain, "email", reference="first")
    await bench.work()
    await bench.event("opt_out", channel="sms", scope="medium", via="phone")
    bench.api.clock.move(timedelta(minutes=1))
    await bench.accept(plain, "sms", "email", **CASCADE)
    assert ["email"] == [one.channel.value for one in await bench.work()]
