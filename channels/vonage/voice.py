"""Calls through Vonage: one POST for a call, no redirect, no hidden retry, a time-out around each request.
The words are fetched from our own signed URL: the fetch proves the call, and can still be answered with its
end."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
import orjson
from vonage_jwt import JwtClient
from vonage_jwt.errors import VonageJwtError

from channels.adapter import (
    Absent,
    CannotTell,
    ChannelMisconfigured,
    Found,
    Listed,
    ListedInbound,
    Sighting,
    Sought,
)
from channels.examining import Finding, of_status, unreachable
from channels.message import Channel, Medium, Message
from channels.outcome import Accepted, Outcome, Unknown
from channels.posting import NO_TIMEOUT, check_host, outcome_of, pooled_session
from channels.retried import retried
from channels.senders import variable_of
from channels.vonage.codes import call_receipt, refusal
from channels.vonage.receiver import ANSWER

VONAGE = "https://api.nexmo.com"
LOOK_UP_TIMEOUT = 10.0
RING_SECONDS = 30
OK, CREATED, NOT_FOUND = 200, 201, 404
MOST = 100
"""Calls that a look-up without an id reads."""
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


@dataclass(frozen=True, slots=True, kw_only=True)
class VonageConfig:
    """The application at Vonage."""

    application_id: str
    private_key: str = field(repr=False)
    """In PEM."""
    from_number: str
    base_url: str = VONAGE
    allow_other_host: bool = False


class VonageVoice:
    """One application's calls."""

    channel: Channel = Channel.VOICE
    medium: Medium = Medium.VOICE_PRERECORDED

    def __init__(self, config: VonageConfig, *, name: str = "vonage") -> None:
        """Check the configuration. Raises ChannelMisconfigured. `name` tells several accounts apart."""
        if not _E164.fullmatch(config.from_number):
            raise ChannelMisconfigured(
                f"{variable_of(name, 'FROM_NUMBER')}: expected a number such as +12025550100"
            )
        check_host(
            config.base_url,
            VONAGE,
            "FORBEAR_VONAGE",
            owner="Vonage's",
            receives="signed tokens",
            allowed=config.allow_other_host,
        )
        self.name, self._config = name, config
        try:
            self._signer = JwtClient(config.application_id, config.private_key)
            self._signer.generate_application_jwt()
        except (VonageJwtError, ValueError, TypeError) as error:
            raise ChannelMisconfigured(
                f"{variable_of(name, 'PRIVATE_KEY_FILE')}: expected the application's private key in PEM"
            ) from error
        self._session: aiohttp.ClientSession | None = None
        self._date: str | None = None
        """The provider's clock, at its last answer."""

    async def send(self, message: Message, *, timeout: float) -> Outcome:
        """Place one call, at most once."""
        return await retried(lambda left: self._create(message, left), timeout)

    async def _create(self, message: Message, timeout: float) -> Outcome:
        body = {
            "to": [{"type": "phone", "number": message.to.removeprefix("+")}],
            "from": {"type": "phone", "number": self._config.from_number.removeprefix("+")},
            "answer_url": [f"{message.receipt_url}/{ANSWER}"],
            "answer_method": "POST",
            "event_url": [message.receipt_url],
            "event_method": "POST",
            "ringing_timer": RING_SECONDS,
        }
        try:
            async with asyncio.timeout(timeout):
                status, document = await self._ask("POST", "/v1/calls", body)
            if status != CREATED:
                return refusal(status, document)
            ref = document["uuid"]
        except Exception as error:  # noqa: BLE001 - every failure is an outcome
            return outcome_of(error)
        if not isinstance(ref, str) or not ref:
            return Unknown(code="unreadable", reason="the provider's answer holds no id")
        return Accepted(ref=ref)

    async def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, Any]:
        """The status and the document (None for an error that is no JSON). Raises ValueError for a success
        that is none."""
        if self._session is None:
            self._session = pooled_session()
        token = self._signer.generate_application_jwt().decode()
        async with self._session.request(
            method,
            self._config.base_url.rstrip("/") + path,
            data=None if body is None else orjson.dumps(body),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            allow_redirects=False,
            timeout=NO_TIMEOUT,
        ) as answer:
            octets, status = await answer.read(), answer.status
            self._date = answer.headers.get("Date")
        try:
            return status, orjson.loads(octets)
        except orjson.JSONDecodeError:
            if status in {OK, CREATED}:
                raise
            return status, None

    async def examine(self) -> Sequence[Finding]:
        """The newest call: whether the key is taken. Whose the number is cannot be asked with it."""
        try:
            status, _ = await self._ask("GET", "/v1/calls?page_size=1")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return [unreachable(error, self._config.base_url)]
        names = ("APPLICATION_ID", "PRIVATE_KEY_FILE")
        return [of_status(status, self._date, " and ".join(variable_of(self.name, one) for one in names))]

    async def look_up(self, sought: Sought) -> Sighting:
        """Ask about one attempt: by its id, else among the calls to that number since. Never raises."""
        try:
            async with asyncio.timeout(LOOK_UP_TIMEOUT):
                if sought.ref is not None:
                    status, document = await self._ask("GET", f"/v1/calls/{quote(sought.ref, safe='')}")
                    if status == NOT_FOUND:
                        return Absent()
                    if status != OK:
                        return CannotTell(reason=f"the provider answered HTTP {status}", again=True)
                    return Found(receipt=call_receipt(document))
                return await self._among(sought)
        except Exception as error:  # noqa: BLE001 - whatever the provider does, the attempt stays unknown
            return CannotTell(reason=f"no answer from the provider ({type(error).__name__})", again=True)

    async def _among(self, sought: Sought) -> Sighting:
        since = sought.since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        query = urlencode({"date_start": since, "page_size": MOST})
        status, document = await self._ask("GET", f"/v1/calls?{query}")
        if status != OK:
            return CannotTell(reason=f"the provider answered HTTP {status}", again=True)
        rows = document["_embedded"]["calls"]
        mine = [
            one
            for one in rows
            if str(one["to"].get("number")) == sought.to.removeprefix("+")
            and one["uuid"] not in sought.known_refs
        ]
        match mine:
            case [only]:
                return Found(receipt=call_receipt(only))
            case [] if len(rows) < MOST:
                return Absent()
            case []:
                return CannotTell(reason=f"none of {MOST} calls since is it, and there are more")
            case _:
                refs = tuple(str(one["uuid"]) for one in mine[:10])
                return CannotTell(reason="several calls at the provider could be it", candidates=refs)

    def list_since(self, since: datetime) -> AsyncIterator[Listed | ListedInbound] | None:
        """None: its list gives each call's beginning and no more than a page is read of it."""
        del since
        return None

    async def close(self) -> None:
        """End pooled connections. Idempotent."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()
