"""One decision: the twenty-odd rules of Regulation F over two hundred events, and a search over a year of
closed days; the unit is an empty call."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from benchmarks.figure import Figure, below
from policies.decide import decide
from policies.facts import Borrower, Event, Facts, Proposal
from policies.policy import Policy, parse_policy_document
from policies.verdict import Kind
from service.packs import shipped

AT = datetime(2026, 7, 14, 15, 30, tzinfo=UTC)
EVENTS = 200
ROUNDS = 2_000


def _history() -> tuple[Event, ...]:
    """Two hundred events over two years, none of which shuts the message out."""
    contacts = [
        Event(
            type="contact",
            at=AT - timedelta(days=20 + 4 * one),
            channel=("sms", "email", "voice")[one % 3],
            outcome="delivered",
        )
        for one in range(EVENTS - 20)
    ]
    consents = [
        Event(type="consent", at=AT - timedelta(days=30 * one + 40, minutes=7), channel="sms")
        for one in range(20)
    ]
    return tuple(sorted(contacts + consents, key=lambda one: one.at))


def _facts() -> Facts:
    return Facts(
        borrower=Borrower(zones_by_source={"stated": ("America/New_York",)}, days_past_due=22),
        debt_ids=("loan",),
        events=_history(),
        proposal=Proposal(channel="sms", sender_role="third_party"),
    )


def _policies() -> list[Policy]:
    return [shipped()["us-reg-f"]]


def _closed_year() -> tuple[list[Policy], Facts]:
    """A window that opens on one weekday, and a year of holidays on all of those days."""
    document = {
        "name": "closed", "title": "Closed", "citation": "house", "force": "house",
        "verified_on": "2026-07-01", "confidence": "low",
        "rules": [{"id": "tuesdays", "kind": "clock_window", "citation": "house",
        "hours": {"tue": ["09:00-17:00"], "holiday": []}}],
    }  # fmt: skip
    first = AT.date()
    closed = frozenset(first + timedelta(days=one) for one in range(365))
    facts = _facts()
    return [parse_policy_document(document)], Facts(
        borrower=facts.borrower, debt_ids=facts.debt_ids, events=(), proposal=facts.proposal, holidays=closed
    )


def _median(call: Callable[[], object], rounds: int) -> float:
    """Seconds of one call."""
    taken = []
    for _ in range(rounds):
        begins = time.perf_counter()
        call()
        taken.append(time.perf_counter() - begins)
    return statistics.median(taken)


def measure() -> list[Figure]:
    """Medians; the bounds are 150 µs and 5 ms, stated as multiples of the empty call of the same run."""
    policies, facts = _policies(), _facts()
    verdict = decide(policies, facts, AT)
    if verdict.kind is not Kind.ALLOW:
        raise RuntimeError(f"the measured message should go: {verdict}")
    rules = len(verdict.consulted)
    closed, closed_facts = _closed_year()
    found = decide(closed, closed_facts, AT, horizon=timedelta(days=400))
    if found.until is None or found.until - AT < timedelta(days=365):
        raise RuntimeError(f"the measured search should look over a year: {found}")
    empty = _median(lambda: None, 20_000)
    one = _median(lambda: decide(policies, facts, AT), ROUNDS)
    search = _median(lambda: decide(closed, closed_facts, AT, horizon=timedelta(days=400)), 100)
    unit = f"an empty call: {empty * 1e9:.0f} ns"
    return [
        below(
            f"a decision, {rules} rules, {EVENTS} events",
            f"{one * 1e6:.0f} µs",
            unit,
            one / empty,
            150e-6 / empty,
        ),
        below(
            "a search over a year of closed days",
            f"{search * 1e3:.2f} ms",
            unit,
            search / empty,
            5e-3 / empty,
        ),
    ]
