"""SMS through Twilio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

from channels.adapter import Listed, ListedInbound, Sighting, Sought
from channels.examining import Finding
from channels.message import Channel, Medium, Message, SmsContent
from channels.outcome import Outcome
from channels.receipt import Inbound, Receipt
from channels.retried import retried
from channels.twilio.client import TwilioConfig, TwilioSession
from channels.twilio.examining import examine
from channels.twilio.look_up import MOST, PAGE, is_by_whatsapp, listed, look_up
from channels.twilio.receipts import message_receipt, parse_inbound

SHORTEST_VALIDITY, LONGEST_VALIDITY = 1, 36_000
"""Seconds that Twilio accepts as a ValidityPeriod."""


class TwilioSms:
    """One account's messages."""

    channel: Channel = Channel.SMS
    medium: Medium = Medium.SMS

    def __init__(self, config: TwilioConfig, *, name: str = "twilio") -> None:
        """Check the configuration. Raises ChannelMisconfigured. `name` tells several accounts apart."""
        self.name = name
        self._session = TwilioSession(config, name=name)
        self._config = config

    async def send(self, message: Message, *, timeout: float) -> Outcome:
        """Hand one message over, at most once: only where the provider certainly took nothing is it tried
        again, within `timeout`."""
        validity = min(LONGEST_VALIDITY, max(SHORTEST_VALIDITY, int(message.valid_for.total_seconds())))
        form = {
            **self._form(message),
            "StatusCallback": message.receipt_url,
            "ValidityPeriod": validity,
        }
        return await retried(lambda left: self._session.hand_over("Messages", form, left), timeout)

    def _form(self, message: Message) -> dict[str, Any]:
        """To whom, by whom and what."""
        assert isinstance(message.content, SmsContent)  # noqa: S101 - the channel of the message says so
        service = self._config.messaging_service_sid
        sender = {"MessagingServiceSid": service} if service else {"From": self._config.from_number}
        return {"To": message.to, **sender, "Body": message.content.body}

    async def examine(self) -> Sequence[Finding]:
        """Whether the account works, and its number is its own. Reads only."""
        return await examine(self._session, self.channel, self.name)

    async def look_up(self, sought: Sought) -> Sighting:
        """Ask about one attempt."""
        messages = self._session.client.messages

        async def list_since() -> Any:
            return await messages.list_async(
                to=sought.to, date_sent_after=sought.since.astimezone(UTC), limit=MOST
            )

        return await look_up(
            sought, fetch=lambda sid: messages(sid).fetch_async(), list_since=list_since, receipt=_receipt
        )

    def list_since(self, since: datetime) -> AsyncIterator[Listed | ListedInbound]:
        """Everything that this account sent and heard since, also for others than us."""
        messages = self._session.client.messages
        return listed(
            messages.stream_async(date_sent_after=since.astimezone(UTC), page_size=PAGE),
            since,
            _receipt,
            _inbound,
            is_mine=self._is_mine,
        )

    def _is_mine(self, row: Any) -> bool:
        """Whether a row of the account's list came or went by this channel."""
        return not is_by_whatsapp(row)

    async def close(self) -> None:
        """End pooled connections."""
        await self._session.close()


def _receipt(row: Any) -> Receipt:
    """A fetched message as the receipt that it amounts to."""
    code = row.error_code
    return message_receipt(
        {
            "MessageSid": row.sid,
            "MessageStatus": str(row.status or ""),
            "ErrorCode": "" if code is None else str(code),
        }
    )


def _inbound(row: Any) -> Inbound:
    """A message to this account as its webhook would have told it."""
    return parse_inbound(
        {"MessageSid": row.sid, "From": row.from_ or "", "To": row.to or "", "Body": row.body or ""}
    )
