"""Calls and texts by Vonage through the whole service: placed, answered, and what each key leads to; sent,
receipted, and stopped by the borrower."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from aiohttp import web

from service.adapters import receivers_of
from service.api.app import create_app
from service.api.state import ApiState
from service.settings import settings_type
from service.wiring import open_service, running_worker
from tests.channels.vonage_double import ID, PEM, SECRET, Double, signed
from tests.serving.test_running_service import ADMIN, by_daylight, settings

NUMBER = "+12025550143"


class Line:
    """A service that calls and texts by Vonage, the double, and requests as Vonage makes them."""

    def __init__(self, client: httpx.AsyncClient, double: Double) -> None:
        self.client, self.double = client, double

    async def placed(self, notice: dict[str, Any]) -> tuple[str, str]:
        """Post a notice by voice; its id, and the path that the call's requests go to, once it is placed."""
        body = by_daylight(notice, voice=NUMBER) | {"channels": ["voice"]}
        consent = {"channel": "voice", "at": "2026-01-05T10:00:00Z", "given_to": "creditor"}
        body["borrower"] |= {"addresses": {"voice": NUMBER}, "consents": [consent]}
        body["debt"] |= {"creditor": "house-bank"}
        answer = await self.client.post("/v1/notices", json=body)
        assert answer.status_code == 202, answer.text
        async with asyncio.timeout(20):
            while not self.double.asked:
                await asyncio.sleep(0.05)
        return answer.json()["id"], urlsplit(self.double.asked[0][3]["event_url"][0]).path

    async def texted(self, notice: dict[str, Any]) -> tuple[str, str]:
        """Post a notice by text; its id, and the path that its receipts go to, once it is sent."""
        body = by_daylight(notice, sms=NUMBER) | {"channels": ["sms"]}
        body["borrower"] |= {"addresses": {"sms": NUMBER}}
        body["debt"] |= {"creditor": "house-bank"}
        answer = await self.client.post("/v1/notices", json=body)
        assert answer.status_code == 202, answer.text
        async with asyncio.timeout(20):
            while not self.double.asked:
                await asyncio.sleep(0.05)
        return answer.json()["id"], urlsplit(self.double.asked[0][3]["webhook_url"]).path

    async def texts(self, path: str, document: dict[str, Any]) -> httpx.Response:
        """A signed request about a text."""
        callback = signed({"message_uuid": ID, "channel": "sms", **document}, kind="sms")
        return await self.client.post(path, content=callback.body, headers=dict(callback.headers))

    async def posts(self, path: str, document: dict[str, Any], step: str | None = None) -> httpx.Response:
        """A signed request; the whole answer."""
        callback = signed({"uuid": ID, **document}, step)
        where = path if step is None else f"{path}/{step}"
        return await self.client.post(where, content=callback.body, headers=dict(callback.headers))

    async def state(self, id_: str) -> str:
        """Of the notice's one delivery."""
        state: str = (await self.client.get(f"/v1/notices/{id_}")).json()["deliveries"][0]["state"]
        return state


@pytest.fixture
async def line(database_url: str, tmp_path: Path) -> AsyncIterator[Line]:
    """Calls and texts leave by Vonage, whose double is on loopback."""
    double, app = Double(), web.Application()
    app.router.add_route("*", "/{path:.*}", double.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    key = tmp_path / "key.pem"
    key.write_text(PEM)
    given = settings(database_url, tmp_path).model_dump(
        include={"database_url", "data", "bootstrap_key", "secret_key"}
    )
    account = {
        "application_id": "app",
        "private_key_file": str(key),
        "signature_secret": SECRET,
        "from_number": "+12025550100",
        "base_url": f"http://127.0.0.1:{runner.addresses[0][1]}",
    }
    by_vonage = {"adapter": "vonage"}
    one = settings_type("")(**given, sms=by_vonage, voice=by_vonage, vonage=account)
    async with AsyncExitStack() as stack:
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
        client = await stack.enter_async_context(client)
        profile = {"name": "House Bank", "phone": "+12025550199"}
        assert (await client.put("/v1/creditors/house-bank", json=profile)).is_success
        yield Line(client, double)
        intake.cancel()
        await asyncio.gather(intake, return_exceptions=True)
    await runner.cleanup()


async def test_a_person_presses_the_key_and_hears_the_notice(line: Line, notice: dict[str, Any]) -> None:
    """Nothing about the debt before the key; then it is a conversation."""
    id_, path = await line.placed(notice)
    opening = (await line.posts(path, {}, "answer")).json()
    assert [one["action"] for one in opening] == ["talk", "input"]
    spoken = (await line.posts(path, {"dtmf": {"digits": "1", "timed_out": False}}, "choice")).json()
    assert spoken[0]["text"] != opening[0]["text"]
    assert spoken[-1]["eventUrl"][0].endswith("/last")
    assert await line.state(id_) == "delivered"
    end = await line.posts(path, {"dtmf": {"digits": "", "timed_out": True}}, "last")
    assert end.json() == []


async def test_a_machine_hears_what_anybody_may_hear(line: Line, notice: dict[str, Any]) -> None:
    """Nobody presses a key; the message's end is reported, and only that says that it was left."""
    id_, path = await line.placed(notice)
    await line.posts(path, {}, "answer")
    message = (await line.posts(path, {"dtmf": {"digits": "", "timed_out": True}}, "choice")).json()
    assert [one["action"] for one in message] == ["talk", "notify"]
    assert await line.state(id_) == "accepted"
    await line.posts(path, {"said": True}, "end")
    assert await line.state(id_) == "delivered"


async def test_a_key_ends_all_calls_and_a_forgery_does_nothing(line: Line, notice: dict[str, Any]) -> None:
    """The number is closed for calls; another account's signature is refused."""
    _, path = await line.placed(notice)
    forged = signed({"uuid": ID, "status": "completed"}, secret="a-secret-of-somebody-else-0123456789")
    refused = await line.client.post(path, content=forged.body, headers=dict(forged.headers))
    assert refused.status_code == 403
    await line.posts(path, {}, "answer")
    said = (await line.posts(path, {"dtmf": {"digits": "9", "timed_out": False}}, "choice")).json()
    assert [one["action"] for one in said] == ["talk"]
    listed = (await line.client.get("/v1/suppressions")).json()["items"]
    assert [("voice", "opt_out")] == [(one["channel"], one["reason"]) for one in listed]


async def test_a_text_is_receipted_and_stopped(line: Line, notice: dict[str, Any]) -> None:
    """What Vonage says of it settles it, once it is signed; STOP to the number closes texts and is confirmed
    by one."""
    id_, path = await line.texted(notice)
    assert path.startswith("/v1/receipts/vonage/sms/")
    body = line.double.asked[0][3]
    assert ("sms", "12025550143", "12025550100") == (body["channel"], body["to"], body["from"])
    async with asyncio.timeout(20):
        while await line.state(id_) != "accepted":
            await asyncio.sleep(0.05)
    forged = signed({"message_uuid": ID, "status": "delivered"}, kind="sms", secret="of-somebody-else" * 3)
    refused = await line.client.post(path, content=forged.body, headers=dict(forged.headers))
    assert refused.status_code == 403
    assert (await line.texts(path, {"status": "delivered"})).is_success
    assert await line.state(id_) == "delivered"
    stop = {"message_type": "text", "text": "STOP", "from": "12025550143", "to": "12025550100"}
    for _ in range(2):
        assert (await line.texts("/v1/inbound/vonage/sms", stop)).is_success
    listed = (await line.client.get("/v1/suppressions")).json()["items"]
    assert [("sms", "opt_out")] == [
        (one["channel"], one["reason"]) for one in listed if one["channel"] == "sms"
    ]
    async with asyncio.timeout(20):
        while len(line.double.asked) < 2:
            await asyncio.sleep(0.05)
    assert 2 == len(line.double.asked)
