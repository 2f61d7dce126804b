"""The facts as the rules look at them: sorted, de-duplicated and indexed once per decision, everything else
lazily."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby, islice, pairwise
from operator import attrgetter, eq, lt
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from policies.facts import UNKNOWN, VOICE, Event, Facts
from policies.places.clocks import everywhere
from policies.windows import Wall, wall
from policies.zones import zone

DISCONNECTED = frozenset({"busy", "not_in_service"})
"""Calls that did not connect (12 CFR 1006.14(b)(3)(ii))."""


class Index(NamedTuple):
    """The events of some facts as every message to the borrower finds them. Not to be changed."""

    by_type: Mapping[str, list[Event]]
    types: frozenset[str]
    """The types of the events that are there."""
    last: datetime | None
    """After which nothing that is known happens or expires."""
    contacts: tuple[Event, ...]


class View:
    """One set of facts, indexed. Built once per decision and asked by every rule."""

    __slots__ = (
        "_about",
        "_by_type",
        "_group",
        "_instants",
        "_last",
        "_memo",
        "_walls",
        "_zones",
        "contacts",
        "facts",
        "index",
        "proposal",
        "types",
    )

    def __init__(self, facts: Facts, index: Index | None = None) -> None:
        """Index the facts: contacts oldest first, once per `event_id`, wrong parties left out. `index`: that
        of the same events, where they were indexed already."""
        self.facts = facts
        self.proposal = facts.proposal
        self._memo: dict[Any, Any] = {}
        self._about: dict[tuple[str, ...], bool] = {}
        self._walls: dict[tuple[datetime, int], Wall] = {}
        self._zones: dict[str, tuple[ZoneInfo, ...]] = {}
        self._group: Mapping[str, str] | None = None
        self.index = _index(facts.events) if index is None else index
        self._by_type, self.types, self._last, self.contacts = self.index
        self._instants: list[datetime] | None = None

    def through(self, facts: Facts) -> View:
        """The view of another message to the same borrower, such as one through another channel: where
        nothing else has happened, nothing is indexed again."""
        return View(facts, self.index if facts.events == self.facts.events else None)

    def looks_ahead(self, at: datetime) -> bool:
        """Whether anything is known that happens or expires after `at`: then what is permitted now may change
        by itself."""
        return self._last is not None and self._last > at

    def next_change(self, at: datetime) -> datetime | None:
        """The first instant after `at` at which something known happens or a permission expires; None where
        nothing does."""
        if not self.looks_ahead(at):
            return None
        instants = [
            one
            for event in self.facts.events
            for one in (event.at, None if event.type in _ENDLESS else event.expires_at)
            if one is not None and one > at
        ]
        return min(instants, default=None)

    def contacts_since(self, since: datetime) -> Sequence[Event]:
        """The contacts at or after an instant, oldest first."""
        if self._instants is None:
            self._instants = list(map(_instant, self.contacts))
        return self.contacts[bisect_left(self._instants, since) :]

    def of(self, *types: str) -> tuple[Event, ...]:
        """Events of these types, oldest first."""
        found: tuple[Event, ...] | None = self._memo.get(types)
        if found is None:
            found = self._memo[types] = self._merged(types)
        return found

    def _merged(self, types: tuple[str, ...]) -> tuple[Event, ...]:
        some = [self._by_type[type_] for type_ in types if type_ in self._by_type]
        if len(some) < 2:  # noqa: PLR2004
            return tuple(some[0]) if some else ()
        return tuple(sorted([event for one in some for event in one], key=_order))

    def memo(self, key: Any, make: Callable[[], Any]) -> Any:
        """`make()` once per decision."""
        try:
            return self._memo[key]
        except KeyError:
            value = self._memo[key] = make()
            return value

    def wall(self, at: datetime, where: ZoneInfo) -> Wall:
        """The wall clock of an instant, remembered."""
        key = (at, id(where))
        found = self._walls.get(key)
        if found is None:
            found = self._walls[key] = wall(at, where)
        return found

    def local_date(self, at: datetime) -> date:
        """The borrower's local date of an instant, for a sentence; where several zones are possible, that of
        the first."""
        return at.astimezone(self.zones("all")[0]).date() if self.is_placed("all") else at.date()

    def zones(self, basis: str) -> tuple[ZoneInfo, ...]:
        """The candidate zones as a pack reads them (see `Policy.zones`). Where none is known the borrower may
        be anywhere: dates then have to hold by every clock of the world."""
        return self._candidates(basis) or _named(everywhere())

    def is_placed(self, basis: str) -> bool:
        """Whether any candidate zone is known."""
        return bool(self._candidates(basis))

    def _candidates(self, basis: str) -> tuple[ZoneInfo, ...]:
        found = self._zones.get(basis)
        if found is None:
            found = self._zones[basis] = _zones(self.facts, basis)
        return found

    def group(self, debt: str) -> str:
        """The name under which a debt counts: its group's first debt, or itself."""
        if self._group is None:
            self._group = {debt: group[0] for group in self.facts.borrower.debt_groups for debt in group}
        return self._group.get(debt, debt)

    def debts(self) -> frozenset[str]:
        """The debts that the proposed message is about, grouped."""
        found: frozenset[str] = self.memo(
            "debts", lambda: frozenset(self.group(debt) for debt in self.facts.debt_ids)
        )
        return found

    def about(self, debts: Iterable[str] | None) -> bool:
        """Whether an event about `debts` concerns the proposed ones; None means every debt."""
        if debts is None:
            return True
        named = debts if type(debts) is tuple else tuple(debts)
        found = self._about.get(named)
        if found is None:
            mine = self.debts()
            found = self._about[named] = any(self.group(debt) in mine for debt in named)
        return found

    def names(self, debts: Iterable[str] | None, debt: str | None) -> bool:
        """Whether an event about `debts` concerns that one (grouped); None means every debt, or any."""
        return debts is None or debt is None or debt in {self.group(one) for one in debts}

    def is_holiday(self, day: date) -> bool:
        """Whether the case itself names the local date a holiday."""
        return day in self.facts.holidays

    def answers(self, at: datetime) -> Event | None:
        """The inbound message of which this one is the one answer: through the same medium, from and about
        what is proposed, and not answered yet (12 CFR 1006, cmt. 6(b)(1)-2 and 14(h)(2)(ii)); None where it
        is no answer."""
        if self.proposal.in_response_to is None:
            return None
        found: tuple[Event, ...] = self.memo("answers", self._answers)
        return next((one for one in reversed(found) if one.at <= at), None)

    def _answers(self) -> tuple[Event, ...]:
        ref, channel, address = self.proposal.in_response_to, self.proposal.channel, self.proposal.address
        asked = [
            one
            for one in self.of("inbound")
            if one.ref == ref
            and one.channel == channel
            and (address is None or one.address in {None, address})
            and self.about(one.debt_ids)
        ]
        return () if any(self._answered(one) for one in asked) else tuple(asked)

    def _answered(self, inbound: Event) -> bool:
        """Whether somebody answered: a message in response, or a talk on the telephone since the call."""
        return any(
            (one.in_response_to == inbound.ref and one.direction == "out")
            or (
                one.outcome in {"conversation", UNKNOWN}
                and one.channel == inbound.channel in VOICE
                and one.at > inbound.at
            )
            for one in self.contacts
        )


_ENDLESS = frozenset({"contact", "inbound", "suppression"})
"""Types of events of which nobody asks when they end: there are many of them."""
_instant = attrgetter("at")
_event_id = attrgetter("event_id")
_type = attrgetter("type")
_is_wrong_party = attrgetter("wrong_party")


def _index(events: Iterable[Event]) -> Index:
    ordered = _sorted(events)
    by_type = _by_type(ordered)
    last = ordered[-1].at if ordered else None
    ends = [
        one.expires_at
        for type_, some in by_type.items()
        if type_ not in _ENDLESS
        for one in some
        if one.expires_at is not None
    ]
    if ends and last is not None:
        last = max(last, *ends)
    contacts = _once(by_type.get("contact", []))
    strangers = _strangers(by_type.get("wrong_number", ()))
    if strangers or any(map(_is_wrong_party, contacts)):
        contacts = [one for one in contacts if not one.wrong_party and not _reached_stranger(one, strangers)]
    return Index(by_type, frozenset(by_type), last, tuple(contacts))


def _by_type(events: list[Event]) -> dict[str, list[Event]]:
    """Events by their type, in their order: mostly all are contacts."""
    if len(set(map(_type, events))) == 1:
        return {events[0].type: events}
    found: dict[str, list[Event]] = {}
    for event in events:
        found.setdefault(event.type, []).append(event)
    return found


def _sorted(events: Iterable[Event]) -> list[Event]:
    """Oldest first; events of one instant in an order of their own, so that it does not matter in which they
    were read."""
    found = list(events)
    instants = list(map(_instant, found))
    if all(map(lt, instants, islice(instants, 1, None))):
        return found
    found.sort(key=_instant)
    instants = list(map(_instant, found))
    if any(map(eq, instants, islice(instants, 1, None))):
        groups = [list(group) for _, group in groupby(found, _instant)]
        found = [event for group in groups for event in (group if len(group) == 1 else _at_once(group))]
    return found


def _at_once(events: list[Event]) -> list[Event]:
    """Events of one instant; their whole text is compared only where nothing shorter tells them apart."""
    found = sorted(events, key=_order)
    if any(_order(one) == _order(next_) for one, next_ in pairwise(found)):
        found.sort(key=_order_at_once)
    return found


def _order(event: Event) -> tuple[datetime, str, str, str]:
    return (event.at, event.type, event.event_id or "", event.channel or "")


def _order_at_once(event: Event) -> tuple[object, ...]:
    return (*_order(event), repr(event))


def debts_of(contact: Event) -> tuple[str, ...] | None:
    """The debts that a contact counts for: those it was booked to and those that were discussed (12 CFR
    1006.14(b)(4)); None: all."""
    if contact.discussed is None or contact.debt_ids is None:
        return contact.debt_ids
    return (*contact.debt_ids, *contact.discussed)


def discussed_in(contact: Event) -> tuple[str, ...] | None:
    """The debts that a conversation was about; where none is named, those that it was booked to."""
    return contact.discussed or contact.debt_ids


def _once(contacts: list[Event]) -> list[Event]:
    """Events with one `event_id` count once; the later-known outcome stands where they differ, and a stranger
    reached is one for good."""
    if len(contacts) < 2:  # noqa: PLR2004
        return contacts
    ids = list(map(_event_id, contacts))
    distinct = set(ids)
    if len(distinct) == len(ids) or len(distinct - {None}) == len(ids) - ids.count(None):
        return contacts
    found: list[Event] = []
    places: dict[str, int] = {}
    for one in contacts:
        if one.event_id is None:
            found.append(one)
        elif one.event_id in places:
            before = found[places[one.event_id]]
            if one.wrong_party or (_is_open(before, one) and not before.wrong_party):
                found[places[one.event_id]] = one
        else:
            places[one.event_id] = len(found)
            found.append(one)
    return sorted(found, key=_instant)


def _is_open(before: Event, after: Event) -> bool:
    """Whether the later word stands; one that is not known yet makes nothing of an end that nobody knows."""
    return before.outcome in _OPEN or (before.outcome == UNKNOWN and after.outcome not in _OPEN)


_OPEN = frozenset({None, "in_flight"})
"""Outcomes that are not known yet."""


def _strangers(wrong: Iterable[Event]) -> Mapping[str, datetime]:
    """The addresses that were learned to be somebody else's, with the last instant at which they were."""
    return {one.address: one.at for one in wrong if one.address is not None}


def _reached_stranger(contact: Event, strangers: Mapping[str, datetime]) -> bool:
    """Whether a contact went to a number that was learned to be somebody else's (12 CFR 1006, cmt.
    14(b)(2)(i)-3)."""
    learned = None if contact.address is None else strangers.get(contact.address)
    return learned is not None and contact.at <= learned


def _zones(facts: Facts, basis: str) -> tuple[ZoneInfo, ...]:
    by_source = facts.borrower.zones_by_source
    if basis.startswith("fixed:"):
        names: Iterable[str] = (basis.removeprefix("fixed:"),)
    elif basis == "phone" or (basis == "landline" and facts.proposal.address_kind == "home_landline"):
        names = by_source.get("stated") or by_source.get("phone") or by_source.get("address") or ()
    elif basis in {"address", "landline"}:
        names = by_source.get("stated") or by_source.get("address") or by_source.get("phone") or ()
    else:
        names = [name for source in sorted(by_source) for name in by_source[source]]
    return _named(tuple(names))


@lru_cache(maxsize=4096)
def _named(names: tuple[str, ...]) -> tuple[ZoneInfo, ...]:
    """The zones of these names, each once."""
    return tuple(zone(name) for name in dict.fromkeys(names))
