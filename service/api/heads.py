"""HTTP as uvicorn speaks it, with two bounds that must hold before a request is complete: on its head, and on
who keeps a connection.

A head that is trickled or never ended is cut off. Connections on which no valid key was shown share a part of
the process's descriptors: one too many closes the oldest of them that no request is being answered on.
Without that, a thousand half-open connections would leave no descriptor for the database. The guard bounds
bodies; it is asked only when a head is complete."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.api.answers import encode
from service.api.errors import MalformedRequest
from service.api.problems import MEDIA_TYPE, problem_document

KEY_SHOWN = "forbear.key_shown"
"""In a request's scope: a callback for whoever has checked the caller's key."""


def share_of_descriptors(wanted: int = 4096) -> int:
    """How many connections callers without a key may keep open: half of the process's descriptors, `wanted`
    at the most.

    Raises the process's soft limit to its hard one first (POSIX getrlimit); where there are no such limits,
    `wanted`."""
    try:
        import resource
    except ImportError:  # pragma: no cover - Windows
        return wanted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # macOS refuses an unlimited soft limit
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    return wanted if soft == resource.RLIM_INFINITY else max(16, min(wanted, soft // 2))


class BoundedHeads(HttpToolsProtocol):
    """One connection."""

    KEYLESS = 4096
    """Connections without a valid key that a process keeps at a time."""
    _keyless: ClassVar[dict[BoundedHeads, None]] = {}
    """All of them in this process, the one that has been idle longest first."""

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
        self._keyless[self] = None
        if len(self._keyless) > self.KEYLESS:
            self._close_oldest()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._end()
        self._keyless.pop(self, None)
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
        self.scope[KEY_SHOWN] = self.key_shown  # type: ignore[literal-required]
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

    def key_shown(self) -> None:
        """The caller has a valid key: the connection counts no more."""
        self._keyless.pop(self, None)

    @property
    def is_answering(self) -> bool:
        """A request of this connection is complete and its answer is not."""
        return self.cycle is not None and not self.cycle.response_complete and not self._in_body

    def on_response_complete(self) -> None:
        """A connection that is kept alive without a key goes to the end of the line."""
        super().on_response_complete()
        if self in self._keyless:
            del self._keyless[self]
            self._keyless[self] = None

    def _close_oldest(self) -> None:
        """Make room: the new connection itself goes where every other is being answered."""
        oldest = next((one for one in self._keyless if not one.is_answering), self)
        del self._keyless[oldest]
        oldest._refuse(b"503 Service Unavailable")  # noqa: SLF001 - of the same class

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
