"""What a borrower's own words add to the history: a message is one event, what it asks for is another."""

from __future__ import annotations

from dataclasses import replace

from policies.facts import Event
from policies.media import medium_of
from policies.reading.reading import EVENTS, Reading

SWITCHES = frozenset({"opt_out", "opt_in"})
AUTOMATIC = "automatic_reply"
"""What a machine answered: no message from the borrower, so that it renews nothing and answers nothing."""


def received(inbound: Event, reading: Reading) -> Event:
    """The event of a message itself: what a machine wrote is no message from the borrower."""
    return replace(inbound, type=AUTOMATIC) if reading.kind == "automatic" else inbound


def derived_events(inbound: Event, reading: Reading) -> tuple[Event, ...]:
    """The events that the words of an inbound message amount to, dated as it is; none for a plain message.

    An opt-out closes the address that it came from (12 CFR 1006, cmt. 14(h)(1)-3.ii), and every medium that
    it names: "stop calling", sent as a text, ends calls (14(h)(1)). Unclear words say in `meaning` what they
    were probably meant for."""
    kinds = [one for one in (reading.kind, *reading.also) if one in EVENTS]
    found = [_event(inbound, EVENTS[kind], reading) for kind in kinds]
    named = [medium for medium in reading.media if medium != medium_of(inbound.channel)]
    return (
        *found,
        *(
            Event(type="opt_out", at=inbound.at, channel=medium, scope="medium", via=inbound.channel)
            for medium in named
        ),
    )


def _event(inbound: Event, type_: str, reading: Reading) -> Event:
    switch = type_ in SWITCHES
    return Event(
        type=type_,
        at=inbound.at,
        channel=inbound.channel,
        address=inbound.address,
        debt_ids=None if switch else inbound.debt_ids,
        scope="address" if switch else None,
        via=inbound.channel,
        meaning=reading.probably if type_ == EVENTS["unclear"] else None,
    )
