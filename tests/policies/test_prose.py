"""Policies in sentences, what changes between two of them, and which of their rules a case touches."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any

import pytest

from policies.case import judge_case, parse_case
from policies.coverage import Coverage
from policies.difference import difference
from policies.policy import Policy
from policies.rules.base import RuleSpec
from policies.rules.kinds import KINDS
from policies.rules.matching import Exemption, Matcher, Span
from tests.policies.asking import policy

RULES: dict[str, dict[str, Any]] = {
    "clock_window": {"hours": {"mon-fri": ["08:00-12:00", "13:00-21:00"], "holiday": []}, "calendar": "NL",
    "also_holidays": ["05-05"], "agreed_hours": True},
    "cap": {"limit": 7, "window": {"consecutive_dates": 7}, "what": "calls", "active_after": "conversation"},
    "cool_off": {"dates": 7, "lifted_by_consent": True},
    "min_gap": {"dates": 2},
    "channel_exclusivity": {},
    "wait_after": {"event": "notice_sent", "dates": 10, "days_past_due": True, "first": True},
    "consent": {
        "any_channel": False, "reassigned_ends": True, "days": 60, "direct": True,
        "topics": True,
        "all_topics_from": "2027-01-31", "confirmation_minutes": 5, "only_if_asked": True,
        "texts_and_calls": True, "only_if_chosen": True,
    },
    "bar": {"events": ["cease"], "lifted_by": ["cease_withdrawn"], "scope": "debt",
    "allowed_content": ["reminder"], "days": 30, "used_by_consumer": True},
    "designation": {},
    "one_shot": {"renewed_by": ["inbound"], "what": "reply"},
    "recipient": {"allowed": ["consumer"], "also": ["relative"], "also_for": ["location"],
    "after": ["debtor_unreachable"], "not_after": ["cease"]},
    "content": {"required": ["optout_notice"], "forbidden": ["public"]},
    "tier": {"name": "early", "band": {"min": 1, "max": 30}, "channels": ["email"],
    "templates": ["overdue-reminder"], "tone": "light"},
    "warn": {"factor": "rapid_succession", "at_least": 1, "minutes": 5, "same_date": True},
    "business_wait": {"event": "notice_sent", "days": 3, "calendar": "KR", "also_holidays": ["05-01"],
    "first": True},
    "term_bar": {"events": ["contact_deferred"], "months": 3, "lifted_by": ["payment"], "scope": "debt",
    "allowed_content": ["reminder"]},
    "required_before": {"events": ["hardship_offered"], "dates": 14, "within_dates": 365,
    "undone_by": ["dispute"]},
    "dial_cap": {"limit": 6, "window": {"calendar": "day"}, "cleared_by_answer": True},
    "fatigue": {"unanswered": 3, "within_dates": 60, "gap_dates": 4, "factor": 2, "longest_dates": 30},
}  # fmt: skip


def said(kind: str, **fields: Any) -> str:
    """The sentences of one rule."""
    return " ".join(policy({"kind": kind, **RULES[kind], **fields}).rules[0].describe())


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_said_in_sentences_with_its_numbers(kind: str) -> None:
    """Whole sentences; each number of the rule stands in them; no field's name is left with underscores."""
    text = said(kind)
    assert text.endswith(".")
    assert not re.search(r"[{}_]|None", text.replace("FORBEAR_POLICIES", "")), text
    numbers = re.findall(r": (\d+)[,}]", str(RULES[kind]).replace("'min': 1, ", ""))
    assert [] == [one for one in numbers if one not in text], text


@pytest.mark.parametrize("kind", KINDS)
def test_no_field_of_a_rule_is_left_unsaid(kind: str) -> None:
    """Whoever adds a field to a kind says it in the kind's sentences too."""
    spec: type[RuleSpec] = type(policy({"kind": kind, **RULES[kind]}).rules[0])
    words = inspect.getsource(spec.demands) + inspect.getsource(getattr(spec, "_limits", spec.demands))
    own = spec.model_fields.keys() - RuleSpec.model_fields.keys() - {"kind"}
    assert [] == sorted(name for name in own if f"self.{name}" not in words)


def test_every_matcher_and_every_ground_is_said() -> None:
    """Which messages a rule looks at, and when it stands back."""
    values: Mapping[Any, Any] = {bool: True, int | None: 30, Span | None: {"min": 3}}
    words = {"channels": ["sms"], "sender_roles": ["debt_buyer"], "events": ["cease"]}
    words |= {
        "address_kinds": ["mobile"],
        "not_address_kinds": ["mobile"],
        "content_classes": ["reminder"],
        "not_content_classes": ["reminder"],
    }
    for model, name in ((Matcher, "when"), (Exemption, "unless")):
        for field, about in model.model_fields.items():
            value = values[about.annotation] if about.annotation in values else words.get(field, ["consumer"])
            if field == "reply_hours":
                continue
            assert said("designation") != said("designation", **{name: {field: value}}), field
    assert "message within 24 hours" in said(
        "designation", unless={"reply": True, "reply_hours": 24, "consent": True}
    )
    assert "about debts 3 to 9 days past due" in said(
        "designation", when={"days_past_due": {"min": 3, "max": 9}}
    )
    assert "about debts not past due" in said("designation", when={"days_past_due": {"max": 0}})
    assert "at most 9 days past due" in said("designation", when={"days_past_due": {"max": 9}})
    assert "any number of days past due" in said("designation", when={"days_past_due": {}})


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("cap", {"window": {"ever": True}}, "At most 7 calls in all."),
        ("cap", {"limit": 0}, "No calls are permitted"), ("cap", {"limit": 1},
        "At most one call within 7 consecutive days."),
        ("cap", {"count": {"counts": "ring", "per": "debt", "not_replies": True, "not_requested": True,
        "channels": ["voice"]}},
         ("Attempts that connected count, for each debt, through telephone; those that the borrower asked "
         "for and replies to the borrower are left out.")),
        ("cap", {"count": {"not_content_classes": ["required_notice"]}},
        "not with the content required notice."),
        ("cap", {"count": {"direction": "in"}}, "those that the borrower began"),
        ("cap", {"count": {"direction": "any"}}, "also those that"),
        ("cap", {"count": {"address_kinds": ["mobile"], "not_address_kinds": ["work_phone"],
        "content_classes": ["reminder"]}},
         "to addresses that are mobile, not to addresses that are work phone, with the content reminder."),
        ("cool_off", {"dates": None, "hours": 24, "trigger": "sent", "trigger_channels": None},
        "After any contact there is no call for 24 hours"),
        ("business_wait", {"missing": "warn"}, "Where there is none it is permitted with a warning."),
        ("term_bar", {"months": None, "days": 30, "scope": "creditor"},
        "for the creditor that it names; for 30 days where it names none."),
        ("required_before", {"per_debt": False, "verdict": "hold"}, "a message is held for a person."),
        ("required_before", {"undone_by": []}, "It is good for 365 days."),
        ("dial_cap", {"limit": 1}, "At most one call that nobody answered in one calendar day"),
        ("bar", {"before": True},
        "Until the borrower's written request to cease communication a message is stopped."),
        ("bar", {"on": "occasion", "verdict": "hold"},
        "On an occasion such as a bereavement a message is held for a person."),
        ("bar", {"allowed_categories": ["hardship"], "confirmation_minutes": 1},
        "One confirmation may follow within 1 minute."),
        ("wait_after", {"missing": "permit", "dates": 1},
        "A message is permitted 1 day after the date of the first event “notice sent”."),
        ("consent", {"all_topics_from": None}, "An opt-out that names a topic is about that topic only."),
        ("recipient", {"after": [], "not_after": []}, "it may also go to a relative."),
        ("tier", {"channels": []}, "messages go by no channel only."),
        ("tier", {"templates": None, "tone": None},
        "In the tier “early” (1 to 30 days past due) messages go by e-mail only."),
        ("warn", {"minutes": None, "same_date": False, "dates": 3}, "within 3 days before"),
        ("designation", {"effective": {"from": "2026-01-01"}}, "It holds from 2026-01-01 on."),
        ("designation", {"effective": {"until": "2027-01-01"}},
        "It holds until the end of the day before 2027-01-01."),
        ("designation", {"effective": {"from": "2026-01-01", "until": "2027-01-01"}},
        "from 2026-01-01 until the end of the day before 2027-01-01"),
        ("designation", {"zones": "fixed:Asia/Shanghai"}, "The time in Asia/Shanghai decides"),
        ("designation", {"zones": "phone"}, "telephone number decide"),
        ("clock_window", {"hours": {"daily": ["08:00-21:00"]}}, "daily: 08:00 to 21:00."),
        ("clock_window", {"moved_holidays": False}, "on the days on which they fall."),
    ],
)  # fmt: skip
def test_what_a_field_means_is_said(kind: str, fields: dict[str, Any], words: str) -> None:
    """Word for word, at the turns of the sentences."""
    assert words in said(kind, **fields), said(kind, **fields)


def test_every_shipped_rule_can_be_said(packs: Mapping[str, Policy]) -> None:
    """No pack has a rule without sentences."""
    assert all(rule.describe() for one in packs.values() for rule in one.rules)


def test_a_difference_names_the_rule_the_field_and_what_it_means() -> None:
    """Added, removed, changed; defaults, order of keys and cases make none."""
    cap = {"id": "cap", "kind": "cap", **RULES["cap"]}
    old = policy(cap, {"id": "gone", "kind": "designation"})
    new = policy(
        {**cap, "limit": 3, "note": "less"},
        {"id": "new", "kind": "designation"},
        title="Other",
        match={"jurisdictions": ["NL"]},
    )
    found = difference(old, new)
    assert [("match.jurisdictions", None, ["NL"]), ("title", "Asked", "Other")] == sorted(
        (one.path, one.old, one.new) for one in found.head
    )
    assert [("gone", "removed"), ("new", "added"), ("cap", "changed")] == [
        (one.rule, one.change) for one in found.rules
    ]
    changed = found.rules[2]
    assert {("limit", 7, 3), ("note", None, "less")} == {
        (one.path, one.old, one.new) for one in changed.fields
    }
    assert changed.was is not None
    assert changed.now is not None
    assert ("At most 7 calls" in changed.was, "At most 3 calls" in changed.now) == (True, True)
    assert not difference(old, policy({**cap, "confidence": None}, {"kind": "designation", "id": "gone"}))
    noted = difference(old, policy({**cap, "note": "n"}, {"id": "gone", "kind": "designation"})).rules[0]
    assert (None, None) == (noted.was, noted.now)


CASE = {
    "id": "c", "borrower": {"zones_by_source": {"stated": ["America/New_York"]}}, "debt_ids": ["loan"],
    "history": [{"type": "contact", "at": "2026-07-14T11:28:00-04:00", "channel": "voice",
    "outcome": "voicemail_left"}],
    "proposed": {"at": "2026-07-14T11:30:00-04:00", "channel": "voice"}, "expected": {"verdict": "allow"},
}  # fmt: skip


def test_a_rule_is_touched_where_it_objects_or_warns() -> None:
    """What nobody touched is named."""
    own = policy(
        {"id": "warns", "kind": "warn", **RULES["warn"]}, {"id": "objects", "kind": "cap", "limit": 1,
        "window": {"hours": 9}},
        {"id": "untouched", "kind": "designation"}, {"id": "asks", "kind": "content",
        "required": ["optout_notice"]},
    )  # fmt: skip
    coverage = Coverage()
    coverage.watch([own])
    case = parse_case(CASE)
    coverage.take(case, judge_case(case, {}, own), {}, own)
    report = coverage.report()[0]
    assert (4, ("untouched", "asks")) == (report.rules, report.untouched)


def test_every_rule_of_every_shipped_pack_is_touched_by_a_case(packs: Mapping[str, Policy]) -> None:
    """What nobody tried is not known to work."""
    coverage = Coverage()
    coverage.watch(packs.values())
    for own in packs.values():
        for document in own.document.cases:
            case = parse_case(document)
            coverage.take(case, judge_case(case, packs, own), packs, own)
    assert {} == {one.policy: one.untouched for one in coverage.report() if one.untouched}
