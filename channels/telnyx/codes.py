"""Telnyx's codes and statuses in our words: one table, for answers to a create, for webhooks and for
look-ups.

A 4xx answer to a create means that nothing was created. A 5xx may have created, and so may a time-out or a
cut: all of these are unknown. The codes are those of Telnyx's messaging error reference; one that is not
listed is refused without a retry, and somebody looks at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from channels.outcome import Busy, Outcome, RefusalCause, Rejected, Unknown
from channels.receipt import Progress
from channels.scrubbed import scrubbed

TABLE_VERSION = "2026-11-29"


class Meaning(StrEnum):
    """What a code says, wherever it is said."""

    ADDRESS = "address"
    """This number cannot get a text: a landline, not routable, invalid."""
    OPTED_OUT = "opted_out"
    OURS = "ours"
    """Our sender, our words, our settings: nothing about the person."""
    ACCOUNT = "account"
    LATER = "later"
    """Nothing reached anybody; the same may be tried later."""


_ADDRESS, _OUT, _OURS, _ACCOUNT, _LATER = (
    Meaning.ADDRESS,
    Meaning.OPTED_OUT,
    Meaning.OURS,
    Meaning.ACCOUNT,
    Meaning.LATER,
)
CODES: Mapping[int, Meaning] = MappingProxyType(
    {
        40001: _ADDRESS, 40012: _ADDRESS, 40310: _ADDRESS,
        40300: _OUT,
        40002: _OURS, 40003: _OURS, 40009: _OURS, 40010: _OURS, 40013: _OURS, 40015: _OURS, 40305: _OURS,
        40306: _OURS, 40311: _OURS,
        10003: _OURS, 10004: _OURS, 10005: _OURS, 10006: _OURS, 10015: _OURS,
        10009: _ACCOUNT, 10010: _ACCOUNT, 20100: _ACCOUNT,
        40006: _LATER, 40011: _LATER, 40014: _LATER, 10011: _LATER,
    }
)  # fmt: skip
"""The one table. 40004 and 40008 (the carrier does not say why) are not in it: they end one text and say
nothing of the number."""

STATUSES: Mapping[str, tuple[Progress, str | None]] = MappingProxyType(
    {
        "queued": (Progress.ACCEPTED, None),
        "sending": (Progress.ACCEPTED, None),
        "sent": (Progress.ACCEPTED, None),
        "scheduled": (Progress.HELD, None),
        "delivered": (Progress.DELIVERED, "delivered"),
        "sending_failed": (Progress.UNDELIVERED, "bounced"),
        "delivery_failed": (Progress.UNDELIVERED, "bounced"),
        "expired": (Progress.UNDELIVERED, "bounced"),
        "cancelled": (Progress.UNDELIVERED, "bounced"),
        "delivery_unconfirmed": (Progress.UNCLEAR, None),
    }
)
"""What a status says of one recipient. `delivery_unconfirmed`: it left, and no carrier said that it
arrived."""
TOO_MANY, SERVER_ERRORS, REDIRECTS = 429, 500, 400
UNAUTHORISED = frozenset({401, 402, 403})
LONGEST_WAIT = timedelta(hours=1)


def meaning_of(code: object) -> Meaning | None:
    """What a code means, as a number or in digits; None for what is not listed."""
    if isinstance(code, str) and code.isascii() and code.isdigit():
        code = int(code[:9])
    return CODES.get(code) if isinstance(code, int) else None


def first_error(document: Any) -> Mapping[str, Any]:
    """The first entry of `errors`, of an answer or of a message; empty where there is none."""
    errors = document.get("errors") if isinstance(document, Mapping) else None
    found = errors[0] if isinstance(errors, Sequence) and not isinstance(errors, str) and errors else None
    return found if isinstance(found, Mapping) else {}


def refusal(status: int, document: Any, retry_after: str = "") -> Outcome:
    """What an HTTP answer other than a success means."""
    error = first_error(document)
    code = str(error.get("code") or status)[:16]
    if status >= SERVER_ERRORS or status < REDIRECTS:
        return Unknown(code=code, reason=f"the provider answered HTTP {status}: it may have taken it")
    reason = scrubbed(str(error.get("detail") or error.get("title") or f"HTTP {status}"))
    meaning = meaning_of(error.get("code"))
    if status == TOO_MANY or meaning is Meaning.LATER:
        return Busy(
            code=code, reason=reason, retry_after=wait_of(retry_after), account_wide=status == TOO_MANY
        )
    if meaning is None:
        cause = RefusalCause.ACCOUNT if status in UNAUTHORISED else RefusalCause.UNLISTED
        return Rejected(cause=cause, code=code, reason=reason)
    return Rejected(cause=RefusalCause(meaning.value), code=code, reason=reason)


def wait_of(retry_after: str) -> timedelta | None:
    """`Retry-After` in seconds, at most an hour; None where it says none."""
    if retry_after.isascii() and retry_after.isdigit():
        return min(LONGEST_WAIT, timedelta(seconds=int(retry_after[:6])))
    return None
