"""WhatsApp through Twilio's Messages: an approved text by its ContentSid, with what stands at its places;
within a day of what the person wrote also words that nobody approved."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from channels.account_checks import check_number
from channels.adapter import Sighting, Sought
from channels.examining import Finding
from channels.message import Channel, Medium, Message, WhatsAppContent
from channels.outcome import Outcome, RefusalCause, Rejected
from channels.twilio.client import TwilioConfig
from channels.twilio.examining import examine
from channels.twilio.look_up import WHATSAPP, is_by_whatsapp
from channels.twilio.sms import TwilioSms


class TwilioWhatsApp(TwilioSms):
    """One account's WhatsApp sender."""

    channel = Channel.WHATSAPP
    medium = Medium.IM

    def __init__(self, config: TwilioConfig, *, name: str = "twilio", sender: str) -> None:
        """`sender`: the number that WhatsApp knows, in E.164 form. Raises ChannelMisconfigured."""
        check_number(sender, name, "WHATSAPP_NUMBER")
        super().__init__(config, name=name)
        self._sender = f"{WHATSAPP}{sender}"

    async def send(self, message: Message, *, timeout: float) -> Outcome:
        """Hand one message over, at most once. What WhatsApp would not take is refused here: it would be
        accepted, and fail a moment later (63016)."""
        assert isinstance(message.content, WhatsAppContent)  # noqa: S101 - the channel of the message says so
        if self.name not in message.content.approved and not message.in_session:
            reason = f"no approved text for {self.name}, and the person has not written within the day"
            return Rejected(cause=RefusalCause.OURS, code="not-approved", reason=reason)
        return await super().send(message, timeout=timeout)

    def _form(self, message: Message) -> dict[str, Any]:
        content = message.content
        assert isinstance(content, WhatsAppContent)  # noqa: S101 - as above
        ends = {"To": f"{WHATSAPP}{message.to}", "From": self._sender}
        approved = content.approved.get(self.name)
        if approved is None:
            return {**ends, "Body": content.text}
        variables = json.dumps(dict(content.variables), ensure_ascii=False)
        return {**ends, "ContentSid": approved, "ContentVariables": variables}

    async def examine(self) -> Sequence[Finding]:
        """Whether the account works, and its sender is its own and online. Reads only."""
        return await examine(self._session, self.channel, self.name, self._sender)

    async def look_up(self, sought: Sought) -> Sighting:
        """Ask about one attempt. How the list writes a text that was made of an approved one is not known:
        without an id the address alone tells."""
        return await super().look_up(replace(sought, to=f"{WHATSAPP}{sought.to}", wrote=None))

    def _is_mine(self, row: Any) -> bool:
        return is_by_whatsapp(row)
