"""Tiers: bands of days past due with their own channels, as lenders treat borrowers by how late they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from policies.phrases import channels, listed
from policies.rules.base import PERMIT, Answer, Refuse, RuleSpec, Sentences
from policies.rules.matching import ChannelName, Span
from policies.strictness import Kind
from policies.view import View


class Tier(RuleSpec):
    """Within `band` only these channels and templates; its ceilings are caps that match the same band."""

    SENTENCES: ClassVar[Sentences] = {
        "tier.channel": {
            "en": '{channel} is not a channel of the tier "{tier}" ({days} days past due)',
            "es": "el canal {channel} no es del tramo «{tier}» ({days} días de mora)",
            "zh-CN": "“{tier}”层级（逾期 {days} 天）不使用{channel}渠道",
        },
        "tier.template": {
            "en": 'the template "{template}" is not one of the tier "{tier}" ({days} days past due)',
            "es": "la plantilla «{template}» no es del tramo «{tier}» ({days} días de mora)",
            "zh-CN": "“{tier}”层级（逾期 {days} 天）不使用模板“{template}”",
        },
    }
    EXAMPLE: ClassVar[str] = (
        "name: early\nband: {min: 1, max: 30}\nchannels: [sms, email]\ntemplates: [overdue-reminder]"
    )

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
        """Shut for a channel or a template that the tier does not use; a message without a template is judged
        by its channel."""
        del at, basis
        overdue, proposal = view.facts.borrower.days_past_due, view.proposal
        if overdue is None or not self.band.contains(overdue):
            return PERMIT
        values = {"tier": self.name, "days": overdue}
        if proposal.channel not in self.channels:
            return Refuse(None, "tier.channel", {**values, "channel": proposal.channel}, Kind.SUPPRESS)
        if (
            self.templates is not None
            and proposal.template is not None
            and proposal.template not in self.templates
        ):
            return Refuse(None, "tier.template", {**values, "template": proposal.template}, Kind.SUPPRESS)
        return PERMIT

    def demands(self) -> Iterator[str]:
        """The band, its channels, templates and tone."""
        through = channels(self.channels) if self.channels else "no channel"
        yield f"In the tier “{self.name}” ({self.band.words()}) messages go by {through} only."
        if self.templates is not None:
            yield f"Its templates are {listed(self.templates, 'and')}."
        if self.tone is not None:
            yield f"Its tone: {self.tone}."
