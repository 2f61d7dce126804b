"""A campaign ends processes at every point that there is, and says so loudly where it did not."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from service.failpoints import POINTS
from tests.chaos.campaign import Outcome, Plan
from tests.chaos.checker import judge_retention
from tests.chaos.points import OF, kind_of, passes_of, patience_at
from tests.chaos.records import Findings
from tests.chaos.report import report
from tests.chaos.test_checker import row


def test_each_point_is_passed_by_one_kind_of_process() -> None:
    """A point that is added to the service is a point of the campaign, or this fails."""
    assert Counter(list(POINTS)) == Counter(point for points in OF.values() for point in points)
    assert {"API", "worker", "command"} == {kind_of(point) for point in POINTS}


def test_what_is_rare_is_met_at_once_and_waited_for() -> None:
    assert (1, 1) == passes_of("sweep.written")
    assert passes_of("accept.written")[1] > 1
    assert patience_at("sweep.written", 12.0) > patience_at("send.begins", 12.0) == 12.0


def outcome(plan: Plan, kills: dict[str, int], findings: Findings) -> Outcome:
    """What came of a campaign that was not run."""
    return Outcome(
        plan=plan,
        findings=findings,
        began=datetime(2026, 11, 24, tzinfo=UTC),
        took=1.0,
        folder=Path("/nonexistent"),
        surroundings={"Forbear": "0.1.0, commit unknown"},
        records={"export.jsonl": "00" * 32},
        kills=kills,
        stalled={},
        thawed={"send.begins": 2},
        exits={"exit 0": 3},
        cuts={"everywhere at once": 2},
        commands={"`secrets rotate` killed": 4},
        database_kills=2,
        receipts={"sent": 7},
        provider={"take": 5, "hang": 1},
        accepted=6,
        repeated=0,
    )


def test_a_campaign_that_missed_a_point_is_not_complete() -> None:
    """Ten kills and more for each point: then every point must have had one."""
    whole = dict.fromkeys(POINTS, 10)
    missed = {point: count for point, count in whole.items() if not point.startswith("sequence.taken")}
    assert outcome(Plan(seed=1, kills=300), whole, Findings()).good
    assert not outcome(Plan(seed=1, kills=300), missed, Findings()).good
    assert outcome(Plan(seed=1, kills=20), missed, Findings()).good
    assert "**Not complete: no process ended at sequence.taken.**" in report(
        outcome(Plan(seed=1, kills=300), missed, Findings())
    )


def test_the_report_names_every_point_what_ran_and_how_to_do_it_again() -> None:
    """Also what was found, by promise."""
    text = report(
        outcome(
            Plan(seed=7, kills=300),
            dict.fromkeys(POINTS, 11),
            Findings(wrong=["CAP: B-1 was contacted 4 times"]),
        )
    )
    assert all(f"| `{point}`: {POINTS[point]} | {kind_of(point)} | 11 | " in text for point in POINTS)
    for part in (
        "**1 faults were found.**",
        "commit unknown",
        "took it and never answered | 1",
        "00" * 32,
        "make chaos SEED=7 KILLS=300",
    ):
        assert part in text
    assert "| No cap is exceeded at any instant, in any window | 0 borrowers who were reached | 1 |" in text


GONE, KEPT = (
    {"notice_no": 5, "sender_role": "third_party"},
    {"notice_no": 6, "sender_role": "original_creditor"},
)


@pytest.mark.parametrize(
    ("after", "wrong"),
    [
        ([KEPT], 0),
        ([GONE, KEPT], 1),
        ([], 1),
        ([{**KEPT, "state": "held"}], 1),
    ],
    ids=["what may go is gone", "it is still there", "something else is gone", "something else was changed"],
)
def test_retention_that_takes_too_much_or_too_little_is_found(
    after: list[dict[str, Any]], wrong: int
) -> None:
    findings = Findings()
    judge_retention(findings, [row(**GONE), row(**KEPT)], [row(**one) for one in after])
    assert wrong == len(findings.wrong)


def test_what_is_still_owed_does_not_go() -> None:
    """A third-party collector's notice that waits, or of whose call nobody said what became."""
    for state in ("deferred", "held", "accepted"):
        findings = Findings()
        judge_retention(findings, [row(**GONE, state=state)], [])
        assert 1 == len(findings.wrong)
