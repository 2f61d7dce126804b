"""Accounts of creditors: what one names sends for it alone, and what its account signs settles nothing of
others."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from twilio.request_validator import RequestValidator

from service.adapters import receivers_of
from service.api.app import create_app
from service.api.state import ApiState
from service.errors import SetupError
from service.settings import Settings, load, settings_type
from service.wiring import Service, open_service, running_worker
from tests.channels.twilio_double import Twilio, twilio
from tests.serving.test_running_service import ADMIN, by_daylight, settings

NAMES = ("", "north", "south")
SIDS = {name: f"AC{place}" + "0" * 31 for place, name in enumerate(NAMES)}
TOKENS = {name: f"token-of-{name or 'the-house'}-for-tests" for name in NAMES}
NUMBERS = {name: f"+1202555010{place}" for place, name in enumerate(NAMES)}
CREDITORS = {
    "house-bank": {},
    "north-bank": {"sms": "north", "voice": "north"},
    "south-bank": {"sms": "south"},
}


def account(name: str, base_url: str) -> dict[str, str]:
    """The settings of one account."""
    return {
        "account_sid": SIDS[name],
        "auth_token": TOKENS[name],
        "from_number": NUMBERS[name],
        "base_url": base_url,
    }


@dataclass(slots=True)
class Running:
    """A service with one worker, its accounts at the double, and a client."""

    service: Service
    settings: Settings
    client: httpx.AsyncClient
    double: Twilio

    async def accept(self, creditor: str, place: int, notice: dict[str, Any]) -> str:
        """Post one notice of a creditor; the number it is for."""
        number = f"+1202555{1000 + place}"
        body = by_daylight(notice, sms=number)
        body |= {"channels": ["sms"]}
        body["borrower"] |= {"id": f"B-{place}", "addresses": {"sms": number}}
        body["debt"] |= {"creditor": creditor, "id": f"L-{place}"}
        answer = await self.client.post("/v1/notices", json=body)
        assert 202 == answer.status_code, answer.text
        return number

    async def posted(self, count: int) -> list[Any]:
        """What the double was asked, once it is as much as expected."""
        for _ in range(200):
            if len(self.double.posts()) >= count:
                break
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.1)
        return self.double.posts()


@pytest.fixture
async def running(database_url: str, tmp_path: Path) -> AsyncIterator[Running]:
    """Texts leave by Twilio, and two creditors have accounts of their own there."""
    async with AsyncExitStack() as stack:
        double = await stack.enter_async_context(twilio())
        base_url = f"http://127.0.0.1:{double.port}"
        given = settings(database_url, tmp_path).model_dump(
            include={"database_url", "data", "bootstrap_key", "secret_key"}
        )
        one = settings_type("north:twilio, south:twilio")(
            **given,
            senders="north:twilio, south:twilio",
            sms={"adapter": "twilio"},
            twilio=account("", base_url),
            sender_north=account("north", base_url),
            sender_south=account("south", base_url),
        )
        service = await stack.enter_async_context(open_service(one))
        intake = asyncio.create_task(service.intake.run())
        await stack.enter_async_context(running_worker(service))
        state = ApiState(
            runtime=service.runtime,
            intake=service.intake,
            registry=service.registry,
            bootstrap_key=ADMIN,
            receivers=receivers_of(one),
        )
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(create_app(state)),
            base_url=one.base_url,
            headers={"Authorization": f"Bearer {ADMIN}"},
        )
        yield Running(service, one, await stack.enter_async_context(client), double)
        intake.cancel()
        await asyncio.gather(intake, return_exceptions=True)


async def profiles(running: Running, **changed: dict[str, str]) -> None:
    """Store the creditors, each with its accounts."""
    for creditor, senders in (
        CREDITORS | {name.replace("_", "-"): one for name, one in changed.items()}
    ).items():
        body = {"name": creditor.title(), "phone": "+12025550199", "senders": senders or None}
        answer = await running.client.put(f"/v1/creditors/{creditor}", json=body)
        assert answer.is_success, answer.text
        assert senders == {one: name for one, name in answer.json()["senders"].items() if name}


async def test_a_creditors_messages_leave_by_its_own_account_alone(running, notice):
    """By the credentials of the request and by the number that it shows, for three creditors at once; also
    while one changes its account. Whoever names none uses the deployment's own."""
    await profiles(running)
    wanted: dict[str, str] = {}
    for place in range(24):
        creditor = list(CREDITORS)[place % 3]
        wanted[await running.accept(creditor, place, notice)] = CREDITORS[creditor].get("sms", "")
    posts = await running.posted(24)
    await profiles(running, south_bank={"sms": "north"})
    for place in range(24, 30):
        wanted[await running.accept("south-bank", place, notice)] = "north"
    posts = await running.posted(30)
    assert 30 == len(posts)
    left: dict[str, set[str]] = defaultdict(set)
    for one in posts:
        form = dict(one.form)
        name = wanted.pop(form["To"])
        left[name].add(form["To"])
        assert (SIDS[name], TOKENS[name]) == one.credentials()
        assert f"/Accounts/{SIDS[name]}/" in one.path
        assert NUMBERS[name] == form["From"]
        door = f"twilio.{name}" if name else "twilio"
        assert f"/v1/receipts/{door}/sms/" in form["StatusCallback"]
    assert ({}, {"": 8, "north": 14, "south": 8}) == (
        wanted,
        {name: len(some) for name, some in left.items()},
    )


async def receipt(running: Running, url: str, name: str, sid: str) -> int:
    """The status of a receipt at this URL, signed by this account."""
    form = {"AccountSid": SIDS[name], "MessageSid": sid, "MessageStatus": "delivered"}
    signature = RequestValidator(TOKENS[name]).compute_signature(url, form)
    answer = await running.client.post(
        url, data=form, headers={"X-Twilio-Signature": signature, "Authorization": ""}
    )
    return answer.status_code


async def test_a_receipt_is_believed_by_the_secret_of_the_account_that_it_left_by(running, notice):
    """Another account's signature is none at its door, and its own door does not know the attempt."""
    await profiles(running)
    await running.accept("north-bank", 1, notice)
    [post] = await running.posted(1)
    url, sid = dict(post.form)["StatusCallback"], running.double.rows[0]["sid"]
    for name in ("", "south"):
        assert 403 == await receipt(running, url, name, sid)
        other = url.replace("twilio.north", f"twilio.{name}" if name else "twilio")
        assert urlsplit(other).path != urlsplit(url).path
        assert 404 == await receipt(running, other, name, sid)
    assert 200 == await receipt(running, url, "north", sid)
    other = await running.client.post("/v1/receipts/twilio.west/sms/x~0")
    assert 404 == other.status_code


async def test_a_profile_names_only_accounts_that_are_there_for_the_channel(running):
    """A name that nobody set would let every message wait; the answer says which there are."""
    body = {"name": "West", "phone": "+12025550199"}
    for senders, pointer in (({"sms": "west"}, "/senders/sms"), ({"email": "north"}, "/senders/email")):
        answer = await running.client.put("/v1/creditors/west-bank", json=body | {"senders": senders})
        assert (422, pointer) == (answer.status_code, answer.json()["errors"][0]["pointer"])
    assert "expected one of north, south" in str(
        (await running.client.put("/v1/creditors/w", json=body | {"senders": {"voice": "x"}})).json()
    )


async def test_what_names_an_account_that_this_process_does_not_have_waits(running, notice):
    """It is never sent by another one: a worker with older settings leaves it where it is."""
    await profiles(running)
    async with running.service.runtime.database.connection() as connection:
        await connection.execute(
            "UPDATE creditors SET senders = '{\"sms\": \"gone\"}' WHERE creditor = 'north-bank'"
        )
        await running.service.runtime.in_force.refresh(connection, running.service.runtime.clock.now())
    await running.accept("north-bank", 1, notice)
    await running.accept("south-bank", 2, notice)
    assert 1 == len(await running.posted(1))
    await asyncio.sleep(1.5)
    [post] = running.double.posts()
    assert SIDS["south"] == post.credentials()[0]
    assert [("north-bank", "sms", "gone")] == running.service.runtime.in_force.unknown_senders()


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"SENDERS": "Acme:twilio"}, "FORBEAR_SENDERS: expected names"),
        ({"SENDERS": "a__b:twilio"}, "FORBEAR_SENDERS: expected names"),
        ({"SENDERS": "acme"}, "FORBEAR_SENDERS: expected acme with one of"),
        ({"SENDERS": "acme:nobody"}, "FORBEAR_SENDERS: expected acme with one of"),
        ({"SENDERS": "acme:smtp,acme:twilio"}, "FORBEAR_SENDERS: acme stands there twice"),
        ({"SENDERS": "acme:smtp"}, "FORBEAR_SENDER_ACME__HOST: required by the sender acme of smtp"),
        (
            {"SENDERS": "acme:twilio", "SENDER_ACME__ACCOUNT_SID": "AC", "SENDER_ACME__AUTH_TOKEN": "x"},
            "FORBEAR_SENDER_ACME__FROM_NUMBER: required by the sender acme of twilio",
        ),
        ({"SENDERS": "acme:smtp", "SENDER_ACME__PORT": "x"}, "FORBEAR_SENDER_ACME__PORT: "),
    ],
)
def test_a_sender_that_cannot_be_used_stops_the_start(monkeypatch, variables, says):
    """With the line that names the variable."""
    for name, value in variables.items():
        monkeypatch.setenv(f"FORBEAR_{name}", value)
    with pytest.raises(SetupError, match=says):
        load()


def test_a_sender_has_settings_of_its_own_as_they_stand_there(monkeypatch):
    """A token of digits stays text, and a channel that it cannot serve is not served."""
    given = {"SENDERS": "a1:twilio", "SENDER_A1__AUTH_TOKEN": "0012e5", "SENDER_A1__ACCOUNT_SID": "AC1"}
    for name, value in (given | {"SENDER_A1__MESSAGING_SERVICE_SID": "MG1"}).items():
        monkeypatch.setenv(f"FORBEAR_{name}", value)
    one = load()
    assert "0012e5" == one.account("twilio.a1").auth_token.get_secret_value()  # type: ignore[attr-defined]
    assert (["sms"], {"a1": "twilio.a1"}) == (one.serves("twilio.a1"), one.sender_adapters)
    assert ["twilio.a1"] == list(receivers_of(one))
