"""Content: what a message must carry or must not. The words themselves are checked where templates are stored."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from policies.rules.base import OPEN, Answer, RuleSpec, Shut
from policies.verdict import Kind
from policies.view import View

Element = Literal["optout_notice", "marketing", "public"]


class Content(RuleSpec):
    """Elements that are required or forbidden; a message that does not say counts as carrying what is required."""

    kind: Literal["content"]
    required: tuple[Element, ...] = ()
    """What a message must carry."""
    forbidden: tuple[Element, ...] = ()
    """What it must not."""
    discloses: tuple[str, ...] = ()
    """Disclosures that the template must print, for the record: `mini_miranda`, `debt_collector`, `identity` …"""

    def judge(self, view: View, at: datetime, basis: str) -> Answer:
        """Shut where an element is known to be missing, or a forbidden one to be there."""
        del at, basis
        p = view.proposal
        known = {
            "optout_notice": p.optout_notice is not False,
            "marketing": p.contains_marketing,
            "public": p.publicly_viewable,
        }
        for element in self.required:
            if not known[element]:
                return Shut(None, "content.missing", {"element": element.replace("_", " ")}, Kind.SUPPRESS)
        for element in self.forbidden:
            if known[element]:
                return Shut(None, "content.forbidden", {"element": element.replace("_", " ")}, Kind.SUPPRESS)
        return OPEN
