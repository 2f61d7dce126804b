"""A real browser, driven over a pipe by the Chrome DevTools Protocol."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

PATH = shutil.which("chromium")
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--log-level=3",
    "--remote-debugging-pipe",
)
_READS, _WRITES = 3, 4
"""The descriptors that the browser uses for its pipe."""


class Page:
    """One tab."""

    def __init__(self, reader: asyncio.StreamReader, writer: int) -> None:
        self._reader, self._writer = reader, writer
        self._number = 0
        self._session: str | None = None
        self._loaded = asyncio.Event()
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.complaints: list[str] = []
        """What the browser reported: refused by the content-security policy, failed to load, raised by a
        script."""

    async def open(self) -> None:
        """Open the tab."""
        target = await self.call("Target.createTarget", url="about:blank")
        self._session = (await self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True))[
            "sessionId"
        ]
        for domain in ("Page", "Log", "Runtime"):
            await self.call(f"{domain}.enable")

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One command and its result."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        answer = self._answers[self._number] = asyncio.get_running_loop().create_future()
        os.write(self._writer, json.dumps(message).encode() + b"\0")
        async with asyncio.timeout(30):
            return await answer

    async def listen(self) -> None:
        """Take in what the browser says, until it ends."""
        while True:
            message = json.loads((await self._reader.readuntil(b"\0"))[:-1])
            if "id" in message:
                self._answers.pop(message["id"]).set_result(message.get("result", message))
            elif message["method"] == "Page.loadEventFired":
                self._loaded.set()
            elif message["method"] in {
                "Log.entryAdded",
                "Runtime.exceptionThrown",
                "Page.javascriptDialogOpening",
            }:
                self.complaints.append(json.dumps(message["params"]))

    async def go(self, url: str) -> None:
        """Go somewhere and wait until it is loaded."""
        self._loaded.clear()
        await self.call("Page.navigate", url=url)
        await self._until_loaded()

    async def click(self, selector: str) -> None:
        """Click what leads to another page, and wait for that."""
        self._loaded.clear()
        await self.ask(f"document.querySelector({json.dumps(selector)}).click()")
        await self._until_loaded()

    async def press(self, words: str) -> None:
        """Press the link or button that says these words, and wait for the page that it leads to."""
        self._loaded.clear()
        found = (
            "[...document.querySelectorAll('main a, main button, header a')].find(one => (one.innerText "
            f"?? '').trim() === {json.dumps(words)})"
        )
        assert await self.ask(f"Boolean({found})"), (
            f"nothing here says {words!r}: {(await self.text())[-1500:]}"
        )
        await self.ask(f"{found}.click()")
        await self._until_loaded()

    async def fill(self, selector: str, value: str) -> None:
        """Put a value into a field, also into one that is a picker."""
        place = f"document.querySelector({json.dumps(selector)})"
        assert await self.ask(f"Boolean({place})"), f"there is no field {selector}"
        await self.ask(f"{place}.value = {json.dumps(value)}")

    async def write(self, selector: str, text: str) -> None:
        """Write into a field as somebody at a keyboard does."""
        await self.ask(f"document.querySelector({json.dumps(selector)}).focus()")
        await self.call("Input.insertText", text=text)

    async def ask(self, expression: str, *, later: bool = False) -> Any:
        """The value of an expression in the page, or with `later` of its promise, asked from outside: its
        content-security policy does not bind us."""
        found = await self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=later
        )
        return found["result"].get("value")

    async def text(self) -> str:
        """What a reader sees."""
        return str(await self.ask("document.body.innerText"))

    async def _until_loaded(self) -> None:
        async with asyncio.timeout(30):
            await self._loaded.wait()


def _start(path: str, folder: str) -> tuple[int, int, int]:
    """Start a browser; its process id, and the ends of the pipe to read and to write."""
    ours, theirs = os.pipe(), os.pipe()
    reads, writes = (fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, 10) for one in (ours[0], theirs[1]))
    pid = os.posix_spawn(
        path,
        [path, *_FLAGS, f"--user-data-dir={folder}", "about:blank"],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, reads, _READS), (os.POSIX_SPAWN_DUP2, writes, _WRITES)],
    )
    for one in (ours[0], theirs[1], reads, writes):
        os.close(one)
    return pid, theirs[0], ours[1]


@asynccontextmanager
async def browser() -> AsyncIterator[Page]:
    """A browser with one tab; ends with the block."""
    assert PATH is not None
    folder = tempfile.mkdtemp(prefix="forbear-browser-")
    pid, reads, writes = _start(PATH, folder)
    reader = asyncio.StreamReader(limit=2**24)
    pipe = os.fdopen(reads, "rb", buffering=0)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), pipe
    )
    page = Page(reader, writes)
    listening = asyncio.create_task(page.listen())
    try:
        await page.open()
        yield page
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        transport.close()
        os.close(writes)
        os.kill(pid, signal.SIGTERM)
        await asyncio.to_thread(os.waitpid, pid, 0)
        await asyncio.to_thread(shutil.rmtree, Path(folder), ignore_errors=True)
