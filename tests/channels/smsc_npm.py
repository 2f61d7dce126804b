"""The SMSC of npm's `smpp` as a process: an implementation of SMPP that is not ours, told and listened to by
lines of JSON."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tests.npm import packages
from tests.ports import free_port

SCRIPT = Path(__file__).with_name("smsc.cjs")
PATIENCE = 20.0


class NpmSmsc:
    """What it was sent, and what it is told."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.port = port
        self.seen: list[dict[str, Any]] = []
        self._process = process
        self._more = asyncio.Event()

    def tell(self, **what: Any) -> None:
        """One line for it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what).encode() + b"\n")

    async def follow(self) -> None:
        """Read what it says, to its end."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.seen.append(json.loads(line))
            self._more.set()

    async def wait(self, count: int = 1, **wanted: Any) -> list[dict[str, Any]]:
        """The first so many that are like this; waits for them."""
        async with asyncio.timeout(PATIENCE):
            while len(found := self.all(**wanted)) < count:
                self._more.clear()
                await self._more.wait()
        return found

    def all(self, **wanted: Any) -> list[dict[str, Any]]:
        """All that are like this."""
        return [one for one in self.seen if wanted.items() <= one.items()]


@contextlib.asynccontextmanager
async def npm_smsc() -> AsyncIterator[NpmSmsc]:
    """One on a free port; skips where npm does not give the package."""
    folder = packages("smpp.node", "smpp@0.5.1")
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        "node",
        str(SCRIPT),
        str(port),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "NODE_PATH": str(folder / "node_modules")},
    )
    smsc = NpmSmsc(process, port)
    following = asyncio.create_task(smsc.follow())
    try:
        await smsc.wait(listens=port)
        yield smsc
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), PATIENCE)
        except TimeoutError:
            process.kill()
        await following
