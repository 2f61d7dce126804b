"""Suppressions: what belongs to an address stops whatever goes there, whichever policies bind and whoever has
the address.

An opt-out that came from a number is kept with the number, and so are complaints, wrong numbers and dead
addresses. A suppression ends when it is lifted by the one who said it; no borrower passes what another
said."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from policies.facts import SUPPRESSION, VOICE, Event
from policies.media import TEXTS
from policies.order import WHOLE, follows, only, reaches
from policies.permissions import changes, in_force
from policies.verdict import Finding, Kind
from policies.view import View

TYPE = SUPPRESSION
NAME = "suppressions"
STOPPING = frozenset({"opt_out", "cease", "complaint", "wrong_number", "reassigned", "dead_address"})
LIFTED_BY = {"opt_out": "opt_in", "cease": "cease_withdrawn"}
"""What the one who said it may say to take it back."""
CONFIRMATION = timedelta(minutes=5)
"""In which the one confirmation of an opt-out may follow (12 CFR 1006.14(h)(2)(i); 47 CFR 64.1200(a)(12))."""
CITATION = (
    "what was said from an address holds for the address, whoever has it (12 CFR 1006.14(h)(1); 47 CFR "
    "64.1200(a)(10))"
)


def suppressed(view: View, at: datetime) -> tuple[Finding, ...]:
    """A finding for each suppression that stands against the proposed address and channel."""
    if TYPE not in view.types:
        return ()
    return tuple(
        _finding(view, one)
        for one in view.of(TYPE)
        if one.source in STOPPING
        and _covers(one, view)
        and not _taken_back(one, view, at)
        and not _confirms(one, view, at)
    )


def lifted_until(view: View, at: datetime) -> datetime | None:
    """The first instant after `at` at which what takes a suppression back may have ended; None where nothing
    does that is known."""
    if TYPE not in view.types:
        return None
    return changes(view, view.of(*LIFTED_BY.values()), at)


def _covers(one: Event, view: View) -> bool:
    if one.address != view.proposal.address:
        return False
    mine, closed = view.proposal.channel, one.channel
    return closed in {mine, "any"} or {mine, closed} <= TEXTS or (closed == "voice" and mine in VOICE)


def _taken_back(one: Event, view: View, at: datetime) -> bool:
    """Whether the borrower who said it took it back, for this channel and this address, and that still
    holds."""
    if one.scope != "own" or one.source is None or (lift := LIFTED_BY.get(one.source)) is None:
        return False
    return any(
        follows(event, one) and _names(event, one, view) and in_force(view, event, at)
        for event in view.of(lift)
    )


def _names(lift: Event, one: Event, view: View) -> bool:
    if one.source == "opt_out" and lift.channel not in {view.proposal.channel, "any"}:
        return False
    named = lift.address in {None, view.proposal.address}
    return named and lift.debt_ids is None and only(lift) == WHOLE and reaches(lift, view.proposal)


def _confirms(one: Event, view: View, at: datetime) -> bool:
    p = view.proposal
    if one.source != "opt_out" or p.content_class != "optout_confirmation" or p.contains_marketing:
        return False
    return at < one.at + CONFIRMATION and not any(
        sent.content_class == "optout_confirmation" and one.at <= sent.at <= at for sent in view.contacts
    )


def _finding(view: View, one: Event) -> Finding:
    return Finding(
        policy=NAME,
        version="1",
        rule=str(one.source).replace("_", "-"),
        kind=Kind.SUPPRESS,
        until=None,
        citation=CITATION,
        message=f"suppression.{one.source}",
        values={"channel": view.proposal.channel, "date": view.local_date(one.at).isoformat()},
    )


def seen(history: Iterable[Event], *, address: str | None, channel: str) -> str | None:
    """What stands against an address, by the numbers of its recording: the dialing mark compares it. None
    where nothing does."""
    standing = [one for one in history if one.type == TYPE]
    numbers = sorted(
        one.recorded
        for one in standing
        if one.recorded is not None
        and one.address == address
        and (one.channel in {channel, "any"} or {one.channel, channel} <= TEXTS)
    )
    return ",".join(map(str, numbers)) or None
