"""Calls through Twilio. The TwiML is fetched from our own signed URL: the fetch proves the call, and can
still answer with a hang-up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

from channels.adapter import Listed, ListedInbound, Sighting, Sought
from channels.examining import Finding
from channels.message import Channel, Medium, Message
from channels.outcome import Outcome
from channels.receipt import Receipt
from channels.retried import retried
from channels.twilio.client import TwilioConfig, TwilioSession
from channels.twilio.examining import examine
from channels.twilio.look_up import MOST, PAGE, listed, look_up
from channels.twilio.receipts import call_receipt

EVENTS = ["initiated", "ringing", "answered", "completed"]
RING_SECONDS = 30


class TwilioVoice:
    """One account's calls."""

    channel: Channel = Channel.VOICE
    medium: Medium = Medium.VOICE_PRERECORDED
    """A machine speaks the words."""

    def __init__(self, config: TwilioConfig, *, name: str = "twilio") -> None:
        """Check the configuration. Raises ChannelMisconfigured. `name` tells several accounts apart."""
        self.name = name
        self._session = TwilioSession(config, name=name)
        self._config = config

    async def send(self, message: Message, *, timeout: float) -> Outcome:
        """Place one call, at most once."""
        form = {
            "To": message.to,
            "From": self._config.from_number or "",
            "Method": "POST",
            "StatusCallback": message.receipt_url,
            "StatusCallbackEvent": EVENTS,
            "StatusCallbackMethod": "POST",
            "Timeout": RING_SECONDS,
            "MachineDetection": "DetectMessageEnd",
            "Url": f"{message.receipt_url}/twiml",
        }
        return await retried(lambda left: self._session.hand_over("Calls", form, left), timeout)

    async def examine(self) -> Sequence[Finding]:
        """Whether the account works, and its number is its own. Reads only."""
        return await examine(self._session, self.channel, self.name)

    async def look_up(self, sought: Sought) -> Sighting:
        """Ask about one attempt. A queued call may have no start time, so the window is ours to apply."""
        calls = self._session.client.calls

        async def list_since() -> Any:
            return await calls.list_async(to=sought.to, limit=MOST)

        return await look_up(
            sought, fetch=lambda sid: calls(sid).fetch_async(), list_since=list_since, receipt=_receipt
        )

    def list_since(self, since: datetime) -> AsyncIterator[Listed | ListedInbound]:
        """Everything that this account sent since, also for others than us."""
        calls = self._session.client.calls
        return listed(
            calls.stream_async(start_time_after=since.astimezone(UTC), page_size=PAGE), since, _receipt
        )

    async def close(self) -> None:
        """End pooled connections."""
        await self._session.close()


def _receipt(row: Any) -> Receipt:
    """A fetched call as the receipt that it amounts to."""
    return call_receipt(
        {"CallSid": row.sid, "CallStatus": str(row.status or ""), "AnsweredBy": str(row.answered_by or "")}
    )
