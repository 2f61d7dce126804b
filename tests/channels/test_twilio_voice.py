"""Calls through Twilio's package against a double of our own on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from channels.adapter import Absent, CannotTell, Found
from channels.message import Channel
from channels.outcome import Accepted, Busy, Outcome, RefusalCause, Rejected, Unknown
from channels.receipt import Progress
from channels.testing import RECEIPT_URL, keeps_the_port, message_on, sought_for, tells_no_secret
from channels.twilio.voice import TwilioVoice
from tests.channels.twilio_double import (
    CUT,
    HANG,
    SID,
    TOKEN,
    Answer,
    Twilio,
    account,
    refusal,
    resource,
    twilio,
)

V = Channel.VOICE


def voice(port: int) -> TwilioVoice:
    """The adapter at the double."""
    return TwilioVoice(account(port))


@pytest.fixture
async def refused(closed_port: int) -> AsyncIterator[TwilioVoice]:
    """An adapter whose provider is not there."""
    adapter = voice(closed_port)
    yield adapter
    await adapter.close()


async def called(double: Twilio, *, timeout: float = 5.0) -> Outcome:
    """The outcome of one call."""
    adapter = voice(double.port)
    try:
        outcome = await adapter.send(message_on(V), timeout=timeout)
    finally:
        await adapter.close()
    tells_no_secret(outcome, message_on(V))
    return outcome


async def test_the_adapter_keeps_the_port():
    """What every adapter does, this one does."""
    async with twilio() as double:
        await keeps_the_port(voice(double.port), V)


async def test_a_call_fetches_its_words_from_our_signed_url_and_reports_every_stage():
    """The words are not in the request: fetching them proves the call, and may still be answered with a
    hang-up."""
    async with twilio() as double:
        assert Accepted(ref="CA" + "0" * 32) == await called(double)
    [asked] = double.posts()
    assert f"/2010-04-01/Accounts/{SID}/Calls.json" == asked.path
    assert (SID, TOKEN) == asked.credentials()
    assert [
        ("From", "+12025550100"),
        ("MachineDetection", "DetectMessageEnd"),
        ("Method", "POST"),
        ("StatusCallback", RECEIPT_URL),
        ("StatusCallbackEvent", "answered"),
        ("StatusCallbackEvent", "completed"),
        ("StatusCallbackEvent", "initiated"),
        ("StatusCallbackEvent", "ringing"),
        ("StatusCallbackMethod", "POST"),
        ("Timeout", "30"),
        ("To", "+12025550143"),
        ("Url", f"{RECEIPT_URL}/twiml"),
    ] == sorted(asked.form)


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (21217, RefusalCause.ADDRESS),
        (13224, RefusalCause.ADDRESS),
        (21215, RefusalCause.OURS),
        (13227, RefusalCause.OURS),
        (30002, RefusalCause.ACCOUNT),
        (13999, RefusalCause.UNLISTED),
    ],
)
async def test_a_refusal_means_that_nobody_was_called(code, cause):
    """One POST, and the cause that the table names."""
    async with twilio(refusal(400, code)) as double:
        outcome = await called(double)
    assert isinstance(outcome, Rejected)
    assert (cause, str(code)) == (outcome.cause, outcome.code)
    assert 1 == len(double.posts())


async def test_too_many_calls_are_for_later():
    """Nobody was called; the wait is the one asked for."""
    async with twilio(Answer(status=429, body="", headers={"Retry-After": "5"})) as double:
        outcome = await called(double)
    assert isinstance(outcome, Busy)
    assert outcome.retry_after is not None
    assert 5 == outcome.retry_after.total_seconds()


@pytest.mark.parametrize(
    "answer",
    [
        refusal(500, 20500),
        Answer(status=201, body={"status": "queued"}),
        Answer(status=201, body="?"),
        CUT,
        HANG,
    ],
)
async def test_a_call_that_may_have_been_placed_is_unknown(answer):
    """A telephone may be ringing: it is not called again."""
    async with twilio(answer) as double:
        outcome = await called(double, timeout=0.4)
    assert isinstance(outcome, Unknown), outcome
    assert 1 == len(double.posts())


async def test_a_refused_connection_called_nobody(refused):
    """It is tried again within the attempt, and then later."""
    outcome = await refused.send(message_on(V), timeout=0.4)
    assert isinstance(outcome, Busy)
    assert ("refused", True) == (outcome.code, outcome.account_wide)


async def looked_up(*rows: Any, **further: Any) -> Any:
    """What a look-up finds among these calls."""
    async with twilio() as double:
        double.rows.extend(rows)
        adapter = voice(double.port)
        try:
            return await adapter.look_up(sought_for(message_on(V), **further))
        finally:
            await adapter.close()


def row(sid: str, status: str = "completed", **further: Any) -> dict[str, Any]:
    """A call at the provider."""
    return resource("calls", sid=sid, status=status, To="+12025550143") | further


@pytest.mark.parametrize(
    ("call", "progress", "outcome"),
    [
        (row("CAa", answered_by="human"), Progress.DELIVERED, "conversation"),
        (row("CAa", answered_by="machine_end_beep"), Progress.UNCLEAR, None),
        (row("CAa", "no-answer"), Progress.UNDELIVERED, "rang_no_answer"),
        (row("CAa", "in-progress"), Progress.ACCEPTED, None),
        (row("CAa"), Progress.UNCLEAR, "unknown"),
    ],
)
async def test_a_look_up_by_sid_says_how_the_call_ended(call, progress, outcome):
    """Of one completed without a word on who answered nobody knows what came."""
    sighting = await looked_up(call, ref="CAa")
    assert isinstance(sighting, Found)
    assert (progress, outcome) == (sighting.receipt.progress, sighting.receipt.outcome)


async def test_a_look_up_without_a_sid_takes_the_calls_since_the_attempt():
    """A queued call may have no start time, so the window is applied on our side."""
    early = row("CAa", date_created="Tue, 24 Nov 2026 16:00:00 +0000")
    assert Absent() == await looked_up(early)
    sighting = await looked_up(early, row("CAb", "busy"))
    assert isinstance(sighting, Found)
    assert "CAb" == sighting.receipt.ref
    assert isinstance(await looked_up(row("CAb"), row("CAc")), CannotTell)
