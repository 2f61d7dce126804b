"""Judges the learned choices of a campaign: one for each adaptive notice that anything came of, in the log as
in the store; drawn as a program of its own draws it again; nothing sent where nothing was to be sent, and
nothing before its plan. Shares no code with what it judges, as `checker.py`, which asks it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from tests.chaos.records import Clocks, Findings, Records, Said, lines, notice_id

NONE = "none"
POINT = re.compile(r"(\w+)=(.+?)(?= \w+=|$)")
"""What a point of a snapshot asks for: `contact`, and facts with their values."""
MOVING = {"channel", "band"}
MILLION = 1_000_000
CHOICES = """
SELECT borrower_id, notice_no, policy_digest, snapshot, arm_group, segment, allowed, arm, weight, total,
       planned_at
FROM choices
"""
SNAPSHOTS = "SELECT digest, document FROM learning_snapshots"
POLICIES = "SELECT digest, document FROM learning_policies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What the store says of choices."""

    choices: Sequence[dict[str, Any]]
    snapshots: Mapping[str, dict[str, Any]]
    policies: Mapping[str, dict[str, Any]]


def chosen_of(url: str) -> Chosen:
    """Read it."""
    return asyncio.run(_chosen(url))


async def _chosen(url: str) -> Chosen:
    connection = await asyncpg.connect(url)
    try:
        return Chosen(
            choices=[dict(row) for row in await connection.fetch(CHOICES)],
            snapshots={digest: json.loads(text) for digest, text in await connection.fetch(SNAPSHOTS)},
            policies={digest: json.loads(text) for digest, text in await connection.fetch(POLICIES)},
        )
    finally:
        await connection.close()


def judge_choices(
    findings: Findings,
    records: Records,
    chosen: Chosen,
    said: Sequence[tuple[str, Said]],
    rows: Sequence[dict[str, Any]],
    entries: Sequence[dict[str, Any]],
) -> None:
    """Everything about choices. `said`: what the provider took, with the id of its notice."""
    adaptive = [row for row in rows if row["fan_out"] == "adaptive"]
    by_notice = {notice_id(one): one for one in chosen.choices}
    once(findings, by_notice, adaptive, entries)
    for notice, one in by_notice.items():
        findings.looked_at["choices that were drawn again"] += 1
        findings.looked_at[f"choices: {_kind(one)}"] += 1
        drawn(findings, chosen, notice, one)
    kept(findings, records, by_notice, said, adaptive)
    planned_in_band(findings, records, by_notice)


def _kind(one: Mapping[str, Any]) -> str:
    return "nothing is sent" if one["arm"] == NONE else str(one["arm_group"])


def once(
    findings: Findings,
    by_notice: Mapping[str, dict[str, Any]],
    rows: Sequence[dict[str, Any]],
    entries: Sequence[dict[str, Any]],
) -> None:
    """Each notice that anything was tried of was chosen for, once, and the log says the same."""
    logged = Counter(entry["notice"] for entry in entries if entry["kind"] == "choice")
    erased = {notice_id(row) for row in rows if row["erased"]}
    for notice, count in logged.items():
        if count > 1:
            findings.add(f"CHOICE: {notice} was chosen for {count} times by the log")
    for notice in sorted(set(logged) ^ set(by_notice)):
        if notice not in erased or notice not in logged:
            findings.add(f"CHOICE: the choice of {notice} stands in the log or in the store, and not in both")
    for notice in sorted({notice_id(row) for row in rows if row["attempts"]} - set(logged)):
        findings.add(f"CHOICE: {notice} was tried without a choice")
    for entry in entries:
        one = by_notice.get(entry.get("notice") or "") if entry["kind"] == "choice" else None
        public = entry["public"]
        if one is not None and (one["snapshot"], one["arm_group"], one["policy_digest"]) != (
            public["snapshot"],
            public["group"],
            public["policy_digest"],
        ):
            findings.add(f"CHOICE: the log and the store say different things of {entry['notice']}")


def drawn(findings: Findings, chosen: Chosen, notice: str, one: Mapping[str, Any]) -> None:
    """The arm and its chance are what anybody computes from the snapshot, what was open and the notice."""
    policy = chosen.policies.get(one["policy_digest"])
    if policy is None:
        findings.add(f"CHOICE: the policy of {notice} is not in the store")
        return
    holdout = in_holdout(policy, one["borrower_id"].bytes)
    if holdout != (one["arm_group"] == "holdout"):
        findings.add(
            f"CHOICE: {notice} is {one['arm_group']}, and its borrower is {'' if holdout else 'not '}kept"
        )
    if one["arm_group"] != "learned":
        if one["arm_group"] not in {"holdout", "plain"} or (one["weight"], one["total"]) != (1, 1):
            findings.add(f"CHOICE: {notice} is {one['arm_group']} by {one['weight']} of {one['total']}")
        return
    snapshot = chosen.snapshots.get(one["snapshot"])
    if snapshot is None or digest_of(snapshot) != one["snapshot"]:
        findings.add(f"CHOICE: the snapshot of {notice} is not what its digest says")
        return
    expected = draw(snapshot, one["snapshot"], one["segment"], one["allowed"], notice)
    if expected != (one["arm"], one["weight"], one["total"]):
        found = (one["arm"], one["weight"], one["total"])
        findings.add(f"CHOICE: {notice} took {found}; its draw falls on {expected}")


def in_holdout(policy: Mapping[str, Any], borrower: bytes) -> bool:
    """Whether a borrower keeps the plain order for good."""
    experiment = policy["experiment"]
    head = f"forbear-holdout\0{policy['name']}\0{experiment['salt']}\0".encode()
    number = int.from_bytes(hashlib.sha256(head + borrower).digest()[:8], "big")
    return number % MILLION < round(MILLION * experiment["holdout"])


def digest_of(snapshot: Mapping[str, Any]) -> str:
    """SHA-256 of a snapshot's one text."""
    return hashlib.sha256(json.dumps(snapshot, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def draw(
    snapshot: Mapping[str, Any], digest: str, segment: str, allowed: Sequence[str], notice: str
) -> tuple[str, int, int]:
    """The arm on which the notice's draw falls, with its weight and the total."""
    facts = dict(zip(("tier", "unanswered", "answered_on"), segment.split("|"), strict=True))
    points = [_places(snapshot["features"], facts, arm) for arm in allowed]
    wins = [0] * len(allowed)
    for one in snapshot["draws"]:
        values = [sum(one[place] for place in some) for some in points]
        best = max(values)
        rests = NONE in allowed and values[allowed.index(NONE)] == best
        wins[allowed.index(NONE) if rests else values.index(best)] += 1
    number, floor = len(allowed), snapshot["floor"]
    weights = [won * number * (1000 - floor) + sum(wins) * floor for won in wins]
    head = b"forbear-choice\0" + digest.encode() + b"\0" + notice.encode()
    left = int.from_bytes(hashlib.sha256(head).digest()[:8], "big") % sum(weights)
    for arm, weight in zip(allowed, weights, strict=True):
        if left < weight:
            return arm, weight, sum(weights)
        left -= weight
    raise AssertionError("a draw lies below the total")


def _places(names: Sequence[str], facts: Mapping[str, str], arm: str) -> list[int]:
    """The places of the points that an arm has and doing nothing has not."""
    if arm == NONE:
        return []
    channel, _, band = arm.partition("/")
    there = {**facts, "channel": channel, "band": band}
    found = []
    for place, name in enumerate(names):
        asked = dict(POINT.findall(name))
        contact = name.split(" ")[0] == "contact" or MOVING & asked.keys()
        if contact and all(there[fact] == value for fact, value in asked.items()):
            found.append(place)
    return found


def kept(
    findings: Findings,
    records: Records,
    by_notice: Mapping[str, dict[str, Any]],
    said: Sequence[tuple[str, Said]],
    rows: Sequence[dict[str, Any]],
) -> None:
    """Where nothing is to be sent nothing is, on no channel; nothing leaves before its plan, by the clock of
    whoever sent it."""
    clocks = Clocks(lines(records.clocks))
    for notice, one in said:
        choice = by_notice.get(notice)
        if choice is None or choice["arm_group"] != "learned":
            continue
        if choice["arm"] == NONE:
            findings.add(f"CHOICE: {notice} was to be left out, and went on {one.channel}")
            continue
        _, most = clocks.shown(one.at.timestamp())
        if choice["planned_at"] is not None and most < choice["planned_at"].timestamp():
            findings.add(f"CHOICE: {notice} went on {one.channel} before {choice['planned_at'].isoformat()}")
    for row in rows:
        choice = by_notice.get(notice_id(row))
        if choice is not None and choice["arm"] == NONE and row["state"] not in {"suppressed", "cancelled"}:
            findings.add(
                f"CHOICE: {notice_id(row)}.{row['channel']} was to be left out and is {row['state']}"
            )


def planned_in_band(findings: Findings, records: Records, by_notice: Mapping[str, dict[str, Any]]) -> None:
    """A plan lies in its part of the day on a clock that the borrower had."""
    who = {one["id"]: one["borrower"] for one in lines(records.accepted)}
    zones = {one["borrower"]: {one["zone"]} for one in lines(records.people)}
    for fact in lines(records.facts):
        if "zone" in fact:
            zones[fact["borrower"]].add(fact["zone"])
    for notice, one in by_notice.items():
        clocks = zones.get(who.get(notice, ""), set())
        if one["planned_at"] is None or one["arm"] == NONE or not clocks:
            continue
        findings.looked_at["plans whose hour was looked at"] += 1
        first, last = (float(text[:2]) for text in one["arm"].partition("/")[2].split("-"))
        if not any(first <= _hour(one["planned_at"], zone) < last for zone in clocks):
            findings.add(
                f"CHOICE: {notice} is planned for {one['planned_at'].isoformat()}, outside {one['arm']}"
            )


def _hour(at: datetime, zone: str) -> float:
    local = at.astimezone(UTC).astimezone(ZoneInfo(zone))
    return timedelta(hours=local.hour, minutes=local.minute, seconds=local.second) / timedelta(hours=1)
