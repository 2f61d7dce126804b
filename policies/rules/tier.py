"""Tiers: bands of days past due with their own channels, as lenders treat borrowers by how late they are."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from policies.rules.base import OPEN, Answer, ChannelName, RuleSpec, Shut, Span
from policies.verdict import Kind
from policies.view import View


class Tier(RuleSpec):
    """Within `band` only these channels and templates; its ceilings are caps that match the same band."""

    kind: Literal["tier"]
    name: str = Field(min_length=1, max_length=60)
    """The tier's name, as the finding says it."""
    band: Span
    """Its days past due."""
    channels: tuple[ChannelName, ...]
    """The channels it uses."""
    templates: tuple[str, ...] | None = None
    """The templates it uses; any without it."""
    tone: str | None = None
    """For whoever writes the templates."""

    def judge(self, view: View, at: datetime, basis: str) -> Answer:
        """Shut for a channel or a template that the tier does not use; a message without a template is judged by its channel."""
        del at, basis
        overdue, proposal = view.facts.borrower.days_past_due, view.proposal
        if overdue is None or not self.band.holds(overdue):
            return OPEN
        values = {"tier": self.name, "days": overdue}
        if proposal.channel not in self.channels:
            return Shut(None, "tier.channel", {**values, "channel": proposal.channel}, Kind.SUPPRESS)
        if (
            self.templates is not None
            and proposal.template is not None
            and proposal.template not in self.templates
        ):
            return Shut(None, "tier.template", {**values, "template": proposal.template}, Kind.SUPPRESS)
        return OPEN
