"""What findings say: one of each kind of rule, in every language, with the numbers in it and the paragraph
that it rests on."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from policies.decide import decide
from policies.facts import CHANNELS, EVENT_TYPES, RECIPIENTS, Borrower, Event, Facts, Proposal
from policies.policy import parse_policy_document
from policies.rules.bar import Bar
from policies.rules.business_wait import BusinessWait
from policies.rules.cap import Cap
from policies.rules.clock_window import ClockWindow
from policies.rules.content import Content
from policies.rules.cool_off import CoolOff
from policies.rules.kinds import KINDS
from policies.rules.min_gap import MinGap
from policies.rules.one_shot import OneShot
from policies.rules.required_before import RequiredBefore
from policies.rules.term_bar import TermBar
from policies.rules.tier import Tier
from policies.rules.wait_after import WaitAfter
from policies.sentences import LANGUAGES, SENTENCES, sentence
from policies.verdict import Finding, Verdict
from policies.vocabulary import said
from service.packs import shipped
from tests.policies.asking import ask
from tests.policies.scenes import AT, SCENES

GOLDEN = Path(__file__).parent / "golden"


def staged(name: str) -> Verdict:
    """The verdict on a scene."""
    rule, events, given = SCENES[name]
    proposed = {"channel": "voice", **given}
    held = proposed.pop("held", None)
    zones, expires_at = proposed.pop("zones", ("America/New_York",)), proposed.pop("expires_at", None)
    policy = parse_policy_document(
        {
            "name": "golden",
            "title": "One rule",
            "citation": "Act",
            "force": "house",
            "verified_on": "2026-07-01",
            "confidence": "low",
            "rules": [{"id": name, "citation": f"Act, s. {1 + list(SCENES).index(name)}", **rule}],
        }
    )
    facts = Facts(
        borrower=Borrower(zones_by_source={"stated": zones}, days_past_due=12, place_held=held),
        debt_ids=("loan",),
        events=events,
        proposal=Proposal(**proposed),
    )
    return decide([policy], facts, AT, expires_at=expires_at)


def told(name: str, language: str) -> list[str]:
    """A scene's lines: what is found, or what is warned of, or that nothing is."""
    verdict = staged(name)
    kind = SCENES[name][0]["kind"]
    lines = [f"{kind} {one.kind} {one.say(language)} [{one.citation}]" for one in verdict.findings]
    lines += [f"{kind} warning {one}" for one in verdict.warnings]
    return lines or [f"{kind} {verdict.kind}"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_kind_of_rule_says_what_the_golden_file_says(language: str) -> None:
    """One finding for each kind and each sentence, word for word."""
    expected = (GOLDEN / f"{language}.txt").read_text(encoding="utf-8").splitlines()
    assert expected == [line for name in SCENES for line in told(name, language)]


def test_the_golden_file_shows_every_kind_and_every_sentence() -> None:
    """No kind of rule and no sentence is without its line."""
    assert set(KINDS) == {rule["kind"] for rule, _, _ in SCENES.values()}
    shown = {finding.message for name in SCENES for finding in staged(name).findings}
    assert {one for one in SENTENCES if not one.startswith("suppression.")} == shown


@pytest.mark.parametrize("name", SCENES)
def test_a_finding_has_its_numbers_and_its_citation(name: str) -> None:
    """Every number of a finding stands in its sentence, in every language; none is left blank (nought is
    "no"); the citation is the rule's own."""
    for finding in staged(name).findings:
        assert finding.citation.startswith("house policy: " if finding.rule == "place" else "Act")
        assert finding.reason == finding.say("en")
        for language in LANGUAGES:
            text = finding.say(language)
            assert not re.search(r"[{}]|None", text)
            assert [] == [
                value
                for value in finding.values.values()
                if isinstance(value, int) and str(value or "") not in text
            ]


def test_the_chinese_sentences_are_chinese() -> None:
    """Names of zones, templates and failures aside, no English word is left in them."""
    for name in SCENES:
        for finding in staged(name).findings:
            text = finding.say("zh-CN")
            for value in (*finding.values.values(), "T"):
                if isinstance(value, str) and (
                    "/" in value
                    or name in {"failed", "tier-template"}
                    or re.fullmatch(r"[\dT:+.-]+", value)
                    or value == "T"
                ):
                    text = text.replace(value, "")
            assert not re.search(r"[A-Za-z]", text), text


@pytest.mark.parametrize("language", ["fr", "", "zh", "en-GB"])
def test_a_language_that_we_do_not_speak_is_answered_in_english(language: str) -> None:
    """Better English than nothing."""
    finding = staged("cap-of-dates").findings[0]
    assert finding.reason == finding.say(language)


def test_one_day_is_not_one_days() -> None:
    """The singular, where the number is one."""
    assert "1 day after" in sentence("gap.short", {"what": "calls", "date": "2026-07-01", "days": 1}, "en")
    assert "21 days after" in sentence("gap.short", {"what": "calls", "date": "2026-07-01", "days": 21}, "en")


@pytest.mark.parametrize(
    ("message", "place", "words"),
    [("recipient.barred", "to", RECIPIENTS), ("consent.missing", "channel", CHANNELS)],
)
def test_every_person_and_channel_has_a_name_in_chinese(
    message: str, place: str, words: tuple[str, ...]
) -> None:
    """The vocabulary of the rules is the vocabulary of the sentences."""
    for one in words:
        assert not re.search(
            r"[A-Za-z]", sentence(message, {place: one.replace("_", " ") if place == "to" else one}, "zh-CN")
        )


def test_an_event_without_a_name_is_said_in_plain_words() -> None:
    """Underscores are for machines."""
    for one in EVENT_TYPES:
        assert "_" not in sentence("bar.event", {"event": one, "date": "2026-07-01"}, "en")


def test_a_finding_is_a_plain_value() -> None:
    """Equal findings are equal, and their sentences too."""
    one, other = (staged("hours").findings[0] for _ in range(2))
    assert isinstance(one, Finding)
    assert (one, one.reason) == (other, other.reason)


def _spoken_of() -> list[tuple[str, str]]:
    """Every word that a rule of a shipped pack puts into a sentence, with its place in it."""
    found: set[tuple[str, str]] = set()
    for policy in shipped().values():
        for rule in policy.rules:
            match rule:
                case Bar(before=True):
                    found |= {("trigger", one.replace("_", " ")) for one in rule.events}
                case Bar(on="always"):
                    found.add(("what", rule.id.replace("-", " ")))
                case Bar():
                    found |= {("event", one) for one in rule.events}
                case Cap() | CoolOff() | MinGap() | OneShot():
                    found.add(("what", rule.what))
                case WaitAfter():
                    found.add(("trigger", rule.event.replace("_", " ")))
                case BusinessWait():
                    found.add(("trigger", rule.event.replace("_", " ")))
                case TermBar():
                    found |= {("event", one) for one in rule.events}
                case RequiredBefore():
                    found |= {("trigger", one) for one in rule.events}
                case Content():
                    found |= {("element", one.replace("_", " ")) for one in (*rule.required, *rule.forbidden)}
                case Tier():
                    found.add(("tier", rule.name))
                case ClockWindow():
                    found.add(("hours", rule.words()))
                case _:
                    pass
    return sorted(found)


@pytest.mark.parametrize(("place", "word"), _spoken_of())
def test_what_the_packs_speak_of_has_words_in_every_language(place: str, word: str) -> None:
    """No sentence falls back to English, and no English one to a name of the vocabulary."""
    assert not re.search(r"[A-Za-z]{2}", said(place, word, "zh-CN"))
    assert "_" not in said(place, word, "en")
    assert place == "hours" or said(place, word, "es") != said(place, word, "en")


def test_a_date_in_a_sentence_is_the_borrowers_own() -> None:
    """Late in the evening the borrower's day is not yet over; without a zone it is the day in UTC."""
    late = Event(type="cease", at=datetime(2026, 7, 12, 1, 30, tzinfo=UTC))
    assert "(2026-07-11)" in ask({"kind": "bar", "events": ["cease"]}, late).findings[0].reason
    assert "(2026-07-12)" in ask({"kind": "bar", "events": ["cease"]}, late, zones=()).findings[0].reason
