"""What a simulation prints, and how it tells of its progress."""

from __future__ import annotations

from typing import Any

import pytest

from policies.facts import Borrower, Facts, Proposal
from policies.places.whereabouts import NOWHERE
from policies.verdict import Kind
from service.cli.progress import LONG, bar
from service.cli.simulating import lines_of
from service.dispatch.what_if.tally import Outcome, Simulation
from service.ids import DeliveryId, NoticeId
from service.log.decisions import LoggedDecision
from tests.face import NOON


def decided(number: int) -> LoggedDecision:
    """A message that went at noon."""
    from uuid import UUID

    return LoggedDecision(
        delivery=DeliveryId(NoticeId(UUID(int=7), number), "sms"),
        at=NOON,
        kind=Kind.ALLOW,
        until=None,
        policies=(),
        facts=Facts(
            borrower=Borrower(zones_by_source={}), debt_ids=(), events=(), proposal=Proposal(channel="sms")
        ),
        where=NOWHERE,
        expires_at=None,
        as_it_was=True,
    )


def test_the_answer_is_told_in_lines() -> None:
    """The sentence, the counts, the first deliveries with their reasons, and that there are more."""
    run = Simulation(show=1, bound=2, otherwise=1)
    later = Outcome(kind=Kind.DEFER, until=NOON.replace(hour=20), reason="it is too early")
    for number in (1, 2):
        run.count(decided(number), Outcome(kind=Kind.ALLOW, until=None), later)
    run.count(decided(2), Outcome(kind=Kind.ALLOW, until=None), Outcome(kind=Kind.SUPPRESS, until=None))
    found: dict[str, Any] = run.document()
    lines = lines_of(found)
    assert (
        "These 2 deliveries would have waited, on average 3 h; none would have gone that was stopped."
        == lines[0]
    )
    assert "  allow becomes defer: 2 decisions, 2 deliveries, +3.00 h on average" == lines[1]
    assert "  allow becomes suppress: 1 decisions, 0 deliveries" == lines[2]
    assert lines[3].startswith("  1 were judged by another text")
    assert lines[4].startswith("  2026-11-24 17:00Z ntc_")
    assert lines[4].endswith(".sms: allow becomes defer until 2026-11-24 20:00Z")
    assert ["    because it is too early", "  and 1 more; --limit lists them"] == lines[5:]


def test_a_long_run_tells_of_each_tenth_and_a_short_one_of_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """On standard error, where it is no terminal."""
    for total in (LONG, 10):
        with bar("Judging", total) as advance:
            for _ in range(20):
                advance(total // 20)
    told = capsys.readouterr()
    assert ("", 10) == (told.out, len(told.err.splitlines()))
    assert "Judging: 10,000 of 100,000" == told.err.splitlines()[0]
