"""What one decision writes: the delivery's new state, its log entry, and with `allow` the attempt that takes
the slot."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from channels.message import Channel
from policies.facts import Event
from policies.policy import Policy
from policies.suppressions import seen
from policies.verdict import Kind, Verdict
from policies.zones import TZDATA_VERSION
from service.dispatch.decide.decrypted import Decrypted
from service.dispatch.decide.facts import reserved_contact
from service.dispatch.decide.judge import Judged
from service.dispatch.decide.next_step import next_step
from service.dispatch.decide.reserved import Reserved
from service.dispatch.decide.verdicts import kept, reason_of, rule_of, verdict_document, wording_warnings
from service.dispatch.number_limits.hourly import Spread
from service.log.append import Entry
from service.log.facts_codec import encode_facts
from service.model.delivery import DeliveryState
from service.store.attempts import AttemptKey
from service.store.decisions import Decided
from service.store.notices import DeliveryRow
from service.store.queue import Claimed, Reservation

STATES = {
    Kind.ALLOW: DeliveryState.SENDING,
    Kind.DEFER: DeliveryState.DEFERRED,
    Kind.SUPPRESS: DeliveryState.SUPPRESSED,
    Kind.HOLD: DeliveryState.HELD,
}


class Slot(NamedTuple):
    """Under which lease the attempts of a round are reserved."""

    token: int
    lease_seconds: float


class Decision(NamedTuple):
    """Everything that one delivery's decision writes, and what it hands on."""

    delivery: Decided
    entry: Entry
    verdict: str
    """The verdict, or the state in which the delivery ended without one."""
    because: str = ""
    """The rule that decided, as `policy/rule`; empty where none objected."""
    reservation: Reservation | None = None
    follower: DeliveryRow | None = None
    """The next channel of a cascade whose channel has just failed."""
    reserved: Reserved | None = None


def state_of(verdict: Verdict) -> DeliveryState:
    """Where a verdict puts a delivery. What may not go before its notice ends has expired now: nobody need
    wait for it."""
    return DeliveryState.EXPIRED if verdict.too_late else STATES[verdict.kind]


def ended(row: Claimed, state: DeliveryState, reason: str, at: datetime) -> Decision:
    """A delivery that ends, or is held, without a verdict."""
    return Decision(
        delivery=Decided(
            borrower_id=row.borrower_id,
            notice_no=row.notice_no,
            channel=row.channel,
            state=state,
            due_at=None,
            verdict=None,
            reason=reason,
        ),
        entry=Entry.of_delivery(f"delivery.{state}", at, "system", row, public={"reason": reason}),
        verdict=state,
        follower=next_step(row, state, at, None),
    )


def decided(
    row: Claimed,
    decrypted: Decrypted,
    judged: Judged,
    at: datetime,
    *,
    slot: Slot,
    adapter: str,
    spread: Spread,
    first_communication: bool,
    near_limit: bool,
    languages: tuple[str, ...],
) -> Decision:
    """A delivery with its verdict: the verdict goes to the delivery and, with the facts that it was taken on,
    to the log."""
    verdict = judged.verdict
    shown = verdict_document(
        verdict,
        judged.facts.proposal.channel,
        wording_warnings(row.language, languages),
        judged.binding.bound_by,
    )
    state, allowed = state_of(verdict), verdict.kind is Kind.ALLOW
    return Decision(
        delivery=_delivery(row, verdict, shown, state, spread),
        entry=_entry(row, decrypted, judged, shown, at),
        verdict=verdict.kind,
        because=rule_of(verdict) or "",
        reservation=_reservation(row, judged, adapter) if allowed else None,
        follower=next_step(row, state, at, None),
        reserved=_reserved(row, decrypted, judged, slot.token, adapter, first_communication, near_limit, at)
        if allowed
        else None,
    )


def _delivery(
    row: Claimed, verdict: Verdict, shown: Mapping[str, Any], state: DeliveryState, spread: Spread
) -> Decided:
    until = verdict.until if state is DeliveryState.DEFERRED else None
    return Decided(
        borrower_id=row.borrower_id,
        notice_no=row.notice_no,
        channel=row.channel,
        state=state,
        due_at=None if until is None else spread.place(until, row.expires_at),
        verdict=orjson.dumps(kept(shown), option=orjson.OPT_UTC_Z).decode(),
        reason=reason_of(verdict),
    )


def _entry(
    row: Claimed, decrypted: Decrypted, judged: Judged, shown: Mapping[str, Any], at: datetime
) -> Entry:
    return Entry.of_delivery(
        "decision",
        at,
        "system",
        row,
        attempt=row.attempts + 1 if judged.verdict.kind is Kind.ALLOW else None,
        verdict=judged.verdict.kind,
        policies=_names(judged.bound),
        public=_public(judged.bound, judged.verdict),
        detail=_detail(row, decrypted, judged, shown),
        data_key=decrypted.data_key,
    )


@lru_cache(maxsize=1024)
def _names(bound: tuple[Policy, ...]) -> tuple[str, ...]:
    return tuple(f"{policy.name}@{policy.version}" for policy in bound)


@lru_cache(maxsize=1024)
def _digests(bound: tuple[Policy, ...]) -> list[str]:
    return [policy.digest for policy in bound]


def _public(bound: tuple[Policy, ...], verdict: Verdict) -> dict[str, Any]:
    """What of a decision stands openly in the log: nothing that tells about the person."""
    return {
        "rules": _rules(verdict) if verdict.findings else [],
        "digests": _digests(bound),
        "tzdata": TZDATA_VERSION,
        "until": verdict.until,
        "valid_until": verdict.valid_until,
    }


def _rules(verdict: Verdict) -> list[str]:
    """The rule that decided, and then the others by name: lists of decisions ask for the first."""
    first = rule_of(verdict)
    others = {f"{finding.policy}/{finding.rule}" for finding in verdict.findings} - {first}
    return [*([first] if first else []), *sorted(others)]


def _detail(row: Claimed, decrypted: Decrypted, judged: Judged, shown: Mapping[str, Any]) -> dict[str, Any]:
    """All that the verdict hung on: the facts, the end of the notice, and with the facts what says which
    policies bind."""
    return {
        "facts": encode_facts(judged.facts),
        "expires_at": row.expires_at.isoformat(),
        "places": [list(pointer) for pointer in decrypted.subject.where.pointers],
        "unsure": list(decrypted.subject.where.unsure),
        "verdict": shown,
    }


def attempt_of(row: Claimed) -> AttemptKey:
    """The attempt that an allowed delivery makes."""
    return AttemptKey(row.borrower_id, row.notice_no, row.channel, row.attempts + 1)


def reserved_by(row: Claimed, judged: Judged, at: datetime) -> Event:
    """The contact that an allowed delivery counts as from now on."""
    proposal, attempt = judged.facts.proposal, attempt_of(row)
    return reserved_contact(
        at=at,
        channel=proposal.channel,
        outcome="in_flight",
        debt_id=row.debt_id,
        account_id=row.account_id,
        creditor=row.creditor,
        category=row.category,
        content_class=proposal.content_class,
        address_digest=proposal.address,
        address_kind=proposal.address_kind,
        in_response_to=proposal.in_response_to,
        requested=proposal.requested_callback,
        event_id=f"{attempt.notice_no}.{attempt.channel}.{attempt.number}",
    )


def _reservation(row: Claimed, judged: Judged, adapter: str) -> Reservation:
    proposal = judged.facts.proposal
    return Reservation(
        *attempt_of(row),
        decided_revision=row.revision,
        valid_until=judged.verdict.valid_until,
        adapter=adapter,
        address_digest=bytes.fromhex(proposal.address or ""),
        debt_id=row.debt_id,
        account_id=row.account_id,
        creditor=row.creditor,
        category=row.category,
        content_class=proposal.content_class,
        medium=proposal.channel,
        address_kind=proposal.address_kind,
        in_response_to=proposal.in_response_to,
        requested=proposal.requested_callback,
    )


def _reserved(
    row: Claimed,
    decrypted: Decrypted,
    judged: Judged,
    token: int,
    adapter: str,
    first_communication: bool,
    near_limit: bool,
    at: datetime,
) -> Reserved:
    return Reserved(
        key=attempt_of(row),
        token=token,
        decrypted=decrypted,
        days_past_due=judged.facts.borrower.days_past_due or 0,
        language=row.language,
        template=row.template,
        template_version=row.template_version,
        sender_role=row.sender_role,
        category=row.category,
        first_communication=first_communication,
        valid_until=judged.verdict.valid_until,
        expires_at=row.expires_at,
        due_at=row.due_at,
        priority=row.priority,
        adapter=adapter,
        near_limit=near_limit,
        in_session=row.channel == Channel.WHATSAPP and _wrote_today(judged, at),
        shares=row.shares is not None,
        suppressions=seen(judged.facts.events, address=judged.facts.proposal.address, channel=row.channel),
    )


SESSION = timedelta(hours=23, minutes=50)
"""How long after what a person wrote WhatsApp takes words that nobody approved: a day, less what a hand-over
may take."""


def _wrote_today(judged: Judged, at: datetime) -> bool:
    """Whether something came from this very address by an instant message within the day."""
    address = judged.facts.proposal.address
    return any(
        one.type == "inbound" and one.channel == "im" and one.address == address and at - one.at < SESSION
        for one in judged.facts.events
    )
