"""Direct consent to be called (12 CFR 1006.14(b)(3)(i)): it holds on seven local dates at most, the day
of receipt being the first, until it is revoked, expires, or a conversation about the debt uses it up.

A cap asks of every call of the past whether one held then, so each question takes a few steps however
many consents there are: the latest `MOST` are looked at, and to pass over an older one only counts a call
more."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from operator import attrgetter
from zoneinfo import ZoneInfo

from policies.facts import PERHAPS_SPOKEN, VOICE, Event
from policies.order import Latest, is_within, reaches
from policies.permissions import CONSENT_DATES
from policies.rules.base import earliest
from policies.view import View, discussed_in
from policies.windows import start_of

MOST = 32
"""Consents that are looked at, the latest ones."""
LONGEST = timedelta(days=CONSENT_DATES + 2)
"""No consent holds longer, whatever the clocks do."""
_instant = attrgetter("at")


class DirectConsents:
    """The consents of one set of facts with what ends them, each sorted once."""

    __slots__ = ("_allowed", "_numbers", "_revoked", "_spoken", "_view", "newest_first")

    def __init__(self, view: View) -> None:
        """Those given to the creditor are none (cmt. 14(b)(3)(i)-1), nor those of another debt, account,
        creditor, channel, number or topic."""
        given = [
            one
            for one in view.of("consent_call")
            if one.given_to != "creditor"
            and reaches(one, view.proposal)
            and is_within(one, view.proposal)
            and view.about(one.debt_ids)
        ]
        self.newest_first = given[: -MOST - 1 : -1]
        self._view = view
        self._revoked: list[datetime] = []
        self._numbers: list[float] = []
        self._spoken: list[Event] = []
        self._allowed: dict[int, tuple[tuple[ZoneInfo, Sequence[int]], ...]] = {}
        if given:
            revoked = view.of("revoke_consent")
            self._revoked = [one.at for one in revoked]
            numbers = (-1.0 if one.recorded is None else one.recorded for one in revoked)
            self._numbers = list(accumulate(numbers, max))
            self._spoken = _spoken(view)

    def holds(self, at: datetime, before: Event | None) -> bool:
        """Whether one holds at `at`."""
        for consent in self.newest_first:
            if consent.at > at:
                continue
            if consent.at < at - LONGEST:
                return False
            if before is not None and consent.address not in {None, before.address}:
                continue
            if not self.is_ended(consent, at, before) and self.is_dated(consent, at):
                return True
        return False

    def is_ended(self, consent: Event, at: datetime, before: Event | None) -> bool:
        """Revoked, or used up by the next conversation about the debt."""
        if not self._last_revoked(at).before(consent):
            return True
        first = bisect_right(self._spoken, consent.at, key=_instant)
        return any(one.at <= at for one in self._spoken[first : first + 2] if one is not before)

    def _last_revoked(self, at: datetime) -> Latest:
        place = bisect_right(self._revoked, at) - 1
        return Latest(None, -1) if place < 0 else Latest(self._revoked[place], self._numbers[place])

    def is_dated(self, consent: Event, at: datetime) -> bool:
        """Whether `at` lies on a consented local date in every candidate zone."""
        if consent.expires_at is not None and at >= consent.expires_at:
            return False
        return all(self._view.wall(at, zone).ordinal in days for zone, days in self.allowed(consent))

    def next_date(self, consent: Event, at: datetime) -> datetime | None:
        """When it may begin or end to hold by a local date."""
        if consent.expires_at is not None and at >= consent.expires_at:
            return None
        change: datetime | None = None
        for zone, days in self.allowed(consent):
            today = self._view.wall(at, zone).ordinal
            edges = [edge for day in days for edge in (day, day + 1) if edge > today]
            if edges:
                change = earliest(change, start_of(min(edges), zone, at))
        return change

    def allowed(self, consent: Event) -> tuple[tuple[ZoneInfo, Sequence[int]], ...]:
        """The consented dates in each candidate zone, as ordinals."""
        found = self._allowed.get(id(consent))
        if found is None:
            found = self._allowed[id(consent)] = tuple(
                (zone, self._dates(consent, zone)) for zone in self._view.zones("all")
            )
        return found

    def _dates(self, consent: Event, zone: ZoneInfo) -> Sequence[int]:
        first = self._view.wall(consent.at, zone).ordinal
        days = range(first, first + CONSENT_DATES)
        if not consent.only_dates:
            return days
        return [day.toordinal() for day in consent.only_dates if day.toordinal() in days]


def consent_at(view: View, at: datetime, *, before: Event | None = None) -> bool:
    """Whether direct consent to be called holds at `at`; `before` leaves out that contact itself."""
    return _consents(view).holds(at, before)


def consent_window(view: View, at: datetime) -> tuple[bool, datetime | None]:
    """Whether consent to be called holds at `at`, and the next instant at which that may change."""
    consents = _consents(view)
    holds, change = False, None
    for consent in consents.newest_first:
        if consent.at > at:
            change = earliest(change, consent.at)
        elif not consents.is_ended(consent, at, None):
            if consent.expires_at is not None and consent.expires_at > at:
                change = earliest(change, consent.expires_at)
            holds |= consents.is_dated(consent, at)
            change = earliest(change, consents.next_date(consent, at))
    return holds, change


def _consents(view: View) -> DirectConsents:
    found: DirectConsents = view.memo("direct consents", lambda: DirectConsents(view))
    return found


def _spoken(view: View) -> list[Event]:
    """The conversations with the proposed recipient about the proposed debts, oldest first."""
    return [
        one
        for one in view.contacts
        if one.outcome in PERHAPS_SPOKEN
        and one.channel in VOICE
        and one.to == view.proposal.to
        and view.about(discussed_in(one))
    ]
