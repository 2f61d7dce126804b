"""A load of POSTs from a process of its own: `python -m benchmarks.load URL CONNECTIONS SECONDS BATCH FIRST`.

Prints the notices that were answered with 202 in a second. Anything but 202 ends it with an error: a refusal
is not speed."""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

import uvloop

from benchmarks.ground import KEY, encoded, notice


def requests(batch: int, first: int) -> Iterator[bytes]:
    """Endless requests, each with notices of its own; bodies are made before they are needed."""
    numbers = itertools.count(first)
    while True:
        path, body = (
            ("/v1/notices", encoded(notice(next(numbers))))
            if batch == 1
            else ("/v1/notices/batch", encoded({"notices": [notice(next(numbers)) for _ in range(batch)]}))
        )
        yield request(path, body)


def request(path: str, body: bytes) -> bytes:
    """A whole request with a body of JSON."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _connection(host: str, port: int, waiting: list[bytes], until: list[float]) -> int:
    """Request after request on one connection; how many were answered."""
    reader, writer = await asyncio.open_connection(host, port, limit=2**22)
    answered = 0
    while waiting and time.perf_counter() < until[0]:
        writer.write(waiting.pop())
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 202"):
            raise RuntimeError(head.decode())
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        answered += 1
    writer.close()
    return answered


async def post(url: str, path: str, bodies: Sequence[bytes], connections: int) -> None:
    """POST every body once; raises RuntimeError where one is not answered with 202."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    waiting = [request(path, body) for body in reversed(bodies)]
    each = (_connection(parts.hostname, parts.port, waiting, [float("inf")]) for _ in range(connections))
    await asyncio.gather(*each)


async def _main(url: str, connections: int, seconds: float, batch: int, first: int) -> None:
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    # More than any server here can answer: the making of bodies stays outside of the measured time.
    ready = list(
        itertools.islice(
            requests(batch, first), max(connections, int(seconds * (8_000 if batch == 1 else 40_000 / batch)))
        )
    )
    begins = time.perf_counter()
    until = [begins + seconds]
    counts = await asyncio.gather(
        *(_connection(parts.hostname, parts.port, ready, until) for _ in range(connections))
    )
    took = time.perf_counter() - begins
    print(sum(counts) * batch / took)


if __name__ == "__main__":
    uvloop.run(_main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])))
