"""Suppressions: wishes and facts that belong to an address, whoever has it, before, after and without a
borrower."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

ANY = "any"
"""Every channel of the address."""
TEXTS = frozenset({"sms", "whatsapp"})
"""Texts are one medium, whatever carries them: who stops one stops the other."""
PHONES = frozenset({"sms", "voice", "whatsapp"})
"""Channels whose addresses are phone numbers."""
CHANNELS = ("sms", "email", "voice", "whatsapp", ANY)


class Reason(StrEnum):
    """Why nothing may be sent to an address."""

    OPT_OUT = "opt_out"
    CEASE = "cease"
    COMPLAINT = "complaint"
    WRONG_NUMBER = "wrong_number"
    REASSIGNED = "reassigned"
    DEAD_ADDRESS = "dead_address"
    ATTORNEY = "attorney"
    DISPUTE = "dispute"
    BANKRUPTCY = "bankruptcy"
    DECEASED = "deceased"
    HARDSHIP = "hardship_request"
    UNCLEAR = "unclear_words"


STOPPING = frozenset(
    {
        Reason.OPT_OUT,
        Reason.CEASE,
        Reason.COMPLAINT,
        Reason.WRONG_NUMBER,
        Reason.REASSIGNED,
        Reason.DEAD_ADDRESS,
    }
)
"""What stops the address itself. The other reasons are about a person's debts: they are found through the
address, and the policies judge them."""
CONFIRMABLE = frozenset({Reason.WRONG_NUMBER, Reason.REASSIGNED, Reason.DEAD_ADDRESS})
"""What `address_confirmed` lifts; never an opt-out."""
EVENT_REASONS: Mapping[str, Reason] = MappingProxyType(
    {
        "opt_out": Reason.OPT_OUT,
        "cease": Reason.CEASE,
        "complaint": Reason.COMPLAINT,
        "wrong_number": Reason.WRONG_NUMBER,
        "address_dead": Reason.DEAD_ADDRESS,
        "attorney": Reason.ATTORNEY,
        "dispute": Reason.DISPUTE,
        "bankruptcy": Reason.BANKRUPTCY,
        "deceased": Reason.DECEASED,
        "hardship_request": Reason.HARDSHIP,
        "unclear_words": Reason.UNCLEAR,
    }
)
"""The reason in an event of this type, where it came from an address or names one."""
OWN_CHANNEL = frozenset({Reason.OPT_OUT, Reason.COMPLAINT, Reason.DEAD_ADDRESS})
"""Reasons that close the channel that they name; the others close the address on every channel."""


def channel_of(channel: str | None) -> str | None:
    """The channel that an event's channel closes; None where it is none of ours."""
    match channel:
        case None | "any":
            return ANY
        case "voice" | "voice_prerecorded" | "ringless_vm":
            return "voice"
        case "im" | "whatsapp":
            return "whatsapp"
        case "sms" | "email":
            return channel
        case _:
            return None


def closed_by(channel: str) -> tuple[str, ...]:
    """The channels of suppressions that close a delivery's channel."""
    return (*(sorted(TEXTS) if channel in TEXTS else (channel,)), ANY)


_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_MAILBOX = re.compile(r"[!-~]{1,64}@[A-Za-z0-9.-]{1,189}")


def misfit(address: str, channel: str) -> str | None:
    """What is wrong with an address on a channel, as a person typed it; None where nothing is."""
    phone = _PHONE.fullmatch(address) is not None
    if not phone and _MAILBOX.fullmatch(address) is None:
        return "expected a phone number in E.164 form or one mailbox, such as +12025550123 or ana@example.com"
    if channel != ANY and phone != (channel in PHONES):
        return (
            f"expected {'a mailbox' if phone else 'a phone number in E.164 form'}: the channel is {channel}"
        )
    return None
