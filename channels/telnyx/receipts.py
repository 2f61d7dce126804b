"""A message as Telnyx describes it, in a webhook or looked up, as the receipt that it amounts to; and what a
borrower wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from channels.receipt import Inbound, Receipt
from channels.telnyx.codes import CODES, STATUSES, first_error
from channels.text_receipt import text_receipt


def message_receipt(message: Mapping[str, Any]) -> Receipt:
    """The receipt of a message resource. A status that is not known is unclear and settles nothing."""
    return text_receipt(
        provider="telnyx",
        ref=str(message.get("id") or ""),
        status=_status(message),
        code=str(first_error(message).get("code") or "") or None,
        statuses=STATUSES,
        codes=CODES,
    )


def parse_inbound(message: Mapping[str, Any]) -> Inbound:
    """A message from a borrower; whatever its words are, they are taken."""
    media = message.get("media")
    return Inbound(
        provider="telnyx",
        ref=str(message.get("id") or ""),
        from_address=_number(message.get("from")),
        to_address=_number(_first(message.get("to"))),
        words=str(message.get("text") or ""),
        media=len(media) if isinstance(media, Sequence) and not isinstance(media, str) else 0,
    )


def _status(message: Mapping[str, Any]) -> str:
    to = _first(message.get("to"))
    return str(to.get("status") or "") if isinstance(to, Mapping) else ""


def _first(value: Any) -> Any:
    many = isinstance(value, Sequence) and not isinstance(value, str)
    return (value[0] if value else None) if many else value


def _number(party: Any) -> str:
    return str(party.get("phone_number") or "") if isinstance(party, Mapping) else str(party or "")
