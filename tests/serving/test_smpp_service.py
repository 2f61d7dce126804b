"""Texts by SMPP through the whole service: two accounts with sessions of their own, receipts and replies that
come in them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from channels.smpp.pdu import Command, ShortMessage
from service.api.app import create_app
from service.api.state import ApiState
from service.settings import settings_type
from service.wiring import Service, open_service, running_worker
from tests.channels.smsc_double import Smsc, smsc
from tests.channels.test_smpp import BORROWER, OURS
from tests.channels.test_smpp_listening import in_options, receipt, reply
from tests.serving.test_running_service import ADMIN, by_daylight, settings

NUMBER = "+12025550143"


@dataclass(slots=True)
class Running:
    """A service with a worker and a client."""

    service: Service
    client: httpx.AsyncClient

    async def accept(self, notice: dict[str, Any], creditor: str = "house-bank", place: int = 1) -> str:
        """Post one notice; its id."""
        body = by_daylight(notice, sms=NUMBER) | {"channels": ["sms"]}
        body["borrower"] |= {"id": f"B-{place}", "addresses": {"sms": NUMBER}}
        body["debt"] |= {"creditor": creditor, "id": f"L-{place}"}
        answer = await self.client.post("/v1/notices", json=body)
        assert answer.status_code == 202, answer.text
        id_: str = answer.json()["id"]
        return id_

    async def state(self, id_: str, *wanted: str) -> str:
        """The state of its one delivery, once it is one of these."""
        state = ""
        async with asyncio.timeout(20):
            while state not in wanted:
                await asyncio.sleep(0.05)
                answer = await self.client.get(f"/v1/notices/{id_}")
                state = answer.json()["deliveries"][0]["state"]
        return state


def account(double: Smsc, **further: Any) -> dict[str, Any]:
    """The settings of one account."""
    return {
        "host": "127.0.0.1",
        "port": double.port,
        "system_id": "house",
        "password": "a-pass",
        "sender": "+12025550100",
        "tls": "none",
        **further,
    }


@asynccontextmanager
async def running(database_url: str, folder: Path, house: Smsc, north: Smsc) -> AsyncIterator[Running]:
    """Texts leave by SMPP, and one creditor has an account of its own."""
    given = settings(database_url, folder).model_dump(
        include={"database_url", "data", "bootstrap_key", "secret_key"}
    )
    one = settings_type("north:smpp")(
        **given,
        senders="north:smpp",
        sms={"adapter": "smpp"},
        smpp=account(house),
        sender_north=account(north, system_id="north", sender="NorthBank"),
    )
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(open_service(one))
        intake = asyncio.create_task(service.intake.run())
        await stack.enter_async_context(running_worker(service))
        state = ApiState(
            runtime=service.runtime,
            intake=service.intake,
            registry=service.registry,
            bootstrap_key=ADMIN,
            receivers={},
        )
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(create_app(state)),
            base_url=one.base_url,
            headers={"Authorization": f"Bearer {ADMIN}"},
        )
        client = await stack.enter_async_context(client)
        for creditor, senders in (("house-bank", None), ("north-bank", {"sms": "north"})):
            body = {"name": creditor.title(), "phone": "+12025550199", "senders": senders}
            answer = await client.put(f"/v1/creditors/{creditor}", json=body)
            assert answer.is_success, answer.text
        yield Running(service, client)
        intake.cancel()
        await asyncio.gather(intake, return_exceptions=True)


async def submitted(double: Smsc, count: int = 1) -> list[ShortMessage]:
    """What came, once it is so many."""
    async with asyncio.timeout(20):
        while len(double.submitted()) < count:
            await asyncio.sleep(0.05)
    return double.submitted()


async def test_a_text_is_delivered_and_a_stop_in_the_session_ends_them(
    database_url: str, tmp_path: Path, notice: dict[str, Any]
) -> None:
    """Receipt, reply, suppression; each is answered once it is stored."""
    async with smsc() as house, smsc() as north, running(database_url, tmp_path, house, north) as here:
        first = await here.accept(notice)
        await submitted(house)
        await here.state(first, "accepted", "delivered")
        house.deliver(receipt("m1"), 1)
        assert await house.answer_to(1) == 0
        assert await here.state(first, "delivered") == "delivered"
        house.deliver(reply(b"STOP"), 2)
        assert await house.answer_to(2) == 0
        listed = (await here.client.get("/v1/suppressions")).json()["items"]
        assert [("sms", "opt_out")] == [(one["channel"], one["reason"]) for one in listed]
        second = await here.accept(notice, place=2)
        assert await here.state(second, "suppressed", "accepted") == "suppressed"
        metrics = (await here.client.get("/metrics")).text
        assert 'forbear_provider_session_failures{adapter="smpp"} 0.0' in metrics


async def test_a_creditor_has_its_own_session_sender_and_credentials(
    database_url: str, tmp_path: Path, notice: dict[str, Any]
) -> None:
    """And what its SMSC says settles nothing of another's account, whatever ids it uses."""
    async with smsc() as house, smsc() as north, running(database_url, tmp_path, house, north) as here:
        ours = await here.accept(notice)
        theirs = await here.accept(notice, "north-bank", place=2)
        [one], [other] = await submitted(house), await submitted(north)
        assert (OURS, "NorthBank") == (one.source, other.source.address)
        assert b"north\0" in north.asked[0].body
        assert b"house\0" in house.asked[0].body
        for id_ in (ours, theirs):
            await here.state(id_, "accepted")
        north.deliver(in_options(2), 5)
        assert await north.answer_to(5) == 0
        assert await here.state(theirs, "delivered") == "delivered"
        assert await here.state(ours, "accepted") == "accepted"


@pytest.mark.slow
async def test_a_receipt_finds_its_attempt_in_a_process_that_did_not_send_it(
    database_url: str, tmp_path: Path, notice: dict[str, Any]
) -> None:
    """After a restart, and with the id in decimal; one of nobody's is to be said again."""
    async with smsc(prefix="ABC") as house, smsc() as north:
        async with running(database_url, tmp_path, house, north) as here:
            id_ = await here.accept(notice)
            await submitted(house)
            await here.state(id_, "accepted")
        binds = house.commands().count(Command.BIND_TRANSCEIVER)
        async with running(database_url, tmp_path, house, north) as here:
            async with asyncio.timeout(10):
                while house.commands().count(Command.BIND_TRANSCEIVER) == binds:
                    await asyncio.sleep(0.05)
            house.deliver(receipt(str(0xABC1), "UNDELIV", "027"), 1)
            assert await house.answer_to(1) == 0
            assert await here.state(id_, "undelivered") == "undelivered"
            house.deliver(receipt("77"), 2)
            assert await house.answer_to(2) == 0x64


async def test_a_session_that_ends_is_made_again(
    database_url: str, tmp_path: Path, notice: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the worker alone, without anything to send; a reply in the new one is heard."""
    monkeypatch.setattr("service.worker.listening.PAUSES", (0.05,))
    async with smsc() as house, smsc() as north, running(database_url, tmp_path, house, north) as here:
        await here.accept(notice)
        await submitted(house)
        house.writers[-1].close()
        async with asyncio.timeout(10):
            while house.commands().count(Command.BIND_TRANSCEIVER) < 2:
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.1)
        house.deliver(reply(b"STOP", source=BORROWER), 1)
        assert await house.answer_to(1) == 0
        assert (await here.client.get("/v1/suppressions")).json()["items"]
