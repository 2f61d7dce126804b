"""SMS through Twilio's package against a double of our own on loopback: one POST each, and the right word for
every answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from channels.adapter import ChannelMisconfigured
from channels.meaning import Meaning, wait_asked_for
from channels.message import Channel
from channels.outcome import Accepted, Busy, Outcome, RefusalCause, Rejected, Unknown
from channels.testing import (
    RECEIPT_URL,
    keeps_the_port,
    message_on,
    sought_for,
    tells_no_secret,
)
from channels.twilio.codes import CODES, outcome_of
from channels.twilio.sms import TwilioSms
from tests.channels.twilio_double import CUT, HANG, OURS, SID, TOKEN, Answer, Twilio, account, refusal, twilio

S = Channel.SMS


@pytest.fixture
async def adapters() -> AsyncIterator[list[TwilioSms]]:
    """Adapters that are closed behind the test."""
    built: list[TwilioSms] = []
    yield built
    for one in built:
        await one.close()


async def sent(double: Twilio, *, timeout: float = 5.0, **further: Any) -> Outcome:
    """The outcome of one message, which never shows an address."""
    adapter = TwilioSms(account(double.port))
    message = message_on(S, **further)
    try:
        outcome = await adapter.send(message, timeout=timeout)
    finally:
        await adapter.close()
    tells_no_secret(outcome, message)
    return outcome


async def test_the_adapter_keeps_the_port():
    """What every adapter does, this one does."""
    async with twilio() as double:
        await keeps_the_port(TwilioSms(account(double.port)), S)


async def test_a_create_carries_what_twilio_asks_for_and_nothing_else():
    """The exact text, the sender, where to send receipts, and until when it may be sent at all."""
    async with twilio() as double:
        assert Accepted(ref="SM" + "0" * 32) == await sent(double)
    [asked] = double.posts()
    assert f"/2010-04-01/Accounts/{SID}/Messages.json" == asked.path
    assert (SID, TOKEN) == asked.credentials()
    assert {
        "To": "+12025550143",
        "From": OURS,
        "Body": "Example Bank: canary-words. Reply STOP to end texts.",
        "StatusCallback": RECEIPT_URL,
        "ValidityPeriod": "7200",
    } == dict(asked.form)


async def test_a_messaging_service_takes_the_place_of_a_number(adapters):
    """One of the two says who sends."""
    async with twilio() as double:
        adapters.append(TwilioSms(account(double.port, messaging_service_sid="MG" + "0" * 32)))
        await adapters[0].send(message_on(S), timeout=5.0)
    form = dict(double.posts()[0].form)
    assert "MG" + "0" * 32 == form["MessagingServiceSid"]
    assert "From" not in form


@pytest.mark.parametrize(
    ("valid_for", "expected"),
    [(timedelta(0), "1"), (timedelta(minutes=1), "60"), (timedelta(days=3), "36000")],
)
async def test_the_validity_period_stays_within_what_twilio_takes(valid_for, expected):
    """1 to 36,000 seconds."""
    async with twilio() as double:
        await sent(double, valid_for=valid_for)
    assert expected == dict(double.posts()[0].form)["ValidityPeriod"]


async def test_a_message_that_twilio_holds_is_said_to_be_held():
    """It will be sent at a time of Twilio's own."""
    async with twilio() as double:
        double.status = "scheduled"
        assert Accepted(ref="SM" + "0" * 32, held=True) == await sent(double)


async def test_many_messages_share_one_connection(adapters):
    """One pooled session per process."""
    async with twilio() as double:
        adapters.append(TwilioSms(account(double.port)))
        for _ in range(5):
            assert isinstance(await adapters[0].send(message_on(S), timeout=5.0), Accepted)
    assert (1, 5) == (double.connections, len(double.posts()))


REFUSALS = sorted((code, RefusalCause(one)) for code, one in CODES.items() if one in {*RefusalCause})


@pytest.mark.parametrize(("code", "cause"), REFUSALS)
async def test_each_listed_code_is_a_refusal_with_its_cause(code, cause):
    """Nothing was created, and it stands in the table whose business that is."""
    async with twilio(refusal(400, code)) as double:
        outcome = await sent(double)
    assert isinstance(outcome, Rejected)
    assert (cause, str(code)) == (outcome.cause, outcome.code)
    assert "[number]" in outcome.reason
    assert 1 == len(double.posts())


@pytest.mark.parametrize("code", sorted(code for code, meaning in CODES.items() if meaning is Meaning.LATER))
async def test_a_full_queue_is_for_later(code):
    """Nothing was taken; another message may well pass."""
    async with twilio(refusal(400, code)) as double:
        outcome = await sent(double)
    assert isinstance(outcome, Busy)
    assert (str(code), False) == (outcome.code, outcome.account_wide)
    assert 1 == len(double.posts())


@pytest.mark.parametrize(
    ("answer", "cause", "code"),
    [
        (refusal(400, 29999), RefusalCause.UNLISTED, "29999"),
        (refusal(401, 20003), RefusalCause.ACCOUNT, "20003"),
        (refusal(403, 20008), RefusalCause.ACCOUNT, "20008"),
        (refusal(403, 21610), RefusalCause.OPTED_OUT, "21610"),
        (refusal(404, 20404), RefusalCause.UNLISTED, "20404"),
        (refusal(400, ["strange"]), RefusalCause.UNLISTED, "400"),
        (refusal(400, None), RefusalCause.UNLISTED, "400"),
        (
            Answer(status=400, body="<html>Bad Request</html>", content_type="text/html"),
            RefusalCause.UNLISTED,
            "400",
        ),
        (
            Answer(
                status=400, body={"type": "x", "title": "y", "status": 400, "code": 21211, "detail": "To"}
            ),
            RefusalCause.ADDRESS,
            "21211",
        ),
        (Answer(status=401, body="", content_type="text/plain"), RefusalCause.ACCOUNT, "401"),
    ],
)
async def test_other_refusals_are_certain_and_not_repeated(answer, cause, code):
    """A 4xx means that nothing was created; a code that no table lists is not guessed at."""
    async with twilio(answer) as double:
        outcome = await sent(double)
    assert isinstance(outcome, Rejected), outcome
    assert (cause, code) == (outcome.cause, outcome.code)
    assert 1 == len(double.posts())


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 1),
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "0"}, 1),
        ({"Retry-After": "999999999999999999999"}, 3600),
        ({"Retry-After": "soon"}, 1),
        ({"Retry-After": "٣"}, 1),
        ({"Retry-After": "Tue, 24 Nov 2026 17:00:30 GMT"}, 1),
        ({"Retry-After": "Tue, 24 Nov 2026 17:00:30 GMT", "Date": "Tue, 24 Nov 2026 17:00:00 GMT"}, 30),
        ({"Retry-After": "Tue, 24 Nov 2026 16:00:00 GMT", "Date": "Tue, 24 Nov 2026 17:00:00 GMT"}, 1),
    ],
)
def test_the_wait_is_the_one_that_the_headers_ask_for(headers, seconds):
    """RFC 9110 §10.2.3: seconds or a date; within a second and an hour; no clock of ours is read."""
    assert timedelta(seconds=seconds) == wait_asked_for(headers)


async def test_too_many_requests_hold_the_whole_account_for_as_long_as_asked():
    """Nothing was created, and every other message would meet the same answer."""
    refused = refusal(429, 20429)
    async with twilio(Answer(status=429, body=refused.body, headers={"retry-after": "11"})) as double:
        outcome = await sent(double)
    assert (
        Busy(code="429", reason="too many requests", retry_after=timedelta(seconds=11), account_wide=True)
        == outcome
    )
    assert 1 == len(double.posts())


@pytest.mark.parametrize(
    "answer",
    [
        refusal(500, 20500),
        refusal(503, 20503),
        Answer(status=502, body="<html>Bad Gateway</html>", content_type="text/html"),
        Answer(status=307, body="", headers={"Location": "http://127.0.0.1:9/"}),
        Answer(status=201, body="not json", content_type="text/plain"),
        Answer(status=201, body={"status": "queued"}),
        Answer(status=201, body=[]),
        Answer(status=201, body=None),
        Answer(status=201, body={"sid": "SM" + "0" * 32}, partly=True),
        CUT,
    ],
)
async def test_whatever_may_have_been_created_is_unknown_and_not_repeated(answer):
    """A server's error, a redirect, an unreadable or a cut answer: the message may be out."""
    async with twilio(answer) as double:
        outcome = await sent(double)
    assert isinstance(outcome, Unknown), outcome
    assert 1 == len(double.posts())


async def test_silence_after_the_request_was_written_is_unknown():
    """The time-out is ours and is kept; the request was taken."""
    async with twilio(HANG) as double:
        outcome = await sent(double, timeout=0.3)
    assert Unknown(code="timeout", reason="no answer in time after the request was written") == outcome
    assert 1 == len(double.posts())


async def test_a_kept_connection_that_dies_under_a_create_does_not_send_it_again(adapters):
    """The HTTP library repeats a GET by itself; were it to repeat a POST, the borrower would get two
    messages."""
    async with twilio() as double:
        adapters.append(TwilioSms(account(double.port)))
        await adapters[0].send(message_on(S), timeout=5.0)
        double.script.append(CUT)
        outcome = await adapters[0].send(message_on(S), timeout=5.0)
    assert isinstance(outcome, Unknown)
    assert (1, 2) == (double.connections, len(double.posts()))


async def test_a_refused_connection_sent_nothing(closed_port, adapters):
    """No byte left; every other message would meet the same."""
    adapters.append(TwilioSms(account(closed_port)))
    outcome = await adapters[0].send(message_on(S), timeout=0.5)
    assert Busy(code="refused", reason="the provider could not be connected to", account_wide=True) == outcome


async def test_a_cancelled_send_propagates(adapters):
    """The caller then treats the attempt as unknown."""
    async with twilio(HANG) as double:
        adapters.append(TwilioSms(account(double.port)))
        task = asyncio.create_task(adapters[0].send(message_on(S), timeout=5.0))
        while not double.posts():
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_no_log_line_has_a_number_a_text_or_a_token(caplog):
    """Not even at DEBUG, on success or on a refusal."""
    caplog.set_level(logging.DEBUG)
    async with twilio(refusal(400, 21211)) as double:
        await sent(double)
        await sent(double)
        adapter = TwilioSms(account(double.port))
        await adapter.look_up(sought_for(message_on(S)))
        await adapter.close()
    for secret in ("2025550143", "canary", TOKEN, RECEIPT_URL):
        assert secret not in caplog.text
    assert TOKEN not in repr(account(1))


def test_what_nobody_thought_of_is_unknown():
    """An exception of a kind that is not listed."""
    assert "OSError" in outcome_of(OSError()).reason


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "http://api.twilio.com",
        "http://10.0.0.1",
        "ftp://127.0.0.1",
        "https://",
        "http://127.0.0.1.example.com",
    ],
)
def test_the_credentials_go_to_no_host_that_nobody_allowed(url):
    """The base URL receives the account's token."""
    with pytest.raises(ChannelMisconfigured, match="FORBEAR_TWILIO__BASE_URL"):
        TwilioSms(account(1, base_url=url))


@pytest.mark.parametrize(
    "url",
    [
        "https://api.twilio.com",
        "https://api.twilio.com/",
        "http://localhost:1",
        "http://[::1]:1",
        "http://127.0.0.1:1/prefix",
    ],
)
def test_twilio_itself_and_loopback_are_allowed(url):
    """As is any host that a setting allows."""
    TwilioSms(account(1, base_url=url))
    TwilioSms(account(1, base_url="https://example.com", allow_other_host=True))


async def test_a_base_url_with_a_path_keeps_it(adapters):
    """A gateway of one's own may sit under a prefix."""
    async with twilio() as double:
        adapters.append(TwilioSms(account(double.port, base_url=f"http://127.0.0.1:{double.port}/gateway/")))
        await adapters[0].send(message_on(S), timeout=5.0)
    assert f"/gateway/2010-04-01/Accounts/{SID}/Messages.json" == double.posts()[0].path
