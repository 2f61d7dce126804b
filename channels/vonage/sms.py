"""SMS through Vonage's Messages API: one POST for a text, with its own return address."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from channels.adapter import Absent, CannotTell, Found, Listed, ListedInbound, Sighting, Sought
from channels.examining import Finding
from channels.json_api import OK, looked_up
from channels.message import Channel, Medium, Message, SmsContent
from channels.outcome import Outcome, RefusalCause, Rejected
from channels.vonage.api import VonageApi, VonageConfig
from channels.vonage.examining import examine
from channels.vonage.text_codes import refusal
from channels.vonage.texts import record_receipt

ACCEPTED = 202
LONGEST = 1000
"""Characters that Vonage takes for one text."""
SHORTEST_VALIDITY, LONGEST_VALIDITY = 20, 604_800
"""Seconds that Vonage takes as a time to live."""


class VonageSms:
    """One application's texts."""

    channel: Channel = Channel.SMS
    medium: Medium = Medium.SMS

    def __init__(self, config: VonageConfig, *, name: str = "vonage") -> None:
        """Check the configuration. Raises ChannelMisconfigured. `name` tells several accounts apart."""
        self.name, self._config = name, config
        self._api = VonageApi(config, name)

    async def send(self, message: Message, *, timeout: float) -> Outcome:
        """Hand one text over, at most once. `client_ref` is the attempt's id: by it a text is told from
        others among Vonage's records. Whether its alphabet is GSM's Vonage finds out as we do."""
        assert isinstance(message.content, SmsContent)  # noqa: S101 - the channel of the message says so
        text = message.content.body
        if len(text) > LONGEST:
            reason = f"the text has {len(text)} characters; Vonage takes {LONGEST}"
            return Rejected(cause=RefusalCause.OURS, code="too-long", reason=reason)
        body = {
            "message_type": "text",
            "channel": "sms",
            "to": message.to.removeprefix("+"),
            "from": self._config.from_number.removeprefix("+"),
            "text": text,
            "client_ref": message.attempt_id,
            "ttl": min(LONGEST_VALIDITY, max(SHORTEST_VALIDITY, int(message.valid_for.total_seconds()))),
            "webhook_url": message.receipt_url,
            "webhook_version": "v1",
        }
        return await self._api.create(
            "/v1/messages",
            body,
            created=ACCEPTED,
            id_of=lambda document: document["message_uuid"],
            refusal=refusal,
            timeout=timeout,
        )

    async def examine(self) -> Sequence[Finding]:
        """Whether the application may send texts, and its number is the account's. Reads only."""
        return await examine(self._api, self.channel, self.name)

    async def look_up(self, sought: Sought) -> Sighting:
        """Ask about one attempt in the account's records (Reports API), which the account's key reads. Never
        raises."""
        if not self._api.reads_account:
            return CannotTell(reason="the provider tells of a text to the account's own key alone")
        return await looked_up(self._among(sought))

    async def _among(self, sought: Sought) -> Sighting:
        """By Vonage's id where we hold it, else by the attempt's own among the texts to that number. What is
        not among the records by its id may be there later."""
        query = {"account_id": self._config.api_key, "product": "MESSAGES", "direction": "outbound"}
        if sought.ref is not None:
            query |= {"id": sought.ref}
        else:
            since = sought.since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            query |= {"to": sought.to.removeprefix("+"), "date_start": since}
        answer = await self._api.read_account(f"/v2/reports/records?{urlencode(query)}")
        if answer.status != OK:
            return CannotTell(reason=f"the provider answered HTTP {answer.status}", again=True)
        rows: Sequence[Mapping[str, Any]] = answer.document["records"]
        if sought.ref is not None:
            mine = [one for one in rows if one["message_id"] == sought.ref]
            if not mine:
                return CannotTell(reason="the provider has no record of it yet", again=True)
            return Found(receipt=record_receipt(mine[0]))
        mine = [one for one in rows if one.get("client_ref") == sought.attempt_id]
        if mine:
            return Found(receipt=record_receipt(mine[0]))
        if answer.document.get("cursor"):
            return CannotTell(reason="none of the first records since is it, and there are more")
        return Absent()

    def list_since(self, since: datetime) -> AsyncIterator[Listed | ListedInbound] | None:
        """None: its records are paid for, and are read by the text alone."""
        del since
        return None

    async def close(self) -> None:
        """End pooled connections. Idempotent."""
        await self._api.close()
