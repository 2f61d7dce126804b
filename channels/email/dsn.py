"""Delivery status notifications (RFC 3464): a mail server's later word on an e-mail."""

from __future__ import annotations

import hashlib
import re
from email import message_from_bytes
from email.message import Message
from types import MappingProxyType

from channels.receipt import Progress, Receipt

ACTIONS = MappingProxyType(
    {
        "delivered": (Progress.DELIVERED, "delivered"),
        "failed": (Progress.UNDELIVERED, "bounced"),
        "delayed": (Progress.ACCEPTED, None),
        "relayed": (Progress.ACCEPTED, None),
        "expanded": (Progress.ACCEPTED, None),
    }
)
"""RFC 3464 §2.3.3."""
NO_SUCH_MAILBOX = "5.1."
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


def parse_dsn(raw: bytes) -> tuple[str, Receipt] | None:
    """The attempt's id and the receipt that a notification amounts to; None for any other mail. Never raises.

    The attempt is known by the envelope id that was given with MAIL, else by the Message-ID of the returned headers, since a server
    without the DSN extension passes no envelope id on."""
    report = message_from_bytes(raw)
    if report.get_content_type() != "multipart/report":
        return None
    fields: dict[str, str] = {}
    returned = ""
    for part in report.walk():
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            fields |= _fields(part)
        elif kind in {"message/rfc822", "text/rfc822-headers"}:
            returned = returned or _message_id(part)
    attempt = fields.get("original-envelope-id", "").strip().strip("<>").partition("@")[0] or returned
    action = fields.get("action", "").strip().lower()
    if not attempt or action not in ACTIONS:
        return None
    return attempt, _receipt(attempt, action, fields.get("status", ""))


def _fields(part: Message) -> dict[str, str]:
    """The fields about the message and about its recipient, of whom there is one."""
    blocks = part.get_payload()
    fields: dict[str, str] = {}
    for block in blocks if isinstance(blocks, list) else []:
        if isinstance(block, Message):
            fields |= {name.lower(): str(value) for name, value in block.items()}
    return fields


def _message_id(part: Message) -> str:
    payload = part.get_payload()
    headers = (
        payload[0]
        if isinstance(payload, list) and payload
        else message_from_bytes(str(payload).encode(errors="replace"))
    )
    found = str(headers.get("Message-ID", "")) if isinstance(headers, Message) else ""
    return found.strip().strip("<>").partition("@")[0]


def _receipt(attempt: str, action: str, status: str) -> Receipt:
    progress, outcome = ACTIONS[action]
    found = _STATUS.search(status)
    code = found[0] if found else None
    dead = progress is Progress.UNDELIVERED and (code or "").startswith(NO_SUCH_MAILBOX)
    return Receipt(
        provider="smtp",
        ref="",
        progress=progress,
        outcome="not_in_service" if dead else outcome,
        code=code,
        reason=action,
        digest=hashlib.sha256(f"{attempt}\0{action}\0{code or ''}".encode()).hexdigest()[:32],
        address_dead=dead,
    )
