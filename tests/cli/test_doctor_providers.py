"""`forbear doctor` asks the providers: accounts on loopback doubles that are well, and each thing that can be
wrong, with what to do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.channels.mail_servers import Mailbox, scripted, served
from tests.channels.smsc_double import smsc
from tests.cli.answering import NUMBER, SID, answering, found


def twilio(base_url: str, **further: Any) -> dict[str, Any]:
    """Texts by an account at a double."""
    account = {"account_sid": SID, "auth_token": "t" * 32, "from_number": NUMBER, "base_url": base_url}
    return {"sms": {"adapter": "twilio"}, "twilio": account | further}


TWILIO_WELL = {
    "IncomingPhoneNumbers": {"incoming_phone_numbers": [{"capabilities": {"sms": True, "voice": False}}]},
    f"Accounts/{SID}.json": {"status": "active"},
}


async def test_an_account_that_works_is_said_to_work() -> None:
    """Credentials, sender, clock; and that nobody reaches a loopback URL."""
    async with answering(TWILIO_WELL) as base_url:
        checks = await found(**twilio(base_url))
    assert {
        "twilio (sms) credentials": True,
        "twilio (sms) sender": True,
        "twilio (sms) clock": True,
        "public URL": False,
    } == {name: one.good for name, one in checks.items()}
    assert "FORBEAR_PUBLIC_URL" in checks["public URL"].do


@pytest.mark.parametrize(
    ("answers", "name", "says", "do"),
    [
        ({"Accounts/": 401}, "credentials", "HTTP 401", "FORBEAR_TWILIO__AUTH_TOKEN"),
        ({**TWILIO_WELL, f"Accounts/{SID}.json": {"status": "suspended"}}, "account", "suspended", "page"),
        (
            {**TWILIO_WELL, "IncomingPhoneNumbers": {"incoming_phone_numbers": []}},
            "sender",
            "no such number",
            "FORBEAR_TWILIO__FROM_NUMBER",
        ),
        (
            {**TWILIO_WELL, "IncomingPhoneNumbers": {"incoming_phone_numbers": [{"capabilities": {}}]}},
            "sender",
            "no sms",
            "FORBEAR_TWILIO__FROM_NUMBER",
        ),
    ],
)
async def test_what_is_wrong_at_twilio_is_named(
    answers: dict[str, Any], name: str, says: str, do: str
) -> None:
    """With the setting that is to be changed, and no secret."""
    async with answering(answers) as base_url:
        checks = await found(**twilio(base_url))
    one = checks[f"twilio (sms) {name}"]
    assert one.good is False
    assert says in one.said
    assert do in one.do
    assert "t" * 32 not in json.dumps([str(each) for each in checks.values()])


async def test_a_clock_that_is_wrong_is_named() -> None:
    """By the Date of the provider's answer."""
    async with answering(TWILIO_WELL, "Mon, 23 Nov 2020 10:00:00 GMT") as base_url:
        checks = await found(**twilio(base_url))
    assert checks["twilio (sms) clock"].good is False
    assert "NTP" in checks["twilio (sms) clock"].do


async def test_a_provider_that_is_away_is_named() -> None:
    """Nothing listens there any more."""
    async with answering({}) as base_url:
        pass
    checks = await found(**twilio(base_url))
    assert checks["twilio (sms) connection"].good is False


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"balance": {"data": {}}, "phone_numbers": {"data": [{}]}}, {"credentials": True, "sender": True}),
        ({"balance": {"data": {}}, "phone_numbers": {"data": []}}, {"credentials": True, "sender": False}),
        ({"balance": 401}, {"credentials": False}),
        ({"balance": 503}, {"credentials": None}),
    ],
)
async def test_telnyx_is_asked_for_the_balance_and_the_number(
    answers: dict[str, Any], expected: dict[str, bool | None]
) -> None:
    """Any key may read the balance."""
    async with answering(answers) as base_url:
        account = {
            "api_key": "KEY0",
            "public_key": "A" * 43 + "=",
            "from_number": NUMBER,
            "base_url": base_url,
        }
        checks = await found(sms={"adapter": "telnyx"}, telnyx=account)
    said = {name.removeprefix("telnyx (sms) "): one.good for name, one in checks.items()}
    assert expected == {name: said[name] for name in expected}


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (
            {
                "account": {"SendingEnabled": True, "ProductionAccessEnabled": True},
                "identities": {"VerifiedForSendingStatus": True},
                "configuration-sets": {"ConfigurationSetName": "s"},
            },
            {"credentials": True, "sender": True, "configuration set": True},
        ),
        (
            {"account": {"SendingEnabled": False}, "identities": {"VerifiedForSendingStatus": False}},
            {"credentials": True, "sending": None, "sender": False, "configuration set": False},
        ),
        ({"account": 403}, {"credentials": False}),
    ],
)
async def test_ses_is_asked_for_account_identity_and_set(
    answers: dict[str, Any], expected: dict[str, bool | None]
) -> None:
    """By signed reads."""
    async with answering(answers) as base_url:
        account = {
            "region": "eu-central-1",
            "sender": "notices@example.com",
            "configuration_set": "s",
            "topic_arn": "arn:aws:sns:eu-central-1:000000000000:forbear",
            "access_key_id": "AK",
            "secret_access_key": "s" * 20,
            "base_url": base_url,
        }
        checks = await found(email={"adapter": "ses"}, ses=account)
    said = {name.removeprefix("ses (email) "): one.good for name, one in checks.items()}
    assert expected == {name: said[name] for name in expected}


@pytest.mark.parametrize(("status", "good"), [(0, True), (0x0E, False), (0x05, None)])
async def test_an_smsc_is_bound_to(status: int, good: bool | None) -> None:
    """And left again."""
    async with smsc(bind_status=status) as double:
        account = {
            "host": "127.0.0.1",
            "port": double.port,
            "system_id": "forbear",
            "password": "a-pass",
            "sender": NUMBER,
            "tls": "none",
        }
        checks = await found(sms={"adapter": "smpp"}, smpp=account)
        assert not double.submitted()
    assert checks["smpp (sms) credentials"].good is good
    assert "public URL" not in checks


def smtp(port: int, **further: Any) -> dict[str, Any]:
    """Mails by a server on loopback."""
    server = {"host": "127.0.0.1", "port": port, "tls": "none", "sender": "notices@example.com"}
    return {"email": {"adapter": "smtp"}, "smtp": server | further}


async def test_a_mail_server_is_greeted_and_offered_the_sender() -> None:
    """Nothing is sent."""
    mailbox = Mailbox()
    async with served(mailbox) as port:
        checks = await found(**smtp(port))
    assert (True, True) == (checks["smtp (email) credentials"].good, checks["smtp (email) sender"].good)
    assert "no login is set" in checks["smtp (email) credentials"].said


async def test_what_is_wrong_at_a_mail_server_is_named() -> None:
    """The login, STARTTLS, the sender; each with its setting."""
    login = {"username": "somebody", "password": "wrong"}
    refusing = {"EHLO": "250-mail.example.com\r\n250 AUTH PLAIN", "AUTH": "535 5.7.8 no"}
    async with scripted(refusing) as port:
        checks = await found(**smtp(port, **login))
        assert "FORBEAR_SMTP__PASSWORD" in checks["smtp (email) credentials"].do
        assert checks["smtp (email) credentials"].good is False
    async with served(Mailbox()) as port:
        checks = await found(**smtp(port, **login))
        assert "FORBEAR_SMTP__USERNAME" in checks["smtp (email) credentials"].do
        checks = await found(**smtp(port, tls="starttls"))
        assert "FORBEAR_SMTP__TLS" in checks["smtp (email) tls"].do
    async with scripted({"MAIL": "553 5.7.1 not yours"}) as port:
        checks = await found(**smtp(port))
        assert checks["smtp (email) sender"].good is False
        assert "FORBEAR_SMTP__SENDER" in checks["smtp (email) sender"].do


PROBLEM = "application/problem+json"


@pytest.mark.parametrize(
    ("answers", "url", "receipts"),
    [
        ({"/healthz": 200, "/v1/receipts/twilio/sms/": (403, PROBLEM)}, True, True),
        ({"/healthz": 200, "/v1/receipts/": (403, "text/html")}, True, False),
        ({"/healthz": 502, "/v1/receipts/": 502}, False, False),
    ],
)
async def test_the_public_url_is_called_as_a_provider_would(
    monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any], url: bool, receipts: bool
) -> None:
    """Our own refusal of what nobody signed is the sign that the way is open."""
    monkeypatch.setattr("service.cli.doctor_providers.is_loopback", lambda _: False)
    async with answering(TWILIO_WELL) as base_url, answering(answers) as public:
        checks = await found(**twilio(base_url), public_url=public)
    assert (url, receipts) == (checks["public URL"].good, checks["receipts of twilio (sms)"].good)


async def test_a_sandbox_has_nobody_to_ask() -> None:
    """And needs no public URL."""
    assert {} == await found()
