"""Judges what happened to each person: hours by their clock, wishes from their answer on, numbers that
several have, the right words to the right one, nobody forgotten, and nobody's data in a log. Shares no code
with what it judges, as `checker.py`, which asks it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.chaos.records import Clocks, Findings, Records, Said, lines

OPENS, CLOSES = 8.0, 21.0
"""house-strict: by every clock that the person may have."""
MARK_SECONDS = 8.0
"""A message that is marked already may still leave: within the send's limit (2 s) and its margin (5 s), and a
second for the way."""
FROZEN_SECONDS = 30.0
"""So much earlier may the mark be of a message that a frozen process sent when it went on."""
AFTER_THAW = 5.0
SLACK = 60.0
"""Seconds by which a message may come after its hour: what was decided before it is handed over within
them."""
MOST_CALLS, DAY = 3, 86_400.0
ALIKE, MOST_TEXTS, HOUR = 20, 100, 3_600.0
"""What the phone networks take to one number: Forbear keeps below it."""
PRIVATE = re.compile(r"plimquast")
"""The word that stands in every letter of the campaign."""
DEBTED = frozenset({"payment", "promise_to_pay"})
BEFORE_ONLY = DEBTED | {"erase"}
"""What ends notices that were accepted before it, and lets later ones be."""
FREE = frozenset({"released", "refused"})
"""States in which an attempt takes no slot."""
OVER = frozenset({"rejected", "exhausted"})
"""What the provider never took and never will."""


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that is known of the campaign's people."""

    people: dict[str, dict[str, Any]]
    facts: list[dict[str, Any]]
    accepted: dict[str, dict[str, Any]]
    """202s by the amount of the notice."""
    clocks: Clocks
    thaws: Sequence[float]
    known: frozenset[str]
    """The lenders' names."""


def story_of(records: Records) -> Story:
    """Read the records."""
    people = {one["borrower"]: one for one in lines(records.people)}
    return Story(
        people=people,
        facts=lines(records.facts),
        accepted={one["amount"]: one for one in lines(records.accepted)},
        clocks=Clocks(lines(records.clocks)),
        thaws=records.thaws,
        known=frozenset(one["creditor"] for one in people.values()),
    )


def judge_persons(
    findings: Findings,
    records: Records,
    said: Sequence[Said],
    rows: Sequence[dict[str, Any]],
    book: Sequence[dict[str, Any]],
    leaves: Iterable[str],
) -> None:
    """Everything about persons, where the campaign had any."""
    story = story_of(records)
    if not story.people:
        return
    within_hours(findings, story, said)
    wishes_kept(findings, story, said)
    numbers_kept(findings, story, said)
    right_words(findings, story, said)
    nobody_starves(findings, records.cap, story, rows, book)
    nothing_leaks(findings, story, records.logs, leaves)


def grace_at(story: Story, at: float) -> float:
    """How long before `at` a message may have been marked that left then."""
    return FROZEN_SECONDS if any(0 <= at - one <= AFTER_THAW for one in story.thaws) else MARK_SECONDS


def zones_at(story: Story, borrower: str, at: float) -> list[str]:
    """The clocks that may bind at an instant: while a change is under way, either."""
    zones = [story.people[borrower]["zone"]]
    for fact in sorted(_about(story, borrower, "zone"), key=lambda one: one["at"]):
        if at >= fact["at"] + grace_at(story, at):
            zones = [fact["zone"]]
        elif at >= fact["began"]:
            zones.append(fact["zone"])
    return zones


def _about(story: Story, borrower: str, field: str) -> Iterator[dict[str, Any]]:
    return (one for one in story.facts if one["borrower"] == borrower and field in one)


def _hour(seconds: float, zone: str) -> float:
    local = datetime.fromtimestamp(seconds, UTC).astimezone(ZoneInfo(zone))
    return local.hour + local.minute / 60 + local.second / 3600


def within_hours(findings: Findings, story: Story, said: Sequence[Said]) -> None:
    """Nothing leaves outside the hours of where the person is; a fault of the worker's own clock is the
    worker's excuse, and no other."""
    for one in said:
        if one.borrower not in story.people:
            continue
        findings.looked_at["messages whose hour was looked at"] += 1
        at = one.at.timestamp()
        least, most = story.clocks.shown(at)
        zones = zones_at(story, one.borrower, at)
        shown = (least - SLACK, *_steps(least, most), most)
        if not any(OPENS <= _hour(instant, zone) < CLOSES for zone in zones for instant in shown):
            findings.add(
                f"HOURS: {one.borrower} got {one.amount} on {one.channel} at {one.at.isoformat()}, which is"
                f" {_hour(most, zones[-1]):.2f} in {zones[-1]} by the worker's clock"
            )


def _steps(least: float, most: float) -> Iterator[float]:
    """Instants between, a minute apart."""
    while least <= most:
        yield least
        least += 60.0


def wishes_kept(findings: Findings, story: Story, said: Sequence[Said]) -> None:
    """Nothing leaves that was ended before, but what was marked when the answer came; a STOP gets one
    confirmation at most."""
    ends = [(fact, _ended_by(story, fact)) for fact in story.facts]
    for fact, _ in ends:
        findings.looked_at[f"facts: {fact['kind']}"] += 1
    for one in said:
        if not one.borrower:
            continue
        at = one.at.timestamp()
        for fact, is_ended in ends:
            if at > fact["at"] + grace_at(story, at) and is_ended(one):
                findings.add(
                    f"WISH: {one.amount} went to {one.borrower} on {one.channel} {at - fact['at']:.1f} s "
                    "after the answer to"
                    f" {fact['kind']} about {fact['borrower']}"
                )
    _confirmed_once(findings, story, said)


def _ended_by(story: Story, fact: dict[str, Any]) -> Callable[[Said], bool]:
    """Whether a fact ends a message."""
    kind, borrower = fact["kind"], fact["borrower"]
    if kind in {"stop", "letter", "suppression"}:
        return lambda one: one.channel == fact["channel"] and one.to == fact["address"]
    if kind in {"opt_out", "cease"}:
        return lambda one: one.borrower == borrower and fact["channel"] in {"any", one.channel}
    if kind == "cancel":
        return lambda one: story.accepted.get(one.amount, {}).get("id") == fact["notice"]
    if kind == "moved":
        return lambda one: one.borrower == borrower and one.to in fact["gone"]
    if kind in BEFORE_ONLY:

        def accepted_before(one: Said) -> bool:
            accepted = story.accepted.get(one.amount)
            return one.borrower == borrower and accepted is not None and accepted["at"] < fact["began"]

        return accepted_before
    return lambda one: False


def _confirmed_once(findings: Findings, story: Story, said: Sequence[Said]) -> None:
    asked = Counter(one["address"] for one in story.facts if one["kind"] in {"stop", "letter"})
    told = Counter(one.to for one in said if not one.borrower)
    findings.looked_at["confirmations of an opt-out"] += sum(told.values())
    for address, count in told.items():
        if count > asked[address]:
            findings.add(
                f"WISH: {address} got {count} confirmations of an opt-out, and {asked[address]} were said"
            )


def numbers_kept(findings: Findings, story: Story, said: Sequence[Said]) -> None:
    """What one number gets is bounded, whoever has it: calls in a day, texts in an hour."""
    by_number = defaultdict(list)
    for one in said:
        if one.channel != "email":
            by_number[one.channel, one.to].append(one)
    for (channel, number), some in by_number.items():
        findings.looked_at["numbers that got something"] += 1
        findings.looked_at["numbers of several borrowers"] += len({one.borrower for one in some}) > 1
        bounds = [(MOST_CALLS, DAY)] if channel == "voice" else [(MOST_TEXTS, HOUR)]
        for most, window in bounds:
            if (count := _most_within(story, some, window)) > most:
                findings.add(
                    f"NUMBER: {number} got {count} on {channel} within {window:g} s; {most} are allowed"
                )
        alike = Counter(one.text for one in some if channel == "sms")
        if alike and alike.most_common(1)[0][1] > ALIKE:
            findings.add(f"NUMBER: {number} got one text {alike.most_common(1)[0][1]} times")


def _most_within(story: Story, some: Sequence[Said], window: float) -> int:
    """The most that surely lay within any window of this length, by the clocks of whoever sent it."""
    shown = sorted((story.clocks.shown(one.at.timestamp()) for one in some), key=lambda one: one[1])
    return max(sum(1 for later in shown if first[0] <= later[1] < first[0] + window) for first in shown)


def right_words(findings: Findings, story: Story, said: Sequence[Said]) -> None:
    """Whoever gets a text is the one it is about: their address, name, lender and loan stand in it, and
    nobody else's."""
    principals = {_money(one["principal"]): who for who, one in story.people.items()}
    names = {one["name"].rpartition(" ")[2]: who for who, one in story.people.items()}
    for one in said:
        who = story.people.get(one.borrower)
        if who is None:
            continue
        findings.looked_at["messages whose words were looked at"] += 1
        where = f"{one.amount} to {one.borrower} on {one.channel}"
        addresses = set(who["addresses"]).union(
            *(fact["addresses"] for fact in _about(story, one.borrower, "gone"))
        )
        if one.to not in addresses:
            findings.add(f"PERSON: {where} went to an address that is not theirs")
        if one.channel == "voice" and "<Say" not in one.text:
            continue  # a call in which nobody asked for the words, or that had none any more
        loan = () if one.channel == "voice" else (_money(who["principal"]),)  # a call asks first who answers
        for word in (*loan, who["creditor"]):
            if word not in one.text:
                findings.add(f"PERSON: {where} does not say {word!r}: {one.text[:200]!r}")
        if one.channel != "sms" and who["name"] not in one.text:
            findings.add(f"PERSON: {where} does not name {who['name']!r}: {one.text[:200]!r}")
        for word, other in (
            *((word, principals[word]) for word in MONEY.findall(one.text) if word in principals),
            *((word, names[word]) for word in WORD.findall(one.text) if word in names),
        ):
            if other != one.borrower:
                findings.add(f"PERSON: {where} says {word!r}, which is {other}'s")
        for lender in story.known - {who["creditor"]}:
            if lender in one.text:
                findings.add(f"PERSON: {where} speaks for {lender}")


MONEY = re.compile(r"\d{1,3}(?:,\d{3})*\.\d\d")
WORD = re.compile(r"\w+")


def _money(text: str) -> str:
    whole, _, cents = text.partition(".")
    return f"{int(whole):,}.{cents}"


def nobody_starves(
    findings: Findings,
    cap: int,
    story: Story,
    rows: Sequence[dict[str, Any]],
    book: Sequence[dict[str, Any]],
) -> None:
    """Of whom nothing was said, and whose provider never refused, everything was tried that the cap allows,
    and nothing is held that is not unknown: a dispatcher that holds everything and sends nothing harms nobody
    and is of no use."""
    spoiled = {line["to"] for line in book if line["did"] == "refuse"} | {
        address
        for fact in story.facts
        for address in (fact.get("address"), *story.people[fact["borrower"]]["addresses"])
    }
    quiet = {who for who, one in story.people.items() if not spoiled.intersection(one["addresses"])}
    by_borrower = defaultdict(list)
    ids = {one["id"]: one["borrower"] for one in story.accepted.values()}
    for row in rows:
        who = ids.get(row["notice"])
        if who in quiet:
            by_borrower[who].append(row)
    needless = _Needless(story, book)
    for who, every in by_borrower.items():
        some = [row for row in every if not needless.is_needless(who, row, every)]
        findings.looked_at["borrowers of whom nothing was said"] += 1
        slots = sum(1 for row in some for state in row["attempts"] or () if state not in FREE)
        wanted = sum(1 for row in some if row["state"] not in OVER)
        if slots < min(cap, wanted):
            states = Counter(f"{row['state']}: {row['reason']}" for row in some)
            findings.add(
                f"STARVED: {who} was tried {slots} times of {min(cap, wanted)} allowed; {dict(states)}"
            )
        for row in some:
            if row["state"] in {"held", "suppressed", "cancelled"} and "unknown" not in (
                row["attempts"] or ()
            ):
                findings.add(
                    f"STARVED: nothing was said of {who}, and {row['notice']}.{row['channel']} is "
                    f"{row['state']}: {row['reason']}"
                )
    reached = {ids_of for line in book if line["taken"] for ids_of in _owners(story, line["to"])}
    silent = by_borrower.keys() - reached
    findings.looked_at["of them reached"] = len(by_borrower) - len(silent)
    if len(silent) > 0.1 * len(by_borrower):
        findings.add(f"STARVED: the provider never heard of {len(silent)} of {len(by_borrower)} borrowers")


class _Needless:
    """Which deliveries had to be sent to nobody: a learned choice left the round out; or an earlier channel
    of the notice had its turn, and a call to the borrower may have been answered since it was posted."""

    def __init__(self, story: Story, book: Sequence[dict[str, Any]]) -> None:
        """`book`: everything that was handed over."""
        accepted = {one["id"]: one for one in story.accepted.values()}
        self._posted = {id_: one.get("began", one["at"]) for id_, one in accepted.items()}
        self._called = defaultdict(list)
        for line in book:
            if line.get("channel") == "voice" and line["did"] not in NOT_TAKEN:
                for id_ in NOTICE.findall(line.get("url") or ""):
                    if id_ in accepted:
                        self._called[accepted[id_]["borrower"]].append(line["at"])

    def is_needless(self, who: str, row: dict[str, Any], every: Sequence[dict[str, Any]]) -> bool:
        """Of one of their deliveries among all."""
        if row.get("left_out", False):
            return True
        if row["state"] != "cancelled" or row.get("fan_out", "all") == "all":
            return False
        posted = self._posted[row["notice"]]
        begun = row["attempts"] or any(one["notice"] == row["notice"] and one is not row for one in every)
        return bool(begun) and any(at >= posted for at in self._called[who])


NOTICE = re.compile(r"ntc_[0-9a-f]+")
NOT_TAKEN = frozenset({"busy", "refuse"})
"""What the provider surely did not call for. Where it cut the connection nobody knows, and the call may have
been answered."""


def _owners(story: Story, address: str) -> list[str]:
    return [who for who, one in story.people.items() if address in one["addresses"]]


def nothing_leaks(findings: Findings, story: Story, logs: Sequence[Path], leaves: Iterable[str]) -> None:
    """No name, address or word of a borrower stands in an application log, a metric or a leaf of the dispatch
    log."""
    terms = {one["name"].rpartition(" ")[2].casefold() for one in story.people.values()}
    terms |= {address.removeprefix("+") for one in story.people.values() for address in one["addresses"]}
    terms |= {address.removeprefix("+") for fact in story.facts for address in fact.get("addresses", ())}
    terms |= {_money(one["principal"]) for one in story.people.values()}
    for name, text in (
        *((path.name, path.read_text(errors="replace")) for path in logs),
        ("leaves", "\n".join(leaves)),
    ):
        findings.looked_at["bytes of logs and leaves"] += len(text)
        words = set(TERM.findall(text.casefold()))
        found = sorted(words & terms) + PRIVATE.findall(text)
        if found:
            findings.add(f"LEAK: {name} holds {len(found)} words of borrowers, the first {found[0]!r}")


TERM = re.compile(r"[a-z0-9]+@[a-z0-9.]+|\d{1,3}(?:,\d{3})+\.\d\d|[a-z]+quist|\d{11}")
