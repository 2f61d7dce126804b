"""Telnyx's codes and statuses in our words: one table, for answers to a create, for webhooks and for
look-ups (`channels/meaning.py`). The codes are those of Telnyx's messaging error reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from channels.json_api import Answer
from channels.meaning import Meaning, meaning_of, refused
from channels.outcome import Outcome
from channels.receipt import Progress

TABLE_VERSION = "2026-11-29"


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


def first_error(document: Any) -> Mapping[str, Any]:
    """The first entry of `errors`, of an answer or of a message; empty where there is none."""
    errors = document.get("errors") if isinstance(document, Mapping) else None
    found = errors[0] if isinstance(errors, Sequence) and not isinstance(errors, str) and errors else None
    return found if isinstance(found, Mapping) else {}


def refusal(answer: Answer) -> Outcome:
    """What an answer other than a success means."""
    error = first_error(answer.document)
    return refused(
        answer.status,
        code=str(error.get("code") or answer.status)[:16],
        meaning=meaning_of(CODES, error.get("code")),
        words=str(error.get("detail") or error.get("title") or ""),
        headers=answer.headers,
    )
