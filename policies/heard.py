"""What a borrower's own words add to the history: a message is one event, what it asks for is another."""

from __future__ import annotations

from policies.facts import Event
from policies.rules.medium import medium_of
from policies.words import Reading

SWITCHES = frozenset({"opt_out", "opt_in"})


def heard(inbound: Event, reading: Reading) -> tuple[Event, ...]:
    """The events that the words of an inbound message amount to, dated as it is; none for a plain message.

    An opt-out closes the address that it came from (12 CFR 1006, cmt. 14(h)(1)-3.ii), and every medium that it names: "stop calling",
    sent as a text, ends calls (14(h)(1))."""
    if reading.event_type is None:
        return ()
    switch = reading.event_type in SWITCHES
    first = Event(
        type=reading.event_type,
        at=inbound.at,
        channel=inbound.channel,
        address=inbound.address,
        debt_ids=None if switch else inbound.debt_ids,
        scope="address" if switch else None,
        via=inbound.channel,
    )
    named = [medium for medium in reading.media if medium != medium_of(inbound.channel)]
    return (
        first,
        *(
            Event(type=first.type, at=inbound.at, channel=medium, scope="medium", via=inbound.channel)
            for medium in named
        ),
    )
