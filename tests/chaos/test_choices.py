"""The checker finds a choice that harms: each kind, put into records that were well before."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from service.learning.arms import ARMS, NONE, SEGMENTS, ordered
from service.learning.choose import Chooser
from service.learning.fit import digest_of
from tests.chaos import choices
from tests.chaos.choices import Chosen
from tests.chaos.learned import document, snapshot
from tests.chaos.records import Findings, Records, Said

NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
"""In New York."""
SNAPSHOT = snapshot("lender-0")
DIGEST = digest_of(SNAPSHOT)
POLICY = {**document("lender-0"), "experiment": {"holdout": 0.1, "salt": "chaos"}}
WHO = next(
    one for one in map(UUID, (f"{n:032x}" for n in range(99))) if not choices.in_holdout(POLICY, one.bytes)
)
ID = f"ntc_{WHO.hex}{5:016x}"


def choice(arm: str | None = None, /, **further: Any) -> dict[str, Any]:
    """What the service draws for the notice; with `arm` a notice whose draw falls on it."""
    allowed = ordered(ARMS)
    chooser, segment = Chooser(SNAPSHOT, DIGEST), min(SEGMENTS)
    for number in range(5, 5000):
        notice = f"ntc_{WHO.hex}{number:016x}"
        drawn = chooser.choose(segment, allowed, notice.encode())
        if arm in {None, drawn.arm}:
            break
    found = {
        "borrower_id": WHO,
        "notice_no": number,
        "policy_digest": "p",
        "snapshot": DIGEST,
        "arm_group": "learned",
        "segment": segment.text(),
        "allowed": list(allowed),
        "arm": drawn.arm,
        "weight": drawn.weight,
        "total": drawn.total,
        "planned_at": None if drawn.arm == NONE else NOON,
    }
    return {**found, **further}


def told(check: Callable[..., None], *arguments: Any) -> list[str]:
    """The kinds of what a check finds."""
    findings = Findings()
    check(findings, *arguments)
    return [one.partition(":")[0] for one in findings.wrong]


def notice_of(one: dict[str, Any]) -> str:
    return f"ntc_{WHO.hex}{one['notice_no']:016x}"


def drawn_again(one: dict[str, Any], snapshots: dict[str, Any] | None = None) -> list[str]:
    store = Chosen(choices=[one], snapshots=snapshots or {DIGEST: SNAPSHOT}, policies={"p": POLICY})
    return told(choices.drawn, store, notice_of(one), one)


def test_it_shares_no_code_with_what_it_judges() -> None:
    tree = ast.parse(Path(choices.__file__).read_text())
    named = {one.module or "" for one in ast.walk(tree) if isinstance(one, ast.ImportFrom)}
    assert not {one for one in named if one.partition(".")[0] in {"service", "channels", "policies"}}


@pytest.mark.slow
@pytest.mark.parametrize("segment", sorted(SEGMENTS)[::7])
@pytest.mark.parametrize("allowed", [ordered(ARMS), ordered(ARMS[2:7]), ordered([*ARMS[1:9:2], NONE])])
def test_its_own_draw_is_the_services(segment: Any, allowed: tuple[str, ...]) -> None:
    """Two programs that share nothing come to the same arm by the same chance."""
    service = Chooser(SNAPSHOT, DIGEST)
    for number in range(20):
        notice = f"ntc_{number:048x}"
        arm, weight, total, _ = service.choose(segment, allowed, notice.encode())
        assert (arm, weight, total) == choices.draw(SNAPSHOT, DIGEST, segment.text(), allowed, notice)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"arm": "voice/17:00-20:00"}, ["CHOICE"]),
        ({"weight": 1}, ["CHOICE"]),
        ({"segment": "late|3|voice"}, ["CHOICE"]),
        ({"arm_group": "holdout", "weight": 1, "total": 1}, ["CHOICE"]),
        ({"arm_group": "chance"}, ["CHOICE"]),
        ({"snapshot": "gone"}, ["CHOICE"]),
        ({"policy_digest": "gone"}, ["CHOICE"]),
    ],
    ids=["well", "arm", "chance", "segment", "kept out", "group", "snapshot", "policy"],
)
def test_a_choice_that_nobody_draws_again_is_found(change: dict[str, Any], expected: list[str]) -> None:
    assert expected == drawn_again(choice("email/11:00-14:00", **change))


def test_a_snapshot_that_was_changed_is_found() -> None:
    assert ["CHOICE"] == drawn_again(choice(), {DIGEST: {**SNAPSHOT, "floor": 1}})


def row(one: dict[str, Any], **further: Any) -> dict[str, Any]:
    """A delivery of the notice."""
    return {
        "borrower_id": WHO,
        "notice_no": one["notice_no"],
        "channel": "sms",
        "state": "delivered",
        "fan_out": "adaptive",
        "erased": False,
        "attempts": ["delivered"],
        **further,
    }


def entry(one: dict[str, Any], **public: Any) -> dict[str, Any]:
    """Its entry of the log."""
    said = {"snapshot": one["snapshot"], "group": one["arm_group"], "policy_digest": "p", **public}
    return {"kind": "choice", "notice": notice_of(one), "public": said}


def test_a_choice_that_the_log_tells_otherwise_is_found() -> None:
    """Twice, not at all, of another group, or of a notice that was tried without one."""
    one = choice()
    known = {notice_of(one): one}
    assert [] == told(choices.once, known, [row(one)], [entry(one)])
    assert ["CHOICE"] == told(choices.once, known, [row(one)], [entry(one), entry(one)])
    assert ["CHOICE"] == told(choices.once, known, [row(one)], [entry(one, group="plain")])
    assert ["CHOICE"] * 2 == told(choices.once, known, [row(one)], [])
    assert ["CHOICE"] == told(choices.once, {}, [row(one)], [entry(one)])
    assert [] == told(choices.once, {}, [row(one, erased=True)], [entry(one)])
    assert ["CHOICE"] == told(choices.once, {}, [row(one)], [])
    assert [] == told(choices.once, {}, [row(one, attempts=None)], [])


@pytest.fixture
def kept_records(tmp_path: Path) -> Records:
    """Clocks that are right, and somebody in New York."""
    (tmp_path / "clocks").write_text(json.dumps({"at": 0, "least": 0, "most": 0}) + "\n")
    (tmp_path / "people").write_text(json.dumps({"borrower": "B-1", "zone": "America/New_York"}) + "\n")
    accepted = [{"id": f"ntc_{WHO.hex}{n:016x}", "borrower": "B-1"} for n in range(5000)]
    (tmp_path / "accepted").write_text("".join(json.dumps(one) + "\n" for one in accepted))
    return Records(
        provider=tmp_path,
        accepted=tmp_path / "accepted",
        export=tmp_path,
        checkpoint=tmp_path,
        verifier_key="",
        database="",
        cap=3,
        window=timedelta(days=6),
        debts={},
        people=tmp_path / "people",
        clocks=tmp_path / "clocks",
    )


def said(at: datetime) -> Said:
    return Said(amount="1000.01", borrower="B-1", channel="sms", at=at, ref="SM1")


def test_a_message_that_was_to_be_left_out_or_came_before_its_plan_is_found(kept_records: Records) -> None:
    silent, planned = choice(NONE), choice("sms/11:00-14:00")

    def found(one: dict[str, Any], at: datetime | None, state: str) -> list[str]:
        gone = [] if at is None else [(notice_of(one), said(at))]
        return told(choices.kept, kept_records, {notice_of(one): one}, gone, [row(one, state=state)])

    assert [] == found(silent, None, "suppressed")
    assert ["CHOICE"] == found(silent, None, "due")
    assert ["CHOICE"] == found(silent, NOON, "suppressed")
    assert [] == found(planned, NOON, "delivered")
    assert ["CHOICE"] == found(planned, NOON - timedelta(seconds=1), "delivered")


@pytest.mark.parametrize(("hours", "expected"), [(0, []), (1.99, []), (2, ["CHOICE"]), (-1.1, ["CHOICE"])])
def test_a_plan_outside_its_part_of_the_day_is_found(
    kept_records: Records, hours: float, expected: list[str]
) -> None:
    one = choice("sms/11:00-14:00", planned_at=NOON + timedelta(hours=hours))
    assert expected == told(choices.planned_in_band, kept_records, {notice_of(one): one})
