"""Connections that mean harm, on real sockets: each is answered or cut off in bounded time and memory, and
others are served meanwhile."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import uvicorn

from service.api.heads import BoundedHeads
from tests.face import ADMIN

HALF_BODY = b"POST /v1/receipts/email HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
GOOD = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


class Quick(BoundedHeads):
    """The same, with a test's patience."""

    SECONDS = 0.5


class Few(BoundedHeads):
    """The same, with room for eight callers without a key."""

    KEYLESS = 8


@pytest.fixture
async def crowded(api: Any) -> AsyncIterator[int]:
    """The application behind a server with little room."""
    async for port in serving(api, Few):
        yield port


@pytest.fixture
async def port(api: Any) -> AsyncIterator[int]:
    """The application behind the server that `forbear serve` has."""
    async for port in serving(api, Quick):
        yield port


async def serving(api: Any, protocol: type[BoundedHeads]) -> AsyncIterator[int]:
    """The port of a server that speaks this protocol."""
    server = uvicorn.Server(
        uvicorn.Config(
            api.app, port=0, http=protocol, log_config=None, lifespan="off", timeout_graceful_shutdown=1
        )
    )
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await running


async def said(port: int, *parts: bytes, pause: float = 0.0, patience: float = 10.0) -> bytes:
    """What the server answers to these bytes until it closes, or for a second after the last of them."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
            if pause:
                await asyncio.sleep(pause)
        return await asyncio.wait_for(reader.read(65536), patience)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def served(port: int) -> bool:
    """Whether somebody else is."""
    async with httpx.AsyncClient() as client:
        return (await client.get(f"http://127.0.0.1:{port}/healthz", timeout=5)).status_code == 200


async def test_a_head_that_trickles_or_never_comes_is_cut_off(port: int) -> None:
    """Also when it is the second one of a connection; a hundred of them do not keep others out."""
    begins = time.monotonic()
    trickle = [b"GET / HTTP/1.1\r\n", *[b"X-%d: y\r\n" % number for number in range(40)]]
    slow = [asyncio.create_task(said(port, *trickle, pause=0.05)) for _ in range(50)]
    silent = [asyncio.create_task(said(port)) for _ in range(50)]
    second = asyncio.create_task(said(port, GOOD, b"GET / HTTP/1.1\r\nX:", pause=0.1))
    assert await served(port)
    answers = await asyncio.gather(*slow, *silent)
    assert all(b"408" in one or one == b"" for one in answers)
    assert b"200 OK" in await second
    assert time.monotonic() - begins < 8


async def test_half_open_connections_beyond_the_bound_close_the_oldest(crowded: int) -> None:
    """Half heads, silent connections, idle ones and half bodies: whoever comes with a key is served, and
    keeps the connection."""
    with_key = httpx.AsyncClient(headers={"Authorization": "Bearer " + ADMIN})
    url = f"http://127.0.0.1:{crowded}/v1/creditors"
    async with with_key as client:
        assert (await client.get(url)).status_code == 200
        connections = client._transport._pool.connections  # type: ignore[attr-defined]
        for opening in (b"", b"POST /v1/notices HTTP/1.1\r\nX-Half: ", GOOD, HALF_BODY):
            held = [await asyncio.open_connection("127.0.0.1", crowded) for _ in range(20)]
            for _, writer in held:
                writer.write(opening)
            assert (await client.get(url)).status_code == 200
            first, last = held[0][0], held[-1][0]
            assert b"503" in await asyncio.wait_for(first.read(), 5)
            assert not last.at_eof()
            assert len(Few._keyless) <= Few.KEYLESS
            for _, writer in held:
                writer.close()
        assert connections == client._transport._pool.connections, "the connection with a key was closed"  # type: ignore[attr-defined]


async def test_what_is_no_http_gets_a_problem(port: int) -> None:
    """In the form of all problems, and the connection ends."""
    answer = await said(
        port, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}"
    )
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"Content-Type: application/problem+json" in head
    assert "https://forbear.example/problems/malformed-request" == json.loads(body)["type"]


async def test_a_head_without_end_is_cut_off(port: int) -> None:
    """Before it fills the memory."""
    answer = await said(
        port, b"GET / HTTP/1.1\r\n", *[b"X-%d: %s\r\n" % (number, b"y" * 4000) for number in range(40)]
    )
    assert b"431" in answer or answer == b""
    assert await served(port)


@pytest.mark.slow
@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00", b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /v1/notices HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        (b"POST /v1/notices HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"0\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n"),
        b"GET http://169.254.169.254/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"GET /%zz%00%ff HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)  # fmt: skip
async def test_what_is_hardly_http_is_no_internal_error(port: int, request_: bytes) -> None:
    """400, 401, 404 or silence; never a 5xx, and never anything that a smuggled second request asked for."""
    answer = await said(port, request_, b"", pause=0.2)
    status = answer.split(b" ")[1][:1] if answer.startswith(b"HTTP/") else b""
    assert status in {b"4", b""}, answer
    assert b"forbear_http" not in answer
    assert await served(port)


@pytest.mark.slow
@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "gzip, gzip"])
async def test_a_bomb_is_not_unpacked(port: int, api: Any, coding: str) -> None:
    """Nothing is ever decompressed: 100 MB of zeros in 100 KB are 100 KB that are no JSON."""
    bomb = gzip.compress(b" " * 100_000_000, compresslevel=9)
    headers = {**dict(api.client.headers), "Content-Type": "application/json", "Content-Encoding": coding}
    begins = time.monotonic()
    async with httpx.AsyncClient() as client:
        answer = await client.post(
            f"http://127.0.0.1:{port}/v1/notices", content=bomb, headers=headers, timeout=20
        )
    assert answer.status_code in {400, 415}
    assert time.monotonic() - begins < 15


async def test_a_log_line_cannot_be_forged(port: int, api: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither by a path, nor by a header, nor by a name: a line holds the route's pattern and ids of ours."""
    forged = "\n2026-11-24 [info] all is well action=forged"
    headers = {**dict(api.client.headers), "X-Request-Id": "a b", "User-Agent": "x action=forged"}
    async with httpx.AsyncClient() as client:
        for path in (
            "/v1/notices/x%0a2026%20action=forged",
            "/%0d%0aaction=forged",
            "/v1/borrowers/%0aaction=forged",
        ):
            assert (await client.get(f"http://127.0.0.1:{port}{path}", headers=headers)).status_code < 500
        body = json.dumps({"borrower": {"id": forged}})
        answer = await client.post(
            f"http://127.0.0.1:{port}/v1/notices",
            content=body,
            headers={**headers, "Content-Type": "application/json"},
        )
    assert 422 == answer.status_code
    written = capsys.readouterr()
    assert "request.answered" in written.out
    assert "forged" not in written.out + written.err
