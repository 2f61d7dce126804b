"""The shapes of what is answered about templates."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from service.api.schemas.answers import Channel, Shape


class TemplateSummary(Shape):
    """A template, and which version of it new notices use."""

    name: str
    """Its name."""
    categories: list[str]
    """Under which categories it may be sent."""
    content: str
    """What kind of text it is, such as `collection`."""
    languages: list[str]
    """In which languages it has words (BCP 47)."""
    channels: list[str]
    """For which channels it has words."""
    shipped: bool
    """It ships with the service, as version 0."""
    versions: int
    """How many there are."""
    latest_version: int
    """The number of the newest."""
    active_version: int | None
    """The number of the one that new notices use; null for none."""


class TemplatePage(Shape):
    """Templates by name."""

    items: list[TemplateSummary]
    """One page."""
    next_cursor: str | None
    """Asks for the next page; null at the end."""


class TemplateVersion(Shape):
    """One version of a template; nothing is edited in place."""

    name: str
    """The template's name."""
    version: int
    """Its number; 0 ships with the service."""
    state: Literal["draft", "approved", "active", "superseded"]
    """How far it came."""
    digest: str
    """SHA-256 of its text, in hex."""
    created_at: datetime | None
    """When it was drafted."""
    created_by: str
    """Who drafted it."""
    approved_at: datetime | None
    """When a second key approved it."""
    approved_by: str | None
    """Which one."""
    activated_at: datetime | None
    """From when on new notices used it."""
    activated_by: str | None
    """Who activated it."""
    reason: str | None
    """Why it was activated."""
    document: str
    """Its text, as it was given."""
    languages: list[str] | None = None
    """Of a new version: in which languages it has words."""
    channels: list[str] | None = None
    """Of a new version: for which channels it has words."""


class TemplateVersions(Shape):
    """A template with every version, the newest first."""

    name: str
    """Its name."""
    latest_version: int
    """The number of the newest."""
    active_version: int | None
    """The number of the one that new notices use; null for none."""
    versions: list[TemplateVersion]
    """The newest first; what ships is the last."""


class RenderedContent(Shape):
    """The exact words. Which parts there are depends on the channel."""

    body: str | None = None
    """Of a text: its words."""
    segments: int | None = None
    """Of a text: how many messages it costs."""
    encoding: Literal["GSM-7", "UCS-2"] | None = None
    """Of a text: its alphabet."""
    forced_by: list[str] | None = None
    """Of a text: the characters that force UCS-2, with 70 instead of 160 to a segment."""
    sender_name: str | None = None
    """Of an e-mail: who writes."""
    subject: str | None = None
    """Of an e-mail."""
    text: str | None = None
    """Of an e-mail its plain words; of a call all that may be said."""
    html: str | None = None
    """Of an e-mail: its words in HTML."""
    opening: str | None = None
    """Of a call: what is said first, to whoever answers."""
    message: str | None = None
    """Of a call: what is said to the borrower alone."""


class Rendering(Shape):
    """A template on a specimen."""

    name: str
    """The template's name."""
    version: int
    """Which version."""
    channel: Channel
    """For which channel."""
    language: str
    """The language that was asked for (BCP 47)."""
    content: RenderedContent
    """The words."""
