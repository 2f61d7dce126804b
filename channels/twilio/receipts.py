"""Twilio's status words to ours, for messages and calls; the raw fields that carry no personal data ride along."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from channels.receipt import Inbound, Progress, Receipt
from channels.scrubbed import scrubbed
from channels.twilio.codes import CLEARLY_UNKNOWN, DEAD, OPTED_OUT

_A, _H, _U, _D, _X = (
    Progress.ACCEPTED,
    Progress.HELD,
    Progress.UNDELIVERED,
    Progress.DELIVERED,
    Progress.UNCLEAR,
)

MESSAGE_WORDS: Mapping[str, tuple[Progress, str | None]] = {
    "accepted": (_A, None), "queued": (_A, None), "sending": (_A, None), "sent": (_A, None), "scheduled": (_H, None),
    "delivered": (_D, "delivered"), "read": (_D, "delivered"),
    "undelivered": (_U, "bounced"), "failed": (_U, "bounced"), "canceled": (_U, "bounced"),
}  # fmt: skip
CALL_WORDS: Mapping[str, tuple[Progress, str | None]] = {
    "queued": (_A, None), "initiated": (_A, None), "ringing": (_A, None), "in-progress": (_A, None),
    "busy": (_U, "busy"), "no-answer": (_U, "rang_no_answer"), "canceled": (_U, "rang_no_answer"), "failed": (_U, "not_in_service"),
}  # fmt: skip
ANSWERED: Mapping[str, tuple[Progress, str | None]] = {
    "human": (_D, "conversation"), "machine_end_beep": (_X, None), "machine_end_silence": (_X, None), "machine_end_other": (_X, None),
    "machine_start": (_X, "answered_dropped"), "fax": (_U, "not_in_service"),
}  # fmt: skip
"""A machine that answered proves no message on it: that it was played to its end is reported by the call itself."""
NOT_IN_SERVICE = frozenset({"404", "410", "484", "604"})
"""SIP answers that say that there is no such number."""
KEPT = (
    "MessageStatus",
    "CallStatus",
    "AnsweredBy",
    "ErrorCode",
    "SipResponseCode",
    "SequenceNumber",
    "CallDuration",
)


def message_receipt(form: Mapping[str, str]) -> Receipt:
    """A status callback of a message, or its fetched resource. An unknown word is unclear and settles nothing."""
    status = form.get("MessageStatus") or form.get("SmsStatus") or ""
    code = form.get("ErrorCode") or None
    progress, outcome = MESSAGE_WORDS.get(status, (_X, None))
    number = int(code) if code and code.isascii() and code.isdigit() else 0
    if progress is _U:
        if number in CLEARLY_UNKNOWN:
            progress, outcome = _X, None
        elif number in DEAD:
            outcome = "not_in_service"
    return Receipt(
        provider="twilio",
        ref=form.get("MessageSid") or form.get("SmsSid") or "",
        progress=progress,
        outcome=outcome,
        code=code,
        reason=scrubbed(form.get("ErrorMessage") or status),
        digest=_digest(form, status, code),
        opted_out=number in OPTED_OUT,
        address_dead=number in DEAD,
        raw=_raw(form),
    )


def call_receipt(form: Mapping[str, str]) -> Receipt:
    """A status callback of a call. Completed without a word on who answered counts as the conversation that it may have been."""
    status = form.get("CallStatus") or ""
    if status == "completed":
        answered = form.get("AnsweredBy") or "unknown"
        progress, outcome = ANSWERED.get(answered, (_X, "conversation"))
    elif status == "failed" and form.get("SipResponseCode") not in {None, "", *NOT_IN_SERVICE}:
        progress, outcome = _U, "busy"
    else:
        progress, outcome = CALL_WORDS.get(status, (_X, None))
    return Receipt(
        provider="twilio",
        ref=form.get("CallSid") or "",
        progress=progress,
        outcome=outcome,
        code=form.get("SipResponseCode") or form.get("ErrorCode") or None,
        reason=scrubbed(form.get("AnsweredBy") or status),
        digest=_digest(form, status, form.get("AnsweredBy")),
        raw=_raw(form),
    )


def heard(ref: str, *, by_the_person: bool) -> Receipt:
    """What a call itself reports: the person said who they are, or the message for anybody was played to its end."""
    outcome = "conversation" if by_the_person else "voicemail_left"
    return Receipt(
        provider="twilio",
        ref=ref,
        progress=_D,
        outcome=outcome,
        code=None,
        reason=outcome.replace("_", " "),
        digest=f"{outcome}:{ref}"[:64],
    )


def parse_inbound(form: Mapping[str, str]) -> Inbound:
    """A message from a borrower."""
    return Inbound(
        provider="twilio",
        ref=form.get("MessageSid") or form.get("SmsSid") or "",
        from_address=form.get("From", ""),
        to_address=form.get("To", ""),
        words=form.get("Body", "").replace("\0", ""),
        provider_opt_out=form.get("OptOutType") or None,
    )


def _digest(form: Mapping[str, str], status: str, extra: str | None) -> str:
    sid = form.get("MessageSid") or form.get("SmsSid") or form.get("CallSid") or ""
    text = "\0".join((sid, status, extra or "", form.get("SequenceNumber", "")))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _raw(form: Mapping[str, str]) -> Mapping[str, str]:
    return {name: form[name] for name in KEPT if name in form}
