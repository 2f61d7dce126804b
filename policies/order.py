"""The order of wishes: what lifts reaches only what was said and recorded before it; of two in the same instant the restriction holds.

Events that a store recorded carry the number of their recording, which no clock decides; those of a case file have their instant alone."""

from __future__ import annotations

from policies.facts import Event

LIFTING = frozenset(
    {
        "opt_in",
        "consent",
        "consent_call",
        "cease_withdrawn",
        "attorney_unresponsive",
        "attorney_consents",
        "attorney_withdrawn",
        "designation_withdrawn",
        "agreed_hours",
        "dispute_resolved",
        "bankruptcy_dismissed",
        "hardship_answered",
        "person_release",
        "number_given",
        "address_confirmed",
    }
)
"""Types of events that open what was closed, or could not be done before."""


def lifts(event: Event) -> bool:
    """Whether an event opens something; everything else restricts, or is a plain fact."""
    return event.type in LIFTING or (event.type == "rnd_check" and event.result == "not_reassigned")


def follows(lift: Event, taken: Event) -> bool:
    """Whether a lifting event comes after a restriction: dated after it, and recorded after it where both were recorded."""
    if lift.at <= taken.at:
        return False
    return lift.recorded is None or taken.recorded is None or lift.recorded > taken.recorded
