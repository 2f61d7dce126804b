"""Notices that left by a real mail server, and everything that comes back about them: what becomes of the
delivery, the mailbox, the borrower, and the way back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.clock import SystemClock
from service.wiring import open_service, running_worker
from tests.channels.mail_servers import Mailbox, served
from tests.serving.mails_back import SHAPES, Back, Left
from tests.serving.test_running_service import by_daylight, client_of, settings, until

pytestmark = pytest.mark.slow
Sending = tuple[httpx.AsyncClient, Mailbox]


@pytest.fixture
async def sending(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Sending]:
    """A service whose mails leave by a server on loopback, each with a return path of its own."""
    async with AsyncExitStack() as stack:
        mailbox = Mailbox()
        port = await stack.enter_async_context(served(mailbox))
        for name, value in {
            "EMAIL__ADAPTER": "smtp",
            "SMTP__HOST": "127.0.0.1",
            "SMTP__PORT": str(port),
            "SMTP__TLS": "none",
            "SMTP__SENDER": "notices@example.com",
            "SMTP__VERP": "true",
        }.items():
            monkeypatch.setenv(f"FORBEAR_{name}", value)
        service = await stack.enter_async_context(open_service(settings(database_url, tmp_path)))
        intake = asyncio.create_task(service.intake.run())
        await stack.enter_async_context(running_worker(service))
        client = await stack.enter_async_context(client_of(service))
        profile = {"name": "First Inclusive Bank", "phone": "+12025550100", "email": "notices@example.com"}
        answer = await client.put("/v1/creditors/first-inclusive-bank", json=profile)
        assert answer.is_success, answer.text
        yield client, mailbox
        intake.cancel()
        await asyncio.gather(intake, return_exceptions=True)


async def posted(client: httpx.AsyncClient, notice: dict[str, Any], number: int, **further: Any) -> str:
    """A notice by e-mail to a borrower of this number; its id."""
    address = f"b{number}@example.com"
    body = by_daylight({**notice, **further}, email=address)
    body["borrower"]["id"] = f"B-{number}"
    answer = await client.post("/v1/notices", json={**body, "channels": ["email"]})
    assert 202 == answer.status_code, answer.text
    return str(answer.json()["id"])


def left(mailbox: Mailbox, number: int) -> Left:
    """The first mail that left for this borrower."""
    envelopes = [one for one in mailbox.kept if f"b{number}@example.com" in one.rcpt_tos]
    at = mailbox.kept.index(envelopes[0])
    return Left(envelopes[0].rcpt_tos[0], str(envelopes[0].mail_from), mailbox.mails()[at])


async def reasons(client: httpx.AsyncClient, address: str) -> list[str]:
    """Why mails to a mailbox are closed."""
    answer = await client.get("/v1/suppressions", params={"channel": "email", "address": address})
    assert 200 == answer.status_code, answer.text
    return sorted(one["reason"] for one in answer.json()["items"] if one.get("lifted_at") is None)


async def confirm(client: httpx.AsyncClient, number: int) -> None:
    """The borrower says that the mailbox is good."""
    event = {
        "borrower_id": f"B-{number}",
        "type": "address_confirmed",
        "channel": "email",
        "address": f"b{number}@example.com",
        "at": SystemClock().now().isoformat(),
    }
    answer = await client.post("/v1/events", json=event)
    assert 202 == answer.status_code, answer.text


async def test_what_comes_back_about_a_mail_that_left_does_what_it_says_and_no_more(sending, notice):
    """Thirty shapes, each about a mail of its own, by both doors; then every dead mailbox comes back."""
    client, mailbox = sending
    ids = [await posted(client, notice, number) for number in range(len(SHAPES))]
    for id_ in ids:
        assert {"email": "accepted"} == await until(client, id_, {"email": "accepted"})
    wrong: list[Any] = []
    for number, (back, id_) in enumerate(zip(SHAPES, ids, strict=True)):
        found = await came_back(client, back, left(mailbox, number), id_, door=number % 2)
        expected = (
            back.taken_for,
            f"{id_}.email",
            back.state,
            sorted([*["dead_address"] * back.dead, *back.closed]),
        )
        if found != expected:
            wrong.append((back.name, found, expected))
    assert not wrong, "\n".join(map(str, wrong))
    again = [await posted(client, notice, number, reference="again") for number in range(len(SHAPES))]
    for number, (back, id_) in enumerate(zip(SHAPES, again, strict=True)):
        wanted = {"email": "suppressed" if back.dead or back.closed else "accepted"}
        assert wanted == await until(client, id_, wanted), back.name
        if back.dead:
            await confirm(client, number)
            assert [] == await reasons(client, f"b{number}@example.com"), back.name
    dead = [number for number, back in enumerate(SHAPES) if back.dead]
    last = [await posted(client, notice, number, reference="at last") for number in dead]
    for id_ in last:
        assert {"email": "accepted"} == await until(client, id_, {"email": "accepted"})


async def came_back(client: httpx.AsyncClient, back: Back, mail: Left, id_: str, *, door: int) -> Any:
    """What a mail was taken for and whose it is, the delivery's state, and why the mailbox is closed."""
    answer = await client.post(
        ("/v1/inbound/email", "/v1/receipts/email")[door],
        content=back.made(mail),
        headers={"Content-Type": "message/rfc822"},
    )
    if answer.status_code != 200:
        return answer.status_code, answer.text
    story = (await client.get(f"/v1/notices/{id_}")).json()
    state = story["deliveries"][0]["state"]
    said = answer.json()
    return said["taken_for"], said["delivery_id"], state, await reasons(client, mail.to)
