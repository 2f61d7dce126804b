"""`python -m tests.chaos SEED KILLS SECONDS REPORT [adaptive]`: one campaign, and its report."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.chaos.campaign import Plan, run
from tests.chaos.report import report

NOTICES, BORROWERS, WORKERS, PER_SECOND = 2000, 200, 4, 12.0
"""Of a campaign of adaptive notices: ten to each borrower, who may get three."""


def plan_of(seed: int, kills: int, seconds: float, *, adaptive: bool = False) -> Plan:
    """Every fault at once. `adaptive`: notices that are chosen for, as many as are posted and no more."""
    plan = Plan(
        seed=seed,
        kills=kills,
        seconds=seconds,
        database_kills=2 + max(kills // 100, int(seconds) // 300),
        cuts=2 + max(kills // 50, int(seconds) // 150),
        commands=True,
        facts_every=1.0,
    )
    if not adaptive:
        return plan
    each = NOTICES // BORROWERS
    return replace(
        plan,
        adaptive=True,
        notices=NOTICES,
        borrowers=BORROWERS,
        each=each,
        workers=WORKERS,
        per_second=PER_SECOND,
    )


def main(arguments: Sequence[str]) -> int:
    """Run it; 0 where it is good."""
    seed, kills, seconds, path = int(arguments[0]), int(arguments[1]), float(arguments[2]), Path(arguments[3])
    plan = plan_of(seed, kills, seconds, adaptive=arguments[4:] == ["adaptive"])
    outcome = run(plan, tell=lambda text: print(text, file=sys.stderr, flush=True), keep=True)
    text = report(outcome)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    print(text)
    print(f"The report is {path}; the records stay in {outcome.folder}.", file=sys.stderr)
    told = {
        "good": outcome.good,
        "faults": len(outcome.findings.wrong),
        "kills": sum(outcome.kills.values()),
        "unreached": outcome.unreached,
    }
    print(json.dumps(told), file=sys.stderr)
    return 0 if outcome.good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
