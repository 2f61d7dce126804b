"""Changes each number, comparison and choice of a policy, one at a time, and asks whether one of its own
cases notices.

A mutant is a document that differs in one value: a number by one, an hour by a minute at either edge, a date
by a day, a row of weekdays by one, a list by one item, a counted outcome, a scope, a flag. It is killed by
the first case that comes out otherwise; one that survives stands for a number that nobody tried, or is
explained in `tests/policies/equivalents.yaml`.

    python -m tests.policies.mutants [--jobs 2] [PACK...]"""

from __future__ import annotations

import argparse
import copy
import multiprocessing
import re
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, get_args

import yaml

from policies.case import Case, differs, judge_case, parse_case
from policies.facts import CHANNELS, DAYS
from policies.policy import Policy, PolicyInvalid, parse_policy_document
from policies.rules.counting import NOT_COUNTED, Counted, Scope
from service.packs import shipped

EQUIVALENTS = Path(__file__).with_name("equivalents.yaml")
SPOKEN = {
    "id",
    "kind",
    "citation",
    "note",
    "confidence",
    "what",
    "tone",
    "title",
    "name",
    "version",
    "force",
    "verified_on",
    "factor",
}
"""Fields that are words for people: what they say is no part of what is decided."""
CHOICES: Mapping[str, tuple[str, ...]] = {
    "counts": get_args(Counted),
    "per": get_args(Scope),
    "scope": ("borrower", "debt", "channel", "address", "creditor"),
    "calendar": ("day", "week", "month"),
    "trigger": ("conversation", "reached", "sent"),
    "verdict": ("suppress", "hold"),
    "missing": ("suppress", "permit"),
    "direction": ("out", "in", "any"),
}
SPAN = re.compile(r"^(\d\d):(\d\d)-(\d\d):(\d\d)$")
DATE = re.compile(r"^\d{4}-\d\d-\d\d$")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: where, from what, to what."""

    path: tuple[str | int, ...]
    old: Any
    new: Any

    @property
    def place(self) -> str:
        """The path with dots."""
        return ".".join(str(part) for part in self.path)

    @property
    def words(self) -> str:
        """The change for a person."""
        return f"{self.place}: {self.old!r} -> {'nothing' if self.new is GONE else repr(self.new)}"


class Absence(Enum):
    """Stands for what was taken away; survives the way from one process to another."""

    GONE = "nothing"


GONE = Absence.GONE


def mutants_of(document: Mapping[str, Any]) -> Iterator[Mutant]:
    """Every mutant of a policy's document (its JSON form without cases). Whom a pack matches is tried by the
    tests of binding: a case names its packs."""
    for name in ("binds", "effective", "zones"):
        if name in document:
            yield from _of(document[name], (name,))
    for place, rule in enumerate(document["rules"]):
        yield Mutant(("rules", place), rule["id"], GONE)
        for name, value in rule.items():
            if name not in SPOKEN:
                yield from _of(value, ("rules", place, name))


def _of(value: Any, path: tuple[str | int, ...]) -> Iterator[Mutant]:
    """The mutants of one value, and of what lies in it."""
    name = next(part for part in reversed(path) if isinstance(part, str))
    match value:
        case bool():
            yield Mutant(path, value, not value)
        case float():
            yield from (
                Mutant(path, value, other) for other in (max(1.0, value - 0.5), value + 0.5) if other != value
            )
        case int():
            yield from (Mutant(path, value, other) for other in (value - 1, value + 1))
        case str():
            yield from (Mutant(path, value, other) for other in _texts(name, value))
        case dict():
            for key, inner in value.items():
                if key not in SPOKEN:
                    yield from _of(inner, (*path, key))
            if name == "hours":
                yield from _rows(value, path)
        case list():
            yield from _lists(name, value, path)


def _texts(name: str, value: str) -> Iterator[str]:
    if (span := SPAN.match(value)) is not None:
        edges = [int(span[1]) * 60 + int(span[2]), int(span[3]) * 60 + int(span[4])]
        for edge in (0, 1):
            for step in (-1, 1):
                moved = list(edges)
                moved[edge] += step
                if 0 <= moved[edge] <= 24 * 60 - (edge == 0):
                    yield "-".join(f"{one // 60:02d}:{one % 60:02d}" for one in moved)
    elif DATE.match(value):
        yield from ((date.fromisoformat(value) + timedelta(days=step)).isoformat() for step in (-1, 1))
    elif name in CHOICES and value in CHOICES[name]:
        yield from (
            other
            for other in CHOICES[name]
            if other != value and NOT_COUNTED.get(other, other) != NOT_COUNTED.get(value)
        )
    elif name == "zones":
        yield "fixed:Pacific/Kiritimati" if value.startswith("fixed:") else "fixed:UTC"


def _rows(value: dict[str, Any], path: tuple[str | int, ...]) -> Iterator[Mutant]:
    """Weekdays: each day of a row taken out of it, a row taken away whole."""
    for row, spans_of_row in value.items():
        without = {key: spans for key, spans in value.items() if key != row}
        if without:
            yield Mutant(path, value, without)
        days = _days(row)
        for gone in days if len(days) > 1 else ():
            left = ",".join(day for day in days if day != gone)
            yield Mutant(path, row, {**without, left: spans_of_row})


def _days(row: str) -> list[str]:
    if row == "daily":
        return list(DAYS)
    first, dash, last = row.partition("-")
    return (
        list(DAYS[DAYS.index(first) : DAYS.index(last) + 1])
        if dash and first in DAYS and last in DAYS
        else [row]
    )


def _lists(name: str, value: list[Any], path: tuple[str | int, ...]) -> Iterator[Mutant]:
    """Each item taken out, and of channels one more put in."""
    for place, item in enumerate(value):
        yield Mutant(path, item, [one for one in value if one is not item])
        yield from (
            _of(item, (*path, place))
            if isinstance(item, dict) or (isinstance(item, str) and SPAN.match(item))
            else ()
        )
    if name in {"channels", "trigger_channels"}:
        extra = next((one for one in CHANNELS if one not in value), None)
        if extra is not None:
            yield Mutant(path, value, [*value, extra])


def mutated(document: Mapping[str, Any], mutant: Mutant) -> dict[str, Any]:
    """The document with the change."""
    changed: Any = copy.deepcopy(dict(document))
    inner = changed
    for part in mutant.path[:-1]:
        inner = inner[part]
    if mutant.new is GONE:
        del inner[mutant.path[-1]]
    else:
        inner[mutant.path[-1]] = mutant.new
    return dict(changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of the mutants of one policy."""

    policy: str
    mutants: int
    refused: int
    """No policies at all: the reader stops them."""
    survivors: tuple[Mutant, ...]


def try_policy(policy: Policy, known: Mapping[str, Policy]) -> Result:
    """Ask the policy's own cases about each of its mutants; a case that did most before is asked first."""
    document = policy.document.model_dump(
        mode="json", by_alias=True, exclude_defaults=True, exclude={"cases"}
    )
    cases = [
        Tried(parse_case(one), _factors(one["expected"].get("warnings"))) for one in policy.document.cases
    ]
    tried = refused = 0
    survivors: list[Mutant] = []
    for mutant in mutants_of(document):
        tried += 1
        try:
            other = parse_policy_document(mutated(document, mutant))
        except PolicyInvalid:
            refused += 1
            continue
        if other.digest == policy.digest:
            refused += 1  # the default, said or unsaid
        elif not _killed(other, cases, known):
            survivors.append(mutant)
    return Result(policy=policy.name, mutants=tried, refused=refused, survivors=tuple(survivors))


@dataclass(frozen=True, slots=True)
class Tried:
    """A case, and the factors that it expects to be warned of; None where it says nothing about warnings."""

    case: Case
    factors: frozenset[str] | None


def _factors(warnings: Any) -> frozenset[str] | None:
    """A warning begins with its factor."""
    return None if warnings is None else frozenset(one.partition(":")[0] for one in warnings)


def _killed(other: Policy, cases: list[Tried], known: Mapping[str, Policy]) -> bool:
    policies = {**known, other.name: other}
    for place, one in enumerate(cases):
        verdict = judge_case(one.case, policies, other)
        if differs(one.case, verdict) is not None or one.factors not in {None, _factors(verdict.warnings)}:
            cases.insert(0, cases.pop(place))
            return True
    return False


def explained() -> dict[tuple[str, str], str]:
    """Mutants that decide nothing otherwise, by policy and change, each with its reason."""
    found = yaml.safe_load(EQUIVALENTS.read_text(encoding="utf-8")) or {}
    return {(policy, words): reason for policy, entries in found.items() for words, reason in entries.items()}


def words_of(policy: Policy, mutant: Mutant) -> str:
    """The change with its rule's name in the place of its number."""
    if mutant.path[0] != "rules":
        return mutant.words
    rule = policy.rules[int(mutant.path[1])].id
    return mutant.words.replace(f"rules.{mutant.path[1]}", rule, 1)


_known: Mapping[str, Policy] = {}


def _start() -> None:
    global _known
    _known = shipped()


def _work(name: str) -> Result:
    return try_policy(_known[name], _known)


def report(results: list[Result], known: Mapping[str, Policy]) -> tuple[list[str], list[str]]:
    """A line for each policy and each survivor that is not explained, and those that are explained and do not
    survive."""
    reasons, lines, unused = explained(), list[str](), list[str]()
    for one in sorted(results, key=lambda result: result.policy):
        named = [words_of(known[one.policy], mutant) for mutant in one.survivors]
        left = [words for words in named if (one.policy, words) not in reasons]
        unused += [
            f"{policy}: {words}" for policy, words in reasons if policy == one.policy and words not in named
        ]
        lines += [f"  {one.policy}: {words}" for words in left]
    return lines, unused


def main() -> int:
    """Try the packs named, or all; 1 where a mutant survives without an explanation."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("packs", nargs="*", help="names of packs; all without one")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    given = parser.parse_args()
    _start()
    names = given.packs or sorted(
        _known, key=lambda name: -len(_known[name].document.cases) * len(_known[name].rules)
    )
    unknown = [name for name in names if name not in _known]
    if unknown:
        parser.error(f"no pack is named {', '.join(unknown)}")
    begun, results = time.monotonic(), list[Result]()
    with multiprocessing.get_context("spawn").Pool(given.jobs, initializer=_start) as pool:
        for result in pool.imap_unordered(_work, names):
            results.append(result)
            print(
                f"{len(results)}/{len(names)} {result.policy}: {result.mutants} mutants, "
                f"{len(result.survivors)} survive",
                file=sys.stderr,
            )
    lines, unused = report(results, _known)
    print("\n".join(["These survive without an explanation:", *lines] if lines else []))
    print("\n".join(["These are explained, and are killed or gone:", *unused] if unused else []))
    mutants, survive = sum(one.mutants for one in results), sum(len(one.survivors) for one in results)
    print(
        f"{mutants} mutants of {len(results)} packs: {mutants - survive} killed, {survive - len(lines)} "
        f"explained, {len(lines)} survive"
    )
    print(f"{time.monotonic() - begun:.0f} s", file=sys.stderr)
    return 1 if lines or unused else 0


if __name__ == "__main__":
    sys.exit(main())
