"""What the end of a call means by its SIP status (RFC 3261, RFC 8197, RFC 8688), for every provider whose
calls go by SIP.

What rang counts as a contact, whatever the person did about it: to decline is to have heard the phone. A busy
line did not ring, and a failure in between reached nobody."""

from __future__ import annotations

from dataclasses import dataclass

RANG, BUSY, NOT_IN_SERVICE, NOT_REACHED = "rang_no_answer", "busy", "not_in_service", "bounced"
"""Outcomes of a contact, as the policies count them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnd:
    """How a call that nobody answered ended."""

    outcome: str
    outcome_if_rang: str | None = None
    """The outcome instead, where the phone is known to have rung before."""
    again: bool = False
    """It reached nobody, for a cause that passes."""
    unwanted: bool = False
    """The person, or somebody on their behalf, wants no such calls."""
    address_dead: bool = False
    """There is no such number."""


BUSY_HERE = 486
GAVE_UP = frozenset({408, 480, 487})
"""What ends the ringing where nobody takes the call, and what a phone that is off ends with as well: which of
both, only the ringing before tells."""
UNWANTED = frozenset({607, 608})
"""607 Unwanted (RFC 8197): the person says so; 608 Rejected (RFC 8688): an intermediary that they or their
carrier uses does."""
DECLINED = frozenset({600, 603}) | UNWANTED
"""600 Busy Everywhere and 603 Decline come from the called party's own device, after it was alerted (RFC 3261
§21.6)."""
NO_SUCH_NUMBER = frozenset({404, 410, 484, 604})
PASSING = frozenset({408, 480, 487, 500, 502, 503, 504, 580})
"""Time-outs and failures of servers and networks."""


def call_end(code: int) -> CallEnd | None:
    """What a final SIP status of 300 or more says about a call; None for what is none."""
    if code in DECLINED:
        return CallEnd(outcome=RANG, unwanted=code in UNWANTED)
    if code == BUSY_HERE:
        return CallEnd(outcome=BUSY, again=True)
    if code in NO_SUCH_NUMBER:
        return CallEnd(outcome=NOT_IN_SERVICE, address_dead=True)
    if 300 <= code <= 699:  # noqa: PLR2004 - the statuses that end a call without an answer
        rang = RANG if code in GAVE_UP else None
        return CallEnd(outcome=NOT_REACHED, outcome_if_rang=rang, again=code in PASSING)
    return None
