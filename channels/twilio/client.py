"""Twilio's REST API through its own package, made safe for dispatch: one pooled session, a time-out on every
request, no hidden retry.

The package ignores a time-out given to its constructor and would send a POST again on request; both are
settled here. The base URL may be another host only on loopback or by an explicit setting, since it receives
the credentials."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from twilio.base.version import Version
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from yarl import URL

from channels.account_checks import check_host
from channels.meaning import TOO_MANY
from channels.outcome import Accepted, Outcome, Unknown
from channels.posting import NO_TIMEOUT, pooled_session
from channels.twilio.codes import TooManyRequests, outcome_of

TWILIO = "https://api.twilio.com"
MESSAGING = "https://messaging.twilio.com"
ACCOUNT_PREFIX = "AC"
DEFAULT_TIMEOUT = 10.0
OK = 200


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
    """The package's client with another base, a time-out of ours, and an ear for Retry-After.

    The package keeps the last request and answer for its own tests, writes log lines that nobody reads, and
    has its HTTP library encode forms, octet by octet: all of that is left out, since it costs more than the
    request."""

    def __init__(self, base_url: str) -> None:
        super().__init__(pool_connections=False)
        self._pool = self.session = pooled_session()
        self._base = urlsplit(base_url)

    def target(self, uri: str) -> URL:
        """Where a URL of the package leads here."""
        parts = urlsplit(uri)
        if self._base.geturl().rstrip("/") == TWILIO:
            return URL(uri)  # the package's, and that of another of Twilio's own hosts
        path = f"{self._base.path.rstrip('/')}{parts.path}"
        return URL(parts._replace(scheme=self._base.scheme, netloc=self._base.netloc, path=path).geturl())

    async def request(  # type: ignore[override]
        self,
        method: str,
        url: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """One request as the package makes it; `timeout` in seconds, never none. Raises TooManyRequests for a
        429."""
        del allow_redirects
        sent = dict(headers or {})
        if auth is not None:  # the package would use a class that its HTTP library is giving up
            sent["Authorization"] = aiohttp.encode_basic_auth(*auth)
        async with asyncio.timeout(timeout or DEFAULT_TIMEOUT):
            return await self.ask(method.upper(), self.target(url), sent, params=params, form=data)

    async def ask(
        self,
        method: str,
        target: URL,
        headers: Mapping[str, str],
        *,
        params: Any = None,
        form: Mapping[str, object] | None = None,
    ) -> Response:
        """One request, bounded by its caller. Raises TooManyRequests for a 429."""
        async with self._pool.request(
            method,
            target,
            params=params,
            data=encoded(form) if form else None,
            headers=headers,
            allow_redirects=False,
            timeout=NO_TIMEOUT,
        ) as answer:
            response = Response(answer.status, await answer.text(), answer.headers)
        if response.status_code == TOO_MANY:
            raise TooManyRequests(response.headers or {})
        return response


_RESERVED = re.compile(rb"[^A-Za-z0-9_.~ -]")
_OCTETS = tuple(f"%{octet:02X}".encode() for octet in range(256))


def encoded(form: Mapping[str, object]) -> bytes:
    """A form, as `urllib.parse.urlencode(form, doseq=True)` writes it, in a tenth of the time; what is None
    is left out."""
    pairs = [
        _quoted(name) + b"=" + _quoted(str(one))
        for name, value in form.items()
        if value is not None
        for one in (value if isinstance(value, list | tuple) else (value,))
    ]
    return b"&".join(pairs)


def _quoted(text: str) -> bytes:
    return _RESERVED.sub(lambda found: _OCTETS[found[0][0]], text.encode()).replace(b" ", b"+")


class TwilioSession:
    """One account's client, built at its first use inside the running loop; `close` ends its connections."""

    def __init__(self, config: TwilioConfig, *, name: str = "twilio") -> None:
        """Check the configuration. Raises ChannelMisconfigured. `name` tells several accounts apart."""
        check_host(
            config.base_url,
            TWILIO,
            name,
            owner="Twilio's",
            receives="the credentials",
            allowed=config.allow_other_host,
        )
        logging.getLogger("twilio.async_http_client").setLevel(logging.CRITICAL)
        self.config = config
        self._http: _PooledClient | None = None
        self._client: Client | None = None
        self._headers: Mapping[str, str] = {}
        self._targets: dict[str, URL] = {}

    @property
    def client(self) -> Client:
        """The package's client."""
        if self._client is None:
            self._http = _PooledClient(self.config.base_url)
            self._client = Client(self.config.account_sid, self.config.auth_token, http_client=self._http)  # type: ignore[no-untyped-call]
            login = aiohttp.encode_basic_auth(self.config.account_sid, self.config.auth_token)
            self._headers = {**self._client.get_headers("POST", None), "Authorization": login}
        return self._client

    async def create(self, resource: str, form: Mapping[str, object]) -> Mapping[str, Any]:
        """Create one of the account's `Messages` or `Calls`; the answer's fields as they are. The caller
        bounds the time.

        What the package's own method does, with its headers and its errors, but without a model of forty
        fields, three of them dates, of which one or two are read. Raises what the package raises."""
        client, http = self.client, self._http
        assert http is not None  # noqa: S101 - built with the client
        target = self._targets.get(resource)
        if target is None:
            version = client.api.v2010.version
            target = http.target(f"{TWILIO}/{version}/Accounts/{self.config.account_sid}/{resource}.json")
            self._targets[resource] = target
        response = await http.ask("POST", target, self._headers, form=form)
        if not 200 <= response.status_code < 300:  # noqa: PLR2004
            raise Version.exception("POST", target.path, response, "Unable to create record")
        fields: Mapping[str, Any] = json.loads(response.text) if response.text else {}
        return fields

    async def read(self, resource: str, **params: str) -> tuple[int, dict[str, Any], str | None]:
        """The account itself, or a list of one of its resources: the status, the document and the Date.
        Raises what the HTTP library raises, and TooManyRequests. The caller bounds the time."""
        below = f"/{resource}" if resource else ""
        version = self.client.api.v2010.version
        return await self._read(f"{TWILIO}/{version}/Accounts/{self.config.account_sid}{below}.json", params)

    async def read_messaging(self, path: str, **params: str) -> tuple[int, list[dict[str, Any]]]:
        """What Twilio's host of messaging services and senders lists: the status and the rows; for a resource
        that is no list, itself. Raises what `read` raises."""
        status, document, _ = await self._read(f"{MESSAGING}/{path}", params)
        key = str((document.get("meta") or {}).get("key") or "")
        return status, list(document.get(key) or []) if key else [document]

    async def _read(self, url: str, params: Mapping[str, str]) -> tuple[int, dict[str, Any], str | None]:
        _, http = self.client, self._http
        assert http is not None  # noqa: S101 - built with the client
        target = http.target(url)
        login = {"Authorization": self._headers["Authorization"]}
        response = await http.ask("GET", target, login, params=params or None)
        document = json.loads(response.text) if response.text and response.status_code == OK else {}
        date = (response.headers or {}).get("Date")
        return response.status_code, document if isinstance(document, dict) else {}, date

    async def hand_over(self, resource: str, form: Mapping[str, object], timeout: float) -> Outcome:
        """Create one of them within `timeout` seconds; whatever goes wrong is an outcome."""
        try:
            async with asyncio.timeout(timeout):
                created = await self.create(resource, form)
            ref = created.get("sid")
        except Exception as error:  # noqa: BLE001 - every failure is an outcome
            return outcome_of(error)
        if not ref:
            return Unknown(code="unreadable", reason="the provider's answer holds no sid")
        return Accepted(ref=ref, held=str(created.get("status")) == "scheduled")

    async def close(self) -> None:
        """End pooled connections. Idempotent."""
        http, self._http, self._client = self._http, None, None
        self._targets.clear()
        if http is not None:
            await http.close()  # type: ignore[no-untyped-call]
