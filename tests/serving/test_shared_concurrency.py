"""Several worker processes and one provider that takes so many hand-overs at a time: together they never
exceed it, and use all of it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import subprocess
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import asyncpg
import pytest

from service.settings import settings_type
from service.wiring import open_service
from tests.processes import Running, by_daylight, process
from tests.serving.test_running_service import ADMIN, client_of

LIMIT = 6
SECONDS = 0.15
"""For which one hand-over lasts."""
SID, TOKEN = "AC" + "0" * 32, "twilio-token-for-tests"


@dataclass
class Phones:
    """A double of Twilio that takes its time, and counts how many hand-overs are under way."""

    port: int = 0
    under_way: int = 0
    most: int = 0
    peak: int = 0
    to: Counter[str] = field(default_factory=Counter)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii")
                [length] = [
                    line.partition(":")[2]
                    for line in head.split("\r\n")
                    if line.lower().startswith("content-length:")
                ]
                form = parse_qs((await reader.readexactly(int(length))).decode())
                await self._take(form["To"][0])
                body = json.dumps(
                    {"sid": f"SM{self.to.total():032x}", "account_sid": SID, "status": "queued"}
                ).encode()
                writer.write(
                    b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                    % len(body)
                    + body
                )
                await writer.drain()
        writer.close()

    async def _take(self, to: str) -> None:
        self.to[to] += 1
        self.under_way += 1
        self.most, self.peak = max(self.most, self.under_way), max(self.peak, self.under_way)
        await asyncio.sleep(SECONDS)
        self.under_way -= 1


@contextlib.asynccontextmanager
async def phones() -> AsyncIterator[Phones]:
    """The double on a free port of loopback."""
    double = Phones()
    server = await asyncio.start_server(double.serve, "127.0.0.1", 0)
    double.port = server.sockets[0].getsockname()[1]
    try:
        yield double
    finally:
        for writer in double.writers:
            writer.transport.abort()
        server.close()
        await server.wait_closed()
        await asyncio.sleep(SECONDS)  # whoever is being answered notices


def environment(database_url: str, double: Phones) -> dict[str, str]:
    """Of a worker process."""
    return {
        "FORBEAR_DATABASE_URL": database_url,
        "FORBEAR_SECRET_KEY": base64.b64encode(b"k" * 32).decode(),
        "FORBEAR_SMS__ADAPTER": "twilio",
        "FORBEAR_SMS__CONCURRENCY": str(LIMIT),
        "FORBEAR_TWILIO__ACCOUNT_SID": SID,
        "FORBEAR_TWILIO__AUTH_TOKEN": TOKEN,
        "FORBEAR_TWILIO__FROM_NUMBER": "+12025550100",
        "FORBEAR_TWILIO__BASE_URL": f"http://127.0.0.1:{double.port}",
    }


def notices(notice: dict[str, Any], first: int, count: int) -> dict[str, Any]:
    """A batch, each to a borrower and a number of its own."""
    every = []
    for number in range(first, first + count):
        body = by_daylight(notice)
        addresses = {"sms": f"+1{200 + number // 100}55501{number % 100:02d}"}
        every.append({**body, "borrower": {**body["borrower"], "id": f"S-{number}", "addresses": addresses}})
    return {"notices": every}


@dataclass
class Watch:
    """What the workers say that they hold, and what the provider sees."""

    connection: asyncpg.Connection
    double: Phones

    async def parts(self, *wanted: int) -> None:
        """Wait until the workers hold these parts; at no moment do they hold more than there is."""
        for _ in range(600):
            rows = await self.connection.fetch("SELECT held FROM worker_shares WHERE lane = 'sms:twilio'")
            held = sorted((row["held"] for row in rows), reverse=True)
            assert sum(held) <= LIMIT
            if held == sorted(wanted, reverse=True):
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"expected {wanted}, they hold {held}")

    async def all_of_it(self) -> None:
        """Wait until the provider has as many at a time as it takes."""
        self.double.most = self.double.under_way
        for _ in range(300):
            if self.double.most == LIMIT:
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"expected {LIMIT} at a time, it saw {self.double.most}")


@pytest.mark.slow
async def test_worker_processes_share_what_a_provider_takes_at_a_time_also_when_one_dies(
    database_url, tmp_path: Path, notice
):
    """Three workers have two each; one is killed, and the others have three; a new one comes, and they have
    two again."""
    async with phones() as double, contextlib.AsyncExitStack() as stack:
        env = environment(database_url, double)
        settings = settings_type()(
            database_url=database_url,
            data=tmp_path,
            bootstrap_key=ADMIN,
            secret_key=env["FORBEAR_SECRET_KEY"],
        )
        service = await stack.enter_async_context(open_service(settings))
        intake = asyncio.create_task(service.intake.run())
        client = await stack.enter_async_context(client_of(service))

        def started() -> Running:
            return stack.enter_context(process(tmp_path, "worker", env=env, output=subprocess.DEVNULL))

        first, *_ = [started() for _ in range(3)]
        watch = Watch(await asyncpg.connect(database_url), double)
        stack.push_async_callback(watch.connection.close)
        await watch.parts(2, 2, 2)
        assert 202 == (await client.post("/v1/notices/batch", json=notices(notice, 0, 900))).status_code
        await watch.all_of_it()
        first.kill()
        await watch.parts(3, 3)
        await watch.all_of_it()
        started()
        await watch.parts(2, 2, 2)
        assert 202 == (await client.post("/v1/notices/batch", json=notices(notice, 1000, 300))).status_code
        await watch.all_of_it()
        assert LIMIT == double.peak, "never more, whoever came or went"
        assert {1} == set(double.to.values()), "and nobody heard twice"
        intake.cancel()
        await asyncio.gather(intake, return_exceptions=True)
