"""The campaign's short form, with real processes and kill -9; and bugs that were put into the dispatcher,
which the checker must find."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chaos.campaign import Outcome, Plan, run
from tests.chaos.report import report
from tests.chaos.seeded import BUGS, VARIABLE

SMALL: dict[str, Any] = {
    "seed": 11,
    "apis": 1,
    "workers": 2,
    "each": 1000,
    "per_second": 20.0,
    "database_kills": 0,
    "cuts": 0,
    "lost_commits": 0.0,
    "patience": 6.0,
    "hours": (),
}


def short(**further: Any) -> Outcome:
    """A campaign of some seconds."""
    return run(Plan(**{**SMALL, **further}))


def test_a_short_campaign_harms_nobody() -> None:
    """Kills at the points where a message hangs in the balance, a PostgreSQL that dies, a network that is
    cut; every provider ill."""
    outcome = short(
        kills=6,
        borrowers=15,
        notices=60,
        database_kills=1,
        cuts=1,
        lost_commits=0.01,
        points=(
            "accept.committed",
            "decide.committed",
            "dial.committed",
            "send.begins",
            "send.answered",
            "settle.written",
        ),
        hours=(0.2, 0.8, 3, 10, 23, 40),
    )
    assert [] == outcome.findings.wrong, report(outcome)
    assert 6 <= sum(outcome.kills.values())
    assert outcome.accepted
    assert "No fault was found." in report(outcome)


def test_a_short_campaign_of_adaptive_notices_is_replayed_equal() -> None:
    """A learning policy is live; processes die around their claims, some borrowers pay, write STOP or are
    erased. No provider fails, since what it must be asked about takes minutes."""
    outcome = short(
        seed=12,
        kills=6,
        borrowers=12,
        each=6,
        notices=72,
        database_kills=1,
        cuts=1,
        lost_commits=0.01,
        facts_every=2.0,
        adaptive=True,
        ill=False,
        lost_receipts=0.0,
        points=("decide.written", "decide.committed"),
        hours=(5, 12, 24, 48, 72, 96, 120),
    )
    looked_at = outcome.findings.looked_at
    assert [] == outcome.findings.wrong, report(outcome)
    assert 6 <= sum(outcome.kills.values())
    assert looked_at["choices that were drawn again"] >= 50
    assert looked_at["choices: learned"] >= 20
    again = (
        looked_at["choices that the service replayed equal"] + looked_at["choices whose facts were erased"]
    )
    assert again >= looked_at["choices that were drawn again"]


HARM = {
    "claim_without_the_lock": "CAP",
    "no_dialing_mark": "DOUBLE",
    "lapsed_dialing_retried": "DOUBLE",
    "settled_before_the_send": "LOG",
}
"""What the checker must call it."""
RACES = 4
"""Campaigns in one of which a bug must do its harm."""


def seeded(bug: str) -> Outcome:
    """A campaign against the dispatcher with this bug: no fault of a provider, workers that die in
    mid-call."""
    races = bug == "claim_without_the_lock"
    return short(
        module="tests.chaos.seeded",
        environment={
            VARIABLE: bug,
            **({"FORBEAR_WORKER__BATCH": "2", "FORBEAR_SMS__CONCURRENCY": "20"} if races else {}),
        },
        ill=False,
        lost_receipts=1.0,
        rest=15.0,  # a message that is sent again and again never comes to rest
        kills=0 if races else 2,
        seconds=8 if races else 0,
        workers=3 if races else 2,
        borrowers=4 if races else 30,
        notices=200 if races else 60,
        per_second=400.0 if races else 20.0,
        channels=(("sms",),),
        points={"settled_before_the_send": ("send.begins",)}.get(bug, ("send.answered",))
        if not races
        else (),
    )


@pytest.mark.parametrize("bug", sorted(BUGS))
def test_the_checker_finds_a_bug_of_the_dispatcher(bug: str) -> None:
    """Each of them harms somebody, and the campaign says whom and how."""
    for _ in range(RACES):  # two workers meet at one borrower in most campaigns, not in each
        outcome = seeded(bug)
        found = {one.partition(":")[0] for one in outcome.findings.wrong}
        if HARM[bug] in found:
            return
    pytest.fail(report(outcome))
