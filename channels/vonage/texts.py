"""A text as Vonage describes it, in a webhook or among its records, as the receipt that it amounts to; and
what a borrower wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from channels.message import Channel
from channels.receipt import Inbound, Receipt
from channels.text_receipt import text_receipt
from channels.vonage.text_codes import CODES, STATUSES, code_of

CHANNELS: Mapping[str, Channel] = {
    "sms": Channel.SMS,
    "mms": Channel.SMS,
    "whatsapp": Channel.WHATSAPP,
}
"""What comes in by an application's one URL, and the channel that it counts as."""
_DIGITS = re.compile(r"[1-9][0-9]{6,14}")


def status_receipt(document: Mapping[str, Any]) -> Receipt:
    """A webhook about a text of ours."""
    return _receipt(document.get("message_uuid"), document, code_of(document.get("error")))


def record_receipt(record: Mapping[str, Any]) -> Receipt:
    """A record of the Reports API."""
    return _receipt(record.get("message_id"), record, code_of({"code": record.get("error_code")}))


def _receipt(ref: Any, document: Mapping[str, Any], code: str | None) -> Receipt:
    return text_receipt(
        provider="vonage",
        ref=str(ref or ""),
        status=str(document.get("status") or "").lower(),
        code=code,
        statuses=STATUSES,
        codes=CODES,
    )


def parse_inbound(document: Mapping[str, Any], channel: Channel) -> Inbound:
    """A message from a borrower; whatever it holds, it is taken. Words beside a picture are its caption."""
    kind = str(document.get("message_type") or "")
    parts = document.get("content")
    media = parts if isinstance(parts, list) else [document.get(kind)] if kind not in {"", "text"} else []
    captions = [str(one["caption"]) for one in media if isinstance(one, Mapping) and one.get("caption")]
    reply = document.get("reply")
    pressed = str(reply.get("title") or "") if isinstance(reply, Mapping) else ""
    words = str(document.get("text") or "") or pressed or "\n".join(captions)
    return Inbound(
        provider="vonage",
        ref=str(document.get("message_uuid") or ""),
        from_address=_number(document.get("from")),
        to_address=_number(document.get("to")),
        words=words,
        media=0 if pressed else len(media),
        channel=channel.value,
        pressed=(pressed,) if pressed else (),
    )


def _number(party: Any) -> str:
    """With its +, which Vonage leaves out; a short code or a name as it is."""
    text = str(party or "")
    return f"+{text}" if _DIGITS.fullmatch(text) else text
