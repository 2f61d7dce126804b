"""Suppressions as they are added and lifted over the API."""

from __future__ import annotations

from typing import Literal

from service.api.schemas.words import AnyAddress, Closed, FilledLine, Prose
from service.errors import FieldError
from service.model.suppression import PHONES

Channel = Literal["sms", "email", "voice", "whatsapp", "any"]
Stopping = Literal["opt_out", "cease", "complaint", "wrong_number", "reassigned", "dead_address"]
AnyReason = Literal[
    "opt_out",
    "cease",
    "complaint",
    "wrong_number",
    "reassigned",
    "dead_address",
    "attorney",
    "dispute",
    "bankruptcy",
    "deceased",
    "hardship_request",
    "unclear_words",
]
SUPPRESSION_EXAMPLE = {
    "address": "+12025550123",
    "channel": "sms",
    "reason": "opt_out",
    "note": "opted out in the branch on 3 November",
}


class SuppressionBody(Closed):
    """What is to be suppressed: one address on one channel, or on any."""

    address: AnyAddress
    channel: Channel
    reason: Stopping
    note: Prose | None = None


class LiftBody(Closed):
    """Why a suppression is lifted."""

    reason: FilledLine


def field_errors_in(body: SuppressionBody) -> list[FieldError]:
    """What no single field can say."""
    mailbox = "@" in body.address
    if body.channel == "any" or mailbox != (body.channel in PHONES):
        return []
    wanted = "a phone number in E.164 form" if mailbox else "a mailbox"
    detail = f"expected {wanted}: the channel is {body.channel}"
    return [FieldError(pointer="/address", detail=detail, code="invalid")]
