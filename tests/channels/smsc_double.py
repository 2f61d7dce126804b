"""An SMSC of our own on loopback: shows what our side does when an SMSC is slow, busy or gone. That our
octets are SMPP is shown by an implementation that is not ours (test_smpp_npm.py)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from channels.smpp.pdu import (
    RESPONSE,
    Command,
    Pdu,
    ShortMessage,
    message_body,
    parse_message,
    read_pdu,
)

BINDS = {Command.BIND_RECEIVER, Command.BIND_TRANSMITTER, Command.BIND_TRANSCEIVER}


@dataclass(slots=True)
class Smsc:
    """Keeps what it was asked, and answers submit_sm from `script`, else as an SMSC that is well: a
    status, or `hang`, `cut`, `late`, `nack`, `junk`."""

    script: list[Any] = field(default_factory=list)
    bind_status: int = 0
    query: tuple[int, bytes] = (0, b"m1\x00\x00\x02\x00")
    answers_enquiries: bool = True
    port: int = 0
    asked: list[Pdu] = field(default_factory=list)
    answered: dict[int, int] = field(default_factory=dict)
    """Statuses of our answers to what it delivered, by sequence number."""
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    open_now: int = 0
    most_open: int = 0
    delay: float = 0.0
    prefix: str = "m"

    def submitted(self) -> list[ShortMessage]:
        """The messages that came."""
        return [parse_message(one.body) for one in self.asked if one.command == Command.SUBMIT_SM]

    def commands(self) -> list[int]:
        """What was asked, in order."""
        return [one.command for one in self.asked]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.writers.append(writer)
        answering: set[asyncio.Task[None]] = set()
        with contextlib.suppress(OSError, EOFError):
            while True:
                pdu = await read_pdu(reader)
                if pdu.is_response:
                    self.answered[pdu.sequence] = pdu.status
                    continue
                self.asked.append(pdu)
                number = self.commands().count(Command.SUBMIT_SM)
                task = asyncio.create_task(self._answer(pdu, writer, number))
                answering.add(task)
                task.add_done_callback(answering.discard)
        writer.close()

    async def _answer(self, pdu: Pdu, writer: asyncio.StreamWriter, number: int) -> None:
        status, body = 0, b""
        if pdu.command in BINDS:
            status, body = self.bind_status, b"smsc\0"
        elif pdu.command == Command.QUERY_SM:
            status, body = self.query
        elif pdu.command == Command.ENQUIRE_LINK and not self.answers_enquiries:
            return
        elif pdu.command == Command.SUBMIT_SM:
            said = self.script.pop(0) if self.script else 0
            self.open_now += 1
            self.most_open = max(self.most_open, self.open_now)
            await asyncio.sleep(self.delay)
            self.open_now -= 1
            if said == "hang":
                return
            if said == "cut":
                writer.transport.abort()
                return
            if said == "late":
                await asyncio.sleep(0.3)
                said = 0
            if said == "junk":
                writer.write(b"\xff" * 64)
                return
            if said == "nack":
                nack = Pdu(command=Command.GENERIC_NACK, sequence=pdu.sequence, status=0x03)
                writer.write(nack.encode())
                return
            status, body = said, f"{self.prefix}{number}\0".encode() if said == 0 else b""
        answer = Pdu(command=pdu.command | RESPONSE, sequence=pdu.sequence, status=status, body=body)
        writer.write(answer.encode())

    def deliver(self, message: ShortMessage, sequence: int) -> None:
        """Say something of its own accord, in the newest session."""
        pdu = Pdu(command=Command.DELIVER_SM, sequence=sequence, body=message_body(message))
        self.writers[-1].write(pdu.encode())

    async def answer_to(self, sequence: int) -> int:
        """The status of our answer; waits for it."""
        async with asyncio.timeout(20):
            while sequence not in self.answered:
                await asyncio.sleep(0.01)
        return self.answered[sequence]


@contextlib.asynccontextmanager
async def smsc(*script: Any, **further: Any) -> AsyncIterator[Smsc]:
    """A double on a free port."""
    double = Smsc(script=list(script), **further)
    server = await asyncio.start_server(double.serve, "127.0.0.1", 0)
    double.port = server.sockets[0].getsockname()[1]
    try:
        yield double
    finally:
        server.close()
        for writer in double.writers:
            writer.close()
