"""What law calls a channel of ours: the word under which policies know it."""

from __future__ import annotations

from typing import TypeVar

OptionalChannel = TypeVar("OptionalChannel", str, str | None)


def law_channel(channel: OptionalChannel) -> OptionalChannel:
    """The policies' word for a channel: WhatsApp is an instant message, `im`; the others are named alike."""
    return "im" if channel == "whatsapp" else channel
