"""Vonage's answers and statuses of calls in our words: one table, for events and for look-ups
(`channels/meaning.py`). The statuses and details are those of Vonage's reference of webhooks."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from channels.json_api import Answer
from channels.meaning import Meaning, refused
from channels.outcome import Outcome
from channels.receipt import Progress, Receipt
from channels.sip import NOT_REACHED, RANG, UNWANTED, CallEnd, call_end

TABLE_VERSION = "2026-11-30"
BAD_REQUEST = 400
_A, _U, _X, _D = Progress.ACCEPTED, Progress.UNDELIVERED, Progress.UNCLEAR, Progress.DELIVERED
STATUSES: Mapping[str, tuple[Progress, CallEnd]] = MappingProxyType(
    {
        "started": (_A, CallEnd(outcome="")),
        "ringing": (_A, CallEnd(outcome="")),
        "answered": (_A, CallEnd(outcome="")),
        "human": (_D, CallEnd(outcome="conversation")),
        "machine": (_A, CallEnd(outcome="")),
        "busy": (_U, CallEnd(outcome="busy", again=True)),
        "timeout": (_U, CallEnd(outcome=RANG)),
        "cancelled": (_U, CallEnd(outcome=RANG)),
        "unanswered": (_U, CallEnd(outcome=RANG)),
        "rejected": (_U, CallEnd(outcome=RANG)),
        "failed": (_U, CallEnd(outcome=NOT_REACHED, again=True)),
        "completed": (_X, CallEnd(outcome="unknown")),
    }
)
"""What a status says where no detail says more. Of a call that was completed nobody knows what came: it may
have been a conversation; what was left on a machine is reported by the call itself."""
DETAILS: Mapping[tuple[str, str], CallEnd] = MappingProxyType(
    {
        ("unanswered", "unavailable"): CallEnd(outcome=NOT_REACHED, outcome_if_rang=RANG, again=True),
        ("unanswered", "timeout"): CallEnd(outcome=NOT_REACHED, outcome_if_rang=RANG, again=True),
        ("rejected", "invalid_number"): CallEnd(outcome="not_in_service", address_dead=True),
        ("rejected", "restricted"): CallEnd(outcome=NOT_REACHED),
        ("rejected", "declined"): CallEnd(outcome=RANG),
        ("failed", "cannot_route"): CallEnd(outcome=NOT_REACHED),
        ("failed", "number_out_of_service"): CallEnd(outcome="not_in_service", address_dead=True),
    }
)
SIP_DIGITS = 3
UNANSWERED = frozenset({"timeout", "cancelled", "unanswered"})
"""Statuses of a call that was left to ring."""
RINGING = frozenset({"ringing", "answered", "human", "machine"})


def call_receipt(event: Mapping[str, Any]) -> Receipt:
    """An event about a call, or a call that was looked up. A status that is not known is unclear and settles
    nothing."""
    ref = str(event.get("uuid") or event.get("call_uuid") or "")
    status, detail = str(event.get("status") or ""), str(event.get("detail") or "")
    progress, end = STATUSES.get(status, (_X, CallEnd(outcome="")))
    end = DETAILS.get((status, detail), end)
    sip = _sip(event.get("sip_code"))
    if progress is _U and sip is not None:
        told = (status, detail) in DETAILS
        end = _stricter(end, call_end(sip), told=told, left=status in UNANSWERED)
    code = detail[:32] or (None if sip is None else str(sip))
    return Receipt(
        provider="vonage",
        ref=ref,
        progress=progress,
        outcome=end.outcome or None,
        code=code,
        reason=status[:32] if status in STATUSES else "a status that is not known",
        digest=hashlib.sha256(f"{ref}\0{status}\0{code or ''}".encode()).hexdigest()[:32],
        address_dead=end.address_dead,
        again=end.again,
        unwanted=end.unwanted or sip in UNWANTED,
        rang=status in RINGING,
        outcome_if_rang=end.outcome_if_rang,
        raw={"status": status[:32]} | ({} if code is None else {"detail": code}),
    )


def _sip(given: object) -> int | None:
    """A SIP status, as a number or in digits."""
    text = str(given)
    return int(text) if len(text) == SIP_DIGITS and text.isascii() and text.isdecimal() else None


def _stricter(end: CallEnd, by_sip: CallEnd | None, *, told: bool, left: bool) -> CallEnd:
    """What a SIP status says where no detail says it; that the person declined or wants no calls (607, 608)
    is heard whatever the detail says. Where the status says that it rang, a time-out on the way does not say
    that it did not: the 487 of a call that was cancelled ends the ringing."""
    if by_sip is None or (told and not by_sip.unwanted and by_sip.outcome != RANG):
        return end
    return end if left and by_sip.outcome == NOT_REACHED else by_sip


def refusal(answer: Answer) -> Outcome:
    """What an answer other than a success means."""
    found = answer.document if isinstance(answer.document, Mapping) else {}
    meaning = None
    if answer.status == BAD_REQUEST:
        address = any(_is_to(one) for one in found.get("invalid_parameters") or ())
        meaning = Meaning.ADDRESS if address else Meaning.OURS
    return refused(
        answer.status,
        code=str(answer.status),
        meaning=meaning,
        words=str(found.get("detail") or found.get("title") or ""),
        headers=answer.headers,
    )


def _is_to(parameter: Any) -> bool:
    """Whether a refused parameter is whom we call."""
    name = parameter.get("name") if isinstance(parameter, Mapping) else None
    return isinstance(name, str) and name.split("[")[0].split(".")[0] == "to"
