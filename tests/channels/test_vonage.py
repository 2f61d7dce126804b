"""Vonage: calls against a double of our own on loopback, and requests to us signed by a library that is not
ours."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import jwt
import orjson
import pytest

from channels.adapter import Absent, CannotTell, ChannelMisconfigured, Found
from channels.callback import Answered, Forged, Listener, NoSuchCallback, OtherType, Played, Pressed
from channels.content import call
from channels.message import Channel
from channels.outcome import Accepted, Busy, Outcome, RefusalCause, Rejected, Unknown
from channels.receipt import Progress, Receipt
from channels.script import SILENT_END
from channels.testing import (
    FACTS,
    keeps_its_word,
    keeps_the_port,
    keeps_the_receiver,
    message_on,
    sought_for,
    tells_no_secret,
)
from channels.vonage.codes import DETAILS, STATUSES
from channels.vonage.ncco import LONGEST, render
from channels.vonage.provider import PROVIDER, VonageAccount
from channels.vonage.receiver import VonageReceiver
from channels.vonage.voice import VonageVoice
from tests.channels.vonage_double import ID, SECRET, URL, signed, vonage

V = Channel.VOICE


async def said(answer: Any, *, timeout: float = 5.0) -> Outcome:
    """What one call amounts to where the create is answered so."""
    async with vonage(VonageVoice, answer) as (double, adapter):
        outcome = await adapter.send(message_on(V), timeout=timeout)
        tells_no_secret(outcome, message_on(V))
        assert len(double.asked) == 1
        return outcome


async def test_the_adapter_keeps_the_port() -> None:
    """The kit, and the request as Vonage's description has it."""
    keeps_its_word(PROVIDER)
    async with vonage(VonageVoice) as (double, adapter):
        await keeps_the_port(adapter, V)
    method, path, claims, body = double.asked[0]
    assert (method, path, claims["application_id"]) == ("POST", "/v1/calls", "app")
    message = message_on(V)
    assert body == {
        "to": [{"type": "phone", "number": "12025550143"}],
        "from": {"type": "phone", "number": "12025550100"},
        "answer_url": [f"{message.receipt_url}/answer"],
        "answer_method": "POST",
        "event_url": [message.receipt_url],
        "event_method": "POST",
        "ringing_timer": 30,
    }


INVALID_TO = {
    "invalid_parameters": [{"name": "to[0].number", "reason": "invalid"}],
    "detail": "+12025550143?",
}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((201, {"uuid": ID}), Accepted(ref=ID)),
        ((400, INVALID_TO), RefusalCause.ADDRESS),
        ((400, {"invalid_parameters": [{"name": "answer_url"}]}), RefusalCause.OURS),
        ((401, {"title": "Unauthorized"}), RefusalCause.ACCOUNT),
        ((403, {}), RefusalCause.ACCOUNT),
        ((404, {}), RefusalCause.UNLISTED),
        ((429, {}), Busy),
        ((500, {}), Unknown),
        ((302, {}), Unknown),
        ((201, {}), Unknown),
        ((201, b"<html>"), Unknown),
        ("cut", Unknown),
        ("hang", Unknown),
    ],
)
async def test_each_answer_to_a_create_has_its_word(answer: Any, expected: Any) -> None:
    """One POST each."""
    outcome = await said(answer, timeout=0.5 if answer == "hang" else 5.0)
    if isinstance(expected, RefusalCause):
        assert isinstance(outcome, Rejected)
        assert outcome.cause is expected
    elif isinstance(expected, type):
        assert isinstance(outcome, expected)
    else:
        assert outcome == expected


@pytest.mark.parametrize(
    ("ref", "answer", "expected"),
    [
        (ID, (200, {"uuid": ID, "status": "busy"}), "busy"),
        (ID, (404, {}), Absent()),
        (ID, (500, {}), CannotTell(reason="the provider answered HTTP 500", again=True)),
        (None, (200, {"_embedded": {"calls": []}}), Absent()),
        (
            None,
            (200, {"_embedded": {"calls": [
                {"uuid": "a", "status": "timeout", "to": {"type": "phone", "number": "12025550143"}},
                {"uuid": "b", "status": "busy", "to": {"type": "phone", "number": "12025550144"}},
            ]}}),
            "rang_no_answer",
        ),
        (
            None,
            (200, {"_embedded": {"calls": [
                {"uuid": one, "status": "busy", "to": {"number": "12025550143"}} for one in "ab"
            ]}}),
            CannotTell(reason="several calls at the provider could be it", candidates=("a", "b")),
        ),
    ],
)  # fmt: skip
async def test_a_look_up_asks_by_the_id_or_the_number(ref: str | None, answer: Any, expected: Any) -> None:
    """And settles nothing where several could be it."""
    async with vonage(VonageVoice, answer) as (_, adapter):
        found = await adapter.look_up(sought_for(message_on(V), ref=ref))
    if isinstance(found, Found):
        assert found.receipt.outcome == expected
    else:
        assert found == expected


RECEIVER = VonageReceiver(["another-secret-of-another-account-0123", SECRET])
EVENT = {"uuid": ID, "status": "ringing", "from": "12025550100", "to": "12025550143"}


def test_what_is_not_signed_is_not_believed() -> None:
    """The kit; another secret, another body's digest, another algorithm, none."""
    receipt = keeps_the_receiver(RECEIVER, signed(EVENT))
    assert isinstance(receipt, Receipt)
    assert receipt.rang
    assert "12025550143" not in repr(receipt.raw)
    none = jwt.encode({"payload_hash": hashlib.sha256(b"{}").hexdigest()}, "", algorithm="none")
    unsigned = replace(
        signed({}), headers={"content-type": "application/json", "authorization": f"Bearer {none}"}
    )
    for forged in (
        signed(EVENT, secret="a-secret-that-nobody-configured-0123456"),
        signed(EVENT, payload_hash="0" * 64),
        unsigned,
        replace(signed(EVENT), headers={"content-type": "application/json", "authorization": "Bearer a.b.c"}),
    ):
        with pytest.raises(Forged):
            RECEIVER.verify(forged)
    with pytest.raises(OtherType):
        RECEIVER.verify(replace(signed(EVENT), headers={"content-type": "text/plain"}))


CASES = [((status, None), end) for status, end in STATUSES.items()]


@pytest.mark.parametrize("status", STATUSES)
def test_each_status_has_its_word(status: str) -> None:
    """The table, by an event."""
    progress, end = STATUSES[status]
    receipt = RECEIVER.parse(signed({**EVENT, "status": status}))
    assert isinstance(receipt, Receipt)
    assert (progress, end.outcome or None, end.again) == (receipt.progress, receipt.outcome, receipt.again)


@pytest.mark.parametrize(("status", "detail"), DETAILS)
def test_a_detail_says_more_than_its_status(status: str, detail: str) -> None:
    """Also more than a SIP status beside it."""
    end = DETAILS[status, detail]
    receipt = RECEIVER.parse(signed({**EVENT, "status": status, "detail": detail, "sip_code": 486}))
    assert isinstance(receipt, Receipt)
    assert (end.outcome, end.address_dead, detail) == (receipt.outcome, receipt.address_dead, receipt.code)


@pytest.mark.parametrize("status", ["rejected", "failed", "busy", "unanswered"])
@pytest.mark.parametrize(
    ("sip", "unwanted"),
    [(607, True), (608, True), ("607", True), (603, False), (600, False)],
    ids=["607", "608", "607 in digits", "603", "600"],
)
@pytest.mark.parametrize("detail", [None, "declined", "restricted", "unavailable"])
def test_a_declined_or_unwanted_call_is_heard_whatever_else_the_event_says(
    status: str, sip: object, unwanted: bool, detail: str | None
) -> None:
    """It rang, it is not dialled again, and 607 and 608 end calls to the number."""
    receipt = RECEIVER.parse(signed({**EVENT, "status": status, "sip_code": sip, "detail": detail}))
    assert isinstance(receipt, Receipt)
    assert ("rang_no_answer", unwanted, False) == (receipt.outcome, receipt.unwanted, receipt.again)


def test_a_sip_status_says_what_no_detail_does() -> None:
    """607 is unwanted; what is not known settles nothing."""
    receipt = RECEIVER.parse(signed({**EVENT, "status": "rejected", "sip_code": 607}))
    assert isinstance(receipt, Receipt)
    assert (receipt.outcome, receipt.unwanted) == ("rang_no_answer", True)
    unknown = RECEIVER.parse(signed({**EVENT, "status": "levitating"}))
    assert isinstance(unknown, Receipt)
    assert (unknown.progress, unknown.outcome) == (Progress.UNCLEAR, None)


@pytest.mark.parametrize("status", ["timeout", "cancelled", "unanswered"])
@pytest.mark.parametrize(
    ("sip", "outcome"),
    [(487, "rang_no_answer"), (480, "rang_no_answer"), (503, "rang_no_answer"), (404, "not_in_service")],
)
def test_what_was_left_to_ring_rang_whatever_ended_it(status: str, sip: int, outcome: str) -> None:
    """487 is what a call that we cancelled ends with; a number that does not exist cannot ring."""
    receipt = RECEIVER.parse(signed({**EVENT, "status": status, "sip_code": sip}))
    assert isinstance(receipt, Receipt)
    assert receipt.outcome == outcome


DIGITS = {"digits": "1", "timed_out": False}
SILENCE = {"digits": "", "timed_out": True}


@pytest.mark.parametrize(
    ("step", "event", "turn"),
    [
        ("answer", EVENT, Answered(ref=ID, by=Listener.UNKNOWN)),
        ("choice", {**EVENT, "dtmf": DIGITS}, Pressed(ref=ID, key="1")),
        ("choice", {**EVENT, "dtmf": SILENCE}, Answered(ref=ID, by=Listener.MACHINE)),
        ("last", {**EVENT, "dtmf": SILENCE}, Pressed(ref=ID, key="")),
        ("end", {"said": True, "conversation_uuid": "CON-1"}, Played(ref="")),
    ],
)
def test_a_turn_of_a_call_is_read(step: str, event: Any, turn: Any) -> None:
    """Whoever presses nothing hears what anybody may hear, and no notice twice."""
    RECEIVER.verify(signed(event, step))
    assert turn == RECEIVER.parse(signed(event, step))


def test_what_it_does_not_post_is_refused() -> None:
    """Another step, another channel, a text to the number that calls."""
    for callback in (signed(EVENT, "dance"), signed(EVENT, "end", kind="sms"), signed(EVENT, kind="email")):
        with pytest.raises(NoSuchCallback):
            RECEIVER.parse(callback)
    with pytest.raises(NoSuchCallback):
        RECEIVER.parse_inbound(signed(EVENT))


def test_a_script_is_a_document_that_vonage_takes() -> None:
    """Words, then keys; the message reports its end; long words are cut, and all is escaped."""
    opening = render(call.opening(FACTS, "en"), URL)
    assert [one["action"] for one in opening] == ["talk", "input"]
    assert opening[0]["bargeIn"]
    assert "canary" not in orjson.dumps(opening).decode()
    assert (["dtmf"], [f"{URL}/choice"], 1) == (
        opening[1]["type"],
        opening[1]["eventUrl"],
        opening[1]["dtmf"]["maxDigits"],
    )
    message = render(call.message(FACTS, "es"), URL)
    assert [one["action"] for one in message] == ["talk", "notify"]
    assert message[0]["language"] == "es-US"
    assert '<say-as interpret-as="telephone">+12025550100</say-as>' in message[0]["text"]
    notice = render(call.notice("A & B <owe> you. " * 300, "en"), URL)
    assert [f"{URL}/last"] == notice[-1]["eventUrl"]
    assert all(len(one["text"]) <= LONGEST + 20 for one in notice[:-1])
    assert [one.get("bargeIn", False) for one in notice[:-1]] == [False] * (len(notice) - 2) + [True]
    assert "A &amp; B &lt;owe&gt; you." in notice[0]["text"]
    assert render(SILENT_END, URL) == []
    assert RECEIVER.reply(SILENT_END, URL).body == "[]"


def test_what_cannot_work_names_its_variable(tmp_path: Path) -> None:
    """A key that is none, a file that is missing, a number, another host."""
    file = tmp_path / "key.pem"
    file.write_text("no key")
    good = {"application_id": "app", "signature_secret": SECRET, "from_number": "+12025550100"}
    for further, variable in (
        ({"private_key_file": str(file)}, "FORBEAR_VONAGE__PRIVATE_KEY_FILE"),
        ({"private_key_file": str(tmp_path / "none")}, "FORBEAR_VONAGE__PRIVATE_KEY_FILE"),
        ({"private_key_file": str(file), "from_number": "1"}, "FORBEAR_VONAGE__FROM_NUMBER"),
        ({"private_key_file": str(file), "base_url": "https://example.com"}, "FORBEAR_VONAGE__BASE_URL"),
    ):
        account = VonageAccount.model_validate(good | further)
        with pytest.raises(ChannelMisconfigured, match=variable):
            PROVIDER.adapters[V](account, "vonage")
