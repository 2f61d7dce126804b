"""Twilio's REST API through its own package, made safe for dispatch: one pooled session, a time-out on every request, no hidden retry.

The package ignores a time-out given to its constructor and would send a POST again on request; both are settled here. The base URL may
be another host only on loopback or by an explicit setting, since it receives the credentials."""

from __future__ import annotations

import ipaddress
import logging
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from channels.adapter import ChannelMisconfigured
from channels.twilio.codes import TOO_MANY, TooManyRequests

TWILIO = "https://api.twilio.com"
ACCOUNT_PREFIX = "AC"
DEFAULT_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioConfig:
    """The account at Twilio."""

    account_sid: str
    auth_token: str = field(repr=False)
    from_number: str | None = None
    messaging_service_sid: str | None = None
    base_url: str = TWILIO
    allow_other_host: bool = False


class _PooledClient(AsyncTwilioHttpClient):
    """The package's client with another base, a time-out of ours, and an ear for Retry-After."""

    def __init__(self, base_url: str) -> None:
        super().__init__(pool_connections=True, max_retries=None)
        self._base = urlsplit(base_url)

    async def request(self, method: str, uri: str, *args: Any, **options: Any) -> Response:  # type: ignore[override]
        """One request; `timeout` in seconds, never none. Raises TooManyRequests for a 429."""
        parts = urlsplit(uri)
        path = f"{self._base.path.rstrip('/')}{parts.path}"
        options["timeout"] = options.get("timeout") or DEFAULT_TIMEOUT
        options["allow_redirects"] = False
        if (
            login := options.pop("auth", None)
        ) is not None:  # the package would use a class that its HTTP library is giving up
            options["headers"] = {
                **(options.get("headers") or {}),
                "Authorization": aiohttp.encode_basic_auth(*login),
            }
        target = parts._replace(scheme=self._base.scheme, netloc=self._base.netloc, path=path).geturl()
        response = await super().request(method, target, *args, **options)
        if response.status_code == TOO_MANY:
            raise TooManyRequests(response.headers or {})
        return response


def check_base_url(config: TwilioConfig) -> None:
    """Refuse to hand the credentials to a host that nobody allowed. Raises ChannelMisconfigured."""
    if config.base_url.rstrip("/") == TWILIO or config.allow_other_host:
        return
    parts = urlsplit(config.base_url)
    if parts.scheme in {"http", "https"} and _is_loopback(parts.hostname):
        return
    raise ChannelMisconfigured(
        "FORBEAR_TWILIO__BASE_URL: another host than Twilio's receives the credentials; set FORBEAR_TWILIO__ALLOW_OTHER_HOST=true to allow it"
    )


def _is_loopback(host: str | None) -> bool:
    if host is None:
        return False
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class TwilioSession:
    """One account's client, built at its first use inside the running loop; `close` ends its connections."""

    def __init__(self, config: TwilioConfig) -> None:
        """Check the configuration. Raises ChannelMisconfigured."""
        check_base_url(config)
        logging.getLogger("twilio.async_http_client").setLevel(logging.CRITICAL)
        self.config = config
        self._http: _PooledClient | None = None
        self._client: Client | None = None

    @property
    def client(self) -> Client:
        """The package's client."""
        if self._client is None:
            self._http = _PooledClient(self.config.base_url)
            self._client = Client(self.config.account_sid, self.config.auth_token, http_client=self._http)  # type: ignore[no-untyped-call]
        return self._client

    async def close(self) -> None:
        """End pooled connections. Idempotent."""
        http, self._http, self._client = self._http, None, None
        if http is not None:
            await http.close()  # type: ignore[no-untyped-call]
