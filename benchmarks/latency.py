"""From the 202 to the provider's door: a whole service on an idle machine, and a provider that answers on
loopback.

The unit is one durable commit of an empty transaction's worth on the same server, measured in the same
run."""

from __future__ import annotations

import asyncio
import statistics
import time
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import asyncpg

from benchmarks.figure import Figure, below, percentile
from benchmarks.ground import KEY, database, encoded, notice, postgres, serving

NOTICES = 200
BOUND = 0.050
PROFILE = {"name": "First Inclusive Bank", "phone": "+12025550100"}
"""Of the creditor: outside the sandbox no notice is accepted of one who cannot be reached."""


@contextmanager
def provider() -> Iterator[tuple[str, list[float]]]:
    """A provider that takes every SMS and remembers when; its URL and the instants."""
    arrived: list[float] = []

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            arrived.append(time.perf_counter())
            self.rfile.read(int(self.headers["content-length"]))
            body = b'{"sid": "SM%032x", "status": "queued"}' % len(arrived)
            self.send_response(201)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", arrived
    finally:
        server.shutdown()


async def _commit_seconds(url: str) -> float:
    """A durable commit of one small row."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("CREATE TABLE unit (one int)")
        taken = []
        for _ in range(200):
            begins = time.perf_counter()
            await connection.execute("INSERT INTO unit VALUES (1)")
            taken.append(time.perf_counter() - begins)
    finally:
        await connection.close()
    return statistics.median(taken)


def _say(url: str, method: str, body: object) -> None:
    """Raises OSError where the service refuses it."""
    head = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, data=encoded(body), headers=head, method=method)
    urllib.request.urlopen(request, timeout=10).close()


def measure() -> list[Figure]:
    """The 99th percentile over notices that are posted one after the other."""
    with postgres() as url, provider() as (door, arrived):
        commit = asyncio.run(_commit_seconds(database(url, "unit", migrated=False)))
        twilio = {
            "SMS__ADAPTER": "twilio",
            "TWILIO__ACCOUNT_SID": "AC" + "0" * 32,
            "TWILIO__AUTH_TOKEN": b64encode(b"t" * 16).decode(),
            "TWILIO__FROM_NUMBER": "+12025550100",
            "TWILIO__BASE_URL": door,
        }
        waited = []
        with serving(database(url, "whole"), "service", "serve", **twilio) as service:
            _say(f"{service}/v1/creditors/first-inclusive-bank", "PUT", PROFILE)
            for number in range(NOTICES):
                body = notice(number, borrowers=10**9, channels=["sms"])
                _say(f"{service}/v1/notices", "POST", body)
                answered = time.perf_counter()
                while len(arrived) <= number:
                    if time.perf_counter() - answered > 10:
                        raise RuntimeError("a notice did not reach the provider within ten seconds")
                    time.sleep(0.0002)
                waited.append(max(0.0, arrived[number] - answered))
                time.sleep(0.01)
        high = percentile(waited, 0.99)
        return [
            below(
                "from 202 to the provider's door, idle, p99",
                f"{high * 1e3:.1f} ms (median {statistics.median(waited) * 1e3:.1f} ms)",
                f"a durable one-row commit: {commit * 1e3:.2f} ms",
                high / commit,
                BOUND / commit,
            )
        ]
