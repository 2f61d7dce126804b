"""Whoever asks what may happen to a message asks the one judge: the answers agree, on the same facts and by
the same policies."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from channels.content.template import parse_template
from policies.facts import Facts, Proposal
from policies.policy import Policy, parse_policy_document
from service.dispatch.decide import case as case_module
from service.dispatch.decide.case import EVALUATE_ONLY
from service.dispatch.records.retained import retained


def over(days: int, kept: int, **further: Any) -> Policy:
    """A policy that binds debts of more days past due than that, allows nothing but letters, and keeps
    records."""
    return parse_policy_document(
        {
            "name": f"over-{days}", "title": "Over", "citation": "house", "force": "house",
            "verified_on": "2026-11-01", "confidence": "low",
            "match": {"jurisdictions": ["US", "IN", "CN", "CO"]}, "binds": {"days_past_due_over": days},
            "rules": [
                {"id": "letters", "kind": "tier", "citation": "house", "name": "letters", "band": {},
                "channels": ["letter"]},
                {"id": "keep", "kind": "retain", "citation": "house", "days": kept},
            ],
            **further,
        }
    )  # fmt: skip


PLACES: Mapping[str, tuple[str, str | None, str, int]] = {
    "20:00 in New York": ("US-MA", "02108", "2026-11-25T01:00:00+00:00", 22),
    "00:10 in New York": ("US-MA", "02108", "2026-11-25T05:10:00+00:00", 23),
    "19:59 in Bogotá": ("CO", None, "2026-11-25T00:59:00+00:00", 22),
    "00:15 in Kolkata": ("IN", None, "2026-11-24T18:45:00+00:00", 23),
    "23:30 in Shanghai": ("CN", None, "2026-11-25T15:30:00+00:00", 22),
}
"""Jurisdiction, postal code, instant, and days past due on that local date of a notice that stated 22 at
2026-11-24T17:00Z."""


@pytest.mark.parametrize("place", PLACES)
async def test_days_past_due_are_the_same_wherever_they_are_counted(
    bench: Any, plain: dict[str, Any], place: str
) -> None:
    """Preview, timeline, decision and retention bind the same policies at one instant: those of the
    borrower's local date."""
    jurisdiction, postal_code, instant, days = PLACES[place]
    bench.api.runtime.in_force.shipped_policies = {one.name: one for one in (over(21, 100), over(22, 1000))}
    borrower = {
        "id": "B-1", "name": "Ana Ruiz", "jurisdiction": jurisdiction, "country": jurisdiction[:2],
        "postal_code": postal_code,
        "addresses": {"email": "ana@example.com"},
    }  # fmt: skip
    notice = {**plain, "borrower": borrower, "channels": ["email"]}
    await bench.accept(notice, "email")
    bench.api.clock.move(datetime.fromisoformat(instant) - bench.api.clock.now())
    wanted = {"over-21"} if days == 22 else {"over-21", "over-22"}
    assert 1 == (await bench.decide()).claimed
    entry = (await bench.api.client.get("/v1/log", params={"kind": "decision"})).json()["items"][0]
    assert days == entry["detail"]["facts"]["borrower"]["dpd"]
    assert wanted == {one.partition("@")[0] for one in entry["policies"]}
    stated = {**notice, "debt": {**notice["debt"], "days_past_due": days}}
    preview = (await bench.api.client.post("/v1/notices/preview", json=stated)).json()["channels"][0]
    assert wanted == {one.partition("@")[0] for one in preview["policies"]}
    timeline = (await bench.api.client.get("/v1/borrowers/B-1/timeline")).json()["channels"][0]
    assert wanted == {one["policy"] for one in timeline["findings"]}
    async with bench.api.runtime.database.connection() as connection:
        kept = await retained(
            bench.api.runtime,
            connection,
            [bench.api.runtime.vault.borrower_key("B-1")],
            bench.api.clock.now(),
        )
    assert [max(wanted)] == [one.keep.policy for some in kept.values() for one in some if one.keep]


async def test_retention_binds_by_the_postal_code_as_decisions_do(bench: Any, plain: dict[str, Any]) -> None:
    """A borrower of whom upstream states the country alone, with a postal code of Massachusetts, is bound by
    Massachusetts."""
    state = over(-1000, 3650, match={"jurisdictions": ["US-MA"]})
    bench.api.runtime.in_force.shipped_policies = {
        one.name: one for one in (over(-999, 30, match={"jurisdictions": ["US"]}), state)
    }
    borrower = {
        **plain["borrower"],
        "jurisdiction": "US",
        "country": None,
        "postal_code": "02108",
        "time_zone": None,
    }
    await bench.accept({**plain, "borrower": borrower}, "email")
    await bench.decide()
    entry = (await bench.api.client.get("/v1/log", params={"kind": "decision"})).json()["items"][0]
    async with bench.api.runtime.database.connection() as connection:
        kept = await retained(
            bench.api.runtime,
            connection,
            [bench.api.runtime.vault.borrower_key("B-1")],
            bench.api.clock.now(),
        )
    assert ["over--1000"] == [one.keep.policy for some in kept.values() for one in some if one.keep]
    assert "over--1000@1" in entry["policies"]


@pytest.mark.parametrize(
    ("days", "template", "verdict"),
    [
        (120, "overdue-reminder", "suppress"),
        (91, "overdue-reminder", "suppress"),
        (90, "overdue-reminder", "allow"),
        (120, "payment-plan-offer", "allow"),
        (10, "hardship-offer", "suppress"),
        (-3, "overdue-reminder", "suppress"),
    ],
)
async def test_a_tier_refuses_a_template_that_is_not_its_own(
    bench: Any, plain: dict[str, Any], days: int, template: str, verdict: str
) -> None:
    """In preview, in the timeline and in dispatch alike."""
    bench.api.runtime.in_force.names = ("tiered-care",)
    due = bench.api.clock.now().date() - timedelta(days=days)
    debt = {**plain["debt"], "days_past_due": days, "due_on": due.isoformat()}
    notice = {**plain, "template": template, "debt": debt}
    preview = (
        await bench.api.client.post("/v1/notices/preview", json={**notice, "channels": ["email"]})
    ).json()["channels"][0]
    id_ = await bench.accept(notice, "email")
    timeline = (await bench.api.client.get("/v1/borrowers/B-1/timeline")).json()["channels"]
    assert {verdict: 1} == dict((await bench.decide()).verdicts)
    assert verdict == preview["verdict"]
    assert verdict == next(one for one in timeline if one["channel"] == "email")["verdict"]
    assert {"email": "suppressed" if verdict == "suppress" else "sending"} == await bench.states(id_)


@pytest.mark.parametrize("days", [-3, 10, 60, 120])
async def test_what_the_law_requires_to_be_told_passes_every_band(
    bench: Any, plain: dict[str, Any], days: int
) -> None:
    """A category of its own, under which no template goes that demands; the same text as a service notice is
    refused."""
    in_force = bench.api.runtime.in_force
    in_force.names = ("tiered-care",)
    text = "{{ creditor_name }}: your rights as a borrower are at {{ contact }}. Reply STOP to end texts."
    rights = parse_template(
        {"name": "rights", "categories": ["required_notice", "service"], "languages": {"en": {"sms": text}}}
    )
    in_force.shipped_templates = {**in_force.shipped_templates, "rights": rights}
    due = bench.api.clock.now().date() - timedelta(days=days)
    debt = {**plain["debt"], "days_past_due": days, "due_on": due.isoformat()}
    for category, state in (("service", "suppressed"), ("required_notice", "sending")):
        notice = {**plain, "template": "rights", "category": category, "debt": debt}
        id_ = await bench.accept(notice, "sms", reference=category)
        await bench.decide()
        assert {"sms": state} == await bench.states(id_)


def test_every_field_of_a_proposal_is_set_or_has_its_reason() -> None:
    """`Case.facts` names every field of `Facts` and `Proposal`, or EVALUATE_ONLY does; and neither names one
    twice."""
    tree = ast.parse(Path(case_module.__file__).read_text(encoding="utf-8"))
    made = {
        call.func.id: {keyword.arg for keyword in call.keywords}
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in {"Facts", "Proposal"}
    }
    known = {one.name for type_ in (Facts, Proposal) for one in fields(type_)}
    assert known == made["Facts"] | made["Proposal"] | EVALUATE_ONLY.keys()
    assert set() == (made["Facts"] | made["Proposal"]) & EVALUATE_ONLY.keys()
    page = (Path(__file__).parents[2] / "docs/policies.md").read_text(encoding="utf-8")
    assert [] == [name for name, reason in EVALUATE_ONLY.items() if f"| `{name}` | {reason} |" not in page]


async def test_one_that_cannot_be_judged_is_held_and_harms_no_other(
    bench: Any, plain: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it fails: where it is opened, where it is judged, or where its decision is made."""
    for place in ("_open", "_judge", "_record"):
        ids = [
            await bench.accept(
                {**plain, "borrower": {**plain["borrower"], "id": f"{place}-{number}"}}, "email"
            )
            for number in range(3)
        ]
        broken = bench.api.runtime.vault.borrower_key(f"{place}-1")
        _break(monkeypatch, place, broken)
        round_ = await bench.decide()
        monkeypatch.undo()
        assert (3, 2) == (round_.claimed, len(round_.reserved))
        found = [(await bench.read(id_))["email"] for id_ in ids]
        assert ["sending", "held", "sending"] == [one["state"] for one in found]
        kinds = [await bench.log(notice=id_) for id_ in ids]
        assert ["decision", "delivery.held", "decision"] == [one[-1] for one in kinds]


def _break(monkeypatch: pytest.MonkeyPatch, place: str, borrower: Any) -> None:
    """Let a step of the batch fail for one borrower."""
    from service.dispatch.decide import claim

    whole = getattr(claim, place)

    def broken(*arguments: Any, **further: Any) -> Any:
        rows = [getattr(getattr(one, "ready", one), "row", one) for one in arguments]
        if any(getattr(row, "borrower_id", None) == borrower for row in rows):
            raise RuntimeError("the disk of a decision is broken")
        return whole(*arguments, **further)

    monkeypatch.setattr(claim, place, broken)
