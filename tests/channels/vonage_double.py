"""Vonage on loopback: what it was asked, with the application's token checked as Vonage would, and what it
answers; and requests to us as it signs them."""

from __future__ import annotations

import asyncio
import base64
import functools
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import jwt
import orjson
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from channels.callback import Callback
from channels.vonage.api import VonageConfig
from channels.vonage.sms import VonageSms
from channels.vonage.voice import VonageVoice

ID = "63f61863-4a51-4f6b-86e1-46edebcf9356"
URL = "https://forbear.example.com/v1/receipts/x"
NUMBER = "+12025550100"
KEY = rsa.generate_private_key(65537, 2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PUBLIC = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
SECRET = "signature-secret-of-the-tests-0123456789"
ACCOUNT = {"api_key": "key0", "api_secret": "secret-of-the-account"}
LOGIN = f"Basic {base64.b64encode(b'key0:secret-of-the-account').decode()}"

# Each token is signed with a key that is read anew, which takes longer than all else that these tests do.
setattr(jwt.algorithms, "load_pem_private_key", functools.cache(load_pem_private_key))  # noqa: B010

A = TypeVar("A", VonageSms, VonageVoice)


@dataclass
class Double:
    """What the double was asked, and what it answers."""

    port: int = 0
    answers: list[Any] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, Any], Any]] = field(default_factory=list)
    """Method, path with query, the claims of the token (of a login: none), the document."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Check who asks as Vonage would, then do as told."""
        said = request.headers["Authorization"]
        claims: dict[str, Any] = {}
        if said != LOGIN:
            claims = jwt.decode(said.removeprefix("Bearer "), KEY.public_key(), algorithms=["RS256"])
        body = await request.read()
        self.asked.append((request.method, request.path_qs, claims, orjson.loads(body) if body else None))
        return await self._do(request, self.answers.pop(0) if self.answers else self._well(request))

    @staticmethod
    def _well(request: web.Request) -> tuple[int, Any]:
        if request.method != "POST":
            return 200, {"uuid": ID}
        if request.path == "/v1/messages":
            return 202, {"message_uuid": ID}
        return 201, {"uuid": ID}

    @staticmethod
    async def _do(request: web.Request, said: Any) -> web.StreamResponse:
        if said == "hang":
            await asyncio.sleep(5)
        if said == "cut":
            assert request.transport is not None
            request.transport.abort()
        status, document, *further = said if isinstance(said, tuple) else (200, {})
        octets = document if isinstance(document, bytes) else orjson.dumps(document)
        headers = further[0] if further else {}
        return web.Response(status=status, body=octets, headers=headers, content_type="application/json")


@asynccontextmanager
async def vonage(kind: type[A], *answers: Any, **further: Any) -> AsyncIterator[tuple[Double, A]]:
    """A double on a free port of loopback, and the adapter at it."""
    double = Double(answers=list(answers))
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", double.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    double.port = runner.addresses[0][1]
    base_url = f"http://127.0.0.1:{double.port}"
    given = {"application_id": "app", "private_key": PEM, "from_number": NUMBER, "base_url": base_url}
    adapter = kind(VonageConfig(**given | further))
    try:
        yield double, adapter
    finally:
        await adapter.close()
        await runner.cleanup()


def signed(
    document: Any, step: str | None = None, *, kind: str = "voice", secret: str = SECRET, **claims: Any
) -> Callback:
    """A request as Vonage signs it."""
    body = document if isinstance(document, bytes) else orjson.dumps(document)
    own = {"iss": "Vonage", "payload_hash": hashlib.sha256(body).hexdigest(), "application_id": "app"}
    token = jwt.encode(own | claims, secret, algorithm="HS256")
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    return Callback(url=URL, headers=headers, body=body, kind=kind, step=step)
