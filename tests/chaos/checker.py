"""Judges a campaign from three records that the dispatcher did not write for it: the provider's book, the
upstream system's 202s, and the exported log; the database is only read, by SQL of its own. Shares no code
with what it judges: nothing of service/, channels/ or policies/ is imported, ids are read by their published
form, and the log is verified by docs/verify_log.py."""

from __future__ import annotations

import importlib.util
import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.chaos.choices import chosen_of, judge_choices
from tests.chaos.persons import judge_persons
from tests.chaos.records import Findings, Records, Said, lines, notice_id
from tests.chaos.rests import nothing_in_limbo, rows_of

NOTICE = re.compile(r"ntc_[0-9a-f]{48}")
CONFIRMED = "You will get no more texts at this number."
AMOUNT = re.compile(r"\d{1,3}(?:,\d{3})*\.\d\d")


def judge(records: Records) -> Findings:
    """Everything."""
    findings = Findings()
    whole = lines(records.provider)
    book = [line for line in whole if line["taken"]]
    accepted = lines(records.accepted)
    said = _said(findings, records, book)
    _heard_once(findings, said)
    _within_caps(findings, records, said)
    rows = rows_of(records.database)
    _nothing_lost(findings, accepted, rows)
    nothing_in_limbo(findings, rows)
    entries = _log(findings, records)
    ids = {one["amount"]: one["id"] for one in accepted} | {
        one.amount: one.amount for one in said if not one.borrower
    }
    _log_and_provider_agree(findings, said, rows, entries, ids)
    _counted(findings, said, rows, ids)
    _unknown_settled(findings, rows, entries, _spoken_of(records, accepted))
    persons = [{**row, "notice": notice_id(row)} for row in rows]
    judge_persons(findings, records, said, persons, whole, (line["leaf"] for line in lines(records.export)))
    if any(row["fan_out"] == "adaptive" for row in rows):
        named = [(ids[one.amount], one) for one in said if one.amount in ids]
        judge_choices(findings, records, chosen_of(records.database), named, rows, entries)
    return findings


def _said(findings: Findings, records: Records, book: Sequence[dict[str, Any]]) -> list[Said]:
    """Which notice each message was, by the amount that only it names; a call in which nobody asked for the
    words, and the confirmation of an opt-out, by the URL it was given."""
    found = []
    known = {one["id"]: one["amount"] for one in lines(records.accepted)}
    for line in book:
        findings.looked_at["messages that the provider took"] += 1
        amounts = {text.replace(",", "") for text in AMOUNT.findall(line["text"])} & records.debts.keys()
        if not amounts and line["channel"] == "voice":
            findings.looked_at["calls in which nobody asked for the words"] += 1
            amounts = {known[id_] for id_ in NOTICE.findall(line["url"] or "") if id_ in known}
        if not amounts and CONFIRMED in line["text"] and (named := NOTICE.findall(line["url"] or "")):
            at = datetime.fromtimestamp(line["at"]).astimezone()
            found.append(
                Said(
                    amount=named[0],
                    borrower="",
                    channel=line["channel"],
                    at=at,
                    ref=line["ref"],
                    to=line["to"],
                )
            )
            continue
        if len(amounts) != 1:
            findings.add(f"hand-over {line['number']} says nothing that was posted: {line['text'][:200]!r}")
            continue
        amount = amounts.pop()
        at = datetime.fromtimestamp(line["at"]).astimezone()
        found.append(
            Said(
                amount=amount,
                borrower=records.debts[amount],
                channel=line["channel"],
                at=at,
                ref=line["ref"],
                to=line.get("to", ""),
                text=line["text"],
            )
        )
    return found


def _heard_once(findings: Findings, said: Iterable[Said]) -> None:
    """Nobody hears the same notice twice on a channel."""
    counts = Counter((one.amount, one.channel) for one in said)
    for (amount, channel), count in counts.items():
        if count > 1:
            findings.add(f"DOUBLE: the notice over {amount} was heard {count} times on {channel}")


def _within_caps(findings: Findings, records: Records, said: Iterable[Said]) -> None:
    """No borrower has more contacts than the cap in any window, whatever window is taken."""
    by_borrower = defaultdict(list)
    for one in said:
        if one.borrower:
            by_borrower[one.borrower].append(one.at)
    for borrower, instants in by_borrower.items():
        findings.looked_at["borrowers who were reached"] += 1
        instants.sort()
        for place, first in enumerate(instants):
            inside = sum(1 for at in instants[place:] if at - first < records.window)
            if inside > records.cap:
                findings.add(
                    f"CAP: {borrower} was contacted {inside} times from {first.isoformat()} on; "
                    f"{records.cap} are allowed"
                )
                break


def _nothing_lost(
    findings: Findings, accepted: Sequence[dict[str, Any]], rows: Sequence[dict[str, Any]]
) -> None:
    """A 202 is durable, and means every channel that was asked for; where one follows another, the first."""
    stored = defaultdict(set)
    steps = set()
    for row in rows:
        stored[notice_id(row)].add(row["channel"])
        if row.get("fan_out", "all") != "all":
            steps.add(notice_id(row))
    for one in accepted:
        findings.looked_at["notices with a 202"] += 1
        asked, there = set(one["channels"]), stored.get(one["id"], set())
        if not there or (not there <= asked if one["id"] in steps else there != asked):
            findings.add(
                f"LOST: {one['id']} was accepted for {one['channels']}; the store has "
                f"{sorted(stored.get(one['id'], ()))}"
            )
    if len({one["id"] for one in accepted}) != len(accepted):
        findings.add("two posts got the same notice")


def _verifier() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "verify_log", Path(__file__).parents[2] / "docs" / "verify_log.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _verified(findings: Findings, key: str, export: Path, checkpoints: Sequence[Path]) -> int:
    """How many entries the export has, where it holds and each of the checkpoints with it."""
    verifier = _verifier()
    try:
        notes = [verifier.read_checkpoint(one.read_text(), key) for one in checkpoints]
        with export.open("rb") as file:
            first, size = verifier.verify(file, notes, [key])
    except verifier.Wrong as wrong:
        findings.add(f"LOG: {wrong}")
        return 0
    return int(size - first)


def _log(findings: Findings, records: Records) -> list[dict[str, Any]]:
    """The log holds, by the auditor's own program; its leaves."""
    size = _verified(findings, records.verifier_key, records.export, [records.checkpoint])
    findings.looked_at["log entries verified"] += size
    return [json.loads(line["leaf"]) for line in lines(records.export)]


def _log_and_provider_agree(
    findings: Findings,
    said: Sequence[Said],
    rows: Sequence[dict[str, Any]],
    entries: Sequence[dict[str, Any]],
    ids: dict[str, str],
) -> None:
    """What the provider took, the log allowed; what the log calls accepted, the provider took; each notice
    was accepted once."""
    notices = Counter(entry["notice"] for entry in entries if entry["kind"] == "notice.accepted")
    stored = {notice_id(row) for row in rows}
    for id_, count in notices.items():
        if count != 1:
            findings.add(f"LOG: {id_} was accepted {count} times")
    if stored != set(notices):
        findings.add(
            f"LOG: {len(stored ^ set(notices))} notices stand in the store or in the log, and not in both"
        )
    taken = Counter((ids[one.amount], one.channel) for one in said if one.amount in ids)
    settled = [
        entry
        for entry in entries
        if entry["kind"] == "attempt.settled" and entry["public"]["outcome"] == "accepted"
    ]
    for where, count in Counter((entry["notice"], entry["channel"]) for entry in settled).items():
        if count > taken[where]:
            findings.add(
                f"LOG: {where[0]}.{where[1]} stands in the log as accepted {count} times; the provider "
                f"took it {taken[where]} times"
            )
    refs = {one.ref for one in said}
    for ref in sorted({entry["public"]["ref"] for entry in settled if entry["public"].get("ref")} - refs):
        findings.add(f"LOG: {ref} stands in the log as accepted; the provider never took it")
    allowed = Counter(
        (entry.get("notice"), entry.get("channel"))
        for entry in entries
        if entry["kind"] == "decision" and entry.get("verdict") == "allow"
    )
    for where, count in taken.items():
        if count > allowed[where]:
            findings.add(
                f"LOG: the provider took {where[0]}.{where[1]} {count} times; the log allows {allowed[where]}"
            )
    findings.looked_at["hand-overs that the log calls accepted"] += len(settled)


UNCOUNTED = frozenset({"released", "refused"})
"""States in which an attempt takes no slot under a cap."""


def _counted(
    findings: Findings, said: Iterable[Said], rows: Sequence[dict[str, Any]], ids: dict[str, str]
) -> None:
    """Whatever the provider took counts against the caps from then on."""
    attempts = {(notice_id(row), row["channel"]): row["attempts"] or [] for row in rows}
    for one in said:
        where = (ids.get(one.amount), one.channel)
        if where[0] is not None and not set(attempts.get(where, ())) - UNCOUNTED:  # type: ignore[arg-type]
            findings.add(f"UNCOUNTED: the provider took {where[0]}.{where[1]}; no attempt of it counts")


def _spoken_of(records: Records, accepted: Sequence[dict[str, Any]]) -> set[str]:
    """The notices to those of whom something was said in the middle, or from an address that they have."""
    facts = lines(records.facts)
    said = {one["borrower"] for one in facts} | {one.get("address") for one in facts}
    people = {one["borrower"] for one in lines(records.people) if said & {one["borrower"], *one["addresses"]}}
    return {one["id"] for one in accepted if one["borrower"] in people}


ENDED = frozenset({"suppressed", "cancelled"})
"""States in which nobody has to decide any more: the person paid, said stop or was erased, or the notice
was cancelled."""


def _unknown_settled(
    findings: Findings,
    rows: Sequence[dict[str, Any]],
    entries: Sequence[dict[str, Any]],
    spoken_of: Collection[str],
) -> None:
    """Every attempt without an outcome got one, by a receipt or by the provider's list, or a person has
    it, with the reason; or what was said since leaves nothing to decide. It counts, whatever it was."""
    where = {(notice_id(row), row["channel"]): row for row in rows}
    words = defaultdict(list)
    for entry in entries:
        if entry["kind"] == "receipt":
            words[entry["notice"], entry["channel"], entry["attempt"]].append(entry["actor"])
    unknown = {
        (entry["notice"], entry["channel"], entry["attempt"])
        for entry in entries
        if entry["kind"] == "attempt.unknown"
        or (entry["kind"] == "attempt.settled" and entry["public"]["outcome"] == "unknown")
    }
    for notice, channel, attempt in sorted(unknown):
        findings.looked_at["attempts whose outcome was unknown"] += 1
        row = where[notice, channel]
        state = row["attempts"][attempt - 1]
        heard = words[notice, channel, attempt]
        if state == "unknown" and row["state"] in ENDED and notice in spoken_of:
            findings.looked_at["of them ended by what was said since"] += 1
        elif state == "unknown" and not (row["state"] == "held" and row["reason"]):
            findings.add(
                f"UNKNOWN: attempt {attempt} of {notice}.{channel} is settled by nobody; the delivery is "
                f"{row['state']}"
            )
        elif state == "unknown":
            findings.looked_at["of them held for a person, with the reason"] += 1
        elif heard and heard[-1].startswith("look-up:"):
            findings.looked_at["of them settled by the provider's list"] += 1
        elif heard:
            findings.looked_at["of them settled by a receipt"] += 1
        else:
            findings.looked_at["of them settled by the answer, which came late"] += 1


WAITS = frozenset({"due", "deferred", "sending", "held", "unknown", "held_by_provider"})
"""States in which something is still owed."""


def _may_go(rows: Sequence[dict[str, Any]]) -> set[str]:
    """Notices that 12 CFR 1006.100 keeps no longer once its three years are over: a third-party collector's,
    with nothing owed on them; and of somebody who was erased all, whose bare contacts no cap counts any
    more."""
    open_ = {
        notice_id(row)
        for row in rows
        if row["state"] in WAITS or (row["state"] == "accepted" and row["channel"] != "email")
    }
    return {
        notice_id(row) for row in rows if row["sender_role"] == "third_party" or row.get("erased")
    } - open_


def judge_retention(
    findings: Findings, before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]]
) -> None:
    """What may go is gone as a whole; everything else stands as it stood."""

    def place(row: dict[str, Any]) -> tuple[str, str]:
        return notice_id(row), row["channel"]

    going, old, new = _may_go(before), {place(row): row for row in before}, {place(row): row for row in after}
    findings.looked_at["notices that retention let go"] = len(going)
    findings.looked_at["notices that retention left"] = len({id_ for id_, _ in old} - going)
    for where, row in old.items():
        name = ".".join(where)
        if where[0] in going and where in new:
            findings.add(f"RETENTION: nothing keeps {name} any more, and it is still there")
        elif where[0] not in going and new.get(where) != row:
            findings.add(
                f"RETENTION: {name} must stay as it was; it is {'changed' if where in new else 'gone'}"
            )


def judge_log_again(findings: Findings, key: str, export: Path, checkpoints: Sequence[Path]) -> None:
    """The log still holds, also by the checkpoint from before: nothing that was in it is gone or changed."""
    findings.looked_at["log entries verified after retention"] = _verified(findings, key, export, checkpoints)
