"""Doubles of the providers that fail in every way on purpose. Each writes what it takes into its own record
before it says anything.

SMS and calls as Twilio's REST API, e-mail as a real SMTP server (aiosmtpd). Receipts are signed as Twilio
signs them, and come late, twice, in any order, forged, or not at all. Everything is drawn from one seed."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import random
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from tests.ports import free_port

SID, TOKEN = "AC" + "0" * 32, "twilio-token-of-the-campaign"

WELL = {"take": 1.0}
"""A provider that only ever says yes."""
ILL = {
    "take": 0.70,
    "hang": 0.04,
    "cut after": 0.06,
    "cut before": 0.04,
    "oops after": 0.05,
    "busy": 0.07,
    "refuse": 0.04,
}
"""Shares: taken; taken and never answered; taken and cut; cut and not taken; taken and answered 500; 429;
refused for good."""
BRING_SECONDS = 900.0
"""So long a message of a borrower is brought: processes that were killed take minutes to start where the
machine is busy."""
BORROWER_SECONDS = 15.0
"""So long Twilio waits for the answer to one. A process that was just started reads its words first, and
a frozen one may hold the borrower's row."""
TAKEN = frozenset({"take", "hang", "cut after", "oops after"})


@dataclass(slots=True)
class Book:
    """The provider's own record: a line for each hand-over that it took or refused, in the order in which
    they came."""

    path: Path
    lines: list[dict[str, Any]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, **line: Any) -> int:
        """Keep a line; returns its number."""
        with self.lock:
            line["number"] = len(self.lines)
            line["at"] = time.time()
            self.lines.append(line)
            with self.path.open("a") as file:
                file.write(json.dumps(line) + "\n")
            return len(self.lines) - 1


class Dice:
    """What happens next, from a seed; safe for many threads."""

    def __init__(self, seed: int, shares: dict[str, float]) -> None:
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self.shares = shares

    def behave(self) -> str:
        """One of the behaviours, by its share."""
        with self._lock:
            return self._random.choices(list(self.shares), list(self.shares.values()))[0]

    def chance(self, share: float) -> bool:
        """Whether something of this share happens."""
        with self._lock:
            return self._random.random() < share

    def between(self, low: float, high: float) -> float:
        """A number in a range."""
        with self._lock:
            return self._random.uniform(low, high)


class Phones:
    """Twilio on loopback."""

    def __init__(self, book: Book, dice: Dice, public: str, doors: Callable[[], Sequence[str]]) -> None:
        """`public` is what receipt URLs begin with; `doors` are the API processes that may be alive."""
        self.book, self.dice, self._public, self._doors = book, dice, public, doors
        self._rows: list[dict[str, Any]] = []
        self._waiting: list[tuple[float, str, dict[str, str], bool]] = []
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._said = 1 << 64
        self.patience = 2.0
        """Seconds for an answer to a receipt, or to what a borrower says once."""
        self.receipts = {"sent": 0, "forged": 0, "lost": 0}
        self.lost = 0.1
        """The share of messages whose receipts never come."""
        self.pause = 0.0
        """Seconds that every answer takes."""
        self.repeats = False
        """Whether receipts that nobody took are sent again; else nobody tries again."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        server.daemon_threads = True
        self._server = server
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        self._threads = [
            threading.Thread(target=server.serve_forever, daemon=True),
            threading.Thread(target=self._send, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def take(self, kind: str, form: dict[str, str]) -> tuple[str, dict[str, Any]]:
        """One create: what the double does, and the resource it would show."""
        what = self.dice.behave()
        with self._lock:
            sid = ("CA" if kind == "Calls" else "SM") + f"{len(self._rows):032x}"
            now = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())
            row = {
                "sid": sid, "status": "queued", "to": form.get("To"), "from": form.get("From"),
                "body": form.get("Body"), "account_sid": SID,
                "date_created": now, "date_sent": now, "error_code": None, "start_time": now,
                "answered_by": None, "taken": what in TAKEN,
                "uri": f"/2010-04-01/Accounts/{SID}/{kind}/{sid}.json",
            }  # fmt: skip
            self._rows.append(row)
        text = form.get("Body") or self._spoken(form, sid) if what in TAKEN else ""
        self.book.write(
            channel="voice" if kind == "Calls" else "sms",
            to=form.get("To"),
            text=text,
            taken=what in TAKEN,
            ref=sid,
            did=what,
            url=form.get("StatusCallback"),
        )
        if what in TAKEN and form.get("StatusCallback"):
            self._plan(kind, form["StatusCallback"], row)
        return what, row

    def _spoken(self, form: dict[str, str], sid: str) -> str:
        """A call says what the service gives it to say, in the request or at its URL."""
        return form.get("Twiml") or self._post(form.get("Url", ""), {"CallSid": sid, "AccountSid": SID}) or ""

    def _plan(self, kind: str, url: str, row: dict[str, Any]) -> None:
        """Receipts for what was taken: shuffled, doubled, late, forged, lost."""
        calls = kind == "Calls"
        key = "CallSid" if calls else "MessageSid"
        last = "completed" if calls else "delivered"
        steps = ["initiated", "ringing", last] if calls else ["sent", last]
        if self.dice.chance(self.lost):
            self.receipts["lost"] += 1
            steps = []
        if self.dice.chance(0.3):
            steps.reverse()
        if self.dice.chance(0.3):
            steps = [one for step in steps for one in (step, step)]
        with self._lock:
            for step in steps:
                form = {key: row["sid"], "AccountSid": SID, "CallStatus" if calls else "MessageStatus": step}
                if calls:
                    form |= {"Timestamp": row["date_created"], "CallDuration": "4"} if step == last else {}
                self._waiting.append((time.time() + self.dice.between(0.0, 3.0), url, form, True))
            if self.dice.chance(0.1):
                self._waiting.append(
                    (time.time(), url, {key: row["sid"], "AccountSid": SID, "MessageStatus": "failed"}, False)
                )
        row["status"] = last

    def _send(self) -> None:
        while not self._over.wait(0.05):
            now = time.time()
            with self._lock:
                due = [one for one in self._waiting if one[0] <= now]
                self._waiting = [one for one in self._waiting if one[0] > now]
            for _, url, form, signed in sorted(due, key=lambda one: one[0]):
                answer = self._post(url, form, signed=signed)
                if answer is None and self.repeats:
                    with self._lock:
                        self._waiting.append((now + 0.5, url, form, signed))
                else:
                    self.receipts["sent" if signed else "forged"] += 1

    def say(self, number: str, words: str) -> str | None:
        """A borrower writes back; the answer, or nothing where no API process is alive."""
        with self._lock:
            self._said += 1
            form = {
                "MessageSid": f"SM{self._said:032x}",
                "AccountSid": SID,
                "From": number,
                "To": "+12025550100",
                "Body": words,
            }
        return self._post(f"{self._public}/v1/inbound/twilio/sms", form)

    def say_until_taken(self, number: str, words: str) -> str | None:
        """The same, again and again as one message until somebody takes it; nothing where nobody does."""
        with self._lock:
            self._said += 1
            said = self._said
        form = {
            "MessageSid": f"SM{said:032x}",
            "AccountSid": SID,
            "From": number,
            "To": "+12025550100",
            "Body": words,
        }
        deadline = time.monotonic() + BRING_SECONDS
        while time.monotonic() < deadline:
            answer = self._post(f"{self._public}/v1/inbound/twilio/sms", form, taken=True)
            if answer is not None:
                return answer
            time.sleep(0.3)
        return None

    def _post(
        self, url: str, form: dict[str, str], *, signed: bool = True, taken: bool = False
    ) -> str | None:
        """POST as Twilio does; a process that was killed does not answer, and nobody tries again. `taken`: a
        refusal is no answer."""
        payload = url + "".join(f"{name}{form[name]}" for name in sorted(form))
        signature = (
            base64.b64encode(hmac.digest(TOKEN.encode(), payload.encode(), hashlib.sha1)).decode()
            if signed
            else "forged"
        )
        for door in self._doors():
            request = urllib.request.Request(
                url.replace(self._public, door), urllib.parse.urlencode(form).encode()
            )
            request.add_header("X-Twilio-Signature", signature)
            patience = BORROWER_SECONDS if taken else self.patience
            try:
                with urllib.request.urlopen(request, timeout=patience) as answer:
                    text: str = answer.read().decode()
                    return text
            except urllib.error.HTTPError as error:
                if not taken:
                    return error.read().decode()
            except OSError:
                continue
        return None

    def rows(self, to: str | None) -> list[dict[str, Any]]:
        """What the lists show."""
        with self._lock:
            return [row for row in self._rows if row["taken"] and to in {None, row["to"]}]

    def close(self) -> None:
        """End the threads."""
        self._over.set()
        self._server.shutdown()
        self._server.server_close()


def _handler(phones: Phones) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def _answer(self, status: int, document: Any) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            if status == 429:
                self.send_header("Retry-After", "1")
            with contextlib.suppress(
                ConnectionError
            ):  # whoever asked may have been killed, or have had no patience
                self.end_headers()
                self.wfile.write(body)

        def _cut(self) -> None:
            self.close_connection = True
            self.connection.close()

        def do_GET(self) -> None:
            parts = urllib.parse.urlsplit(self.path)
            kind = "Calls" if "/Calls" in parts.path else "Messages"
            last = parts.path.rpartition("/")[2].removesuffix(".json")
            if last == kind:
                to = urllib.parse.parse_qs(parts.query).get("To", [None])[0]
                found = [row for row in phones.rows(to) if (row["sid"][:2] == "CA") == (kind == "Calls")]
                self._answer(
                    200,
                    {
                        kind.lower(): found,
                        "page": 0,
                        "page_size": 50,
                        "next_page_uri": None,
                        "uri": parts.path,
                    },
                )
                return
            row = next((one for one in phones.rows(None) if one["sid"] == last), None)
            self._answer(200 if row else 404, row or {"code": 20404, "message": "not found", "status": 404})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            form = dict(urllib.parse.parse_qsl(body))
            what, row = phones.take("Calls" if "/Calls" in self.path else "Messages", form)
            time.sleep(phones.pause)
            match what:
                case "take":
                    self._answer(201, row)
                case "hang":
                    time.sleep(6)
                    self._cut()
                case "cut after" | "cut before":
                    self._cut()
                case "oops after":
                    self._answer(500, {"code": 20500, "message": "oops", "status": 500})
                case "busy":
                    self._answer(429, {"code": 20429, "message": "too many", "status": 429})
                case _:
                    self._answer(400, {"code": 21211, "message": "not a number", "status": 400})

    return Handler


class Mail:
    """An SMTP server that keeps every mail in the book before it answers."""

    def __init__(self, book: Book, dice: Dice) -> None:
        self.book, self.dice = book, dice
        self.pause = 0.0
        """Seconds that every answer takes."""
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """The end of the data: from here on the mail may have gone."""
        what = self.dice.behave()
        message = message_from_bytes(envelope.original_content)
        parts = [
            part.get_payload(decode=True)
            for part in message.walk()
            if part.get_content_type() == "text/plain"
        ]
        text = (parts[0] or b"").decode() if parts and isinstance(parts[0], bytes) else ""
        self.book.write(
            channel="email",
            to=envelope.rcpt_tos[0],
            text=text,
            taken=what in TAKEN,
            ref=str(message["Message-ID"] or ""),
            did=what,
        )
        await asyncio.sleep(self.pause)
        match what:
            case "take":
                return "250 OK"
            case "busy":
                return "451 4.7.1 come back later"
            case "refuse":
                return "550 5.7.1 not taken"
            case _:
                server.transport.abort()
                return "421 closing"

    def close(self) -> None:
        """End the server."""
        self._controller.stop()
