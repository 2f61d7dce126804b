"""What of the facts lifts a restriction for the proposed message: indexed once per decision, by the debts
that it names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from policies.facts import SUPPRESSION, Event
from policies.order import EVER, Staircase, reaches
from policies.view import View


class Lifts:
    """The lifting events of some types that reach the proposed message."""

    __slots__ = ("_by_debt", "_every", "_found", "_view", "_whole")

    def __init__(self, view: View, types: tuple[str, ...]) -> None:
        """Index them."""
        found = [one for one in view.of(*types) if reaches(one, view.proposal)] if types else []
        by_debt: dict[str, list[Event]] = {}
        for one in found:
            for debt in {view.group(debt) for debt in one.debt_ids or ()}:
                by_debt.setdefault(debt, []).append(one)
        self._view = view
        self._found = found
        self._every = Staircase(found)
        self._whole = Staircase([one for one in found if one.debt_ids is None])
        self._by_debt = {debt: Staircase(some) for debt, some in by_debt.items()}

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
        if debt is None:
            return self._every.first(taken)
        whole, named = self._whole.first(taken), self._by_debt.get(debt)
        own = None if named is None else named.first(taken)
        if whole is None or own is None:
            return whole or own
        return min(whole, own)


def closed_debts(view: View, event: Event, *, by_debt: bool = False) -> Iterable[str | None]:
    """The debts that must be free before the restriction of an event is lifted: those that it names, or else
    the message's. `by_debt`: where it closes nothing but the debts that it names, the message's alone count.
    None stands for a message about no debt."""
    if event.debt_ids is None:
        return sorted(view.debts()) or (None,)
    if not by_debt:
        return {view.group(debt) for debt in event.debt_ids}
    return [debt for debt in view.debts() if view.names(event.debt_ids, debt)] or (None,)


def lifts_of(view: View, types: tuple[str, ...]) -> Lifts:
    """The lifting events of these types, indexed once per decision."""
    found: Lifts = view.memo(("lifts", types), lambda: Lifts(view, types))
    return found
