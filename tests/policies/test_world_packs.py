"""The packs beside those of the United States: every one has cases of its own and knows a stranger; the tiers
never grow harsher."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.case import differs, judge_case, parse_case
from policies.decide import decide
from policies.facts import CHANNELS, OUTCOMES, Borrower, Event, Facts, Proposal
from policies.policy import Policy, parse_policy_document
from policies.rules.cap import Cap
from policies.rules.recipient import Recipient
from policies.rules.tier import Tier
from policies.verdict import Kind, Verdict
from service.packs import shipped

PACKS = shipped()
ABROAD = sorted(name for name in PACKS if not name.startswith(("us-", "house-")) and name != "tiered-care")
AT = datetime(2026, 6, 10, 10, tzinfo=UTC)
FOREVER = timedelta(days=400)
FEWEST = 8
"""Cases of its own that a pack of law has at least: both sides of its boundaries."""


@pytest.mark.parametrize("name", [*ABROAD, "house-8-21", "house-unknown", "tiered-care"])
def test_a_pack_answers_its_own_cases(name: str) -> None:
    """Verdict and instant, for each."""
    cases = [parse_case(one) for one in PACKS[name].document.cases]
    assert [] == [line for one in cases if (line := differs(one, judge_case(one, PACKS, PACKS[name])))]
    assert FEWEST <= len(cases)


@pytest.mark.parametrize("name", ABROAD)
def test_a_spouse_and_a_contact_person_are_strangers_abroad(name: str) -> None:
    """Outside of the United States nobody but the borrower and who stands for the borrower is addressed."""
    rules = [rule for rule in PACKS[name].rules if isinstance(rule, Recipient)]
    assert 1 == len(rules)
    assert {"spouse", "relative", "sibling", "contact_person"}.isdisjoint(rules[0].allowed)
    assert {"consumer", "attorney", "executor"} <= set(rules[0].allowed)


def tiers() -> Policy:
    """The shipped tiers without their templates, whose words change from band to band."""
    document = PACKS["tiered-care"].document.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    for rule in document["rules"]:
        rule.pop("templates", None)
    return parse_policy_document(document)


TIERS = tiers()
BANDS = (-400, -3, 0, 1, 15, 30, 31, 60, 90, 91, 400, 3000)


def asked(facts: Facts, days: int) -> Verdict:
    """What the tiers say about a message so many days past due."""
    return decide([TIERS], replace(facts, borrower=replace(facts.borrower, days_past_due=days)), AT)


@given(
    st.lists(
        st.builds(
            Event,
            type=st.sampled_from(
                ("contact", "contact", "contact", "hardship_request", "hardship_answered", "inbound")
            ),
            at=st.integers(0, 30 * 1440).map(lambda minutes: AT - timedelta(minutes=minutes)),
            channel=st.sampled_from(CHANNELS),
            outcome=st.sampled_from(OUTCOMES),
            ref=st.sampled_from((None, "m1")),
            in_response_to=st.sampled_from((None, None, "m1")),
            debt_ids=st.sampled_from((None, ("loan",), ("other",))),
        ),
        max_size=6,
    ),
    st.builds(
        Proposal,
        channel=st.sampled_from(CHANNELS),
        requested_callback=st.booleans(),
        in_response_to=st.sampled_from((None, "m1")),
        content_class=st.sampled_from((None, "hardship_answer", "reminder")),
    ),
    st.sampled_from(("Europe/Berlin", "Asia/Shanghai", "America/Santiago")),
)
def test_no_later_band_allows_more_than_an_earlier_one(
    events: list[Event], proposal: Proposal, zone: str
) -> None:
    """What may go, and when, never grows with the days past due: lateness alone brings no pressure."""
    borrower = Borrower(zones_by_source={"stated": (zone,)})
    facts = Facts(borrower=borrower, debt_ids=("loan",), events=tuple(events), proposal=proposal)
    opens = [
        AT if one.kind is Kind.ALLOW else one.until or AT + FOREVER
        for one in (asked(facts, days) for days in BANDS)
    ]
    assert sorted(opens) == opens


def test_the_bands_leave_no_day_out_and_each_has_a_ceiling_and_a_tone() -> None:
    """Every day past due, and before, lies in exactly one band, which says how to speak and how often."""
    bands = [rule for rule in PACKS["tiered-care"].rules if isinstance(rule, Tier)]
    ceilings = [rule for rule in PACKS["tiered-care"].rules if isinstance(rule, Cap)]
    for days in range(-40, 200):
        assert 1 == sum(rule.band.contains(days) for rule in bands)
        assert 1 == sum(
            rule.when.days_past_due is not None and rule.when.days_past_due.contains(days)
            for rule in ceilings
        )
    assert all(rule.tone and rule.templates for rule in bands)
