"""A double of Twilio on loopback, of our own making: it shows what our side does with an answer, and is no
evidence about the real service."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from channels.twilio.client import TwilioConfig

SID, TOKEN = "AC" + "0" * 32, "twilio-token-for-tests"
OURS = "+12025550100"
CUT, HANG = "cut", "hang"


def account(port: int, **further: Any) -> TwilioConfig:
    """The account at a double on this port."""
    own = {"account_sid": SID, "auth_token": TOKEN, "from_number": OURS}
    return TwilioConfig(**{**own, "base_url": f"http://127.0.0.1:{port}", **further})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as it came over the wire."""

    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    form: Sequence[tuple[str, str]]

    def credentials(self) -> tuple[str, str]:
        """The Basic credentials."""
        user, _, password = (
            base64.b64decode(self.headers["authorization"].removeprefix("Basic ")).decode().partition(":")
        )
        return user, password


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the double says."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    partly: bool = False
    """Only half of the body is written before the connection is cut."""


def refusal(status: int, code: Any, message: str = "The number +12025550143 is not right") -> Answer:
    """An error in Twilio's own shape."""
    return Answer(
        status=status,
        body={"code": code, "message": message, "more_info": "https://example.com/docs", "status": status},
    )


@dataclass(slots=True)
class Twilio:
    """Keeps what it was asked, and answers from `script`, else as a provider that is well."""

    script: list[Answer | str] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)
    """What the lists hold beside what was created."""
    status: str = "queued"
    port: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def posts(self) -> list[Asked]:
        """The creates."""
        return [one for one in self.asked if one.method == "POST"]

    def answer(self, asked: Asked) -> Answer:
        """As a provider that is well."""
        kind = "calls" if "/Calls" in asked.path else "messages"
        if asked.method == "POST":
            row = resource(
                kind,
                sid=f"{'CA' if kind == 'calls' else 'SM'}{len(self.rows):032x}",
                status=self.status,
                **dict(asked.form),
            )
            self.rows.append(row)
            return Answer(status=201, body=row)
        if asked.path.endswith((".json", "Messages.json", "Calls.json")) and asked.path.rpartition("/")[
            2
        ] in {
            "Messages.json",
            "Calls.json",
        }:
            return Answer(body=self._page(kind, asked))
        sid = asked.path.rpartition("/")[2].removesuffix(".json")
        found = next((row for row in self.rows if row["sid"] == sid), None)
        return refusal(404, 20404, "not found") if found is None else Answer(body=found)

    def _page(self, kind: str, asked: Asked) -> dict[str, Any]:
        """What fits the question, in pages of the size that was asked for."""
        to, size, page = (asked.query.get(name, [None])[0] for name in ("To", "PageSize", "Page"))
        since = next(
            (values[0] for name, values in asked.query.items() if name in {"DateSent>", "StartTime>"}), None
        )
        after = datetime.min.replace(tzinfo=UTC) if since is None else datetime.fromisoformat(since)
        rows = [
            row
            for row in self.rows
            if f"/{kind}/" in row["uri"] and to in {None, row["to"]} and _left(row) >= after
        ]
        first, most = int(page or 0) * int(size or 50), int(size or 50)
        further = first + most < len(rows) and size is not None
        query = urlencode(
            {"PageSize": most, "Page": int(page or 0) + 1, **({"DateSent>": since} if since else {})}
        )
        return {
            kind: rows[first : first + most] if size is not None else rows,
            "next_page_uri": f"{asked.path}?{query}" if further else None,
            "page_size": most,
        }


def _left(row: dict[str, Any]) -> datetime:
    """What has no date that can be read is in every list."""
    try:
        return parsedate_to_datetime(row.get("date_sent") or row.get("start_time") or row["date_created"])
    except (TypeError, ValueError):
        return datetime.max.replace(tzinfo=UTC)


def resource(kind: str, *, sid: str, status: str, **form: str) -> dict[str, Any]:
    """A message or a call as the API shows it."""
    return {
        "sid": sid, "account_sid": SID, "status": status, "to": form.get("To"), "from": form.get("From"),
        "direction": form.get("direction", "outbound-api"),
        "date_created": form.get("created", "Tue, 24 Nov 2026 17:00:05 +0000"), "date_sent": None,
        "uri": f"/2010-04-01/Accounts/{SID}/{kind}/{sid}.json",
    } | ({"body": form.get("Body"), "error_code": None}
        if kind == "messages" else {"answered_by": None, "start_time": None})  # fmt: skip


@contextlib.asynccontextmanager
async def twilio(*script: Answer | str) -> AsyncIterator[Twilio]:
    """The double on a free port of loopback."""
    double = Twilio(script=list(script))
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        double.connections += 1
        writers.append(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while await _serve_one(double, reader, writer):
                pass
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    double.port = server.sockets[0].getsockname()[1]
    try:
        yield double
    finally:
        double.over.set()
        for writer in writers:
            writer.transport.abort()
        server.close()
        await server.wait_closed()
        for _ in range(10):
            await asyncio.sleep(0)


async def _serve_one(double: Twilio, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """One request and its answer; False when the connection is to end."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii").split("\r\n")
    method, target, _ = head[0].split(" ")
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)
    }
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    parts = urlsplit(target)
    asked = Asked(
        method=method,
        path=parts.path,
        query=parse_qs(parts.query),
        headers=headers,
        form=parse_qsl(body.decode()),
    )
    double.asked.append(asked)
    answer = double.script.pop(0) if double.script else double.answer(asked)
    if isinstance(answer, str):
        if answer == HANG:
            await double.over.wait()
        return False
    octets = answer.body.encode() if isinstance(answer.body, str) else json.dumps(answer.body).encode()
    lines = {"Content-Type": answer.content_type, "Content-Length": str(len(octets)), **answer.headers}
    first = (
        f"HTTP/1.1 {answer.status} X\r\n"
        + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        + "\r\n"
    )
    writer.write(first.encode() + (octets[: len(octets) // 2] if answer.partly else octets))
    await writer.drain()
    return not answer.partly
