"""A double of SES on loopback and a topic of SNS with a certificate of its own: they show what our side
does, and are no evidence about Amazon."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from channels.ses.sns import ALGORITHMS, signed_text

TOPIC = "arn:aws:sns:eu-central-1:000000000000:forbear"
HOST = "https://sns.eu-central-1.amazonaws.com"
CERTIFICATE = f"{HOST}/SimpleNotificationService-0.pem"


@dataclass(slots=True)
class SesDouble:
    """Keeps what it was asked, and answers from `script`, else as a provider that is well."""

    script: list[Any] = field(default_factory=list)
    asked: list[Any] = field(default_factory=list)
    headers: list[Any] = field(default_factory=list)
    port: int = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """One request."""
        self.asked.append(orjson.loads(await request.read()))
        self.headers.append(dict(request.headers))
        said = self.script.pop(0) if self.script else (200, {"MessageId": "0107-1"}, {})
        if said == "hang":
            await asyncio.sleep(30)
        if said == "cut":
            assert request.transport is not None
            request.transport.abort()
        status, body, headers = said if isinstance(said, tuple) else (200, {}, {})
        octets = body if isinstance(body, bytes) else orjson.dumps(body)
        return web.Response(status=status, body=octets, headers=headers)


@contextlib.asynccontextmanager
async def ses(*script: Any) -> AsyncIterator[SesDouble]:
    """A double on a free port."""
    double = SesDouble(script=list(script))
    app = web.Application()
    app.router.add_post("/v2/email/outbound-emails", double.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    double.port = runner.addresses[0][1]
    try:
        yield double
    finally:
        await runner.cleanup()


class Topic:
    """A topic that signs as Amazon does, with a certificate that its own host holds."""

    def __init__(self, *, arn: str = TOPIC) -> None:
        self.arn = arn
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.example.com")])
        now = datetime(2026, 1, 1, tzinfo=UTC)
        made = x509.CertificateBuilder(name, name, self._key.public_key(), 1, now, now + timedelta(days=3650))
        self.pem = made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        self.fetched: list[str] = []

    async def fetch(self, url: str) -> bytes:
        """What Amazon's host would hold."""
        self.fetched.append(url)
        return self.pem

    def message(self, event: Any, *, version: str = "2", **further: str) -> bytes:
        """A notification of an event, signed."""
        fields = {
            "Type": "Notification",
            "MessageId": "m-1",
            "TopicArn": self.arn,
            "Message": event if isinstance(event, str) else orjson.dumps(event).decode(),
            "Timestamp": "2026-11-24T17:00:00.000Z",
            "SignatureVersion": version,
            "SigningCertURL": CERTIFICATE,
            **further,
        }
        signature = self._key.sign(signed_text(fields), padding.PKCS1v15(), ALGORITHMS[version])
        return orjson.dumps(fields | {"Signature": base64.b64encode(signature).decode()})


def event(kind: str, tag: str = "", **further: Any) -> dict[str, Any]:
    """An event of a mail, as a configuration set publishes it."""
    mail = {
        "messageId": "0107-1",
        "destination": ["ana@example.com"],
        "tags": {"forbear": [tag]} if tag else {},
    }
    return {"eventType": kind, "mail": mail, **further}


def bounce(kind: str, subtype: str, recipients: Sequence[dict[str, str]] = ()) -> dict[str, Any]:
    """A bounce's part of an event."""
    return {"bounce": {"bounceType": kind, "bounceSubType": subtype, "bouncedRecipients": list(recipients)}}
