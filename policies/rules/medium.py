"""Media and addresses: what an opt-out, a revocation or a consent of one channel says about another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from policies.facts import VOICE, Event, Proposal
from policies.lifted import closed_debts, lifts_of
from policies.order import outlasting
from policies.view import View


def medium_of(channel: str | None) -> str:
    """Calls of every kind are one medium; every other channel is its own."""
    return "voice" if channel in VOICE else channel or "unknown"


def same_medium(one: str | None, other: str | None) -> bool:
    """Whether two channels are one medium; what is not known, or `any`, is every medium."""
    return one in _EVERY or other in _EVERY or medium_of(one) == medium_of(other)


_EVERY = frozenset({None, "any"})


def same_address(event: Event, address: str | None) -> bool:
    """An opt-out of one address leaves the others open; where either is not known it covers the message."""
    return event.scope == "medium" or event.address is None or address is None or event.address == address


AUTOMATIC = frozenset({"sms", "voice_prerecorded", "ringless_vm"})
"""Texts and automatic calls, which need one consent (47 CFR 64.1200(a)(1)(iii))."""


def revocations(view: View, at: datetime, *, together: bool = False) -> list[Event]:
    """What took a consent to the message's medium and address back, oldest first, and no opt-in gave back
    again. `together`: what ends texts ends automatic calls as well, and the other way round."""
    found: list[Event] = view.memo(
        ("revocations", at, together), lambda: list(_revocations(view, at, together=together))
    )
    return found


def _revocations(view: View, at: datetime, *, together: bool) -> Iterator[Event]:
    given_back = lifts_of(view, ("opt_in",))
    for event in given_back.standing(view.of("revoke_consent", "opt_out"), at):
        if event.at <= at and _covers(event, view, together=together):
            ends = given_back.ends(event, closed_debts(view, event))
            if ends is None or ends > at:
                yield event


def _covers(event: Event, view: View, *, together: bool) -> bool:
    channel = view.proposal.channel
    both = together and event.channel in AUTOMATIC and channel in AUTOMATIC
    return (both or same_medium(event.channel, channel)) and same_address(event, view.proposal.address)


def names_channel(consent: Event, proposal: Proposal) -> bool:
    """Whether a consent names the message's very channel, or any."""
    return consent.channel in {proposal.channel, "any", None}


def names_address(consent: Event, proposal: Proposal) -> bool:
    """Whether a consent may be meant for the message's address: one that names another is not."""
    return consent.address is None or proposal.address is None or consent.address == proposal.address


def names_matter(consent: Event, view: View) -> bool:
    """Whether a consent may be meant for the message's debt and creditor: one that names others is not."""
    creditors = {consent.creditor, view.proposal.creditor} - {None}
    return len(creditors) <= 1 and view.about(consent.debt_ids)


def expired(consent: Event, at: datetime) -> bool:
    """Whether a consent has an end, and it has come."""
    return consent.expires_at is not None and consent.expires_at <= at


def consented(view: View, at: datetime) -> bool:
    """Whether the borrower consented to the message's channel and did not take it back."""
    proposal = view.proposal
    given = [
        event
        for event in view.of("consent")
        if event.at <= at
        and not expired(event, at)
        and names_channel(event, proposal)
        and names_address(event, proposal)
        and names_matter(event, view)
    ]
    return bool(outlasting(given, revocations(view, at)))
