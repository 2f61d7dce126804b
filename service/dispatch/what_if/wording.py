"""What the words of a previewed message would be like: their language, and of a text its segments and what
makes them dear."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

from channels.content.formats import negotiate
from channels.content.render import NotOnChannel, render
from channels.message import Channel, SmsContent
from service.dispatch.decide.verdicts import wording_warnings
from service.dispatch.governance.templates import cost_of
from service.dispatch.governance.wording import text_of
from service.dispatch.runtime import Runtime
from service.model.notice import NoticeDraft

UCS2, TEXT_MISSING = "ucs2", "text_missing"
"""Warnings: accents make a text dear that a template without them would not; and the template has no words
for this channel, so that the delivery would be held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What a preview says of a message's words."""

    warnings: tuple[str, ...]
    shown: dict[str, Any]
    """`language`: the one that is sent, or None; of a text `segments`, `encoding` and `forced_by`."""


def wording_of(
    runtime: Runtime,
    draft: NoticeDraft,
    channel: str,
    *,
    language: str,
    name: str | None,
    days_past_due: int,
    first_communication: bool,
) -> Wording:
    """Render the message that nobody gets."""
    template = runtime.in_force.template(draft.template, runtime.in_force.template_version(draft.template))
    text = text_of(
        runtime.in_force,
        draft.debt,
        borrower_name=name or "",
        days_past_due=days_past_due,
        sender_role=draft.sender_role.value,
        first_communication=first_communication,
        unsubscribe_url=f"{runtime.base_url}/v1/unsubscribe/preview",
    )
    warnings = wording_warnings(language, template.languages)
    spoken = negotiate(language, template.languages)
    try:
        content = render(template, text, Channel(channel), language)
    except NotOnChannel:
        return Wording(warnings=(*warnings, TEXT_MISSING), shown={"language": None})
    if not isinstance(content, SmsContent):
        return Wording(warnings=warnings, shown={"language": spoken})
    dear = (UCS2,) if content.forced_by and all(map(_avoidable, content.forced_by)) else ()
    return Wording(warnings=(*warnings, *dear), shown={"language": spoken, **cost_of(content)})


def _avoidable(sign: str) -> bool:
    """Whether a text could do without a sign that forces UCS-2: an accent, a symbol; no letter of another
    script."""
    return not unicodedata.category(sign).startswith("L") or unicodedata.name(sign, "").startswith("LATIN")
