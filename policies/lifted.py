"""What of the facts lifts a restriction for the proposed message: indexed by the debts that it names, once
per decision, or once per instant where something of it may end (`policies/permissions.py`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from policies.facts import SUPPRESSION, Event
from policies.order import EVER, WHOLE, Only, Staircase, follows, only, reaching
from policies.view import View


class _Index:
    """Some lifting events, by the debts that they name."""

    __slots__ = ("_by_debt", "_every", "_whole")

    def __init__(self, view: View, found: Sequence[Event]) -> None:
        by_debt: dict[str, list[Event]] = {}
        for one in found:
            for debt in {view.group(debt) for debt in one.debt_ids or ()}:
                by_debt.setdefault(debt, []).append(one)
        self._every = Staircase(found)
        self._whole = Staircase([one for one in found if one.debt_ids is None])
        self._by_debt = {debt: Staircase(some) for debt, some in by_debt.items()}

    def first(self, taken: Event, debt: str | None) -> list[datetime | None]:
        """When the first of them lifts a restriction of a debt: those that name none, and those that do."""
        if debt is None:
            return [self._every.first(taken)]
        named = self._by_debt.get(debt)
        return [self._whole.first(taken), None if named is None else named.first(taken)]


class Lifts:
    """Some lifting events that reach the proposed message. What names an account or a topic lifts only what
    names the same, or the restriction of everything for a message of that account and topic."""

    __slots__ = ("_found", "_later", "_only", "_plain", "_view")

    def __init__(
        self, view: View, found: Sequence[Event], later: Sequence[tuple[datetime, Event]] = ()
    ) -> None:
        """Index them, oldest first. `later`: those that lift nothing yet, or no more, with the instant at
        which they will."""
        by_scope: dict[Only, list[Event]] = {}
        for one in found:
            by_scope.setdefault(only(one), []).append(one)
        self._view = view
        self._found = by_scope.pop(WHOLE, [])
        self._later = later
        self._plain = _Index(view, self._found)
        self._only = {scope: _Index(view, some) for scope, some in by_scope.items()}

    def ends(self, taken: Event, debts: Iterable[str | None]) -> datetime | None:
        """When a restriction of these debts is lifted: the last of them counts. None while one stands; the
        debt None is lifted by whatever lifts."""
        last: datetime | None = None
        for debt in debts:
            end = self._of(taken, debt)
            if end is None:
                return None
            last = end if last is None or end > last else last
        return last

    def standing(self, taken: Sequence[Event], at: datetime, *, by_debt: bool = False) -> Sequence[Event]:
        """The restrictions that the last lifting event until `at` does not lift by itself: most often few are
        left to be looked at one by one. `by_debt`: an event that names all of the proposed debts lifts them
        as well as one that names none."""
        mine = self._view.debts() if by_debt else frozenset[str]()
        last = next(
            (
                one
                for one in reversed(self._found)
                if one.at <= at
                and (
                    one.debt_ids is None
                    or (mine and mine <= {self._view.group(debt) for debt in one.debt_ids})
                )
            ),
            None,
        )
        if last is None:
            return taken
        instant, number = last.at, EVER if last.recorded is None else last.recorded
        return [
            one
            for one in taken
            if one.at >= instant or (one.recorded or -1) >= number or one.via == SUPPRESSION
        ]

    def _of(self, taken: Event, debt: str | None) -> datetime | None:
        if taken.via == SUPPRESSION:
            return None  # another said it from the same address: it ends with the suppression
        instants = self._plain.first(taken, debt)
        if self._only or self._later:
            scopes = reaching(taken, self._view.proposal)
            for scope in scopes & self._only.keys():
                instants += self._only[scope].first(taken, debt)
            instants += [
                at
                for at, one in self._later
                if only(one) in scopes
                and follows(one, taken)
                and (debt is None or self._view.names(one.debt_ids, debt))
            ]
        return min((one for one in instants if one is not None), default=None)


def closed_debts(view: View, event: Event, *, by_debt: bool = False) -> Iterable[str | None]:
    """The debts that must be free before the restriction of an event is lifted: those that it names, or else
    the message's. `by_debt`: where it closes nothing but the debts that it names, the message's alone count.
    None stands for a message about no debt."""
    if event.debt_ids is None:
        return sorted(view.debts()) or (None,)
    if not by_debt:
        return {view.group(debt) for debt in event.debt_ids}
    return [debt for debt in view.debts() if view.names(event.debt_ids, debt)] or (None,)
