"""HTTP as uvicorn speaks it, with bounds on the head of a request: whoever trickles it, or never ends it, is cut off.

The guard bounds bodies; it is asked only when a head is complete."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.api.answers import encode
from service.api.errors import MalformedRequest
from service.api.problems import MEDIA_TYPE, problem_document


class BoundedHeads(HttpToolsProtocol):
    """One connection."""

    SECONDS = 20.0
    """From the first byte of a head, or from the connection's beginning, to the empty line after it."""
    BYTES = 64 * 1024

    def __init__(self, *given: Any, **named: Any) -> None:
        """As uvicorn builds it."""
        super().__init__(*given, **named)
        self._timer: asyncio.TimerHandle | None = None
        self._bytes = 0
        self._in_body = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection that never says anything has no longer either."""
        super().connection_made(transport)
        self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._end()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what belongs to a head."""
        if self._timer is None and not self._in_body:
            self._begin()
        super().data_received(data)
        if self._timer is not None:
            self._bytes += len(data)
            if self._bytes > self.BYTES:
                self._refuse(b"431 Request Header Fields Too Large")

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._end()
        self._in_body = True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """What comes next is another head."""
        self._in_body = False
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words say less
        """What is no HTTP gets a problem like everything else that goes wrong."""
        error = MalformedRequest("expected one request of HTTP/1.1; this is none that can be read safely")
        body = encode(problem_document(error))
        head = f"Content-Type: {MEDIA_TYPE}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\n" + head.encode("ascii") + body)
        self.transport.close()

    def _begin(self) -> None:
        self._bytes = 0
        self._timer = self.loop.call_later(self.SECONDS, self._refuse, b"408 Request Timeout")

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, status: bytes) -> None:
        self._end()
        if not self.transport.is_closing():
            self.transport.write(
                b"HTTP/1.1 " + status + b"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            )
            self.transport.close()
