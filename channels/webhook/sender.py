"""Posts to receivers. Each connection is looked at when its address is known and before it is made: a name
that resolves to another address by then gains nothing. Redirects are answers like any other; cookies, proxies
of the environment and compression play no part."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from channels.webhook.networks import Networks

if TYPE_CHECKING:
    import aiohttp  # imported where something is sent: most processes never send, and it takes 7 MiB

TIMEOUT_SECONDS = 10.0
KEPT_BYTES = 1024
"""Of an answer's body."""
GONE = 410


class Answer(NamedTuple):
    """What came of one request."""

    status: int | None
    """None where there was no answer."""
    error: str | None
    """Why there was none; never with a part of the URL."""
    milliseconds: int
    body: bytes = b""

    @property
    def taken(self) -> bool:
        """Whether the receiver has it."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004

    @property
    def gone(self) -> bool:
        """Whether the receiver wants no more."""
        return self.status == GONE


class _Refused(OSError):
    """An address that must not be connected to."""


class Sender:
    """One client for all receivers of a process; `close` ends it."""

    def __init__(self, networks: Networks, *, timeout: float = TIMEOUT_SECONDS) -> None:
        """`timeout` in seconds, from looking up the name to the end of the answer's head."""
        self._networks = networks
        self._seconds = timeout
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    def _session(self, *, secure: bool) -> aiohttp.ClientSession:
        import aiohttp

        found = self._sessions.get(secure)
        if found is None:

            def checked(info: Any) -> socket.socket:
                refusal = self._networks.refusal(str(info[4][0]), secure=secure)
                if refusal is not None:
                    raise _Refused(refusal)
                return socket.socket(info[0], info[1], info[2])

            found = self._sessions[secure] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    socket_factory=checked, use_dns_cache=False, limit=0, limit_per_host=0
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=self._seconds),
                auto_decompress=False,
                trust_env=False,
            )
        return found

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post once. What goes wrong is an answer too."""
        import aiohttp

        began = _clock()
        session = self._session(secure=url.lower().startswith("https:"))
        sent = {"Content-Type": "application/json", "User-Agent": "Forbear-Webhooks/1", **headers}
        try:
            async with session.post(url, data=body, headers=sent, allow_redirects=False) as response:
                kept = b""
                with suppress(aiohttp.ClientError, TimeoutError, OSError):
                    kept = await response.content.read(KEPT_BYTES)
                return Answer(response.status, None, _since(began), kept)
        except TimeoutError:
            return Answer(None, f"no answer within {self._seconds:g} s", _since(began))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Answer(None, _sentence(error), _since(began))

    async def close(self) -> None:
        """End every connection."""
        for one in self._sessions.values():
            await one.close()
        self._sessions.clear()


def _clock() -> float:
    return asyncio.get_running_loop().time()


def _since(began: float) -> int:
    return round((_clock() - began) * 1000)


def _sentence(error: BaseException) -> str:
    """What went wrong, without the URL: its path may be a secret."""
    import aiohttp

    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, _Refused):
            return f"not connected: {cause}"
        cause = getattr(cause, "os_error", None) or cause.__cause__
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return "the receiver's certificate or TLS does not hold"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "the receiver's name is not known"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"no connection: {error.os_error.strerror or type(error.os_error).__name__}"
    return f"the connection ended without an answer ({type(error).__name__})"
