"""Providers on loopback that take everything at once: Twilio's messages over HTTP and a mail server.

`python -m benchmarks.providers` serves both in a process of its own, so that what they use is not counted as
ours. It prints the two ports on a line, and ends with its standard input."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from aiosmtpd.smtp import SMTP, Envelope, Session

from benchmarks.ground import ROOT

ACCOUNT = "AC" + "0" * 32
"""The account at Twilio."""


_CREATED = json.dumps(
    {"sid": f"SM{0:032x}", "account_sid": ACCOUNT, "status": "queued",
    "date_created": "Tue, 24 Nov 2026 17:00:05 +0000",
     "date_updated": "Tue, 24 Nov 2026 17:00:05 +0000", "date_sent": None, "to": "+12025550123",
     "from": "+12025550100", "body": "x"}
).encode()  # fmt: skip
_HEAD = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
_ANSWER = _HEAD % len(_CREATED) + _CREATED.replace(b"SM%032x" % 0, b"SM%032x")
"""Twilio's answer to a message that it takes; each has an id of its own."""


class Twilio(asyncio.Protocol):
    """Takes every request, and says so."""

    taken = 0
    """Messages on all connections."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport, self.pending = transport, b""

    def data_received(self, data: bytes) -> None:
        """Answer each whole request."""
        self.pending += data
        while (head := self.pending.find(b"\r\n\r\n")) >= 0:
            length = int(self.pending[:head].lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
            if len(self.pending) < head + 4 + length:
                return
            self.pending = self.pending[head + 4 + length :]
            Twilio.taken += 1
            self.transport.write(_ANSWER % Twilio.taken)


class _Mailbox:
    """Takes every mail, and keeps none."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """The answer to a mail."""
        del server, session, envelope
        return "250 OK queued"


def _mail_server() -> SMTP:
    return SMTP(_Mailbox(), hostname="mail.example.com", loop=asyncio.get_running_loop())


class Ports(NamedTuple):
    """Where the two listen on 127.0.0.1."""

    twilio: int
    smtp: int


@contextmanager
def providing() -> Iterator[Ports]:
    """The process that serves both, until the end of the block."""
    command, pipe = [sys.executable, "-m", "benchmarks.providers"], subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, text=True, stdin=pipe, stdout=pipe) as served:
        assert served.stdin is not None
        assert served.stdout is not None
        try:
            yield Ports(*map(int, served.stdout.readline().split()))
        finally:
            served.stdin.close()


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(one, "127.0.0.1", 0) for one in (Twilio, _mail_server)]
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve())
