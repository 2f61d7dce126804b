"""Asking Twilio what became of a text: by its own id, or by the number, the words and the time."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import Any

import pytest

from channels.adapter import Absent, CannotTell, Found
from channels.message import Channel
from channels.receipt import Progress
from channels.testing import AT, message_on, sought_for
from channels.twilio.sms import TwilioSms
from tests.channels.twilio_double import CUT, SID, Answer, Twilio, account, refusal, resource, twilio

S = Channel.SMS


def row(sid: str, **further: Any) -> dict[str, Any]:
    """A message at the provider."""
    message = message_on(S)
    return resource(
        "messages",
        **{"sid": sid, "status": "delivered", "To": message.to, "Body": message.content.body} | further,
    )


async def looked_up(*rows: Any, script: tuple[Answer | str, ...] = (), **further: Any) -> tuple[Any, Twilio]:
    """What a look-up finds among these messages."""
    async with twilio(*script) as double:
        double.rows.extend(rows)
        adapter = TwilioSms(account(double.port))
        try:
            return await adapter.look_up(sought_for(message_on(S), **further)), double
        finally:
            await adapter.close()


async def test_a_look_up_by_sid_is_exact():
    """Where we hold the provider's id, it is asked for."""
    sighting, double = await looked_up(row("SMa"), row("SMb", status="undelivered"), ref="SMb")
    assert isinstance(sighting, Found)
    assert ("SMb", Progress.UNDELIVERED) == (sighting.receipt.ref, sighting.receipt.progress)
    assert f"/2010-04-01/Accounts/{SID}/Messages/SMb.json" == double.asked[0].path


async def test_a_look_up_without_a_sid_finds_the_one_message_that_fits():
    """Same number, same words, not before, and nobody else's."""
    sighting, double = await looked_up(
        row("SMa"),
        row("SMb", Body="other words"),
        row("SMc", created="Tue, 24 Nov 2026 16:59:59 +0000"),
        row("SMd"),
        known_refs=frozenset({"SMd"}),
    )
    assert isinstance(sighting, Found)
    assert "SMa" == sighting.receipt.ref
    assert ["+12025550143"] == double.asked[0].query["To"]
    assert ["2026-11-24T17:00:00Z"] == double.asked[0].query["DateSent>"]


async def test_a_look_up_asks_in_utc_whatever_zone_the_instant_has():
    """Twilio's package would print the local hour and call it Z."""
    at = AT.astimezone(timezone(timedelta(hours=-5)))
    _, double = await looked_up(since=at)
    assert ["2026-11-24T17:00:00Z"] == double.asked[0].query["DateSent>"]


async def test_a_look_up_that_finds_nothing_says_absent():
    """So far: lists may lag."""
    sighting, _ = await looked_up()
    assert Absent() == sighting


async def test_a_list_that_was_not_read_to_its_end_proves_no_absence():
    """The one may stand behind the last that was read."""
    sighting, _ = await looked_up(*(row(f"SM{number}", Body="other words") for number in range(200)))
    assert isinstance(sighting, CannotTell)


async def test_of_several_with_the_same_words_the_oldest_is_taken():
    """Which of them is whose makes no difference; the next question leaves this one out."""
    rows = (
        row("SMb", created="Tue, 24 Nov 2026 17:00:02 +0000"),
        row("SMa", created="Tue, 24 Nov 2026 17:00:01 +0000"),
    )
    sighting, _ = await looked_up(*rows)
    assert isinstance(sighting, Found)
    assert "SMa" == sighting.receipt.ref


async def test_several_candidates_are_for_a_person_to_settle():
    """None of them is chosen, where only the number is known."""
    sighting, _ = await looked_up(row("SMa"), row("SMb"), wrote=None)
    assert isinstance(sighting, CannotTell)
    assert ("SMa", "SMb") == tuple(sighting.candidates)


@pytest.mark.parametrize(
    "answer", [refusal(404, 20404), refusal(500, 20500), refusal(429, 20429), Answer(body="<html>"), CUT]
)
async def test_a_look_up_that_fails_settles_nothing(answer):
    """It never raises, and shows no address. The HTTP library may ask a second time: a question does no
    harm."""
    sighting, _ = await looked_up(script=(answer, answer), ref="SMa")
    assert isinstance(sighting, CannotTell)
    assert "2025550143" not in repr(sighting)


@pytest.mark.parametrize("created", [None, "yesterday"])
async def test_a_row_without_a_date_may_be_it(created):
    """A message that is only just queued."""
    sighting, _ = await looked_up(row("SMa") | {"date_created": created})
    assert isinstance(sighting, Found)
