"""One bound session with an SMSC: requests in a window, answers by their sequence numbers, enquire_link, and
what the SMSC says of its own accord.

What was written and not answered may have been taken: whoever waits hears of a time-out or of a cut, and an
answer that comes later is still handed on."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

from channels.smpp.codes import Status
from channels.smpp.pdu import RESPONSE, Command, Malformed, Pdu, bind_body, read_pdu

MOST_SEQUENCE = 0x7FFFFFFF
MOST_LATE = 1000
"""Requests that were given up on, whose answers are still waited for."""
ANSWERED_WITHIN = 10.0
"""Seconds for an answer to enquire_link, and for a bind."""
UNBIND_WITHIN = 1.0
MOST_UNANSWERED = 500
"""Words of the SMSC that are being stored; it is told to say what is more again."""

Hears = Callable[[Pdu], Awaitable[int]]
"""Takes a deliver_sm; the status that it is answered with."""
Late = Callable[[Pdu], None]


class BindRefused(Exception):
    """The SMSC did not let us in; `status` says why."""

    def __init__(self, status: int) -> None:
        """`status`: its command_status."""
        super().__init__(f"0x{status:08X}")
        self.status = status


class Ended(ConnectionError):
    """The session ended while something was under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Where a session is made, and as whom."""

    host: str
    port: int
    system_id: str
    password: str = field(repr=False)
    system_type: str = ""
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    window: int = 10
    """Requests without an answer at a time."""
    enquire_seconds: float = 30.0


class Session:
    """Made by `open_session`; never opened again once it has ended."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        binding: Binding,
        hears: Hears | None,
    ) -> None:
        """`hears`: what takes the SMSC's own words; None for a session in which it has none."""
        self._reader, self._writer, self._binding, self._hears = reader, writer, binding, hears
        self._sequences = count(1)
        self._window = asyncio.Semaphore(binding.window)
        self._pending: dict[int, asyncio.Future[Pdu]] = {}
        self._late: dict[int, Late] = {}
        self._hearing: set[asyncio.Task[None]] = set()
        self._ended = asyncio.Event()
        self._tasks = [asyncio.create_task(self._read())]

    @property
    def is_open(self) -> bool:
        """Whether requests may be made."""
        return not self._ended.is_set()

    @property
    def listens(self) -> bool:
        """Whether the SMSC speaks in it."""
        return self._hears is not None

    async def bind(self) -> None:
        """Become bound. Raises BindRefused, Ended, TimeoutError."""
        binding = self._binding
        command = Command.BIND_TRANSCEIVER if self._hears else Command.BIND_TRANSMITTER
        answer = await asyncio.wait_for(
            self.ask(command, bind_body(binding.system_id, binding.password, binding.system_type)),
            ANSWERED_WITHIN,
        )
        if answer.status != Status.OK:
            raise BindRefused(answer.status)
        self._tasks.append(asyncio.create_task(self._enquire()))

    async def ask(
        self,
        command: int,
        body: bytes = b"",
        *,
        writing: Callable[[], None] | None = None,
        late: Late | None = None,
    ) -> Pdu:
        """Make a request and wait for its answer. `writing` is called once the window lets it be written;
        `late` gets the answer if nobody waits for it any more. Raises Ended."""
        async with self._window:
            if not self.is_open:
                raise Ended("the session has ended")
            sequence = next(self._sequences) % MOST_SEQUENCE or next(self._sequences)
            answer: asyncio.Future[Pdu] = asyncio.get_running_loop().create_future()
            self._pending[sequence] = answer
            if writing is not None:
                writing()
            try:
                self._writer.write(Pdu(command=command, sequence=sequence, body=body).encode())
                return await answer
            finally:
                self._pending.pop(sequence, None)
                if late is not None and (not answer.done() or answer.cancelled()) and self.is_open:
                    self._wait_late(sequence, late)

    def _wait_late(self, sequence: int, late: Late) -> None:
        self._late[sequence] = late
        if len(self._late) > MOST_LATE:
            del self._late[next(iter(self._late))]

    async def ended(self) -> None:
        """Wait for the end."""
        await self._ended.wait()

    async def close(self) -> None:
        """Unbind where the SMSC still answers, and end. Idempotent."""
        if self.is_open:
            with suppress(OSError, TimeoutError):
                await asyncio.wait_for(self.ask(Command.UNBIND), UNBIND_WITHIN)
        self._end()
        for task in [*self._tasks, *self._hearing]:
            task.cancel()
        await asyncio.gather(*self._tasks, *self._hearing, return_exceptions=True)
        with suppress(Exception):
            await asyncio.wait_for(self._writer.wait_closed(), UNBIND_WITHIN)

    async def _read(self) -> None:
        try:
            while True:
                self._take(await read_pdu(self._reader))
        except (Malformed, OSError, EOFError):
            pass
        finally:
            self._end()

    def _take(self, pdu: Pdu) -> None:
        if pdu.is_response:
            waiting = self._pending.get(pdu.sequence)
            if waiting is not None and not waiting.done():
                waiting.set_result(pdu)
            elif (late := self._late.pop(pdu.sequence, None)) is not None:
                late(pdu)
            return
        match pdu.command:
            case Command.DELIVER_SM if self._hears is not None and len(self._hearing) < MOST_UNANSWERED:
                task = asyncio.create_task(self._hear(pdu, self._hears))
                self._hearing.add(task)
                task.add_done_callback(self._hearing.discard)
            case Command.DELIVER_SM:
                self._answer(pdu, Status.TRY_AGAIN, b"\0")
            case Command.ENQUIRE_LINK:
                self._answer(pdu, Status.OK)
            case Command.UNBIND:
                self._answer(pdu, Status.OK)
                self._end()
            case _:
                self._write(
                    Pdu(command=Command.GENERIC_NACK, sequence=pdu.sequence, status=Status.INVALID_COMMAND)
                )

    async def _hear(self, pdu: Pdu, hears: Hears) -> None:
        status: int = Status.TRY_AGAIN
        try:
            status = await hears(pdu)
        finally:
            self._answer(pdu, status, b"\0")

    def _answer(self, pdu: Pdu, status: int, body: bytes = b"") -> None:
        self._write(Pdu(command=pdu.command | RESPONSE, sequence=pdu.sequence, status=status, body=body))

    def _write(self, pdu: Pdu) -> None:
        if self.is_open:
            self._writer.write(pdu.encode())

    async def _enquire(self) -> None:
        """Ask now and then whether the SMSC is there; one that does not answer is not."""
        try:
            while True:
                await asyncio.sleep(self._binding.enquire_seconds)
                await asyncio.wait_for(self.ask(Command.ENQUIRE_LINK), ANSWERED_WITHIN)
        except (OSError, TimeoutError):
            self._end()

    def _end(self) -> None:
        self._ended.set()
        self._writer.close()
        for waiting in list(self._pending.values()):
            if not waiting.done():
                waiting.set_exception(Ended("the session ended"))
        self._late.clear()


async def open_session(binding: Binding, hears: Hears | None) -> Session:
    """A bound session. Raises OSError, BindRefused, TimeoutError."""
    reader, writer = await asyncio.open_connection(
        binding.host,
        binding.port,
        ssl=binding.tls,
        server_hostname=binding.host if binding.tls is not None else None,
    )
    session = Session(reader, writer, binding, hears)
    try:
        await session.bind()
    except BaseException:
        await session.close()
        raise
    return session
