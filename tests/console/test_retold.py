"""What rules, refusals and simulations say in English is said on the pages in the reader's language: every
sentence of it, and nothing else."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import service
from policies.policy import parse_policy
from policies.rules.kinds import KINDS
from service.console.learning_drafts import STARTER
from service.console.retold import retold
from service.console.words import LANGUAGES, SOURCE
from service.dispatch.reconcile.restored import LEFT_SINCE, NO_LIST
from service.dispatch.send.dial import TOO_MANY_TEXTS
from service.learning.document import parse_learning_policy
from service.model.category import overtaken

NO_SENTENCES = {"x every time", "another version began"}
"""Put together of one of the others; and of an experiment, which its own page tells."""
OTHERS = [one for one in LANGUAGES if one != SOURCE]
ENGLISH = re.compile(r"\b(?:the|of|and|that|is|are|with|without|message|borrower|expected|there|nothing)\b")
"""Words that no Spanish or Chinese sentence has."""
QUOTED = re.compile(r"“[^”]*”|«[^»]*»|`[^`]*`")
"""What an author gave: names of tiers, words of a document."""


def _is_ours(text: str) -> bool:
    return ENGLISH.search(QUOTED.sub("", text)) is None


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_of_every_pack_is_said_in_the_readers_language(packs: Any, language: str) -> None:
    """Nine hundred sentences: numbers and dates stay, all else is said anew."""
    said = {
        text: retold(text, language)
        for pack in packs.values()
        for one in pack.rules
        for text in one.describe()
    }
    assert [] == [(text, now) for text, now in said.items() if text == now or not _is_ours(now)]


HEAD = {
    "name": "p", "version": "1", "title": "t", "citation": "c", "force": "house",
    "verified_on": "2026-01-01", "confidence": "high",
}  # fmt: skip
SHARED = {
    "when": {
        "channels": ["sms", "email"],
        "to": ["consumer"],
        "sender_roles": ["third_party"],
        "categories": ["collection"],
        "address_kinds": ["work_phone"],
        "content_classes": ["reminder"],
        "days_past_due": {"min": 1, "max": 30},
    },
    "unless": {"reply": True, "reply_hours": 24, "requested_callback": True, "events": ["consent"]},
    "effective": {"from": "2026-01-01", "until": "2027-01-01"},
    "zones": "fixed:America/New_York",
}


@pytest.mark.parametrize("language", OTHERS)
def test_every_kind_of_rule_is_said_in_the_readers_language(language: str) -> None:
    """As the reference page shows each kind, with everything that all kinds share."""
    for name, kind in KINDS.items():
        rule = {"id": "r", "kind": name, "citation": "c", **yaml.safe_load(kind.EXAMPLE), **SHARED}
        policy = parse_policy(json.dumps(HEAD | {"rules": [rule]}))
        for text in policy.rules[0].describe():
            now = retold(text, language)
            assert text != now, text
            assert _is_ours(now), now


SAID = (
    "expected a date between 1970 and 2200",
    "line 12: expected hours like 08:00-21:00, got '25:00-19:00'; got '25:00-19:00'",
    "line 3: expected a value; this field is required; got nothing",
    "this page is for the roles admin, ops; your key's is auditor",
    "only a version that is tested can be approved; this one is draft",
    "Nothing would have changed: all 1,204 decisions come out the same.",
    (
        "These 12 deliveries would have waited, on average 3.5 h; this 1 delivery would have been stopped; "
        "none would have gone that was stopped. Not judged: 3 because the facts were erased with the "
        "borrower, 1,001 because a policy of then is not at hand."
    ),
    "two messages went unanswered in 28 days; nothing is sent this time",
)


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("text", [*SAID, *parse_learning_policy(STARTER).sentences()])
def test_refusals_and_results_are_said_in_the_readers_language(text: str, language: str) -> None:
    """With their numbers as they were."""
    now = retold(text, language)
    assert text != now
    assert _is_ours(now), now
    numbers = re.compile(r"\d[\d:.,]*\d|\d")
    had, has = ({one.replace(",", ".") for one in numbers.findall(said)} for said in (text, now))
    assert had <= has, now


@pytest.mark.parametrize(
    "text", ["Quiet after supper", "+12025550123", "us-reg-f", "", "the of and", "file 17"]
)
def test_what_is_none_of_ours_stays_as_it_was_written(text: str) -> None:
    """Titles of authors, names, numbers."""
    assert [text, text, text] == [retold(text, language) for language in LANGUAGES]


def _reasons() -> set[str]:
    """Every reason that the service stores of deliveries and attempts, with an x in each place."""
    found = {TOO_MANY_TEXTS, LEFT_SINCE, NO_LIST, overtaken("payment"), overtaken("promise_to_pay")}
    root = Path(service.__file__).parent
    for name in (
        "dispatch/decide",
        "dispatch/send",
        "dispatch/receive",
        "dispatch/reconcile",
        "store",
        "worker",
    ):
        for path in sorted((root / name).glob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                found |= _stored(node)
    return found


def _stored(node: ast.AST) -> set[str]:
    match node:
        case ast.keyword(arg="reason", value=value):
            return _texts(value)
        case ast.Assign(targets=[ast.Name(id="reason")], value=value):
            return _texts(value)
        case ast.Call(func=ast.Name(id="Ended"), args=[_, _, value]):
            return _texts(value)
        case ast.Constant(value=str(text)):
            return set(re.findall(r"reason = '([^']+)'", text))
    return set()


def _texts(value: ast.expr) -> set[str]:
    match value:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.JoinedStr(values=parts):
            return {"".join(str(one.value) if isinstance(one, ast.Constant) else "x" for one in parts)}
        case ast.IfExp(body=one, orelse=other):
            return _texts(one) | _texts(other)
    return set()


@pytest.mark.parametrize("language", OTHERS)
def test_every_reason_of_a_delivery_is_said_in_the_readers_language(language: str) -> None:
    reasons = {one.replace(" x s", " 5 s") for one in _reasons()} - NO_SENTENCES
    assert 25 < len(reasons)
    assert [] == sorted(one for one in reasons if retold(one, language) == one)
