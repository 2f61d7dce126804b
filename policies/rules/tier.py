"""Tiers: bands of days past due with their own channels, as lenders treat borrowers by how late they are."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from policies.rules.base import OPEN, Answer, RuleSpec, Shut, Span
from policies.verdict import Kind
from policies.view import View


class Tier(RuleSpec):
    """Within `band` only these channels and templates; its ceilings are caps that match the same band."""

    kind: Literal["tier"]
    name: str = Field(min_length=1, max_length=60)
    band: Span
    channels: tuple[str, ...]
    templates: tuple[str, ...] | None = None
    tone: str | None = None

    def judge(self, view: View, at: datetime, basis: str) -> Answer:
        """Shut for a channel that the tier does not use."""
        del at, basis
        overdue = view.facts.borrower.days_past_due
        if overdue is None or not self.band.holds(overdue) or view.proposal.channel in self.channels:
            return OPEN
        values = {"channel": view.proposal.channel, "tier": self.name, "days": overdue}
        return Shut(None, "tier.channel", values, Kind.SUPPRESS)
