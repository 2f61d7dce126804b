"""A provider's own words, made fit for logs: they often repeat the address that they are about."""

from __future__ import annotations

import re

LONGEST = 300
_NUMBER = re.compile(r"\+?\d[\d\s().-]{6,}\d")


def scrubbed(text: str) -> str:
    """A provider's words without any telephone number in them, cut to a length that fits a log."""
    return _NUMBER.sub("[number]", text)[:LONGEST]
