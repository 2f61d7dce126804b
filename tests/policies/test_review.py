"""The upkeep of policies: what is old, unsure, about to change, replaced; seen from one day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pytest

from policies.policy import Policy
from policies.review import AHEAD, review
from tests.policies.asking import policy

TODAY = date(2026, 11, 29)
CONSENT = {"kind": "consent", "topics": True, "all_topics_from": "2027-01-31"}


def kept(name: str, verified_on: str, *rules: dict[str, object], **head: object) -> Policy:
    """A policy whose text is of that day."""
    return policy(*rules, name=name, verified_on=verified_on, **head)


def test_the_least_sure_and_oldest_readings_come_first() -> None:
    """Rules have their policy's confidence unless they have their own."""
    old = kept("old", "2019-11-21", {"kind": "designation"}, confidence="high")
    new = kept(
        "new",
        "2026-11-28",
        {"kind": "designation"},
        {"kind": "consent", "confidence": "low"},
        confidence="high",
    )
    found = review([new, old], TODAY).readings
    assert [("new", "low", 1), ("old", "high", 2565), ("new", "high", 1)] == [
        (one.policy, one.confidence, one.age_days) for one in found
    ]
    assert ("rule-1", "s. 1", date(2026, 11, 28)) == (found[0].rule, found[0].citation, found[0].verified_on)


def test_days_to_come_are_told_of_by_their_nearness() -> None:
    """Of the policy, of its rules, of a text that will be replaced; what has passed is not to come."""
    dated = kept(
        "dated",
        "2026-01-01",
        {"kind": "designation", "effective": {"from": "2026-12-01", "until": "2027-06-01"}},
        CONSENT,
        effective={"from": "2020-01-01", "until": "2028-01-01"},
        replaced=[{"citation": "Act of 2010", "by": "Act of 2027", "on": "2027-03-01"}],
    )
    turns = review([dated], TODAY).turns
    assert [
        ("2026-12-01", "rule-0", 2), ("2027-01-31", "rule-1", 63), ("2027-03-01", None, 92),
        ("2027-06-01", "rule-0", 184),
        ("2028-01-01", None, 398),
    ] == [(one.on.isoformat(), one.rule, one.in_days) for one in turns]  # fmt: skip
    assert "begins to hold" in turns[0].what
    assert "Act of 2027 takes the place of Act of 2010" == turns[2].what
    assert () == review([dated], date(2028, 1, 1)).turns


def test_a_citation_is_replaced_from_the_day_of_the_new_text() -> None:
    """Not before it; the latest first."""
    texts = [
        {"citation": "Act of 2001", "by": "Act of 2010", "on": "2010-01-01"},
        {"citation": "Act of 2010", "by": "Act of 2027", "on": "2026-11-29"},
    ]
    own = kept("own", "2026-01-01", {"kind": "designation"}, replaced=texts)
    assert ["Act of 2010", "Act of 2001"] == [one.citation for one in review([own], TODAY).replaced]
    assert ["Act of 2001"] == [one.citation for one in review([own], TODAY - timedelta(days=1)).replaced]


@pytest.mark.parametrize(
    ("today", "told"),
    [("2026-12-01", False), ("2026-12-02", True), ("2027-01-30", True), ("2027-01-31", False)],
)
def test_the_day_of_the_revoke_all_rule_is_told_of_sixty_days_ahead(
    packs: Mapping[str, Policy], today: str, told: bool
) -> None:
    """47 CFR 64.1200(a)(10) reaches every topic from 31 January 2027."""
    reminders = review(packs.values(), date.fromisoformat(today)).reminders()
    found = [one for one in reminders if one.policy == "us-tcpa" and one.on == date(2027, 1, 31)]
    assert told is bool(found)
    assert all("64.1200(a)" in one.citation and "all of them" in one.what for one in found)
    assert AHEAD == timedelta(days=60)


def test_no_pack_claims_to_have_read_a_text_of_a_day_to_come(packs: Mapping[str, Policy]) -> None:
    """And each change has a day and says what it was."""
    assert [] == [name for name, one in packs.items() if one.document.verified_on > TODAY]
    changes = [(name, change) for name, one in packs.items() for change in one.document.changes]
    assert changes
    assert [] == [name for name, change in changes if change.on > TODAY or change.what[-1] not in ".)"]


def test_a_change_log_is_no_part_of_what_a_policy_demands() -> None:
    """Its digest stays what it was."""
    plain = kept("own", "2026-01-01", {"kind": "designation"})
    noted = kept(
        "own", "2026-01-01", {"kind": "designation"}, changes=[{"on": "2026-11-29", "what": "Nothing."}]
    )
    assert plain.digest == noted.digest
