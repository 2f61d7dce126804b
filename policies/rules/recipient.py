"""Recipients: who may be addressed at all (12 CFR 1006.6(d); contact persons and relatives are strangers in most places)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from policies.rules.base import OPEN, Answer, ContentClass, EventName, Person, RuleSpec, Shut
from policies.verdict import Kind
from policies.view import View


class Recipient(RuleSpec):
    """Only these persons; `also` opens further ones for some content classes, and only after an event where `after` names some."""

    kind: Literal["recipient"]
    allowed: tuple[Person, ...]
    """Persons who may be addressed."""
    also: tuple[Person, ...] = ()
    """Persons who may be addressed with some content."""
    also_for: tuple[ContentClass, ...] = ()
    """Content classes with which `also` may be addressed."""
    after: tuple[EventName, ...] = ()
    """Events of which one must have happened before `also` opens; none: it is open."""
    not_after: tuple[EventName, ...] = ()
    """Events of which any closes `also` again."""

    def judge(self, view: View, at: datetime, basis: str) -> Answer:
        """Shut for everybody else."""
        del basis
        to = view.proposal.to
        if to in self.allowed:
            return OPEN
        if to in self.also and view.proposal.content_class in self.also_for and self._happened(view, at):
            return OPEN
        return Shut(None, "recipient.barred", {"to": to.replace("_", " ")}, Kind.SUPPRESS)

    def _happened(self, view: View, at: datetime) -> bool:
        opened = not self.after or any(event.at <= at for event in view.of(*self.after))
        return opened and not any(event.at <= at for event in view.of(*self.not_after))
