"""Recipients: who may be addressed at all (12 CFR 1006.6(d); contact persons and relatives are strangers in
most places)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar, Literal

from policies.lookups import Lookup, happened, taking_back
from policies.permissions import concerns, in_force
from policies.phrases import event, kinds, listed, persons
from policies.rules.base import PERMIT, Answer, Permit, Refuse, RuleSpec, Sentences
from policies.rules.matching import ContentClass, EventName, Person
from policies.strictness import Kind
from policies.view import View


class Recipient(RuleSpec):
    """Only these persons; `also` opens further ones for some content classes, and only after an event where
    `after` names some."""

    SENTENCES: ClassVar[Sentences] = {
        "recipient.barred": {
            "en": "this message may not be addressed to {to}",
            "es": "este mensaje no puede dirigirse a {to}",
            "zh-CN": "不得向{to}发送本消息",
        },
    }
    EXAMPLE: ClassVar[str] = (
        "allowed: [consumer, spouse]\nalso: [contact_person]\nalso_for: [location]\nafter: "
        "[debtor_unreachable]"
    )

    kind: Literal["recipient"]
    allowed: tuple[Person, ...]
    """Persons who may be addressed."""
    also: tuple[Person, ...] = ()
    """Persons who may be addressed with some content."""
    also_for: tuple[ContentClass, ...] = ()
    """Content classes with which `also` may be addressed."""
    after: tuple[EventName, ...] = ()
    """Events of which one must have happened, about no other debt, creditor or account, and not have ended,
    before `also` opens; none: it is open."""
    not_after: tuple[EventName, ...] = ()
    """Events of which any closes `also` again."""

    def judge(self, view: View, at: datetime, basis: str) -> Answer:
        """Shut for everybody else."""
        del basis
        to = view.proposal.to
        if to in self.allowed:
            return PERMIT
        if to in self.also and view.proposal.content_class in self.also_for and self._happened(view, at):
            return Permit(view.next_change(at))
        return Refuse(None, "recipient.barred", {"to": to.replace("_", " ")}, Kind.SUPPRESS)

    def _happened(self, view: View, at: datetime) -> bool:
        opened = not self.after or any(
            concerns(view, event) and in_force(view, event, at) for event in view.of(*self.after)
        )
        return opened and not any(event.at <= at for event in view.of(*self.not_after))

    def lookups(self) -> Iterator[Lookup]:
        """What takes back what opens it, beside whether anything of it happened: of a death, which shuts
        elsewhere, one about the debt is enough."""
        yield from super().lookups()
        yield from happened(self.after)
        yield from taking_back(self.after)

    def demands(self) -> Iterator[str]:
        """Who may be addressed, and with what content who else."""
        yield f"A message may be addressed only to {persons(self.allowed)}."
        if self.also:
            after = f", after {listed(event(one) for one in self.after)}" if self.after else ""
            closed = (
                f", and no more after {listed(event(one) for one in self.not_after)}"
                if self.not_after
                else ""
            )
            content = kinds(self.also_for)
            yield f"With the content {content} it may also go to {persons(self.also)}{after}{closed}."
