"""What a store holds in English is said in the reader's language, word for word as the rule itself would have
said it."""

from __future__ import annotations

from functools import cache

import pytest

from policies.case import judge_case, parse_case
from policies.respoken import respoken
from policies.sentences import LANGUAGES, SENTENCES, sentence
from policies.verdict import Finding
from service.packs import shipped
from tests.policies.scenes import SCENES
from tests.policies.test_sentences import staged

PACKS = shipped()


@cache
def of_packs() -> tuple[Finding, ...]:
    """Every finding of every case of every pack, each sentence once."""
    found = (
        one
        for name, pack in PACKS.items()
        for case in pack.document.cases
        for one in judge_case(parse_case(case), PACKS, PACKS[name]).findings
    )
    return tuple({one.reason: one for one in found}.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_finding_of_each_kind_is_said_again_as_it_would_have_been(language: str) -> None:
    """None is left in English, none says another thing."""
    found = [one for name in SCENES for one in staged(name).findings]
    assert [one.say(language) for one in found] == [respoken(one.reason, language) for one in found]


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_of_every_pack_is_said_again_as_it_would_have_been(language: str) -> None:
    """With the words and numbers of every law."""
    told = [(one.reason, one.say(language), respoken(one.reason, language)) for one in of_packs()]
    assert len(told) > len(SCENES)
    assert [] == [one for one in told if one[1] != one[2]]


@pytest.mark.parametrize("message", [one for one in SENTENCES if one.startswith("suppression.")])
def test_what_a_suppression_says_is_said_again(message: str) -> None:
    """Its sentences are in no scene."""
    values = {"date": "2026-07-01", "channel": "sms"}
    english = sentence(message, values, "en")
    assert sentence(message, values, "es") == respoken(english, "es") != english


def test_the_singular_is_read_as_well() -> None:
    """One day is not one days."""
    values = {"what": "calls", "date": "2026-07-01", "days": 1}
    assert sentence("gap.short", values, "zh-CN") == respoken(sentence("gap.short", values, "en"), "zh-CN")


@pytest.mark.parametrize(
    "reason", ["it cannot be rendered", "", "somebody bars nobody", "sms bars this message!"]
)
def test_what_is_no_finding_stays_as_it_stands(reason: str) -> None:
    """Nothing is said that was not."""
    assert reason == respoken(reason, "es")


@pytest.mark.parametrize("language", ["en", "fr", ""])
def test_a_language_that_rules_do_not_speak_is_answered_in_english(language: str) -> None:
    """As findings themselves do."""
    reason = staged("hours").findings[0].reason
    assert reason == respoken(reason, language)
