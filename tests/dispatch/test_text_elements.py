"""A rule about what a text carries is held against the very template that a notice uses."""

from __future__ import annotations

from typing import Any

import pytest

from policies.policy import Policy, parse_policy_document
from service.dispatch.runtime.in_force import Contact
from service.packs import shipped


def requiring(*elements: str) -> Policy:
    """A policy that binds everybody and demands these elements of e-mails and machine calls."""
    rule = {
        "id": "carries", "kind": "content", "citation": "house", "required": list(elements),
        "when": {"channels": ["email", "voice_prerecorded"]},
    }  # fmt: skip
    return parse_policy_document(
        {
            "name": "carries", "title": "Carries", "citation": "house", "force": "house",
            "verified_on": "2026-11-01",
            "confidence": "low", "rules": [rule],
        }
    )  # fmt: skip


CONTACTS = {
    "a telephone": (Contact(phone="+12025550100", email="help@example.com"), "allow"),
    "a mailbox alone": (Contact(email="help@example.com"), "suppress"),
    "nothing": (Contact(), "suppress"),
}


@pytest.mark.parametrize("contact", CONTACTS)
async def test_a_text_names_a_telephone_only_where_the_lender_has_one(
    bench: Any, plain: dict[str, Any], contact: str
) -> None:
    """In preview, in the decision, and in what the log keeps of it."""
    in_force = bench.api.runtime.in_force
    in_force.contact, verdict = CONTACTS[contact]
    in_force.shipped_policies, in_force.names = (
        {"carries": requiring("creditor_name", "contact_phone")},
        ("carries",),
    )
    preview = (
        await bench.api.client.post("/v1/notices/preview", json={**plain, "channels": ["email"]})
    ).json()
    assert verdict == preview["channels"][0]["verdict"]
    await bench.accept(plain, "email")
    assert {verdict: 1} == dict((await bench.decide()).verdicts)
    entry = (await bench.api.client.get("/v1/log", params={"kind": "decision"})).json()["items"][0]
    carried = ["creditor_name"] if verdict == "suppress" else ["creditor_name", "contact_phone"]
    assert carried == entry["detail"]["facts"]["proposal"]["elements"]


@pytest.mark.parametrize(("element", "verdict"), [("creditor_name", "allow"), ("debt_advice", "suppress")])
async def test_each_element_is_looked_for_by_itself(
    bench: Any, plain: dict[str, Any], element: str, verdict: str
) -> None:
    """What no template prints is missing."""
    in_force = bench.api.runtime.in_force
    in_force.shipped_policies, in_force.names = {"carries": requiring(element)}, ("carries",)
    await bench.accept(plain, "email")
    assert {verdict: 1} == dict((await bench.decide()).verdicts)


@pytest.mark.parametrize("phone", ["+12025550100", None])
async def test_russian_law_stops_an_e_mail_without_a_telephone(
    bench: Any, plain: dict[str, Any], phone: str | None
) -> None:
    """Since 1 September 2025 an electronic message names the creditor and a telephone number (230-FZ)."""
    in_force = bench.api.runtime.in_force
    in_force.contact = Contact(phone=phone, email="help@example.com")
    in_force.shipped_policies = {"ru-230fz": shipped()["ru-230fz"]}
    borrower = {
        **plain["borrower"],
        "jurisdiction": "RU",
        "country": "RU",
        "time_zone": "Europe/Moscow",
        "postal_code": None,
    }
    notice = {**plain, "borrower": borrower, "channels": ["email"]}
    preview = (await bench.api.client.post("/v1/notices/preview", json=notice)).json()["channels"][0]
    objecting = {one["rule"] for one in preview["findings"]}
    assert (phone is None) is ("names-creditor-and-telephone" in objecting)


def test_every_shipped_template_names_the_creditor_and_how_to_reach_it(api: Any) -> None:
    """On every channel, but for the confirmation of an opt-out, which says nothing else."""
    for name, template in api.runtime.in_force.shipped_templates.items():
        for channel in template.channels():
            printed = template.prints(channel)
            assert name == "optout-confirmation" or "creditor_name" in printed, (name, channel)
    assert frozenset() == template.prints("letter")
