"""The order of wishes: what lifts reaches only what was said and recorded before it, and only as far as it
names; of two in the same instant the restriction holds.

Events that a store recorded carry the number of their recording, which no clock decides; those of a case file
have their instant alone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from policies.facts import VOICE, Event, Proposal

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
EVER = float("inf")


def lifts(event: Event) -> bool:
    """Whether an event opens something; everything else restricts, or is a plain fact."""
    return opens(event.type, event.result)


def opens(type_: str, result: str | None) -> bool:
    """The same, by what an event says. A check of a number does either: a clean one renews a consent, another
    ends it."""
    return type_ in LIFTING or (type_ == "rnd_check" and result == "not_reassigned")


def follows(lift: Event, taken: Event) -> bool:
    """Whether a lifting event comes after a restriction: dated after it, and recorded after it where both
    were recorded."""
    if lift.at <= taken.at:
        return False
    return lift.recorded is None or taken.recorded is None or lift.recorded > taken.recorded


class Latest(NamedTuple):
    """The latest of some restrictions: by their instants, and by the numbers of their recording."""

    at: datetime | None
    number: float

    def before(self, permit: Event) -> bool:
        """Whether a permission comes after every one of them."""
        if self.at is None:
            return True
        return permit.at > self.at and (permit.recorded is None or permit.recorded > self.number)


def latest(taken: Sequence[Event]) -> Latest:
    """The latest of some restrictions."""
    return Latest(
        max((one.at for one in taken), default=None),
        max((one.recorded for one in taken if one.recorded is not None), default=-1),
    )


def outlasting(permits: Iterable[Event], taken: Sequence[Event]) -> list[Event]:
    """Those of some permissions that come after every one of these restrictions."""
    last = latest(taken)
    return [one for one in permits if last.before(one)]


def reaches(lift: Event, proposal: Proposal) -> bool:
    """Whether a lifting event names the proposed message: its channel, its address and its creditor, where it
    names any. What is said of calls is said of calls by machines too; not the other way round. That an
    address is the borrower's is true on every channel. Of accounts and topics see `reaching`."""
    named = lift.channel in {None, "any", proposal.channel} or lift.type == "address_confirmed"
    if not named and not (lift.channel == "voice" and proposal.channel in VOICE):
        return False
    if lift.address is not None and lift.scope != "medium" and proposal.address != lift.address:
        return False
    return lift.creditor is None or proposal.creditor in {None, lift.creditor}


Only = tuple[str | None, str | None]
"""The account and the topic to which an event is limited."""
WHOLE: Only = (None, None)


def only(event: Event) -> Only:
    """To which account and topic an event is limited."""
    return event.account_id, event.topic


def reaching(taken: Event, proposal: Proposal) -> frozenset[Only]:
    """What lifts a restriction for a message, by what it may be limited to: to what the restriction names,
    and where that names none, to what the message is about. A message that does not say what it is about
    is freed by what is not limited alone."""
    account, topic = taken.account_id or proposal.account_id, taken.topic or proposal.topic
    return frozenset({WHOLE, (account, None), (None, topic), (account, topic)})


def is_within(permit: Event, proposal: Proposal) -> bool:
    """Whether what permits is for the message's account and topic, where it names any: of a message that does
    not say what it is about nobody knows, and the strict side holds."""
    return permit.account_id in {None, proposal.account_id} and permit.topic in {None, proposal.topic}


class Staircase:
    """Some lifting events, asked for the first that comes after a restriction; each question takes a few
    steps, however many there are."""

    __slots__ = ("_ats", "_highest", "_numbers")
    _BLOCK = 64

    def __init__(self, events: Iterable[Event]) -> None:
        """In any order."""
        found = sorted(events, key=_instant)
        self._ats = [one.at for one in found]
        self._numbers = [EVER if one.recorded is None else one.recorded for one in found]
        size = self._BLOCK
        self._highest = [max(self._numbers[start : start + size]) for start in range(0, len(found), size)]

    def first(self, taken: Event) -> datetime | None:
        """The instant of the first that is dated and recorded after a restriction."""
        number = -1 if taken.recorded is None else taken.recorded
        place = bisect_right(self._ats, taken.at)
        while place < len(self._ats):
            if self._highest[place // self._BLOCK] <= number:
                place = (place // self._BLOCK + 1) * self._BLOCK
            elif self._numbers[place] > number:
                return self._ats[place]
            else:
                place += 1
        return None


def _instant(event: Event) -> datetime:
    return event.at
