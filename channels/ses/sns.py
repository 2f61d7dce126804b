"""Messages of Amazon SNS, and their signature: by a certificate that Amazon's own host holds, over the fields
that Amazon names (Verifying the signatures of Amazon SNS messages)."""

from __future__ import annotations

import base64
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from channels.callback import Forged, Unreadable

TELLS, ASKS = "Notification", "SubscriptionConfirmation"
SIGNED: Mapping[str, tuple[str, ...]] = {
    TELLS: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    ASKS: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
"""The fields that are signed, in their order; a Subject only where there is one."""
ALGORITHMS: Mapping[str, hashes.HashAlgorithm] = {"1": hashes.SHA1(), "2": hashes.SHA256()}  # noqa: S303
"""By SignatureVersion: Amazon signs with the first unless a topic asks for the second."""
_HOST = re.compile(r"sns\.[a-z]{2}(-[a-z]+)+-\d\.amazonaws\.com(\.cn)?")
_PEM = re.compile(r"/[A-Za-z0-9._-]{1,120}\.pem")
MOST_CERTIFICATES, LARGEST, SECONDS = 16, 20_000, 5.0

Fetch = Callable[[str], Awaitable[bytes]]


async def fetched(url: str) -> bytes:
    """What one of Amazon's hosts holds; no redirect, a few seconds, a few octets. Raises what the HTTP
    library raises."""
    limit = aiohttp.ClientTimeout(total=SECONDS)
    async with (
        aiohttp.ClientSession(timeout=limit) as session,
        session.get(url, allow_redirects=False) as answer,
    ):
        answer.raise_for_status()
        return await answer.content.read(LARGEST)


class Topics:
    """What comes from some topics: the account's own, and nobody else's."""

    def __init__(self, arns: list[str], fetch: Fetch = fetched) -> None:
        """`fetch` brings what an URL of Amazon's holds."""
        self._arns = frozenset(arns)
        self._fetch = fetch
        self._keys: dict[str, RSAPublicKey] = {}

    def read(self, body: bytes) -> dict[str, str]:
        """The fields of a message that says that it is of such a topic. Raises CallbackError."""
        try:
            document: Any = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise Unreadable("", "a JSON document") from None
        if not isinstance(document, dict):
            raise Unreadable("", "a message of Amazon SNS")
        fields = {name: value for name, value in document.items() if isinstance(value, str)}
        if fields.get("TopicArn") not in self._arns:
            raise Forged("the topic is not the one of the settings")
        if fields.get("Type") not in SIGNED:
            raise Unreadable("/Type", f"one of {', '.join(SIGNED)}")
        return fields

    async def prepare(self, fields: Mapping[str, str]) -> None:
        """Fetch the certificate that a message names, where it is not known yet. Raises Forged for one that
        Amazon does not hold."""
        url = _amazons(fields.get("SigningCertURL", ""), _PEM)
        if url in self._keys:
            return
        try:
            key = x509.load_pem_x509_certificate(await self._fetch(url)).public_key()
        except Exception:  # noqa: BLE001 - whatever it is, nothing can be verified by it
            raise Forged("the certificate of the signature cannot be fetched") from None
        if not isinstance(key, RSAPublicKey):
            raise Forged("the certificate of the signature is none of Amazon's")
        while len(self._keys) >= MOST_CERTIFICATES:
            del self._keys[next(iter(self._keys))]
        self._keys[url] = key

    def verify(self, fields: Mapping[str, str]) -> None:
        """The signature over the fields that are signed. Raises Forged."""
        key = self._keys.get(fields.get("SigningCertURL", ""))
        algorithm = ALGORITHMS.get(fields.get("SignatureVersion", ""))
        if key is None or algorithm is None:
            raise Forged("the signature does not fit")
        try:
            signature = base64.b64decode(fields.get("Signature", ""), validate=True)
            key.verify(signature, signed_text(fields), padding.PKCS1v15(), algorithm)
        except (InvalidSignature, ValueError):
            raise Forged("the signature does not fit") from None

    async def confirm(self, fields: Mapping[str, str]) -> None:
        """Tell Amazon that this URL takes what the topic sends; after `verify`. Raises CallbackError."""
        url = _amazons(fields.get("SubscribeURL", ""), re.compile("/?"))
        try:
            await self._fetch(url)
        except Exception as error:  # noqa: BLE001 - Amazon asks again
            raise Unreadable("/SubscribeURL", f"a URL that answers, got {type(error).__name__}") from None


def signed_text(fields: Mapping[str, str]) -> bytes:
    """What Amazon signs: each field's name and value, a line each."""
    names = [name for name in SIGNED[fields["Type"]] if name in fields]
    return "".join(f"{name}\n{fields[name]}\n" for name in names).encode()


def _amazons(url: str, path: re.Pattern[str]) -> str:
    """The URL, where it is one of SNS at Amazon, over TLS, with such a path. Raises Forged."""
    try:
        parts = urlsplit(url)
        good = parts.scheme == "https" and _HOST.fullmatch(parts.netloc) and path.fullmatch(parts.path)
    except ValueError:
        good = None
    if not good:
        raise Forged("a URL in it is not Amazon's")
    return url
