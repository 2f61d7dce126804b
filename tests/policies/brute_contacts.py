"""Which contacts a count of the brute force looks at: whose, to whom, about what, with which outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from policies.facts import Event, Facts

CALLS = {"voice", "voice_prerecorded", "ringless_vm"}
SELF = {"consumer", "spouse", "executor", "guardian", "parent_of_minor"}
NO_RING = {"busy", "not_in_service", "bounced"}
NOBODY_THERE = NO_RING | {
    "no_voicemail_available",
    "recorded_message_no_voicemail",
    "rang_no_answer",
    "voicemail_available_not_left",
}
LEFT_OUT: Mapping[str, set[str]] = {
    "attempt": set(),
    "ring": NO_RING,
    "messageable": NO_RING | {"no_voicemail_available", "recorded_message_no_voicemail"},
    "reached": NOBODY_THERE,
    "conversation": NOBODY_THERE | {"voicemail_left", "answered_dropped", "delivered"},
    "delivered": NOBODY_THERE,
}

Document = Mapping[str, Any]


def contacts(facts: Facts) -> list[Event]:
    wrong = [event for event in facts.events if event.type == "wrong_number"]
    return [
        event
        for event in sorted(facts.events, key=lambda one: one.at)
        if event.type == "contact"
        and not event.wrong_party
        and not any(one.address and one.address == event.address and event.at <= one.at for one in wrong)
    ]


def group_of(facts: Facts, debt: str) -> str:
    return next((group[0] for group in facts.borrower.debt_groups if debt in group), debt)


def is_about(facts: Facts, debts: Sequence[str] | None) -> bool:
    return debts is None or bool(
        {group_of(facts, one) for one in debts} & {group_of(facts, one) for one in facts.debt_ids}
    )


def in_same_bucket(facts: Facts, one: Event, per: str) -> bool:
    p = facts.proposal
    match per:
        case "borrower":
            return one.to == p.to or {one.to, p.to} <= SELF
        case "person":
            return one.to == p.to
        case "debt":
            return one.to == p.to and is_about(facts, one.debt_ids)
        case "account":
            return (
                one.account_id == p.account_id
                if one.account_id and p.account_id
                else is_about(facts, one.debt_ids)
            )
        case "creditor":
            return not one.creditor or not p.creditor or one.creditor == p.creditor
        case _:
            return not one.address or not p.address or one.address == p.address


def beginnings(facts: Facts, after: str, per: str) -> list[datetime]:
    """When a cap that begins with `after` may have begun."""
    if after == "conversation":
        return [one.at for one in contacts(facts) if one.outcome == "conversation"]
    happened = [one for one in facts.events if one.type == after]
    return [one.at for one in happened if per != "debt" or is_about(facts, one.debt_ids)]
