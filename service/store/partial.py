"""What the partial indexes of the deliveries hold, as a statement must say it to be planned along one.

Whatever stands between partial indexes and their statistics, the planner takes the smallest index whose
predicate the statement implies: one that looked empty in a quiet time would be read as a whole for each row
that the key finds at once. So each predicate is an expression that nobody writes by chance, and only the
statements that an index is made for repeat it (tests/store/test_plans.py)."""

from __future__ import annotations

WAITING = "(d.state || '') IN ('due', 'deferred')"
"""`deliveries_waiting`: what falls due, by creditor, priority, channel and instant."""

EXPIRING = "('' || d.state) IN ('due', 'deferred', 'held')"
"""`deliveries_expiring`: what may still expire, by the instant at which it does."""

PARKED = "(d.state || '') IN ('held', 'unknown')"
"""`deliveries_parked`: what waits for a person or for a word, by state and the instant of the last change."""

LEASED = "d.lease_until IS NOT NULL"
"""`deliveries_leased`: what a worker has in hand, by the end of its lease."""


def is_any_of(column: str, *states: str) -> str:
    """A condition on the state of rows that are found by their keys, which the planner takes for true of
    every second one. By statistics of a quiet time almost none is in such a state: of a small table it would
    then read every row first, and compare each with each of the keys."""
    cases = " ".join(f"WHEN {column} = '{state}' THEN true" for state in states)
    return f"CASE {cases} ELSE false END"
