"""Media and addresses: what an opt-out, a revocation or a consent of one channel says about another."""

from __future__ import annotations

from policies.facts import VOICE, Event, Proposal
from policies.order import is_within
from policies.view import View


def medium_of(channel: str | None) -> str:
    """How a medium is called: calls of every kind are one, every other channel is its own."""
    return "voice" if channel in VOICE else channel or "unknown"


def same_medium(one: str | None, other: str | None) -> bool:
    """Whether two channels are one medium for wishes: calls of every kind are, and so are texts and WhatsApp,
    which reach one telephone; what is not known, or `any`, is every medium."""
    if one in _EVERY or other in _EVERY or {one, other} <= TEXTS:
        return True
    return medium_of(one) == medium_of(other)


_EVERY = frozenset({None, "any"})
TEXTS = frozenset({"sms", "im", "whatsapp"})
"""Texts and WhatsApp, as law and as ours are called: who wants no more of the one is sent no other."""


def same_address(event: Event, address: str | None) -> bool:
    """An opt-out of one address leaves the others open; where either is not known it covers the message."""
    return event.scope == "medium" or event.address is None or address is None or event.address == address


AUTOMATIC = frozenset({"sms", "voice_prerecorded", "ringless_vm"})
"""Texts and automatic calls, which need one consent (47 CFR 64.1200(a)(1)(iii))."""


def names_channel(consent: Event, proposal: Proposal) -> bool:
    """Whether a consent names the message's very channel, or any."""
    return consent.channel in {proposal.channel, "any", None}


def names_address(consent: Event, proposal: Proposal) -> bool:
    """Whether a consent may be meant for the message's address: one that names another is not."""
    return consent.address is None or proposal.address is None or consent.address == proposal.address


def names_matter(consent: Event, view: View) -> bool:
    """Whether a consent may be meant for the message's debt, creditor, account and topic: one that names
    others is not."""
    creditors = {consent.creditor, view.proposal.creditor} - {None}
    return len(creditors) <= 1 and view.about(consent.debt_ids) and is_within(consent, view.proposal)
