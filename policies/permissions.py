"""What permits, and for how long: a permission that has ended opens nothing from then on, and one that was
taken back opens nothing while that stands.

Whatever lifts, renews or must come first may name the instant at which it ends (`expires_at`). A direct
consent to be called ends by itself: with its seventh local date, or with the next conversation (12 CFR
1006.14(b)(3)(i)). Consents and opt-ins are taken back by a revocation or an opt-out that reaches the message;
an opt-in gives them back, for as long as it holds itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from operator import attrgetter

from policies.facts import VOICE, Event, may_have_spoken
from policies.lifted import Lifts, closed_debts
from policies.lookups import REVOCABLE, REVOKING
from policies.media import (
    AUTOMATIC,
    names_address,
    names_channel,
    names_matter,
    same_address,
    same_medium,
)
from policies.order import Latest, is_within, latest, lifts, outlasting, reaches
from policies.view import View
from policies.windows import start_of

DIRECT = "consent_call"
CONSENT_DATES = 7
"""12 CFR 1006.14(b)(3)(i): at most seven days, the day of receipt being the first."""
FORESEEN = 32
"""Instants to come at which something begins to permit, or is given back, that are looked at: of what lies
beyond them nothing is promised."""


def in_force(view: View, event: Event, at: datetime) -> bool:
    """Whether what an event permits, renews or does is so at `at`: it has happened, has not ended, and was
    not taken back."""
    if event.at > at or has_ended(view, event, at):
        return False
    return event.type not in REVOCABLE or _taken_back(view, at).before(event)


def concerns(view: View, event: Event, *, any_debt: bool = False) -> bool:
    """Whether what an event permits is for the message: it names no other debt, creditor, account or topic,
    and what somebody permitted no other channel or address either; of a plain fact, such as a notice that was
    sent, these say how it went. `any_debt`: one about another debt does as well."""
    creditors = {event.creditor, view.proposal.creditor} - {None}
    return (
        len(creditors) <= 1
        and is_within(event, view.proposal)
        and (any_debt or view.about(event.debt_ids))
        and (not lifts(event) or reaches(event, view.proposal))
    )


def has_ended(view: View, event: Event, at: datetime) -> bool:
    """Whether an event has an end of its own, and it has come. What is given for single dates permits nothing
    but, as a direct consent, the calls that a cap leaves out."""
    end = end_of(view, event)
    return (end is not None and end <= at) or event.only_dates is not None


def end_of(view: View, event: Event) -> datetime | None:
    """When what an event permits ends by itself; None where it does not."""
    if event.type != DIRECT:
        return event.expires_at
    ends: list[datetime] = view.memo(("ends", id(event)), lambda: list(_ends_of_direct(view, event)))
    return min(ends)


def _ends_of_direct(view: View, event: Event) -> Iterator[datetime]:
    if event.expires_at is not None:
        yield event.expires_at
    for zone in view.zones("all"):
        yield start_of(view.wall(event.at, zone).ordinal + CONSENT_DATES, zone, event.at)
    for one in view.contacts:
        if one.at > event.at and one.channel in VOICE and may_have_spoken(one.outcome, one.channel):
            yield one.at


def changes(view: View, events: Iterable[Event], at: datetime) -> datetime | None:
    """The first instant after `at` at which one of these events may end, be taken back or be given back; None
    where nothing does that is known."""
    able = [one for one in events if one.expires_at is not None or one.type in REVOCABLE]
    if not able:
        return None
    ends = [end for one in able if (end := end_of(view, one)) is not None and end > at]
    return min((one for one in (view.next_change(at), *ends) if one is not None), default=None)


def lifts_of(view: View, types: tuple[str, ...], at: datetime) -> Lifts:
    """What of these types lifts at `at`: what has no end is indexed once per decision."""
    lasting, ending = _lifting(view, types)
    if not ending:
        return _indexed(view, types, lasting)
    found: Lifts = view.memo(("lifts", types, at), lambda: _at(view, lasting, ending, types, at))
    return found


def lifts_until(view: View, types: tuple[str, ...], at: datetime) -> datetime | None:
    """The first instant after `at` at which something of these types that lifts may lift no more, or lift
    again; None where nothing does that is known."""
    return changes(view, _lifting(view, types)[1], at) if types else None


def _lifting(view: View, types: tuple[str, ...]) -> tuple[list[Event], list[Event]]:
    """Those of some types that reach the proposed message: what lasts, and what may end."""
    found: tuple[list[Event], list[Event]] = view.memo(
        ("lifting", types), lambda: _parted(view, view.of(*types) if types else ())
    )
    return found


def _parted(view: View, events: Sequence[Event]) -> tuple[list[Event], list[Event]]:
    lasting: list[Event] = []
    ending: list[Event] = []
    revoked = bool(_revoking(view, together=False))
    for one in events:
        if reaches(one, view.proposal):
            dated = one.expires_at is not None or one.only_dates is not None
            ends = dated or one.type == DIRECT or (revoked and one.type in REVOCABLE)
            (ending if ends else lasting).append(one)
    return lasting, ending


def _indexed(view: View, types: tuple[str, ...], lasting: Sequence[Event]) -> Lifts:
    found: Lifts = view.memo(("lifts", types), lambda: Lifts(view, lasting))
    return found


def _at(view: View, lasting: list[Event], ending: list[Event], types: tuple[str, ...], at: datetime) -> Lifts:
    holding = [one for one in ending if in_force(view, one, at)]
    ahead = sorted({one.at for one in view.of(*types, "opt_in") if one.at > at})[:FORESEEN]
    held = set(map(id, holding))
    later = [
        (instant, one)
        for one in (ending if ahead else ())
        if id(one) not in held
        and (instant := next((t for t in ahead if in_force(view, one, t)), None)) is not None
    ]
    return Lifts(view, sorted((*lasting, *holding), key=_instant), later)


_instant = attrgetter("at")


def _taken_back(view: View, at: datetime) -> Latest:
    """The latest of what stands against a permission of the message's medium and address."""
    found: Latest = view.memo(("taken back", at), lambda: latest(revocations(view, at)))
    return found


def revocations(view: View, at: datetime, *, together: bool = False) -> list[Event]:
    """What took a consent to the message's medium and address back, oldest first, and no opt-in gave back
    again. `together`: what ends texts ends automatic calls as well, and the other way round."""
    found: list[Event] = view.memo(
        ("revocations", at, together), lambda: list(_revocations(view, at, together=together))
    )
    return found


def _revocations(view: View, at: datetime, *, together: bool) -> Iterator[Event]:
    given_back = _given_back(view, at)
    for event in given_back.standing(_revoking(view, together=together), at):
        if event.at <= at:
            ends = given_back.ends(event, closed_debts(view, event))
            if ends is None or ends > at:
                yield event


def _revoking(view: View, *, together: bool) -> list[Event]:
    """What may take a consent to the message's medium and address back."""
    found: list[Event] = view.memo(
        ("revoking", together),
        lambda: [one for one in view.of(*REVOKING) if _covers(one, view, together=together)],
    )
    return found


def _given_back(view: View, at: datetime) -> Lifts:
    """The opt-ins that hold at `at`: what takes one back is asked of by itself."""
    every: list[Event] = view.memo(
        "opt-ins", lambda: [one for one in view.of("opt_in") if reaches(one, view.proposal)]
    )
    if all(one.expires_at is None and one.only_dates is None for one in every):
        return _indexed(view, ("given back",), every)
    found: Lifts = view.memo(
        ("given back", at),
        lambda: Lifts(view, [one for one in every if not has_ended(view, one, at)]),
    )
    return found


def _covers(event: Event, view: View, *, together: bool) -> bool:
    channel = view.proposal.channel
    both = together and event.channel in AUTOMATIC and channel in AUTOMATIC
    return (both or same_medium(event.channel, channel)) and same_address(event, view.proposal.address)


def consented(view: View, at: datetime) -> bool:
    """Whether the borrower consented to the message's channel and did not take it back. What the creditor was
    given is not given to who bought the debt."""
    proposal = view.proposal
    given = [
        event
        for event in view.of("consent")
        if event.at <= at
        and not has_ended(view, event, at)
        and names_channel(event, proposal)
        and names_address(event, proposal)
        and names_matter(event, view)
        and not (event.given_to == "creditor" and proposal.sender_role == "debt_buyer")
    ]
    return bool(outlasting(given, revocations(view, at)))
