"""Texts through Vonage: a double of our own on loopback that follows the public description, one POST each
and the right word for every answer; webhooks signed by a library that is not ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from channels.adapter import Absent, CannotTell, Found, Sighting
from channels.callback import NoSuchCallback, OtherType, Unreadable
from channels.meaning import Meaning
from channels.message import Channel, SmsContent
from channels.outcome import Accepted, Busy, Outcome, RefusalCause, Rejected, Unknown
from channels.receipt import Progress, Receipt
from channels.testing import keeps_the_port, keeps_the_receiver, message_on, sought_for, tells_no_secret
from channels.vonage.provider import PROVIDER, VonageAccount
from channels.vonage.receiver import VonageReceiver
from channels.vonage.sms import LONGEST, VonageSms
from channels.vonage.text_codes import CODES, STATUSES
from tests.channels.vonage_double import ACCOUNT, ID, NUMBER, SECRET, signed, vonage

S = Channel.SMS


async def said(answer: Any, *, timeout: float = 5.0, **further: Any) -> Outcome:
    """What one text amounts to where the create is answered so; one POST, and nothing of it in the
    outcome."""
    async with vonage(VonageSms, answer) as (double, adapter):
        message = message_on(S, **further)
        outcome = await adapter.send(message, timeout=timeout)
        tells_no_secret(outcome, message)
        assert len(double.asked) == 1
        return outcome


async def test_the_adapter_keeps_the_port() -> None:
    """The kit, and the request as Vonage's description has it."""
    async with vonage(VonageSms) as (double, adapter):
        await keeps_the_port(adapter, S)
    [(method, path, claims, body)] = double.asked
    message = message_on(S)
    assert ("POST", "/v1/messages", "app") == (method, path, claims["application_id"])
    assert body == {
        "message_type": "text",
        "channel": "sms",
        "to": "12025550143",
        "from": "12025550100",
        "text": message.content.body,  # type: ignore[union-attr]
        "client_ref": message.attempt_id,
        "ttl": 7200,
        "webhook_url": message.receipt_url,
        "webhook_version": "v1",
    }


@pytest.mark.parametrize(
    ("valid_for", "ttl"),
    [(timedelta(seconds=3), 20), (timedelta(days=9), 604_800), (timedelta(hours=1), 3600)],
)
async def test_a_text_is_not_delivered_later_than_it_may_be(valid_for: timedelta, ttl: int) -> None:
    """Within what Vonage takes."""
    async with vonage(VonageSms) as (double, adapter):
        await adapter.send(message_on(S, valid_for=valid_for), timeout=5.0)
    assert ttl == double.asked[0][3]["ttl"]


def problem(code: int) -> dict[str, Any]:
    """An error as the Messages API answers it."""
    return {
        "type": f"https://vonage.example/api-errors/messages#{code}",
        "title": "Refused",
        "detail": "+12025550143 was refused",
        "instance": "bf0ca0bf927b3b52e3cb03217e1a1ddf",
    }


@pytest.mark.parametrize("code", sorted(CODES))
async def test_each_code_of_the_table_is_told_in_our_words(code: int) -> None:
    """At create; nothing is asked twice."""
    outcome = await said((422, problem(code)))
    match CODES[code]:
        case Meaning.LATER:
            assert isinstance(outcome, Busy)
        case Meaning.UNCLEAR:
            assert isinstance(outcome, Unknown)
        case meaning:
            assert isinstance(outcome, Rejected)
            assert outcome.cause is RefusalCause(meaning.value)
    assert str(code) == outcome.code


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((202, {"message_uuid": ID}), Accepted(ref=ID)),
        ((401, {"type": "https://vonage.example/api-errors#unauthorized"}), RefusalCause.ACCOUNT),
        ((402, {"type": "https://vonage.example/api-errors/#low-balance"}), RefusalCause.ACCOUNT),
        ((404, {}), RefusalCause.UNLISTED),
        ((422, b"<html>"), RefusalCause.UNLISTED),
        ((422, problem(9999)), RefusalCause.UNLISTED),
        ((500, problem(1030)), Unknown),
        ((503, b"busy"), Unknown),
        ((307, b""), Unknown),
        ((202, b"no json"), Unknown),
        ((202, {}), Unknown),
        ((202, {"message_uuid": 7}), Unknown),
        ((202, []), Unknown),
        ("cut", Unknown),
        ("hang", Unknown),
    ],
)
async def test_every_other_answer_has_its_word(answer: Any, expected: Any) -> None:
    """Only a refusal says that nothing was created."""
    outcome = await said(answer, timeout=0.5 if answer == "hang" else 5.0)
    if isinstance(expected, RefusalCause):
        assert isinstance(outcome, Rejected)
        assert outcome.cause is expected
    elif isinstance(expected, type):
        assert isinstance(outcome, expected)
    else:
        assert expected == outcome


async def test_a_limit_says_how_long_it_lasts() -> None:
    """And holds for every text of the account."""
    outcome = await said((429, problem(1000), {"Retry-After": "7"}))
    assert isinstance(outcome, Busy)
    assert (timedelta(seconds=7), True) == (outcome.retry_after, outcome.account_wide)


async def test_a_text_that_is_too_long_is_refused_before_it_leaves() -> None:
    """Vonage would refuse it as well, and say less."""
    content = SmsContent(body="x" * (LONGEST + 1), segments=7, encoding="GSM-7")
    async with vonage(VonageSms) as (double, adapter):
        outcome = await adapter.send(message_on(S, content=content), timeout=5.0)
    assert isinstance(outcome, Rejected)
    assert (RefusalCause.OURS, []) == (outcome.cause, double.asked)


async def sighted(answer: Any, *, ref: str | None = None, account: bool = True) -> tuple[Sighting, str]:
    """What a look-up finds where the records are answered so, and the path that it asked."""
    further = ACCOUNT if account else {}
    async with vonage(VonageSms, answer, **further) as (double, adapter):
        found = await adapter.look_up(sought_for(message_on(S), ref=ref))
    return found, double.asked[0][1] if double.asked else ""


def record(status: str, **further: Any) -> dict[str, Any]:
    """One of the Reports API."""
    return {"message_id": ID, "status": status, "to": "12025550143", "provider": "sms"} | further


async def test_a_look_up_by_the_id_reads_the_account_s_records() -> None:
    """Found, or not there yet."""
    found, path = await sighted((200, {"records": [record("delivered")]}), ref=ID)
    assert isinstance(found, Found)
    assert (Progress.DELIVERED, ID) == (found.receipt.progress, found.receipt.ref)
    query = parse_qs(urlsplit(path).query)
    assert ("/v2/reports/records", ["key0"], ["MESSAGES"], ["outbound"], [ID]) == (
        urlsplit(path).path,
        *(query[name] for name in ("account_id", "product", "direction", "id")),
    )
    found, _ = await sighted((200, {"records": [], "ids_not_found": ID}), ref=ID)
    assert isinstance(found, CannotTell)
    assert found.again


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"records": [record("rejected", client_ref="another"),
                      record("submitted", client_ref="dlv_0001.1")]}, Progress.ACCEPTED),
        ({"records": [record("delivered", client_ref="another")]}, Absent()),
        ({"records": []}, Absent()),
        ({"records": [], "cursor": "next"},
         CannotTell(reason="none of the first records since is it, and there are more")),
        ({"records": "none"}, CannotTell(reason="no answer from the provider (AttributeError)", again=True)),
    ],
)  # fmt: skip
async def test_a_look_up_without_an_id_knows_its_attempt_by_our_own_mark(answer: Any, expected: Any) -> None:
    """Other texts to the same number are other attempts."""
    found, path = await sighted((200, answer))
    query = parse_qs(urlsplit(path).query)
    assert (["12025550143"], ["2026-11-24T17:00:00Z"]) == (query["to"], query["date_start"])
    if isinstance(expected, Progress):
        assert isinstance(found, Found)
        assert expected is found.receipt.progress
    else:
        assert expected == found


async def test_a_look_up_that_is_not_answered_tells_nothing() -> None:
    """An error, a silence; and without the account's key nobody is asked."""
    for answer in ((500, {}), (200, b"no json"), "cut"):
        found, _ = await sighted(answer, ref=ID)
        assert isinstance(found, CannotTell)
        assert found.again
    found, path = await sighted((200, {}), ref=ID, account=False)
    assert isinstance(found, CannotTell)
    assert (False, "") == (found.again, path)


RECEIVER = VonageReceiver(["another-secret-of-another-account-0123", SECRET])
STATUS = {
    "message_uuid": ID,
    "to": "12025550143",
    "from": "12025550100",
    "timestamp": "2026-11-24T17:00:25Z",
    "status": "delivered",
    "client_ref": "dlv_0001.1",
    "channel": "sms",
    "usage": {"currency": "EUR", "price": "0.0333"},
}


@pytest.mark.parametrize("status", sorted(STATUSES))
def test_a_receipt_is_read_and_its_forgeries_are_not(status: str) -> None:
    """By either account's secret; the address stays out of it."""
    receipt = keeps_the_receiver(RECEIVER, signed({**STATUS, "status": status}, kind="sms"))
    assert isinstance(receipt, Receipt)
    assert STATUSES[status] == (receipt.progress, receipt.outcome)
    assert ID == receipt.ref
    assert "2025550143" not in repr(receipt)


def error(code: Any, shape: str) -> Any:
    """An error as webhooks have it: with its number as the title, as a text or a number; or one object
    deeper."""
    plain = {
        "type": f"https://vonage.example/api-errors/messages#{code}",
        "title": code,
        "detail": "x",
    }
    return {"text": plain | {"title": str(code)}, "number": plain, "deeper": {"error": plain}}[shape]


@pytest.mark.parametrize("shape", ["text", "number", "deeper"])
@pytest.mark.parametrize(
    ("code", "dead", "opted_out", "again"),
    [
        (1190, True, False, False),
        (1240, False, True, False),
        (1050, False, True, False),
        (1180, False, False, True),
        (1070, False, False, True),
        (1210, False, False, False),
        (9999, False, False, False),
    ],
)
def test_what_a_code_says_at_create_it_says_in_a_receipt(
    code: int, dead: bool, opted_out: bool, again: bool, shape: str
) -> None:
    """One table."""
    receipt = RECEIVER.parse(
        signed({**STATUS, "status": "rejected", "error": error(code, shape)}, kind="sms")
    )
    assert isinstance(receipt, Receipt)
    assert (str(code), dead, opted_out, again) == (
        receipt.code,
        receipt.address_dead,
        receipt.opted_out,
        receipt.again,
    )
    assert ("not_in_service" if dead else "bounced") == receipt.outcome


def test_what_the_carrier_does_not_know_may_have_arrived() -> None:
    """1330, and a status that is none; a code beside a delivery kills no number."""
    for change in ({"status": "rejected", "error": error(1330, "text")}, {"status": "levitating"}):
        receipt = RECEIVER.parse(signed(STATUS | change, kind="sms"))
        assert isinstance(receipt, Receipt)
        assert (Progress.UNCLEAR, None) == (receipt.progress, receipt.outcome)
    receipt = RECEIVER.parse(signed(STATUS | {"error": error(1190, "text")}, kind="sms"))
    assert isinstance(receipt, Receipt)
    assert (Progress.DELIVERED, False) == (receipt.progress, receipt.address_dead)


INBOUND = {
    "channel": "sms",
    "message_uuid": ID,
    "to": "12025550100",
    "from": "12025550143",
    "timestamp": "2026-11-24T17:00:25Z",
    "message_type": "text",
    "text": "STOP",
    "sms": {"num_messages": "1", "keyword": "STOP"},
}
PICTURE = {"url": "https://example.com/image.jpg", "caption": "stop this"}


@pytest.mark.parametrize(
    ("change", "words", "media", "channel"),
    [
        ({}, "STOP", 0, "sms"),
        ({"text": None}, "", 0, "sms"),
        ({"channel": "mms", "message_type": "image", "text": None, "image": PICTURE}, "stop this", 1, "sms"),
        ({"channel": "mms", "message_type": "content", "text": "", "content": [PICTURE, {"url": "x"}]},
         "stop this", 2, "sms"),
        ({"channel": "whatsapp", "message_type": "reply", "text": None, "reply": {"title": "Stop"}},
         "Stop", 0, "whatsapp"),
        ({"from": "24273", "to": None}, "STOP", 0, "sms"),
    ],
)  # fmt: skip
def test_a_borrowers_message_is_taken_whatever_its_words(
    change: dict[str, Any], words: str, media: int, channel: str
) -> None:
    """Also empty, with pictures, by WhatsApp, which comes to the same URL; numbers get their plus."""
    callback = signed(INBOUND | change, kind="sms")
    RECEIVER.verify(callback)
    inbound = RECEIVER.parse_inbound(callback)
    assert (words, media, channel, ID) == (inbound.words, inbound.media, inbound.channel, inbound.ref)
    if "from" not in change:
        assert ("+12025550143", NUMBER) == (inbound.from_address, inbound.to_address)
    else:
        assert ("24273", "") == (inbound.from_address, inbound.to_address)


def test_what_is_no_callback_of_ours_is_refused_by_its_name() -> None:
    """Signed all the same."""
    with pytest.raises(OtherType):
        callback = signed(STATUS, kind="sms")
        RECEIVER.verify(replace(callback, headers={**callback.headers, "content-type": "text/plain"}))
    for broken in (b"{", [], {}, {"message_uuid": 7}, {"message_uuid": ""}):
        with pytest.raises(Unreadable):
            RECEIVER.parse(signed(broken, kind="sms"))
        with pytest.raises(Unreadable):
            RECEIVER.parse_inbound(signed(broken, kind="sms"))
    with pytest.raises(Unreadable, match="sms, mms, whatsapp"):
        RECEIVER.parse_inbound(signed(INBOUND | {"channel": "messenger"}, kind="sms"))
    with pytest.raises(NoSuchCallback):
        RECEIVER.parse_inbound(signed(INBOUND, kind="voice"))


def test_a_key_without_its_secret_is_missing_something() -> None:
    """And both channels need the same."""
    good = {"application_id": "a", "private_key_file": "k", "signature_secret": SECRET, "from_number": NUMBER}
    for channel in (Channel.SMS, Channel.VOICE):
        assert [] == list(VonageAccount.model_validate(good).missing({channel}))
        assert ["api_secret"] == list(
            VonageAccount.model_validate(good | {"api_key": "k"}).missing({channel})
        )
        assert NUMBER == VonageAccount.model_validate(good).answers_at(channel)
    assert {Channel.SMS, Channel.VOICE} == set(PROVIDER.adapters)
