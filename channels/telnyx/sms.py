"""SMS through Telnyx: one POST for a message, no redirect, no hidden retry, a time-out around each
request."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from urllib.parse import quote

import aiohttp

from channels.account_checks import check_host, check_number
from channels.adapter import Absent, CannotTell, Found, Listed, ListedInbound, Sighting, Sought
from channels.examining import Finding, of_status, unreachable
from channels.json_api import NOT_FOUND, OK, JsonApi, looked_up
from channels.message import Channel, Medium, Message, SmsContent
from channels.outcome import Outcome
from channels.senders import variable_of
from channels.telnyx.codes import refusal
from channels.telnyx.receipts import message_receipt

TELNYX = "https://api.telnyx.com"


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
        if config.from_number is not None:
            check_number(config.from_number, name)
        check_host(
            config.base_url,
            TELNYX,
            name,
            owner="Telnyx's",
            receives="the key",
            allowed=config.allow_other_host,
        )
        self.name, self._config = name, config
        self._api = JsonApi(config.base_url, lambda: f"Bearer {config.api_key}")

    async def send(self, message: Message, *, timeout: float) -> Outcome:
        """Hand one message over, at most once: only where the provider certainly took nothing is it tried
        again, within `timeout`."""
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
        return await self._api.create(
            "/v2/messages",
            body,
            created=OK,
            id_of=lambda document: document["data"]["id"],
            refusal=refusal,
            timeout=timeout,
        )

    async def examine(self) -> Sequence[Finding]:
        """The balance, which any key may read, and whether the sender is the account's."""
        variable = partial(variable_of, self.name)
        try:
            status = (await self._api.ask("GET", "/v2/balance")).status
            found = [of_status(status, self._api.date, variable("API_KEY"))]
            if status != OK:
                return found
            if (number := self._config.from_number) is not None:
                path = f"/v2/phone_numbers?filter[phone_number]={quote(number, safe='')}"
                answer = await self._api.ask("GET", path)
                has = answer.status == OK and bool(answer.document.get("data"))
                found.append(_sender(has=has, field=variable("FROM_NUMBER"), what="number"))
            if (profile := self._config.messaging_profile_id) is not None:
                answer = await self._api.ask("GET", f"/v2/messaging_profiles/{quote(profile, safe='')}")
                field = variable("MESSAGING_PROFILE_ID")
                found.append(_sender(has=answer.status == OK, field=field, what="messaging profile"))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return [unreachable(error, self._config.base_url)]
        return found

    async def look_up(self, sought: Sought) -> Sighting:
        """Ask about one attempt, by Telnyx's id: it keeps no list by recipient that an attempt could be found
        in. Never raises."""
        if sought.ref is None:
            return CannotTell(reason="the provider tells of a message by its id alone")
        return await looked_up(self._by_id(sought.ref))

    async def _by_id(self, ref: str) -> Sighting:
        answer = await self._api.ask("GET", f"/v2/messages/{quote(ref, safe='')}")
        if answer.status == NOT_FOUND:
            return Absent()
        if answer.status != OK:
            return CannotTell(reason=f"the provider answered HTTP {answer.status}", again=True)
        return Found(receipt=message_receipt(answer.document["data"]))

    def list_since(self, since: datetime) -> AsyncIterator[Listed | ListedInbound] | None:
        """None: there is no list of messages."""
        del since
        return None

    async def close(self) -> None:
        """End pooled connections."""
        await self._api.close()


def _sender(*, has: bool, field: str, what: str) -> Finding:
    if has:
        return Finding(what="sender", good=True, said=f"the {what} is the account's")
    do = f"set {field} to one that the provider's portal lists for this account"
    return Finding(what="sender", good=False, said=f"the account has no such {what}", do=do)
