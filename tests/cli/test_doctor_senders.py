"""`forbear doctor` asks about what the accounts of creditors send by: messaging services, WhatsApp senders,
applications, sessions; each wrong thing by the account's own variable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from service.cli.doctor_providers import of_providers
from service.settings import settings_type
from tests.channels.smsc_double import smsc
from tests.channels.vonage_double import PEM, PUBLIC
from tests.cli.answering import NUMBER, SID, answering, found

SERVICE = "MG" + "0" * 32


@pytest.mark.parametrize(
    ("answers", "good", "says"),
    [
        (
            {"PhoneNumbers": {"phone_numbers": [{}], "meta": {"key": "phone_numbers"}}, SERVICE: {}},
            True,
            "is the",
        ),
        (
            {
                "PhoneNumbers": {"phone_numbers": [], "meta": {"key": "phone_numbers"}},
                "AlphaSenders": {"alpha_senders": [{}], "meta": {"key": "alpha_senders"}},
                SERVICE: {},
            },
            True,
            "is the account's",
        ),
        (
            {
                "PhoneNumbers": {"phone_numbers": [], "meta": {"key": "phone_numbers"}},
                "ShortCodes": {"short_codes": [], "meta": {"key": "short_codes"}},
                "AlphaSenders": {"alpha_senders": [], "meta": {"key": "alpha_senders"}},
                SERVICE: {},
            },
            False,
            "nothing to send by",
        ),
        ({SERVICE: 404}, False, "no such messaging service"),
    ],
)
async def test_a_creditor_s_messaging_service_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any], good: bool, says: str
) -> None:
    """A sender that texts by a service needs no number; what is wrong is named by its own variable."""
    account = f"Accounts/{SID}.json"
    async with answering({**answers, account: {"status": "active"}}) as base_url:
        given = {"ACCOUNT_SID": SID, "AUTH_TOKEN": "t" * 32, "MESSAGING_SERVICE_SID": SERVICE}
        for name, value in {**given, "BASE_URL": base_url}.items():
            monkeypatch.setenv(f"FORBEAR_SENDER_ACME__{name}", value)
        deployment = settings_type("acme:twilio")(senders="acme:twilio")
        checks = {one.name: one for one in await of_providers(deployment)}
    one = checks["twilio.acme (sms) sender"]
    assert (good, True) == (one.good, says in one.said)
    assert good or "FORBEAR_SENDER_ACME__MESSAGING_SERVICE_SID" in one.do or "at Twilio" in one.do
    assert "twilio.acme (voice) credentials" not in checks


@pytest.mark.parametrize(
    ("senders", "good", "says"),
    [
        ([{"sender_id": f"whatsapp:{NUMBER}", "status": "ONLINE"}], True, "online"),
        ([{"sender_id": f"whatsapp:{NUMBER}", "status": "ONLINE:UPDATING"}], True, "online"),
        ([{"sender_id": f"whatsapp:{NUMBER}", "status": "OFFLINE"}], False, "offline"),
        ([{"sender_id": "whatsapp:+12025550199", "status": "ONLINE"}], False, "no such WhatsApp sender"),
    ],
)
async def test_a_creditor_s_whatsapp_sender_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, senders: list[dict[str, str]], good: bool, says: str
) -> None:
    """Its own number, under its own variable."""
    listed = {"senders": senders, "meta": {"key": "senders"}}
    answers = {"Channels/Senders": listed, f"Accounts/{SID}.json": {"status": "active"}}
    async with answering(answers) as base_url:
        given = {"ACCOUNT_SID": SID, "AUTH_TOKEN": "t" * 32, "WHATSAPP_NUMBER": NUMBER, "BASE_URL": base_url}
        for name, value in given.items():
            monkeypatch.setenv(f"FORBEAR_SENDER_ACME__{name}", value)
        deployment = settings_type("acme:twilio")(senders="acme:twilio")
        checks = {one.name: one for one in await of_providers(deployment)}
    one = checks["twilio.acme (whatsapp) sender"]
    assert (good, True) == (one.good, says in one.said)
    if not good and "no such" in says:
        assert "FORBEAR_SENDER_ACME__WHATSAPP_NUMBER" in one.do


APPLICATION = {"keys": {"public_key": PUBLIC}, "capabilities": {"voice": {}, "messages": {}}}
OWN = {"msisdn": NUMBER[1:], "features": ["SMS", "VOICE"], "app_id": "app"}


@pytest.mark.parametrize("channel", ["sms", "voice"])
@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({}, {"application": True, "sender": True}),
        ({"applications/app": 404}, {"application": False, "sender": True}),
        ({"applications/app": {**APPLICATION, "keys": {"public_key": "x"}}}, {"application": False}),
        ({"applications/app": {**APPLICATION, "capabilities": {"rtc": {}}}}, {"application": False}),
        ({"applications/app": 401}, {"application": False, "credentials": False}),
        ({"account/numbers": {"numbers": []}}, {"application": True, "sender": False}),
        ({"account/numbers": {}}, {"sender": False}),
        ({"account/numbers": {"numbers": [{**OWN, "features": ["MMS"]}]}}, {"sender": False}),
        ({"account/numbers": {"numbers": [{**OWN, "app_id": "another"}]}}, {"sender": None}),
    ],
)
async def test_a_sender_at_vonage_is_asked_for_application_and_number(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    channel: str,
    answers: dict[str, Any],
    expected: dict[str, bool | None],
) -> None:
    """Of a creditor's own, for texts and for calls; our private key is held against the application's."""
    (tmp_path / "key.pem").write_text(PEM)
    well = {"v1/calls": {}, "applications/app": APPLICATION, "account/numbers": {"numbers": [OWN]}}
    async with answering(well | answers) as base_url:
        given = {
            "APPLICATION_ID": "app",
            "PRIVATE_KEY_FILE": str(tmp_path / "key.pem"),
            "SIGNATURE_SECRET": "s" * 32,
            "FROM_NUMBER": NUMBER,
            "API_KEY": "key0",
            "API_SECRET": "secret-of-the-account",
            "BASE_URL": base_url,
        }
        for name, value in given.items():
            monkeypatch.setenv(f"FORBEAR_SENDER_ACME__{name}", value)
        deployment = settings_type("acme:vonage")(senders="acme:vonage")
        checks = {one.name: one for one in await of_providers(deployment)}
    said = {name.removeprefix(f"vonage.acme ({channel}) "): one for name, one in checks.items()}
    assert expected == {name: said[name].good for name in expected}
    for one in said.values():
        assert "secret-of-the-account" not in str(one)
        assert one.good is not False or "FORBEAR_VONAGE__" not in one.do


async def test_vonage_without_the_account_s_key_says_what_it_did_not_ask(tmp_path: Path) -> None:
    """Calls are read with the application's own; nothing else is asked."""
    (tmp_path / "key.pem").write_text(PEM)
    account = {
        "application_id": "app",
        "private_key_file": str(tmp_path / "key.pem"),
        "signature_secret": "s" * 32,
        "from_number": NUMBER,
    }
    by_vonage = {"adapter": "vonage"}
    async with answering({"v1/calls": {}}) as base_url:
        checks = await found(sms=by_vonage, voice=by_vonage, vonage=account | {"base_url": base_url})
    assert (True, None) == (checks["vonage (voice) credentials"].good, checks["vonage (voice) sender"].good)
    assert checks["vonage (sms) sender"].good is None
    assert "FORBEAR_VONAGE__API_KEY" in checks["vonage (sms) sender"].do
    async with answering({"v1/calls": 401}) as base_url:
        checks = await found(voice=by_vonage, vonage=account | {"base_url": base_url})
    assert checks["vonage (voice) credentials"].good is False


async def test_a_creditor_s_smsc_is_bound_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its own name; a refusal names its own variables."""
    for status, good in ((0, True), (0x0E, False)):
        async with smsc(bind_status=status) as double:
            given = {"HOST": "127.0.0.1", "PORT": str(double.port), "SYSTEM_ID": "acme", "PASSWORD": "a-pass"}
            for name, value in {**given, "SENDER": NUMBER, "TLS": "none"}.items():
                monkeypatch.setenv(f"FORBEAR_SENDER_NORTH__{name}", value)
            deployment = settings_type("north:smpp")(senders="north:smpp")
            checks = {one.name: one for one in await of_providers(deployment)}
        assert checks["smpp.north (sms) credentials"].good is good
        assert good or "FORBEAR_SENDER_NORTH__PASSWORD" in checks["smpp.north (sms) credentials"].do
