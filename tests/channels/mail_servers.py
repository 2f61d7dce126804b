"""Mail servers on loopback: a real one (aiosmtpd) that can be told to fail, and a scripted one for what a
sound server never does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = b"forbear", b"a-password-for-tests"
CUT, HANG = "cut", "hang"


# without slots: the server walks over all members, which some releases of Python 3.11 refuse on such a class
@dataclass
class Mailbox:
    """The handler of the real server: keeps what it takes, and answers at each stage as a test says."""

    answers: dict[str, str] = field(default_factory=dict)
    """MAIL, RCPT, DATA or RSET to a reply, to `cut`, or to `hang`."""
    kept: list[Envelope] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    logins: list[bytes] = field(default_factory=list)
    connections: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def _said(self, stage: str, server: SMTP) -> str | None:
        answer = self.answers.get(stage)
        if answer == CUT:
            assert server.transport is not None
            server.transport.abort()  # type: ignore[attr-defined]
        elif answer == HANG:
            await self.over.wait()
        return answer

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self._said("MAIL", server)
        if answer is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return answer or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self._said("RCPT", server)
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_RSET(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        return await self._said("RSET", server) or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.answers.get("DATA")
        if answer is None or answer in {CUT, HANG}:
            self.kept.append(envelope)
            self.encrypted.append(session.ssl is not None)
        return await self._said("DATA", server) or "250 OK queued"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: Any
    ) -> AuthResult:
        """Refuse in words: left to itself, the server says nothing at all about a wrong password."""
        assert isinstance(login, LoginPassword)
        self.logins.append(login.login)
        return AuthResult(success=(USER, PASSWORD) == (login.login, login.password), handled=False)

    def mails(self) -> list[EmailMessage]:
        """What was taken, parsed."""
        return [
            message_from_bytes(envelope.original_content or b"", policy=policy.default)
            for envelope in self.kept
        ]


@contextlib.asynccontextmanager
async def served(mailbox: Mailbox, **options: Any) -> AsyncIterator[int]:
    """The real server on a free port of loopback. `implicit` is a TLS context for a server that is encrypted
    from the first byte."""
    loop = asyncio.get_running_loop()
    implicit = options.pop("implicit", None)
    peers: list[SMTP] = []

    def connected() -> SMTP:
        mailbox.connections += 1
        peers.append(
            SMTP(
                mailbox, loop=loop, hostname="mail.example.com", authenticator=mailbox.authenticate, **options
            )
        )
        return peers[-1]

    async with _listening(lambda: loop.create_server(connected, "127.0.0.1", 0, ssl=implicit)) as port:
        try:
            yield port
        finally:
            mailbox.over.set()
            for transport in [
                one.transport for one in peers if one.transport is not None and not one.transport.is_closing()
            ]:
                transport.abort()  # type: ignore[attr-defined]


@contextlib.asynccontextmanager
async def scripted(replies: Mapping[str, str], heard: list[str] | None = None) -> AsyncIterator[int]:
    """A server that says what a test dictates: a verb (GREETING, EHLO, MAIL, …, `.`) to a reply, to `cut`, or
    to `hang`."""
    over = asyncio.Event()
    writers: list[asyncio.StreamWriter] = []
    lines: list[str] = [] if heard is None else heard

    async def answer(verb: str, usual: str, writer: asyncio.StreamWriter) -> bool:
        said = replies.get(verb, usual)
        if said == HANG:
            await over.wait()
        if said in {CUT, HANG}:
            return False
        writer.write(said.encode() + b"\r\n")
        await writer.drain()
        return True

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with contextlib.suppress(ConnectionError):
            alive = await answer("GREETING", "220 mail.example.com", writer)
            in_data = False
            while alive and (raw := await reader.readline()):
                line = raw.decode("ascii").rstrip("\r\n")
                lines.append(line)
                if in_data and line != ".":
                    continue
                verb, in_data = line.split(" ")[0].upper(), False
                alive = await answer(verb, "354 go on" if verb == "DATA" else "250 OK", writer)
                in_data = verb == "DATA" and replies.get("DATA", "354").startswith("354")
        writer.close()

    async with _listening(lambda: asyncio.start_server(serve, "127.0.0.1", 0)) as port:
        try:
            yield port
        finally:
            over.set()
            for writer in writers:
                writer.transport.abort()


@contextlib.asynccontextmanager
async def _listening(start: Callable[[], Any]) -> AsyncIterator[int]:
    server = await start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
        for _ in range(10):
            await asyncio.sleep(0)
