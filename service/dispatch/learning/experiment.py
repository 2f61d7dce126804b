"""The state of an experiment: plain order, what was learned, and nobody, side by side; and how far its stop
rules are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import orjson

from service.dispatch.audit.outcomes import wilson
from service.dispatch.learning import everywhere
from service.dispatch.learning.counts import value_of
from service.dispatch.learning.evaluate import estimate_of, nobody, of_chooser
from service.dispatch.learning.frontier import monday
from service.dispatch.learning.governance import visible
from service.dispatch.runtime import Runtime
from service.errors import NotFound
from service.learning.arms import NONE, Segment
from service.learning.choose import Chooser
from service.learning.document import LearningPolicy, parse_learning_policy
from service.learning.estimate import Estimate, Logged, estimate
from service.learning.stop import Evidence, Week, evidence
from service.model.actor import Actor
from service.store import learning
from service.store.choices import CONTACTS, OUTCOMES, CellRow, Matured

TREATED = ("learned", "chance")
UNSAID = "cannot be said yet"
LOOK_BACK = timedelta(weeks=26)
"""Rounds that estimates look at."""


def evidence_of(rows: Iterable[CellRow], policy: LearningPolicy, since: datetime | None) -> Evidence:
    """What the weeks since a version began say against it."""
    first = date.min if since is None else monday(since)
    harms: defaultdict[date, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    paid: defaultdict[date, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for row in rows:
        place = 0 if row.arm_group in TREATED else 2 if row.arm_group == "holdout" else None
        if place is None or row.week < first:
            continue
        for found, events in ((harms, row.opt_out + row.complaint), (paid, row.payment)):
            found[row.week][place] += events
            found[row.week][place + 1] += row.rounds
    return evidence(
        [Week(*harms[week]) for week in sorted(harms)],
        [Week(*paid[week]) for week in sorted(paid)],
        alpha=policy.stop.against_holdout.alpha,
        bound=policy.stop.at_most_per_1000_rounds / 1000,
        payments_at_least=policy.stop.payments_at_least,
    )


async def read_experiment(runtime: Runtime, name: str, actor: Actor) -> dict[str, Any]:
    """Everything about an experiment that may be said. Raises NotFound."""
    at = runtime.clock.now()
    async with runtime.database.connection() as connection:
        versions = await visible(connection, name, actor)
        row = next((one for one in versions if one.state == "active"), versions[0])
        policy = parse_learning_policy(row.document)
        snapshots = await learning.snapshots_of(connection, policy.creditor, name, 2)
        run = await learning.run_of(connection, name, monday(at))
    cells = await everywhere.counts(runtime, policy.creditor, name)
    rounds = await everywhere.matured(runtime, policy.creditor, name, at - LOOK_BACK, at)
    waiting = await everywhere.pending(runtime, policy.creditor, name)
    found = evidence_of(cells, policy, row.active_from)
    return {
        "name": name,
        "creditor": policy.creditor,
        "version": row.version,
        "state": row.state,
        "stage": policy.stage,
        "approved_by": row.approved_by,
        "active_from": row.active_from,
        "ended_at": row.ended_at,
        "reason": row.reason,
        "groups": groups_of(cells, waiting),
        "nobody": _nobody(rounds, policy),
        "evidence": {**found._asdict(), "reason": found.reason},
        "contacts_saved_per_1000": _saved(cells),
        "restraint": _restraint(cells),
        "snapshot": None if not snapshots else snapshots[0]._asdict(),
        "snapshot_before": snapshots[1].digest if len(snapshots) > 1 else None,
        "last_run": None if run is None else run._asdict(),
    }


def groups_of(cells: Iterable[CellRow], waiting: dict[str, int]) -> list[dict[str, Any]]:
    """For each group its mature rounds, and what came of them with 95 % intervals."""
    sums: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for group in waiting:
        sums[group]["rounds"] += 0
    for row in cells:
        for name in ("rounds", *CONTACTS, *OUTCOMES):
            sums[row.arm_group][name] += getattr(row, name)
    return [
        {
            "group": group,
            "rounds": found["rounds"],
            "not_mature": waiting.get(group, 0),
            "contacts_per_1000": _per_1000(sum(found[name] for name in CONTACTS), found["rounds"]),
            **{
                name: {"count": found[name]} | wilson(min(found[name], found["rounds"]), found["rounds"])
                for name in OUTCOMES
            },
        }
        for group, found in sorted(sums.items())
    ]


def _per_1000(count: int, rounds: int) -> float | None:
    return round(1000 * count / rounds, 1) if rounds else None


def _saved(cells: Sequence[CellRow]) -> float | None:
    """Contacts in 1,000 rounds of the hold-out beyond those where it was chosen."""
    counts: defaultdict[bool, list[int]] = defaultdict(lambda: [0, 0])
    for row in cells:
        if row.arm_group in {*TREATED, "holdout"}:
            one = counts[row.arm_group == "holdout"]
            one[0] += sum(getattr(row, name) for name in CONTACTS)
            one[1] += row.rounds
    (kept, kept_rounds), (chosen, chosen_rounds) = counts[True], counts[False]
    if not kept_rounds or not chosen_rounds:
        return None
    return round(1000 * (kept / kept_rounds - chosen / chosen_rounds), 1)


def _restraint(cells: Iterable[CellRow]) -> list[dict[str, Any]]:
    """How often nothing was sent, by the messages that had gone unanswered."""
    counts: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
    for row in cells:
        if row.arm_group == "learned":
            one = counts[Segment.parse(row.segment).unanswered]
            one[0] += row.rounds if row.arm == NONE else 0
            one[1] += row.rounds
    return [
        {"unanswered": unanswered, "rounds": rounds, "count": nothing} | wilson(nothing, rounds)
        for unanswered, (nothing, rounds) in sorted(counts.items())
    ]


def _nobody(rounds: Sequence[Matured], policy: LearningPolicy) -> dict[str, Any]:
    """Payments in 1,000 rounds, were nobody written to."""
    return estimate_document(estimate_of(rounds, policy, nobody, value=lambda one: float(one.payment)))


def estimate_document(found: Estimate) -> dict[str, Any]:
    """An estimate per 1,000 decisions, or that it cannot be said yet."""
    size = {
        "decisions": found.decisions,
        "effective": round(found.effective, 1),
        "largest_weight": round(found.largest_weight, 1),
    }
    if not found.said:
        return {**size, "answer": UNSAID, "per_1000": None, "low": None, "high": None, "dr": None}
    return {
        **size,
        "answer": "estimated",
        "per_1000": round(1000 * found.snips.value, 3),
        "low": round(1000 * (found.snips.value - found.snips.half), 3),
        "high": round(1000 * (found.snips.value + found.snips.half), 3),
        "dr": {
            "per_1000": round(1000 * found.dr.value, 3),
            "low": round(1000 * (found.dr.value - found.dr.half), 3),
            "high": round(1000 * (found.dr.value + found.dr.half), 3),
        },
    }


async def evaluate_policy(
    runtime: Runtime, name: str, actor: Actor, *, since: datetime, until: datetime, target: str
) -> dict[str, Any]:
    """What an order would have brought on the rounds of [since, until), in payments' worth. `target`:
    `plain`, which the hold-out says itself, `nobody`, or a digest. Raises NotFound."""
    async with runtime.database.connection() as connection:
        versions = await visible(connection, name, actor)
        row = next((one for one in versions if one.state == "active"), versions[0])
        policy = parse_learning_policy(row.document)
        text = None if target in {"plain", "nobody"} else await learning.snapshot_text(connection, target)
    rounds = await everywhere.matured(runtime, policy.creditor, name, since, until)
    if target == "plain":
        return {"target": target, **estimate_document(_of_holdout(rounds, policy))}
    if target == "nobody":
        return {"target": target, **estimate_document(estimate_of(rounds, policy, nobody))}
    if text is None:
        raise NotFound("nothing with this digest was learned; expected plain, nobody, or a digest")
    snapshot = orjson.loads(text)
    chooser = Chooser(snapshot, target, policy.features)
    return {"target": target, **estimate_document(estimate_of(rounds, policy, of_chooser(chooser), snapshot))}


def _of_holdout(rounds: Sequence[Matured], policy: LearningPolicy) -> Estimate:
    """The plain order needs no weights: the hold-out is it."""
    return estimate(
        [
            Logged(cluster=one.borrower_id, chance=1.0, target=1.0, value=value_of(one, policy))
            for one in rounds
            if one.arm_group == "holdout"
        ]
    )
