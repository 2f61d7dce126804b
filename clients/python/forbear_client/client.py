"""The client without `await`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

import httpx

from .calls import Call
from .operations import Operations
from .problem import ProblemError, Unreachable
from .requests import Retries, may_repeat, never_left, options, problem_of, request_of, wait_after

__all__ = ["Forbear"]


class Forbear(Operations):
    """Speaks to one service with one key; safe to share between threads.

    Raises a `ProblemError` where the service says no, `Unreachable` where no answer came."""

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        timeout: float = 30.0,
        retries: Retries = Retries(),
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`url` is where the service listens, `timeout` in seconds of each attempt; `transport` and `sleep` are for tests."""
        self._http = httpx.Client(base_url=url, transport=transport, **options(key, timeout))
        self._retries = retries
        self._sleep = sleep

    def __enter__(self) -> Forbear:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def each(self, method: Callable[..., Any], *arguments: Any, **query: Any) -> Iterator[Any]:
        """Every item of a list, page after page: `client.each(client.list_notices, creditor="first-inclusive-bank")`."""
        cursor: str | None = None
        while True:
            page = method(*arguments, **({**query, "cursor": cursor} if cursor else query))
            yield from page["items"]
            cursor = page.get("next_cursor")
            if cursor is None:
                return

    def _send(self, call: Call, *, stream: bool = False) -> httpx.Response:
        request = request_of(self._http, call)
        attempt = 1
        while True:
            failure: ProblemError | httpx.TransportError
            try:
                response = self._http.send(request, stream=stream)
                if response.is_success:
                    return response
                response.read()
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
            self._sleep(wait_after(self._retries, attempt, failure))
            attempt += 1

    def _json(self, call: Call) -> object:
        return self._send(call).json()

    def _text(self, call: Call) -> str:
        return self._send(call).text

    def _nothing(self, call: Call) -> None:
        self._send(call)

    def _stream(self, call: Call) -> Iterator[bytes]:
        response = self._send(call, stream=True)
        try:
            yield from response.iter_bytes()
        finally:
            response.close()
