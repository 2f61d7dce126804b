"""SMS through Telnyx: one POST for a message, no redirect, no hidden retry, a time-out around each
request."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import quote

import aiohttp
import orjson

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
from channels.message import Channel, Medium, Message, SmsContent
from channels.outcome import Accepted, Outcome, Unknown
from channels.posting import NO_TIMEOUT, check_host, outcome_of, pooled_session
from channels.retried import retried
from channels.senders import variable_of
from channels.telnyx.codes import refusal
from channels.telnyx.receipts import message_receipt

TELNYX = "https://api.telnyx.com"
LOOK_UP_TIMEOUT = 10.0
OK, NOT_FOUND = 200, 404
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TelnyxConfig:
    """The account at Telnyx."""

    api_key: str = field(repr=False)
    from_number: str | None = None
    messaging_profile_id: str | None = None
    base_url: str = TELNYX
    allow_other_host: bool = False


class TelnyxSms:
    """One account's messages."""

    channel: Channel = Channel.SMS
    medium: Medium = Medium.SMS

    def __init__(self, config: TelnyxConfig, *, name: str = "telnyx") -> None:
        """Check the configuration. Raises ChannelMisconfigured. `name` tells several accounts apart."""
        check(config)
        self.name, self._config = name, config
        self._session: aiohttp.ClientSession | None = None
        self._date: str | None = None
        """The provider's clock, at its last answer."""

    async def send(self, message: Message, *, timeout: float) -> Outcome:
        """Hand one message over, at most once: only where the provider certainly took nothing is it tried
        again, within `timeout`."""
        return await retried(lambda left: self._create(message, left), timeout)

    async def _create(self, message: Message, timeout: float) -> Outcome:
        assert isinstance(message.content, SmsContent)  # noqa: S101 - the channel of the message says so
        sender = {
            "from": self._config.from_number,
            "messaging_profile_id": self._config.messaging_profile_id,
        }
        body = {
            **{name: value for name, value in sender.items() if value is not None},
            "to": message.to,
            "text": message.content.body,
            "type": "SMS",
            "webhook_url": message.receipt_url,
            "use_profile_webhooks": False,
        }
        try:
            async with asyncio.timeout(timeout):
                status, document, wait = await self._ask("POST", "/v2/messages", body)
            if status != OK:
                return refusal(status, document, wait)
            ref = document["data"]["id"]
        except Exception as error:  # noqa: BLE001 - every failure is an outcome
            return outcome_of(error)
        if not isinstance(ref, str) or not ref:
            return Unknown(code="unreadable", reason="the provider's answer holds no id")
        return Accepted(ref=ref)

    async def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> tuple[int, Any, str]:
        """The status, the document (None for an error that is no JSON), and `Retry-After`. Raises ValueError
        for a success that is none."""
        if self._session is None:
            self._session = pooled_session()
        async with self._session.request(
            method,
            self._config.base_url.rstrip("/") + path,
            data=None if body is None else orjson.dumps(body),
            headers={"Authorization": f"Bearer {self._config.api_key}", "Content-Type": "application/json"},
            allow_redirects=False,
            timeout=NO_TIMEOUT,
        ) as answer:
            octets, status = await answer.read(), answer.status
            self._date = answer.headers.get("Date")
            wait = answer.headers.get("Retry-After", "").strip()
        try:
            return status, orjson.loads(octets), wait
        except orjson.JSONDecodeError:
            if status == OK:
                raise
            return status, None, wait

    async def examine(self) -> Sequence[Finding]:
        """The balance, which any key may read, and whether the sender is the account's."""
        variable = partial(variable_of, self.name)
        try:
            status, _, _ = await self._ask("GET", "/v2/balance")
            found = [of_status(status, self._date, variable("API_KEY"))]
            if status != OK:
                return found
            if (number := self._config.from_number) is not None:
                path = f"/v2/phone_numbers?filter[phone_number]={quote(number, safe='')}"
                status, document, _ = await self._ask("GET", path)
                has = status == OK and bool(document.get("data"))
                found.append(_sender(has=has, field=variable("FROM_NUMBER"), what="number"))
            if (profile := self._config.messaging_profile_id) is not None:
                status, _, _ = await self._ask("GET", f"/v2/messaging_profiles/{quote(profile, safe='')}")
                field = variable("MESSAGING_PROFILE_ID")
                found.append(_sender(has=status == OK, field=field, what="messaging profile"))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return [unreachable(error, self._config.base_url)]
        return found

    async def look_up(self, sought: Sought) -> Sighting:
        """Ask about one attempt, by Telnyx's id: it keeps no list by recipient that an attempt could be found
        in. Never raises."""
        if sought.ref is None:
            return CannotTell(reason="the provider tells of a message by its id alone")
        try:
            async with asyncio.timeout(LOOK_UP_TIMEOUT):
                status, document, _ = await self._ask("GET", f"/v2/messages/{quote(sought.ref, safe='')}")
            if status == NOT_FOUND:
                return Absent()
            if status != OK:
                return CannotTell(reason=f"the provider answered HTTP {status}", again=True)
            return Found(receipt=message_receipt(document["data"]))
        except Exception as error:  # noqa: BLE001 - whatever the provider does, the attempt stays unknown
            return CannotTell(reason=f"no answer from the provider ({type(error).__name__})", again=True)

    def list_since(self, since: datetime) -> AsyncIterator[Listed | ListedInbound] | None:
        """None: there is no list of messages."""
        del since
        return None

    async def close(self) -> None:
        """End pooled connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()


def _sender(*, has: bool, field: str, what: str) -> Finding:
    if has:
        return Finding(what="sender", good=True, said=f"the {what} is the account's")
    do = f"set {field} to one that the provider's portal lists for this account"
    return Finding(what="sender", good=False, said=f"the account has no such {what}", do=do)


def check(config: TelnyxConfig) -> None:
    """Refuse what cannot work, and to hand the key to a host that nobody allowed. Raises
    ChannelMisconfigured."""
    if config.from_number is not None and not _E164.fullmatch(config.from_number):
        raise ChannelMisconfigured("FORBEAR_TELNYX__FROM_NUMBER: expected a number such as +12025550100")
    check_host(
        config.base_url,
        TELNYX,
        "FORBEAR_TELNYX",
        owner="Telnyx's",
        receives="the key",
        allowed=config.allow_other_host,
    )
