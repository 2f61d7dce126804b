"""Media and addresses: what an opt-out, a revocation or a consent of one channel says about another."""

from __future__ import annotations

from datetime import datetime

from policies.facts import VOICE, Event, Proposal
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


def revocations(view: View, since: datetime, at: datetime, *, together: bool = False) -> list[Event]:
    """What took a consent to the message's medium and address back between two instants, oldest first; an opt-in gives it back.
    `together`: what ends texts ends automatic calls as well, and the other way round."""
    given_back = [event for event in view.of("opt_in") if since <= event.at <= at]
    return [
        event
        for event in view.of("revoke_consent", "opt_out")
        if since <= event.at <= at
        and _covers(event, view, together=together)
        and not any(event.at <= one.at and gives_back(one, event) for one in given_back)
    ]


def _covers(event: Event, view: View, *, together: bool) -> bool:
    channel = view.proposal.channel
    both = together and event.channel in AUTOMATIC and channel in AUTOMATIC
    return (both or same_medium(event.channel, channel)) and same_address(event, view.proposal.address)


def gives_back(opt_in: Event, taken: Event) -> bool:
    """Whether an opt-in is about the channel and the address of what was taken back."""
    known = opt_in.address is not None and taken.address is not None
    return same_medium(opt_in.channel, taken.channel) and not (known and opt_in.address != taken.address)


def names_channel(consent: Event, proposal: Proposal) -> bool:
    """Whether a consent names the message's very channel, or any."""
    return consent.channel in {proposal.channel, "any", None}


def names_address(consent: Event, proposal: Proposal) -> bool:
    """Whether a consent may be meant for the message's address: one that names another is not."""
    return consent.address is None or proposal.address is None or consent.address == proposal.address


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
    ]
    return bool(given) and not revocations(view, given[-1].at, at)
