"""The client with `await`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Any

import httpx

from .calls import Call
from .operations import AsyncOperations
from .problem import ProblemError, Unreachable
from .requests import Retries, may_repeat, never_left, options, problem_of, request_of, wait_after

__all__ = ["AsyncForbear"]


class AsyncForbear(AsyncOperations):
    """Speaks to one service with one key.

    Raises a `ProblemError` where the service says no, `Unreachable` where no answer came."""

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        timeout: float = 30.0,
        retries: Retries = Retries(),
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`url` is where the service listens, `timeout` in seconds of each attempt; `transport` and `sleep` are for tests."""
        self._http = httpx.AsyncClient(base_url=url, transport=transport, **options(key, timeout))
        self._retries = retries
        self._sleep = sleep

    async def __aenter__(self) -> AsyncForbear:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Let the connections go."""
        await self._http.aclose()

    async def each(
        self, method: Callable[..., Awaitable[Any]], *arguments: Any, **query: Any
    ) -> AsyncIterator[Any]:
        """Every item of a list, page after page: `async for one in client.each(client.list_notices)`."""
        cursor: str | None = None
        while True:
            page = await method(*arguments, **({**query, "cursor": cursor} if cursor else query))
            for one in page["items"]:
                yield one
            cursor = page.get("next_cursor")
            if cursor is None:
                return

    async def _send(self, call: Call, *, stream: bool = False) -> httpx.Response:
        request = request_of(self._http, call)
        attempt = 1
        while True:
            failure: ProblemError | httpx.TransportError
            try:
                response = await self._http.send(request, stream=stream)
                if response.is_success:
                    return response
                await response.aread()
                failure = problem_of(response)
            except httpx.TransportError as error:
                failure = error
            if attempt >= self._retries.attempts or not may_repeat(call, failure):
                if isinstance(failure, httpx.TransportError):
                    sentence = (
                        f"{call.operation.method} {call.operation.path}: {failure or type(failure).__name__}"
                    )
                    raise Unreachable(sentence, may_have_arrived=not never_left(failure)) from failure
                raise failure
            await self._sleep(wait_after(self._retries, attempt, failure))
            attempt += 1

    async def _json(self, call: Call) -> object:
        return (await self._send(call)).json()

    async def _text(self, call: Call) -> str:
        return (await self._send(call)).text

    async def _nothing(self, call: Call) -> None:
        await self._send(call)

    async def _stream(self, call: Call) -> AsyncIterator[bytes]:
        response = await self._send(call, stream=True)
        try:
            async for chunk in response.aiter_bytes():
                yield chunk
        finally:
            await response.aclose()
