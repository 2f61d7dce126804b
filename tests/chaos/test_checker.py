"""The checker finds what it is there for: each kind of harm, put into records of our own making."""

from __future__ import annotations

import ast
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.chaos import checker
from tests.chaos.records import Findings, Records, Said
from tests.chaos.rests import nothing_in_limbo

NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
WHO = UUID(int=7)
ID = f"ntc_{WHO.hex}{5:016x}"


def said(
    amount: str = "1000.01",
    channel: str = "sms",
    at: datetime = NOON,
    ref: str = "SM1",
    borrower: str = "B-1",
) -> Said:
    return Said(amount=amount, borrower=borrower, channel=channel, at=at, ref=ref)


def row(**further: Any) -> dict[str, Any]:
    """A delivery that came to its end."""
    return {
        "borrower_id": WHO,
        "notice_no": 5,
        "channel": "sms",
        "state": "delivered",
        "reason": None,
        "in_hand": 0,
        "attempts": ["delivered"],
        "fan_out": "all",
        "turns": ["sms"],
        "decided": True,
        **further,
    }


def records(tmp_path: Path) -> Records:
    return Records(
        provider=tmp_path / "provider",
        accepted=tmp_path / "accepted",
        export=tmp_path / "export",
        checkpoint=tmp_path / "checkpoint",
        verifier_key="",
        database="",
        cap=3,
        window=timedelta(days=6),
        debts={"1000.01": "B-1", "1000.02": "B-1"},
    )


def test_it_shares_no_code_with_what_it_judges() -> None:
    tree = ast.parse(Path(checker.__file__).read_text())
    named = {one.module or "" for one in ast.walk(tree) if isinstance(one, ast.ImportFrom)}
    named |= {alias.name for one in ast.walk(tree) if isinstance(one, ast.Import) for alias in one.names}
    assert not {one for one in named if one.partition(".")[0] in {"service", "channels", "policies"}}


def test_a_notice_heard_twice_is_found() -> None:
    findings = Findings()
    checker._heard_once(findings, [said(), said(channel="email"), said(amount="1000.02")])
    assert findings.green
    checker._heard_once(findings, [said(), said(ref="SM2")])
    assert ["DOUBLE: the notice over 1000.01 was heard 2 times on sms"] == findings.wrong


def test_a_cap_that_is_exceeded_in_any_window_is_found(tmp_path: Path) -> None:
    spread = [said(at=NOON + timedelta(days=2 * day)) for day in range(6)]
    findings = Findings()
    checker._within_caps(findings, records(tmp_path), spread)
    assert findings.green
    checker._within_caps(findings, records(tmp_path), [*spread, said(at=NOON + timedelta(days=5))])
    assert 1 == len(findings.wrong)
    assert findings.wrong[0].startswith("CAP: B-1 was contacted 4 times")


def test_a_notice_that_was_acknowledged_and_lost_is_found() -> None:
    findings = Findings()
    checker._nothing_lost(findings, [{"id": ID, "channels": ["sms"]}], [row()])
    assert findings.green
    checker._nothing_lost(findings, [{"id": ID, "channels": ["sms", "email"]}], [row()])
    checker._nothing_lost(findings, [{"id": "ntc_gone", "channels": ["sms"]}], [row()])
    assert 2 == sum(one.startswith("LOST: ") for one in findings.wrong)


FOLLOWS: dict[str, Any] = {
    "state": "deferred",
    "attempts": None,
    "fan_out": "adaptive",
    "turns": ["email", "sms"],
    "decided": False,
}
"""Waits for an answer on another channel; nobody was asked about it yet."""


def test_a_channel_that_waits_for_its_turn_says_so_by_its_place() -> None:
    findings = Findings()
    nothing_in_limbo(findings, [row(**FOLLOWS)])
    assert findings.green


@pytest.mark.parametrize(
    "limbo",
    [
        {"state": "due"},
        {"state": "sending"},
        {"state": "unknown"},
        {"in_hand": 1},
        {"state": "accepted"},
        {"state": "held", "reason": ""},
        FOLLOWS | {"decided": True},
        FOLLOWS | {"attempts": ["refused"]},
        FOLLOWS | {"turns": ["sms", "email"]},
        FOLLOWS | {"fan_out": "all"},
        FOLLOWS | {"state": "held"},
    ],
    ids=[
        "due",
        "sending",
        "unknown",
        "in hand",
        "accepted and not asked about",
        "held without a reason",
        "decided",
        "tried",
        "the first",
        "no order",
        "held in its turn",
    ],
)
def test_a_delivery_in_limbo_is_found(limbo: dict[str, Any]) -> None:
    findings = Findings()
    nothing_in_limbo(findings, [row()])
    assert findings.green
    nothing_in_limbo(findings, [row(**limbo)])
    assert 1 == len(findings.wrong)


def entries(**settled: Any) -> list[dict[str, Any]]:
    """The leaves of a notice that went."""
    return [
        {"kind": "notice.accepted", "notice": ID},
        {"kind": "decision", "notice": ID, "channel": "sms", "verdict": "allow"},
        {
            "kind": "attempt.settled",
            "notice": ID,
            "channel": "sms",
            "public": {"outcome": "accepted", "ref": "SM1", **settled},
        },
    ]


IDS = {"1000.01": ID}


def test_a_log_that_does_not_agree_with_the_provider_is_found() -> None:
    findings = Findings()
    checker._log_and_provider_agree(findings, [said()], [row()], entries(), IDS)
    assert findings.green
    checker._log_and_provider_agree(findings, [], [row()], entries(), IDS)
    assert [
        f"LOG: {ID}.sms stands in the log as accepted 1 times; the provider took it 0 times",
        "LOG: SM1 stands in the log as accepted; the provider never took it",
    ] == findings.wrong
    checker._log_and_provider_agree(findings, [said(), said(channel="email")], [row()], entries(), IDS)
    checker._log_and_provider_agree(findings, [said()], [row(), row(notice_no=6)], entries(), IDS)
    checker._log_and_provider_agree(findings, [said()], [row()], [entries()[0], *entries()], IDS)
    assert 5 == len(findings.wrong)


def test_a_message_that_counts_for_nothing_is_found() -> None:
    findings = Findings()
    checker._counted(findings, [said()], [row(attempts=["released", "unknown"])], IDS)
    assert findings.green
    checker._counted(findings, [said()], [row(attempts=["released", "refused"])], IDS)
    assert [f"UNCOUNTED: the provider took {ID}.sms; no attempt of it counts"] == findings.wrong


def test_an_unknown_outcome_that_nobody_settles_is_found() -> None:
    lapsed = [{"kind": "attempt.unknown", "notice": ID, "channel": "sms", "attempt": 1, "public": {}}]
    answered = {"kind": "receipt", "notice": ID, "channel": "sms", "attempt": 1, "actor": "look-up:twilio"}
    findings = Findings()
    checker._unknown_settled(findings, [row()], [*lapsed, answered], ())
    checker._unknown_settled(findings, [row()], [*lapsed, {**answered, "actor": "provider:twilio"}], ())
    checker._unknown_settled(
        findings,
        [row(state="held", reason="the provider does not know it", attempts=["unknown"])],
        lapsed,
        (),
    )
    checker._unknown_settled(findings, [row(state="cancelled", attempts=["unknown"])], lapsed, (ID,))
    assert findings.green
    assert {1} == set(findings.looked_at.values()) - {4}
    checker._unknown_settled(findings, [row(state="held", reason=None, attempts=["unknown"])], lapsed, ())
    checker._unknown_settled(findings, [row(state="cancelled", attempts=["unknown"])], lapsed, ())
    assert 2 == len(findings.wrong)


def test_a_message_that_nobody_posted_is_found(tmp_path: Path) -> None:
    findings, told = Findings(), records(tmp_path)
    book = [
        {
            "number": 0,
            "channel": "sms",
            "text": "You owe $1,000.02.",
            "at": NOON.timestamp(),
            "ref": "SM1",
            "url": None,
        }
    ]
    assert ["1000.02"] == [one.amount for one in checker._said(findings, told, book)]
    assert findings.green
    checker._said(findings, told, [{**book[0], "text": "You owe $7.00."}])
    assert 1 == len(findings.wrong)


def test_a_log_that_was_changed_is_found(tmp_path: Path) -> None:
    told = records(tmp_path)
    told.export.write_text(json.dumps({"index": 0, "leaf": "{}", "hash": "00"}) + "\n")
    told.checkpoint.write_text("no note")
    findings = Findings()
    checker._log(findings, told)
    assert ["LOG: expected a signed note and a verifier key"] == findings.wrong
