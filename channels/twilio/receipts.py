"""Twilio's status words to ours, for messages and calls; the raw fields that carry no personal data ride
along."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from channels.meaning import PASSING, Meaning, meaning_of
from channels.message import Channel
from channels.receipt import Inbound, Progress, Receipt
from channels.scrubbed import scrubbed
from channels.sip import NOT_REACHED, RANG, UNWANTED, CallEnd, call_end
from channels.twilio.codes import CODES

_A, _H, _U, _D, _X = (
    Progress.ACCEPTED,
    Progress.HELD,
    Progress.UNDELIVERED,
    Progress.DELIVERED,
    Progress.UNCLEAR,
)

MESSAGE_WORDS: Mapping[str, tuple[Progress, str | None]] = {
    "accepted": (_A, None), "queued": (_A, None), "sending": (_A, None), "sent": (_A, None), "scheduled": (_H,
    None),
    "delivered": (_D, "delivered"), "read": (_D, "delivered"),
    "undelivered": (_U, "bounced"), "failed": (_U, "bounced"), "canceled": (_U, "bounced"),
}  # fmt: skip
CALL_WORDS: Mapping[str, tuple[Progress, str | None]] = {
    "queued": (_A, None), "initiated": (_A, None), "ringing": (_A, None), "in-progress": (_A, None),
    "busy": (_U, "busy"), "no-answer": (_U, "rang_no_answer"), "canceled": (_U, "rang_no_answer"),
    "failed": (_U, "bounced"),
}  # fmt: skip
"""What a status says where no code says more."""
RINGING = frozenset({"ringing", "in-progress"})
_UNWANTED = frozenset(map(str, UNWANTED))
"""Heard beside whatever word: a call that was completed may have been refused all the same."""
ANSWERED: Mapping[str, tuple[Progress, str | None]] = {
    "human": (_D, "conversation"), "machine_end_beep": (_X, None), "machine_end_silence": (_X, None),
    "machine_end_other": (_X, None),
    "machine_start": (_X, "answered_dropped"), "fax": (_U, "not_in_service"),
}  # fmt: skip
"""A machine that answered proves no message on it: that it was played to its end is reported by the call
itself."""
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
    """A status callback of a message, or its fetched resource. An unknown word is unclear and settles
    nothing."""
    status = form.get("MessageStatus") or form.get("SmsStatus") or ""
    code = form.get("ErrorCode") or None
    progress, outcome = MESSAGE_WORDS.get(status, (_X, None))
    meaning = meaning_of(CODES, code) if progress is _U else None
    if meaning is Meaning.UNCLEAR:
        progress, outcome = _X, None
    return Receipt(
        provider="twilio",
        ref=form.get("MessageSid") or form.get("SmsSid") or "",
        progress=progress,
        outcome="not_in_service" if meaning is Meaning.ADDRESS else outcome,
        code=code,
        reason=scrubbed(form.get("ErrorMessage") or status),
        digest=_digest(form, status, code),
        opted_out=meaning is Meaning.OPTED_OUT,
        address_dead=meaning is Meaning.ADDRESS,
        again=meaning in PASSING,
        raw=_raw(form),
    )


def call_receipt(form: Mapping[str, str]) -> Receipt:
    """A status callback of a call, or its fetched resource. Of one that was completed without a word on who
    answered nobody knows what came: it may have been a conversation."""
    status = form.get("CallStatus") or ""
    if status == "completed":
        progress, outcome = ANSWERED.get(form.get("AnsweredBy") or "unknown", (_X, "unknown"))
    else:
        progress, outcome = CALL_WORDS.get(status, (_X, None))
    ended = _ended(form, status) if progress is _U and status != "completed" else CallEnd(outcome="")
    meaning = meaning_of(CODES, form.get("ErrorCode")) if progress is _U else None
    dead = ended.address_dead or meaning is Meaning.ADDRESS
    return Receipt(
        provider="twilio",
        ref=form.get("CallSid") or "",
        progress=progress,
        outcome="not_in_service" if dead else ended.outcome or outcome,
        code=form.get("SipResponseCode") or form.get("ErrorCode") or None,
        reason=scrubbed(form.get("AnsweredBy") or status),
        digest=_digest(form, status, form.get("AnsweredBy")),
        opted_out=meaning is Meaning.OPTED_OUT,
        address_dead=dead,
        again=ended.again or meaning in PASSING,
        unwanted=ended.unwanted or form.get("SipResponseCode") in _UNWANTED,
        rang=status in RINGING,
        outcome_if_rang=ended.outcome_if_rang,
        raw=_raw(form),
    )


def _ended(form: Mapping[str, str], status: str) -> CallEnd:
    """How an unanswered call ended. The SIP status tells more than Twilio's word, but for one: `no-answer`
    says that it rang, whatever ended the ringing (Twilio's own time-out is a 487)."""
    code = form.get("SipResponseCode") or ""
    end = call_end(int(code[:9])) if code.isascii() and code.isdigit() else None
    own = CallEnd(outcome=CALL_WORDS[status][1] or "", again=status == "busy")
    if end is None or (own.outcome == RANG and end.outcome == NOT_REACHED):
        return own
    return end


def parse_inbound(form: Mapping[str, str], other_words: str | None = None) -> Inbound:
    """A message from a borrower, by whatever way: a text, RCS, WhatsApp; typed, or a button that was tapped;
    with words or without.

    `other_words`: the words in another reading of their octets."""
    shown = form.get("Body") or form.get("ButtonText") or form.get("ListTitle") or ""
    choice = form.get("ButtonPayload") or form.get("ListId") or None
    media = form.get("NumMedia") or ""
    return Inbound(
        provider="twilio",
        ref=form.get("MessageSid") or form.get("SmsSid") or "",
        from_address=plain_address(form.get("From", "")),
        to_address=plain_address(form.get("To", "")),
        words=shown if shown.strip() else choice or "",
        also=tuple(one for one in (choice if shown.strip() else None, other_words) if one),
        media=int(media[:4]) if media.isascii() and media.isdigit() else 0,
        channel=Channel.WHATSAPP if _is_whatsapp(form.get("From", "")) else Channel.SMS,
        provider_opt_out=form.get("OptOutType") or None,
    )


def _is_whatsapp(given: str) -> bool:
    return given.strip().lower().startswith(f"{Channel.WHATSAPP}:")


_WAY = re.compile(r"[a-z]+:(?=\+?\d)", re.IGNORECASE)
_HOST = re.compile(r"(?<=\d)@.*", re.DOTALL)


def plain_address(given: str) -> str:
    """A sender as we know it: its telephone number, by whatever way it wrote (`rcs:+1…`, `whatsapp:+1…`,
    `sip:+1…@host`). A short code and a name in letters stay as they are."""
    plain = given.strip()
    return _HOST.sub("", _WAY.sub("", plain, count=1)) if _WAY.match(plain) else plain


def _digest(form: Mapping[str, str], status: str, extra: str | None) -> str:
    sid = form.get("MessageSid") or form.get("SmsSid") or form.get("CallSid") or ""
    text = "\0".join((sid, status, extra or "", form.get("SequenceNumber", "")))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _raw(form: Mapping[str, str]) -> Mapping[str, str]:
    return {name: form[name] for name in KEPT if name in form}
