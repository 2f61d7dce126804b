"""Questions and cases as documents: read strictly, every error by its pointer; a case knows whether a verdict
is its own."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import yaml

from policies.case import MOST_EVENTS, QuestionInvalid, differs, judge_case, parse_case, parse_question
from policies.decide import NoPolicy, decide
from policies.facts import Inconvenient
from policies.policy import Policy, PolicyInvalid
from policies.verdict import Kind, Verdict
from tests.policies.asking import AT, DAY, policy

INLINE = {
    "name": "inline",
    "title": "Inline",
    "citation": "Act",
    "force": "house",
    "verified_on": "2026-07-01",
    "confidence": "low",
    "rules": [{"id": "hours", "kind": "clock_window", "citation": "s. 1", "hours": {"daily": "12:00-20:00"}}],
}
QUESTION: dict[str, Any] = {
    "policies": ["house-strict"],
    "borrower": {
        "zones_by_source": {"stated": ["America/New_York"], "phone": []},
        "debt_groups": [["one", "two"]],
    },
    "debt_ids": ["one"],
    "history": [
        {
            "type": "contact",
            "at": "2026-07-13T11:30:00-04:00",
            "channel": "voice",
            "outcome": "busy",
            "note": "said nothing",
        }
    ],
    "proposed": {"at": "2026-07-14T11:30:00-04:00", "channel": "sms"},
    "holidays": ["2026-07-04"],
}
CASE: dict[str, Any] = {
    "id": "one",
    "borrower": QUESTION["borrower"],
    "proposed": QUESTION["proposed"],
    "expected": {"verdict": "defer", "defer_until": "2026-07-14T12:00:00-04:00", "reasons": ["hours"]},
    "why": "cases may say more",
}


def changed(of: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The document with one value changed or added."""
    document = deepcopy(of)
    *parents, last = path.split("/")
    place: Any = document
    for one in parents:
        place = place[int(one) if one.isdigit() else one]
    place[last] = value
    return document


def test_a_question_is_read() -> None:
    """Facts, instant and policies; the message is about the question's debts unless it names its own."""
    question = parse_question(QUESTION)
    assert (("house-strict",), AT, ("one",)) == (question.policies, question.at, question.facts.debt_ids)
    assert {"stated": ("America/New_York",)} == question.facts.borrower.zones_by_source
    assert (AT - DAY, "busy") == (question.facts.events[0].at, question.facts.events[0].outcome)
    assert frozenset({date(2026, 7, 4)}) == question.facts.holidays
    assert ("two",) == parse_question(changed(QUESTION, "proposed/debt_ids", ["two"])).facts.debt_ids


def test_policies_are_named_or_written_inline() -> None:
    """A name, a JSON document, or YAML text."""
    given = ["house-strict", INLINE, yaml.safe_dump(INLINE)]
    name, mapping, text = parse_question(changed(QUESTION, "policies", given)).policies
    assert "house-strict" == name
    assert isinstance(mapping, Policy)
    assert isinstance(text, Policy)
    assert (mapping.digest, mapping.document) == (text.digest, text.document)
    with pytest.raises(PolicyInvalid):
        parse_question(changed(QUESTION, "policies", [{"name": "half"}]))


def test_events_of_all_shapes_are_read() -> None:
    """Agreed hours are times, and inconvenient ones keep their days."""
    history = [
        {"type": "agreed_hours", "at": "2026-07-01T00:00:00Z", "from": "18:00", "to": "20:00"},
        {
            "type": "designation",
            "at": "2026-07-01T00:00:00Z",
            "inconvenient": [{"days": ["tue"], "from": "09:00"}, {}],
        },
        {"type": "inbound", "at": "2026-07-01T00:00:00Z", "channel": "any", "to": None},
        {
            "type": "designation",
            "at": "2026-07-01T00:00:00Z",
            "inconvenient": [{"days": ["tue"], "from": "18:00", "to": "24:00"}],
        },
        {"type": "agreed_hours", "at": "2026-07-01T00:00:00Z", "from": "18:00", "to": "24:00"},
    ]
    hours, named, inbound, night, late = parse_question(changed(QUESTION, "history", history)).facts.events
    assert (time(18), time(20), "consumer") == (hours.start, hours.end, hours.to)
    assert (Inconvenient(days=("tue",), start=time(9)), Inconvenient()) == named.inconvenient
    assert (Inconvenient(days=("tue",), start=time(18)),) == night.inconvenient
    assert (time(18), None) == (late.start, late.end)
    assert ("in", "consumer") == (inbound.direction, inbound.to)


def test_the_words_of_a_message_are_heard() -> None:
    """A message from the borrower is one event, what it asks for another; a plain one, or one without words,
    stays alone."""
    messages = [
        {"type": "inbound", "at": "2026-07-01T00:00:00Z", "channel": "sms", "words": words}
        for words in ("STOP", "thanks", None)
    ]
    events = parse_question(changed(QUESTION, "history", messages)).facts.events
    assert ["inbound", "opt_out", "inbound", "inbound"] == [one.type for one in events]


def test_what_is_left_out_or_null_is_plain() -> None:
    """No history, debts or holidays, a third party's message to the borrower: the first value of every list
    of words."""
    bare = {
        "policies": ["house-strict"],
        "borrower": {},
        "proposed": {"at": "2026-07-14T11:30:00-04:00", "channel": "sms"},
    }
    nothing = {"debt_ids": None, "history": None, "holidays": None}
    facts = parse_question(bare).facts
    assert facts == parse_question(bare | nothing).facts
    assert ("third_party", "consumer") == (facts.proposal.sender_role, facts.proposal.to)
    assert parse_case(CASE).facts == parse_case(CASE | nothing).facts


@pytest.mark.parametrize(
    ("path", "value", "pointer", "expected"),
    [
        ("policies", [], "/policies", "expected at least 1 of these"),
        ("policies", [7], "/policies/0", "expected a policy's name or document"),
        ("polices", ["x"], "/polices", "this field is not known here"),
        (
            "borrower/zones_by_source",
            {"stated": ["UTC", "Nowhere"]},
            "/borrower/zones_by_source/stated/1",
            "expected a zone of the IANA database",
        ),
        *(
            (
                "borrower/zones_by_source",
                {source: ["America/New_York", name]},
                f"/borrower/zones_by_source/{source}/1",
                "expected a zone of the IANA database",
            )
            for source, name in (
                ("address", "Factory"),
                ("stated", "Factory"),
                ("phone", "posixrules"),
                ("address", "localtime"),
            )
        ),
        (
            "borrower/zones_by_source",
            {"guess": ["UTC"]},
            "/borrower/zones_by_source/guess",
            "expected stated, address or phone",
        ),
        ("history/0/at", "2026-07-13T11:30:00", "/history/0/at", "expected an instant with an offset"),
        ("history/0/at", 7, "/history/0/at", "expected an instant with an offset"),
        ("history/0/channel", "fax", "/history/0/channel", "expected one of voice, voice_prerecorded"),
        ("history/0/type", "rumour", "/history/0/type", "expected one of contact, inbound"),
        ("history/0/outcome", ["busy"], "/history/0/outcome", "expected one of conversation"),
        ("history/0/to", "x" * 10_001, "/history/0/to", "at most 10000"),
        ("history/0/to", "neighbour", "/history/0/to", "expected one of consumer"),
        (
            "history",
            [{"type": "designation", "at": "2026-07-01T00:00:00Z", "inconvenient": [{"from": 900}]}],
            "/history/0/inconvenient/0/from",
            "expected a time of day",
        ),
        (
            "history",
            [{"type": "agreed_hours", "at": "2026-07-01T00:00:00Z", "to": "late"}],
            "/history/0/to",
            "expected a time of day",
        ),
        ("proposed/channel", "any", "/proposed/channel", "expected one of voice"),
        ("proposed/to", "neighbour", "/proposed/to", "expected one of consumer"),
        ("proposed/at", None, "/proposed/at", "expected an instant"),
        ("proposed", {"at": "2026-07-14T11:30:00-04:00"}, "/proposed/channel", "expected a value"),
        ("holidays", [7], "/holidays/0", "expected a date"),
        ("holidays", ["soon"], "/holidays/0", "expected a date like"),
        (
            "history",
            [{"type": "cease", "at": "2026-07-01T00:00:00Z"}] * (MOST_EVENTS + 1),
            "/history",
            "expected at most 10000 of these",
        ),
    ],
)
def test_an_error_of_a_question_is_told_by_its_pointer(
    path: str, value: Any, pointer: str, expected: str
) -> None:
    """What is expected, and where."""
    with pytest.raises(QuestionInvalid) as raised:
        parse_question(changed(QUESTION, path, value))
    assert any(pointer == one.path and expected in one.expected for one in raised.value.errors), str(
        raised.value
    )


@pytest.mark.parametrize("document", [None, [], "text", 7])
def test_what_is_no_document_is_no_question(document: Any) -> None:
    """One error, at the root."""
    with pytest.raises(QuestionInvalid):
        parse_question(document)


def test_a_case_is_judged_by_the_policies_that_it_names_or_by_its_own() -> None:
    """`a+b` names two that bind at once; without a name the policy that carries the case judges it."""
    own = policy({"kind": "clock_window", "hours": {"daily": "12:00-20:00"}})
    other = policy({"kind": "clock_window", "hours": {"daily": "13:00-20:00"}}, name="other")
    case = parse_case(CASE)
    assert ((), AT + timedelta(minutes=30)) == (case.packs, judge_case(case, {}, own).until)
    both = parse_case({**CASE, "pack": "asked+other", "holidays": ["2026-07-04"]})
    assert (("asked", "other"), AT + timedelta(minutes=90)) == (
        both.packs,
        judge_case(both, {"asked": own, "other": other}).until,
    )
    with pytest.raises(KeyError):
        judge_case(both, {"asked": own})
    with pytest.raises(NoPolicy):
        judge_case(case, {})


def test_a_case_says_what_differs() -> None:
    """Kind and instant; a hold is as good as a suppression; what a case does not say does not differ."""
    case, noon = parse_case(CASE), AT + timedelta(minutes=30)
    assert differs(case, Verdict(kind=Kind.DEFER, until=noon)) is None
    assert "one: expected defer, got allow" == differs(case, Verdict(kind=Kind.ALLOW))
    assert "one: expected until 2026-07-14T12:00:00-04:00, got 2026-07-15T16:00:00+00:00" == differs(
        case, Verdict(kind=Kind.DEFER, until=noon + DAY)
    )
    assert "one: expected until 2026-07-14T12:00:00-04:00, got never" == differs(
        case, Verdict(kind=Kind.DEFER)
    )
    stopped = parse_case({**CASE, "expected": {"verdict": "suppress"}})
    assert differs(stopped, Verdict(kind=Kind.HOLD)) is None
    assert "one: expected suppress, got defer until 2026-07-14T16:00:00+00:00" == differs(
        stopped, Verdict(kind=Kind.DEFER, until=noon)
    )
    waits = parse_case({**CASE, "expected": {"verdict": "defer"}})
    assert differs(waits, Verdict(kind=Kind.DEFER, until=noon + DAY)) is None


def test_a_case_without_an_answer_is_none() -> None:
    """Unknown fields of a case are its own business, a missing answer is not."""
    with pytest.raises(
        QuestionInvalid, match="/expected: expected a value; this field is required; got nothing"
    ):
        parse_case({key: value for key, value in CASE.items() if key != "expected"})


def test_a_decision_without_policies_is_refused() -> None:
    """Never "allow" for want of a rule."""
    with pytest.raises(NoPolicy):
        decide([], parse_question(QUESTION).facts, datetime(2026, 7, 14, tzinfo=UTC))


@pytest.mark.parametrize(
    ("called", "proposed"),
    [
        ("+12025550101", "+1 (202) 555-0101"),
        ("+541000000123", "+5491000000123"),
        ("+5211000000123", "+521000000123"),
        ("ANA@example.com", "ana@Example.COM"),
    ],
)
def test_an_address_is_one_however_it_is_written(called: str, proposed: str) -> None:
    """What counts for each number counts the telephone."""
    count = {"per": "number"}
    once = {"id": "once", "kind": "cap", "citation": "c", "limit": 1, "window": {"hours": 48}, "count": count}
    document = {**QUESTION, "policies": [{**INLINE, "rules": [once]}]}
    document = changed(changed(document, "history/0/address", called), "proposed/address", proposed)
    question = parse_question(document)
    rule = policy(once)
    assert Kind.DEFER is decide([rule], question.facts, question.at).kind
    other = parse_question(changed(document, "proposed/address", "+12025550199"))
    assert Kind.ALLOW is decide([rule], other.facts, other.at).kind
