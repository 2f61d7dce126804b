"""What an adapter is asked to hand over: one message to one address, fully rendered, with its own return
address."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from channels.script import Script


class Channel(StrEnum):
    """How a person is reached."""

    SMS = "sms"
    EMAIL = "email"
    VOICE = "voice"
    WHATSAPP = "whatsapp"


class Medium(StrEnum):
    """How law sees a contact through an adapter: a machine that speaks is no person who speaks."""

    SMS = "sms"
    EMAIL = "email"
    VOICE = "voice"
    """A person speaks."""
    VOICE_PRERECORDED = "voice_prerecorded"
    """A machine speaks, whether the words are recorded or synthesised (47 U.S.C. 227(b)(1)(A), (B))."""
    IM = "im"
    """An instant message: the word of the policies for what reaches a person through WhatsApp."""


BY_MACHINE: Mapping[Channel, Medium] = MappingProxyType(
    {
        Channel.SMS: Medium.SMS,
        Channel.EMAIL: Medium.EMAIL,
        Channel.VOICE: Medium.VOICE_PRERECORDED,
        Channel.WHATSAPP: Medium.IM,
    }
)
"""The medium of each channel where nobody but a machine speaks or writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsContent:
    """The text exactly as it is sent, and what it costs."""

    body: str = field(repr=False)
    segments: int
    encoding: str
    """`GSM-7` or `UCS-2`."""
    forced_by: tuple[str, ...] = ()
    """The characters that force UCS-2, each once, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailContent:
    """Subject, plain text and HTML of one e-mail; headers are the adapter's business."""

    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)
    sender_name: str = ""
    """The lender's display name for the From header; never empty in practice, validated against CR and LF."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceContent:
    """The notice in plain text, for the record, and the scripts of a call."""

    text: str = field(repr=False)
    opening: Script = field(repr=False)
    """Who is calling for whom, a choice of keys, and without one the message that anybody may hear."""
    message: Script = field(repr=False)
    """That message alone, for an answering machine."""
    notice: Script = field(repr=False)
    """The notice, for the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatsAppContent:
    """The words that arrive, and what of them the provider is told: their text lies with it, approved
    before."""

    text: str = field(repr=False)
    """As the person reads it."""
    variables: Mapping[str, str] = field(repr=False)
    """What stands at each place of the approved text, by the place's name."""
    approved: Mapping[str, str]
    """By account (an adapter's name), the provider's id of the approved text there."""

    def canonical(self) -> str:
        """A text that is equal only where the words, their places and their approvals are, for digests."""
        return json.dumps([self.text, dict(self.variables), dict(self.approved)], sort_keys=True)


Content = SmsContent | EmailContent | VoiceContent | WhatsAppContent


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One hand-over. `repr` shows neither address nor content, so that no log line can."""

    attempt_id: str
    """Our id of the attempt: stands in the Message-ID and, signed, in the receipt URL."""
    channel: Channel
    to: str = field(repr=False)
    language: str
    content: Content = field(repr=False)
    created_at: datetime
    """When the attempt was marked as dialing (UTC); the Date header of an e-mail."""
    receipt_url: str = field(repr=False)
    """Absolute URL, signed token included, for the provider's receipts; what an adapter puts behind it
    (`…/step`) comes back as the step of a call."""
    unsubscribe_url: str | None = field(default=None, repr=False)
    """RFC 8058 one-click URL; e-mail only."""
    in_session: bool = False
    """The person wrote on this channel within the day, so that words that nobody approved are taken; WhatsApp
    only."""
    valid_for: timedelta = timedelta(hours=4)
    """How long the provider may hold it before it must drop it (to the end of the verdict's validity)."""
