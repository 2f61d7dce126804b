"""What the partial indexes of the deliveries hold, as a statement must say it to be planned along one.

Whatever stands between partial indexes and their statistics, the planner takes the smallest index whose
predicate the statement implies: one that looked empty in a quiet time would be read as a whole for each row
that the key finds at once. So each predicate is an expression that nobody writes by chance, and only the
statements that an index is made for repeat it (tests/store/test_plans.py)."""

from __future__ import annotations

from typing import Literal

WAITING = "(d.state || '') IN ('due', 'deferred')"
"""`deliveries_waiting`: what falls due, by creditor, priority, channel and instant."""

EXPIRING = "('' || d.state) IN ('due', 'deferred', 'held')"
"""`deliveries_expiring`: what may still expire, by the instant at which it does."""

PARKED = "(d.state || '') IN ('held', 'unknown')"
"""`deliveries_parked`: what waits for a person or for a word, by state and the instant of the last change."""

LEASED = "d.lease_until IS NOT NULL"
"""`deliveries_leased`: what a worker has in hand, by the end of its lease."""

ListIndex = Literal["creditor", "category", "template", "state", "change"]
_NUMBERS: dict[ListIndex, int] = {"creditor": 1, "category": 2, "template": 3, "state": 4, "change": 5}


def listed(row: str, along: ListIndex) -> str:
    """What a list says of its row `row`, a notice or a delivery, to be planned along the index that is made
    for it (`notices_listed_by_…`, `deliveries_listed_by_…`). It is true of every row, and the planner takes
    it for that. Each has a number of its own, so that a list goes along no other's index.

    Those indexes hold every row, and notice numbers behind what they go by: where statistics say that a
    table is empty or small, any way to a row looks as cheap as its key, and a look-up of one would read the
    whole of such an index (migration 0043)."""
    return f"({row}.notice_no & 0) <> {_NUMBERS[along]}"


def is_any_of(column: str, *states: str) -> str:
    """A condition on the state of rows that are found by their keys, which the planner takes for true of
    every second one. By statistics of a quiet time almost none is in such a state: of a small table it would
    then read every row first, and compare each with each of the keys."""
    cases = " ".join(f"WHEN {column} = '{state}' THEN true" for state in states)
    return f"CASE {cases} ELSE false END"
