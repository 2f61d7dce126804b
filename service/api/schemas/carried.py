"""The shapes of what is answered about receipts, mails and what the sandbox sent."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from service.api.schemas.answers import Shape


class ReceiptAnswer(Shape):
    """What a receipt did."""

    effect: str
    """Such as `advanced`, `repeated` or `conflict`."""
    state: str | None = None
    """The delivery's state after it."""


class MailAnswer(Shape):
    """What a mail was taken for."""

    taken_for: Literal["bounce", "delivered", "delayed", "complaint", "message", "automatic"]
    """The kind of mail."""
    delivery_id: str | None
    """The delivery that it is about; null where none is known."""
    effect: str | None = None
    """What a report did, such as `advanced` or `repeated`."""
    state: str | None = None
    """The delivery's state after it."""
    meaning: str | None = None
    """What a person's words were taken for, such as `opt_out`."""


class PlannedReceipt(Shape):
    """A receipt that the sandbox gave."""

    after_seconds: float
    """Seconds after the hand-over."""
    progress: str
    """What it said, such as `delivered`."""
    outcome: str | None
    """The contact's outcome; null while in flight."""
    code: str | None
    """The provider's code."""
    reason: str
    """One sentence."""
    digest: str | None
    """Equal for the same word said twice."""
    opted_out: bool
    """It said that the borrower opted out."""
    address_dead: bool
    """It said that the address is dead."""


class SandboxMessage(Shape):
    """A message that a sandbox adapter "sent". Which parts it has depends on the channel."""

    attempt: str
    """The id of the attempt."""
    notice: str | None
    """The id of the notice."""
    channel: str
    """On which channel."""
    to: str
    """The address."""
    language: str
    """The language of the words (BCP 47)."""
    text: str
    """Its words; of an e-mail the plain ones, of a call all that may be said."""
    segments: int | None = None
    """Of a text: how many messages it costs."""
    encoding: Literal["GSM-7", "UCS-2"] | None = None
    """Of a text: its alphabet."""
    variables: dict[str, str] | None = None
    """Of a WhatsApp message: what stands at the places of the approved text."""
    subject: str | None = None
    """Of an e-mail."""
    html: str | None = None
    """Of an e-mail: its words in HTML."""
    opening: str | None = None
    """Of a call: what is said first, to whoever answers."""
    message: str | None = None
    """Of a call: what is said to the borrower alone."""
    keys: dict[str, str] | None = None
    """Of a call: what each key of the telephone does, by key."""
    ref: str
    """The provider's id."""
    at: datetime
    """When it was "sent"."""
    receipts: list[PlannedReceipt]
    """What was reported of it so far."""


class SandboxPage(Shape):
    """Messages, the newest first."""

    items: list[SandboxMessage]
    """One page."""
    next_cursor: str | None
    """Asks for the next page; null at the end."""
