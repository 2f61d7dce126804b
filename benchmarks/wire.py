"""Counts what goes to PostgreSQL: a proxy between a worker and the server's socket that reads the frames of
the client's messages (PostgreSQL, "Frontend/Backend Protocol": a letter, four bytes of length)."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from contextlib import suppress
from struct import unpack
from typing import Any, Self

STATEMENTS = "EQ"
"""Execute, and Query."""
ROUND_TRIPS = "SQc"
"""Sync, Query and CopyDone: after each the client waits for an answer."""


class Proxy:
    """Listens on a port of loopback and hands everything on to a Unix socket."""

    def __init__(self, socket: str) -> None:
        """`socket`: the path of the server's."""
        self._socket = socket
        self.seen: Counter[str] = Counter()
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def total(self, letters: str) -> int:
        """How many messages of these kinds went through."""
        return sum(self.seen[letter] for letter in letters)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            up, down = await asyncio.open_unix_connection(self._socket)
            answers = asyncio.create_task(_copy(up, writer))
            first = await reader.readexactly(4)  # the start-up message has no letter
            down.write(first + await reader.readexactly(unpack(">i", first)[0] - 4))
            while True:
                head = await reader.readexactly(5)
                self.seen[chr(head[0])] += 1
                down.write(head + await reader.readexactly(unpack(">i", head[1:])[0] - 4))
            await answers


async def _copy(reader: Any, writer: Any) -> None:
    with suppress(OSError):
        while chunk := await reader.read(65536):
            writer.write(chunk)
        writer.close()
