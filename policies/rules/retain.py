"""Retention: how long records are kept, counted from an event (12 CFR 1006.100: three years after the last activity)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from policies.rules.base import OPEN, Answer, RuleSpec
from policies.view import View


class Retain(RuleSpec):
    """Records of `what` are kept for `days` after `since`; it permits and forbids no message. `policies/retention.py` reads it.

    `last_contact` is the last collection activity on the debt, `contact` the notice's own last one, `closed` the end of the notice."""

    kind: Literal["retain"]
    what: str = "contacts"
    """Which records."""
    days: int = Field(ge=1, le=36500)
    """How long they are kept."""
    since: Literal["last_contact", "contact", "closed"] = "last_contact"
    """From when on."""

    def judge(self, view: View, at: datetime, basis: str) -> Answer:
        """Open."""
        del view, at, basis
        return OPEN
