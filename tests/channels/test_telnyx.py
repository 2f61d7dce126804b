"""Telnyx: SMS against a double of our own on loopback, one POST each and the right word for every answer;
webhooks signed by a real key."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from channels.adapter import Absent, CannotTell, ChannelMisconfigured, Found
from channels.callback import Callback, Forged, NoSuchCallback, OtherType, Unreadable
from channels.meaning import Meaning
from channels.message import Channel
from channels.outcome import Accepted, Busy, Outcome, RefusalCause, Rejected, Unknown
from channels.receipt import Progress, Receipt
from channels.telnyx.codes import CODES, STATUSES
from channels.telnyx.provider import PROVIDER, TelnyxAccount
from channels.telnyx.receiver import TelnyxReceiver
from channels.telnyx.sms import TelnyxConfig, TelnyxSms
from channels.testing import (
    keeps_its_word,
    keeps_the_port,
    keeps_the_receiver,
    message_on,
    sought_for,
    tells_no_secret,
)
from service.errors import SetupError
from service.settings import load

S, OURS, ID = Channel.SMS, "+12025550100", "40385f64-5717-4562-b3fc-2c963f66afa6"
SIGNER = Ed25519PrivateKey.generate()
KEY = base64.b64encode(SIGNER.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


@dataclass
class Double:
    """What the double was asked, and what it answers."""

    port: int = 0
    answers: list[tuple[int, Any, dict[str, str]]] = field(default_factory=list)
    asked: list[tuple[str, str, str, Any]] = field(default_factory=list)
    hang: bool = False
    cut: bool = False

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Note the request, then do as told."""
        body = await request.read()
        document = orjson.loads(body) if body else None
        self.asked.append((request.method, request.path, request.headers.get("Authorization", ""), document))
        if self.hang:
            await asyncio.sleep(5)
        if self.cut:
            assert request.transport is not None
            request.transport.abort()
        status, said, headers = self.answers.pop(0) if self.answers else (200, {"data": {"id": ID}}, {})
        octets = said if isinstance(said, bytes) else orjson.dumps(said)
        return web.Response(status=status, body=octets, headers=headers, content_type="application/json")


@asynccontextmanager
async def telnyx(**further: Any) -> AsyncIterator[Double]:
    """A double on a free port of loopback."""
    double = Double(**further)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", double.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    double.port = runner.addresses[0][1]
    try:
        yield double
    finally:
        await runner.cleanup()


def adapter(port: int, **further: Any) -> TelnyxSms:
    """The account at the double."""
    given = {"api_key": "KEY-for-tests", "from_number": OURS, "base_url": f"http://127.0.0.1:{port}"}
    return TelnyxSms(TelnyxConfig(**given | further))


async def sent(double: Double, *, timeout: float = 5.0) -> Outcome:
    """The outcome of one message, which never shows an address."""
    one, message = adapter(double.port), message_on(S)
    try:
        outcome = await one.send(message, timeout=timeout)
    finally:
        await one.close()
    tells_no_secret(outcome, message)
    return outcome


def test_the_registration_keeps_its_word():
    """Every field has a default, and what is missing is a field."""
    keeps_its_word(PROVIDER)
    assert ["api_key", "public_key", "from_number"] == list(TelnyxAccount().missing({S}))


async def test_an_adapter_on_a_provider_that_is_well_keeps_the_port():
    """The same suite as every adapter."""
    async with telnyx() as double:
        await keeps_the_port(adapter(double.port), S)


async def test_a_message_is_one_post_with_its_own_return_address():
    """What the provider needs and nothing else, and never a profile's own webhook."""
    async with telnyx() as double:
        assert Accepted(ref=ID) == await sent(double)
        [(method, path, authorization, body)] = double.asked
    message = message_on(S)
    assert ("POST", "/v2/messages", "Bearer KEY-for-tests") == (method, path, authorization)
    assert body == {
        "from": OURS,
        "to": message.to,
        "text": message.content.body,  # type: ignore[union-attr]
        "type": "SMS",
        "webhook_url": message.receipt_url,
        "use_profile_webhooks": False,
    }


@pytest.mark.parametrize("code", sorted(CODES))
async def test_each_code_of_the_table_is_told_in_our_words(code):
    """At create; nothing is asked twice."""
    document = {"errors": [{"code": str(code), "title": "refused", "detail": "+12025550143 canary refused"}]}
    async with telnyx(answers=[(422, document, {})]) as double:
        outcome = await sent_once(double)
    if CODES[code] is Meaning.LATER:
        assert isinstance(outcome, Busy)
    else:
        assert isinstance(outcome, Rejected)
        assert RefusalCause(CODES[code].value) is outcome.cause


async def sent_once(double: Double, **further: Any) -> Outcome:
    """The outcome, after exactly one request; what was refused says it in words that may stand in a log, but
    for `canary`."""
    one = adapter(double.port)
    try:
        outcome = await one.send(message_on(S), timeout=further.pop("timeout", 5.0))
    finally:
        await one.close()
    assert 1 == len(double.asked)
    assert message_on(S).to not in repr(outcome)
    return outcome


@pytest.mark.parametrize(
    ("status", "document", "headers", "expected"),
    [
        (429, {"errors": [{"code": "10011"}]}, {"Retry-After": "7"}, Busy),
        (401, {"errors": [{"code": "10009"}]}, {}, Rejected),
        (403, b"<html>", {}, Rejected),
        (422, {"errors": [{"code": "99999"}]}, {}, Rejected),
        (422, {"errors": "broken"}, {}, Rejected),
        (500, {"errors": []}, {}, Unknown),
        (503, b"busy", {}, Unknown),
        (307, b"", {"Location": "http://127.0.0.1:1/"}, Unknown),
        (200, b"no json", {}, Unknown),
        (200, {"data": {}}, {}, Unknown),
        (200, {"data": {"id": 7}}, {}, Unknown),
        (200, [], {}, Unknown),
    ],
)
async def test_every_other_answer_has_its_word(status, document, headers, expected):
    """Only a refusal says that nothing was created; one request each, and no redirect is followed."""
    async with telnyx(answers=[(status, document, headers)]) as double:
        outcome = await sent_once(double)
    assert isinstance(outcome, expected)
    if status == 429:
        assert (timedelta(seconds=7), True) == (outcome.retry_after, outcome.account_wide)
    if status in {401, 403}:
        assert RefusalCause.ACCOUNT is outcome.cause
    if document in ({"errors": [{"code": "99999"}]}, {"errors": "broken"}):
        assert RefusalCause.UNLISTED is outcome.cause


async def test_a_time_out_and_a_cut_are_unknown_and_a_refused_connection_is_busy():
    """What may have been taken is never sent again."""
    async with telnyx(hang=True) as double:
        assert Unknown(code="timeout", reason="no answer in time after the request was written") == (
            await sent_once(double, timeout=0.2)
        )
    async with telnyx(cut=True) as double:
        outcome = await sent_once(double)
        assert isinstance(outcome, Unknown)
        assert "cut" == outcome.code
        port = double.port
    one = adapter(port)
    outcome = await one.send(message_on(S), timeout=0.3)
    await one.close()
    assert isinstance(outcome, Busy)
    assert outcome.account_wide


async def test_a_look_up_tells_what_became_of_a_message_by_its_id():
    """Found, absent, or not to be told; without an id there is nothing to ask for."""
    found = {"data": {"id": ID, "to": [{"phone_number": "+12025550143", "status": "delivered"}]}}
    async with telnyx(answers=[(200, found, {}), (404, {}, {}), (500, {}, {}), (200, b"x", {})]) as double:
        one = adapter(double.port)
        message = message_on(S)
        seen = await one.look_up(sought_for(message, ref=ID))
        assert isinstance(seen, Found)
        assert (Progress.DELIVERED, "delivered", ID) == (
            seen.receipt.progress,
            seen.receipt.outcome,
            seen.receipt.ref,
        )
        assert Absent() == await one.look_up(sought_for(message, ref=ID))
        for _ in range(2):
            told = await one.look_up(sought_for(message, ref=ID))
            assert isinstance(told, CannotTell)
            assert told.again
        assert CannotTell(reason="the provider tells of a message by its id alone") == await one.look_up(
            sought_for(message)
        )
        assert 4 == len(double.asked)
        await one.close()


@pytest.mark.parametrize(
    ("further", "says"),
    [
        ({"base_url": "https://evil.example"}, "FORBEAR_TELNYX__BASE_URL"),
        ({"from_number": "12025550100"}, "FORBEAR_TELNYX__FROM_NUMBER"),
    ],
)
async def test_a_setting_that_cannot_be_used_is_named(further, says):
    """And the key is handed to no host that nobody allowed."""
    with pytest.raises(ChannelMisconfigured, match=says):
        adapter(1, **further)
    adapter(1, base_url="https://proxy.example", allow_other_host=True)


def callback(document: Any, kind: str = "sms", **headers: str) -> Callback:
    """What Telnyx posts, signed."""
    body = document if isinstance(document, bytes) else orjson.dumps(document)
    signature = SIGNER.sign(b"1764000000|" + body)
    return Callback(
        url="https://forbear.example.com/v1/receipts/telnyx/sms/aB3-_",
        headers={
            "content-type": "application/json; charset=utf-8",
            "telnyx-timestamp": "1764000000",
            "telnyx-signature-ed25519": base64.b64encode(signature).decode(),
            **headers,
        },
        body=body,
        kind=kind,
    )


def event(type_: str, **payload: Any) -> dict[str, Any]:
    """A webhook's document."""
    return {
        "data": {"event_type": type_, "id": "evt", "record_type": "event", "payload": {"id": ID, **payload}}
    }


def finalized(status: str, code: str | None = None) -> dict[str, Any]:
    """The last word on a message."""
    errors = [] if code is None else [{"code": code, "title": "x", "detail": "to +12025550143"}]
    return event("message.finalized", to=[{"phone_number": "+12025550143", "status": status}], errors=errors)


RECEIVER = TelnyxReceiver([base64.b64encode(b"\1" * 32).decode(), KEY])


@pytest.mark.parametrize("status", sorted(STATUSES))
def test_a_receipt_is_read_and_its_forgeries_are_not(status):
    """By either account's key; the address stays out of it."""
    said = keeps_the_receiver(RECEIVER, callback(finalized(status)))
    assert isinstance(said, Receipt)
    assert STATUSES[status] == (said.progress, said.outcome)
    assert "2025550143" not in repr(said)
    assert "2025550143" not in repr(dict(said.raw))


@pytest.mark.parametrize(
    ("code", "dead", "opted_out", "again"),
    [
        ("40001", True, False, False),
        ("40012", True, False, False),
        ("40300", False, True, False),
        ("40008", False, False, False),
        ("40003", False, False, False),
        ("40011", False, False, True),
        ("99999", False, False, False),
        (None, False, False, False),
    ],
)
def test_what_a_code_says_at_create_it_says_in_a_receipt(code, dead, opted_out, again):
    """One table."""
    said = RECEIVER.parse(callback(finalized("delivery_failed", code)))
    assert isinstance(said, Receipt)
    assert (dead, opted_out, again) == (said.address_dead, said.opted_out, said.again)
    assert ("not_in_service" if dead else "bounced") == said.outcome


def test_a_code_beside_a_delivery_kills_no_number():
    """What arrived, arrived."""
    said = RECEIVER.parse(callback(finalized("delivered", "40001")))
    assert isinstance(said, Receipt)
    assert (Progress.DELIVERED, False) == (said.progress, said.address_dead)


def test_a_borrowers_message_is_taken_whatever_its_words():
    """Also empty, with pictures alone, and with numbers as plain texts."""
    document = event(
        "message.received",
        **{
            "from": {"phone_number": "+12025550143"},
            "to": [{"phone_number": OURS}],
            "text": "STOP",
            "media": [],
        },
    )
    inbound = RECEIVER.parse_inbound(callback(document))
    assert ("+12025550143", OURS, "STOP", 0, ID) == (
        inbound.from_address,
        inbound.to_address,
        inbound.words,
        inbound.media,
        inbound.ref,
    )
    old = event("message.received", **{"from": "+12025550143", "to": OURS, "text": None, "media": [{}, {}]})
    inbound = RECEIVER.parse_inbound(callback(old))
    assert ("+12025550143", OURS, "", 2) == (
        inbound.from_address,
        inbound.to_address,
        inbound.words,
        inbound.media,
    )


def test_what_is_no_callback_of_ours_is_refused_by_its_name():
    """Signed all the same."""
    with pytest.raises(OtherType):
        RECEIVER.verify(callback(finalized("delivered"), **{"content-type": "text/plain"}))
    with pytest.raises(Forged):
        RECEIVER.verify(callback(finalized("delivered"), **{"telnyx-timestamp": "1764000001"}))
    with pytest.raises(NoSuchCallback):
        RECEIVER.parse(callback(finalized("delivered"), kind="voice"))
    with pytest.raises(NoSuchCallback):
        RECEIVER.parse_inbound(callback(event("message.received"), kind="voice"))
    for broken in (
        b"{",
        b"[]",
        b'{"data":{}}',
        event("message.received"),
        {"data": {"event_type": "message.sent", "payload": {}}},
    ):
        with pytest.raises(Unreadable):
            RECEIVER.parse(callback(broken))
    for broken in (b"{", event("message.sent"), {"data": {"event_type": "message.received", "payload": {}}}):
        with pytest.raises(Unreadable):
            RECEIVER.parse_inbound(callback(broken))


def test_a_public_key_that_is_none_stops_the_start(monkeypatch):
    """Whichever account it is of: the line names its own setting."""
    for key in ("x", "AAAA", "ключ"):
        with pytest.raises(ValueError, match="expected 32 octets in base64") as caught:
            TelnyxAccount(public_key=key)
        assert "public_key" in str(caught.value)
    monkeypatch.setenv("FORBEAR_SENDERS", "acme:telnyx")
    monkeypatch.setenv("FORBEAR_SENDER_ACME__PUBLIC_KEY", "x")
    with pytest.raises(SetupError, match=r"FORBEAR_SENDER_ACME__PUBLIC_KEY: .*expected 32 octets in base64"):
        load()
