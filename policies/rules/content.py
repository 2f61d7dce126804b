"""Content: what a message must carry or must not. The words themselves are checked where templates are
stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import ClassVar, Literal, assert_never

from policies.facts import Proposal
from policies.phrases import listed, plain
from policies.rules.base import PERMIT, Answer, Refuse, RuleSpec, Sentences
from policies.strictness import Kind
from policies.view import View

Element = Literal["optout_notice", "creditor_name", "contact_phone", "debt_advice", "marketing", "public"]
ELEMENTS: Mapping[Element, str] = {
    "optout_notice": "a line that says how to opt out",
    "creditor_name": "the creditor's name",
    "contact_phone": "a telephone number to call back",
    "debt_advice": "where debt advice is to be had",
    "marketing": "marketing",
    "public": "words that others can see",
}


class Content(RuleSpec):
    """Elements that are required or forbidden; a message that does not say counts as carrying what is
    required."""

    SENTENCES: ClassVar[Sentences] = {
        "content.missing": {
            "en": "the message lacks {element}, which it must carry",
            "es": "al mensaje le falta {element}, que debe llevar",
            "zh-CN": "消息缺少必须包含的{element}",
        },
        "content.forbidden": {
            "en": "the message carries {element}, which it must not",
            "es": "el mensaje lleva {element}, lo que no se permite",
            "zh-CN": "消息包含禁止的{element}",
        },
    }
    EXAMPLE: ClassVar[str] = "required: [optout_notice]\nforbidden: [public, marketing]"

    kind: Literal["content"]
    required: tuple[Element, ...] = ()
    """What a message must carry."""
    forbidden: tuple[Element, ...] = ()
    """What it must not."""

    def judge(self, view: View, at: datetime, basis: str) -> Answer:
        """Shut where an element is known to be missing, or a forbidden one to be there."""
        del at, basis
        for element in self.required:
            if carries(view.proposal, element) is False:
                return Refuse(None, "content.missing", {"element": plain(element)}, Kind.SUPPRESS)
        for element in self.forbidden:
            if carries(view.proposal, element):
                return Refuse(None, "content.forbidden", {"element": plain(element)}, Kind.SUPPRESS)
        return PERMIT

    def demands(self) -> Iterator[str]:
        """What a message must carry, and what it must not."""
        if self.required:
            yield f"A message must carry {listed((ELEMENTS[one] for one in self.required), 'and')}."
        if self.forbidden:
            yield f"A message must not carry {listed(ELEMENTS[one] for one in self.forbidden)}."


def carries(proposal: Proposal, element: Element) -> bool | None:
    """Whether the message carries an element; None where nothing says so."""
    match element:
        case "optout_notice":
            return proposal.optout_notice
        case "marketing":
            return proposal.contains_marketing
        case "public":
            return proposal.publicly_viewable
        case "creditor_name" | "contact_phone" | "debt_advice":
            return None if proposal.elements is None else element in proposal.elements
        case never:
            assert_never(never)
